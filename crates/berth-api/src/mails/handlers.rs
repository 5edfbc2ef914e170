//! The outbox, for superusers: what became of mails, and what they say while they have not left. Where no gateway is set,
//! that is how links reach people.

use berth_access::Superuser;
use berth_domain::log_event::LogEvent;
use berth_store::mails::{self, OutboxMail};
use berth_store::{StoreError, transaction};
use berth_web::{Context, HandlerResult, ListQuery, ListResponse};

use super::views::{MailView, Mails};

/// `GET /api/v1/superuser/mails`: the newest first. Whoever reads them reads links that let people in: that is logged, and
/// those of other superusers are not shown.
pub(crate) fn list(
    cx: &Context<'_, Superuser>,
    query: ListQuery<mails::Outbox>,
) -> HandlerResult<ListResponse<Mails>> {
    let (services, caller) = (cx.services(), cx.caller()?);
    let page = query.page(cx)?;
    let mails = transaction(cx.db(), |tx| -> Result<_, StoreError> {
        cx.log(tx, None, &LogEvent::MailsRead {})?;
        mails::list(tx, &page.window)
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
        MailView::new(&keys, mail, hidden)
    };
    Ok(page.list(mails, view)?.respond(Mails::of))
}
