//! A request for a page on its way: what was asked, who asks, and what the API told of them.

use std::cell::{Cell, RefCell};

use berth_access::{Caller, PathParameters};
use berth_domain::settings;
use berth_html::{Brand, hidden};
use berth_web::session::{SESSION_COOKIE, Session};
use berth_web::{
    ApiError, Deferred, Method, Outcome, Parameters, Platform, Request, RequestExt, Response,
    ResponseExt, Services, StatusCode, Visitor, WhoCalled, header,
};
use maud::Markup;
use serde_json::Value;

use crate::flash::{self, Flash};
use crate::redirect::see_other;
use crate::refusal::{Answered, Refusal, Refused};
use crate::tables::{SETTINGS, TABLES};
use crate::texts::{EN, Texts};

/// What answers a visit.
type Answer = fn(&Visit<'_>) -> Option<Response>;

/// A request for a page.
pub(crate) struct Visit<'a> {
    platform: Platform<'a>,
    services: Services<'a>,
    request: Request,
    /// Answers a visit, whatever its page is; none where there is no such page.
    answer: Answer,
    path: RefCell<PathParameters>,
    query: Parameters,
    form: Parameters,
    /// The session's cookie, and the CSRF token for the next call, as the API has them by now.
    session_cookie: RefCell<Option<String>>,
    csrf_token: RefCell<Option<String>>,
    visitor: RefCell<Option<Visitor>>,
    /// A session of nobody, for a visitor who has none.
    new_session: RefCell<Option<Session>>,
    deferred: RefCell<Vec<Deferred<'a>>>,
    cookies: RefCell<Vec<String>>,
    refused: RefCell<Option<Refused>>,
    /// Whether the fields of forms show what was typed.
    keeps_typed: Cell<bool>,
    /// What the visitor's cookie tells, until a page has told it; nothing of a cookie that cannot be read.
    flash: RefCell<Option<Option<Flash>>>,
    /// All that pages say.
    pub(crate) texts: &'static Texts,
}

impl<'a> Visit<'a> {
    /// A visit, which `answer` answers. The settings of the console are read.
    ///
    /// # Errors
    /// [`ApiError`] when a setting cannot be used.
    pub(crate) fn new(
        platform: Platform<'a>,
        request: &Request,
        answer: Answer,
    ) -> Result<Self, ApiError> {
        let services = Services::new(platform);
        services.load_settings(SETTINGS)?;
        let (query, form) = (request.query(), request.form());
        let flash = request.cookie(flash::COOKIE).map(|cookie| flash::open(&services, cookie));
        Ok(Self {
            platform,
            services,
            answer,
            path: RefCell::default(),
            session_cookie: RefCell::new(request.cookie(SESSION_COOKIE).map(str::to_owned)),
            csrf_token: RefCell::new(form.get("_csrf_token").map(str::to_owned)),
            query,
            form,
            visitor: RefCell::default(),
            new_session: RefCell::default(),
            deferred: RefCell::default(),
            cookies: RefCell::default(),
            refused: RefCell::default(),
            keeps_typed: Cell::default(),
            flash: RefCell::new(flash),
            texts: &EN,
            request: request.clone(),
        })
    }

