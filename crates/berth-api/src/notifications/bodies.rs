//! Bodies and queries about notifications.

use berth_domain::Timestamp;
use berth_domain::limits::PAGE_ROWS;
use berth_web::{Json, Page, Query};

/// How many notifications a page has when nobody says.
const USUAL: i64 = 5;

/// The query of the list.
#[derive(Query)]
pub(crate) struct NotificationsQuery {
    /// Which page, counted from 0
    #[query(default = 0, refusal = "Offset page number. (int)")]
    page: i64,
    /// How many to list, at most
    #[query(default = USUAL, refusal = "Limit on the number of results (int)")]
    limit: i64,
}

impl NotificationsQuery {
    /// The page.
    pub(super) fn page(&self, now: Timestamp) -> Page {
        let rows = self.limit.clamp(1, PAGE_ROWS);
        Page::at(self.page.clamp(0, i64::from(i32::MAX)) * rows, rows, now)
    }
}

/// Information for updating a notification
///
/// `PUT /api/v1/user/notifications/<uuid>`.
#[derive(Json)]
#[json(name = "UpdateNotification")]
pub(crate) struct Dismissal {
    /// Whether the user has seen enough of it
    pub(super) dismissed: Option<bool>,
}
