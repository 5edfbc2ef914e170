//! The registry that an organization caches: how it does, and the forms that make, try, change, empty and end it.

use berth_web::StatusCode;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Organization, Tab, above, tab_of};
use crate::Answered;
use crate::api::address;
use crate::confirm::{self, Confirm};
use crate::form::{form, submit_or_cancel};
use crate::page::{Page, get, post};
use crate::parts;
use crate::refusal::Refusal;
use crate::texts::fill;
use crate::visit::Visit;

/// The pages.
pub(super) const PAGES: &[Page] = &[
    get("/organization/:orgname/proxycache/new", show_new),
    post("/organization/:orgname/proxycache/new", create_or_try),
    get("/organization/:orgname/proxycache/edit", show_edit),
    post("/organization/:orgname/proxycache/edit", edit),
    get("/organization/:orgname/proxycache/purge", ask_purge),
    post("/organization/:orgname/proxycache/purge", purge),
    get("/organization/:orgname/proxycache/delete", ask_deletion),
    post("/organization/:orgname/proxycache/delete", delete),
];

/// What the API tells of a cache: empty texts where there is none.
#[derive(Deserialize)]
struct Answer {
    upstream_registry: String,
    expiration_s: Value,
    insecure: Value,
}

/// The registry that an organization caches.
struct Cache {
    /// `host[:port][/namespace]`.
    upstream: String,
    /// For how many seconds a tag is kept after its last pull; for ever where it is 0.
    expiration_s: i64,
    /// Whether it is spoken to over plain HTTP.
    insecure: bool,
}

impl Cache {
    /// That of an organization, if it has one.
    fn load(visit: &Visit<'_>, organization: &str) -> Result<Option<Self>, Refusal> {
        let answer: Answer = visit.get(&target(organization))?;
        let upstream = answer.upstream_registry;
        Ok((!upstream.is_empty()).then(|| Self {
            upstream,
            expiration_s: answer.expiration_s.as_i64().unwrap_or_default(),
            insecure: answer.insecure.as_bool().unwrap_or_default(),
        }))
    }

    /// The same for a page that is about nothing else.
    fn require(visit: &Visit<'_>, organization: &str) -> Result<Self, Refusal> {
        let missing = || Refusal::new(StatusCode::NOT_FOUND, "");
        Self::load(visit, organization)?.ok_or_else(missing)
    }

