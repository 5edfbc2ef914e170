//! Repositories: the rules of each operation (`docs/contract/quay.md` 6.1).

use berth_access::{
    OrganizationView, Permit, Public, RepositoryAdmin, RepositoryCreate,
    RepositoryView as ViewPermit, RepositoryWrite,
};
use berth_domain::log_event::LogEvent;
use berth_domain::{RepositoryName, settings};
use berth_store::listing::Slice;
use berth_store::repositories::{self, NewRepository};
use berth_store::{Constraint, transaction};
use berth_web::{
    ApiError, Context, Created, ErrorType, HandlerResult, JsonResponse, ListResponse, NoContent,
};

use crate::quotas::views::Quotas;
use crate::repositories::bodies::{
    ChangeVisibility, MembersQuery, NewRepo, RepoUpdate, RepositoriesQuery, RepositoryQuery,
    Visibility,
};
use crate::repositories::views::{
    KIND, ListMembers, ListedRepository, NewRepositoryView, Repositories, RepositoryView,
    no_activity,
};
use crate::success::Success;

/// Makes a repository; the creator administers it, and the organization's default permissions apply.
pub(crate) fn create(
    cx: &Context<'_, RepositoryCreate>,
    body: NewRepo,
) -> HandlerResult<Created<NewRepositoryView>> {
    let (services, target) = (cx.services(), cx.grant.target());
    if target.is_taken {
        return Err(name_taken());
    }
    let is_public = body.visibility == Visibility::Public;
    require_plan(cx, is_public)?;
    let name = repository_name(cx, &body.repository)?;
    let status_token = services.random().uuid();
    let new = NewRepository {
        name: &name,
        description: &body.description,
        is_public,
        status_token: &status_token,
        creator_id: cx.caller()?.id,
        at: services.now(),
    };
    let namespace = &target.namespace;
    transaction(cx.db(), |tx| {
        repositories::create(tx, &cx.grant, &new).map_err(|error| {
            if error.violates(Constraint::RepositoryName) { name_taken() } else { error.into() }
        })?;
        let event = LogEvent::CreateRepo { repo: &body.repository, namespace: &namespace.name };
        cx.log(tx, namespace.id, &event)?;
        Ok(Created(NewRepositoryView::new(&namespace.name, &body.repository)))
    })
}

fn name_taken() -> ApiError {
    ApiError::invalid_request("Repository already exists")
}

fn repository_name<P: Permit>(cx: &Context<'_, P>, text: &str) -> Result<RepositoryName, ApiError> {
    let name = RepositoryName::try_from(text)?;
    let extended = cx.services().setting(&settings::FEATURE_EXTENDED_REPOSITORY_NAMES);
    // No path would lead to such a repository: nobody could delete it.
    let is_route = berth_web::is_below_a_repository(&format!("namespace/{text}"));
    if (text.contains('/') && !extended) || is_route {
        return Err(ApiError::invalid_request("Invalid repository name"));
    }
    Ok(name)
}

/// With billing on, a private repository needs a plan, and nobody has one; superusers need none.
fn require_plan<P: Permit>(cx: &Context<'_, P>, is_public: bool) -> Result<(), ApiError> {
    let free = is_public || cx.rights().is_superuser();
    if free || !cx.services().setting(&settings::FEATURE_BILLING) {
        return Ok(());
    }
    Err(ApiError::typed(ErrorType::ExceedsLicense, "Payment Required"))
}

/// `GET /api/v1/repository`: what the caller sees of a namespace, of their stars, or of everything public.
pub(crate) fn list(
    cx: &Context<'_, Public>,
    query: RepositoriesQuery,
) -> HandlerResult<ListResponse<Repositories>> {
    let scope = if query.starred {
        repositories::Scope::Starred
    } else if !query.namespace.is_empty() {
        repositories::Scope::Namespace(&query.namespace)
    } else if query.public {
        repositories::Scope::All
    } else {
        return Err(ApiError::invalid_request(
            "namespace, starred or public are required for this API call",
        ));
    };
    if query.starred && cx.grant.caller().is_none() {
        return Err(ApiError::unreadable());
    }
    answer_list(cx, query.members, scope, query.starred || query.public)
}

