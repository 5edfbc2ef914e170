//! Migration 24 on data that breaks its rules: two users with one address in other letters, invitations alike.

use std::fs;
use std::path::Path;

use berth_domain::Timestamp;
use berth_store::{Database, DatabaseError, Row, Value, accounts, migrate};
use rusqlite::types::{Value as SqlValue, ValueRef};

struct Memory(rusqlite::Connection);

impl Database for Memory {
    fn execute(&self, sql: &str, parameters: &[Value]) -> Result<Vec<Row>, DatabaseError> {
        let run = || -> rusqlite::Result<Vec<Row>> {
            let mut statement = self.0.prepare(sql)?;
            let columns = statement.column_count();
            let given = rusqlite::params_from_iter(parameters.iter().map(to_sql));
            let mut rows = statement.query(given)?;
            let mut all = Vec::new();
            while let Some(row) = rows.next()? {
                let values = (0..columns).map(|at| row.get_ref(at).map(from_sql));
                all.push(Row::new(values.collect::<Result<_, _>>()?));
            }
            Ok(all)
        };
        run().map_err(|error| DatabaseError(error.to_string()))
    }
}

fn to_sql(value: &Value) -> SqlValue {
    match value {
        Value::Null => SqlValue::Null,
        Value::Integer(integer) => SqlValue::Integer(*integer),
        Value::Real(real) => SqlValue::Real(*real),
        Value::Text(text) => SqlValue::Text(text.clone()),
        Value::Blob(bytes) => SqlValue::Blob(bytes.clone()),
    }
}

fn from_sql(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(integer) => Value::Integer(integer),
        ValueRef::Real(real) => Value::Real(real),
        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
    }
}

impl Memory {
    fn run(&self, sql: &str) {
        self.execute(sql, &[]).unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    fn text(&self, sql: &str) -> String {
        let mut rows = self.execute(sql, &[]).unwrap_or_else(|error| panic!("{sql}: {error}"));
        rows.remove(0).read().expect("a text")
    }
}

/// A database as the first 23 migrations left it.
fn before() -> Memory {
    let database = Memory(rusqlite::Connection::open_in_memory().expect("memory is there"));
    database.run("PRAGMA foreign_keys = ON");
    database
        .run("CREATE TABLE schema_version (only INTEGER PRIMARY KEY, version INTEGER NOT NULL)");
    database.run("INSERT INTO schema_version VALUES (1, 23)");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let entries = fs::read_dir(folder).expect("the migrations are there");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("a file").path()).collect();
    files.sort();
    for file in &files[..23] {
        let text = fs::read_to_string(file).expect("a text");
        let statements = text.split(";\n\n").map(str::trim).filter(|text| !text.is_empty());
        statements.for_each(|statement| database.run(statement));
    }
    database
}

fn user(database: &Memory, id: i64, name: &str, email: &str) {
    database.run(&format!(
        "INSERT INTO account (id, uuid, kind, name, email, created_at)
        VALUES ({id}, 'u{id}', 'user', '{name}', '{email}', 0)"
    ));
    database.run(&format!("INSERT INTO user_profile (account_id, verified) VALUES ({id}, 1)"));
}

#[test]
fn it_cannot_fail_and_the_rules_hold_from_then_on() {
    let database = before();
    user(&database, 1, "ana", "boss@corp.example");
    user(&database, 2, "bob", "BOSS@corp.example");
    user(&database, 3, "waits", "waits@corp.example");
    user(&database, 4, "expected", "expected@corp.example");
    for id in [3, 4] {
        database.run(&format!(
            "UPDATE user_profile SET verified = 0, email_code_hash = x'0{id}',
                email_code_expires_at = 5 WHERE account_id = {id}"
        ));
    }
    // Text in the log that is no JSON does not stop it.
    database.run(
        "INSERT INTO log_entry (kind, namespace_id, metadata, created_at) VALUES
        ('user_create', 3, 'not JSON', 0), ('user_create', 4, '{\"superuser\":\"root\"}', 0)",
    );
    migrate(&database).expect("it applies");
    let all =
        "SELECT group_concat(name || ' ' || email || ' ' || coalesce(proven_email, '-') || ' '
        || coalesce(unconfirmed_until, '-'), ', ')
        FROM (SELECT * FROM account JOIN user_profile ON account_id = id ORDER BY id)";
    assert_eq!(
        database.text(all),
        "ana boss@corp.example - -, bob BOSS@corp.example - -, \
        waits waits@corp.example - 5, expected expected@corp.example - -"
    );
    // Each signs in with his own letters, and keeps them; nobody else gets the address.
    let found =
        |email| accounts::for_sign_in(&database, email).expect("an answer").map(|row| row.name);
    assert_eq!(found("boss@corp.example").as_deref(), Some("ana"));
    assert_eq!(found("BOSS@corp.example").as_deref(), Some("bob"));
    assert_eq!(found("Boss@corp.example").as_deref(), Some("ana"));
    database.run("UPDATE account SET email = email, invoice_email = 1");
    let refused = database.execute(
        "INSERT INTO account (uuid, kind, name, email, created_at)
        VALUES ('n', 'user', 'new', 'bosS@corp.example', 0)",
        &[],
    );
    let error = berth_store::StoreError::from(refused.expect_err("taken"));
    assert!(error.is_taken("account.email"), "{error}");
    // Who proves it has it alone.
    database.run("UPDATE user_profile SET proven_email = 'BOSS@corp.example' WHERE account_id = 2");
    assert_eq!(found("boss@corp.example").as_deref(), Some("bob"));
    // Whoever waited too long makes room, for a changed address as well.
    database.run("UPDATE account SET email = 'waits@corp.example' WHERE name = 'ana'");
    assert_eq!(found("waits"), None);
    assert_eq!(found("expected").as_deref(), Some("expected"));
    let facts = accounts::sign_up_facts(&database, "expected", "", b"", Timestamp::from_micros(9));
    assert!(!facts.expect("an answer").name_is_free);
}
