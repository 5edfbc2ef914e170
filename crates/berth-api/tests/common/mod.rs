//! Helpers that several tests use.

use berth_test::{App, Reply, redacted_text};
use serde_json::json;

/// A person of each role, and `acme+bot`, a robot of `acme`, and `duo+bot`, one of `duo`, an organization of `outsider`. People are asked
/// before they are in a team.
pub(crate) fn app() -> App {
    let app = App::new()
        .with("require_team_invite", "true")
        .with_roles()
        .with_organization("duo", "outsider");
    for organization in ["acme", "duo"] {
        app.execute(&format!(
            "INSERT INTO account (uuid, kind, name, email, namespace_id, created_at)
            SELECT 'robot of {organization}', 'robot', '{organization}+bot', 'robot of {organization}', id, 0
            FROM account WHERE name = '{organization}'"
        ));
    }
    app
}

/// As [`app`], and people are added without being asked.
pub(crate) fn direct_app() -> App {
    app().with("require_team_invite", "false")
}

/// The entries of the log: kind and metadata.
pub(crate) fn log(app: &App) -> String {
    let rows = app.rows("SELECT kind, metadata FROM log_entry ORDER BY id");
    rows.iter().map(|row| format!("{} {}\n", row[0], redacted_text(&row[1]))).collect()
}

/// A person of each role; `admin` has invited `outsider` into the team `members` and, a minute later, into `creators`.
pub(crate) fn app_with_invitations() -> App {
    let app = App::new().with("require_team_invite", "true").with_roles();
    invite(&app, "members", "outsider");
    app.advance(60);
    invite(&app, "creators", "outsider");
    app
}

/// Invites a person into a team of `acme`, as `admin`.
pub(crate) fn invite(app: &App, team: &str, name: &str) {
    let path = format!("/api/v1/organization/acme/team/{team}/members/{name}");
    assert_eq!(app.as_user("admin").put_empty(&path).status(), 200);
}

/// Signs in, in a browser.
pub(crate) fn sign_in(app: &App, username: &str, password: &str) -> Reply {
    app.browser().post("/api/v1/signin", json!({ "username": username, "password": password }))
}
