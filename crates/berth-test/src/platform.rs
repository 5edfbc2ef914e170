//! The platform of tests: rusqlite in memory, maps, a clock and entropy that repeat.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};

use berth_domain::Timestamp;
use berth_domain::settings;
use berth_sqlite::Sqlite;
use berth_store::{Database, DatabaseError, Row, Value};
use berth_web::outbound::mailer::{Gateway, Mailer, Message};
use berth_web::{Clock, Entropy, KeyValue, PlatformError, Variables};
use rusqlite::backup::{Backup, StepResult};
use rusqlite::config::DbConfig;

/// The first time of the clock, in seconds since 1970: 2026-11-22, 06:28:07 UTC.
pub(crate) const START: i64 = 1_795_328_887;

/// SQLite that remembers its statements: in memory, or in a file that several have open.
pub(crate) struct MemoryDatabase {
    sqlite: Sqlite,
    steps: Arc<AtomicU64>,
    statements: RefCell<Vec<String>>,
    failing: RefCell<Option<String>>,
    stop: RefCell<Option<Stop>>,
    stopped: Cell<bool>,
    failure: Cell<Option<Failure>>,
}

/// What a request has changed in the database: rows that it inserted or deleted, or a column of rows that were there.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) table: String,
    pub(crate) column: Option<String>,
}

/// What a database does once that gives a transaction up, or whose connection breaks.
#[derive(Debug, Clone, Copy)]
pub struct Failure {
    /// At which statement of a request, counted from 0.
    pub at: usize,
    /// What it says.
    pub message: &'static str,
    /// Whether it has run the statement, and only its answer is lost. Otherwise it rolls back.
    pub is_done: bool,
}

/// What happens in the middle of a request.
pub(crate) struct Stop {
    /// Before which of its statements, counted from 0.
    pub(crate) at: usize,
    pub(crate) work: Rc<dyn Fn()>,
}

impl MemoryDatabase {
    pub(crate) fn new() -> Self {
        Self::on(rusqlite::Connection::open_in_memory().expect("memory is there"))
    }

    /// The database in a file, as a host has it open. What changes is not watched: others change it too.
    pub(crate) fn open(path: &Path) -> Self {
        let connection = rusqlite::Connection::open(path).expect("the file is a database");
        // Waiting for the other connection here would be for ever: both are in the same thread.
        connection.busy_timeout(std::time::Duration::ZERO).expect("as said");
        for (name, value) in [("journal_mode", "WAL"), ("synchronous", "OFF")] {
            connection.pragma_update(None, name, value).expect("as on the host");
        }
        Self::on(connection)
    }

