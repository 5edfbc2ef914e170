//! Bodies and queries of signing in and of forgotten passwords (`docs/contract/quay.md` 5.4).

use berth_web::{Json, Query};

/// How long a body with a password may be, in bytes: everybody may send one.
const LIMIT: usize = 16_384;

/// Information required to sign in a user.
///
/// `POST /api/v1/signin`.
#[derive(Json)]
#[json(name = "SigninUser", limit = LIMIT)]
pub(crate) struct SignIn {
    /// The user's username or e-mail address
    pub(super) username: String,
    /// The user's password
    pub(super) password: String,
    /// The optional invite code
    #[json(default)]
    pub(super) invite_code: String,
}

/// Information required to verify the signed in user.
#[derive(Json)]
#[json(name = "VerifyUser")]
pub(crate) struct Password {
    /// The user's password
    pub(crate) password: String,
}

/// Information required to sign a user in.
///
/// `POST /api/v1/recovery`.
#[derive(Json)]
#[json(name = "RequestRecovery")]
pub(crate) struct Recovery {
    /// The user's email address
    pub(super) email: String,
    /// Not used: there is no captcha
    _recaptcha_response: Option<String>,
}

/// The query of a link in a mail.
#[derive(Query)]
pub(crate) struct CodeQuery {
    /// The code that a mail carried
    #[query(required)]
    pub(crate) code: String,
}
