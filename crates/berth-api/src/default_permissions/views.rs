//! Default permissions as answers show them.

use berth_domain::{Avatar, RepositoryRole};
use berth_store::default_permissions::{DefaultPermission, Delegate};
use berth_store::grantees::Account;
use schemars::JsonSchema;
use serde::Serialize;

/// A default permission (`docs/contract/quay.md` 6.5).
#[derive(JsonSchema, Serialize)]
pub(crate) struct DefaultPermissionView {
    /// The creator of repositories to whom the rule applies; null for everybody.
    activating_user: Option<AccountView>,
    /// Who gets the role.
    delegate: DelegateView,
    role: RepositoryRole,
    id: String,
}

/// A user, a robot or a team.
#[derive(JsonSchema, Serialize)]
#[serde(untagged)]
enum DelegateView {
    Account(AccountView),
    Team(DelegateTeam),
}

/// A user or a robot, as seen from an organization.
#[derive(JsonSchema, Serialize)]
struct AccountView {
    name: String,
    is_robot: bool,
    /// `user`, for robots too.
    kind: &'static str,
    is_org_member: bool,
    avatar: Avatar,
}

/// A team that gets a role.
#[derive(JsonSchema, Serialize)]
struct DelegateTeam {
    name: String,
    kind: &'static str,
    avatar: Avatar,
}

impl From<&DefaultPermission> for DefaultPermissionView {
    fn from(permission: &DefaultPermission) -> Self {
        Self {
            activating_user: permission.creator.as_ref().map(AccountView::from),
            delegate: match &permission.delegate {
                Delegate::Account(account) => DelegateView::Account(account.into()),
                Delegate::Team { name, .. } => DelegateView::Team(DelegateTeam {
                    name: name.clone(),
                    kind: "team",
                    avatar: Avatar::team(name),
                }),
            },
            role: permission.role,
            id: permission.uuid.clone(),
        }
    }
}

impl From<&Account> for AccountView {
    fn from(account: &Account) -> Self {
        Self {
            name: account.name.clone(),
            is_robot: account.is_robot,
            kind: "user",
            is_org_member: account.is_member,
            avatar: Avatar::account(account.is_robot, &account.name, &account.email),
        }
    }
}

berth_web::lists! {
    /// The default permissions of an organization.
    pub(crate) struct DefaultPermissions { prototypes: Vec<DefaultPermissionView> }
}
