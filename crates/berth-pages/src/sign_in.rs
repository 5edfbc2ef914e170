//! Signing in and out, signing up, the first account, a forgotten password; and asking for the password again.
//!
//! What somebody was about to send when their session ended is kept in the form that asks them to sign in.

use berth_domain::settings;
use berth_html::hidden;
use berth_web::{Method, Response, ResponseExt, StatusCode, header};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Answered;
use crate::api::with_query;
use crate::form::form;
use crate::page::{Page, get, post};
use crate::parts;
use crate::redirect::{local, see_other};
use crate::refusal::Refusal;
use crate::texts::fill;
use crate::visit::Visit;

/// The pages.
pub(crate) const PAGES: &[Page] = &[
    get("/signin", show),
    post("/signin", sign_in),
    post("/signin/verify", verify),
    post("/signout", sign_out),
    get("/createaccount", show_sign_up),
    post("/createaccount", sign_up),
    get("/setup", show_setup),
    post("/setup", set_up),
    get("/forgotpassword", show_recovery),
    post("/forgotpassword", recover),
];

/// The fields that carry where somebody was going, and what they were about to send.
const NEXT: &str = "next";
const KEPT_TARGET: &str = "kept_target";
const KEPT: &str = "kept";

/// Where the visitor goes when they are signed in.
fn next<'a>(visit: &'a Visit<'_>) -> &'a str {
    let sent = visit.exact_field(NEXT);
    local(if sent.is_empty() { visit.asked(NEXT) } else { sent })
}

/// The code of the invitation that somebody came with: who has it, and signs up with the address that it was mailed to, has proven that
/// the address is theirs.
fn invitation_code(visit: &Visit<'_>) -> String {
    let query = next(visit).strip_prefix("/confirminvite?").unwrap_or_default();
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let code = pairs.find(|(name, _)| name == "code");
    code.map(|(_, code)| code.into_owned()).unwrap_or_default()
}

/// Puts the code of an invitation into a body, where there is one.
fn with_invitation(visit: &Visit<'_>, body: &mut Value) {
    let code = invitation_code(visit);
    if !code.is_empty() {
        body["invite_code"] = code.into();
    }
}

/// Asks whoever is not signed in to do so, and comes back.
pub(crate) fn ask(visit: &Visit<'_>) -> Response {
    match *visit.request().method() {
        Method::POST => {
            let t = visit.texts;
            let notice = html! { div.notice.warn role="status" { (t.session_ended) } };
            page(visit, StatusCode::UNAUTHORIZED, &notice, &kept(visit))
        }
        _ => see_other(with_query("/signin", &[(NEXT, &visit.here())])),
    }
}

/// What the visitor sent, for the form that asks who they are. Passwords are typed again.
fn kept(visit: &Visit<'_>) -> Markup {
    let mut encoded = form_urlencoded::Serializer::new(String::new());
    for (name, value) in visit.sent() {
        if name != "_csrf_token" && !name.contains("password") {
            encoded.append_pair(&name, &value);
        }
    }
    html! { (hidden(KEPT_TARGET, &visit.here())) (hidden(KEPT, &encoded.finish())) }
}

/// What a form that asked who they are kept for the visitor; none where it kept nothing.
fn kept_form(visit: &Visit<'_>) -> Option<(String, Vec<(String, String)>)> {
    let target = visit.exact_field(KEPT_TARGET);
    if target.is_empty() {
        return None;
    }
    let pairs = form_urlencoded::parse(visit.exact_field(KEPT).as_bytes()).into_owned();
    Some((local(target).to_owned(), pairs.collect()))
}

/// The fields that a form goes on carrying, having carried them before.
fn carried(visit: &Visit<'_>) -> Markup {
    let fields = [NEXT, KEPT_TARGET, KEPT];
    let carried = fields.map(|name| (name, visit.exact_field(name)));
    html! {
        @for (name, value) in carried { @if !value.is_empty() { (hidden(name, value)) } }
    }
}

/// A message of the installation.
#[derive(Deserialize)]
pub(crate) struct Message {
    pub(crate) uuid: String,
    pub(crate) content: String,
    pub(crate) severity: String,
}

