//! Storage quotas of organizations and users (`docs/contract/quay.md` 7.1): configuration only, Berth stores no images.
//!
//! An organization's, a user's own and a superuser's operations differ in who may, so the handlers are generic over the
//! permission.

use crate::quotas::views::Quotas;
use berth_access::{NamespaceChange, NamespaceTarget, Permit, path};
use berth_domain::log_event::{LogEvent, Threshold};
use berth_domain::{Namespace, Quota, QuotaLimit, format_size};
use berth_store::{Constraint, StoreError, quotas, transaction};
use berth_web::{ApiError, Context, HandlerResult, StatusCode, response};
use serde::Serialize;
use serde_json::Number;

use super::bodies::{ChangedLimit, ChangedQuota, NewLimit, NewQuota, limit_kind, limit_percent};

path! {
    /// A quota of the namespace.
    pub(crate) struct QuotaPath { quota_id }
    /// A limit of a quota.
    pub(crate) struct LimitPath { quota_id, limit_id }
}

/// A quota as its own operations show it.
#[derive(Serialize)]
struct QuotaView<'a> {
    id: Option<i64>,
    limit_bytes: Number,
    limit: String,
    default_config: bool,
    limits: &'a [QuotaLimit],
    default_config_exists: bool,
}

impl<'a> QuotaView<'a> {
    fn new(quota: &'a Quota, default_bytes: Option<i64>) -> Self {
        Self {
            id: Some(quota.id),
            limit_bytes: quota.limit_bytes.into(),
            limit: format_size(quota.limit_bytes),
            default_config: false,
            limits: &quota.limits,
            default_config_exists: default_bytes.is_some(),
        }
    }

    /// The quota of who has none of his own.
    fn of_default(bytes: i64) -> Self {
        Self {
            id: None,
            limit_bytes: bytes.into(),
            limit: format_size(bytes),
            default_config: true,
            limits: &[],
            default_config_exists: true,
        }
    }
}

/// `GET …/quota`: an array, bare, of one or none.
pub(crate) fn list<P: Permit<Target: NamespaceTarget>>(cx: &Context<'_, P>) -> HandlerResult {
    let default_bytes = default_bytes(cx);
    let own = existing(cx)?.quota.as_ref().map(|quota| QuotaView::new(quota, default_bytes));
    let view = own.or_else(|| default_bytes.map(QuotaView::of_default));
    Ok(response::ok(&view.into_iter().collect::<Vec<_>>()))
}

/// `GET …/quota/<id>`.
pub(crate) fn get<P: Permit<Target: NamespaceTarget>>(
    cx: &Context<'_, P>,
    path: QuotaPath,
) -> HandlerResult {
    Ok(response::ok(&QuotaView::new(find(cx, &path.quota_id)?, default_bytes(cx))))
}

/// `POST …/quota`: a namespace has one quota at most.
pub(crate) fn create<P: NamespaceChange>(
    cx: &Context<'_, P>,
    NewQuota(size): NewQuota,
) -> HandlerResult {
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
        Ok(response::json(StatusCode::CREATED, &"Created"))
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
) -> HandlerResult {
    let (namespace, quota, default_bytes) =
        (existing(cx)?, find(cx, &path.quota_id)?, default_bytes(cx));
    if !size.is_given()? {
        return Ok(response::ok(&QuotaView::new(quota, default_bytes)));
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
        let view = QuotaView { limit_bytes: shown, ..QuotaView::new(&quota, default_bytes) };
        Ok(response::ok(&view))
    })
}

/// `DELETE …/quota/<id>`: with its limits.
pub(crate) fn delete<P: NamespaceChange>(cx: &Context<'_, P>, path: QuotaPath) -> HandlerResult {
    let (namespace, quota) = (existing(cx)?, find(cx, &path.quota_id)?);
    transaction(cx.db(), |tx| {
        if !quotas::delete(tx, &cx.grant, quota.id)? {
            return Err(ApiError::not_found());
        }
        cx.log(tx, namespace.id, &LogEvent::OrgDeleteQuota { namespace: &namespace.name })?;
        Ok(response::no_content())
    })
}

/// `GET …/quota/<id>/limit`: an array, bare.
pub(crate) fn limits<P: Permit<Target: NamespaceTarget>>(
    cx: &Context<'_, P>,
    path: QuotaPath,
) -> HandlerResult {
    Ok(response::ok(&find(cx, &path.quota_id)?.limits))
}

/// `GET …/quota/<id>/limit/<id>`.
pub(crate) fn limit<P: Permit<Target: NamespaceTarget>>(
    cx: &Context<'_, P>,
    path: LimitPath,
) -> HandlerResult {
    Ok(response::ok(find_limit(cx, &path)?.1))
}

/// Adds a limit.
pub(crate) fn create_limit<P: NamespaceChange>(
    cx: &Context<'_, P>,
    path: QuotaPath,
    body: NewLimit,
) -> HandlerResult {
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
        Ok(response::json(StatusCode::CREATED, &"Created"))
    })
}

/// Changes a limit; the answer is the quota.
pub(crate) fn change_limit<P: NamespaceChange>(
    cx: &Context<'_, P>,
    path: LimitPath,
    body: ChangedLimit,
) -> HandlerResult {
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
        Ok(response::ok(&QuotaView::new(&quota, default_bytes)))
    })
}

/// `DELETE …/quota/<id>/limit/<id>`.
pub(crate) fn delete_limit<P: NamespaceChange>(
    cx: &Context<'_, P>,
    path: LimitPath,
) -> HandlerResult {
    let (namespace, (_, limit)) = (existing(cx)?, find_limit(cx, &path)?);
    transaction(cx.db(), |tx| {
        let deleted = quotas::delete_limit(tx, &cx.grant, limit.id)?;
        let limit = deleted.ok_or_else(ApiError::not_found)?;
        let limit_told = Threshold::from(&limit);
        let event = LogEvent::OrgDeleteQuotaLimit { namespace: &namespace.name, limit: limit_told };
        cx.log(tx, namespace.id, &event)?;
        Ok(response::no_content())
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
