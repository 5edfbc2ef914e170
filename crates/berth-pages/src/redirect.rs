//! Where a visitor goes on.

use berth_web::{Response, ResponseExt, StatusCode, header};

/// An answer that needs no more than a status and a place.
pub(crate) fn see_other(location: String) -> Response {
    berth_web::response::redirect(StatusCode::SEE_OTHER, location)
        .with_header(header::CACHE_CONTROL, "no-store")
}

/// A place in this console; the first page in the place of any other.
pub(crate) fn local(target: &str) -> &str {
    let is_local = target.starts_with('/')
        && !target.starts_with("//")
        && !target.contains('\\')
        && target.bytes().all(|byte| byte.is_ascii_graphic());
    if is_local { target } else { "/" }
}
