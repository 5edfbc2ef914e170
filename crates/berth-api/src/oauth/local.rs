//! `GET /oauth/localapp`: our own redirect URI, for people who want a token for themselves (`docs/contract/quay.md` 5.11).

use berth_access::Public;
use berth_web::{Context, Either, HandlerResult, JsonResponse, RequestExt, StatusCode};
use maud::{Markup, html};

use super::person;
use super::views::LocalToken;
use crate::html::{HtmlResponse, message, page};

/// Shows the token in the fragment of the address, which only a script sees. It takes it out of the address, so that it stays in no history.
pub(crate) fn local(
    cx: &Context<'_, Public>,
) -> HandlerResult<Either<JsonResponse<LocalToken>, HtmlResponse>> {
    person::require(cx)?;
    let (services, query) = (cx.services(), cx.request().query());
    if query.get("scope").is_none_or(str::is_empty) {
        let page =
            message(services, StatusCode::OK, "Authorization canceled", "No token was made.");
        return Ok(Either::Right(page));
    }
    if query.get("format") == Some("json") {
        let access_token = query.get("access_token").map(str::to_owned);
        return Ok(Either::Left(JsonResponse(LocalToken { access_token })));
    }
    Ok(Either::Right(page(services, StatusCode::OK, "Your token", content())))
}

fn content() -> Markup {
    html! {
        p { "Copy it now. It is shown this once, and whoever has it acts in your name." }
        p {
            output #token data-fragment="access_token" data-absent="There is no token in this address." {
                noscript {
                    "Your browser runs no scripts: the token is in the address of this page, after "
                    code { "access_token=" } "."
                }
            }
        }
    }
}
