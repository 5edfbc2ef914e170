//! Storage quotas of organizations and users (`docs/contract/quay.md` 7.1).
//!
//! An organization's, a user's own and a superuser's operations differ in their permissions, so the handlers are generic over the
//! permission.

use crate::quotas::views::{QuotaView, Quotas};
use berth_access::{NamespaceChange, NamespaceTarget, Permit, path};
use berth_domain::log_event::{LogEvent, Threshold};
use berth_domain::{Namespace, Quota, QuotaLimit, format_size};
use berth_store::{Constraint, StoreError, quotas, transaction};
use berth_web::listing::Entries;
use berth_web::{
    ApiError, Context, Created, HandlerResult, JsonResponse, ListQuery, ListResponse, NoContent,
};

use super::bodies::{ChangedLimit, ChangedQuota, NewLimit, NewQuota, limit_kind, limit_percent};

path! {
    /// A quota of the namespace.
    pub(crate) struct QuotaPath { quota_id }
    /// A limit of a quota.
    pub(crate) struct LimitPath { quota_id, limit_id }
}

/// `GET …/quota`: an array, bare, of one or none.
pub(crate) fn list<P: Permit<Target: NamespaceTarget>>(
    cx: &Context<'_, P>,
    query: ListQuery<quotas::Quotas>,
) -> HandlerResult<ListResponse<Entries<Vec<QuotaView>>>> {
    let (default_bytes, page) = (default_bytes(cx), query.page(cx)?);
    let own = existing(cx)?.quota.as_ref();
    let own = own.map(|quota| (quota.id, QuotaView::new(quota, default_bytes)));
    let quota = own.or_else(|| default_bytes.map(|bytes| (0, QuotaView::of_default(bytes))));
    let found = page.window.part(quota.map(|(id, view)| (id, view.limit_bytes.to_string(), view)));
    Ok(page.list(found, |view| view)?.respond(|entries, _| entries))
}

/// `GET …/quota/<id>`.
pub(crate) fn get<P: Permit<Target: NamespaceTarget>>(
    cx: &Context<'_, P>,
    path: QuotaPath,
) -> HandlerResult<JsonResponse<QuotaView>> {
    Ok(JsonResponse(QuotaView::new(find(cx, &path.quota_id)?, default_bytes(cx))))
}

/// `POST …/quota`: a namespace has one quota at most.
pub(crate) fn create<P: NamespaceChange>(
    cx: &Context<'_, P>,
    NewQuota(size): NewQuota,
) -> HandlerResult<Created<&'static str>> {
    let namespace = existing(cx)?;
    let (bytes, _) = size.bytes()?;
    if namespace.quota.is_some() {
        return Err(already(cx, namespace));
    }
    transaction(cx.db(), |tx| {
        quotas::create(tx, &cx.grant, bytes).map_err(|error| {
            match error.violates(Constraint::QuotaOfNamespace) {
                true => already(cx, namespace),
                false => error.into(),
            }
        })?;
        let (limit_bytes, limit) = (bytes, format_size(bytes));
        let event = LogEvent::OrgCreateQuota { namespace: &namespace.name, limit_bytes, limit };
        cx.log(tx, namespace.id, &event)?;
        Ok(Created("Created"))
    })
}

fn already<P: Permit>(cx: &Context<'_, P>, namespace: &Namespace) -> ApiError {
    let what = if cx.address().names_organization { "Organization quota" } else { "Quota" };
    ApiError::invalid_request(format!("{what} for '{}' already exists", namespace.name))
}

/// `PUT …/quota/<id>`. Without a size, or with 0 of it, nothing changes.
pub(crate) fn change<P: NamespaceChange>(
    cx: &Context<'_, P>,
    path: QuotaPath,
    ChangedQuota(size): ChangedQuota,
) -> HandlerResult<JsonResponse<QuotaView>> {
    let (namespace, quota, default_bytes) =
        (existing(cx)?, find(cx, &path.quota_id)?, default_bytes(cx));
    if !size.is_given()? {
        return Ok(JsonResponse(QuotaView::new(quota, default_bytes)));
    }
    let (bytes, shown) = size.bytes()?;
    transaction(cx.db(), |tx| {
        if !quotas::change(tx, &cx.grant, quota.id, bytes)? {
            return Err(ApiError::not_found());
        }
        let quota = quotas::current(tx, &cx.grant, quota.id)?.ok_or_else(ApiError::not_found)?;
        let (limit_bytes, limit) = (bytes, format_size(bytes));
        let event = LogEvent::OrgChangeQuota { namespace: &namespace.name, limit_bytes, limit };
        cx.log(tx, namespace.id, &event)?;
        let mut view = QuotaView::new(&quota, default_bytes);
        view.limit_bytes = shown.clone();
        Ok(JsonResponse(view))
    })
}

/// `DELETE …/quota/<id>`: with its limits.
pub(crate) fn delete<P: NamespaceChange>(
    cx: &Context<'_, P>,
    path: QuotaPath,
) -> HandlerResult<NoContent> {
    let (namespace, quota) = (existing(cx)?, find(cx, &path.quota_id)?);
    transaction(cx.db(), |tx| {
        if !quotas::delete(tx, &cx.grant, quota.id)? {
            return Err(ApiError::not_found());
        }
        cx.log(tx, namespace.id, &LogEvent::OrgDeleteQuota { namespace: &namespace.name })?;
        Ok(NoContent)
    })
}