    fn on(mut connection: rusqlite::Connection) -> Self {
        let steps = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&steps);
        let count = move || {
            counter.fetch_add(1, Ordering::Relaxed);
            false
        };
        connection.progress_handler(16, Some(count)).expect("steps can be counted");
        connection.set_prepared_statement_cache_capacity(256);
        connection
            .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
            .expect("as on the host");
        Self {
            sqlite: Sqlite(connection),
            steps,
            statements: RefCell::default(),
            failing: RefCell::default(),
            stop: RefCell::default(),
            stopped: Cell::default(),
            failure: Cell::default(),
        }
    }

    /// How many steps SQLite's virtual machine has taken, in sixteens.
    pub(crate) fn steps(&self) -> u64 {
        self.steps.load(Ordering::Relaxed)
    }

    pub(crate) fn is_in_transaction(&self) -> bool {
        !self.sqlite.0.is_autocommit()
    }

    /// The next request stops as `stop` says, until its work is done.
    pub(crate) fn stop_at(&self, stop: Stop) {
        *self.stop.borrow_mut() = Some(stop);
        self.stopped.set(false);
    }

    /// Whether a request stopped since [`Self::stop_at`]. None does from now on.
    pub(crate) fn take_stop(&self) -> bool {
        self.stop.take();
        self.stopped.replace(false)
    }

    /// From now on a request meets this failure.
    pub(crate) fn fail_at(&self, failure: Option<Failure>) {
        self.failure.set(failure);
    }

    /// The failure that was not met. No request meets it from now on.
    pub(crate) fn take_failure(&self) -> Option<Failure> {
        self.failure.take()
    }

    /// The failure that is met before the next statement.
    fn failure_if_due(&self, sql: &str) -> Option<DatabaseError> {
        let count = self.statements.borrow().len();
        let failure = self.failure.get().filter(|failure| failure.at == count)?;
        self.failure.take();
        if failure.is_done {
            self.sqlite.execute(sql, &[]).expect("it runs");
        } else if !self.sqlite.0.is_autocommit() {
            self.sqlite.execute("ROLLBACK", &[]).expect("a transaction is open");
        }
        Some(DatabaseError(failure.message.into()))
    }

    fn stop_if_due(&self) {
        let count = self.statements.borrow().len();
        let due = self.stop.borrow().as_ref().is_some_and(|stop| stop.at == count);
        if let Some(stop) = due.then(|| self.stop.take()).flatten() {
            self.stopped.set(true);
            (stop.work)();
        }
    }

    /// A database with the present schema, watched. It is made once for each process, and copied: parsing takes longer.
    pub(crate) fn with_schema() -> Self {
        static MADE: LazyLock<Mutex<Sqlite>> = LazyLock::new(|| {
            let database = MemoryDatabase::new();
            berth_store::migrate(&database).expect("the schema is made");
            database.watch();
            Mutex::new(database.sqlite)
        });
        Self::copy_of(&MADE.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Another database that holds the same.
    pub(crate) fn copy(&self) -> Self {
        Self::copy_of(&self.sqlite)
    }

    fn copy_of(sqlite: &Sqlite) -> Self {
        let mut copy = Self::new();
        // What watches is in the temporary one.
        for name in ["main", "temp"] {
            let backup = Backup::new_with_names(&sqlite.0, name, &mut copy.sqlite.0, name);
            let done = backup.and_then(|backup| backup.step(-1)).expect("memory copies to memory");
            assert_eq!(done, StepResult::Done, "nobody else has the database open");
        }
        copy
    }

    /// Writes what the database holds to a new file.
    pub(crate) fn save(&self, path: &Path) {
        let path = path.to_str().expect("the path of a test is text");
        self.sqlite.0.execute("VACUUM INTO ?1", [path]).expect("the file can be written");
    }

    /// Lets SQLite itself record what changes, in a table of this connection: a rollback removes the record too.
    fn watch(&self) {
        let sql = "SELECT t.name, group_concat(format(
                'SELECT ''%s'', ''%s'' WHERE OLD.%s IS NOT NEW.%s', t.name, c.name, c.name, c.name),
                ' UNION ALL ')
            FROM main.sqlite_schema t, pragma_table_info(t.name) c
            WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'
                AND t.name NOT IN ('log_entry', 'log_count', 'schema_version')
            GROUP BY t.name";
        let mut statement = self.sqlite.0.prepare(sql).expect("a statement");
        let tables = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
        let tables: Vec<(String, String)> =
            tables.and_then(Iterator::collect).expect("the tables of the schema");
        let mut batch = "CREATE TEMP TABLE changed (in_table TEXT, in_column TEXT);".to_owned();
        for (table, updated) in tables {
            for (change, noted) in [
                ("INSERT", format!("VALUES ('{table}', NULL)")),
                ("DELETE", format!("VALUES ('{table}', NULL)")),
                ("UPDATE", updated),
            ] {
                batch += &format!(
                    "CREATE TEMP TRIGGER {change}_of_{table} AFTER {change} ON main.{table}
                    BEGIN INSERT INTO changed {noted}; END;"
                );
            }
        }
        // What counts more is noted by its kind, and whether it is the first of its holder.
        for change in ["INSERT", "UPDATE"] {
            batch += &format!(
                "CREATE TEMP TRIGGER {change}_of_number AFTER {change} ON main.owned
                BEGIN INSERT INTO changed SELECT 'owned', NEW.kind || iif(NEW.number = 1, ' 1', '')
                WHERE NEW.number > {}; END;",
                if change == "UPDATE" { "OLD.number" } else { "0" }
            );
        }
        self.sqlite.0.execute_batch(&batch).expect("a table is watched");
    }

    /// The statements since the last call.
    pub(crate) fn take_statements(&self) -> Vec<String> {
        // Without a schema nothing is recorded.
        let _ = self.sqlite.0.execute("DELETE FROM changed", []);
        self.statements.take()
    }

    /// What has changed since [`Self::take_statements`].
    pub(crate) fn changes(&self) -> Vec<Change> {
        let sql = "SELECT DISTINCT in_table, in_column FROM changed";
        let Ok(mut statement) = self.sqlite.0.prepare_cached(sql) else { return Vec::new() };
        let change =
            |row: &rusqlite::Row<'_>| Ok(Change { table: row.get(0)?, column: row.get(1)? });
        let changes = statement.query_map([], change).and_then(Iterator::collect);
        changes.expect("what was noted can be read")
    }

    /// From now on every statement that contains `part` fails, as on a broken disk.
    pub(crate) fn fail_on(&self, part: Option<&str>) {
        *self.failing.borrow_mut() = part.map(str::to_owned);
    }
}

