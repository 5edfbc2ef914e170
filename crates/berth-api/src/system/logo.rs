//! Our logo, which consoles show on every page.

use berth_access::Public;
use berth_web::{Answer, Context, HandlerResult, IntoResponse, Response};
use schemars::SchemaGenerator;

/// Where it is served.
pub(crate) const PATH: &str = "/static/img/berth-logo.svg";

/// The picture.
pub(crate) struct Logo;

impl IntoResponse for Logo {
    fn answers(_: &mut SchemaGenerator) -> Vec<Answer> {
        vec![Answer::other(200, Some("image/svg+xml"))]
    }

    fn into_response(self) -> Response {
        Response::text(200, "image/svg+xml", include_str!("logo.svg"))
            .with_header("cache-control", "public, max-age=86400")
    }
}

/// `GET /static/img/berth-logo.svg`.
pub(crate) fn get(_cx: &Context<'_, Public>) -> HandlerResult<Logo> {
    Ok(Logo)
}
