//! Federation: which tokens of identity providers a robot may be used with (`docs/contract/quay.md` 6.3).

use berth_access::{NamespaceChange, NamespaceRef, Permit};
use berth_domain::LogKind;
use berth_store::{logs, robots, transaction};
use berth_web::{Context, HandlerResult, Response};
use serde_json::{Value, json};

use super::bodies::Federation;
use super::handlers::{existing, find, full_name, log_robot, missing};
use super::views::stored;

/// `GET …/robots/<short>/federation`: an array, bare.
pub(crate) fn get<P: Permit<Target = NamespaceRef>>(cx: &Context<'_, P>) -> HandlerResult {
    let robot = find(cx)?;
    Ok(Response::ok(&stored::<Value>(&robot.federation)?))
}

/// `POST …/robots/<short>/federation`: replaces what was there.
pub(crate) fn set<P: NamespaceChange>(cx: &Context<'_, P>, body: Federation) -> HandlerResult {
    let (namespace, entries) = (existing::<P>(cx)?, json!(body.checked()?));
    let metadata = json!({ "config": entries, "robot": cx.path("robot_shortname") });
    transaction(cx.db(), |tx| {
        let name = full_name(cx, namespace);
        if !robots::set_federation(tx, &cx.grant, &name, &entries.to_string())? {
            return Err(missing());
        }
        let entry = cx.log_entry(LogKind::CreateRobotFederation, namespace.id, metadata);
        logs::append(tx, &[entry])?;
        Ok(Response::ok(&entries))
    })
}

/// `DELETE …/robots/<short>/federation`.
pub(crate) fn delete<P: NamespaceChange>(cx: &Context<'_, P>) -> HandlerResult {
    let namespace = existing::<P>(cx)?;
    transaction(cx.db(), |tx| {
        if !robots::set_federation(tx, &cx.grant, &full_name(cx, namespace), "[]")? {
            return Err(missing());
        }
        log_robot(cx, tx, LogKind::DeleteRobotFederation, namespace)?;
        Ok(Response::no_content())
    })
}
