//! The frame of all pages: who is signed in, where one is, what was done.

use berth_html::{Document, brand_link};
use berth_web::{Response, StatusCode};
use maud::{Markup, html};

use crate::api::address;
use crate::form::button_form;
use crate::parts;
use crate::visit::Visit;

/// A place above a page: name and address.
pub(crate) type Crumb<'a> = (&'a str, String);

impl Visit<'_> {
    /// A page of the console for whoever visits. Where a form was refused, its status is that of the refusal.
    pub(crate) fn page(&self, title: &str, content: Markup) -> Response {
        self.page_below(title, &[], content)
    }

    /// The same below other pages.
    pub(crate) fn page_below(&self, title: &str, above: &[Crumb<'_>], content: Markup) -> Response {
        let status = self.refused().map_or(StatusCode::OK, |refused| refused.status);
        self.document(status, title, None, html! { (crumbs(self, above)) (content) })
    }

    /// A page with one form, which opens as a dialog where there is a script.
    pub(crate) fn form_page(&self, title: &str, above: &[Crumb<'_>], content: Markup) -> Response {
        let status = self.refused().map_or(StatusCode::OK, |refused| refused.status);
        let content = html! {
            (crumbs(self, above))
            div.card data-dialog-content { h1 { (title) } (content) }
        };
        self.document(status, title, Some("narrow"), content)
    }

    /// A narrow page with a status of its own.
    pub(crate) fn bare_page(&self, status: StatusCode, title: &str, content: Markup) -> Response {
        self.document(status, title, Some("narrow"), content)
    }

    fn document(
        &self,
        status: StatusCode,
        title: &str,
        class: Option<&str>,
        content: Markup,
    ) -> Response {
        let t = self.texts;
        let brand = self.brand();
        let body = html! {
            a.skip href="#content" { (t.skip) }
            header {
                div.bar {
                    (brand_link(&brand))
                    (navigation(self))
                    (account(self))
                }
            }
            main #content class=[class] tabindex="-1" {
                (told(self))
                (content)
            }
            footer { (t.footer) }
        };
        Document {
            status,
            title,
            brand: &brand,
            body,
            form_target: None,
            has_secret_address: false,
        }
        .response()
    }
}

/// What was done, once, and what is shown this once.
fn told(visit: &Visit<'_>) -> Markup {
    let t = visit.texts;
    let Some(flash) = visit.take_flash() else { return html! {} };
    html! {
        div.notice.good role="status" { (flash.text) }
        @if !flash.secrets.is_empty() {
            section.card aria-labelledby="shown-once" {
                h2 #shown-once { (t.shown_once) }
                p { (t.shown_once_text) }
                @for (index, (label, value)) in flash.secrets.iter().enumerate() {
                    (parts::secret(visit, &format!("secret-{index}"), label, value))
                }
                div.actions { button type="button" data-print hidden { (t.print) } }
            }
        }
    }
}

fn crumbs(visit: &Visit<'_>, above: &[Crumb<'_>]) -> Markup {
    if above.is_empty() {
        return html! {};
    }
    html! {
        nav.crumbs aria-label=(visit.texts.above) {
            ol { @for (name, address) in above { li { a href=(address) { (name) } } } }
        }
    }
}

/// Where the parts of the console are, for people who are signed in.
fn navigation(visit: &Visit<'_>) -> Markup {
    let t = visit.texts;
    if visit.caller().is_none() {
        return html! { div.grow {} };
    }
    let place = visit.request().uri().path();
    let links = [
        ("/", t.organizations, place == "/" || place.starts_with("/organization")),
        ("/repository", t.repositories, place.starts_with("/repository")),
        ("/superuser", t.superuser, place.starts_with("/superuser")),
    ];
    let shown = links.iter().filter(|(link, ..)| *link != "/superuser" || visit.is_superuser());
    html! {
        nav aria-label=(t.parts) {
            ul {
                @for (link, name, is_here) in shown {
                    li { a href=(link) aria-current=[is_here.then_some("true")] { (name) } }
                }
            }
        }
    }
}

/// Who is signed in, or how to.
fn account(visit: &Visit<'_>) -> Markup {
    let t = visit.texts;
    let Some(caller) = visit.caller() else {
        let is_there = visit.request().uri().path() == "/signin";
        return html! { @if !is_there { a.button.small href="/signin" { (t.sign_in) } } };
    };
    let own = address!("/user/{}", caller.name);
    html! {
        details.menu {
            summary { (parts::avatar(&caller.name, "")) span { (caller.name) } }
            ul {
                li { a href=(own) { (t.account) } }
                li { a href={ (own) "?tab=notifications" } { (t.notifications) } }
                li {
                    (button_form(visit, "/signout", &html! { button type="submit" { (t.sign_out) } }))
                }
            }
        }
    }
}