/// `GET /api/v1/organization/<orgname>/repositories`, which clients call and the original lacks: what the caller sees of
/// the organization, public repositories included.
pub(crate) fn list_of_organization(
    cx: &Context<'_, OrganizationView>,
    query: MembersQuery,
) -> HandlerResult<ListResponse<Repositories>> {
    let scope = repositories::Scope::Namespace(&cx.grant.organization().name);
    answer_list(cx, query, scope, true)
}

fn answer_list<P: Permit>(
    cx: &Context<'_, P>,
    query: MembersQuery,
    scope: repositories::Scope<'_>,
    include_public: bool,
) -> HandlerResult<ListResponse<Repositories>> {
    let page = query.page.page(cx)?;
    let found = match query.repo_kind.as_str() {
        "" | KIND => repositories::list(cx.db(), &cx.grant, scope, include_public, &page.window)?,
        // There is no other kind.
        _ => Slice::default(),
    };
    let more = ListMembers {
        last_modified: query.last_modified,
        popularity: query.popularity,
        is_starred: cx.grant.caller().is_some(),
        quotas: Quotas::of(cx.services()),
    };
    let listed = page.list(found, |line| ListedRepository::new(line, more))?;
    Ok(listed.respond(Repositories::of))
}

/// `GET /api/v1/repository/<path>`.
pub(crate) fn get(
    cx: &Context<'_, ViewPermit>,
    query: RepositoryQuery,
) -> HandlerResult<JsonResponse<RepositoryView>> {
    let (namespace, repository) = cx.grant.repository()?;
    let details = repositories::details(cx.db(), &cx.grant, query.tags)?;
    let details = details.ok_or_else(ApiError::not_found)?;
    let rights = cx.rights();
    let mut view = RepositoryView::new(namespace, repository, details);
    view.can_write = rights.writes_repository();
    view.can_admin = rights.sees_repository_as_admin();
    view.stats = query.stats.then(|| no_activity(cx.services().now()));
    Ok(JsonResponse(view))
}

/// Changes the description.
pub(crate) fn change(
    cx: &Context<'_, RepositoryWrite>,
    body: RepoUpdate,
) -> HandlerResult<JsonResponse<Success>> {
    let (namespace, repository) = cx.grant.repository()?;
    transaction(cx.db(), |tx| {
        if !repositories::set_description(tx, &cx.grant, &body.description)? {
            return Err(ApiError::not_found());
        }
        let event = LogEvent::SetRepoDescription {
            repo: &repository.name,
            namespace: &namespace.name,
            description: &body.description,
        };
        cx.log(tx, namespace.id, &event)?;
        Ok(JsonResponse(Success::DONE))
    })
}

/// Makes it public or private; a repository that does not exist answers `null`, as the original does.
pub(crate) fn change_visibility(
    cx: &Context<'_, RepositoryAdmin>,
    body: ChangeVisibility,
) -> HandlerResult<JsonResponse<Option<Success>>> {
    let Ok((namespace, repository)) = cx.grant.repository() else {
        return Ok(JsonResponse(None));
    };
    let is_public = body.visibility == Visibility::Public;
    require_plan(cx, is_public)?;
    transaction(cx.db(), |tx| {
        if !repositories::set_visibility(tx, &cx.grant, is_public)? {
            return Ok(JsonResponse(None));
        }
        let event = LogEvent::ChangeRepoVisibility {
            repo: &repository.name,
            namespace: &namespace.name,
            visibility: body.visibility.as_str(),
        };
        cx.log(tx, namespace.id, &event)?;
        Ok(JsonResponse(Some(Success::DONE)))
    })
}

/// `DELETE /api/v1/repository/<path>`: 204 also when there is none, as the original does.
pub(crate) fn delete(cx: &Context<'_, RepositoryAdmin>) -> HandlerResult<NoContent> {
    let target = cx.grant.target();
    let namespace = target.namespace.as_ref().ok_or_else(ApiError::not_found)?;
    let name = cx.address().repository.as_deref().unwrap_or_default();
    transaction(cx.db(), |tx| {
        if repositories::delete(tx, &cx.grant)? {
            let event = LogEvent::DeleteRepo { repo: name, namespace: &namespace.name };
            cx.log(tx, namespace.id, &event)?;
        }
        Ok(NoContent)
    })
}