/// How many characters of a message are shown, so that several fit on a page.
const LONGEST_MESSAGE: usize = 500;

/// The messages of the installation, which everybody sees.
pub(crate) fn messages(visit: &Visit<'_>) -> Result<Markup, Refusal> {
    let messages = visit.list::<Message>("/api/v1/messages?limit=10", "messages")?.entries;
    Ok(html! {
        @for Message { content, severity, .. } in &messages {
            div class={ "notice " (class_of(severity)) } role="note" { (parts::shortened(content, LONGEST_MESSAGE)) }
        }
    })
}

/// How a message of a severity looks.
pub(crate) fn class_of(severity: &str) -> &'static str {
    match severity {
        "error" => "alarm",
        "warning" => "warn",
        _ => "",
    }
}

/// `GET /signin`.
fn show(visit: &Visit<'_>) -> Answered {
    visit.ask_who();
    if visit.caller().is_some() {
        return Ok(see_other(next(visit).to_owned()));
    }
    // Signing in needs no messages.
    let messages = messages(visit).unwrap_or_default();
    let status = visit.refused().map_or(StatusCode::OK, |refused| refused.status);
    let carried = match visit.request().method() {
        &Method::POST => carried(visit),
        _ => hidden(NEXT, next(visit)),
    };
    Ok(page(visit, status, &messages, &carried))
}

fn page(visit: &Visit<'_>, status: StatusCode, above: &Markup, carried: &Markup) -> Response {
    let t = visit.texts;
    let setting = |setting| visit.services().setting(setting);
    let title = fill(t.sign_in_to, &[&visit.brand().title]);
    let fields = html! {
        (carried)
        (visit.text_field("username", t.user_or_address).required().autocomplete("username").focus())
        (visit.password_field("password", t.password, "current-password").required())
    };
    let buttons = html! { button.first type="submit" { (t.sign_in) } };
    let content = html! {
        (above)
        div.card {
            h1 { (title) }
            @if setting(&settings::FEATURE_DIRECT_LOGIN) {
                (form(visit, "/signin", &fields, &buttons))
            } @else {
                p { (t.no_passwords) }
            }
            @if setting(&settings::FEATURE_MAILING) {
                p { a href="/forgotpassword" { (t.forgot_password) } }
            }
            @if setting(&settings::FEATURE_USER_CREATION) && setting(&settings::FEATURE_DIRECT_LOGIN) {
                p { (t.no_account) " " a href=(with_query("/createaccount", &[(NEXT, visit.asked(NEXT))])) { (t.create_account) } }
            }
        }
    };
    let response = visit.bare_page(status, t.sign_in, content);
    match status {
        StatusCode::UNAUTHORIZED => response.with_header(header::WWW_AUTHENTICATE, "Bearer"),
        _ => response,
    }
}

/// `POST /signin`. Without a name it shows the form: links that must not tell where they lead come so.
fn sign_in(visit: &Visit<'_>) -> Answered {
    let (name, password) = (visit.field("username"), visit.exact_field("password"));
    if name.is_empty() && password.is_empty() {
        return show(visit);
    }
    let mut body = json!({ "username": name, "password": password });
    with_invitation(visit, &mut body);
    if let Err(refusal) = visit.post("/api/v1/signin", &body) {
        let refusal = match refusal.message.is_empty() {
            true => Refusal { message: visit.texts.address_unconfirmed.into(), ..refusal },
            false => refusal,
        };
        return visit.again_to_anybody(&refusal, "password", show);
    }
    match kept_form(visit) {
        Some((target, form)) => Ok(ask_to_send(visit, &target, &form)),
        None => Ok(see_other(next(visit).to_owned())),
    }
}

/// Somebody signed in again in the middle of a form. It is sent when they say so: whoever it is now may not be who began it.
fn ask_to_send(visit: &Visit<'_>, target: &str, sent: &[(String, String)]) -> Response {
    let t = visit.texts;
    visit.forget_form();
    // The session that has just begun makes the form.
    visit.ask_who();
    let name = visit.caller().map(|caller| caller.name).unwrap_or_default();
    let fields = html! {
        @for (name, value) in sent { (hidden(name, value)) }
        dl.facts {
            dt { (t.place) } dd { code { (target.split('?').next().unwrap_or(target)) } }
            @for (name, value) in sent { @if !value.is_empty() { dt { (name) } dd { (value) } } }
        }
    };
    let buttons = html! {
        button.first type="submit" { (t.send_now) } a.button href="/" { (t.discard) }
    };
    let content = html! {
        div.card {
            h1 { (fill(t.signed_in_as, &[&name])) }
            p { (t.send_again_text) }
            (form(visit, target, &fields, &buttons))
        }
    };
    visit.bare_page(StatusCode::OK, t.sign_in, content)
}

