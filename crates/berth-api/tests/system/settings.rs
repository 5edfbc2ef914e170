//! Which settings a request asks the host for.

use berth_test::{App, Reply};
use serde_json::json;

/// Those of the pipeline that the request comes to need, and those of its row. That none is asked for twice, the test
/// application asserts on every request.
#[test]
fn a_request_asks_for_few_settings() {
    let app = App::new().with_user("ana").with_user("bob").with_organization("acme", "ana");
    let ana = app.as_user("ana");
    let session = app.with_session("ana");
    let asked = |reply: Reply| {
        assert!(reply.status() < 300, "{reply}");
        app.latest_settings().len()
    };
    let (organization, team) = ("/api/v1/organization/acme", "/api/v1/organization/acme/team/dev");
    let counts = [
        asked(ana.get(organization)),
        asked(ana.put(team, json!({ "role": "member" }))),
        asked(ana.put(&format!("{team}/members/bob"), json!({}))),
        asked(ana.get("/api/v1/organization/acme/members")),
        asked(session.put(team, json!({ "role": "admin" }))),
        asked(session.get("/api/v1/user/")),
        asked(app.anonymous().get("/config")),
    ];
    assert_eq!(counts, [10, 9, 22, 7, 10, 13, 39]);
}
