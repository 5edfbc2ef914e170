//! How much an organization holds, how much it may, and what happens on the way.

use maud::{Markup, html};
use serde_json::{Value, json};

use super::held::{Limit, Quota, Report};
use super::{Organization, Tab, above};
use crate::Answered;
use crate::api::address;
use crate::confirm::{self, Confirm};
use crate::form::{button_form, form, submit_or_cancel};
use crate::page::{Page, get, post};
use crate::parts;
use crate::refusal::Refusal;
use crate::texts::{Texts, fill};
use crate::visit::Visit;
use berth_web::StatusCode;

/// The pages.
pub(super) const PAGES: &[Page] = &[
    get("/organization/:orgname/quota/size", show_size),
    post("/organization/:orgname/quota/size", set_size),
    get("/organization/:orgname/quota/delete", ask_deletion),
    post("/organization/:orgname/quota/delete", delete),
    get("/organization/:orgname/quota/limits/new", show_new_limit),
    post("/organization/:orgname/quota/limits/new", create_limit),
    get("/organization/:orgname/quota/limits/:limit", show_limit),
    post("/organization/:orgname/quota/limits/:limit", change_limit),
    post("/organization/:orgname/quota/limits/:limit/remove", remove_limit),
];

/// Whether the visitor may set quotas of organizations that are not theirs either.
fn may_set(visit: &Visit<'_>) -> bool {
    !visit.only_reads() && visit.caller().is_some_and(|caller| caller.powers.superuser)
}

/// Whether they may also set what happens on the way: the API has that for superusers with full access alone.
fn may_set_limits(visit: &Visit<'_>) -> bool {
    may_set(visit) && visit.caller().is_some_and(|caller| caller.powers.full_access)
}

/// The API's address of the quotas, among those of superusers unless they have full access.
fn target(visit: &Visit<'_>, organization: &str) -> String {
    match may_set_limits(visit) {
        true => address!("/api/v1/organization/{}/quota", organization),
        false => address!("/api/v1/superuser/organization/{}/quota", organization),
    }
}

/// The tab.
pub(super) fn tab(visit: &Visit<'_>, organization: &Organization) -> Result<Markup, Refusal> {
    let t = visit.texts;
    let held = &organization.held;
    let Some(report) = &held.quota_report else {
        return Ok(
            html! { div.card { (parts::empty(t.quota_unknown, t.quota_unknown_text, &html! {})) } },
        );
    };
    let page = address!("/organization/{}/quota", organization.name);
    let own = held.quotas.first();
    Ok(html! {
        p.soft { (t.quota_about) }
        section.card aria-labelledby="stored" {
            h2 #stored { (t.quota_stored) }
            (amount(t, report))
            @if own.is_none() && report.configured_quota.is_some() { p.soft { (t.quota_default) } }
            @if may_set(visit) {
                div.actions {
                    (parts::dialog_link(&format!("{page}/size"), if own.is_some() { t.quota_change } else { t.quota_set }))
                    @if own.is_some() { (parts::alarm_link(&format!("{page}/delete"), t.quota_remove, "")) }
                }
            } @else { p.soft.small { (t.quota_who) } }
        }
        @if let Some(quota) = own { (limits(visit, quota, &page)) }
    })
}

/// How much of how much, as an amount and in words.
fn amount(t: &'static Texts, report: &Report) -> Markup {
    let stored = parts::bytes(report.quota_bytes);
    let Some(most) = report.configured_quota.filter(|most| *most > 0) else {
        return html! { p { (fill(t.quota_unlimited, &[&stored])) } };
    };
    let percent = report.quota_bytes.saturating_mul(100) / most;
    let text = fill(t.quota_used, &[&stored, &parts::bytes(most), &percent.to_string()]);
    html! {
        p #stored-amount { (text) }
        meter aria-labelledby="stored-amount" min="0" max=(most) value=(report.quota_bytes.min(most)) { (text) }
    }
}