impl Database for MemoryDatabase {
    fn execute(&self, sql: &str, parameters: &[Value]) -> Result<Vec<Row>, DatabaseError> {
        self.stop_if_due();
        let failure = self.failure_if_due(sql);
        self.statements.borrow_mut().push(sql.to_owned());
        if let Some(error) = failure {
            return Err(error);
        }
        if self.failing.borrow().as_ref().is_some_and(|part| sql.contains(part.as_str())) {
            return Err(DatabaseError("disk I/O error (made by the test)".into()));
        }
        self.sqlite.execute(sql, parameters)
    }
}

/// A key-value store in a map.
#[derive(Clone, Default)]
pub(crate) struct MemoryKeys {
    values: RefCell<HashMap<String, Vec<u8>>>,
    failing: Cell<bool>,
}

impl MemoryKeys {
    /// From now on every statement fails.
    pub(crate) fn fail(&self, failing: bool) {
        self.failing.set(failing);
    }

    /// The keys that begin so, in their order.
    pub(crate) fn beginning(&self, prefix: &str) -> Vec<String> {
        let values = self.values.borrow();
        let mut keys: Vec<_> =
            values.keys().filter(|key| key.starts_with(prefix)).cloned().collect();
        keys.sort();
        keys
    }

    /// All keys, each with the length of its value in bytes.
    pub(crate) fn lengths(&self) -> Vec<(String, usize)> {
        let values = self.values.borrow();
        values.iter().map(|(key, value)| (key.clone(), value.len())).collect()
    }

    fn require(&self, key: &str) -> Result<(), PlatformError> {
        assert!(key.starts_with("berth/"), "keys begin with berth/: {key}");
        if self.failing.get() { Err(PlatformError("made by the test".into())) } else { Ok(()) }
    }
}

impl KeyValue for MemoryKeys {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, PlatformError> {
        self.require(key)?;
        Ok(self.values.borrow().get(key).cloned())
    }

    fn set(&self, key: &str, value: &[u8]) -> Result<(), PlatformError> {
        self.require(key)?;
        self.values.borrow_mut().insert(key.to_owned(), value.to_vec());
        Ok(())
    }

    fn delete(&self, key: &str) -> Result<(), PlatformError> {
        self.require(key)?;
        self.values.borrow_mut().remove(key);
        Ok(())
    }
}

