//! A component's view of a database on a server, by the fixtures: Spin's values, errors and connections.

use std::time::{Duration, Instant};

use berth_tests::{Client, Host, Sqld};

/// A host of the fixtures over a new sqld.
fn fixtures(sqld: &Sqld) -> Host {
    let config = format!(
        "sqlite_database.default = {{ type = 'libsql', url = '{}', token = 'unused' }}",
        sqld.url()
    );
    let options = Host::options().flag("--from").flag("tests/fixtures/spin.toml");
    options.runtime_config(&config).start()
}

/// Runs the statements of a script on one connection, one in each line; gives the last result, or the first error.
fn sql(client: &Client, script: &str) -> String {
    client.send("POST", "/misbehave/sql", None, script.as_bytes()).body
}

#[test]
fn values_and_errors_are_those_of_spin() {
    let sqld = Sqld::start_new();
    let host = fixtures(&sqld);
    let client = host.client();
    assert_eq!(
        sql(&client, "SELECT -9223372036854775808 AS i, 0.5, 'é', x'00ff', NULL"),
        r#"["i", "0.5", "'é'", "x'00ff'", "NULL"] -9223372036854775808,0.5,"é",x[0, 255],null"#
    );
    assert_eq!(sql(&client, "CREATE TABLE t (a UNIQUE)\nINSERT INTO t VALUES (1)"), "[] ");
    for (script, error) in [
        ("INSERT INTO t VALUES (1)", "SQLite error: UNIQUE constraint failed: t.a"),
        ("SELEC 1", "syntax error"),
        ("SELECT 1; SELECT 2", "more than one statement"),
        ("SELECT * FROM nowhere", "no such table: nowhere"),
    ] {
        let shown = sql(&client, script);
        assert!(shown.contains("Error::Io(\"Hrana: `"), "{script}: {shown}");
        assert!(shown.contains(error), "{script}: {shown}");
    }
}

/// sqld blocks all writers for good when it rolls a transaction of 5 seconds back during its COMMIT.
#[test]
fn a_transaction_that_has_become_old_is_not_committed() {
    let sqld = Sqld::start_new();
    let host = fixtures(&sqld);
    let client = host.client();
    sql(&client, "CREATE TABLE t (a)");
    let shown = sql(&client, "BEGIN IMMEDIATE\nINSERT INTO t VALUES (1)\nwait 3500\nCOMMIT");
    assert!(shown.contains("Transaction timed out"), "{shown}");
    let begin = Instant::now();
    assert_eq!(sql(&client, "INSERT INTO t VALUES (2)\nSELECT a FROM t"), "[\"a\"] 2");
    assert!(begin.elapsed() < Duration::from_secs(1), "it waited for the one before");
}

/// sqld takes writers in no order, and may lose one that waits.
#[test]
fn writers_of_one_host_wait_for_each_other_in_it() {
    let sqld = Sqld::start_new();
    let host = fixtures(&sqld);
    let client = host.client();
    sql(&client, "CREATE TABLE t (a)");
    // A request cannot wait for itself.
    let begin = Instant::now();
    let shown = sql(&client, "BEGIN IMMEDIATE\nopen\nINSERT INTO t VALUES (1)");
    assert!(shown.contains("database is locked"), "{shown}");
    assert!(begin.elapsed() < Duration::from_secs(2), "it waited for itself");

    let script = "BEGIN IMMEDIATE\nwait 500\nINSERT INTO t VALUES (1)\nCOMMIT";
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(sql(&client, script), "[] "));
        }
        std::thread::sleep(Duration::from_millis(200));
        // Directly, between two of them: none of the others has asked for the lock.
        let begin = Instant::now();
        let body = serde_json::json!({ "requests": [
            { "type": "execute", "stmt": { "sql": "INSERT INTO t VALUES (1)" } },
            { "type": "close" },
        ] });
        assert_eq!(Client::new(&sqld.url()).post("/v2/pipeline", &body).status, 200);
        assert!(begin.elapsed() < Duration::from_millis(900), "others were before it");
    });
    assert_eq!(sql(&client, "SELECT count(*) FROM t"), "[\"count(*)\"] 5");
}

