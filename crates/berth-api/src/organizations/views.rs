//! An organization as answers show it.

use std::collections::BTreeMap;

use crate::users::views::UserOrganization;
use berth_access::Rights;
use berth_domain::{Avatar, AvatarKind, EmailAddress, Namespace, TeamRole};
use berth_store::organizations::TeamSummary;
use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use serde_json::Number;

use crate::quotas::views::{QuotaFields, Quotas};

/// An organization, as much of it as the caller may see (`docs/contract/quay.md` 1.2).
#[derive(JsonSchema, Serialize)]
pub(crate) struct OrganizationView {
    name: String,
    email: String,
    avatar: Avatar,
    is_admin: bool,
    is_member: bool,
    #[serde(flatten)]
    teams: Option<TeamsView>,
    #[serde(flatten)]
    admin: Option<AdminView>,
    #[serde(flatten)]
    quota: Option<QuotaFields>,
}

#[derive(JsonSchema, Serialize)]
struct TeamsView {
    #[serde(serialize_with = "by_name")]
    #[schemars(with = "BTreeMap<String, TeamView>")]
    teams: Vec<TeamView>,
    ordered_teams: Vec<String>,
}

#[derive(JsonSchema, Serialize)]
struct AdminView {
    invoice_email: bool,
    invoice_email_address: Option<String>,
    tag_expiration_s: Number,
    is_free_account: bool,
}

/// A team as members of its organization see it (`docs/contract/quay.md` 1.2).
#[derive(JsonSchema, Serialize)]
pub(crate) struct TeamView {
    name: String,
    description: String,
    role: TeamRole,
    avatar: Avatar,
    can_view: bool,
    repo_count: i64,
    member_count: i64,
    is_synced: bool,
}

impl OrganizationView {
    /// The view of `organization` for somebody with these rights; `teams` and `quotas` for those who see them.
    #[must_use]
    pub(crate) fn new(
        organization: &Namespace,
        rights: &Rights,
        teams: Option<Vec<TeamSummary>>,
        quotas: Quotas,
    ) -> Self {
        let (is_admin, is_member) = (rights.sees_as_admin(), rights.sees_as_member());
        let shows_email = is_admin && EmailAddress::try_from(organization.email.as_str()).is_ok();
        Self {
            name: organization.name.clone(),
            email: if shows_email { organization.email.clone() } else { String::new() },
            avatar: Avatar::new(AvatarKind::User, &organization.name, &organization.email),
            is_admin,
            is_member,
            teams: teams.map(|teams| TeamsView::new(teams, rights.views_every_team())),
            admin: is_admin.then(|| AdminView {
                invoice_email: organization.invoice_email,
                invoice_email_address: organization.invoice_email_address.clone(),
                tag_expiration_s: organization.tag_expiration_s.into(),
                is_free_account: true,
            }),
            quota: quotas
                .fields(organization.quota.as_ref(), organization.stored_bytes)
                .filter(|_| is_member),
        }
    }

    /// The same with the tag expiration as the caller wrote it: the answer to a change echoes `86400.0`.
    #[must_use]
    pub(crate) fn with_tag_expiration(mut self, written: Option<Number>) -> Self {
        if let (Some(admin), Some(written)) = (&mut self.admin, written) {
            admin.tag_expiration_s = written;
        }
        self
    }
}

impl TeamsView {
    fn new(teams: Vec<TeamSummary>, sees_all: bool) -> Self {
        let ordered_teams = teams.iter().map(|team| team.name.clone()).collect();
        let teams = teams.into_iter().map(|team| TeamView::new(team, sees_all)).collect();
        Self { teams, ordered_teams }
    }
}

/// Teams under their names, in their order.
fn by_name<S: Serializer>(teams: &[TeamView], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(teams.iter().map(|team| (&team.name, team)))
}

impl TeamView {
    /// The view of `team`; `sees_all` for those who view every team.
    #[must_use]
    pub(crate) fn new(team: TeamSummary, sees_all: bool) -> Self {
        Self {
            avatar: Avatar::team(&team.name),
            name: team.name,
            description: team.description,
            role: team.role,
            can_view: sees_all || team.has_viewer,
            repo_count: team.repository_count,
            member_count: team.member_count,
            is_synced: false,
        }
    }
}

/// What billing says of private repositories (`docs/contract/quay.md` 1.5).
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PrivateRepositories {
    private_allowed: bool,
    /// How many there are, for administrators.
    #[serde(skip_serializing_if = "Option::is_none")]
    private_count: Option<i64>,
}

impl PrivateRepositories {
    /// Nobody has bought a plan here: no further private repository is allowed.
    pub(crate) const fn of(count: Option<i64>) -> Self {
        Self { private_allowed: false, private_count: count }
    }
}

/// An organization in the list of superusers (`docs/contract/quay.md` 10.6).
#[derive(JsonSchema, Serialize)]
pub(crate) struct ListedOrganization {
    name: String,
    email: String,
    avatar: Avatar,
    #[serde(flatten)]
    quota: Option<QuotaFields>,
}

impl ListedOrganization {
    /// The entry of an organization with that name, address and quota.
    pub(crate) fn new(name: &str, email: &str, quota: Option<QuotaFields>) -> Self {
        let avatar = Avatar::new(AvatarKind::Org, name, email);
        Self { name: name.to_owned(), email: email.to_owned(), avatar, quota }
    }
}

berth_web::lists! {
    /// A page of all organizations.
    pub(crate) struct AllOrganizations { organizations: Vec<ListedOrganization> }
}

/// The organization that a superuser became an administrator of.
#[derive(JsonSchema, Serialize)]
pub(crate) struct Taken {
    pub(super) namespace: String,
}

berth_web::lists! {
    /// The organizations that the caller is in.
    pub(crate) struct UserOrganizations { organizations: Vec<UserOrganization> }
}