/// Settings: the defaults of the table, and what the test changed. It remembers which were asked for.
#[derive(Clone, Default)]
pub(crate) struct MemoryVariables {
    changed: RefCell<HashMap<String, String>>,
    reads: RefCell<Vec<&'static str>>,
}

impl MemoryVariables {
    pub(crate) fn set(&self, name: &str, value: &str) {
        assert!(settings::ALL.iter().any(|row| row.name == name), "no setting {name}");
        self.changed.borrow_mut().insert(name.to_owned(), value.to_owned());
    }

    /// What was changed, in the order of names.
    pub(crate) fn changed(&self) -> BTreeMap<String, String> {
        let changed = self.changed.borrow();
        changed.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    /// The names that were asked for since the last call.
    pub(crate) fn take_reads(&self) -> Vec<&'static str> {
        // It keeps its capacity: reading is among the instructions that are counted.
        self.reads.borrow_mut().drain(..).collect()
    }
}

impl Variables for MemoryVariables {
    fn get(&self, name: &str) -> Result<String, PlatformError> {
        let row = settings::ALL.iter().find(|row| row.name == name);
        let row = row.ok_or_else(|| PlatformError(format!("no variable {name}")))?;
        self.reads.borrow_mut().push(row.name);
        let changed = self.changed.borrow();
        Ok(changed.get(name).map_or(row.default, String::as_str).to_owned())
    }
}

/// A clock that does not move by itself.
#[derive(Clone)]
pub(crate) struct StandingClock(Cell<Timestamp>);

impl StandingClock {
    pub(crate) fn new() -> Self {
        Self(Cell::new(Timestamp::from_micros(START * 1_000_000)))
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.0.set(self.0.get().plus_seconds(seconds));
    }
}

impl Clock for StandingClock {
    fn now(&self) -> Timestamp {
        self.0.get()
    }
}

/// Pseudo-random bytes (SplitMix64) that are the same in every run, so that snapshots are too.
#[derive(Clone)]
pub(crate) struct SeededEntropy(Cell<u64>);

impl SeededEntropy {
    pub(crate) fn new() -> Self {
        Self(Cell::new(1))
    }

    /// Begins another sequence.
    pub(crate) fn reseed(&self, seed: u64) {
        self.0.set(seed);
    }

    fn next(&self) -> u64 {
        let state = self.0.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        self.0.set(state);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.next().to_le_bytes()[..chunk.len()]);
        }
    }
}

/// A mail that a gateway took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveredMail {
    /// Where it was posted.
    pub gateway: String,
    /// The Bearer token.
    pub token: String,
    /// The same for every attempt.
    pub id: String,
    /// Sender.
    pub from: String,
    /// Recipient.
    pub to: String,
    /// Subject.
    pub subject: String,
    /// As plain text.
    pub text: String,
    /// As HTML.
    pub html: String,
}

/// A gateway that keeps what it takes.
#[derive(Clone, Default)]
pub(crate) struct MemoryMailer {
    taken: RefCell<Vec<DeliveredMail>>,
    failing: Cell<bool>,
}

impl MemoryMailer {
    pub(crate) fn fail(&self, failing: bool) {
        self.failing.set(failing);
    }

    pub(crate) fn take(&self) -> Vec<DeliveredMail> {
        self.taken.take()
    }
}

impl Mailer for MemoryMailer {
    fn deliver(&self, gateway: &Gateway, message: &Message<'_>) -> Result<(), String> {
        if self.failing.get() {
            return Err("made by the test".into());
        }
        self.taken.borrow_mut().push(DeliveredMail {
            gateway: gateway.url.clone(),
            token: gateway.token.clone(),
            id: message.id.to_owned(),
            from: message.from.to_owned(),
            to: message.to.to_owned(),
            subject: message.subject.to_owned(),
            text: message.text.to_owned(),
            html: message.html.to_owned(),
        });
        Ok(())
    }
}
