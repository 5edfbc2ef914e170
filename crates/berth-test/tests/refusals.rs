//! Requests that could not be read whole: the answer has the form of their path.

use berth_domain::limits::LARGEST_BODY_BYTES;
use berth_test::App;
use berth_web::ApiError;

#[test]
fn a_body_that_is_broken_or_too_large_is_an_error_like_any_other() {
    let app = App::new();
    let broken = app.refuse("/api/v1/organization/", ApiError::unreadable());
    assert_eq!(broken.status(), 400);
    assert!(broken.json()["message"].is_string(), "{broken}");
    assert_eq!(broken.header("access-control-allow-origin"), Some("*"));
    let large = app.refuse("/api/v1/organization/", ApiError::too_large(LARGEST_BODY_BYTES));
    assert_eq!(large.status(), 413);
    assert_eq!(large.json()["message"], "The body of this request can have 1114112 bytes at most.");
    let concord = app.refuse("/api/v1/org", ApiError::too_large(LARGEST_BODY_BYTES));
    assert_eq!(concord.to_string(), "413");
    assert_eq!(concord.header("pragma"), Some("no-cache"));
}
