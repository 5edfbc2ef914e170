//! The look of all pages, those of the console and those that stand alone (consent, links in mails): the document around
//! them, the style sheet, the script and the content security policy.
//!
//! Pages load nothing from elsewhere and have no inline code. Style sheet and script are named after their content, so that browsers may keep
//! them for ever.

mod asset;

pub use asset::{Asset, MARK, SCRIPT, STYLE, asset};

use berth_domain::settings;
use berth_web::{Response, ResponseExt, StatusCode, header, response};
use maud::{DOCTYPE, Markup, html};

/// Who runs the installation, as its pages show it.
#[derive(Debug, Clone)]
pub struct Brand {
    /// Its name (`registry_title`).
    pub title: String,
    /// Where its logo is: a path, or an address.
    pub logo: String,
}

impl Brand {
    /// An installation of that name (`registry_title`), with its own logo (`registry_logo`) or our mark.
    #[must_use]
    pub fn new(title: String, logo: String) -> Self {
        let is_own = logo != settings::REGISTRY_LOGO.default;
        Self { title, logo: if is_own { logo } else { MARK.path.to_owned() } }
    }
}

/// A page.
pub struct Document<'a> {
    /// Its status.
    pub status: StatusCode,
    /// Its title; that of the installation is put behind it.
    pub title: &'a str,
    /// Whose it is.
    pub brand: &'a Brand,
    /// All that is in the body.
    pub body: Markup,
    /// An origin or a scheme, as a content security policy names it, to which its forms may lead besides our own: browsers hold redirects that
    /// answer a form against the policy too.
    pub form_target: Option<&'a str>,
    /// Whether its address has a code in it: then browsers tell it nobody, not even where a form of it leads.
    pub has_secret_address: bool,
}

impl Document<'_> {
    /// The answer. Nothing may frame it, and nothing keeps it.
    #[must_use]
    pub fn response(&self) -> Response {
        let brand = &self.brand.title;
        let title = match self.title {
            "" => brand.clone(),
            title => format!("{title} · {brand}"),
        };
        let document = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (title) }
                    link rel="icon" href=(self.brand.logo);
                    link rel="stylesheet" href=(STYLE.path);
                    script src=(SCRIPT.path) defer {}
                }
                body { (self.body) }
            }
        };
        response::text(self.status, "text/html; charset=utf-8", document.into_string())
            .with_header(header::CONTENT_SECURITY_POLICY, self.policy())
            .with_header(header::X_FRAME_OPTIONS, "DENY")
            .with_header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
            .with_header(header::REFERRER_POLICY, self.referrer_policy())
            .with_header(header::CACHE_CONTROL, "no-store")
    }

    /// With `no-referrer` forms have no origin, by which the API tells pages of elsewhere.
    const fn referrer_policy(&self) -> &'static str {
        if self.has_secret_address { "no-referrer" } else { "same-origin" }
    }

    fn policy(&self) -> String {
        let form_target = self.form_target.map(|source| format!(" {source}")).unwrap_or_default();
        format!(
            "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'{}; \
            form-action 'self'{form_target}; base-uri 'none'; frame-ancestors 'none'",
            origin(&self.brand.logo)
        )
    }
}

/// The origin of an address on another host, with a space before it; nothing of a path on this one.
fn origin(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else { return String::new() };
    let host = rest.split('/').next().unwrap_or_default();
    format!(" {scheme}://{host}")
}

/// The mark and the name of the installation, as a link to its first page.
#[must_use]
pub fn brand_link(brand: &Brand) -> Markup {
    html! {
        a.brand href="/" { img src=(brand.logo) alt="" height="28"; span { (brand.title) } }
    }
}

/// A field of a form that nobody sees.
#[must_use]
pub fn hidden(name: &str, value: &str) -> Markup {
    html! { input type="hidden" name=(name) value=(value); }
}

/// Tells what is wrong with what was entered; nothing where there is nothing to tell.
#[must_use]
pub fn alert(text: Option<&str>) -> Markup {
    html! { @if let Some(text) = text { p.notice.alarm role="alert" { (text) } } }
}
