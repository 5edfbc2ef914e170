//! Invitations that wait for an answer.

use berth_html::hidden;
use maud::{Markup, html};
use serde::{Deserialize, Deserializer};

use super::part::{Part, with_parts};
use crate::Answered;
use crate::api::{Listed, address};
use crate::form::button_form;
use crate::list::List;
use crate::organization::teams::team_address;
use crate::organization::{Organization, Tab, page};
use crate::parts;
use crate::refusal::Refusal;
use crate::visit::Visit;

/// An invitation: of an account, or of an e-mail address.
#[derive(Deserialize)]
pub(crate) struct Invitation {
    #[serde(default)]
    name: String,
    #[serde(default)]
    email: String,
    avatar: parts::Avatar,
    pub(crate) team: String,
    inviter: Option<String>,
    created: String,
    expires: String,
    delivery: Option<Delivery>,
    /// The link to hand over: not there where a mail was sent, null where it is lost.
    #[serde(default, deserialize_with = "given")]
    link: Option<Option<String>>,
}

#[derive(Deserialize)]
struct Delivery {
    state: String,
}

/// What is there, and be it null.
fn given<'de, D: Deserializer<'de>>(source: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(source).map(Some)
}

impl Invitation {
    /// Who is invited.
    fn who(&self) -> &str {
        if self.name.is_empty() { &self.email } else { &self.name }
    }
}

/// How many a page shows: each has a link.
pub(crate) const ROWS: u8 = 15;

/// What the button says that withdraws one.
pub(crate) const WITHDRAW: &str = "withdraw";

/// The part about all of the organization.
pub(super) fn list(visit: &Visit<'_>, organization: &Organization) -> Result<Markup, Refusal> {
    let t = visit.texts;
    let orders = [("-created", t.by_newest), ("expires", t.by_end)];
    let address = Part::Invitations.address(organization);
    let list = List::new(visit, &address, t.search_invitations, &orders).rows(ROWS);
    let target = address!("/api/v1/organization/{}/invitations", organization.name);
    let found: Listed<Invitation> = visit.list(&list.target(&target), "invitations")?;
    if list.has_none(&found) {
        let add = address!("/organization/{}/add-member", organization.name);
        let add = html! {
            @if organization.may_change(visit) { a.button.first href=(add) { (t.invite) } }
        };
        let empty = parts::empty(t.no_invitations, t.no_invitations_text, &add);
        return Ok(html! { div.card { (empty) } });
    }
    let entries: Vec<_> = found.entries.iter().collect();
    Ok(html! {
        p.soft { (about(visit)) }
        (list.card(visit, "invitations", &found, &table(visit, organization, &entries, false)))
    })
}

/// The tab with this part, with what was wrong.
pub(crate) fn show(visit: &Visit<'_>) -> Answered {
    let organization = Organization::load(visit)?;
    let list = list(visit, &organization)?;
    let content = with_parts(visit, &organization, Part::Invitations, &list);
    Ok(page(visit, &organization, Tab::Members, &content))
}

/// How whoever is invited learns of it.
pub(crate) fn about(visit: &Visit<'_>) -> &'static str {
    let t = visit.texts;
    if visit.sends_mail() { t.invitations_by_mail } else { t.invitations_by_link }
}

/// Invitations, `of_team`: of one team, which need not be named.
pub(crate) fn table(
    visit: &Visit<'_>,
    organization: &Organization,
    invitations: &[&Invitation],
    of_team: bool,
) -> Markup {
    let t = visit.texts;
    let may_change = organization.may_change(visit);
    html! {
        table.stack {
            thead {
                tr {
                    th scope="col" { (t.invited_person) }
                    @if !of_team { th scope="col" { (t.team) } }
                    th scope="col" { (t.invited_by) }
                    th scope="col" { (t.invited_at) }
                    th scope="col" { (t.open_until) }
                    @if may_change { th scope="col" { span.visually-hidden { (t.actions) } } }
                }
            }
            tbody {
                @for (index, one) in invitations.iter().enumerate() {
                    tr {
                        th scope="row" { (invited(visit, index, one)) }
                        @if !of_team {
                            td data-label=(t.team) {
                                a href=(team_address(&organization.name, &one.team)) { (one.team) }
                            }
                        }
                        td data-label=(t.invited_by) {
                            @match &one.inviter { Some(name) => (name), None => span.soft { (t.inviter_gone) } }
                        }
                        td data-label=(t.invited_at) { (parts::time(&one.created)) }
                        td data-label=(t.open_until) { (parts::time(&one.expires)) }
                        @if may_change { td { (actions(visit, organization, one, of_team)) } }
                    }
                }
            }
        }
    }
}

/// Who is invited, how far the mail is, and the link where it is to be handed over.
fn invited(visit: &Visit<'_>, index: usize, one: &Invitation) -> Markup {
    let t = visit.texts;
    let id = format!("link-{index}");
    html! {
        div {
            (parts::named(one.who(), &one.avatar.color))
            @if let Some(delivery) = &one.delivery { " " (delivery_badge(visit, &delivery.state)) }
            @match &one.link {
                Some(Some(link)) => div.secret {
                    pre.small id=(id) role="group" tabindex="0" aria-label=(t.link_to_hand_over) { (link) }
                    button.small type="button" data-copy=(id) data-copied=(t.copied) hidden {
                        (t.copy) span.visually-hidden { " " (one.who()) }
                    }
                },
                Some(None) => p.soft.small { (t.link_is_lost) },
                None => "",
            }
        }
    }
}

fn delivery_badge(visit: &Visit<'_>, state: &str) -> Markup {
    let t = visit.texts;
    match state {
        "delivered" => html! { span.badge.good { (t.mail_sent) } },
        "waiting" => html! { span.badge { (t.mail_waiting) } },
        "failed" => html! { span.badge.alarm { (t.mail_failed) } },
        // Where no mail leaves there is the link.
        _ => html! {},
    }
}

fn actions(
    visit: &Visit<'_>,
    organization: &Organization,
    one: &Invitation,
    of_team: bool,
) -> Markup {
    let t = visit.texts;
    let action = format!("{}/invitations", team_address(&organization.name, &one.team));
    let content = html! {
        (hidden("from", if of_team { "team" } else { "organization" }))
        @if one.name.is_empty() { (hidden("email", &one.email)) } @else { (hidden("name", &one.name)) }
        div.actions {
            button.small type="submit" name="do" value="resend" {
                (t.resend) span.visually-hidden { " " (one.who()) }
            }
            button.small type="submit" name="do" value=(WITHDRAW) {
                (t.withdraw) span.visually-hidden { " " (one.who()) }
            }
        }
    };
    button_form(visit, &action, &content)
}
