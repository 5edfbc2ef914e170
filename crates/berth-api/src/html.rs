//! Pages for people: plain HTML that loads nothing, and but for one page runs nothing.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use berth_domain::secret::hash_token;
use berth_web::{Answer, IntoResponse, Response};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use schemars::SchemaGenerator;

const STYLE: &str = "\
:root{color-scheme:light dark;--text:#1b1f24;--soft:#57606a;--line:#d0d7de;--paper:#fff;--ground:#f3f5f8;\
--accent:#0b5cad;--on-accent:#fff;--alarm:#b3261e;--alarm-ground:#fdf0ef}\
@media(prefers-color-scheme:dark){:root{--text:#e6e9ed;--soft:#9aa4af;--line:#3a424c;--paper:#1b2027;\
--ground:#11151a;--accent:#79b8ff;--on-accent:#0b1520;--alarm:#ff9a92;--alarm-ground:#33201f}}\
*{box-sizing:border-box}body{margin:0;padding:4rem 1rem;font:1rem/1.5 system-ui,sans-serif;\
color:var(--text);background:var(--ground)}\
main{max-width:36rem;margin:0 auto;padding:2rem;background:var(--paper);border:1px solid var(--line);\
border-radius:.75rem;overflow-wrap:anywhere}\
h1{margin:0 0 1rem;font-size:1.5rem;line-height:1.25}h2{margin:1.5rem 0 .5rem;font-size:1rem}\
p{margin:.5rem 0}.soft{color:var(--soft)}small{font-size:.875rem;color:var(--soft)}\
ul{list-style:none;margin:0;padding:0;border:1px solid var(--line);border-radius:.5rem}\
li{padding:.75rem 1rem}li+li{border-top:1px solid var(--line)}li p{margin:.25rem 0 0;font-size:.875rem;\
color:var(--soft)}li.alarm{background:var(--alarm-ground);box-shadow:inset .25rem 0 var(--alarm)}\
.mark{margin-left:.5rem;padding:.1rem .5rem;border:1px solid var(--alarm);border-radius:1rem;\
font-size:.75rem;font-weight:600;color:var(--alarm)}.alarm-text{color:var(--alarm)}\
.choices{display:flex;flex-wrap:wrap;gap:.75rem;margin-top:1.5rem}\
label{display:block;margin-top:1rem;font-weight:600}\
input{display:block;width:100%;margin-top:.25rem;padding:.5rem .75rem;font:inherit;color:inherit;\
background:var(--paper);border:1px solid var(--line);border-radius:.375rem}\
button{padding:.5rem 1.25rem;font:inherit;font-weight:600;color:var(--text);background:var(--paper);\
border:1px solid var(--line);border-radius:.375rem;cursor:pointer}\
button.first{color:var(--on-accent);background:var(--accent);border-color:var(--accent)}\
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}output,code{font-family:monospace}";

/// A page as an answer: 200, or the status of a refusal that people read.
pub(crate) struct HtmlResponse(Response);

impl IntoResponse for HtmlResponse {
    fn answers(_: &mut SchemaGenerator) -> Vec<Answer> {
        vec![Answer::other(200, Some("text/html"))]
    }

    fn into_response(self) -> Response {
        self.0
    }
}

/// A page. Nothing may frame it, it loads nothing and sends forms only to ourselves.
#[must_use]
pub(crate) fn page(status: u16, title: &str, content: Markup) -> HtmlResponse {
    Page::new(status, title, content).response()
}

/// A page of one paragraph.
#[must_use]
pub(crate) fn message(status: u16, title: &str, text: &str) -> HtmlResponse {
    page(status, title, html! { p { (text) } })
}

/// A field of a form that nobody sees.
pub(crate) fn hidden(name: &str, value: &str) -> Markup {
    html! { input type="hidden" name=(name) value=(value); }
}

/// Tells what is wrong with what was entered; nothing where there is nothing to tell.
pub(crate) fn alert(text: Option<&str>) -> Markup {
    html! { @if let Some(text) = text { p.alarm-text role="alert" { b { (text) } } } }
}

/// A page that differs from [`page`] in something.
pub(crate) struct Page<'a> {
    status: u16,
    title: &'a str,
    content: Markup,
    form_target: Option<&'a str>,
    script: Option<&'static str>,
}

impl<'a> Page<'a> {
    /// A page like those of [`page`].
    #[must_use]
    pub(crate) const fn new(status: u16, title: &'a str, content: Markup) -> Self {
        Self { status, title, content, form_target: None, script: None }
    }

    /// Its forms may also lead to `source`, an origin or a scheme as a content security policy names it: browsers hold
    /// redirects that answer a form against the policy too.
    #[must_use]
    pub(crate) fn with_form_target(mut self, source: &'a str) -> Self {
        self.form_target = Some(source);
        self
    }

    /// It runs this one script.
    #[must_use]
    pub(crate) fn with_script(mut self, script: &'static str) -> Self {
        self.script = Some(script);
        self
    }

    /// The answer.
    #[must_use]
    pub(crate) fn response(&self) -> HtmlResponse {
        let document = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width";
                    title { (self.title) }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    main { h1 { (self.title) } (self.content) }
                    @if let Some(script) = self.script { script { (PreEscaped(script)) } }
                }
            }
        };
        let response =
            Response::text(self.status, "text/html; charset=utf-8", document.into_string())
                .with_header("content-security-policy", self.policy())
                .with_header("x-frame-options", "DENY")
                .with_header("x-content-type-options", "nosniff")
                .with_header("referrer-policy", "no-referrer")
                .with_header("cache-control", "no-store");
        HtmlResponse(response)
    }

    fn policy(&self) -> String {
        let script = self.script.map(|script| format!(" script-src {};", hash_source(script)));
        let form_target = self.form_target.map(|source| format!(" {source}"));
        format!(
            "default-src 'none'; style-src {};{} form-action 'self'{}; base-uri 'none'; \
            frame-ancestors 'none'",
            hash_source(STYLE),
            script.unwrap_or_default(),
            form_target.unwrap_or_default()
        )
    }
}

/// What a content security policy calls an inline style or script.
fn hash_source(text: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(hash_token(text)))
}
