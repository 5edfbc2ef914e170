//! `POST /oauth/access_token`: a code for a token (`docs/contract/quay.md` 5.10; RFC 6749, 4.1.3; RFC 7636).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use berth_access::Client as ClientPermit;
use berth_domain::secret::{equal_in_constant_time, hash_token};
use berth_store::codes::{self, Code};
use berth_store::tokens::NewToken;
use berth_store::{tokens, transaction};
use berth_web::{ApiError, Context, Form, HandlerResult, Parameters, RequestExt, StatusCode};

use super::answers::{OAuthJson, error};
use super::client::{self, Client};
use super::request;
use super::views::AccessToken;
use crate::applications::tokens::{LIFETIME_S, TOKEN_LENGTH};

/// Exchanges a code. It works once: a second use ends the token that the first one gave.
pub(crate) fn exchange(
    cx: &Context<'_, ClientPermit>,
    _form: Form,
) -> HandlerResult<OAuthJson<AccessToken>> {
    let values = cx.request().values();
    // The client id may be in the header, and the scope is the code's where none is sent.
    request::require(&values, &["grant_type"])?;
    if cx.request().basic_credentials().is_none() {
        request::require(&values, &["client_id"])?;
    }
    request::require(&values, &["redirect_uri", "code"])?;
    if values.get("grant_type") != Some("authorization_code") {
        return Err(error(StatusCode::BAD_REQUEST, "unsupported_grant_type"));
    }
    let client = client::identify(cx)?.ok_or_else(|| client::refuse(cx))?;
    // Without its secret a client proves by PKCE that it began the flow.
    if matches!(client, Client::Public(_)) && values.get("code_verifier").is_none() {
        return Err(client::refuse(cx));
    }
    let redeemed = redeem(cx, &client, &values)?;
    let access_token = redeemed.map_err(|refused| error(StatusCode::BAD_REQUEST, refused))?;
    Ok(OAuthJson(AccessToken::new(access_token, LIFETIME_S)))
}

/// The token for a code, or what is wrong with it: found out and settled in one transaction.
fn redeem(
    cx: &Context<'_, ClientPermit>,
    client: &Client<'_>,
    values: &Parameters,
) -> Result<Result<String, &'static str>, ApiError> {
    let services = cx.services();
    let hash = hash_token(values.get("code").unwrap_or_default());
    let application_id = client.application().id;
    transaction(cx.db(), |tx| {
        let Some(code) = codes::find(tx, &hash, application_id, services.now())? else {
            return Ok(Err("invalid_grant"));
        };
        if code.used {
            if let Some(token_id) = code.token_id {
                tokens::end(tx, token_id, services.now())?;
            }
            return Ok(Err("invalid_grant"));
        }
        if let Err(refused) = check(&code, client, values) {
            return Ok(Err(refused));
        }
        let token = services.random().mixed(TOKEN_LENGTH);
        let new = NewToken {
            uuid: &services.random().uuid(),
            hash: &hash_token(&token),
            application_id,
            account_id: code.account_id,
            created_by: Some(code.account_id),
            name: None,
            scope: &code.scope,
            at: services.now(),
            expires_at: services.now().plus_seconds(LIFETIME_S),
        };
        let token_id = tokens::create(tx, &new)?;
        codes::use_up(tx, code.id, token_id)?;
        Ok(Ok(token))
    })
}

/// Holds the request against what the code was made for.
fn check(code: &Code, client: &Client<'_>, values: &Parameters) -> Result<(), &'static str> {
    let proven = match (code.code_challenge.as_deref(), values.get("code_verifier")) {
        (Some(challenge), Some(verifier)) => matches_challenge(verifier, challenge),
        // A verifier without a challenge: somebody took the challenge out of the first request.
        (Some(_), None) | (None, Some(_)) => false,
        (None, None) => matches!(client, Client::Confidential(_)),
    };
    if !proven || values.get("redirect_uri") != Some(&code.redirect_uri) {
        return Err("invalid_grant");
    }
    match values.get("scope") {
        Some(scope) if scope != code.scope => Err("invalid_scope"),
        _ => Ok(()),
    }
}

/// Whether the challenge is the SHA-256 of the verifier (S256), which has the length that RFC 7636 wants.
fn matches_challenge(verifier: &str, challenge: &str) -> bool {
    let made = URL_SAFE_NO_PAD.encode(hash_token(verifier));
    (43..=128).contains(&verifier.len())
        && equal_in_constant_time(made.as_bytes(), challenge.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7636, appendix B.
    #[test]
    fn the_standard_s_example() {
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        assert!(matches_challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", challenge));
        assert!(!matches_challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXl", challenge));
        assert!(!matches_challenge("short", &URL_SAFE_NO_PAD.encode(hash_token("short"))));
    }
}
