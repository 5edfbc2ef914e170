//! Auto-prune policies of organizations and users (`contract/quay.md` 7.2): configuration only, Berth stores no tags.

use berth_access::{NamespaceChange, NamespaceRef, Permit};
use berth_domain::{LogKind, Namespace, settings};
use berth_store::autoprune::{self, AutoprunePolicy};
use berth_store::{StoreError, log, transaction};
use berth_web::{Answer, ApiError, Context, Json, Kind, Property, Response, Schema};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::namespace::existing;

/// `GET …/autoprunepolicy/`.
pub(crate) fn list<P: Permit<Target = NamespaceRef>>(cx: &Context<'_, P>) -> Answer {
    existing(cx)?;
    let policies = autoprune::list(cx.db(), &cx.grant, None)?;
    let views: Vec<Value> = policies.iter().map(view).collect::<Result<_, _>>()?;
    Ok(Response::ok(&json!({ "policies": views })))
}

/// `GET …/autoprunepolicy/<uuid>`.
pub(crate) fn get<P: Permit<Target = NamespaceRef>>(cx: &Context<'_, P>) -> Answer {
    existing(cx)?;
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
        about: "The policy configuration that is to be applied to the namespace",
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

impl PolicyConfig {
    /// The policy, if it makes sense.
    fn checked(self, uuid: String) -> Result<AutoprunePolicy, ApiError> {
        let makes_sense = match self.method.as_str() {
            "number_of_tags" => self.value.as_i64().is_some_and(|number| number > 0),
            "creation_date" => {
                self.value.as_str().is_some_and(|age| settings::parse_duration(age).is_some())
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
        Ok(AutoprunePolicy {
            uuid,
            method: self.method,
            value: self.value.to_string(),
            tag_pattern: tag_pattern.unwrap_or_default().to_owned(),
            tag_pattern_matches: self.tag_pattern_matches.unwrap_or(true),
        })
    }
}

/// Makes a policy.
pub(crate) fn create<P: NamespaceChange>(cx: &Context<'_, P>, body: PolicyConfig) -> Answer {
    let namespace = existing(cx)?;
    let value = body.value.clone();
    let policy = body.checked(cx.services().random().uuid())?;
    transaction(cx.db(), |tx| {
        autoprune::create(tx, &cx.grant, &policy).map_err(duplicate)?;
        let metadata = metadata(&policy, value, namespace);
        let kind = LogKind::CreateNamespaceAutoprunePolicy;
        log::append(tx, &[cx.log_entry(kind, namespace.id, metadata)])?;
        Ok(Response::json(201, &json!({ "uuid": policy.uuid })))
    })
}

/// Replaces what a policy says.
pub(crate) fn change<P: NamespaceChange>(cx: &Context<'_, P>, body: PolicyConfig) -> Answer {
    let namespace = existing(cx)?;
    let value = body.value.clone();
    let policy = body.checked(cx.path("policy_uuid").to_owned())?;
    transaction(cx.db(), |tx| {
        if !autoprune::change(tx, &cx.grant, &policy).map_err(duplicate)? {
            return Err(ApiError::not_found());
        }
        let metadata = metadata(&policy, value, namespace);
        let kind = LogKind::UpdateNamespaceAutoprunePolicy;
        log::append(tx, &[cx.log_entry(kind, namespace.id, metadata)])?;
        Ok(Response::no_content())
    })
}

/// `DELETE …/autoprunepolicy/<uuid>`: 200, not 204.
pub(crate) fn delete<P: NamespaceChange>(cx: &Context<'_, P>) -> Answer {
    let (namespace, uuid) = (existing(cx)?, cx.path("policy_uuid"));
    transaction(cx.db(), |tx| {
        if !autoprune::delete(tx, &cx.grant, uuid)? {
            return Err(ApiError::not_found());
        }
        let metadata = json!({ "policy_uuid": uuid, "namespace": namespace.name });
        let kind = LogKind::DeleteNamespaceAutoprunePolicy;
        log::append(tx, &[cx.log_entry(kind, namespace.id, metadata)])?;
        Ok(Response::ok(&json!({ "uuid": uuid })))
    })
}

fn duplicate(error: StoreError) -> ApiError {
    match error.is_taken("autoprune_policy.namespace_id") {
        true => ApiError::invalid_request(
            "Existing policy with same values for this namespace, duplicate policies are not permitted",
        ),
        false => error.into(),
    }
}

fn metadata(policy: &AutoprunePolicy, value: Value, namespace: &Namespace) -> Value {
    json!({
        "method": policy.method,
        "value": value,
        "tag_pattern": pattern(policy),
        "tag_pattern_matches": policy.tag_pattern_matches,
        "namespace": namespace.name,
    })
}
