//! The OAuth flows (`docs/contract/quay.md` 5.7 to 5.11; RFC 6749, 7009, 7636, 7662, 8414): one file per endpoint.
//!
//! What an endpoint answers is never kept by anybody on the way: [`no_store`] marks every answer. Answers go to a
//! [`redirect::Target`] only, which nobody can make but by verification.

pub(crate) mod assign;
pub(crate) mod authorize;
pub(crate) mod client;
pub(crate) mod grant;
pub(crate) mod inspect;
pub(crate) mod local;
pub(crate) mod metadata;
mod pages;
mod redirect;
mod request;
mod routes;
pub(crate) mod sign_in;
pub(crate) mod token;

pub use routes::ROUTES;

use berth_access::{Caller, Permit};
use berth_web::{Context, HandlerResult, Response, ResponseExt, StatusCode, header, response};
use serde::Serialize;

/// The answer, which nobody may keep.
fn no_store(response: Response) -> Response {
    response.with_header(header::CACHE_CONTROL, "no-store")
}

/// JSON as the OAuth endpoints send it.
fn json(status: StatusCode, body: &impl Serialize) -> Response {
    let mut response = response::json(status, body);
    response.headers_mut().remove(header::CONTENT_TYPE);
    no_store(response.with_header(header::CONTENT_TYPE, "application/json;charset=UTF-8"))
}

/// An error as the OAuth endpoints tell it to programs.
fn error(status: StatusCode, code: &str) -> HandlerResult {
    Ok(json(status, &serde_json::json!({ "error": code })))
}

/// The person who is there themself, with a confirmed address: a token does not get its holder another.
fn person<'a, P: Permit>(cx: &'a Context<'_, P>) -> Option<&'a Caller> {
    cx.person().filter(|caller| caller.verified)
}
