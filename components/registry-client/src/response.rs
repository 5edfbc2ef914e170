//! Responses that are no success.

use std::time::SystemTime;

use berth_upstream::retry_after;
use http::Response;

use crate::bindings::Failure;

/// The failure for a status that is no success.
pub(crate) fn failure(response: &Response<Vec<u8>>) -> Failure {
    match response.status().as_u16() {
        401 | 403 => Failure::AuthenticationRefused,
        429 => Failure::RateLimited(retry_after(response, SystemTime::now().into())),
        200..=399 | 404 | 405 => Failure::NotARegistry,
        status => Failure::UpstreamError(status),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_without_a_time_is_one() {
        let answer = Response::builder().status(429).body(Vec::new()).expect("a response");
        assert_eq!(failure(&answer), Failure::RateLimited(None));
    }
}
