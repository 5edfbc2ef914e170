//! Default permissions as answers show them.

use berth_domain::Avatar;
use berth_store::default_permissions::{DefaultPermission, Delegate};
use berth_store::grantees::Account;
use serde_json::{Value, json};

use crate::permissions::views::account_avatar;

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
