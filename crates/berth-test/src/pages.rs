//! Pages, as a browser without scripts sees them: it keeps cookies, sends forms with what they carry, and follows redirects.
//!
//! Every page is held against the budgets of pages: statements, bytes, nothing inline.

use std::cell::RefCell;
use std::collections::BTreeMap;

use berth_api::mails::deliver_due;
use berth_web::{App as Pages, Method, Outcome, Request, Response};
use scraper::{ElementRef, Html, Selector};

use crate::app::{App, Reply};

/// A page takes at most this many statements.
const PAGE_STATEMENTS: usize = 6;

/// A page has at most this many bytes, before compression.
const PAGE_BYTES: usize = 40 * 1024;

/// A browser.
pub struct Browser<'a> {
    app: &'a App,
    pages: &'a dyn Pages,
    cookies: RefCell<BTreeMap<String, String>>,
    /// The page that it shows: its address and its text.
    shown: RefCell<(String, String)>,
}

impl App {
    /// A browser that nobody has signed in with.
    #[must_use]
    pub fn open<'a>(&'a self, pages: &'a dyn Pages) -> Browser<'a> {
        Browser { app: self, pages, cookies: RefCell::default(), shown: RefCell::default() }
    }

    /// A browser with which a user is signed in.
    #[must_use]
    pub fn open_as<'a>(&'a self, pages: &'a dyn Pages, name: &str) -> Browser<'a> {
        let browser = self.open(pages);
        let session = self.with_session(name);
        let cookie = session.headers().iter().find(|(name, _)| name == "cookie");
        let (name, value) =
            cookie.and_then(|(_, cookie)| cookie.split_once('=')).expect("a cookie");
        browser.cookies.borrow_mut().insert(name.to_owned(), value.to_owned());
        browser
    }
}

