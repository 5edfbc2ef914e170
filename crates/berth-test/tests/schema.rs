//! Rules for the schema as a whole.

use std::collections::BTreeMap;

use berth_test::App;

/// The event of a trigger, and its body. Conditions can be written in many ways, so they do not count.
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
