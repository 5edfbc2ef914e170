//! Databases with another schema than this code makes: none, an older one, a newer one.

use berth_store::SCHEMA_VERSION;
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
    berth_store::migrate(app.database()).expect("the migrations apply");
    assert_eq!((version(&app), health(&app)), (SCHEMA_VERSION, 200));
}

/// The schema as it was before the last migration.
fn migrate_but_for_the_last(app: &App) {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../../crates/berth-store/migrations");
    let files = std::fs::read_dir(directory)
        .expect("the migrations")
        .map(|file| file.expect("a file").path());
    let files: std::collections::BTreeSet<_> = files.collect();
    app.execute("CREATE TABLE schema_version (only INTEGER PRIMARY KEY CHECK (only = 1), version INTEGER NOT NULL)");
    app.execute("INSERT INTO schema_version (only, version) VALUES (1, 0)");
    for file in files.iter().take(files.len() - 1) {
        let text = std::fs::read_to_string(file).expect("a migration");
        let statements =
            text.split(";\n\n").map(str::trim).filter(|statement| !statement.is_empty());
        statements.for_each(|statement| app.execute(statement));
        app.execute("UPDATE schema_version SET version = version + 1");
    }
}

/// A schema of the release before, which does not say yet who may read it.
#[test]
fn an_old_schema_is_brought_up_to_date_by_the_first_request() {
    let app = App::without_schema();
    migrate_but_for_the_last(&app);
    assert_eq!(version(&app), SCHEMA_VERSION - 1);
    assert_eq!(health(&app), 200);
    assert_eq!(berth_store::migrate(app.database()), Ok(()));
    assert_eq!(version(&app), SCHEMA_VERSION);
    app.execute("ALTER TABLE schema_version DROP COLUMN oldest_reader");
    let state = berth_store::schema_state(app.database());
    assert!(state.is_err(), "a present schema without the column is a mistake: {state:?}");
    app.execute("UPDATE schema_version SET version = 23");
    assert_eq!(berth_store::schema_state(app.database()), Ok(berth_store::SchemaState::Old));
}

/// "no such" in a message was enough to take the write lock.
#[test]
fn a_mistake_in_a_statement_migrates_nothing() {
    let app = App::new();
    app.execute("DROP TABLE mail");
    assert_eq!(app.anonymous().get("/api/v1/organization/acme/logs").status(), 500);
    assert!(!app.latest_statements().iter().any(|sql| sql.starts_with("BEGIN")));
}

#[test]
fn a_version_that_makes_no_sense_runs_nothing_again() {
    let app = App::new();
    app.execute("UPDATE schema_version SET version = -1");
    let failed = berth_store::migrate(app.database()).expect_err("no migration is number -1");
    assert!(failed.to_string().contains("schema version -1"), "{failed}");
}
