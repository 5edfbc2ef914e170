//! Searching for whom to add, invite or permit (`docs/contract/quay.md` 10.6).

use berth_access::AuthenticatedNamespace;
use berth_domain::{Avatar, AvatarKind, Namespace, NamespaceKind};
use berth_store::entities::{self, Entity, Search};
use berth_web::{ApiError, Body, Context, HandlerResult, Query, Request, Response, Schema};
use serde_json::{Value, json};

/// The query of a search.
pub(crate) struct SearchQuery {
    namespace: String,
    teams: bool,
    organizations: bool,
}

impl Body for SearchQuery {
    const SCHEMA: Option<&'static Schema> = None;
    const QUERY: &'static [Query] = &[
        Query::text("namespace", "Whose teams and robots are found too"),
        Query::flag("includeTeams", "With teams"),
        Query::flag("includeOrgs", "With the organization itself"),
    ];

    fn read(request: &Request) -> Result<Self, ApiError> {
        let query = request.query(Self::QUERY);
        Ok(Self {
            namespace: query.get("namespace").unwrap_or_default().to_owned(),
            teams: query.flag("includeTeams"),
            organizations: query.flag("includeOrgs"),
        })
    }

    fn namespace(&self) -> Option<&str> {
        Some(&self.namespace)
    }
}

/// `GET /api/v1/entities/<prefix>`: teams, then people and robots, then the organization itself.
pub(crate) fn search(
    cx: &Context<'_, AuthenticatedNamespace>,
    query: SearchQuery,
) -> HandlerResult {
    let (namespace, rights) = (cx.grant.namespace(), cx.grant.rights());
    let organization = namespace.filter(|namespace| namespace.kind == NamespaceKind::Organization);
    let is_own = namespace.is_some_and(|namespace| {
        Some(namespace.id) == cx.principal().caller().map(|caller| caller.id)
    });
    let sees_inside = organization.is_some() && rights.sees_as_member();
    let Some(prefix) = prefix(cx.path("prefix")) else {
        return Ok(Response::ok(&json!({ "results": [] })));
    };
    let search = Search {
        prefix: &prefix,
        teams: sees_inside && query.teams,
        robots: sees_inside || (is_own && rights.is_user_admin()),
    };
    let found = entities::search(cx.db(), &cx.grant, &search)?;
    let mut results: Vec<Value> =
        found.into_iter().map(|entity| view(entity, organization.is_some(), sees_inside)).collect();
    let itself = organization.filter(|organization| {
        query.organizations && rights.sees_as_admin() && organization.name.starts_with(&prefix)
    });
    results.extend(itself.map(organization_view));
    Ok(Response::ok(&json!({ "results": results })))
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
