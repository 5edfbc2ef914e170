//! All people of the installation: the tab, and a page for each.

use berth_web::StatusCode;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Tab, above, require_view, tab_of};
use crate::Answered;
use crate::api::address;
use crate::confirm::{self, Confirm};
use crate::flash::Flash;
use crate::form::{button_form, form, submit_or_cancel};
use crate::layout::Crumb;
use crate::list::List;
use crate::organization;
use crate::page::{Page, get, post};
use crate::parts;
use crate::refusal::Refusal;
use crate::texts::fill;
use crate::visit::Visit;

/// The pages. That of a new account is beside them, since an account may be called `new`.
pub(super) const PAGES: &[Page] = &[
    get("/superuser/newuser", show_new),
    post("/superuser/newuser", create),
    get("/superuser/users/:username", show),
    get("/superuser/users/:username/email", show_email),
    post("/superuser/users/:username/email", change_email),
    get("/superuser/users/:username/password", show_password),
    post("/superuser/users/:username/password", change_password),
    get("/superuser/users/:username/disable", ask_disabling),
    post("/superuser/users/:username/disable", disable),
    post("/superuser/users/:username/enable", enable),
    get("/superuser/users/:username/takeownership", ask_taking),
    post("/superuser/users/:username/takeownership", take),
    get("/superuser/users/:username/delete", ask_deletion),
    post("/superuser/users/:username/delete", delete),
];

/// An account.
#[derive(Deserialize)]
struct User {
    username: String,
    email: String,
    verified: bool,
    avatar: parts::Avatar,
    super_user: bool,
    global_readonly_super_user: bool,
    enabled: bool,
}

impl User {
    /// The one that the path names.
    fn load(visit: &Visit<'_>) -> Result<Self, Refusal> {
        visit.get(&target(visit))
    }

    /// The address; none in the place of one.
    fn address(&self) -> &str {
        if self.email.contains('@') { &self.email } else { "" }
    }
}

/// The address of an account's page.
fn page_of(name: &str) -> String {
    address!("/superuser/users/{}", name)
}

/// The API's address of the account that the path names.
fn target(visit: &Visit<'_>) -> String {
    address!("/api/v1/superuser/users/{}", visit.named("username"))
}

/// The tab.
pub(super) fn tab(visit: &Visit<'_>) -> Result<Markup, Refusal> {
    let t = visit.texts;
    let orders = [("name", t.by_name), ("-created", t.by_newest), ("created", t.by_oldest)];
    let list = List::new(visit, &tab_of(Tab::Users), t.search_users, &orders);
    let users = visit.list::<User>(&list.target("/api/v1/superuser/users/"), "users")?;
    Ok(html! {
        div.row {
            p.grow.soft { (t.users_about) }
            @if !visit.only_reads() { (parts::first_link("/superuser/newuser", t.new_user)) }
        }
        (list.card(visit, "users", &users, &table(visit, &users.entries)))
    })
}

fn table(visit: &Visit<'_>, users: &[User]) -> Markup {
    let t = visit.texts;
    html! {
        table.stack {
            thead {
                tr {
                    th scope="col" { (t.user) }
                    th scope="col" { (t.address) }
                    th scope="col" { (t.state) }
                }
            }
            tbody {
                @for user in users {
                    tr {
                        th scope="row" {
                            span.with-avatar {
                                (parts::avatar(&user.username, &user.avatar.color))
                                a href=(page_of(&user.username)) { (user.username) }
                            }
                        }
                        td data-label=(t.address) { (address(visit, user)) }
                        td data-label=(t.state) { span.row { (badges(visit, user)) } }
                    }
                }
            }
        }
    }
}

fn address(visit: &Visit<'_>, user: &User) -> Markup {
    html! {
        @if user.address().is_empty() { span.soft { (visit.texts.no_address) } } @else { (user.address()) }
    }
}

fn badges(visit: &Visit<'_>, user: &User) -> Markup {
    let t = visit.texts;
    html! {
        @if user.enabled { span.badge.good { (t.enabled) } } @else { span.badge.alarm { (t.disabled) } }
        @if user.super_user { span.badge.accent { (t.a_superuser) } }
        @if user.global_readonly_super_user { span.badge.accent { (t.reads_everything) } }
        @if !user.verified { span.badge.warn { (t.unconfirmed) } }
    }
}

