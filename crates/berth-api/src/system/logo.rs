//! Our logo, which consoles show on every page.

use berth_access::Public;
use berth_web::{Context, HandlerResult, Response};

/// Where it is served.
pub(crate) const PATH: &str = "/static/img/berth-logo.svg";

/// `GET /static/img/berth-logo.svg`.
pub(crate) fn get(_cx: &Context<'_, Public>) -> HandlerResult {
    let picture = Response::text(200, "image/svg+xml", include_str!("logo.svg"));
    Ok(picture.with_header("cache-control", "public, max-age=86400"))
}
