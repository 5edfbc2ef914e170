//! Pages for people that are not the console's: links in mails lead to them, and applications send people there. They have its look.

use berth_domain::settings::{self, Settings};
use berth_html::{Brand, Document, brand_link};
use berth_web::{Answer, IntoResponse, Response, Services, StatusCode};
use maud::{Markup, html};
use schemars::SchemaGenerator;

pub(crate) use berth_html::{alert, hidden};

/// What rows declare that answer with a page.
pub(crate) const SETTINGS: Settings = &[&settings::REGISTRY_LOGO, &settings::REGISTRY_TITLE];

/// A page as an answer: 200, or the status of a refusal that people read.
pub(crate) struct HtmlResponse(Response);

impl IntoResponse for HtmlResponse {
    fn answers(_: &mut SchemaGenerator) -> Vec<Answer> {
        vec![Answer::other(StatusCode::OK, Some("text/html"))]
    }

    fn into_response(self) -> Response {
        self.0
    }
}

/// A page. Nothing may frame it, and it sends forms only to ourselves. For rows that declare [`SETTINGS`].
#[must_use]
pub(crate) fn page(
    services: &Services<'_>,
    status: StatusCode,
    title: &str,
    content: Markup,
) -> HtmlResponse {
    document(services, status, title, content, None)
}

/// A page of one paragraph.
#[must_use]
pub(crate) fn message(
    services: &Services<'_>,
    status: StatusCode,
    title: &str,
    text: &str,
) -> HtmlResponse {
    page(services, status, title, html! { p { (text) } })
}

/// A page whose forms may also lead to `form_target`, an origin or a scheme as a content security policy names it.
#[must_use]
pub(crate) fn page_that_leads_to(
    services: &Services<'_>,
    form_target: &str,
    title: &str,
    content: Markup,
) -> HtmlResponse {
    document(services, StatusCode::OK, title, content, Some(form_target))
}

fn document(
    services: &Services<'_>,
    status: StatusCode,
    title: &str,
    content: Markup,
    form_target: Option<&str>,
) -> HtmlResponse {
    let setting = |setting| services.setting(setting);
    let brand = Brand::new(setting(&settings::REGISTRY_TITLE), setting(&settings::REGISTRY_LOGO));
    let body = html! {
        header { div.bar { (brand_link(&brand)) } }
        main.narrow { div.card { h1 { (title) } (content) } }
    };
    HtmlResponse(
        Document { status, title, brand: &brand, body, form_target, has_secret_address: true }
            .response(),
    )
}
