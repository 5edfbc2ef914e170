//! Addresses that callers name: one POST, to an allowed destination, without redirects.

use berth_domain::destination::Destinations;
use berth_upstream::Allowed;
use url::Url;

use crate::bindings::Destination;
use crate::upstream_client::{HttpClient, UpstreamClient};

/// Posts JSON. The status of the answer.
///
/// # Errors
/// Why there is none, for the log.
pub fn post(http: &impl HttpClient, to: &Destination, body: &str) -> Result<u16, String> {
    let url = Url::parse(&to.url).map_err(|_| "it is no URL".to_owned())?;
    let client = UpstreamClient {
        http,
        allowed: Allowed {
            destinations: Destinations::allowing(&to.allowed)
                .without_look_up(&to.without_look_up)
                .behind_host(to.host_blocks),
            insecure: true,
        },
    };
    client
        .post(&url, body)
        .map(|response| response.status().as_u16())
        .map_err(|failure| format!("{failure:?}"))
}