/// The API wants the password again before it does this. `failure` says what was wrong with the one that was given.
pub(crate) fn ask_password_again(visit: &Visit<'_>, failure: Option<&Refusal>) -> Response {
    let t = visit.texts;
    let name = visit.caller().map(|caller| caller.name).unwrap_or_default();
    let is_second = visit.request().uri().path() == "/signin/verify";
    let keep = match (is_second, visit.request().method()) {
        (true, _) => carried(visit),
        (false, &Method::POST) => kept(visit),
        (false, _) => hidden(NEXT, &visit.here()),
    };
    let fields = html! {
        (keep)
        (berth_html::alert(failure.map(|failure| failure.told(t)).as_deref()))
        input type="text" name="username" value=(name) autocomplete="username" hidden;
        (visit.password_field("password", t.password, "current-password").required().focus())
    };
    let buttons = html! {
        button.first type="submit" { (t.go_on) } a.button href="/" { (t.cancel) }
    };
    let content = html! {
        div.card {
            h1 { (t.password_again) }
            p { (fill(t.password_again_text, &[&name])) }
            (form(visit, "/signin/verify", &fields, &buttons))
        }
    };
    visit.bare_page(StatusCode::FORBIDDEN, t.password_again, content)
}

/// `POST /signin/verify`: the password again. Then what was asked for is done.
fn verify(visit: &Visit<'_>) -> Answered {
    let body = json!({ "password": visit.exact_field("password") });
    match visit.post("/api/v1/signin/verify", &body) {
        Err(refusal) if visit.can_tell_on_form(&refusal) => {
            return Ok(ask_password_again(visit, Some(&refusal)));
        }
        Err(refusal) => return Err(refusal),
        Ok(_) => {}
    }
    // Only who has the session's CSRF token comes here, so the form was their own.
    match kept_form(visit) {
        Some((target, form)) => visit.answer_again(&target, &form),
        None => Ok(see_other(next(visit).to_owned())),
    }
}

/// `POST /signout`.
fn sign_out(visit: &Visit<'_>) -> Answered {
    match visit.post("/api/v1/signout", &json!({})) {
        Err(refusal) if !visit.is_signed_out(&refusal) => Err(refusal),
        _ => visit.done("/signin", visit.texts.signed_out),
    }
}

/// The fields of a new account.
fn account_fields(visit: &Visit<'_>) -> Markup {
    let t = visit.texts;
    let needs_address = visit.services().setting(&settings::FEATURE_MAILING);
    let address = visit.text_field("email", t.address).kind("email").autocomplete("email");
    html! {
        (visit.text_field("username", t.user_name).hint(t.user_name_hint).required().autocomplete("username").focus())
        @if needs_address { (address.required()) } @else { (address) }
        (visit.password_field("password", t.password, "new-password").hint(t.password_hint).required())
    }
}

/// The field that a refusal of a new account is about.
fn account_field(refusal: &Refusal) -> &'static str {
    let text = refusal.message.to_lowercase();
    if text.contains("email") || text.contains("e-mail") || text.contains("address") {
        "email"
    } else if text.contains("password") {
        "password"
    } else if text.contains("setup") {
        "setup_token"
    } else if text.contains("user") || text.contains("name") {
        "username"
    } else {
        ""
    }
}

/// `GET /createaccount`.
fn show_sign_up(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    if !visit.services().setting(&settings::FEATURE_USER_CREATION) {
        return Err(Refusal::new(StatusCode::NOT_FOUND, ""));
    }
    visit.ask_who();
    if visit.caller().is_some() {
        return Ok(see_other(next(visit).to_owned()));
    }
    let fields = html! { (hidden(NEXT, next(visit))) (account_fields(visit)) };
    let buttons = html! { button.first type="submit" { (t.create_account) } };
    let content = html! {
        (form(visit, "/createaccount", &fields, &buttons))
        p { (t.has_account) " " a href="/signin" { (t.sign_in) } }
    };
    Ok(visit.form_page(t.create_account, &[], content))
}

