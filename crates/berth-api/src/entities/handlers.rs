//! Searching for whom to add, invite or permit (`docs/contract/quay.md` 10.6).

use berth_access::{AuthenticatedNamespace, path};
use berth_domain::NamespaceKind;
use berth_store::entities::{self, Search};
use berth_store::listing::Slice;
use berth_web::{Context, HandlerResult, ListResponse};

use super::bodies::SearchQuery;
use super::views::{EntityView, FoundEntities};

path! {
    /// How the names begin.
    pub(crate) struct SearchPath { prefix }
}

/// `GET /api/v1/entities/<prefix>`: teams, then people and robots, then the organization itself.
pub(crate) fn search(
    cx: &Context<'_, AuthenticatedNamespace>,
    path: SearchPath,
    query: SearchQuery,
) -> HandlerResult<ListResponse<FoundEntities>> {
    let page = query.page.page(cx)?;
    let (namespace, rights) = (cx.grant.namespace(), cx.rights());
    let organization = namespace.filter(|namespace| namespace.kind == NamespaceKind::Organization);
    let sees_inside = organization.is_some() && rights.sees_as_member();
    let Some(prefix) = prefix(&path.prefix) else {
        let nothing = page.list(Slice::<EntityView>::default(), |view| view)?;
        return Ok(nothing.respond(FoundEntities::of));
    };
    let search = Search {
        prefix: &prefix,
        teams: sees_inside && query.teams,
        robots: sees_inside || rights.finds_own_robots(),
        organization: query.organizations && organization.is_some() && rights.sees_as_admin(),
    };
    let view = |entity| EntityView::new(entity, organization.is_some(), sees_inside);
    let found = match page.is_original() {
        true => entities::search(cx.db(), &cx.grant, &search)?,
        false => entities::list(cx.db(), &cx.grant, &search, &page.window)?,
    };
    Ok(page.list(found, view)?.respond(FoundEntities::of))
}

/// The beginning of a name that is typed, in any case and with spaces. None where no name begins so, being ASCII: nor does
/// one begin with nothing, or everybody would be found.
fn prefix(text: &str) -> Option<String> {
    let typed = text.replace(' ', "");
    let can_be = !typed.is_empty() && typed.chars().all(|character| character.is_ascii_graphic());
    can_be.then(|| typed.to_ascii_lowercase())
}
