//! Bodies and queries about accounts (`docs/contract/quay.md` 5.1, 5.3, 5.11, 10.6).

use berth_store::users::AllUsers;
use berth_web::{ApiError, Body, Integer, Json, ListQuery, Patch, Query, Request, Schema, Value};

/// How long a body with a new password may be, in bytes: everybody may send one.
const LIMIT: usize = 16_384;

/// The first user of an installation.
///
/// `POST /api/v1/user/initialize`.
#[derive(Json)]
#[json(name = "InitializeUser", limit = LIMIT)]
pub(super) struct FirstUser {
    /// The user's username
    pub(super) username: String,
    /// The user's password
    pub(super) password: String,
    /// The user's email address
    pub(super) email: Patch<String>,
    /// If true, an access token is made
    #[json(default)]
    pub(super) access_token: Value,
    /// The value of the setting `setup_token`, where it has one
    #[json(default)]
    pub(super) setup_token: String,
}

/// The body of `POST /api/v1/user/initialize`, which the handler reads: a bad one is not told where there is a user.
pub(crate) struct UnreadFirstUser;

impl Body for UnreadFirstUser {
    const SCHEMA: Option<&'static Schema> = Some(<FirstUser as Json>::SCHEMA);

    fn read(_request: &Request) -> Result<Self, ApiError> {
        Ok(Self)
    }
}

/// Fields which must be specified for a new user.
///
/// `POST /api/v1/user/`.
#[derive(Json)]
#[json(name = "NewUser", limit = LIMIT)]
pub(crate) struct SignUp {
    /// The user's username
    #[json(namespace)]
    pub(super) username: String,
    /// The user's password
    pub(super) password: String,
    /// The user's email address
    pub(super) email: Option<String>,
    /// The optional invite code
    #[json(default)]
    pub(super) invite_code: String,
    /// Not used: there is no captcha
    _recaptcha_response: Option<String>,
    /// The value of the setting `setup_token`: for a name that has powers
    #[json(default)]
    pub(super) setup_token: String,
}

/// Fields which can be updated in a user.
///
/// `PUT /api/v1/user/`: every member may be left out.
#[derive(Json)]
#[json(name = "UpdateUser")]
pub(crate) struct OwnUpdate {
    /// The user's password
    pub(super) password: Option<String>,
    /// The user's present password; with a token, a new password or address needs it
    pub(super) current_password: Option<String>,
    /// The user's email address
    pub(super) email: Option<String>,
    /// Whether the user desires to receive an invoice email.
    pub(super) invoice_email: Option<bool>,
    /// Custom email address for receiving invoices
    pub(super) invoice_email_address: Patch<String>,
    /// The number of seconds for tag expiration
    #[json(minimum = 0)]
    pub(super) tag_expiration_s: Option<Integer>,
    /// The user's username
    pub(super) username: Option<String>,
    /// The user's given name
    pub(super) given_name: Patch<String>,
    /// The user's family name
    pub(super) family_name: Patch<String>,
    /// The user's company
    pub(super) company: Patch<String>,
    /// The user's location
    pub(super) location: Patch<String>,
}

/// The query of the list of all accounts.
#[derive(Query)]
pub(crate) struct AllUsersQuery {
    /// With those who are disabled, unless it is `false`
    #[query(default = true)]
    pub(super) disabled: bool,
    #[query(flatten)]
    pub(super) page: ListQuery<AllUsers>,
}

/// Data for creating a user
///
/// `POST /api/v1/superuser/users/`.
#[derive(Json)]
#[json(name = "CreateInstallUser")]
pub(crate) struct CreateUser {
    /// The username of the user being created
    #[json(namespace)]
    pub(super) username: String,
    /// The email address of the user being created
    pub(super) email: Option<String>,
}

/// Description of updates for a user
///
/// `PUT /api/v1/superuser/users/<username>`.
#[derive(Json)]
#[json(name = "UpdateInstallUser")]
pub(crate) struct AccountUpdate {
    /// The new password for the user
    pub(super) password: Option<String>,
    /// The new e-mail address for the user
    pub(super) email: Option<String>,
    /// Whether the user is enabled
    pub(super) enabled: Option<bool>,
}
