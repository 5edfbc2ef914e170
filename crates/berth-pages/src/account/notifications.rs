//! All notifications of the visitor that they have not dismissed.

use maud::{Markup, html};

use super::{Tab, tab_of};
use crate::list::List;
use crate::notifications::{Notification, entries};
use crate::parts;
use crate::refusal::Refusal;
use crate::visit::Visit;

/// The tab.
pub(super) fn tab(visit: &Visit<'_>, name: &str) -> Result<Markup, Refusal> {
    let t = visit.texts;
    let back = tab_of(name, Tab::Notifications);
    let list = List::new(visit, &back, t.search_notifications, &[]);
    let target = list.target("/api/v1/user/notifications");
    let found = visit.list::<Notification>(&target, "notifications")?;
    let all: Vec<_> = found.entries.iter().collect();
    let nothing = html! {};
    Ok(html! {
        div.card {
            @if all.is_empty() && list.is_narrowed() { (list.nothing_found(visit)) }
            @else if all.is_empty() {
                (parts::empty(t.no_notifications, t.no_notifications_text, &nothing))
            } @else { (entries(visit, &all, &back)) }
        }
        (list.pager(visit, found.next.as_deref()))
    })
}
