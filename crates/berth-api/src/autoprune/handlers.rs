//! Auto-prune policies of organizations, users and repositories (`docs/contract/quay.md` 7.2), for every component that has some:
//! configuration only, Berth stores no tags.

use berth_access::{AutopruneChange, Permit};
use berth_domain::limits::TAG_PATTERN_BYTES;
use berth_domain::{LogKind, Namespace, Repository, settings};
use berth_store::autoprune::{self, AutoprunePolicy, Prunable};
use berth_store::log_event::{Autoprune, LogEvent};
use berth_store::{StoreError, transaction};
use serde::Deserialize;
use serde_json::{Value, json};

use berth_web::ApiError;
use berth_web::Context;
use berth_web::Json;
use berth_web::Response;
use berth_web::{HandlerResult, Logs};
use berth_web::{Kind, Property, Schema};

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
pub(crate) fn list<P: Permit<Target: Prunable>>(cx: &Context<'_, P>) -> HandlerResult {
    Owner::of(cx)?;
    let policies = autoprune::list(cx.db(), &cx.grant, None)?;
    let views: Vec<Value> = policies.iter().map(view).collect::<Result<_, _>>()?;
    Ok(Response::ok(&json!({ "policies": views })))
}

/// `GET …/autoprunepolicy/<uuid>`.
///
/// # Errors
/// 404 when there is none of that id.
pub(crate) fn get<P: Permit<Target: Prunable>>(cx: &Context<'_, P>) -> HandlerResult {
    Owner::of(cx)?;
    let policies = autoprune::list(cx.db(), &cx.grant, Some(cx.path("policy_uuid")))?;
    let policy = policies.first().ok_or_else(ApiError::not_found)?;
    Ok(Response::ok(&view(policy)?))
}

fn view(policy: &AutoprunePolicy) -> Result<Value, ApiError> {
    let value: Value = serde_json::from_str(&policy.value).map_err(|error| {
        ApiError::Internal(format!("auto-prune policy {}: no JSON: {error}", policy.uuid))
    })?;
    Ok(json!({
        "uuid": policy.uuid,
        "method": policy.method,
        "value": value,
        "tagPattern": pattern(policy),
        "tagPatternMatches": policy.tag_pattern_matches,
    }))
}

/// Which tags; none is every tag.
fn pattern(policy: &AutoprunePolicy) -> Option<&str> {
    Some(policy.tag_pattern.as_str()).filter(|pattern| !pattern.is_empty())
}

/// The body of `POST …/autoprunepolicy/` and `PUT …/autoprunepolicy/<uuid>`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PolicyConfig {
    method: String,
    value: Value,
    tag_pattern: Option<String>,
    tag_pattern_matches: Option<bool>,
}

impl Json for PolicyConfig {
    const SCHEMA: &'static Schema = &Schema {
        name: "AutoPrunePolicyConfig",
        about: "The policy configuration that is to be applied to the namespace or repository",
        properties: &[
            Property::required(
                "method",
                Kind::String,
                "The method to use for pruning tags (number_of_tags, creation_date)",
            ),
            Property::required(
                "value",
                Kind::IntegerOrString,
                "The value to use for the pruning method: a number of tags, or an age such as 7d",
            ),
            Property::optional("tagPattern", Kind::String, "Tags only matching this pattern"),
            Property::optional(
                "tagPatternMatches",
                Kind::Boolean,
                "Whether the tags that match are pruned, or those that do not",
            ),
        ],
    };
}

/// How long an age is at most, in characters.
const LONGEST_AGE: usize = 32;