fn limits(visit: &Visit<'_>, quota: &Quota, page: &str) -> Markup {
    let t = visit.texts;
    let may_set = may_set_limits(visit);
    html! {
        section.card aria-labelledby="limits" {
            div.row {
                h2.grow #limits { (t.quota_limits) }
                @if may_set { (parts::dialog_link(&format!("{page}/limits/new"), t.quota_new_limit)) }
            }
            @if quota.limits.is_empty() { p.soft { (t.quota_no_limits) } } @else {
                ul.entries {
                    @for limit in &quota.limits {
                        li {
                            span.grow { (told(t, limit, quota)) }
                            @if may_set {
                                @let address = format!("{page}/limits/{}", limit.id);
                                a.button.small href=(address) data-dialog {
                                    (t.change) span.visually-hidden { " " (limit.percent) " %" }
                                }
                                (button_form(visit, &format!("{address}/remove"), &html! {
                                    button.small type="submit" {
                                        (t.remove) span.visually-hidden { " " (limit.percent) " %" }
                                    }
                                }))
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What happens at a limit, and where that is.
fn told(t: &'static Texts, limit: &Limit, quota: &Quota) -> String {
    let text = if limit.kind == "Reject" { t.quota_rejects_at } else { t.quota_warns_at };
    let (hundredth, rest) = (quota.limit_bytes / 100, quota.limit_bytes % 100);
    let bytes = hundredth * limit.percent + rest * limit.percent / 100;
    fill(text, &[&limit.percent.to_string(), &parts::bytes(bytes)])
}

/// The organization, for those who may set its quota.
fn load(visit: &Visit<'_>) -> Result<Organization, Refusal> {
    let organization = Organization::load(visit)?;
    match may_set(visit) {
        true => Ok(organization),
        false => Err(Refusal::new(StatusCode::FORBIDDEN, visit.texts.quota_who)),
    }
}

/// The same with its quota.
fn load_with_quota(visit: &Visit<'_>) -> Result<(Organization, Quota), Refusal> {
    let mut organization = load(visit)?;
    match organization.held.quotas.pop() {
        Some(quota) => Ok((organization, quota)),
        None => Err(Refusal::new(StatusCode::NOT_FOUND, "")),
    }
}

/// `GET …/quota/size`.
fn show_size(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let organization = load(visit)?;
    let own = organization.held.quotas.first();
    let size = own.map(|quota| parts::bytes(quota.limit_bytes)).unwrap_or_default();
    let fields = html! {
        (visit.text_field("limit", t.quota_size).hint(t.quota_size_hint).value(visit, size).required().focus())
    };
    let back = organization.tab(Tab::Quota);
    let content = form(visit, &visit.here(), &fields, &submit_or_cancel(visit, t.save, &back));
    let title = if own.is_some() { t.quota_change } else { t.quota_set };
    Ok(visit.form_page(title, &above(visit, &organization.name, Tab::Quota), content))
}

/// `POST …/quota/size`: the first quota, or another size of the one that there is.
fn set_size(visit: &Visit<'_>) -> Answered {
    let organization = load(visit)?;
    let (target, size) =
        (target(visit, &organization.name), json!({ "limit": visit.field("limit") }));
    let set = match organization.held.quotas.first() {
        Some(quota) => visit.put(&format!("{target}/{}", quota.id), &size),
        None => visit.post(&target, &size),
    };
    if let Err(refusal) = set {
        return visit.again(refusal, "limit", show_size);
    }
    visit.done(&organization.tab(Tab::Quota), visit.texts.quota_was_set)
}

/// `GET …/quota/delete`.
fn ask_deletion(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let (organization, _) = load_with_quota(visit)?;
    let back = organization.tab(Tab::Quota);
    let title = fill(t.quota_remove_question, &[&organization.name]);
    let text = html! { p { (t.quota_remove_text) } };
    let confirm = Confirm { title: &title, text, button: t.quota_remove, back: &back, typed: None };
    confirm::ask(visit, &above(visit, &organization.name, Tab::Quota), &confirm)
}

/// `POST …/quota/delete`.
fn delete(visit: &Visit<'_>) -> Answered {
    let (organization, quota) = load_with_quota(visit)?;
    visit.delete(&format!("{}/{}", target(visit, &organization.name), quota.id))?;
    visit.done(&organization.tab(Tab::Quota), visit.texts.quota_was_removed)
}

/// `GET …/quota/limits/new`.
fn show_new_limit(visit: &Visit<'_>) -> Answered {
    let (organization, _) = load_with_quota(visit)?;
    limit_page(visit, &organization, visit.texts.quota_new_limit, "Warning", "80")
}

/// `GET …/quota/limits/<id>`.
fn show_limit(visit: &Visit<'_>) -> Answered {
    let (organization, quota) = load_with_quota(visit)?;
    let id = visit.named("limit");
    let limit = quota.limits.iter().find(|limit| limit.id.to_string() == id);
    let limit = limit.ok_or_else(|| Refusal::new(StatusCode::NOT_FOUND, ""))?;
    let percent = limit.percent.to_string();
    limit_page(visit, &organization, visit.texts.quota_change_limit, &limit.kind, &percent)
}

fn limit_page(
    visit: &Visit<'_>,
    organization: &Organization,
    title: &str,
    kind: &str,
    percent: &str,
) -> Answered {
    let t = visit.texts;
    let kinds = vec![
        ("Warning", t.quota_warning_kind, t.quota_warning_hint),
        ("Reject", t.quota_reject_kind, t.quota_reject_hint),
    ];
    let fields = html! {
        (visit.radio_field("type", t.quota_what, kinds).value(visit, kind).required())
        (visit.text_field("percent", t.quota_percent).kind("number").hint(t.quota_percent_hint)
            .value(visit, percent).required())
    };
    let back = organization.tab(Tab::Quota);
    let content = form(visit, &visit.here(), &fields, &submit_or_cancel(visit, t.save, &back));
    Ok(visit.form_page(title, &above(visit, &organization.name, Tab::Quota), content))
}

/// What the form of a limit says.
fn limit_body(visit: &Visit<'_>) -> Value {
    json!({ "type": visit.field("type"), "threshold_percent": visit.number("percent") })
}

/// The API's address of the limits.
fn limits_target(organization: &Organization, quota: &Quota) -> String {
    let target = address!("/api/v1/organization/{}/quota", organization.name);
    format!("{target}/{}/limit", quota.id)
}

/// `POST …/quota/limits/new`.
fn create_limit(visit: &Visit<'_>) -> Answered {
    let (organization, quota) = load_with_quota(visit)?;
    let target = limits_target(&organization, &quota);
    if let Err(refusal) = visit.post(&target, &limit_body(visit)) {
        return visit.again(refusal, "percent", show_new_limit);
    }
    visit.done(&organization.tab(Tab::Quota), visit.texts.quota_limit_set)
}

/// The API's address of the limit that the path names.
fn limit_target(visit: &Visit<'_>, organization: &Organization, quota: &Quota) -> String {
    let limits = limits_target(organization, quota);
    format!("{limits}/{}", crate::api::segment(&visit.named("limit")))
}

/// `POST …/quota/limits/<id>`.
fn change_limit(visit: &Visit<'_>) -> Answered {
    let (organization, quota) = load_with_quota(visit)?;
    let target = limit_target(visit, &organization, &quota);
    if let Err(refusal) = visit.put(&target, &limit_body(visit)) {
        return visit.again(refusal, "percent", show_limit);
    }
    visit.done(&organization.tab(Tab::Quota), visit.texts.quota_limit_set)
}

/// `POST …/quota/limits/<id>/remove`.
fn remove_limit(visit: &Visit<'_>) -> Answered {
    let (organization, quota) = load_with_quota(visit)?;
    visit.delete(&limit_target(visit, &organization, &quota))?;
    visit.done(&organization.tab(Tab::Quota), visit.texts.quota_limit_removed)
}
