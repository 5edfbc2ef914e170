//! Organizations on the real components.
#![cfg(feature = "end-to-end")]

use berth_tests::Host;

#[test]
fn a_missing_organization_is_a_typed_404_over_tcp() {
    let reply = Host::new().client().get("/api/v1/organization/nope");
    assert_eq!(reply.status, 404);
    assert_eq!(reply.json()["error_type"], "not_found");
}
