//! An organization of 10,000 repositories, 2,000 teams and 50,000 permissions. Every request is held against the statement
//! budget, which knows no sizes; how long they take is the benchmark's.

use berth_test::App;
use berth_tests::large::{self, PEOPLE, PERMISSIONS, REPOSITORIES, TEAMS};

fn app() -> App {
    let app = App::new()
        .with_user("ana")
        .with_organization("acme", "ana")
        .with_organization("other", "ana");
    for statement in large::statements("acme") {
        app.execute(&statement);
    }
    app
}

fn count(app: &App, table: &str) -> u32 {
    app.rows(&format!("SELECT count(*) FROM {table}"))[0][0].parse().expect("a number")
}

#[test]
fn its_size_does_not_matter() {
    let app = app();
    assert_eq!(count(&app, "repository"), REPOSITORIES);
    assert_eq!(count(&app, "repository_permission"), PERMISSIONS);
    let ana = app.as_user("ana");
    let length = |path: &str, list: &str| {
        let reply = ana.get(&format!("/api/v1/organization/acme{path}"));
        assert_eq!(reply.status(), 200, "{reply}");
        match &reply.json()[list] {
            serde_json::Value::Object(members) => members.len(),
            items => items.as_array().map_or(0, Vec::len),
        }
    };
    let (teams, people) = (TEAMS as usize + 1, PEOPLE as usize);
    assert_eq!(length("", "teams"), teams);
    assert_eq!(length("/teams", "teams"), teams);
    assert_eq!(length("/members", "members"), people / 2 + 1);
    assert_eq!(length("/collaborators", "collaborators"), people / 2);
    assert_eq!(length("/team/team-7/permissions", "permissions"), 15);
    assert_eq!(length("/members/crowd-4", "repositories"), 20);
    assert_eq!(length("/repositories", "repositories"), 100);
    let removed = ana.delete("/api/v1/organization/acme/members/crowd-4");
    assert_eq!(removed.status(), 204);
    assert_eq!(count(&app, "repository_permission"), PERMISSIONS - 20);
    assert_eq!(ana.delete("/api/v1/organization/acme/team/team-7").status(), 204);
    assert_eq!(count(&app, "repository_permission"), PERMISSIONS - 35);

    assert_eq!(ana.delete("/api/v1/organization/acme").status(), 204);
    assert_eq!(count(&app, "repository"), 0);
    assert_eq!(count(&app, "repository_permission"), 0);
    // The team of the other organization's owners, and ana in it.
    assert_eq!((count(&app, "team"), count(&app, "team_member")), (1, 1));
}
