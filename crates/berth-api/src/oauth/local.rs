//! `GET /oauth/localapp`: our own redirect URI, for people who want a token for themselves (`docs/contract/quay.md` 5.11).

use crate::html::{Page, message};
use berth_access::Public;
use berth_web::{Context, HandlerResult, IntoResponse as _, Response};
use maud::{Markup, html};
use serde_json::json;

use super::{no_store, pages, person};

/// Shows the token that stands in the fragment of the address: the one page with a script, since nobody else sees a fragment.
pub(crate) fn local(cx: &Context<'_, Public>) -> HandlerResult {
    if person(cx).is_none() {
        return pages::signed_out();
    }
    let query = cx.request().any_query();
    if query.get("scope").is_none_or(str::is_empty) {
        return Ok(message(200, "Authorization canceled", "No token was made.").into_response());
    }
    if query.get("format") == Some("json") {
        return Ok(no_store(Response::ok(&json!({ "access_token": query.get("access_token") }))));
    }
    Ok(Page::new(200, "Your token", content()).with_script(SCRIPT).response().into_response())
}

fn content() -> Markup {
    html! {
        p { "Copy it now. It is shown this once, and whoever has it acts in your name." }
        p {
            output #token {
                noscript {
                    "Your browser runs no scripts: the token is in the address of this page, after "
                    code { "access_token=" } "."
                }
            }
        }
    }
}

/// Takes the token out of the address, so that it stays in no history.
const SCRIPT: &str = "const token = new URLSearchParams(location.hash.slice(1)).get('access_token');\n\
    document.getElementById('token').textContent = token ?? 'There is no token in this address.';\n\
    history.replaceState(null, '', location.pathname);";
