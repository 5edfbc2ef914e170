//! The rows of this resource.

use berth_access::{Scope, UserAdmin};
use berth_web::{Logs, Route, WithBody, WithPath, WithPathAndBody};

use super::handlers;

/// The route table.
pub const ROUTES: &[Route] = &[
    Route::get(
        "/api/v1/user/notifications",
        "listUserNotifications",
        &WithBody::<UserAdmin, _, _>(handlers::list),
    )
    .scope(Scope::UserAdmin)
    .permission_first()
    .internal(),
    Route::get(
        "/api/v1/user/notifications/:uuid",
        "getUserNotification",
        &WithPath::<UserAdmin, _, _>(handlers::get),
    )
    .scope(Scope::UserAdmin)
    .internal(),
    Route::put(
        "/api/v1/user/notifications/:uuid",
        "updateUserNotification",
        &WithPathAndBody::<UserAdmin, _, _, _>(handlers::change),
        Logs::Nothing("what a user has read is not logged"),
    )
    .scope(Scope::UserAdmin)
    .permission_first()
    .internal(),
];
