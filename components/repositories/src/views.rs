//! Repositories, permissions and default permissions as answers show them.

use berth_domain::{Avatar, AvatarKind, RepositoryRole, Timestamp};
use berth_store::default_permissions::{DefaultPermission, Delegate};
use berth_store::delegates::Account;
use berth_store::repositories::RepositoryLine;
use berth_web::view::Quotas;
use serde_json::{Value, json};

/// The kind of every repository.
pub(crate) const KIND: &str = "image";

/// The state of every repository.
pub(crate) const STATE: &str = "NORMAL";

/// Which further members the entries of a list have.
#[derive(Clone, Copy)]
pub(crate) struct ListMembers {
    pub(crate) last_modified: bool,
    pub(crate) popularity: bool,
    pub(crate) is_starred: bool,
    pub(crate) quotas: Quotas,
}

/// A repository in a list (`docs/contract/quay.md` 6.1).
pub(crate) fn line(line: RepositoryLine, more: ListMembers) -> Value {
    let mut view = json!({
        "namespace": line.namespace,
        "name": line.name,
        "description": line.description,
        "is_public": line.is_public,
        "kind": KIND,
        "state": STATE,
    });
    if more.last_modified {
        // No image was ever pushed.
        view["last_modified"] = Value::Null;
    }
    if more.popularity {
        view["popularity"] = json!(0.0);
    }
    if more.is_starred {
        view["is_starred"] = line.is_starred.into();
    }
    if let Some(report) = more.quotas.repository_report(line.quota_bytes) {
        view["quota_report"] = report;
    }
    view
}

/// Three months of pulls and pushes, of which there are none.
pub(crate) fn no_activity(now: Timestamp) -> Value {
    let days = (1..=91).map(|days| {
        let date = now.plus_seconds(-86_400 * days).to_date();
        json!({ "date": date, "count": 0 })
    });
    days.collect()
}

fn account_avatar(account: &Account) -> Avatar {
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

/// A default permission (`docs/contract/quay.md` 6.5).
pub(crate) fn default_permission(permission: &DefaultPermission) -> Value {
    json!({
        "activating_user": permission.creator.as_ref().map(person),
        "delegate": match &permission.delegate {
            Delegate::Account(account) => person(account),
            Delegate::Team { name, .. } => {
                json!({ "name": name, "kind": "team", "avatar": Avatar::team(name) })
            }
        },
        "role": permission.role.as_str(),
        "id": permission.uuid,
    })
}

fn person(account: &Account) -> Value {
    json!({
        "name": account.name,
        "is_robot": account.is_robot,
        "kind": "user",
        "is_org_member": account.is_member,
        "avatar": account_avatar(account),
    })
}