#[test]
fn a_transaction_that_is_left_open_ends_with_its_request() {
    let sqld = Sqld::start_new();
    let host = fixtures(&sqld);
    let client = host.client();
    sql(&client, "CREATE TABLE t (a)");
    // More than there are streams, so that each is closed.
    for _ in 0..40 {
        let begin = Instant::now();
        assert_eq!(sql(&client, "BEGIN IMMEDIATE\nINSERT INTO t VALUES (1)"), "[] ");
        assert!(begin.elapsed() < Duration::from_secs(2), "it waited for the one before");
    }
    assert_eq!(sql(&client, "SELECT count(*) FROM t"), "[\"count(*)\"] 0");
}

/// sqld moves its write-ahead log into the database every few of these commits. A stream that is closed after its commit may be
/// given the lock for that afterwards; then nobody writes any more.
#[test]
fn writing_goes_on_while_the_server_checkpoints() {
    let sqld = Sqld::start_new();
    let hosts = [(); 3].map(|()| fixtures(&sqld));
    sql(&hosts[0].client(), "CREATE TABLE t (a)");
    let script = "BEGIN IMMEDIATE
        DELETE FROM t WHERE rowid < (SELECT max(rowid) FROM t) - 200
        INSERT INTO t VALUES (randomblob(400000))
        COMMIT";
    let end = Instant::now() + Duration::from_secs(10);
    let write = |client: &Client| {
        let mut last = Instant::now();
        while Instant::now() < end {
            let answer = sql(client, script);
            let pause = last.elapsed();
            assert!(pause < Duration::from_secs(5), "nothing was written for {pause:?}: {answer}");
            // A longer checkpoint puts a writer off.
            if !answer.contains("database is locked") {
                assert_eq!(answer, "[] ");
                last = Instant::now();
            }
        }
    };
    std::thread::scope(|scope| {
        for client in hosts.iter().cycle().take(6).map(Host::client) {
            scope.spawn(move || write(&client));
        }
    });
}

/// Transactions of a host run in one stream, which components must not notice.
#[test]
fn a_connection_goes_on_after_its_transaction() {
    let mut sqld = Sqld::start_new();
    let host = fixtures(&sqld);
    let client = host.client();
    sql(&client, "CREATE TABLE t (a)");
    let transaction = "BEGIN IMMEDIATE\nINSERT INTO t VALUES (1)\nCOMMIT\n";
    let count = "SELECT count(*) FROM t";
    let script = [transaction, count, "\n", transaction, count].concat();
    assert_eq!(sql(&client, &script), "[\"count(*)\"] 2");
    // What fails within it, and what was read before it, change nothing.
    let script = [count, "\nBEGIN IMMEDIATE\nINSERT INTO t VALUES (1)\nSELECT absent"].concat();
    let shown = sql(&client, &script);
    assert!(shown.contains("no such column"), "{shown}");
    assert_eq!(sql(&client, &[transaction, count].concat()), "[\"count(*)\"] 3");
    // What a connection sets for itself holds after a transaction, and for nobody else.
    let (set, read) = ("PRAGMA foreign_keys = OFF\n", "PRAGMA foreign_keys");
    for script in [[set, transaction, read], ["BEGIN IMMEDIATE\nCOMMIT\n", set, read]] {
        assert_eq!(sql(&client, &script.concat()), "[\"foreign_keys\"] 0");
        assert_eq!(sql(&client, &[transaction, read].concat()), "[\"foreign_keys\"] 1");
    }
    // The stream is gone with the server.
    sql(&client, transaction);
    sqld.kill();
    sqld.start();
    assert_eq!(sql(&client, &[transaction, count].concat()), "[\"count(*)\"] 8");
}