/// `GET /superuser/users/<name>`.
fn show(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let user = User::load(visit)?;
    // The API changes no account of a superuser.
    let may_change = !visit.only_reads() && !user.super_user;
    let about = html! { span.row { (badges(visit, &user)) } };
    let heading = parts::heading(&user.username, &user.avatar.color, &about, &html! {});
    let content = html! {
        (heading)
        @if user.super_user && !visit.only_reads() { div.notice { (t.superuser_is_fixed) } }
        section.card aria-labelledby="account" {
            h2 #account { (t.account) }
            dl.facts { dt { (t.address) } dd { (address(visit, &user)) } }
            @if may_change { (changes(visit, &user)) }
        }
        @if may_change { (endings(visit, &user)) }
    };
    Ok(visit.page_below(&user.username, &above(visit, Tab::Users), content))
}

fn changes(visit: &Visit<'_>, user: &User) -> Markup {
    let t = visit.texts;
    let page = page_of(&user.username);
    html! {
        div.actions {
            (parts::dialog_link(&format!("{page}/email"), t.change_address))
            (parts::dialog_link(&format!("{page}/password"), t.give_password))
            @if user.enabled {
                (parts::alarm_link(&format!("{page}/disable"), t.disable, &user.username))
            } @else {
                (button_form(visit, &format!("{page}/enable"), &html! {
                    button.small type="submit" {
                        (t.enable) span.visually-hidden { " " (user.username) }
                    }
                }))
            }
        }
    }
}

fn endings(visit: &Visit<'_>, user: &User) -> Markup {
    let t = visit.texts;
    let page = page_of(&user.username);
    html! {
        section.card aria-labelledby="end" {
            h2 #end { (t.end_of_account) }
            p.soft { (t.end_of_any_account) }
            div.actions {
                (parts::alarm_link(&format!("{page}/takeownership"), t.make_organization, &user.username))
                (parts::alarm_link(&format!("{page}/delete"), t.delete_account, &user.username))
            }
        }
    }
}

/// The places above a page that asks something about an account.
fn above_user<'a>(visit: &Visit<'_>, name: &'a str) -> [Crumb<'a>; 3] {
    let [first, second] = above(visit, Tab::Users);
    [first, second, (name, page_of(name))]
}

/// `GET /superuser/newuser`.
fn show_new(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    require_view(visit)?;
    let needs_address = visit.services().setting(&berth_domain::settings::FEATURE_MAILING);
    let address = visit.text_field("email", t.address).kind("email");
    let address = if needs_address { address.required() } else { address };
    let fields = html! {
        p { (if visit.sends_mail() { t.new_user_mailed } else { t.new_user_text }) }
        (visit.text_field("username", t.user_name).hint(t.user_name_hint).required().focus())
        (address)
    };
    let buttons = submit_or_cancel(visit, t.create_account, &tab_of(Tab::Users));
    let content = form(visit, &visit.here(), &fields, &buttons);
    Ok(visit.form_page(t.new_user, &above(visit, Tab::Users), content))
}

/// `POST /superuser/newuser`: the API chooses the password, which is shown once.
fn create(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let name = visit.field("username");
    let mut body = json!({ "username": name });
    if !visit.field("email").is_empty() {
        body["email"] = visit.field("email").into();
    }
    let answer = match visit.post("/api/v1/superuser/users/", &body) {
        Err(refusal) => {
            let is_about_address = refusal.message.to_lowercase().contains("email");
            let field = if is_about_address { "email" } else { "username" };
            return visit.again(refusal, field, show_new);
        }
        Ok(answer) => answer,
    };
    let flash = Flash::done(fill(t.account_made, &[name]))
        .with_secret(t.user_name, name)
        .with_secret(t.password, answer["password"].as_str().unwrap_or_default());
    visit.done_with(&page_of(name), flash)
}

/// The page of a form about an account.
fn form_page(
    visit: &Visit<'_>,
    user: &User,
    title: &str,
    fields: &Markup,
    submit: &str,
) -> Answered {
    let buttons = submit_or_cancel(visit, submit, &page_of(&user.username));
    let content = form(visit, &visit.here(), fields, &buttons);
    Ok(visit.form_page(title, &above_user(visit, &user.username), content))
}

