//! `GET /.well-known/oauth-authorization-server`: what programs may know of the flows (RFC 8414).

use berth_access::{Public, Scope};
use berth_domain::settings;
use berth_web::{Context, HandlerResult, JsonResponse};

use super::views::Metadata;

const SECRET_METHODS: &[&str] = &["client_secret_basic", "client_secret_post"];
const METHODS: &[&str] = &["client_secret_basic", "client_secret_post", "none"];

/// The document.
pub(crate) fn metadata(cx: &Context<'_, Public>) -> HandlerResult<JsonResponse<Metadata>> {
    let services = cx.services();
    let base_url = services.base_url()?;
    let superusers = services.setting(&settings::FEATURE_SUPER_USERS)?;
    let scopes = Scope::ALL.iter().filter(|scope| superusers || **scope != Scope::SuperUser);
    let at = |path: &str| format!("{base_url}{path}");
    Ok(JsonResponse(Metadata {
        authorization_endpoint: at("/oauth/authorize"),
        token_endpoint: at("/oauth/access_token"),
        introspection_endpoint: at("/oauth/introspect"),
        revocation_endpoint: at("/oauth/revoke"),
        scopes_supported: scopes.map(|scope| scope.as_str()).collect(),
        response_types_supported: &["code", "token"],
        response_modes_supported: &["query", "fragment"],
        grant_types_supported: &["authorization_code", "implicit"],
        code_challenge_methods_supported: &["S256"],
        token_endpoint_auth_methods_supported: METHODS,
        introspection_endpoint_auth_methods_supported: SECRET_METHODS,
        revocation_endpoint_auth_methods_supported: METHODS,
        issuer: base_url,
    }))
}
