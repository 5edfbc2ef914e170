//! Putting people into a team and inviting them, and taking them out again.

use serde_json::Value;

use super::finding;
use super::page::show_part;
use super::part::{Part, part_here};
use super::team::here;
use crate::Answered;
use crate::api::address;
use crate::organization::members::invitations;
use crate::organization::{Tab, of, tab_of};
use crate::texts::fill;
use crate::visit::Visit;

/// `POST …/members`: puts somebody into the team, or invites them.
pub(super) fn add(visit: &Visit<'_>) -> Answered {
    let name = visit.field("name");
    match visit.put(&membership(visit, name), &Value::Null) {
        Err(refusal) => visit.again(refusal, "", finding::show_for_team),
        Ok(answer) => {
            let (is_invited, text) = added(visit, name, &visit.named("team"), &answer);
            let part = if is_invited { Part::Invitations } else { Part::Members };
            visit.done(&part_here(visit, part), text)
        }
    }
}

/// `POST …/members/remove`. Who leaves themselves may not see the team any more.
pub(super) fn remove(visit: &Visit<'_>) -> Answered {
    let name = visit.field("name");
    if let Err(refusal) = visit.delete(&membership(visit, name)) {
        return visit.again(refusal, "", |visit| show_part(visit, Part::Members));
    }
    let is_own = visit.caller().is_some_and(|caller| caller.name == name);
    let to = if is_own { of(&visit.named("orgname")) } else { here(visit) };
    visit.done(&to, fill(visit.texts.person_removed, &[name, &visit.named("team")]))
}

/// `POST …/invitations`: invites an address or somebody by name, does so again, or withdraws it.
pub(super) fn invite(visit: &Visit<'_>) -> Answered {
    let (email, name) = (visit.field("email"), visit.field("name"));
    let (who, target) = match email {
        "" => (name, membership(visit, name)),
        address => (address, invitation_of(visit, address)),
    };
    let action = visit.field("do");
    let done = if action == invitations::WITHDRAW {
        visit.delete(&target).map(|()| fill(visit.texts.invitation_withdrawn, &[who]))
    } else {
        let answer = visit.put(&target, &Value::Null);
        answer.map(|answer| added(visit, who, &visit.named("team"), &answer).1)
    };
    match done {
        Ok(text) => visit.done(&back(visit), text),
        Err(refusal) if action.is_empty() => visit.again(refusal, "", finding::show_for_team),
        Err(refusal) => visit.again(refusal, "", show_list),
    }
}

/// The list whose button was pressed, with what was wrong.
fn show_list(visit: &Visit<'_>) -> Answered {
    match visit.field("from") {
        "organization" => invitations::show(visit),
        _ => show_part(visit, Part::Invitations),
    }
}

/// The API's address of the invitation of an address.
fn invitation_of(visit: &Visit<'_>, email: &str) -> String {
    address!(
        "/api/v1/organization/{}/team/{}/invite/{}",
        visit.named("orgname"),
        visit.named("team"),
        email
    )
}

/// The list whose button was pressed: that of the team, or that of the organization.
fn back(visit: &Visit<'_>) -> String {
    match visit.field("from") {
        "organization" => {
            format!("{}&show=invitations", tab_of(&visit.named("orgname"), Tab::Members))
        }
        _ => part_here(visit, Part::Invitations),
    }
}

/// The API's address of the membership of somebody in the team that the path names.
fn membership(visit: &Visit<'_>, name: &str) -> String {
    address!(
        "/api/v1/organization/{}/team/{}/members/{}",
        visit.named("orgname"),
        visit.named("team"),
        name
    )
}

/// What adding somebody did: they are in the team, or invited.
pub(crate) fn added(visit: &Visit<'_>, name: &str, team: &str, answer: &Value) -> (bool, String) {
    let t = visit.texts;
    let is_invited = answer["invited"].as_bool().unwrap_or_default();
    let text = if is_invited { t.person_invited } else { t.person_added };
    (is_invited, fill(text, &[name, team]))
}
