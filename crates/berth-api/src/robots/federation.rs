//! Federation: which tokens of identity providers a robot may be used with (`docs/contract/quay.md` 6.3).

use super::bodies::Federation;
use super::handlers::{RobotPath, existing, find, missing};
use super::views::stored;
use berth_access::{NamespaceChange, NamespaceTarget, Permit};
use berth_domain::log_event::LogEvent;
use berth_store::{robots, transaction};
use berth_web::{Context, HandlerResult, response};
use serde_json::{Value, json};

/// `GET …/robots/<short>/federation`: an array, bare.
pub(crate) fn get<P: Permit<Target: NamespaceTarget>>(
    cx: &Context<'_, P>,
    path: RobotPath,
) -> HandlerResult {
    let robot = find(cx, &path)?;
    Ok(response::ok(&stored::<Value>(&robot.federation)?))
}

/// `POST …/robots/<short>/federation`: replaces what was there.
pub(crate) fn set<P: NamespaceChange>(
    cx: &Context<'_, P>,
    path: RobotPath,
    body: Federation,
) -> HandlerResult {
    let (namespace, entries) = (existing::<P>(cx)?, json!(body.checked()?));
    transaction(cx.db(), |tx| {
        let name = path.full_name(namespace);
        if !robots::set_federation(tx, &cx.grant, &name, &entries.to_string())? {
            return Err(missing());
        }
        let robot = &path.robot_shortname;
        let event = LogEvent::CreateRobotFederation { config: &entries, robot };
        cx.log(tx, namespace.id, &event)?;
        Ok(response::ok(&entries))
    })
}

/// `DELETE …/robots/<short>/federation`.
pub(crate) fn delete<P: NamespaceChange>(cx: &Context<'_, P>, path: RobotPath) -> HandlerResult {
    let namespace = existing::<P>(cx)?;
    transaction(cx.db(), |tx| {
        if !robots::set_federation(tx, &cx.grant, &path.full_name(namespace), "[]")? {
            return Err(missing());
        }
        let robot = &path.robot_shortname;
        cx.log(tx, namespace.id, &LogEvent::DeleteRobotFederation { robot })?;
        Ok(response::no_content())
    })
}
