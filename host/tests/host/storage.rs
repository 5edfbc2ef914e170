//! SQLite and key-value: Spin's semantics, many writers, and what survives.

use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::Connection as Sqlite;

use crate::harness::{Connection, Host, changed_manifest, empty_state, fresh_state};

#[test]
fn values_of_every_type_come_back() {
    let host = Host::start(&[]);
    let result = host.sql("SELECT -9223372036854775808 AS i, 0.5, 'é', x'00ff', NULL");
    assert_eq!(
        result,
        r#"["i", "0.5", "'é'", "x'00ff'", "NULL"] -9223372036854775808,0.5,"é",x[0, 255],null"#
    );
    assert_eq!(host.sql("CREATE TABLE t (a)"), "[] ");
}

#[test]
fn a_failed_statement_is_an_error_that_says_why() {
    let host = Host::start(&[]);
    host.sql(
        "CREATE TABLE p (id INTEGER PRIMARY KEY)\nCREATE TABLE c (p INTEGER NOT NULL REFERENCES p)",
    );
    for (sql, error) in [
        ("SELEC 1", "near \"SELEC\": syntax error"),
        ("SELECT 1; SELECT 2", "Multiple statements provided"),
        ("INSERT INTO c VALUES (7)", "FOREIGN KEY constraint failed"),
        ("INSERT INTO c VALUES (NULL)", "NOT NULL constraint failed: c.p"),
        ("SELECT ?1", "Wrong number of parameters passed to query. Got 0, needed 1"),
        ("SELECT zeroblob(40000000)", "the result is larger than 33554432 bytes"),
    ] {
        let shown = host.sql(sql);
        assert!(
            shown.starts_with("error: Error::Io(") && shown.contains(&error.replace('"', "\\\"")),
            "{sql}: {shown}"
        );
    }
    assert_eq!(host.sql("SELECT 1;"), "[\"1\"] 1");
}

#[test]
fn a_component_stays_in_its_database_file() {
    let host = Host::start(&[]);
    for sql in ["ATTACH '/tmp/other.db' AS other", "VACUUM INTO '/tmp/copy.db'"] {
        let shown = host.sql(sql);
        assert!(shown.contains("authoriz"), "{sql}: {shown}");
    }
    assert_eq!(host.sql("VACUUM"), "[] ");
    host.sql("ATTACH '' AS mine\nCREATE TABLE mine.t (a)");
    for _ in 0..4 {
        assert!(host.sql("SELECT * FROM mine.t").contains("no such table"));
    }
    assert_eq!(host.get("/misbehave/databases/default").text(), "Ok(())");
    assert_eq!(host.get("/misbehave/databases/other").text(), "Err(Error::AccessDenied)");
    assert_eq!(host.get("/misbehave/stores/other").text(), "Err(Error::AccessDenied)");
}

#[test]
fn a_store_that_is_not_declared_is_denied_and_the_log_says_what_to_declare() {
    let (_directory, manifest) = changed_manifest(&[
        ("sqlite_databases = [\"default\"]", ""),
        ("key_value_stores = [\"default\"]", ""),
    ]);
    let host = Host::try_start(&manifest, fresh_state(), &[]).unwrap();
    for (path, setting, what) in [
        ("databases", "sqlite_databases", "SQLite database"),
        ("stores", "key_value_stores", "key-value store"),
    ] {
        let shown = host.get(&format!("/misbehave/{path}/default")).text();
        assert_eq!(shown, "Err(Error::AccessDenied)");
        host.logged(&format!(
            "component \"misbehave\" may not open the {what} \"default\": add \"default\" to its {setting}"
        ));
        host.get(&format!("/misbehave/{path}/other"));
        host.logged(&format!(
            "component \"misbehave\" may not open the {what} \"other\": this host has only \"default\""
        ));
    }
}

#[test]
fn an_open_transaction_is_rolled_back_with_its_request() {
    let host = Host::start(&[]);
    host.sql("CREATE TABLE t (a)");
    host.sql("BEGIN IMMEDIATE\nINSERT INTO t VALUES (1)");
    assert_eq!(
        host.sql("BEGIN IMMEDIATE\nINSERT INTO t VALUES (2)\nCOMMIT\nSELECT a FROM t"),
        "[\"a\"] 2"
    );
}

#[test]
fn settings_and_temporary_tables_end_with_their_request() {
    let host = Host::start(&[]);
    host.sql("PRAGMA foreign_keys = OFF\nCREATE TEMP TABLE mine (a)");
    for _ in 0..4 {
        assert_eq!(host.sql("PRAGMA foreign_keys"), "[\"foreign_keys\"] 1");
        assert!(host.sql("SELECT * FROM mine").contains("no such table"));
    }
}

#[test]
fn a_second_connection_of_the_writer_gets_an_error_at_once_because_the_database_is_locked() {
    let host = Host::start(&[]);
    host.sql("CREATE TABLE t (a)");
    let started = Instant::now();
    let shown = host.sql("BEGIN IMMEDIATE\nopen\nINSERT INTO t VALUES (1)");
    assert!(shown.contains("database is locked"), "{shown}");
    assert!(started.elapsed() < Duration::from_secs(5), "as for another process");
}

