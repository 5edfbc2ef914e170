//! Concord's Organization API (`docs/contract/concord.md`), a file for each of its sections 1 to 5; what a change leaves behind is
//! looked at from Quay's side too.

mod authentication;
mod create;
mod delete;
mod entry;
mod errors;
mod http;
mod list;
mod owner;
mod read;
mod update;

use berth_test::{App, As, Reply};
use berth_web::Method;
use serde_json::Value;

/// `root` is Concord's administrator, `reader` sees everything, `ana` owns `acme`, which Quay's API made; `bob` and `eve`
/// have no special rights.
fn app() -> App {
    App::new()
        .with("super_users", "root")
        .with("global_readonly_super_users", "reader")
        .with_user("root")
        .with_user("reader")
        .with_user("ana")
        .with_user("bob")
        .with_user("eve")
        .with_organization("acme", "ana")
}

/// Random ids become their kind, so that snapshots repeat.
fn shown(reply: &Reply) -> String {
    let text = reply.to_string();
    let words = text.split('"').map(|word| if is_uuid(word) { "<uuid>" } else { word });
    words.collect::<Vec<_>>().join("\"")
}

fn is_uuid(word: &str) -> bool {
    word.len() == 36 && word.matches('-').count() == 4
}

/// The answer to a POST, in one line: the status, then the result or the message.
fn post(client: &As<'_>, body: Value) -> String {
    let reply = client.post("/api/v1/org", body);
    match serde_json::from_slice::<Value>(&reply.0.body) {
        Ok(body) if body["ok"] == true => format!("{} {}", reply.status(), body["result"]),
        Ok(body) => format!("{} {}: {}", reply.status(), body[0]["id"], body[0]["message"]),
        Err(_) => format!("{} {}", reply.status(), String::from_utf8_lossy(&reply.0.body)),
    }
}

/// A POST of a text that is meant to be JSON.
fn post_text(client: &As<'_>, text: &str) -> Reply {
    client.send(Method::Post, "/api/v1/org", Some("application/json"), text.into())
}

fn id_of(app: &App, name: &str) -> String {
    let reply = app.as_user("root").get(&format!("/api/v1/org/{name}"));
    reply.json()["id"].as_str().expect("an id").to_owned()
}

/// An organization by Concord's API.
fn entry(app: &App, name: &str) -> String {
    shown(&app.as_user("root").get(&format!("/api/v1/org/{name}")))
}

/// An organization by Quay's API: its teams, with their roles and members.
fn from_quay(app: &App, name: &str) -> String {
    let reader = app.as_user("reader");
    let reply = reader.get(&format!("/api/v1/organization/{name}"));
    if reply.status() != 200 {
        return reply.status().to_string();
    }
    let organization = reply.json();
    let teams = organization["ordered_teams"].as_array().cloned().unwrap_or_default();
    let lines = teams.iter().filter_map(Value::as_str).map(|team| {
        let members =
            reader.get(&format!("/api/v1/organization/{name}/team/{team}/members")).json();
        let members = members["members"].as_array().cloned().unwrap_or_default();
        let names: Vec<_> = members.iter().filter_map(|member| member["name"].as_str()).collect();
        let summary = &organization["teams"][team];
        let (role, about) = (&summary["role"], &summary["description"]);
        format!("{team} ({role}, {about}): {}", names.join(", "))
    });
    format!("{}\n{}", organization["name"], lines.collect::<Vec<_>>().join("\n"))
}

/// Puts `user` into a team of an organization.
fn join(app: &App, user: &str, organization: &str, team: &str) {
    app.execute(&format!(
        "INSERT INTO team_member (team_id, organization_id, account_id, account_kind)
        SELECT team.id, organization_id, u.id, 'user' FROM team, account o, account u
        WHERE o.id = organization_id AND o.name = '{organization}' AND team.name = '{team}'
            AND u.name = '{user}'"
    ));
}

/// Puts `user` into a team without rights of an organization.
fn join_as_member(app: &App, user: &str, organization: &str) {
    app.execute(&format!(
        "INSERT INTO team (organization_id, name, role)
        SELECT id, 'crowd', 'member' FROM account WHERE name = '{organization}'"
    ));
    join(app, user, organization, "crowd");
}

/// Makes `user`, who need not be a member, own an organization: earlier releases let an owner do that.
fn own_from_outside(app: &App, user: &str, organization: &str) {
    let trigger = app.rows("SELECT sql FROM sqlite_schema WHERE name = 'owner_is_a_member'");
    app.execute("DROP TRIGGER owner_is_a_member");
    app.execute(&format!(
        "UPDATE account SET owner_id = (SELECT id FROM account WHERE name = '{user}')
        WHERE name = '{organization}'"
    ));
    app.execute(&trigger[0][0]);
}
