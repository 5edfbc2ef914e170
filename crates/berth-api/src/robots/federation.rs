//! Federation: which tokens of identity providers a robot may be used with (`docs/contract/quay.md` 6.3).

use super::bodies::Federation;
use super::handlers::{RobotPath, existing, find, missing};
use super::views::{FederationEntry, stored};
use berth_access::{NamespaceChange, NamespaceTarget, Permit};
use berth_domain::log_event::LogEvent;
use berth_store::{robots, transaction};
use berth_web::{Context, HandlerResult, JsonResponse, NoContent};
use serde_json::json;

/// `GET …/robots/<short>/federation`: an array, bare.
pub(crate) fn get<P: Permit<Target: NamespaceTarget>>(
    cx: &Context<'_, P>,
    path: RobotPath,
) -> HandlerResult<JsonResponse<Vec<FederationEntry>>> {
    let robot = find(cx, &path)?;
    Ok(JsonResponse(stored(&robot.federation)?))
}

/// `POST …/robots/<short>/federation`: replaces what was there.
pub(crate) fn set<P: NamespaceChange>(
    cx: &Context<'_, P>,
    path: RobotPath,
    body: Federation,
) -> HandlerResult<JsonResponse<Vec<FederationEntry>>> {
    let (namespace, entries) = (existing::<P>(cx)?, body.checked()?);
    let config = json!(entries);
    transaction(cx.db(), |tx| {
        let name = path.full_name(namespace);
        if !robots::set_federation(tx, &cx.grant, &name, &config.to_string())? {
            return Err(missing());
        }
        let robot = &path.robot_shortname;
        let event = LogEvent::CreateRobotFederation { config: &config, robot };
        cx.log(tx, namespace.id, &event)?;
        Ok(JsonResponse(entries.clone()))
    })
}

/// `DELETE …/robots/<short>/federation`.
pub(crate) fn delete<P: NamespaceChange>(
    cx: &Context<'_, P>,
    path: RobotPath,
) -> HandlerResult<NoContent> {
    let namespace = existing::<P>(cx)?;
    transaction(cx.db(), |tx| {
        if !robots::set_federation(tx, &cx.grant, &path.full_name(namespace), "[]")? {
            return Err(missing());
        }
        let robot = &path.robot_shortname;
        cx.log(tx, namespace.id, &LogEvent::DeleteRobotFederation { robot })?;
        Ok(NoContent)
    })
}
