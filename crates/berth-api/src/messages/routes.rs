//! The rows of this resource.

use berth_access::{Public, Superuser};
use berth_domain::{LogKind, limits};
use berth_web::{Logs, Route, WithBody, WithPath};

use super::handlers;

/// The route table.
pub const ROUTES: &[Route] = &[
    Route::get("/api/v1/messages", "getGlobalMessages", &WithBody::<Public, _, _>(handlers::list)),
    Route::post(
        "/api/v1/messages",
        "createGlobalMessage",
        &WithBody::<Superuser, _, _>(handlers::create),
        Logs::Kinds(&[LogKind::CreateGlobalMessage]),
    )
    .limits(&[&limits::MESSAGES])
    .superuser(),
    Route::delete(
        "/api/v1/message/:uuid",
        "deleteGlobalMessage",
        &WithPath::<Superuser, _, _>(handlers::delete),
        Logs::Kinds(&[LogKind::DeleteGlobalMessage]),
    )
    .superuser(),
];
