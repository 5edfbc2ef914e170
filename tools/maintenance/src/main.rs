//! `berth-maintenance`, which `berth maintenance` runs: removes what has had its time, as requests do that change anything, until
//! nothing is left. It works beside `berth up` or `spin up`, on the database that they use.

mod configuration;
mod libsql;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use berth_domain::Timestamp;
use berth_sqlite::Sqlite;
use berth_store::{Database, SchemaState, retention, schema_state};
use clap::Parser;
use rusqlite::{Connection, OpenFlags};

use crate::configuration::{Command, Configuration, Store};

/// How long a statement waits for another process, as under Spin.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How long others have the write lock for themselves after each step, at least.
const SHORTEST_PAUSE: Duration = Duration::from_millis(10);

fn main() -> ExitCode {
    match run(&Command::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "berth: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: &Command) -> Result<()> {
    let configuration = Configuration::read(command, |name| std::env::var(name).ok())?;
    let database = open(&configuration.store)?;
    let ready = schema_state(&*database)? == SchemaState::Fits;
    ensure!(ready, "the database has no schema of this version: start the registry once first");
    let removed = sweep_all(&*database, configuration.log_retention_s)?;
    print(&removed).context("cannot print what was removed")
}

fn open(store: &Store) -> Result<Box<dyn Database>> {
    match store {
        Store::Server(server) => Ok(Box::new(libsql::connect(server.clone()))),
        Store::File(path) => Ok(Box::new(open_file(path)?)),
    }
}

fn open_file(path: &Path) -> Result<Sqlite> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).with_context(|| {
        format!("there is no database {}: start the registry once first", path.display())
    })?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    // What is removed takes other rows with it.
    connection.pragma_update(None, "foreign_keys", true)?;
    Ok(Sqlite(connection))
}

/// Removes until nothing is left. After each step it pauses for as long as that took.
fn sweep_all(
    database: &dyn Database,
    log_retention_s: Option<i64>,
) -> Result<BTreeMap<&'static str, usize>> {
    let mut total = BTreeMap::new();
    loop {
        let started = Instant::now();
        let removed = retention::sweep(database, now(), log_retention_s)?;
        if removed.is_empty() {
            return Ok(total);
        }
        for of_kind in removed {
            *total.entry(of_kind.name).or_default() += of_kind.rows;
        }
        std::thread::sleep(started.elapsed().max(SHORTEST_PAUSE));
    }
}

fn print(removed: &BTreeMap<&str, usize>) -> std::io::Result<()> {
    let mut output = std::io::stdout().lock();
    if removed.is_empty() {
        writeln!(output, "Nothing to remove")?;
    }
    for (name, rows) in removed {
        writeln!(output, "Removed {rows} {name}")?;
    }
    Ok(())
}

fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let micros = since.unwrap_or_default().as_micros();
    Timestamp::from_micros(i64::try_from(micros).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_is_over_goes_and_the_rest_stays() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("sqlite_db.db");
        let made = Sqlite(Connection::open(&path).expect("a file"));
        berth_store::migrate(&made).expect("the schema is made");
        let enter = |age_s: i64, rows: i64| {
            let sql = "WITH RECURSIVE number (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM number WHERE n < ?1)
                INSERT INTO log_entry (kind, metadata, created_at) SELECT 'org_create', '{}', ?2 FROM number";
            let at = now().plus_seconds(-age_s);
            made.0.execute(sql, (rows, at.as_micros())).expect("entries");
        };
        enter(91 * 86_400, 1_234);
        enter(89 * 86_400, 7);
        made.0
            .execute("INSERT INTO gone_mail (recipient, subject, sender, created_at) VALUES ('', '', '', 0)", ())
            .expect("a mail that was deleted");
        let database = open(&Store::File(path)).expect("it is there");
        assert!(
            sweep_all(&*database, None).expect("it works").len() == 1,
            "the log is kept for ever"
        );
        let removed = sweep_all(&*database, Some(90 * 86_400)).expect("it works");
        assert_eq!(removed, BTreeMap::from([("log entries", 1_234)]));
        let left: i64 = made
            .0
            .query_row("SELECT count(*) FROM log_entry", (), |row| row.get(0))
            .expect("a number");
        assert_eq!(left, 7);
        assert!(sweep_all(&*database, Some(90 * 86_400)).expect("it works").is_empty());
    }

    #[test]
    fn what_is_not_there_is_not_made() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("sqlite_db.db");
        assert!(open_file(&path).is_err() && !path.exists());
    }
}
