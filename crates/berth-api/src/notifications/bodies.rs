//! Bodies and queries about notifications.

use berth_domain::limits::PAGE_ROWS;
use berth_web::{Json, Query};

/// How many notifications a page has when nobody says.
const USUAL: i64 = 5;

/// The query of the list.
#[derive(Query)]
pub(crate) struct Window {
    /// Which page, counted from 0
    #[query(default = 0, refusal = "Offset page number. (int)")]
    page: i64,
    /// How many to list, at most
    #[query(default = USUAL, refusal = "Limit on the number of results (int)")]
    limit: i64,
}

impl Window {
    /// How many notifications the page has at most.
    pub(super) fn limit(&self) -> i64 {
        self.limit.clamp(1, PAGE_ROWS)
    }

    /// How many notifications are on the pages before.
    pub(super) fn offset(&self) -> i64 {
        self.page.clamp(0, i64::from(i32::MAX)) * self.limit()
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
