//! Federation: which tokens of identity providers a robot may be used with (`docs/contract/quay.md` 6.3).

use std::collections::HashSet;

use berth_access::{NamespaceChange, NamespaceRef, Permit};
use berth_domain::limits::{FEDERATION_BYTES, FEDERATION_ENTRIES};
use berth_store::log_event::LogEvent;
use berth_store::{robots, transaction};
use berth_web::{ApiError, Body, Context, HandlerResult, Request, Response, Schema};
use serde_json::{Map, Value, json};

use super::handlers::{existing, find, full_name, missing};
use super::views::stored;

/// `GET …/robots/<short>/federation`: an array, bare.
pub(crate) fn get<P: Permit<Target = NamespaceRef>>(cx: &Context<'_, P>) -> HandlerResult {
    let robot = find(cx)?;
    Ok(Response::ok(&stored::<Value>(&robot.federation)?))
}

/// The body of `POST …/robots/<short>/federation`: an array.
pub(crate) struct Federation(Vec<Value>);

impl Body for Federation {
    const SCHEMA: Option<&'static Schema> = None;

    fn read(request: &Request) -> Result<Self, ApiError> {
        if !request.has_json_type() {
            return Err(ApiError::not_json());
        }
        if request.body.len() > FEDERATION_BYTES {
            return Err(ApiError::too_large(FEDERATION_BYTES));
        }
        match berth_web::parse(request)? {
            Value::Null => Err(ApiError::invalid_request("Missing JSON body")),
            Value::Array(entries) => Ok(Self(entries)),
            other => Err(wrong_type(&other, "array")),
        }
    }
}

impl Federation {
    /// The entries, each with issuer and subject and nothing else.
    fn checked(self) -> Result<Vec<Value>, ApiError> {
        if self.0.len() > FEDERATION_ENTRIES {
            return Err(ApiError::invalid_request(format!(
                "A robot can have at most {FEDERATION_ENTRIES} federation config entries"
            )));
        }
        let mut known = HashSet::new();
        let mut checked = Vec::with_capacity(self.0.len());
        for entry in &self.0 {
            let Value::Object(members) = entry else { return Err(wrong_type(entry, "object")) };
            let issuer = member(members, "issuer")?;
            let subject = member(members, "subject")?;
            if !["http://", "https://"].iter().any(|scheme| issuer.starts_with(scheme)) {
                return Err(ApiError::invalid_request(
                    "Issuer must be a URL (http:// or https://)",
                ));
            }
            if !known.insert((issuer, subject)) {
                return Err(ApiError::invalid_request("Duplicate federation config entry"));
            }
            checked.push(json!({ "issuer": issuer, "subject": subject }));
        }
        Ok(checked)
    }
}

fn member<'a>(members: &'a Map<String, Value>, name: &str) -> Result<&'a str, ApiError> {
    match members.get(name) {
        Some(Value::String(text)) if !text.is_empty() => Ok(text),
        None | Some(Value::Null | Value::String(_)) => {
            Err(ApiError::invalid_request("Missing one or more required fields (issuer, subject)"))
        }
        Some(other) => Err(wrong_type(other, "string")),
    }
}

fn wrong_type(value: &Value, wanted: &str) -> ApiError {
    let value = berth_web::schema::python_repr(value);
    ApiError::invalid_request(format!("{value} is not of type '{wanted}'"))
}

/// `POST …/robots/<short>/federation`: replaces what was there.
pub(crate) fn set<P: NamespaceChange>(cx: &Context<'_, P>, body: Federation) -> HandlerResult {
    let (namespace, entries) = (existing::<P>(cx)?, json!(body.checked()?));
    transaction(cx.db(), |tx| {
        let name = full_name(cx, namespace);
        if !robots::set_federation(tx, &cx.grant, &name, &entries.to_string())? {
            return Err(missing());
        }
        let robot = cx.path("robot_shortname");
        let event = LogEvent::CreateRobotFederation { config: &entries, robot };
        cx.log(tx, namespace.id, &event)?;
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
        let robot = cx.path("robot_shortname");
        cx.log(tx, namespace.id, &LogEvent::DeleteRobotFederation { robot })?;
        Ok(Response::no_content())
    })
}
