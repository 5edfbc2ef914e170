//! Databases with another schema than this code makes: none, an older one, a newer one.

use berth_store::{SCHEMA_VERSION, StoreError};
use berth_test::App;

const QUESTION: &str = "/api/v1/messages";

fn version(app: &App) -> i64 {
    app.rows("SELECT version FROM schema_version")[0][0].parse().expect("a number")
}

fn health(app: &App) -> u16 {
    app.anonymous().get("/health/instance").status()
}

/// Code reading 6.3: the first new instance that migrated made every older one answer 500 to everything.
#[test]
fn a_newer_schema_that_only_expanded_is_served() {
    let app = App::new();
    app.execute("UPDATE schema_version SET version = version + 1");
    assert_eq!(app.anonymous().get(QUESTION).status(), 200);
    assert_eq!(app.latest_statements().len(), 2, "{:?}", app.latest_statements());
    assert_eq!(health(&app), 200);
    assert_eq!(version(&app), SCHEMA_VERSION + 1, "nobody takes it back");
    assert!(berth_store::migrate(app.database()).is_ok());
    assert_eq!(version(&app), SCHEMA_VERSION + 1);
}

#[test]
fn a_newer_schema_that_this_code_cannot_read_is_503() {
    let app = App::new();
    app.execute("UPDATE schema_version SET version = version + 1, oldest_reader = version + 1");
    let reply = app.anonymous().get(QUESTION);
    assert_eq!((reply.status(), reply.header("retry-after")), (503, Some("1")), "{reply}");
    assert!(!app.latest_statements().iter().any(|sql| sql.starts_with("BEGIN")));
    assert_eq!(health(&app), 503);
    assert!(berth_store::migrate(app.database()).is_err());
}

#[test]
fn a_probe_of_an_empty_database_is_healthy_and_changes_nothing() {
    let app = App::without_schema();
    assert_eq!(berth_store::access::probe(app.database()), Ok(()));
    assert_eq!(app.rows("SELECT count(*) FROM sqlite_schema"), [["0"]]);
    berth_store::migrate(app.database()).expect("the schema is made");
    assert_eq!((version(&app), health(&app)), (SCHEMA_VERSION, 200));
}

/// Those of the latest builds named their oldest reader, those of earlier ones did not.
#[test]
fn a_database_of_a_build_before_the_release_is_503_and_stays() {
    let latest = App::new();
    latest.execute("UPDATE schema_version SET version = 32, oldest_reader = 25");
    let early = App::new();
    early.execute("UPDATE schema_version SET version = 24");
    early.execute("ALTER TABLE schema_version DROP COLUMN oldest_reader");
    let contents = "SELECT name, sql, version FROM sqlite_schema, schema_version";
    for app in [latest, early] {
        let before = app.rows(contents);
        let reply = app.anonymous().get(QUESTION);
        assert_eq!((reply.status(), reply.header("retry-after")), (503, Some("1")), "{reply}");
        assert!(!app.latest_statements().iter().any(|sql| sql.starts_with("BEGIN")));
        assert_eq!(health(&app), 503);
        assert_eq!(berth_store::migrate(app.database()), Err(StoreError::SchemaUnreleased));
        assert_eq!(app.rows(contents), before);
    }
}

/// "no such" in a message was enough to take the write lock.
#[test]
fn a_mistake_in_a_statement_migrates_nothing() {
    let app = App::new();
    app.execute("DROP TABLE mail");
    assert_eq!(app.anonymous().get("/api/v1/organization/acme/logs").status(), 500);
    assert!(!app.latest_statements().iter().any(|sql| sql.starts_with("BEGIN")));
}
