//! Messages of the superusers to everybody: consoles show them on every page.

use berth_access::{Public, Superuser};
use berth_store::log_event::LogEvent;
use berth_store::messages::{self, Message};
use berth_store::transaction;
use berth_web::{ApiError, Context, HandlerResult, Json, Kind, Property, Response, Schema};
use serde::Deserialize;
use serde_json::{Value, json};

/// The longest message, in bytes.
const LONGEST: usize = 10_000;

/// `POST /api/v1/messages`.
#[derive(Deserialize)]
pub(crate) struct NewMessage {
    message: Content,
}

#[derive(Deserialize)]
struct Content {
    content: String,
    media_type: String,
    severity: String,
}

const CONTENT: Schema = Schema {
    name: "Message",
    about: "A message to everybody",
    properties: &[
        Property::required("content", Kind::String, "What it says"),
        Property::required(
            "media_type",
            Kind::Enum(&["text/plain", "text/markdown"]),
            "How to read it",
        ),
        Property::required(
            "severity",
            Kind::Enum(&["info", "warning", "error"]),
            "How serious it is",
        ),
    ],
};

impl Json for NewMessage {
    const SCHEMA: &'static Schema = &Schema {
        name: "CreateMessage",
        about: "A new message",
        properties: &[Property::required("message", Kind::Object(&CONTENT), "The message")],
    };
}

/// `GET /api/v1/messages`.
pub(crate) fn list(cx: &Context<'_, Public>) -> HandlerResult {
    let messages: Vec<Value> = messages::list(cx.db())?.iter().map(view).collect();
    Ok(Response::ok(&json!({ "messages": messages })))
}

/// Stores a message.
pub(crate) fn create(cx: &Context<'_, Superuser>, body: NewMessage) -> HandlerResult {
    let Content { content, media_type, severity } = body.message;
    if content.len() > LONGEST {
        let text = format!("A message can be {LONGEST} bytes long, not more");
        return Err(ApiError::invalid_request(text));
    }
    let uuid = cx.services().random().uuid();
    let message = Message { uuid, content, severity, media_type };
    transaction(cx.db(), |tx| {
        messages::create(tx, &cx.grant, &message, cx.services().now())?;
        let Message { uuid, severity, .. } = &message;
        cx.log(tx, None, &LogEvent::CreateGlobalMessage { uuid, severity })?;
        Ok(Response::json(201, &view(&message)))
    })
}

/// `DELETE /api/v1/message/<uuid>`: 204 also when there is no such message.
pub(crate) fn delete(cx: &Context<'_, Superuser>) -> HandlerResult {
    let uuid = cx.path("uuid");
    transaction(cx.db(), |tx| {
        if messages::delete(tx, &cx.grant, uuid)? {
            cx.log(tx, None, &LogEvent::DeleteGlobalMessage { uuid })?;
        }
        Ok(Response::no_content())
    })
}

fn view(message: &Message) -> Value {
    json!({
        "uuid": message.uuid,
        "content": message.content,
        "severity": message.severity,
        "media_type": message.media_type,
    })
}