#[test]
fn a_writer_that_cannot_have_its_turn_learns_it_in_time_to_answer() {
    let host = Host::start(&["--deadline-ms", "2500"]);
    host.sql("CREATE TABLE t (a)");
    let mut first = host.begin("POST", "/misbehave/sql", "BEGIN IMMEDIATE\nwait 2200\nCOMMIT");
    host.begun(1);
    assert!(host.sql("INSERT INTO t VALUES (1)").contains("database is locked"));
    assert_eq!(first.receive().text(), "[] ");
}

#[test]
fn sixty_four_clients_that_read_and_write_are_all_served() {
    let host = Host::start(&[]);
    host.sql("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)");
    let write = "BEGIN IMMEDIATE\nINSERT INTO t (b) VALUES ('x')\nSELECT count(*) FROM t\nCOMMIT";
    std::thread::scope(|scope| {
        for client in 0..64 {
            let mut connection = host.connect();
            scope.spawn(move || {
                for turn in 0..10 {
                    let script =
                        if (client + turn) % 2 == 0 { write } else { "SELECT count(*) FROM t" };
                    let shown =
                        connection.request("POST", "/misbehave/sql", script.as_bytes()).text();
                    assert!(!shown.contains("error"), "{shown}");
                }
            });
        }
    });
    assert_eq!(host.sql("SELECT count(*) FROM t"), "[\"count(*)\"] 320");
}

#[test]
fn another_process_that_writes_is_waited_for_without_blocking_readers() {
    let host = Host::start(&[]);
    host.sql("CREATE TABLE t (a)");
    let other = Sqlite::open(host.state.path().join("sqlite_db.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE; INSERT INTO t VALUES (1)").unwrap();
    let insert = "INSERT INTO t VALUES (2)";
    let writers: Vec<_> = (0..4).map(|_| host.begin("POST", "/misbehave/sql", insert)).collect();
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(host.sql("SELECT count(*) FROM t"), "[\"count(*)\"] 0");
    other.execute_batch("COMMIT").unwrap();
    for mut writer in writers {
        assert_eq!(writer.receive().text(), "[] ");
    }
    assert_eq!(host.sql("SELECT count(*) FROM t"), "[\"count(*)\"] 5");
}

#[test]
fn a_statement_without_end_is_interrupted() {
    let host = Host::start(&["--deadline-ms", "500"]);
    for mut connection in endless_statements(&host) {
        // Whether the component still comes to say so or not.
        let response = connection.receive();
        assert!(response.status == 504 || response.text().contains("interrupted"), "{response:?}");
    }
    assert_eq!(host.sql("SELECT 1"), "[\"1\"] 1");
}

#[test]
fn statements_without_end_keep_nobody_from_being_served() {
    let host = Host::start(&[]);
    let mut connections = endless_statements(&host);
    host.begun(4);
    assert_eq!(host.get("/constant").status, 200);
    assert!(!connections.iter_mut().any(Connection::is_answered));
}

fn endless_statements(host: &Host) -> Vec<Connection> {
    let script = "wait 0\n\
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
    (0..4).map(|_| host.begin("POST", "/misbehave/sql", script)).collect()
}

#[test]
fn a_killed_host_loses_no_answered_write_and_reopens_clean() {
    let state = fresh_state();
    let mut answered = BTreeSet::new();
    let mut host = Host::start_on(state.clone(), &[]);
    host.sql("CREATE TABLE t (a INTEGER PRIMARY KEY)");
    for round in 0_u64..20 {
        let (mut connection, mut number) = (host.connect(), round * 1000);
        let (one_is_answered, answers) = std::sync::mpsc::channel();
        let writer = std::thread::spawn(move || {
            let mut written = Vec::new();
            loop {
                let script = format!("BEGIN IMMEDIATE\nINSERT INTO t VALUES ({number})\nCOMMIT");
                connection.begin("POST", "/misbehave/sql", "", script.as_bytes());
                if connection.try_receive().is_none_or(|response| response.text() != "[] ") {
                    return written;
                }
                written.push(number);
                let _ = one_is_answered.send(());
                number += 1;
            }
        });
        // Somewhere between two writes, or in the middle of one.
        answers.recv().unwrap();
        std::thread::sleep(Duration::from_micros(1_700 * round));
        host.signal("KILL");
        host.wait();
        answered.extend(writer.join().unwrap());
        host = Host::start_on(state.clone(), &[]);
        assert_eq!(host.sql("PRAGMA integrity_check"), "[\"integrity_check\"] \"ok\"");
    }
    let shown = host.sql("SELECT group_concat(a) FROM t");
    let kept: BTreeSet<u64> =
        shown.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse().ok()).collect();
    assert!(answered.is_subset(&kept), "lost: {:?}", answered.difference(&kept));
}