impl PolicyConfig {
    /// The policy, if it makes sense.
    fn checked(self, uuid: String) -> Result<AutoprunePolicy, ApiError> {
        let makes_sense = match self.method.as_str() {
            "number_of_tags" => self.value.as_i64().is_some_and(|number| number > 0),
            "creation_date" => {
                let age = self.value.as_str().filter(|age| age.len() <= LONGEST_AGE);
                age.is_some_and(|age| settings::parse_duration(age).is_some())
            }
            _ => return Err(ApiError::invalid_request("Invalid method provided")),
        };
        if !makes_sense {
            return Err(ApiError::invalid_request("Invalid value given for method type"));
        }
        let tag_pattern = self.tag_pattern.as_deref().map(str::trim);
        if tag_pattern == Some("") {
            return Err(ApiError::invalid_request("tag_pattern cannot be empty"));
        }
        if tag_pattern.is_some_and(|pattern| pattern.len() > TAG_PATTERN_BYTES) {
            let text = format!("tag_pattern is longer than {TAG_PATTERN_BYTES} bytes");
            return Err(ApiError::invalid_request(text));
        }
        Ok(AutoprunePolicy {
            uuid,
            method: self.method,
            value: self.value.to_string(),
            tag_pattern: tag_pattern.unwrap_or_default().to_owned(),
            tag_pattern_matches: self.tag_pattern_matches.unwrap_or(true),
        })
    }
}

/// `POST …/autoprunepolicy/`: makes a policy.
///
/// # Errors
/// 400 when it makes no sense or is there already, 404 when what it is for does not exist.
pub(crate) fn create<P: AutopruneChange<Target: Prunable>>(
    cx: &Context<'_, P>,
    body: PolicyConfig,
) -> HandlerResult {
    let owner = Owner::of(cx)?;
    let value = body.value.clone();
    let policy = body.checked(cx.services().random().uuid())?;
    transaction(cx.db(), |tx| {
        autoprune::create(tx, &cx.grant, &policy).map_err(|error| owner.duplicate(error))?;
        let (told, namespace) = (told(&policy, value), owner.namespace.name.as_str());
        let event = match owner.repository {
            None => LogEvent::CreateNamespaceAutoprunePolicy { policy: told, namespace },
            Some(Repository { name: repo, .. }) => {
                LogEvent::CreateRepositoryAutoprunePolicy { policy: told, namespace, repo }
            }
        };
        cx.log(tx, owner.namespace.id, &event)?;
        Ok(Response::json(201, &json!({ "uuid": policy.uuid })))
    })
}

/// `PUT …/autoprunepolicy/<uuid>`: replaces what a policy says.
///
/// # Errors
/// 400 when it makes no sense or another says the same, 404 when there is none of that id.
pub(crate) fn change<P: AutopruneChange<Target: Prunable>>(
    cx: &Context<'_, P>,
    body: PolicyConfig,
) -> HandlerResult {
    let owner = Owner::of(cx)?;
    let value = body.value.clone();
    let policy = body.checked(cx.path("policy_uuid").to_owned())?;
    transaction(cx.db(), |tx| {
        let changed = autoprune::change(tx, &cx.grant, &policy);
        if !changed.map_err(|error| owner.duplicate(error))? {
            return Err(ApiError::not_found());
        }
        let (told, namespace) = (told(&policy, value), owner.namespace.name.as_str());
        let event = match owner.repository {
            None => LogEvent::UpdateNamespaceAutoprunePolicy { policy: told, namespace },
            Some(Repository { name: repo, .. }) => {
                LogEvent::UpdateRepositoryAutoprunePolicy { policy: told, namespace, repo }
            }
        };
        cx.log(tx, owner.namespace.id, &event)?;
        Ok(Response::no_content())
    })
}

/// `DELETE …/autoprunepolicy/<uuid>`: 200, not 204.
///
/// # Errors
/// 404 when there is none of that id.
pub(crate) fn delete<P: AutopruneChange<Target: Prunable>>(cx: &Context<'_, P>) -> HandlerResult {
    let (owner, uuid) = (Owner::of(cx)?, cx.path("policy_uuid"));
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
        Ok(Response::ok(&json!({ "uuid": uuid })))
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
