//! Searching for whom to add, invite or permit (`docs/contract/quay.md` 10.6).

use berth_access::{AuthenticatedNamespace, path};
use berth_domain::{Avatar, AvatarKind, Namespace, NamespaceKind};
use berth_store::entities::{self, Entity, Search};
use berth_web::{Context, HandlerResult, response};
use serde_json::{Value, json};

use super::bodies::SearchQuery;

path! {
    /// How the names begin.
    pub(crate) struct SearchPath { prefix }
}

/// `GET /api/v1/entities/<prefix>`: teams, then people and robots, then the organization itself.
pub(crate) fn search(
    cx: &Context<'_, AuthenticatedNamespace>,
    path: SearchPath,
    query: SearchQuery,
) -> HandlerResult {
    let (namespace, rights) = (cx.grant.namespace(), cx.rights());
    let organization = namespace.filter(|namespace| namespace.kind == NamespaceKind::Organization);
    let sees_inside = organization.is_some() && rights.sees_as_member();
    let Some(prefix) = prefix(&path.prefix) else {
        return Ok(response::ok(&json!({ "results": [] })));
    };
    let search = Search {
        prefix: &prefix,
        teams: sees_inside && query.teams,
        robots: sees_inside || rights.finds_own_robots(),
    };
    let found = entities::search(cx.db(), &cx.grant, &search)?;
    let mut results: Vec<Value> =
        found.into_iter().map(|entity| view(entity, organization.is_some(), sees_inside)).collect();
    let itself = organization.filter(|organization| {
        query.organizations && rights.sees_as_admin() && organization.name.starts_with(&prefix)
    });
    results.extend(itself.map(organization_view));
    Ok(response::ok(&json!({ "results": results })))
}

/// The beginning of a name that is typed, in any case and with spaces. None where no name begins so, being ASCII: nor does
/// one begin with nothing, or everybody would be found.
fn prefix(text: &str) -> Option<String> {
    let typed = text.replace(' ', "");
    let can_be = !typed.is_empty() && typed.chars().all(|character| character.is_ascii_graphic());
    can_be.then(|| typed.to_ascii_lowercase())
}

/// Who is a member shows to those who may read the members.
fn view(entity: Entity, in_organization: bool, sees_inside: bool) -> Value {
    if entity.is_team {
        let avatar = Avatar::team(&entity.name);
        return json!({
            "name": entity.name, "kind": "team", "is_org_member": true, "avatar": avatar,
        });
    }
    let kind = if entity.is_robot { AvatarKind::Robot } else { AvatarKind::User };
    let mut view = json!({
        "name": entity.name,
        "kind": "user",
        "is_robot": entity.is_robot,
        "avatar": Avatar::new(kind, &entity.name, &entity.email),
    });
    if in_organization {
        view["is_org_member"] = (entity.is_robot || (entity.is_member && sees_inside)).into();
    }
    view
}

fn organization_view(organization: &Namespace) -> Value {
    json!({
        "name": organization.name,
        "kind": "org",
        "is_org_member": true,
        "avatar": Avatar::new(AvatarKind::Org, &organization.name, &organization.email),
    })
}
