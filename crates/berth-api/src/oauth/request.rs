//! What a request to the authorization endpoints asks for.

use berth_access::{Client, ScopeSet};
use berth_domain::Application;
use berth_web::{ApiError, Context, Parameters};

use super::redirect::Target;

/// The parameters, as sent; what is missing is empty.
pub(crate) struct AuthorizationRequest {
    /// `client_id`.
    pub(crate) client_id: String,
    /// `redirect_uri`.
    pub(crate) redirect_uri: String,
    /// `scope`.
    pub(crate) scope: String,
    /// `response_type`: the flow.
    pub(crate) response_type: String,
    /// `state`.
    pub(crate) state: Option<String>,
    /// `assignment_uuid`.
    pub(crate) assignment_uuid: Option<String>,
    /// `code_challenge` (RFC 7636).
    pub(crate) code_challenge: Option<String>,
    /// `code_challenge_method`.
    pub(crate) code_challenge_method: Option<String>,
    /// `format=json`.
    pub(crate) wants_json: bool,
}

/// Their names.
const NAMES: [&str; 8] = [
    "client_id",
    "redirect_uri",
    "scope",
    "response_type",
    "state",
    "assignment_uuid",
    "code_challenge",
    "code_challenge_method",
];

/// The longest of them, in bytes.
const LONGEST: usize = 4096;

fn is_too_long(value: &str) -> bool {
    value.len() > LONGEST
}

/// The flows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ResponseType {
    /// Implicit: the token goes into the fragment.
    Token,
    /// A code goes into the query.
    Code,
}

impl AuthorizationRequest {
    /// Reads them.
    ///
    /// # Errors
    /// F4 400 when one is longer than any that has a use.
    pub(crate) fn read(values: &Parameters) -> Result<Self, ApiError> {
        if let Some(name) = NAMES.iter().find(|name| values.get(name).is_some_and(is_too_long)) {
            return Err(ApiError::Abort(400, format!("Too long: {name}")));
        }
        let given = |name: &str| values.get(name).filter(|value| !value.is_empty());
        let text = |name: &str| values.get(name).unwrap_or_default().to_owned();
        let optional = |name: &str| given(name).map(str::to_owned);
        Ok(Self {
            client_id: text("client_id"),
            redirect_uri: text("redirect_uri"),
            scope: text("scope"),
            response_type: given("response_type").unwrap_or("code").to_owned(),
            state: optional("state"),
            assignment_uuid: optional("assignment_uuid"),
            code_challenge: optional("code_challenge"),
            code_challenge_method: optional("code_challenge_method"),
            wants_json: values.get("format") == Some("json"),
        })
    }

    /// Reads them where three of them must be there.
    ///
    /// # Errors
    /// F4 400 that names the first that is missing or too long.
    pub(crate) fn require(values: &Parameters) -> Result<Self, ApiError> {
        require(values, &["client_id", "redirect_uri", "scope"])?;
        Self::read(values)
    }

    /// The flow, if it is a known one.
    pub(crate) fn flow(&self) -> Option<ResponseType> {
        match self.response_type.as_str() {
            "token" => Some(ResponseType::Token),
            "code" => Some(ResponseType::Code),
            _ => None,
        }
    }

    /// The scopes, if they are scopes.
    pub(crate) fn scopes(&self) -> Option<ScopeSet> {
        ScopeSet::parse(&self.scope).ok()
    }

    /// Where the answer goes, if it may.
    ///
    /// # Errors
    /// [`ApiError`] when a setting cannot be used.
    pub(crate) fn target(
        &self,
        cx: &Context<'_, Client>,
        application: &Application,
    ) -> Result<Option<Target>, ApiError> {
        let base_url = cx.services().base_url()?;
        Ok(Target::verify(application, &self.redirect_uri, &base_url))
    }

    /// The PKCE challenge of a code, none where none was sent.
    ///
    /// # Errors
    /// Nothing to use: another method than S256 (`plain` protects nothing), or no SHA-256 in base64url.
    pub(crate) fn challenge(&self) -> Result<Option<&str>, ()> {
        match (&self.code_challenge, self.code_challenge_method.as_deref()) {
            (None, None) => Ok(None),
            (Some(challenge), Some("S256")) if is_base64_of_hash(challenge) => Ok(Some(challenge)),
            _ => Err(()),
        }
    }

    /// The parameters again, for the forms of the consent page.
    pub(crate) fn pairs(&self) -> Vec<(&'static str, &str)> {
        let mut pairs = vec![
            ("client_id", self.client_id.as_str()),
            ("redirect_uri", &self.redirect_uri),
            ("scope", &self.scope),
            ("response_type", &self.response_type),
        ];
        for (name, value) in [
            ("state", &self.state),
            ("assignment_uuid", &self.assignment_uuid),
            ("code_challenge", &self.code_challenge),
            ("code_challenge_method", &self.code_challenge_method),
        ] {
            pairs.extend(value.as_deref().map(|value| (name, value)));
        }
        pairs
    }
}

/// Requires that parameters are there.
///
/// # Errors
/// F4 400 that names the first that is missing.
pub(crate) fn require(values: &Parameters, names: &[&str]) -> Result<(), ApiError> {
    match names.iter().find(|name| values.get(name).is_none()) {
        Some(missing) => Err(ApiError::Abort(400, format!("Required param: {missing}"))),
        None => Ok(()),
    }
}

/// 43 characters of base64url: a SHA-256.
fn is_base64_of_hash(text: &str) -> bool {
    text.len() == 43
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}
