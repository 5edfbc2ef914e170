//! Teams, members and invitations as answers show them.

use berth_domain::{Avatar, AvatarKind, Team, TeamRole};
use berth_store::invitations::PendingInvitation;
use berth_store::members::MemberLine;
use berth_store::teams::{AccountInTeam, Candidate, TeamMember};
use serde::Serialize;
use serde_json::{Value, json};

/// A team that was made or changed (`docs/contract/quay.md` 4.1).
#[derive(Serialize)]
pub(crate) struct ChangedTeam<'a> {
    name: &'a str,
    description: &'a str,
    can_view: bool,
    role: &'static str,
    avatar: Avatar,
    new_team: bool,
}

impl<'a> ChangedTeam<'a> {
    /// Who may change a team may look into it.
    pub(crate) fn new(name: &'a str, description: &'a str, role: TeamRole, new_team: bool) -> Self {
        let (role, avatar) = (role.as_str(), Avatar::team(name));
        Self { name, description, can_view: true, role, avatar, new_team }
    }

    /// A team that was there.
    pub(crate) fn of(team: &'a Team) -> Self {
        Self::new(&team.name, &team.description, team.role, false)
    }
}

/// Somebody in a team, or on the way there (`docs/contract/quay.md` 4.3).
pub(crate) fn team_member(member: TeamMember) -> Value {
    match member {
        TeamMember::Account(AccountInTeam { name, email, is_robot, invited }) => {
            team_account(&name, &email, is_robot, invited)
        }
        TeamMember::Address(email) => address(&email),
    }
}

/// An account that was added to a team or invited into it.
pub(crate) fn account(candidate: &Candidate, invited: bool) -> Value {
    team_account(&candidate.name, &candidate.email, candidate.is_robot, invited)
}

/// The kind is `user` for robots too.
fn team_account(name: &str, email: &str, is_robot: bool, invited: bool) -> Value {
    let avatar = if is_robot { AvatarKind::Robot } else { AvatarKind::User };
    json!({
        "name": name,
        "kind": "user",
        "is_robot": is_robot,
        "avatar": Avatar::new(avatar, name, email),
        "invited": invited,
    })
}

/// An invited e-mail address.
pub(crate) fn address(email: &str) -> Value {
    json!({
        "email": email,
        "kind": "invite",
        "avatar": Avatar::new(AvatarKind::User, email, email),
        "invited": true,
    })
}

/// A pending invitation in the list of an organization, as `team_member` with what only administrators need to know.
pub(crate) fn invitation(invitation: &PendingInvitation) -> Value {
    let mut view = match (&invitation.user, &invitation.email) {
        (Some((name, email)), _) => team_account(name, email, false, true),
        (None, email) => address(email.as_deref().unwrap_or_default()),
    };
    view["team"] = json!(invitation.team);
    view["inviter"] = json!(invitation.inviter);
    view["created"] = invitation.created_at.to_rfc2822().into();
    view["expires"] = invitation.expires_at.to_rfc2822().into();
    view["delivery"] = match &invitation.delivery {
        Some(delivery) => json!({
            "state": delivery.state(),
            "attempts": delivery.attempts,
            "next_attempt": delivery.due_at.map(|at| at.to_rfc2822()),
        }),
        None => Value::Null,
    };
    view
}

/// Somebody in an organization, with his teams and repositories.
#[derive(Serialize)]
pub(crate) struct MemberView {
    name: String,
    kind: &'static str,
    avatar: Avatar,
    teams: Vec<NamedTeam>,
    repositories: Vec<String>,
}

#[derive(Serialize)]
struct NamedTeam {
    name: String,
    avatar: Avatar,
}

impl MemberView {
    fn new(line: &MemberLine) -> Self {
        let (kind, avatar) = match line.is_robot {
            true => ("robot", AvatarKind::Robot),
            false => ("user", AvatarKind::User),
        };
        Self {
            name: line.name.clone(),
            kind,
            avatar: Avatar::new(avatar, &line.name, &line.email),
            teams: Vec::new(),
            repositories: Vec::new(),
        }
    }

    fn add(&mut self, line: MemberLine) {
        let team = line.team.map(|name| NamedTeam { avatar: Avatar::team(&name), name });
        self.teams.extend(team);
        self.repositories.extend(line.repository);
    }
}

/// Lines of the same account together, accounts in the order of their first line (`docs/contract/quay.md` 1.7).
pub(crate) fn by_account(lines: Vec<MemberLine>) -> Vec<MemberView> {
    let mut position_of = std::collections::HashMap::new();
    let mut views: Vec<MemberView> = Vec::new();
    for line in lines {
        let position = *position_of.entry(line.account_id).or_insert_with(|| {
            views.push(MemberView::new(&line));
            views.len() - 1
        });
        views[position].add(line);
    }
    views
}

/// One member (`docs/contract/quay.md` 1.8); none when there is no line.
pub(crate) fn member(lines: Vec<MemberLine>) -> Option<Value> {
    by_account(lines).pop().map(|view| json!(view))
}

/// A collaborator of an organization (`docs/contract/quay.md` 1.6).
pub(crate) fn collaborator(view: MemberView) -> Value {
    json!({
        "kind": view.kind,
        "name": view.name,
        "avatar": view.avatar,
        "repositories": view.repositories,
    })
}
