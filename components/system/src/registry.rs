//! What the superuser pages of a console ask of the registry itself. Berth stores no image content, so its size is 0.

use berth_access::{Superuser, SuperuserView};
use berth_web::{Answer, Context, Response};
use serde_json::json;

/// `GET /api/v1/superuser/registrysize/`.
pub(crate) fn size(_cx: &Context<'_, SuperuserView>) -> Answer {
    Ok(Response::ok(&json!({
        "size_bytes": 0,
        "last_ran": null,
        "running": false,
        "queued": false,
    })))
}

/// `POST /api/v1/superuser/registrysize/`: there is nothing to measure, so it is done at once.
pub(crate) fn measure(_cx: &Context<'_, Superuser>) -> Answer {
    Ok(Response::json(201, &""))
}

/// `GET /api/v1/superuser/registrystatus`.
pub(crate) fn status(_cx: &Context<'_, SuperuserView>) -> Answer {
    Ok(Response::ok(&json!({ "status": "ready" })))
}

/// `GET /api/v1/superuser/changelog/`: Berth's own.
pub(crate) fn changelog(_cx: &Context<'_, SuperuserView>) -> Answer {
    Ok(Response::ok(&json!({ "log": include_str!("../../../CHANGELOG.md") })))
}
