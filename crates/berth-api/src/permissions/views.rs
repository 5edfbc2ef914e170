//! Permissions as answers show them.

use berth_domain::{Avatar, AvatarKind, RepositoryRole};
use berth_store::grantees::Account;
use serde_json::{Value, json};

/// The avatar of a person or a robot.
pub(crate) fn account_avatar(account: &Account) -> Avatar {
    let kind = if account.is_robot { AvatarKind::Robot } else { AvatarKind::User };
    Avatar::new(kind, &account.name, &account.email)
}

/// An account's permission (`docs/contract/quay.md` 6.2); membership is told of organizations only.
pub(crate) fn account_permission(
    account: &Account,
    role: RepositoryRole,
    in_organization: bool,
) -> Value {
    let mut view = json!({
        "role": role.as_str(),
        "name": account.name,
        "is_robot": account.is_robot,
        "avatar": account_avatar(account),
    });
    if in_organization {
        view["is_org_member"] = account.is_member.into();
    }
    view
}

/// A team's permission (`docs/contract/quay.md` 6.2).
pub(crate) fn team_permission(team: &str, role: RepositoryRole) -> Value {
    json!({ "role": role.as_str(), "name": team, "avatar": Avatar::team(team) })
}

/// What a team or a robot may do on a repository (`docs/contract/quay.md` 4.8, 6.3).
pub(crate) fn on_repository(name: &str, is_public: bool, role: RepositoryRole) -> Value {
    json!({ "repository": { "name": name, "is_public": is_public }, "role": role.as_str() })
}
