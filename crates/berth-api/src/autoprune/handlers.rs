//! Auto-prune policies of organizations, users and repositories (`docs/contract/quay.md` 7.2), for every component that has some:
//! configuration only, Berth stores no tags.

use berth_access::{AutopruneChange, Permit, path};
use berth_domain::log_event::{Autoprune, LogEvent};
use berth_domain::{LogKind, Namespace, Repository};
use berth_store::autoprune::{self, AutoprunePolicy, Prunable};
use berth_store::{StoreError, transaction};
use berth_web::{
    ApiError, Context, Created, HandlerResult, JsonResponse, ListQuery, ListResponse, Logs,
    NoContent,
};
use serde_json::Value;

use super::bodies::PolicyConfig;
use super::views::{AutoprunePolicies, AutoprunePolicyId, AutoprunePolicyView};

/// What making a policy of a namespace logs.
pub(crate) const NAMESPACE_CREATION: Logs = Logs::Kinds(&[LogKind::CreateNamespaceAutoprunePolicy]);

/// What changing a policy of a namespace logs.
pub(crate) const NAMESPACE_CHANGE: Logs = Logs::Kinds(&[LogKind::UpdateNamespaceAutoprunePolicy]);

/// What deleting a policy of a namespace logs.
pub(crate) const NAMESPACE_DELETION: Logs = Logs::Kinds(&[LogKind::DeleteNamespaceAutoprunePolicy]);

/// What making a policy of a repository logs.
pub(crate) const REPOSITORY_CREATION: Logs =
    Logs::Kinds(&[LogKind::CreateRepositoryAutoprunePolicy]);

/// What changing a policy of a repository logs.
pub(crate) const REPOSITORY_CHANGE: Logs = Logs::Kinds(&[LogKind::UpdateRepositoryAutoprunePolicy]);

/// What deleting a policy of a repository logs.
pub(crate) const REPOSITORY_DELETION: Logs =
    Logs::Kinds(&[LogKind::DeleteRepositoryAutoprunePolicy]);

path! {
    /// A policy of the namespace or repository.
    pub(crate) struct PolicyPath { policy_uuid }
}

/// What the policies belong to.
#[derive(Clone, Copy)]
struct Owner<'a> {
    namespace: &'a Namespace,
    repository: Option<&'a Repository>,
}

impl<'a> Owner<'a> {
    fn of<P: Permit<Target: Prunable>>(cx: &'a Context<'_, P>) -> Result<Self, ApiError> {
        let (namespace, repository) = cx.grant.target().owner().ok_or_else(ApiError::not_found)?;
        Ok(Self { namespace, repository })
    }

    fn duplicate(self, error: StoreError) -> ApiError {
        if !autoprune::is_duplicate(&error) {
            return error.into();
        }
        let owner = if self.repository.is_some() { "repository" } else { "namespace" };
        ApiError::invalid_request(format!(
            "Existing policy with same values for this {owner}, duplicate policies are not permitted"
        ))
    }
}

/// `GET …/autoprunepolicy/`.
///
/// # Errors
/// 404 when what they belong to does not exist.
pub(crate) fn list<P: Permit<Target: Prunable>>(
    cx: &Context<'_, P>,
    query: ListQuery<autoprune::Policies>,
) -> HandlerResult<ListResponse<AutoprunePolicies>> {
    Owner::of(cx)?;
    let page = query.page(cx)?;
    let found = autoprune::list(cx.db(), &cx.grant, &page.window)?;
    Ok(page.list(found, AutoprunePolicyView::from)?.respond(AutoprunePolicies::of))
}

/// `GET …/autoprunepolicy/<uuid>`.
///
/// # Errors
/// 404 when there is none of that id.
pub(crate) fn get<P: Permit<Target: Prunable>>(
    cx: &Context<'_, P>,
    path: PolicyPath,
) -> HandlerResult<JsonResponse<AutoprunePolicyView>> {
    Owner::of(cx)?;
    let policy = autoprune::get(cx.db(), &cx.grant, &path.policy_uuid)?;
    Ok(JsonResponse(policy.ok_or_else(ApiError::not_found)?.into()))
}