#[test]
fn state_survives_a_restart() {
    let state = fresh_state();
    {
        let host = Host::start_on(state.clone(), &[]);
        host.sql("CREATE TABLE t (a)\nINSERT INTO t VALUES (1)");
        host.request("PUT", "/misbehave/key-value/k", b"v");
    }
    let host = Host::start_on(state, &[]);
    assert_eq!(host.sql("SELECT a FROM t"), "[\"a\"] 1");
    assert_eq!(host.get("/misbehave/key-value/k").text(), r#"Some(Ok("v"))"#);
}

#[test]
fn keys_are_set_read_listed_and_deleted() {
    let host = Host::start(&[]);
    let ask = |method: &str, key: &str, value: &str| {
        host.request(method, &format!("/misbehave/key-value/{key}"), value.as_bytes()).text()
    };
    assert_eq!(ask("GET", "a/b", ""), "None");
    assert_eq!(ask("PUT", "a/b", "one"), "()");
    assert_eq!(ask("PUT", "a/b", "two"), "()");
    assert_eq!(ask("PUT", "c", ""), "()");
    assert_eq!(ask("GET", "a/b", ""), r#"Some(Ok("two"))"#);
    assert_eq!(ask("GET", "", ""), r#"["a/b", "c"]"#);
    assert_eq!(ask("DELETE", "a/b", ""), "()");
    assert_eq!(ask("DELETE", "a/b", ""), "()");
    assert_eq!(ask("GET", "", ""), r#"["c"]"#);
}

#[test]
fn a_key_is_set_in_the_middle_of_a_transaction() {
    let host = Host::start(&[]);
    let script = "CREATE TABLE t (a)\nBEGIN IMMEDIATE\nset\nINSERT INTO t VALUES (1)\nCOMMIT";
    assert_eq!(host.sql(script), "[] ");
}

#[test]
fn the_files_are_those_of_spin() {
    let host = Host::start(&[]);
    host.sql("CREATE TABLE t (a)");
    host.request("PUT", "/misbehave/key-value/k", b"v");
    let open = |name: &str| Sqlite::open(host.state.path().join(name)).unwrap();
    let key_value = "SELECT store || key || value FROM spin_key_value";
    assert_eq!(
        open("sqlite_key_value.db")
            .query_row(key_value, [], |row| row.get::<_, String>(0))
            .unwrap(),
        "defaultkv"
    );
    let mode = open("sqlite_db.db")
        .query_row("PRAGMA journal_mode", [], |row| row.get::<_, String>(0))
        .unwrap();
    assert_eq!(mode, "wal");
}

#[test]
fn a_store_that_spin_made_is_read() {
    let state = empty_state();
    let spin = Sqlite::open(state.path().join("sqlite_key_value.db")).unwrap();
    spin.execute_batch(
        "CREATE TABLE spin_key_value (store TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (store, key));
         INSERT INTO spin_key_value VALUES ('default', 'k', x'76')",
    )
    .unwrap();
    drop(spin);
    assert_eq!(Host::start_on(state, &[]).get("/misbehave/key-value/k").text(), r#"Some(Ok("v"))"#);
}

/// The permissions of others on the files below a directory, by path.
fn open_to_others(directory: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let metadata = fs::metadata(&path).unwrap();
        if metadata.is_dir() {
            found.extend(open_to_others(&path));
        } else if metadata.permissions().mode() & 0o077 != 0 {
            found.push(format!("{} {:o}", path.display(), metadata.permissions().mode()));
        }
    }
    found
}

#[test]
fn state_files_are_for_their_owner_alone() {
    let state = fresh_state();
    // A directory that the operator made, and files that an earlier host left open.
    fs::set_permissions(state.path(), Permissions::from_mode(0o755)).unwrap();
    let earlier = Sqlite::open(state.path().join("sqlite_db.db")).unwrap();
    earlier.execute_batch("PRAGMA journal_mode = wal; CREATE TABLE earlier (a)").unwrap();
    for entry in fs::read_dir(state.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            fs::set_permissions(path, Permissions::from_mode(0o664)).unwrap();
        }
    }
    assert!(open_to_others(state.path()).iter().any(|file| file.contains("sqlite_db.db-wal")));
    let host = Host::start_on(state.clone(), &[]);
    host.sql("CREATE TABLE t (a)");
    host.request("PUT", "/misbehave/key-value/k", b"x");
    let names = |name: &str| state.path().join(name).is_file();
    assert!(names("sqlite_db.db-wal") && names("sqlite_db.db-shm"), "they are open");
    assert!(names("sqlite_key_value.db") && names("sqlite_key_value.db-wal"));
    assert_eq!(open_to_others(state.path()), [""; 0]);
}

#[test]
fn what_is_compiled_is_for_its_owner_alone() {
    let state = empty_state();
    fs::set_permissions(state.path(), Permissions::from_mode(0o755)).unwrap();
    let _host = Host::start_on(state.clone(), &[]);
    assert!(fs::read_dir(state.path().join("compiled")).unwrap().count() > 0);
    assert_eq!(open_to_others(state.path()), [""; 0]);
}
