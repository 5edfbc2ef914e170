//! Bodies about organizations (`docs/contract/quay.md` 1.1, 1.3, 10.6).

use berth_web::{Integer, Json, Patch};

/// Description of a new organization.
///
/// `POST /api/v1/organization/` (`docs/contract/quay.md` 1.1).
#[derive(Json)]
pub(crate) struct NewOrg {
    /// Organization username
    pub(super) name: String,
    /// Organization contact email
    pub(super) email: Option<String>,
    /// Organization contact email; wins over `email`
    pub(super) contact_email: Option<String>,
    /// Not used: there is no captcha
    _recaptcha_response: Option<String>,
}

/// Description of updates for an existing organization
///
/// `PUT /api/v1/organization/<orgname>` (`docs/contract/quay.md` 1.3): every member may be left out.
#[derive(Json)]
#[json(name = "UpdateOrg")]
pub(crate) struct OrgChange {
    /// Organization contact email
    pub(super) email: Option<String>,
    /// Organization contact email; wins over `email`
    pub(super) contact_email: Patch<String>,
    /// Whether the organization desires to receive emails for invoices
    pub(super) invoice_email: Option<bool>,
    /// The email address at which to receive invoices
    pub(super) invoice_email_address: Patch<String>,
    /// The number of seconds for tag expiration
    #[json(minimum = 0)]
    pub(super) tag_expiration_s: Option<Integer>,
}

/// The new name of an organization
///
/// `PUT /api/v1/superuser/organizations/<name>` (`docs/contract/quay.md` 10.6).
#[derive(Json)]
#[json(name = "RenameOrg")]
pub(crate) struct Renaming {
    /// The new name of the organization
    pub(super) name: Option<String>,
}
