//! Bodies and queries about notifications.

use berth_store::notifications::Notifications;
use berth_web::{Json, ListQuery, Query};

/// The query of the list.
#[derive(Query)]
pub(crate) struct NotificationsQuery {
    /// Which page, counted from 0, where none is asked for by another parameter
    #[query(default = 0, refusal = "Offset page number. (int)")]
    _page: i64,
    #[query(flatten)]
    pub(super) list: ListQuery<Notifications>,
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
