//! Who may see a repository, and its end.

use maud::{Markup, html};
use serde_json::json;

use super::{Repository, Tab, place_of_others, target, visibility};
use crate::Answered;
use crate::confirm::{self, Confirm};
use crate::parts;
use crate::texts::fill;
use crate::visit::Visit;

/// The tab.
pub(super) fn tab(visit: &Visit<'_>, repository: &Repository) -> Markup {
    let t = visit.texts;
    let (text, change) = match repository.is_public {
        true => (t.repo_public_text, t.repo_make_private),
        false => (t.repo_private_text, t.repo_make_public),
    };
    html! {
        section.card aria-labelledby="visibility" {
            div.row { h2.grow #visibility { (t.repo_visibility) } (visibility(t, repository.is_public)) }
            p.soft { (text) }
            div.actions { (parts::dialog_link(&repository.act("visibility"), change)) }
        }
        section.card aria-labelledby="end" {
            h2 #end { (t.repo_delete) }
            p.soft { (t.repo_delete_about) }
            div.actions { (parts::alarm_link(&repository.act("delete"), t.repo_delete, "")) }
        }
    }
}

/// `GET ?act=visibility`: the other one.
pub(super) fn ask_visibility(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let repository = Repository::load_to_change(visit)?;
    let name = repository.full_name();
    let (question, text, button) = match repository.is_public {
        true => (t.repo_make_private_question, t.repo_private_text, t.repo_make_private),
        false => (t.repo_make_public_question, t.repo_public_text, t.repo_make_public),
    };
    let title = fill(question, &[&name]);
    let text = html! { p { (text) } };
    let back = repository.tab(Tab::Settings);
    let confirm = Confirm { title: &title, text, button, back: &back, typed: None };
    confirm::ask(visit, &repository.above_act(visit, &name, Tab::Settings), &confirm)
}

/// `POST ?act=visibility`.
pub(super) fn change_visibility(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let repository = Repository::load_to_change(visit)?;
    let (wanted, text) = match repository.is_public {
        true => ("private", t.repo_is_private_now),
        false => ("public", t.repo_is_public_now),
    };
    let target = format!("{}/changevisibility", target(visit));
    if let Err(refusal) = visit.post(&target, &json!({ "visibility": wanted })) {
        return visit.again(refusal, "", ask_visibility);
    }
    visit.done(&repository.tab(Tab::Settings), fill(text, &[&repository.full_name()]))
}

/// `GET ?act=delete`.
pub(super) fn ask_deletion(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let repository = Repository::load_to_change(visit)?;
    let name = repository.full_name();
    let title = fill(t.repo_delete_question, &[&name]);
    let text = html! { p { (t.repo_delete_text) } };
    let back = repository.tab(Tab::Settings);
    let typed = Some(&*name);
    let confirm = Confirm { title: &title, text, button: t.repo_delete, back: &back, typed };
    confirm::ask(visit, &repository.above_act(visit, &name, Tab::Settings), &confirm)
}

/// `POST ?act=delete`.
pub(super) fn delete(visit: &Visit<'_>) -> Answered {
    let name = visit.named("repository");
    if let Err(refusal) = confirm::require_typed(visit, &name) {
        return visit.again(refusal, confirm::TYPED, ask_deletion);
    }
    let repository = Repository::load_to_change(visit)?;
    if let Err(refusal) = visit.delete(&target(visit)) {
        return visit.again(refusal, "", ask_deletion);
    }
    visit.done(&place_of_others(&repository), fill(visit.texts.repo_deleted, &[&name]))
}
