//! The pages that tell of a refusal.

use berth_web::{Method, Response, ResponseExt, StatusCode, header};
use maud::html;

use crate::refusal::Refusal;
use crate::sign_in;
use crate::visit::Visit;

/// The page that tells of it.
pub(crate) fn explain(visit: &Visit<'_>, refusal: Refusal) -> Response {
    let t = visit.texts;
    if refusal.wants_fresh_login() {
        return sign_in::ask_password_again(visit, None);
    }
    if visit.is_signed_out(&refusal) {
        return sign_in::ask(visit);
    }
    let (title, text) = match refusal.status {
        StatusCode::NOT_FOUND => (t.not_found, t.not_found_text),
        StatusCode::FORBIDDEN => (t.forbidden, t.forbidden_text),
        StatusCode::METHOD_NOT_ALLOWED => (t.not_found, t.wrong_method),
        StatusCode::TOO_MANY_REQUESTS => (t.too_many_title, t.too_many),
        StatusCode::SERVICE_UNAVAILABLE => (t.busy, t.busy_text),
        status if status.is_client_error() => (t.refused_title, t.refused),
        _ => (t.fault, t.fault_text),
    };
    let is_told = refusal.status.is_client_error()
        && !matches!(refusal.status, StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED);
    let content = html! {
        div.card {
            h1 { (title) }
            p { (text) }
            @if is_told && !refusal.message.is_empty() && refusal.message != text {
                p.soft { (refusal.message) }
            }
            div.choices { a.button href="/" { (t.to_first_page) } }
        }
    };
    let response = visit.bare_page(refusal.status, title, content);
    match refusal.retry_after {
        Some(seconds) => response.with_header(header::RETRY_AFTER, seconds),
        None => response,
    }
}

/// A page does not know the method.
pub(crate) fn wrong_method(visit: &Visit<'_>) -> Response {
    let refusal = Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "");
    let allowed = match *visit.request().method() {
        Method::GET | Method::HEAD => "POST",
        _ => "GET, HEAD",
    };
    explain(visit, refusal).with_header(header::ALLOW, allowed)
}

/// Another site's page sent the form.
pub(crate) fn from_elsewhere(visit: &Visit<'_>) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, visit.texts.from_elsewhere)
}
