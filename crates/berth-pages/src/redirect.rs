//! Where a visitor goes on.

use berth_web::{Response, ResponseExt, StatusCode, header};

/// An answer that needs no more than a status and a place.
pub(crate) fn see_other(location: String) -> Response {
    berth_web::response::redirect(StatusCode::SEE_OTHER, location)
        .with_header(header::CACHE_CONTROL, "no-store")
}
