//! What clients of registries get.

use berth_web::registry_token::{LIFETIME_S, SignedToken};
use berth_web::{Answer, IntoResponse, JsonResponse, Response, header};
use schemars::{JsonSchema, SchemaGenerator};
use serde::Serialize;

/// A token. What is below `token` the original does not say: without it clients take a token for good for 60 seconds.
#[derive(JsonSchema, Serialize)]
pub(crate) struct TokenView {
    token: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_token: Option<String>,
    expires_in: i64,
    /// RFC 3339.
    issued_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
}

impl TokenView {
    pub(super) fn new(signed: SignedToken) -> Self {
        Self {
            token: signed.token,
            access_token: None,
            expires_in: LIFETIME_S,
            issued_at: signed.issued_at.to_iso8601(),
            scope: None,
        }
    }

    /// As answers to forms have it (RFC 6749, 5.1).
    pub(super) fn of_form(self, scope: String) -> Self {
        Self { access_token: Some(self.token.clone()), scope: Some(scope), ..self }
    }
}

/// 200 with a token, which nobody on the way keeps.
pub(crate) struct RegistryToken(pub(super) TokenView);

impl IntoResponse for RegistryToken {
    fn answers(generator: &mut SchemaGenerator) -> Vec<Answer> {
        JsonResponse::<TokenView>::answers(generator)
    }

    fn into_response(self) -> Response {
        let mut response = JsonResponse(self.0).into_response();
        let cached = header::HeaderValue::from_static("no-cache, no-store, must-revalidate");
        response.headers_mut().insert(header::CACHE_CONTROL, cached);
        response
    }
}
