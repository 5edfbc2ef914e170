//! What holds of the schema as a whole.

use std::collections::BTreeMap;

use berth_test::App;

/// What sets a trigger off, and what it does then. Conditions can be written in many ways; they do not count.
fn event_and_body(sql: &str) -> (String, String) {
    let words = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    let (head, body) = words.split_once(" BEGIN ").expect("a trigger has a body");
    let (event, _) = head.split_once(" WHEN ").unwrap_or((head, ""));
    let event = event.strip_prefix("CREATE TRIGGER ").and_then(|event| event.split_once(' '));
    (event.expect("a trigger has a name").1.to_owned(), body.to_owned())
}

#[test]
fn no_two_triggers_do_the_same() {
    let app = App::new();
    let mut known = BTreeMap::new();
    for mut row in app.rows("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'") {
        let (sql, name) = (row.remove(1), row.remove(0));
        if let Some(other) = known.insert(event_and_body(&sql), name.clone()) {
            panic!("{name} and {other} do the same:\n{sql}");
        }
    }
    assert!(known.len() > 10, "the schema has triggers");
}

#[test]
fn applications_of_users_who_were_renamed_before_are_named_after_them() {
    let app = App::new().with_user("ana").with_user("bob").with_user("cy");
    // As it was before: ana was called bob and has that client id, bob has none of his own; cy was renamed from what is free.
    app.execute("DELETE FROM oauth_application WHERE client_id = 'bob'");
    app.execute("UPDATE oauth_application SET client_id = 'bob' WHERE client_id = 'ana'");
    app.execute("UPDATE oauth_application SET client_id = 'former' WHERE client_id = 'cy'");
    app.execute(
        "INSERT INTO oauth_application (client_id, namespace_id, name, sealed_secret, created_at)
        SELECT 'OTHER', id, 'automation', x'00', 0 FROM account WHERE name = 'bob'",
    );
    let migration = include_str!("../../berth-store/migrations/0028_automation_follows.sql");
    let statements = migration.split(";\n\n").filter(|part| !part.contains("CREATE TRIGGER"));
    assert_eq!(statements.inspect(|statement| app.execute(statement)).count(), 2);
    let mut clients = app.rows(
        "SELECT account.name, client_id FROM oauth_application
        JOIN account ON account.id = oauth_application.namespace_id",
    );
    clients.sort();
    assert_eq!(clients, [["ana", "ana"], ["bob", "OTHER"], ["cy", "cy"]]);
}
