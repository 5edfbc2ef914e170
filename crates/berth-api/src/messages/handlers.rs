//! Messages of the superusers to everybody: consoles show them on every page.

use berth_access::{Public, Superuser, path};
use berth_domain::log_event::LogEvent;
use berth_store::messages::{self, Message};
use berth_store::transaction;
use berth_web::{ApiError, Context, Created, HandlerResult, ListQuery, ListResponse, NoContent};

use super::bodies::{Content, NewMessage};
use super::views::{GlobalMessage, GlobalMessages};

/// The longest message, in bytes.
const LONGEST: usize = 10_000;

/// `GET /api/v1/messages`.
pub(crate) fn list(
    cx: &Context<'_, Public>,
    query: ListQuery<messages::Messages>,
) -> HandlerResult<ListResponse<GlobalMessages>> {
    let page = query.page(cx)?;
    let found = messages::list(cx.db(), &page.window)?;
    Ok(page.list(found, GlobalMessage::from)?.respond(GlobalMessages::of))
}

/// Stores a message.
pub(crate) fn create(
    cx: &Context<'_, Superuser>,
    body: NewMessage,
) -> HandlerResult<Created<GlobalMessage>> {
    let Content { content, media_type, severity } = body.message;
    if content.len() > LONGEST {
        let text = format!("A message can be {LONGEST} bytes long, not more");
        return Err(ApiError::invalid_request(text));
    }
    let uuid = cx.services().random().uuid();
    let (severity, media_type) = (severity.as_str().to_owned(), media_type.as_str().to_owned());
    let message = Message { uuid, content, severity, media_type };
    transaction(cx.db(), |tx| {
        messages::create(tx, &message, cx.services().now())?;
        let Message { uuid, severity, .. } = &message;
        cx.log(tx, None, &LogEvent::CreateGlobalMessage { uuid, severity })?;
        Ok(Created(message.clone().into()))
    })
}

path! {
    /// A message to everybody.
    pub(crate) struct MessagePath { uuid }
}

/// `DELETE /api/v1/message/<uuid>`: 204 also when there is no such message.
pub(crate) fn delete(cx: &Context<'_, Superuser>, path: MessagePath) -> HandlerResult<NoContent> {
    let uuid = &path.uuid;
    transaction(cx.db(), |tx| {
        if messages::delete(tx, uuid)? {
            cx.log(tx, None, &LogEvent::DeleteGlobalMessage { uuid })?;
        }
        Ok(NoContent)
    })
}
