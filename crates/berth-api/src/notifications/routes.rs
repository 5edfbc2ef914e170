//! The rows of this resource.

use berth_access::{Scope, UserAdmin};
use berth_web::{Change, Logs, Read, Route};

use super::handlers;

/// The route table.
pub const ROUTES: &[Route] = &[
    Route::get(
        "/api/v1/user/notifications",
        "listUserNotifications",
        &Change::<UserAdmin, _>(handlers::list),
    )
    .scope(Scope::UserAdmin)
    .permission_first()
    .internal(),
    Route::get(
        "/api/v1/user/notifications/:uuid",
        "getUserNotification",
        &Read::<UserAdmin>(handlers::get),
    )
    .scope(Scope::UserAdmin)
    .internal(),
    Route::put(
        "/api/v1/user/notifications/:uuid",
        "updateUserNotification",
        &Change::<UserAdmin, _>(handlers::change),
        Logs::Nothing("what a user has seen is his own matter"),
    )
    .scope(Scope::UserAdmin)
    .permission_first()
    .internal(),
];