    /// The answer to another form of the same visitor, which they sent before they were asked who they are.
    ///
    /// # Errors
    /// [`Refusal`] where no page has the address of that form.
    pub(crate) fn answer_again(&self, target: &str, form: &[(String, String)]) -> Answered {
        let fault = |_| Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "");
        let resent = self.resent(target, form).map_err(fault)?;
        let response = (self.answer)(&resent);
        self.absorb(resent);
        response.ok_or_else(|| Refusal::new(StatusCode::NOT_FOUND, ""))
    }

    /// The same visitor with another form.
    fn resent(&self, target: &str, form: &[(String, String)]) -> Result<Self, ApiError> {
        let mut encoded = form_urlencoded::Serializer::new(String::new());
        encoded.extend_pairs(form);
        if let Some(token) = self.csrf_token.borrow().as_ref() {
            encoded.append_pair("_csrf_token", token);
        }
        let mut request = self.request.clone();
        *request.method_mut() = Method::POST;
        *request.uri_mut() = target.parse().unwrap_or_default();
        *request.body_mut() = encoded.finish().into_bytes();
        let visit = Self::new(self.platform, &request, self.answer)?;
        visit.session_cookie.replace(self.session_cookie.borrow().clone());
        Ok(visit)
    }

    /// Takes over what another visit is to leave behind: its cookies, and what is to be done later.
    fn absorb(&self, other: Self) {
        self.cookies.borrow_mut().append(&mut other.cookies.borrow_mut());
        self.deferred.borrow_mut().append(&mut other.deferred.borrow_mut());
    }

    /// The request.
    pub(crate) const fn request(&self) -> &Request {
        &self.request
    }

    /// What the console can use besides the API: settings, sealing, the time.
    pub(crate) const fn services(&self) -> &Services<'a> {
        &self.services
    }

    /// Whether there is a console at all (`feature_console`).
    pub(crate) fn is_on(&self) -> bool {
        self.services.setting(&settings::FEATURE_CONSOLE)
    }

    /// Whether a page of another site sent the form. Browsers say so; the CSRF token holds where one does not.
    pub(crate) fn comes_from_elsewhere(&self) -> bool {
        let site = self.request.header("sec-fetch-site");
        *self.request.method() == Method::POST
            && site.is_some_and(|site| !matches!(site, "same-origin" | "none"))
    }

    /// Notes what the path of the page names.
    pub(crate) fn set_path(&self, path: PathParameters) {
        self.path.replace(path);
    }

    /// What the path names.
    pub(crate) fn named(&self, parameter: &str) -> String {
        self.path.borrow().get(parameter)
    }

    /// A parameter of the query; empty where it is not given.
    pub(crate) fn asked(&self, name: &str) -> &str {
        self.query.get(name).unwrap_or_default()
    }

    /// A field of the form as it was sent, without spaces around it; empty where it was not.
    pub(crate) fn field(&self, name: &str) -> &str {
        self.form.get(name).unwrap_or_default().trim()
    }

    /// A field of the form exactly as it was sent: passwords.
    pub(crate) fn exact_field(&self, name: &str) -> &str {
        self.form.get(name).unwrap_or_default()
    }

    /// A field with a number, for the body of a call. What is no number goes along as it is: the API tells.
    pub(crate) fn number(&self, name: &str) -> Value {
        let typed = self.field(name);
        typed.parse::<i64>().map_or_else(|_| typed.into(), Value::from)
    }

    /// All values of a field of the form.
    pub(crate) fn fields(&self, name: &str) -> Vec<String> {
        self.form.all(name).map(str::to_owned).collect()
    }

    /// All that was sent, for a form that is sent again.
    pub(crate) fn sent(&self) -> Vec<(String, String)> {
        self.form.pairs().to_vec()
    }

    /// Where the visitor is: path and query.
    pub(crate) fn here(&self) -> String {
        self.request.uri().path_and_query().map_or_else(|| "/".into(), ToString::to_string)
    }

    /// Whose installation it is.
    pub(crate) fn brand(&self) -> Brand {
        Brand::new(
            self.services.setting(&settings::REGISTRY_TITLE),
            self.services.setting(&settings::REGISTRY_LOGO),
        )
    }

    /// The host name under which clients reach the registry.
    pub(crate) fn registry_host(&self) -> String {
        self.services.setting(&settings::SERVER_HOSTNAME)
    }

    /// Whether a mail leaves when one is written.
    pub(crate) fn sends_mail(&self) -> bool {
        self.services.setting(&settings::FEATURE_MAILING)
            && !self.services.setting(&settings::MAIL_GATEWAY_URL).is_empty()
    }

    /// The person who is signed in, as far as a call has told.
    pub(crate) fn caller(&self) -> Option<Caller> {
        self.visitor.borrow().as_ref().and_then(Visitor::caller).cloned()
    }

    /// Whether the visitor is shown as a superuser, who may read the pages of superusers.
    pub(crate) fn is_superuser(&self) -> bool {
        let powers = self.caller().map(|caller| caller.powers);
        powers.is_some_and(|powers| powers.superuser || powers.global_reader)
    }

    /// Whether the visitor reads everything and changes nothing.
    pub(crate) fn only_reads(&self) -> bool {
        self.caller().is_some_and(|caller| caller.powers.global_reader)
    }

    /// Whether a refusal says that nobody is signed in any more, whom the API would know.
    pub(crate) fn is_signed_out(&self, refusal: &Refusal) -> bool {
        let nobody = self.caller().is_none();
        (refusal.status == StatusCode::UNAUTHORIZED && !refusal.wants_fresh_login())
            || (nobody && refusal.is_csrf())
    }

    /// Whether the form that was sent can tell of a refusal: what was typed can be mended.
    pub(crate) fn can_tell_on_form(&self, refusal: &Refusal) -> bool {
        !self.is_signed_out(refusal)
            && !refusal.wants_fresh_login()
            && !refusal.status.is_server_error()
    }

    /// For pages that ask nothing else of the API, and are for people who are signed in. Two statements.
    ///
    /// # Errors
    /// The refusal that asks them to sign in.
    pub(crate) fn require_person(&self) -> Result<(), Refusal> {
        self.call(Method::GET, "/api/v1/user/", None).map(drop)
    }

    /// Makes known who visits, on pages that need nothing else of the API. Two statements at most.
    pub(crate) fn ask_who(&self) {
        if self.visitor.borrow().is_none() {
            // Whatever it answers: the visitor is told on the way.
            let _ = self.call(Method::GET, "/api/v1/user/", None);
        }
    }

    /// Makes a call in the process.
    pub(crate) fn serve(&self, request: Request) -> Response {
        let Outcome { response, deferred } = berth_web::serve(self.platform, TABLES, request);
        self.deferred.borrow_mut().push(deferred);
        response
    }

    /// The cookie that calls carry.
    pub(crate) fn api_cookie(&self) -> Option<String> {
        let session = self.session_cookie.borrow();
        let session = session.as_ref().map(|session| format!("{SESSION_COOKIE}={session}"));
        // The cookie of a known device goes along.
        let others = self.request.headers().get_all(header::COOKIE).into_iter();
        let others = others
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(';').map(str::trim))
            .filter(|cookie| {
                let name = cookie.split('=').next().unwrap_or_default();
                name != SESSION_COOKIE && name != flash::COOKIE
            });
        let all: Vec<String> = session.into_iter().chain(others.map(str::to_owned)).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }

    /// The CSRF token that calls show: the one of the form, or of the session that began meanwhile.
    pub(crate) fn api_csrf_token(&self) -> Option<String> {
        self.csrf_token.borrow().clone()
    }

    /// Notes what an answer of the API tells: who called, cookies for the browser, the next CSRF token.
    pub(crate) fn note(&self, who: &WhoCalled, response: &Response) {
        if let Some(visitor) = who.visitor() {
            self.visitor.replace(Some(visitor));
        }
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            let text = cookie.to_str().unwrap_or_default();
            let pair = text.split(';').next().unwrap_or_default().split_once('=');
            if let Some((SESSION_COOKIE, value)) = pair {
                self.session_cookie.replace(Some(value.to_owned()));
            }
            self.cookies.borrow_mut().push(text.to_owned());
        }
        let token = response.headers().get("x-next-csrf-token");
        if let Some(token) = token.and_then(|token| token.to_str().ok()) {
            self.csrf_token.replace(Some(token.to_owned()));
        }
    }

    /// The hidden field that every form has: it ties the form to the session.
    pub(crate) fn csrf_field(&self) -> Markup {
        hidden("_csrf_token", &self.form_token())
    }

    /// The CSRF token of the visitor's session; of one of nobody, which the answer hands out, where they have none.
    fn form_token(&self) -> String {
        let known = self.visitor.borrow().as_ref().and_then(Visitor::session).cloned();
        let cookie = self.session_cookie.borrow().clone();
        let session = known.or_else(|| cookie.as_deref().and_then(Session::of_cookie));
        let session = session.unwrap_or_else(|| {
            let mut new = self.new_session.borrow_mut();
            new.get_or_insert_with(|| Session::anonymous(&self.services)).clone()
        });
        session.csrf_token(&self.services).unwrap_or_else(|error| {
            eprintln!("error: no CSRF token: {}", error.cause().unwrap_or_default());
            String::new()
        })
    }

    /// What the API refused of the form that was sent; none where none was.
    pub(crate) fn refused(&self) -> Option<Refused> {
        self.refused.borrow().clone()
    }

    /// The fields of forms show what was typed: the form was refused, or it is not yet done with.
    pub(crate) fn keep_typed(&self) {
        self.keeps_typed.set(true);
    }

    /// Whether they do.
    pub(crate) fn keeps_typed(&self) -> bool {
        self.keeps_typed.get()
    }

    /// Shows the form again, with what was typed and why it was refused; `field` is where that is said. What no form can mend goes
    /// on as it is.
    pub(crate) fn again(
        &self,
        refusal: Refusal,
        field: &'static str,
        show: impl FnOnce(&Self) -> Answered,
    ) -> Answered {
        if !self.can_tell_on_form(&refusal) {
            return Err(refusal);
        }
        self.again_to_anybody(&refusal, field, show)
    }

    /// The same on pages for people who are not signed in: a form that another session made tells so.
    pub(crate) fn again_to_anybody(
        &self,
        refusal: &Refusal,
        field: &'static str,
        show: impl FnOnce(&Self) -> Answered,
    ) -> Answered {
        if refusal.status.is_server_error() {
            return Err(refusal.clone());
        }
        let message = refusal.told(self.texts);
        let status = match refusal.status {
            status if status.is_client_error() => status,
            _ => StatusCode::BAD_REQUEST,
        };
        // A form may have other fields than the one that is usually wrong.
        let named = refusal.member().filter(|name| self.form.get(name).is_some());
        let field = if refusal.is_csrf() { "" } else { named.unwrap_or(field) };
        self.refused.replace(Some(Refused { status, field: field.to_owned(), message }));
        self.keep_typed();
        show(self)
    }

    /// The form that was sent is done with: what is shown next begins anew.
    pub(crate) fn forget_form(&self) {
        self.refused.take();
        self.keeps_typed.set(false);
        self.visitor.take();
    }

    /// Done: the visitor goes to `target`, and is told once.
    pub(crate) fn done(&self, target: &str, text: impl Into<String>) -> Answered {
        self.done_with(target, Flash::done(text))
    }

    /// The same with something that is shown this once.
    pub(crate) fn done_with(&self, target: &str, flash: Flash) -> Answered {
        let cookie = flash::cookie(&self.services, &flash).map_err(|error| {
            eprintln!("error: {}", error.cause().unwrap_or("nothing can be sealed"));
            Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "")
        })?;
        self.cookies.borrow_mut().push(cookie);
        Ok(see_other(target.to_owned()))
    }

    /// What is to be told once; the answer takes its cookie away.
    pub(crate) fn take_flash(&self) -> Option<Flash> {
        let flash = self.flash.borrow_mut().take()?;
        self.cookies.borrow_mut().push(flash::cleared(&self.services));
        flash
    }

    /// The answer as it leaves, with the cookies that go along, and what is left to do.
    pub(crate) fn finish(self, response: Response) -> Outcome<'a> {
        let new = self.new_session.take();
        let new = new.iter().flat_map(|session| session.cookies(&self.services));
        let cookies: Vec<String> = new.chain(self.cookies.take()).collect();
        let response = cookies
            .into_iter()
            .fold(response, |response, cookie| response.with_header(header::SET_COOKIE, cookie));
        let Outcome { response, deferred } = berth_web::answered(self.services, response);
        Outcome { response, deferred: deferred.with(self.deferred.take()) }
    }
}