    /// A repository to try it with; what stands for one where none is known that everybody may pull.
    fn example(&self, visit: &Visit<'_>) -> &'static str {
        match self.upstream.as_str() {
            "docker.io" => "library/alpine",
            "docker.io/library" => "alpine",
            _ => visit.texts.a_repository,
        }
    }
}

/// How a cache does.
#[derive(Deserialize)]
struct Use {
    hits: i64,
    misses: i64,
    fetched_bytes: i64,
    last_success: Option<String>,
    last_failure: Option<String>,
    last_failure_reason: Option<String>,
}

/// The API's address of the cache.
fn target(organization: &str) -> String {
    address!("/api/v1/organization/{}/proxycache", organization)
}

/// The address of a page about the cache.
fn page_of(organization: &str, page: &str) -> String {
    address!("/organization/{}/proxycache/{}", organization, page)
}

/// The tab.
pub(super) fn tab(visit: &Visit<'_>, organization: &Organization) -> Result<Markup, Refusal> {
    let t = visit.texts;
    let Some(cache) = Cache::load(visit, &organization.name)? else {
        let new = parts::first_link(&page_of(&organization.name, "new"), t.new_cache);
        let action = html! { @if organization.may_change(visit) { (new) } };
        return Ok(html! { div.card { (parts::empty(t.no_cache, t.no_cache_text, &action)) } });
    };
    let done: Use = visit.get(&format!("{}/use", target(&organization.name)))?;
    Ok(html! {
        section.card aria-labelledby="cache" {
            div.row {
                h2.grow #cache { (fill(t.cache_of, &[&cache.upstream])) }
                @if organization.may_change(visit) { (actions(visit, organization)) }
            }
            (facts(visit, &cache))
        }
        (how_to_pull(visit, organization, &cache))
        (how_it_does(visit, &done))
    })
}

fn actions(visit: &Visit<'_>, organization: &Organization) -> Markup {
    let t = visit.texts;
    let page = |name| page_of(&organization.name, name);
    html! {
        div.actions {
            (parts::dialog_link(&page("edit"), t.edit))
            (parts::alarm_link(&page("purge"), t.purge, t.proxy_cache))
            (parts::alarm_link(&page("delete"), t.delete, t.proxy_cache))
        }
    }
}

fn facts(visit: &Visit<'_>, cache: &Cache) -> Markup {
    let t = visit.texts;
    html! {
        dl.facts {
            dt { (t.upstream_registry) }
            dd {
                (cache.upstream)
                @if cache.insecure { " " span.badge.warn { (t.plain_http) } }
            }
            dt { (t.cached_for) }
            dd { (lifetime(visit, cache.expiration_s)) }
        }
    }
}

/// How long tags are kept, in words.
fn lifetime(visit: &Visit<'_>, seconds: i64) -> String {
    let seconds = seconds.to_string();
    let known = lifetimes(visit).into_iter().find(|(value, _)| *value == seconds);
    known.map_or_else(|| fill(visit.texts.seconds, &[&seconds]), |(_, label)| label.to_owned())
}

/// How long tags may be kept: seconds and words.
fn lifetimes(visit: &Visit<'_>) -> Vec<(&'static str, &'static str)> {
    let t = visit.texts;
    vec![
        ("3600", t.an_hour),
        (A_DAY, t.a_day),
        ("604800", t.a_week),
        ("2592000", t.days_30),
        ("0", t.for_ever),
    ]
}

/// How long they are kept unless something else is chosen.
const A_DAY: &str = "86400";

fn how_to_pull(visit: &Visit<'_>, organization: &Organization, cache: &Cache) -> Markup {
    let t = visit.texts;
    let (host, repository) = (visit.registry_host(), cache.example(visit));
    let pull = |program| format!("{program} pull {host}/{}/{repository}", organization.name);
    html! {
        section.card aria-labelledby="pull" {
            h2 #pull { (t.pull_through) }
            p.soft { (t.pull_through_text) }
            (parts::secret(visit, "docker-pull", t.docker_login, &pull("docker")))
            (parts::secret(visit, "podman-pull", t.podman_login, &pull("podman")))
        }
    }
}

fn how_it_does(visit: &Visit<'_>, done: &Use) -> Markup {
    let t = visit.texts;
    html! {
        section.card aria-labelledby="use" {
            h2 #use { (t.how_it_does) }
            dl.facts {
                dt { (t.cache_hits) } dd { (done.hits) }
                dt { (t.cache_misses) } dd { (done.misses) }
                dt { (t.cache_fetched) } dd { (parts::bytes(done.fetched_bytes)) }
                dt { (t.cache_success) }
                dd { (parts::time_or(done.last_success.as_deref(), t.never)) }
                dt { (t.cache_failure) }
                dd {
                    (parts::time_or(done.last_failure.as_deref(), t.never))
                    @if let Some(reason) = &done.last_failure_reason { div { (reason) } }
                }
            }
        }
    }
}

/// What the forms ask; `before` is what there is now.
fn fields(visit: &Visit<'_>, before: Option<&Cache>) -> Markup {
    let t = visit.texts;
    let now = before.map_or_else(|| A_DAY.to_owned(), |cache| cache.expiration_s.to_string());
    let words = lifetime(visit, before.map_or(0, |cache| cache.expiration_s));
    let mut choices = lifetimes(visit).into_iter().collect::<Vec<(&str, &str)>>();
    if !choices.iter().any(|(value, _)| *value == now) {
        choices.push((&now, &words));
    }
    let upstream = before.map_or("", |cache| &cache.upstream);
    let insecure = before.is_some_and(|cache| cache.insecure);
    let password_hint = match (before, visit.exact_field("upstream_registry_password").is_empty()) {
        (_, false) => t.upstream_password_again,
        (Some(_), true) => t.upstream_password_stays,
        (None, true) => t.upstream_password_hint,
    };
    html! {
        (visit.text_field("upstream_registry", t.upstream_registry).hint(t.upstream_registry_hint)
            .value(visit, upstream).required().focus())
        (visit.text_field("upstream_registry_username", t.upstream_user_name))
        (visit.password_field("upstream_registry_password", t.upstream_password, "new-password")
            .hint(password_hint))
        @if before.is_some() {
            (visit.checks_field("forget", t.stored_credentials, vec![("yes", t.forget_credentials, "")]))
        }
        (visit.select_field("expiration_s", t.cached_for, choices).hint(t.cached_for_hint)
            .value(visit, now.as_str()))
        (visit.checks_field("insecure", t.connection, vec![("yes", t.insecure, t.insecure_hint)])
            .ticked(visit, insecure.then(|| "yes".into()).into_iter().collect()))
    }
}

/// What such a form sent. User name and password go along where they were typed.
fn body(visit: &Visit<'_>) -> Value {
    let mut body = json!({
        "upstream_registry": visit.field("upstream_registry"),
        "insecure": !visit.field("insecure").is_empty(),
        "expiration_s": visit.number("expiration_s"),
    });
    let given = [
        ("upstream_registry_username", visit.field("upstream_registry_username")),
        ("upstream_registry_password", visit.exact_field("upstream_registry_password")),
    ];
    for (name, value) in given.into_iter().filter(|(_, value)| !value.is_empty()) {
        body[name] = value.into();
    }
    body
}

/// `GET …/proxycache/new`.
fn show_new(visit: &Visit<'_>) -> Answered {
    show_form(visit, None)
}

/// The form, with what the upstream registry said when it was tried.
fn show_form(visit: &Visit<'_>, told: Option<&str>) -> Answered {
    let t = visit.texts;
    let organization = Organization::load_to_change(visit)?;
    let buttons = html! {
        button.first type="submit" { (t.save) }
        button type="submit" name="act" value="try" { (t.try_it) }
        a.button href=(organization.tab(Tab::ProxyCache)) data-cancel { (t.cancel) }
    };
    let content = html! {
        p.soft { (t.new_cache_text) }
        @if let Some(told) = told { div.notice.good role="status" { (told) } }
        (form(visit, &visit.here(), &fields(visit, None), &buttons))
    };
    let above = above(visit, &organization.name, Tab::ProxyCache);
    Ok(visit.form_page(t.new_cache, &above, content))
}

/// `POST …/proxycache/new`: makes it, or only asks the registry whether it would work.
fn create_or_try(visit: &Visit<'_>) -> Answered {
    match visit.field("act") {
        "try" => try_it(visit),
        _ => create(visit),
    }
}

fn try_it(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let organization = visit.named("orgname");
    let target = address!("/api/v1/organization/{}/validateproxycache", organization);
    let told = match visit.post(&target, &body(visit)) {
        Ok(verdict) if verdict == "Anonymous" => t.tried_anonymously,
        Ok(_) => t.tried,
        Err(refusal) => return visit.again(refusal, "upstream_registry", show_new),
    };
    visit.keep_typed();
    show_form(visit, Some(told))
}

fn create(visit: &Visit<'_>) -> Answered {
    let organization = visit.named("orgname");
    if let Err(refusal) = visit.post(&target(&organization), &body(visit)) {
        return visit.again(refusal, "upstream_registry", show_new);
    }
    let text = fill(visit.texts.cache_made, &[visit.field("upstream_registry")]);
    visit.done(&tab_of(&organization, Tab::ProxyCache), text)
}

/// `GET …/proxycache/edit`.
fn show_edit(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let organization = Organization::load_to_change(visit)?;
    let cache = Cache::require(visit, &organization.name)?;
    let buttons = submit_or_cancel(visit, t.save, &organization.tab(Tab::ProxyCache));
    let content = form(visit, &visit.here(), &fields(visit, Some(&cache)), &buttons);
    let above = above(visit, &organization.name, Tab::ProxyCache);
    Ok(visit.form_page(t.edit_cache, &above, content))
}

/// `POST …/proxycache/edit`.
fn edit(visit: &Visit<'_>) -> Answered {
    let organization = visit.named("orgname");
    let mut body = body(visit);
    if !visit.field("forget").is_empty() {
        body["upstream_registry_username"] = Value::Null;
        body["upstream_registry_password"] = Value::Null;
    }
    if let Err(refusal) = visit.put(&target(&organization), &body) {
        let is_about_password = refusal.message.contains("upstream_registry_password");
        return match is_about_password {
            true => {
                let refusal = Refusal::new(refusal.status, visit.texts.upstream_password_needed);
                visit.again(refusal, "upstream_registry_password", show_edit)
            }
            false => visit.again(refusal, "upstream_registry", show_edit),
        };
    }
    visit.done(&tab_of(&organization, Tab::ProxyCache), visit.texts.saved)
}

/// `GET …/proxycache/purge`.
fn ask_purge(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    ask(visit, t.purge_question, t.purge_text, t.purge)
}

/// `GET …/proxycache/delete`.
fn ask_deletion(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    ask(visit, t.delete_cache_question, t.delete_cache_text, t.delete)
}

fn ask(visit: &Visit<'_>, question: &str, text: &str, button: &str) -> Answered {
    let organization = Organization::load_to_change(visit)?;
    let cache = Cache::require(visit, &organization.name)?;
    let (title, back) = (fill(question, &[&cache.upstream]), organization.tab(Tab::ProxyCache));
    let text = html! { p { (text) } };
    let confirm = Confirm { title: &title, text, button, back: &back, typed: None };
    confirm::ask(visit, &above(visit, &organization.name, Tab::ProxyCache), &confirm)
}

/// `POST …/proxycache/purge`. The API forgets some at a time.
fn purge(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let organization = visit.named("orgname");
    let purged = visit.post(&format!("{}/purge", target(&organization)), &Value::Null)?;
    let count = purged["manifests"].as_i64().unwrap_or_default().to_string();
    let text = if purged["is_complete"] == false { t.purged_in_part } else { t.purged };
    visit.done(&tab_of(&organization, Tab::ProxyCache), fill(text, &[&count]))
}

/// `POST …/proxycache/delete`.
fn delete(visit: &Visit<'_>) -> Answered {
    let organization = visit.named("orgname");
    visit.delete(&target(&organization))?;
    visit.done(&tab_of(&organization, Tab::ProxyCache), visit.texts.cache_deleted)
}