/// `GET …/email`.
fn show_email(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let user = User::load(visit)?;
    let field = visit.text_field("email", t.address).kind("email").hint(t.address_by_superuser);
    let fields = html! { (field.required().value(visit, user.address()).focus()) };
    form_page(visit, &user, &fill(t.address_of, &[&user.username]), &fields, t.change_address)
}

/// `POST …/email`.
fn change_email(visit: &Visit<'_>) -> Answered {
    let address = visit.field("email");
    if let Err(refusal) = visit.put(&target(visit), &json!({ "email": address })) {
        return visit.again(refusal, "email", show_email);
    }
    let text = fill(visit.texts.address_changed, &[address]);
    visit.done(&page_of(&visit.named("username")), text)
}

/// `GET …/password`.
fn show_password(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let user = User::load(visit)?;
    let field = visit.password_field("password", t.new_password, "new-password");
    let fields = html! {
        p { (t.give_password_text) }
        (field.hint(t.password_hint).required().focus())
    };
    form_page(visit, &user, &fill(t.password_of, &[&user.username]), &fields, t.give_password)
}

/// `POST …/password`. What asks for the present password keeps no password: the new one is typed again behind it.
fn change_password(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let password = visit.exact_field("password");
    if password.is_empty() {
        let refusal = Refusal::new(StatusCode::BAD_REQUEST, t.type_new_password);
        return visit.again(refusal, "password", show_password);
    }
    if let Err(refusal) = visit.put(&target(visit), &json!({ "password": password })) {
        return visit.again(refusal, "password", show_password);
    }
    let name = visit.named("username");
    visit.done(&page_of(&name), fill(t.password_given, &[&name]))
}

/// A page that asks; `typed` says whether the name is typed first.
fn ask(visit: &Visit<'_>, question: &str, text: &str, button: &str, typed: bool) -> Answered {
    let user = User::load(visit)?;
    let confirm = Confirm {
        title: &fill(question, &[&user.username]),
        text: html! { p { (text) } },
        button,
        back: &page_of(&user.username),
        typed: typed.then_some(&user.username),
    };
    confirm::ask(visit, &above_user(visit, &user.username), &confirm)
}

/// `GET …/disable`.
fn ask_disabling(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    ask(visit, t.disable_question, t.disable_text, t.disable, false)
}

/// `POST …/disable`.
fn disable(visit: &Visit<'_>) -> Answered {
    if let Err(refusal) = visit.put(&target(visit), &json!({ "enabled": false })) {
        return visit.again(refusal, "", ask_disabling);
    }
    let name = visit.named("username");
    visit.done(&page_of(&name), fill(visit.texts.account_disabled, &[&name]))
}

/// `POST …/enable`.
fn enable(visit: &Visit<'_>) -> Answered {
    visit.put(&target(visit), &json!({ "enabled": true }))?;
    let name = visit.named("username");
    visit.done(&page_of(&name), fill(visit.texts.account_enabled, &[&name]))
}

/// `GET …/takeownership`.
fn ask_taking(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    ask(visit, t.make_organization_question, t.make_organization_text, t.make_organization, true)
}

/// `POST …/takeownership`: the account becomes an organization.
fn take(visit: &Visit<'_>) -> Answered {
    let name = visit.named("username");
    if let Err(refusal) = confirm::require_typed(visit, &name) {
        return visit.again(refusal, confirm::TYPED, ask_taking);
    }
    let target = address!("/api/v1/superuser/takeownership/{}", name);
    if let Err(refusal) = visit.post(&target, &Value::Null) {
        return visit.again(refusal, "", ask_taking);
    }
    visit.done(&organization::of(&name), fill(visit.texts.taken_over, &[&name]))
}

/// `GET …/delete`.
fn ask_deletion(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let question = t.delete_account_question;
    ask(visit, question, t.delete_any_account_text, t.delete_account, true)
}

/// `POST …/delete`.
fn delete(visit: &Visit<'_>) -> Answered {
    let name = visit.named("username");
    if let Err(refusal) = confirm::require_typed(visit, &name) {
        return visit.again(refusal, confirm::TYPED, ask_deletion);
    }
    if let Err(refusal) = visit.delete(&target(visit)) {
        return visit.again(refusal, "", ask_deletion);
    }
    visit.done(&tab_of(Tab::Users), fill(visit.texts.account_deleted, &[&name]))
}