/// Which tags; none is every tag.
fn pattern(policy: &AutoprunePolicy) -> Option<&str> {
    Some(policy.tag_pattern.as_str()).filter(|pattern| !pattern.is_empty())
}

/// `POST …/autoprunepolicy/`: makes a policy.
///
/// # Errors
/// 400 when it makes no sense or is there already, 404 when what it is for does not exist.
pub(crate) fn create<P: AutopruneChange<Target: Prunable>>(
    cx: &Context<'_, P>,
    body: PolicyConfig,
) -> HandlerResult<Created<AutoprunePolicyId>> {
    let owner = Owner::of(cx)?;
    let value = body.value.0.clone();
    let policy = body.checked(cx.services().random().uuid())?;
    transaction(cx.db(), |tx| {
        autoprune::create(tx, &cx.grant, &policy).map_err(|error| owner.duplicate(error))?;
        let (told, namespace) = (told(&policy, value.clone()), owner.namespace.name.as_str());
        let event = match owner.repository {
            None => LogEvent::CreateNamespaceAutoprunePolicy { policy: told, namespace },
            Some(Repository { name: repo, .. }) => {
                LogEvent::CreateRepositoryAutoprunePolicy { policy: told, namespace, repo }
            }
        };
        cx.log(tx, owner.namespace.id, &event)?;
        Ok(Created(AutoprunePolicyId { uuid: policy.uuid.clone() }))
    })
}

/// `PUT …/autoprunepolicy/<uuid>`: replaces what a policy says.
///
/// # Errors
/// 400 when it makes no sense or another says the same, 404 when there is none of that id.
pub(crate) fn change<P: AutopruneChange<Target: Prunable>>(
    cx: &Context<'_, P>,
    path: PolicyPath,
    body: PolicyConfig,
) -> HandlerResult<NoContent> {
    let owner = Owner::of(cx)?;
    let value = body.value.0.clone();
    let policy = body.checked(path.policy_uuid)?;
    transaction(cx.db(), |tx| {
        let changed = autoprune::change(tx, &cx.grant, &policy);
        if !changed.map_err(|error| owner.duplicate(error))? {
            return Err(ApiError::not_found());
        }
        let (told, namespace) = (told(&policy, value.clone()), owner.namespace.name.as_str());
        let event = match owner.repository {
            None => LogEvent::UpdateNamespaceAutoprunePolicy { policy: told, namespace },
            Some(Repository { name: repo, .. }) => {
                LogEvent::UpdateRepositoryAutoprunePolicy { policy: told, namespace, repo }
            }
        };
        cx.log(tx, owner.namespace.id, &event)?;
        Ok(NoContent)
    })
}

/// `DELETE …/autoprunepolicy/<uuid>`: 200, not 204.
///
/// # Errors
/// 404 when there is none of that id.
pub(crate) fn delete<P: AutopruneChange<Target: Prunable>>(
    cx: &Context<'_, P>,
    path: PolicyPath,
) -> HandlerResult<JsonResponse<AutoprunePolicyId>> {
    let (owner, uuid) = (Owner::of(cx)?, &path.policy_uuid);
    transaction(cx.db(), |tx| {
        if !autoprune::delete(tx, &cx.grant, uuid)? {
            return Err(ApiError::not_found());
        }
        let (policy_uuid, namespace) = (uuid, owner.namespace.name.as_str());
        let event = match owner.repository {
            None => LogEvent::DeleteNamespaceAutoprunePolicy { policy_uuid, namespace },
            Some(Repository { name: repo, .. }) => {
                LogEvent::DeleteRepositoryAutoprunePolicy { policy_uuid, namespace, repo }
            }
        };
        cx.log(tx, owner.namespace.id, &event)?;
        Ok(JsonResponse(AutoprunePolicyId { uuid: uuid.clone() }))
    })
}

fn told(policy: &AutoprunePolicy, value: Value) -> Autoprune<'_> {
    Autoprune {
        method: &policy.method,
        value,
        tag_pattern: pattern(policy),
        tag_pattern_matches: policy.tag_pattern_matches,
    }
}
