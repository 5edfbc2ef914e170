//! The outbox, for superusers: what became of mails, and what they say while they have not left. Where no gateway is set,
//! that is how links reach people.

use crate::mails::outbox::Content;
use berth_access::Superuser;
use berth_domain::log_event::LogEvent;
use berth_domain::secret::SecretKeys;
use berth_store::mails::{self, OutboxMail};
use berth_store::{StoreError, transaction};
use berth_web::{Context, HandlerResult, ResponseExt, header, response};
use serde_json::{Value, json};

use crate::page_query::PageQuery;

/// `GET /api/v1/superuser/mails`: the newest first. Whoever reads them reads links that let people in: that is logged, and
/// those of other superusers are not shown.
pub(crate) fn list(cx: &Context<'_, Superuser>, query: PageQuery) -> HandlerResult {
    let (services, caller) = (cx.services(), cx.caller()?);
    let page = query.page(services);
    let mails = transaction(cx.db(), |tx| -> Result<_, StoreError> {
        cx.log(tx, None, &LogEvent::MailsRead {})?;
        mails::list(tx, page.after, page.wanted())
    })?;
    let keys = services.secret_keys()?;
    let superusers = services.superusers();
    // A token does not read what lets its own user in: it would become that user.
    let is_session = cx.person().is_some();
    let view = |mail: OutboxMail| {
        let concerned = mail.about.iter().chain(&mail.reader);
        let others = concerned.filter(|person| !is_session || person.id != caller.id);
        let hidden = others
            .into_iter()
            .any(|person| person.is_first || superusers.gives_powers_to(&person.name));
        view(&keys, &mail, hidden)
    };
    let answer = page.answer("mails", mails, |mail| mail.id, view);
    Ok(response::ok(&answer).with_header(header::CACHE_CONTROL, "no-store"))
}

/// A text that cannot be opened, its key being lost, is shown like one that is not kept.
fn view(keys: &SecretKeys, mail: &OutboxMail, hidden: bool) -> Value {
    let sealed = mail.sealed_content.as_deref().filter(|_| !hidden);
    let content = sealed.map(|sealed| Content::open(keys, sealed));
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