impl Browser<'_> {
    /// Goes to an address, and follows where it leads.
    pub fn go(&self, target: &str) -> Reply {
        let reply = self.request(Method::GET, target, None);
        self.follow(target, reply)
    }

    /// Goes to an address, and follows no redirect.
    pub fn get(&self, target: &str) -> Reply {
        self.request(Method::GET, target, None)
    }

    /// Goes to the page with a form that posts to `action`, fills in `fields`, sends it, and follows where it leads.
    ///
    /// # Panics
    /// When the page has no such form.
    pub fn submit(&self, page: &str, action: &str, fields: &[(&str, &str)]) -> Reply {
        self.go(page);
        self.send(action, fields)
    }

    /// Sends the form of the page that is shown that posts to `action`, and follows where it leads.
    ///
    /// # Panics
    /// When the page has no such form.
    pub fn send(&self, action: &str, fields: &[(&str, &str)]) -> Reply {
        let reply = self.send_only(action, fields);
        self.follow(action, reply)
    }

    /// The same without following it.
    ///
    /// # Panics
    /// When the page has no such form.
    pub fn send_only(&self, action: &str, fields: &[(&str, &str)]) -> Reply {
        let (address, text) = self.shown.borrow().clone();
        let form =
            forms(&text).into_iter().find(|form| form.method == "post" && form.action == action);
        let form =
            form.unwrap_or_else(|| panic!("{address} has no form that posts to {action}:\n{text}"));
        self.post(action, &form.hidden, fields)
    }

    /// Sends a form that the page that is shown may not have.
    pub fn post(
        &self,
        action: &str,
        hidden: &[(String, String)],
        fields: &[(&str, &str)],
    ) -> Reply {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(hidden).extend_pairs(fields);
        self.request(Method::POST, action, Some(form.finish()))
    }

    /// Where it is.
    #[must_use]
    pub fn address(&self) -> String {
        self.shown.borrow().0.clone()
    }

    /// The forms of the page that it shows.
    #[must_use]
    pub fn forms(&self) -> Vec<PageForm> {
        forms(&self.shown.borrow().1)
    }

    /// The addresses to which the page that it shows links.
    #[must_use]
    pub fn links(&self) -> Vec<String> {
        links(&self.shown.borrow().1)
    }

    /// The text of the page that it shows.
    #[must_use]
    pub fn html(&self) -> String {
        self.shown.borrow().1.clone()
    }

    /// A cookie that it keeps.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.borrow().get(name).cloned()
    }

    /// Forgets a cookie.
    pub fn forget(&self, name: &str) {
        self.cookies.borrow_mut().remove(name);
    }

    fn follow(&self, target: &str, mut reply: Reply) -> Reply {
        let mut address = target.to_owned();
        for _ in 0..5 {
            let Some(location) = reply.header("location").map(str::to_owned) else { break };
            reply = self.request(Method::GET, &location, None);
            address = location;
        }
        self.shown.replace((address, String::from_utf8_lossy(reply.body()).into_owned()));
        reply
    }

    fn request(&self, method: Method, target: &str, form: Option<String>) -> Reply {
        let reads = method == Method::GET;
        let mut request = http::Request::builder().method(method).uri(target);
        let cookies = self.cookies.borrow().clone();
        if !cookies.is_empty() {
            let cookies: Vec<_> =
                cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header("cookie", cookies.join("; "));
        }
        request = request
            .header("spin-client-addr", "192.0.2.1:4711")
            .header("user-agent", "Mozilla/5.0 (a test)")
            .header("sec-fetch-site", "same-origin");
        if form.is_some() {
            request = request.header("content-type", "application/x-www-form-urlencoded");
        }
        let request = request.body(form.unwrap_or_default().into_bytes());
        let request = request.unwrap_or_else(|error| panic!("{target}: {error}"));
        let response = self.app.answer_page(self.pages, &request, reads);
        self.keep_cookies(&response);
        Reply(response)
    }

    fn keep_cookies(&self, response: &Response) {
        let mut cookies = self.cookies.borrow_mut();
        for line in response.headers().get_all("set-cookie") {
            let line = line.to_str().expect("cookies are text");
            assert!(line.contains("; HttpOnly; SameSite=Lax"), "{line}");
            let (pair, rest) = line.split_once(';').expect("a cookie has a path");
            let (name, value) = pair.split_once('=').expect("a cookie has a value");
            match rest.contains("Max-Age=0") {
                true => cookies.remove(name),
                false => cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
    }
}

impl App {
    /// The answer of pages to any request.
    #[must_use]
    pub fn answer(&self, pages: &dyn Pages, request: &Request) -> Reply {
        Reply(self.answer_page(pages, request, false))
    }

    fn answer_page(&self, pages: &dyn Pages, request: &Request, reads: bool) -> Response {
        let before = self.changes_so_far();
        let Outcome { response, deferred } = pages.answer(self.platform(), request.clone());
        let statements = self.take_statements();
        deferred.run(deliver_due);
        self.take_statements();
        let target = request.uri();
        let is_page = response
            .headers()
            .get("content-type")
            .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
        assert!(response.status().as_u16() != 500, "{target}: {:?}", response.status());
        if reads {
            assert_eq!(self.changes_so_far(), before, "{target} changes something");
            assert!(
                statements.len() <= PAGE_STATEMENTS,
                "{target} took {} statements:\n{}",
                statements.len(),
                statements.join("\n")
            );
        }
        if is_page {
            let text = String::from_utf8_lossy(response.body());
            assert!(text.len() <= PAGE_BYTES, "{target} has {} bytes", text.len());
            for inline in [" style=\"", " onclick=", "<style", "<script>"] {
                assert!(!text.contains(inline), "{target} has {inline}: {text}");
            }
        }
        response
    }
}

/// A form of a page.
#[derive(Debug, Clone)]
pub struct PageForm {
    /// `get` or `post`.
    pub method: String,
    /// Where it leads.
    pub action: String,
    /// The fields that nobody sees.
    pub hidden: Vec<(String, String)>,
    /// What the other fields hold when the page is shown, and the first button that has a name.
    pub shown: Vec<(String, String)>,
}

/// The forms of a page.
fn forms(text: &str) -> Vec<PageForm> {
    let document = Html::parse_document(text);
    let forms = selector("form");
    document.select(&forms).map(|form| read_form(&form)).collect()
}

fn read_form(form: &ElementRef<'_>) -> PageForm {
    let attribute = |name: &str| form.value().attr(name).unwrap_or_default().to_owned();
    let (mut hidden, mut shown) = (Vec::new(), Vec::new());
    let mut has_button = false;
    for field in form.select(&selector("input, select, textarea, button[name]")) {
        let element = field.value();
        let named = |value: String| (element.attr("name").unwrap_or_default().to_owned(), value);
        let value = || element.attr("value").unwrap_or_default().to_owned();
        match (element.name(), element.attr("type")) {
            ("input", Some("hidden")) => hidden.push(named(value())),
            ("input", Some("checkbox" | "radio")) if element.attr("checked").is_none() => {}
            ("input", _) => shown.push(named(value())),
            ("textarea", _) => shown.push(named(field.text().collect())),
            ("select", _) => {
                let (chosen, first) = (selector("option[selected]"), selector("option"));
                let option = field.select(&chosen).next().or_else(|| field.select(&first).next());
                let value = option.and_then(|option| option.value().attr("value"));
                shown.push(named(value.unwrap_or_default().to_owned()));
            }
            _ if !has_button => {
                has_button = true;
                shown.push(named(value()));
            }
            _ => {}
        }
    }
    PageForm { method: attribute("method"), action: attribute("action"), hidden, shown }
}

/// The addresses to which a page links.
fn links(text: &str) -> Vec<String> {
    let document = Html::parse_document(text);
    let links = selector("a[href]");
    let addresses = document.select(&links).filter_map(|link| link.value().attr("href"));
    addresses.map(str::to_owned).collect()
}

fn selector(text: &str) -> Selector {
    Selector::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}