/// `GET …/quota/<id>/limit`: an array, bare.
pub(crate) fn limits<P: Permit<Target: NamespaceTarget>>(
    cx: &Context<'_, P>,
    path: QuotaPath,
    query: ListQuery<quotas::Limits>,
) -> HandlerResult<ListResponse<Entries<Vec<QuotaLimit>>>> {
    let (quota, page) = (find(cx, &path.quota_id)?, query.page(cx)?);
    let limits = quota.limits.iter();
    let found =
        page.window.part(limits.map(|limit| (limit.id, limit.kind.as_str().to_owned(), limit)));
    Ok(page.list(found, Clone::clone)?.respond(|entries, _| entries))
}

/// `GET …/quota/<id>/limit/<id>`.
pub(crate) fn limit<P: Permit<Target: NamespaceTarget>>(
    cx: &Context<'_, P>,
    path: LimitPath,
) -> HandlerResult<JsonResponse<QuotaLimit>> {
    Ok(JsonResponse(find_limit(cx, &path)?.1.clone()))
}

/// Adds a limit.
pub(crate) fn create_limit<P: NamespaceChange>(
    cx: &Context<'_, P>,
    path: QuotaPath,
    body: NewLimit,
) -> HandlerResult<Created<&'static str>> {
    let (namespace, quota) = (existing(cx)?, find(cx, &path.quota_id)?);
    let (kind, percent) = (limit_kind(&body.kind)?, limit_percent(&body.threshold_percent)?);
    if quota.limits.iter().any(|limit| (limit.kind, limit.percent) == (kind, percent)) {
        return Err(same_limit());
    }
    transaction(cx.db(), |tx| {
        let created = quotas::create_limit(tx, &cx.grant, quota.id, kind, percent);
        if !created.map_err(taken_limit)? {
            return Err(ApiError::not_found());
        }
        let limit = Threshold { r#type: kind.as_str(), threshold_percent: percent };
        let event = LogEvent::OrgCreateQuotaLimit { namespace: &namespace.name, limit };
        cx.log(tx, namespace.id, &event)?;
        Ok(Created("Created"))
    })
}

/// Changes a limit; the answer is the quota.
pub(crate) fn change_limit<P: NamespaceChange>(
    cx: &Context<'_, P>,
    path: LimitPath,
    body: ChangedLimit,
) -> HandlerResult<JsonResponse<QuotaView>> {
    let (namespace, (quota, limit)) = (existing(cx)?, find_limit(cx, &path)?);
    let kind = body.kind.as_deref().map(limit_kind).transpose()?;
    let percent = body.threshold_percent.as_ref().map(limit_percent).transpose()?;
    let default_bytes = default_bytes(cx);
    transaction(cx.db(), |tx| {
        let changed = quotas::change_limit(tx, &cx.grant, limit.id, kind, percent);
        let limit = changed.map_err(taken_limit)?.ok_or_else(ApiError::not_found)?;
        let quota = quotas::current(tx, &cx.grant, quota.id)?.ok_or_else(ApiError::not_found)?;
        let limit_told = Threshold::from(&limit);
        let event = LogEvent::OrgChangeQuotaLimit { namespace: &namespace.name, limit: limit_told };
        cx.log(tx, namespace.id, &event)?;
        Ok(JsonResponse(QuotaView::new(&quota, default_bytes)))
    })
}

/// `DELETE …/quota/<id>/limit/<id>`.
pub(crate) fn delete_limit<P: NamespaceChange>(
    cx: &Context<'_, P>,
    path: LimitPath,
) -> HandlerResult<NoContent> {
    let (namespace, (_, limit)) = (existing(cx)?, find_limit(cx, &path)?);
    transaction(cx.db(), |tx| {
        let deleted = quotas::delete_limit(tx, &cx.grant, limit.id)?;
        let limit = deleted.ok_or_else(ApiError::not_found)?;
        let limit_told = Threshold::from(&limit);
        let event = LogEvent::OrgDeleteQuotaLimit { namespace: &namespace.name, limit: limit_told };
        cx.log(tx, namespace.id, &event)?;
        Ok(NoContent)
    })
}

fn same_limit() -> ApiError {
    ApiError::invalid_request("Quota limit already exists")
}

fn taken_limit(error: StoreError) -> ApiError {
    if error.violates(Constraint::QuotaLimit) { same_limit() } else { error.into() }
}

/// The quota of that id; what is no number is the id of none.
fn find<'a, P: Permit<Target: NamespaceTarget>>(
    cx: &'a Context<'_, P>,
    id: &str,
) -> Result<&'a Quota, ApiError> {
    let id: Option<i64> = id.parse().ok();
    let quota = existing(cx)?.quota.as_ref().filter(|quota| Some(quota.id) == id);
    quota.ok_or_else(ApiError::not_found)
}

/// The quota and the limit of the path.
fn find_limit<'a, P: Permit<Target: NamespaceTarget>>(
    cx: &'a Context<'_, P>,
    path: &LimitPath,
) -> Result<(&'a Quota, &'a QuotaLimit), ApiError> {
    let (quota, id) = (find(cx, &path.quota_id)?, path.limit_id.parse().ok());
    let limit = quota.limits.iter().find(|limit| Some(limit.id) == id);
    Ok((quota, limit.ok_or_else(ApiError::not_found)?))
}

fn default_bytes<P: Permit>(cx: &Context<'_, P>) -> Option<i64> {
    Quotas::of(cx.services()).default_bytes()
}

/// The namespace that the operation is about.
///
/// # Errors
/// 404 when there is none.
fn existing<'a, P: Permit<Target: NamespaceTarget>>(
    cx: &'a Context<'_, P>,
) -> Result<&'a Namespace, ApiError> {
    cx.grant.namespace().ok_or_else(ApiError::not_found)
}