/// `POST /createaccount`.
fn sign_up(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    if visit.field("username").is_empty() {
        return show_sign_up(visit);
    }
    let mut body = json!({
        "username": visit.field("username"),
        "email": visit.field("email"),
        "password": visit.exact_field("password"),
    });
    with_invitation(visit, &mut body);
    match visit.post("/api/v1/user/", &body) {
        Err(refusal) => visit.again_to_anybody(&refusal, account_field(&refusal), show_sign_up),
        Ok(answer) if answer["awaiting_verification"] == Value::Bool(true) => {
            let content = html! {
                div.card { h1 { (t.look_into_mail) } p { (t.look_into_mail_text) } }
            };
            Ok(visit.bare_page(StatusCode::OK, t.look_into_mail, content))
        }
        Ok(_) => visit.done(next(visit), fill(t.account_made, &[visit.field("username")])),
    }
}

/// Whether there is no account yet.
pub(crate) fn is_empty(visit: &Visit<'_>) -> Result<bool, Refusal> {
    let answer: Value = visit.get("/api/v1/user/initialization")?;
    Ok(answer["available"] == Value::Bool(true))
}

/// `GET /setup`: the first account of an installation.
fn show_setup(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    visit.ask_who();
    if visit.refused().is_none() && !is_empty(visit)? {
        return Ok(see_other("/".into()));
    }
    let needs_token = !visit.services().setting(&settings::SETUP_TOKEN).is_empty();
    let fields = html! {
        @if needs_token {
            (visit.password_field("setup_token", t.setup_token, "off").hint(t.setup_token_hint).required())
        }
        (account_fields(visit))
    };
    let buttons = html! { button.first type="submit" { (t.make_first_account) } };
    let content = html! { p { (t.setup_text) } (form(visit, "/setup", &fields, &buttons)) };
    Ok(visit.form_page(&fill(t.welcome, &[&visit.brand().title]), &[], content))
}

/// `POST /setup`.
fn set_up(visit: &Visit<'_>) -> Answered {
    let mut body = json!({
        "username": visit.field("username"),
        "password": visit.exact_field("password"),
    });
    for name in ["email", "setup_token"] {
        if !visit.field(name).is_empty() {
            body[name] = visit.field(name).into();
        }
    }
    match visit.post("/api/v1/user/initialize", &body) {
        Err(refusal) => visit.again_to_anybody(&refusal, account_field(&refusal), show_setup),
        Ok(_) => visit.done("/", fill(visit.texts.account_made, &[visit.field("username")])),
    }
}

/// `GET /forgotpassword`.
fn show_recovery(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    if !visit.services().setting(&settings::FEATURE_MAILING) {
        return Err(Refusal::new(StatusCode::NOT_FOUND, ""));
    }
    visit.ask_who();
    let address = visit.text_field("email", t.address).kind("email").required();
    let fields = html! { (address.autocomplete("email").focus()) };
    let buttons = html! {
        button.first type="submit" { (t.send_link) } a.button href="/signin" { (t.cancel) }
    };
    let content = html! {
        p { (t.recovery_text) }
        @if !visit.sends_mail() { div.notice.warn { (t.recovery_without_mail) } }
        (form(visit, "/forgotpassword", &fields, &buttons))
    };
    Ok(visit.form_page(t.forgot_password, &[], content))
}

/// `POST /forgotpassword`.
fn recover(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let body = json!({ "email": visit.field("email") });
    match visit.post("/api/v1/recovery", &body) {
        Err(refusal) => visit.again_to_anybody(&refusal, "email", show_recovery),
        Ok(answer) if answer["status"] == "org" => {
            let refusal = Refusal::new(StatusCode::BAD_REQUEST, t.recovery_of_organization);
            visit.again_to_anybody(&refusal, "email", show_recovery)
        }
        Ok(_) => visit.done("/signin", t.recovery_sent),
    }
}
