//! `GET /.well-known/oauth-authorization-server`: what programs may know of the flows (RFC 8414).

use berth_access::{Public, Scope};
use berth_domain::settings;
use berth_web::{Context, HandlerResult, Response};
use serde_json::json;

/// The document.
pub(crate) fn metadata(cx: &Context<'_, Public>) -> HandlerResult {
    let services = cx.services();
    let base_url = services.base_url()?;
    let superusers = services.setting(&settings::FEATURE_SUPER_USERS)?;
    let scopes = Scope::ALL.iter().filter(|scope| superusers || **scope != Scope::SuperUser);
    let at = |path: &str| format!("{base_url}{path}");
    let client_methods = ["client_secret_basic", "client_secret_post"];
    Ok(Response::ok(&json!({
        "issuer": base_url,
        "authorization_endpoint": at("/oauth/authorize"),
        "token_endpoint": at("/oauth/access_token"),
        "introspection_endpoint": at("/oauth/introspect"),
        "revocation_endpoint": at("/oauth/revoke"),
        "scopes_supported": scopes.map(|scope| scope.as_str()).collect::<Vec<_>>(),
        "response_types_supported": ["code", "token"],
        "response_modes_supported": ["query", "fragment"],
        "grant_types_supported": ["authorization_code", "implicit"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": [client_methods[0], client_methods[1], "none"],
        "introspection_endpoint_auth_methods_supported": client_methods,
        "revocation_endpoint_auth_methods_supported": [client_methods[0], client_methods[1], "none"],
    })))
}
