//! Members as answers show them.

use berth_domain::{Avatar, AvatarKind};
use berth_store::members::Member;
use berth_store::teams::{AccountInTeam, Candidate, TeamMember};
use berth_web::listing::Entries;
use schemars::JsonSchema;
use serde::Serialize;

/// A member of a team, or somebody who is invited into it (`docs/contract/quay.md` 4.3).
#[derive(JsonSchema, Serialize)]
#[serde(untagged)]
pub(crate) enum TeamMemberView {
    /// An account.
    Account(TeamAccountView),
    /// An e-mail address.
    Address(AddressView),
}

/// An account that is in a team, or invited into it.
#[derive(JsonSchema, Serialize)]
pub(crate) struct TeamAccountView {
    name: String,
    /// `user`, for robots too.
    kind: &'static str,
    is_robot: bool,
    avatar: Avatar,
    invited: bool,
}

/// An e-mail address that is invited into a team.
#[derive(JsonSchema, Serialize)]
pub(crate) struct AddressView {
    email: String,
    kind: &'static str,
    avatar: Avatar,
    invited: bool,
}

impl From<TeamMember> for TeamMemberView {
    fn from(member: TeamMember) -> Self {
        match member {
            TeamMember::Account(AccountInTeam { name, email, is_robot, invited }) => {
                Self::Account(TeamAccountView::new(&name, &email, is_robot, invited))
            }
            TeamMember::Address(email) => Self::Address(AddressView::new(&email)),
        }
    }
}

impl TeamAccountView {
    /// An account of that name, whose avatar comes from its address.
    pub(crate) fn new(name: &str, email: &str, is_robot: bool, invited: bool) -> Self {
        let avatar = Avatar::account(is_robot, name, email);
        Self { name: name.to_owned(), kind: "user", is_robot, avatar, invited }
    }

    /// An account that was added to a team, or invited into it.
    pub(crate) fn of(candidate: &Candidate, invited: bool) -> Self {
        Self::new(&candidate.name, &candidate.email, candidate.is_robot, invited)
    }
}

impl AddressView {
    /// An invited address.
    pub(crate) fn new(email: &str) -> Self {
        let avatar = Avatar::new(AvatarKind::User, email, email);
        Self { email: email.to_owned(), kind: "invite", avatar, invited: true }
    }
}

/// An account in an organization, with its teams and repositories.
#[derive(JsonSchema, Serialize)]
pub(crate) struct MemberView {
    name: String,
    kind: &'static str,
    avatar: Avatar,
    teams: Vec<NamedTeam>,
    repositories: Vec<String>,
}

/// A team by its name.
#[derive(JsonSchema, Serialize)]
pub(crate) struct NamedTeam {
    name: String,
    avatar: Avatar,
}

impl From<String> for NamedTeam {
    fn from(name: String) -> Self {
        Self { avatar: Avatar::team(&name), name }
    }
}

impl From<Member> for MemberView {
    fn from(member: Member) -> Self {
        let Member { name, email, is_robot, teams, repositories } = member;
        Self {
            kind: if is_robot { "robot" } else { "user" },
            avatar: Avatar::account(is_robot, &name, &email),
            name,
            teams: teams.into_iter().map(NamedTeam::from).collect(),
            repositories,
        }
    }
}

/// A collaborator of an organization (`docs/contract/quay.md` 1.6).
#[derive(JsonSchema, Serialize)]
pub(crate) struct CollaboratorView {
    kind: &'static str,
    name: String,
    avatar: Avatar,
    repositories: Vec<String>,
}

impl From<Member> for CollaboratorView {
    fn from(member: Member) -> Self {
        let MemberView { kind, name, avatar, repositories, .. } = member.into();
        Self { kind, name, avatar, repositories }
    }
}

/// Who is in a team.
#[derive(JsonSchema, Serialize)]
pub(crate) struct TeamMembers {
    pub(super) members: Entries<Vec<TeamMemberView>>,
    /// The team.
    pub(super) name: String,
    /// Whether the caller may change who is in it.
    pub(super) can_edit: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next_page: Option<String>,
}

berth_web::lists! {
    /// Who is in an organization.
    pub(crate) struct Members { members: Vec<MemberView> }
    /// Who acts on the repositories of an organization without being in it.
    pub(crate) struct Collaborators { collaborators: Vec<CollaboratorView> }
}
