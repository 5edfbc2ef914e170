//! The outbox, for superusers: what became of mails, and what they say while they have not left. Where no gateway is set,
//! that is how links reach people.

use berth_access::Superuser;
use berth_domain::secret::SecretKeys;
use berth_store::mail::{self, OutboxMail};
use berth_web::mail::Content;
use berth_web::{Answer, Context, Response};
use serde_json::{Value, json};

use crate::page::PageQuery;

/// `GET /api/v1/superuser/mails`: the newest first.
pub(crate) fn list(cx: &Context<'_, Superuser>, query: PageQuery) -> Answer {
    let services = cx.services();
    let before = Some(query.after_id(services)).filter(|id| *id > 0);
    let mails = mail::list(cx.db(), &cx.grant, before, query.wanted())?;
    let keys = services.secret_keys()?;
    let view = |mail| view(&keys, &mail);
    let answer = query.answer(services, "mails", mails, |mail| mail.id, view);
    Ok(Response::ok(&answer).with_header("cache-control", "no-store"))
}

/// A text that cannot be opened, its key being lost, is shown like one that is not kept.
fn view(keys: &SecretKeys, mail: &OutboxMail) -> Value {
    let content = mail.sealed_content.as_deref().map(|sealed| Content::open(keys, sealed));
    let text = content.and_then(Result::ok).map(|content| content.text);
    json!({
        "id": mail.uuid,
        "to": mail.recipient,
        "subject": mail.subject,
        "text": text,
        "created": mail.created_at.to_rfc2822(),
        "state": mail.delivery.state(),
        "attempts": mail.delivery.attempts,
        "next_attempt": mail.delivery.due_at.map(|at| at.to_rfc2822()),
        "delivered": mail.delivery.delivered_at.map(|at| at.to_rfc2822()),
        "error": mail.delivery.last_error,
    })
}
