//! Tags: the rules of each operation.

use berth_access::{RepositoryAdmin, RepositoryView, RepositoryWrite, path};
use berth_domain::log_event::LogEvent;
use berth_domain::manifest::is_digest;
use berth_store::tags::{self, TagFilter};
use berth_store::transaction;
use berth_web::{ApiError, Context, ErrorType, HandlerResult, JsonResponse, NoContent};

use super::behind::BehindRepository;
use super::bodies::{NameFilter, SyncQuery, TagsQuery};
use super::survey::{KNOWN, Survey};
use super::views::{ManifestView, SyncView, TagPage, TagView};

path! {
    pub(crate) struct TagPath { tag }
}

path! {
    pub(crate) struct ManifestPath { manifestref }
}

/// `GET /api/v1/repository/<repository>/tag/`: the newest first, those that there were included for as long as the namespace keeps them.
pub(crate) fn list(
    cx: &Context<'_, RepositoryView>,
    query: TagsQuery,
) -> HandlerResult<JsonResponse<TagPage>> {
    cx.grant.repository()?;
    let (equal, part) = match query.name_filter()? {
        NameFilter::Any => (None, None),
        NameFilter::Equals(name) => (Some(name), None),
        NameFilter::Contains(part) => (None, Some(part)),
    };
    let specific = Some(query.specific_tag.as_str()).filter(|name| !name.is_empty());
    let page = TagPage { tags: Vec::new(), page: query.page(), has_additional: false };
    if specific.is_some() && equal.is_some() && specific != equal {
        return Ok(JsonResponse(page));
    }
    let filter = TagFilter {
        active_only: query.only_active,
        name: specific.or(equal),
        part,
        now: cx.services().now(),
    };
    let limit = query.limit();
    let mut found = tags::list(cx.db(), &cx.grant, &filter, limit + 1, query.offset())?;
    let shown = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_additional = found.len() > shown;
    found.truncate(shown);
    let tags = found.into_iter().map(TagView::from).collect();
    Ok(JsonResponse(TagPage { tags, has_additional, ..page }))
}

/// `DELETE /api/v1/repository/<repository>/tag/<tag>`: at the registry, then here. The manifest stays, with its other tags.
pub(crate) fn delete(cx: &Context<'_, RepositoryWrite>, path: TagPath) -> HandlerResult<NoContent> {
    let (namespace, repository) = cx.grant.repository()?;
    let known = tags::find(cx.db(), &cx.grant, &path.tag)?;
    let id = known.ok_or_else(ApiError::not_found)?;
    let actions = &["pull", "push", "delete"];
    let behind = BehindRepository::open(cx.services(), &namespace.name, &repository.name, actions)?;
    behind.delete_tag(&path.tag)?;
    transaction(cx.db(), |tx| {
        // Another request may have deleted it meanwhile, and logged it.
        let digest = tags::end(tx, &cx.grant, id, cx.services().now())?;
        let event = LogEvent::DeleteTagByName {
            username: &cx.caller()?.name,
            repo: &repository.name,
            namespace: &namespace.name,
            tag: &path.tag,
            digest: &digest.ok_or_else(ApiError::not_found)?,
        };
        cx.log(tx, namespace.id, &event)?;
        Ok(NoContent)
    })
}

/// `POST /api/v1/repository/<repository>/tag/sync`: reads the next tags of the registry, and corrects what notifications that were lost left
/// behind. Nothing is held while the registry is asked; what it tells meanwhile is later, and stays.
pub(crate) fn sync(
    cx: &Context<'_, RepositoryAdmin>,
    query: SyncQuery,
) -> HandlerResult<JsonResponse<SyncView>> {
    let (namespace, repository) = cx.grant.repository()?;
    let known = tags::active_behind(cx.db(), &cx.grant, &query.last, KNOWN + 1)?;
    let behind =
        BehindRepository::open(cx.services(), &namespace.name, &repository.name, &["pull"])?;
    let survey = Survey::make(&behind, &query.last, known)?;
    let found = survey.to_json()?;
    let reconciled = transaction(cx.db(), |tx| {
        tags::reconcile(tx, &cx.grant, &found.differences(), cx.services().now())
    })?;
    Ok(JsonResponse(survey.view(reconciled)))
}

/// `GET /api/v1/repository/<repository>/manifest/<digest>`: as the registry has it.
pub(crate) fn manifest(
    cx: &Context<'_, RepositoryView>,
    path: ManifestPath,
) -> HandlerResult<JsonResponse<ManifestView>> {
    let (namespace, repository) = cx.grant.repository()?;
    // Not a tag, although the registry would know it.
    if !is_digest(&path.manifestref) {
        return Err(ApiError::plain_not_found());
    }
    let behind =
        BehindRepository::open(cx.services(), &namespace.name, &repository.name, &["pull"])?;
    let found = behind.manifest(&path.manifestref)?.ok_or_else(ApiError::not_found)?;
    let view = ManifestView::of(found).ok_or_else(|| {
        ApiError::typed(ErrorType::DownstreamIssue, "The registry has a manifest that is none")
    })?;
    Ok(JsonResponse(view))
}
