//! A database file: its pool of connections and the fair queue of writers. What a component sees is Spin's: a fresh connection
//! per `open`, one statement per `execute`, a busy time-out of 5 s.
//!
//! Three things are faster than that and invisible:
//! * Connections are pooled with their prepared statements. A transaction that a component leaves
//!   open is rolled back, and a connection whose settings were changed (`PRAGMA x = y`, temporary
//!   tables, ATTACH) is closed, so none sees what another left. All that may show of an earlier
//!   request are SQLite's own counters, `last_insert_rowid()`, `changes()` and `total_changes()`,
//!   before the first INSERT, UPDATE or DELETE of a connection; under Spin they are 0 then.
//! * Writers of this process queue for one fair lock before they ask SQLite. SQLite's own waiting
//!   is a sleep of up to 100 ms without any order: 64 writers would starve one another into
//!   SQLITE_BUSY. What SQLite reports as busy after that comes from another process, and is tried
//!   again without holding up a thread.
//! * A read runs on the thread of its request, which takes less than handing it to another. Only
//!   what writes, and so waits for the disk, and a read that turns out to be long let another
//!   thread take over the requests that wait for this one.
//!
//! Durability is SQLite's default in WAL mode, `synchronous = FULL`, as under `spin up`: a COMMIT
//! that was answered is on disk, also after a power failure. NORMAL would be enough against a
//! killed process, but this service keeps who may do what.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context;
use rusqlite::config::DbConfig;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::types::{FromSql, ToSql, ValueRef};
use rusqlite::{Connection, ErrorCode, Row, Statement};
use tokio::task::block_in_place;

use crate::client::Client;
use crate::fair_semaphore::{Permit, Size, Turns};
use crate::instance_permit::{Seat, Writing};
use crate::quota::{Room, Taken};

/// How long a statement waits for another process, as under Spin.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// The pause between two attempts while another process holds the database.
const BUSY_PAUSE: Duration = Duration::from_millis(5);
/// Left to a component to answer in, when its turn to write does not come before its deadline.
const TIME_TO_ANSWER: Duration = Duration::from_secs(1);
/// Connections kept for later. More are made when needed, and closed after use.
const IDLE_CONNECTIONS: usize = 32;
/// Prepared statements kept per connection.
const CACHED_STATEMENTS: usize = 256;
/// Pages of the database that a connection keeps, in KiB.
const CACHE_KIB: i64 = 512;
/// The largest result, in bytes: well below the memory of a component, so that the host's stays
/// bounded as well.
const MAX_RESULT_BYTES: usize = 32 * 1024 * 1024;
/// What a result may have without counting as memory.
const SMALL_RESULT_BYTES: usize = 1024 * 1024;
/// How long a read may hold up the other requests of its thread.
const SHORT_READ: Duration = Duration::from_millis(10);
/// SQLite instructions between two looks at the deadline of a running statement.
const STEPS_BETWEEN_CHECKS: i32 = 10_000;

/// A database file.
pub(crate) struct Database {
    path: PathBuf,
    idle: Mutex<Vec<PooledConnection>>,
    /// For the one connection that may write, each client in turn. SQLite would enforce it too, but
    /// without any order.
    writer: Arc<Turns>,
}

/// A connection as the pool keeps it.
struct PooledConnection {
    connection: Connection,
    /// A component changed a setting of the connection.
    changed: Arc<AtomicBool>,
    /// When the running statement must stop.
    deadline: Arc<Mutex<Option<Instant>>>,
}

/// What a statement gave.
pub(crate) struct Rows<V> {
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Vec<V>>,
}

/// Why a statement failed.
#[derive(Debug)]
pub(crate) enum Failure {
    Sqlite(rusqlite::Error),
    /// The turn to write did not come in time.
    Busy,
    TooLarge,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(error) => error.fmt(f),
            Self::Busy => f.write_str("database is locked"),
            Self::TooLarge => write!(f, "the result is larger than {MAX_RESULT_BYTES} bytes"),
        }
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl Database {
    /// Opens or makes the database at `path`.
    pub(crate) fn open(path: &Path) -> anyhow::Result<Arc<Self>> {
        let database =
            Self { path: path.to_owned(), idle: Mutex::default(), writer: Turns::new(Size::of(1)) };
        let first = database.connect_first();
        let first =
            first.with_context(|| format!("cannot open the database {}", path.display()))?;
        database.idle().push(first);
        Ok(Arc::new(database))
    }

    /// The connection that makes the file what it is to be. The mode of the journal stays in it.
    fn connect_first(&self) -> rusqlite::Result<PooledConnection> {
        let connection = Connection::open(&self.path)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        drop(connection);
        self.connect()
    }

    fn connect(&self) -> rusqlite::Result<PooledConnection> {
        let mut connection = Connection::open(&self.path)?;
        connection.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
        // Each connection has pages of its own, behind which stand those of the system. This reads the schema: whoever closes
        // a connection at this moment has the file locked.
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
        // From here on waiting is `GuestConnection::execute`'s business, which does not block a thread.
        connection.busy_timeout(Duration::ZERO)?;
        // Otherwise the planner looks at the values that are bound, and prepares a statement anew for each of them: two
        // thirds of what a small read costs.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        let changed = Arc::new(AtomicBool::new(false));
        let deadline = Arc::new(Mutex::new(None::<Instant>));
        connection.authorizer(Some(authorizer(changed.clone())))?;
        let watched = deadline.clone();
        let overdue = move || lock(&watched).is_some_and(|deadline| Instant::now() > deadline);
        connection.progress_handler(STEPS_BETWEEN_CHECKS, Some(overdue))?;
        Ok(PooledConnection { connection, changed, deadline })
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<PooledConnection>> {
        lock(&self.idle)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps a component inside its database file, and notes when it changes the connection itself.
fn authorizer(
    changed: Arc<AtomicBool>,
) -> impl FnMut(AuthContext<'_>) -> Authorization + Send + 'static {
    move |context| match context.action {
        // The empty name, which VACUUM attaches by itself too, is a database of the connection's own;
        // any other is a file of the host.
        AuthAction::Attach { filename } if !filename.is_empty() => Authorization::Deny,
        AuthAction::Attach { .. }
        | AuthAction::Pragma { pragma_value: Some(_), .. }
        | AuthAction::CreateTempTable { .. }
        | AuthAction::CreateTempView { .. }
        | AuthAction::CreateTempTrigger { .. } => {
            changed.store(true, Ordering::Relaxed);
            Authorization::Allow
        }
        _ => Authorization::Allow,
    }
}

impl PooledConnection {
    /// Runs a statement to its end, or until `deadline`.
    fn run<V: FromSql + ToSql>(
        &self,
        statement: &mut Statement<'_>,
        parameters: &[V],
        deadline: Instant,
        size: &mut ResultSize<'_>,
    ) -> Result<Rows<V>, Failure> {
        *lock(&self.deadline) = Some(deadline);
        let columns: Vec<_> = statement.column_names().map(str::to_owned).collect();
        let mut found = statement.query(rusqlite::params_from_iter(parameters))?;
        let mut rows = Vec::new();
        while let Some(row) = found.next()? {
            let values = (0..columns.len()).map(|column| size.read(row, column));
            rows.push(values.collect::<Result<_, _>>()?);
        }
        Ok(Rows { columns, rows })
    }
}

/// The size of a result, which counts as memory as long as it is not small: it is in the component's memory next.
struct ResultSize<'a> {
    turn: &'a Turn,
    bytes: usize,
    taken: Option<Taken>,
}

impl<'a> ResultSize<'a> {
    fn new(turn: &'a Turn) -> Self {
        Self { turn, bytes: 0, taken: None }
    }

    /// A value of the result, whose size is added.
    fn read<V: FromSql>(&mut self, row: &Row<'_>, column: usize) -> Result<V, Failure> {
        let bytes = match row.get_ref(column)? {
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.len(),
            _ => 0,
        };
        self.add(size_of::<V>() + bytes)?;
        Ok(row.get(column)?)
    }

    fn add(&mut self, bytes: usize) -> Result<(), Failure> {
        self.bytes += bytes;
        if self.bytes <= SMALL_RESULT_BYTES {
            return Ok(());
        }
        if self.bytes > MAX_RESULT_BYTES {
            return Err(Failure::TooLarge);
        }
        let counted = (self.bytes - SMALL_RESULT_BYTES).div_ceil(1024 * 1024);
        let has_room = match &mut self.taken {
            Some(taken) => taken.grow_to(counted),
            none => {
                *none = self.turn.memory.take(self.turn.client(), counted);
                none.is_some()
            }
        };
        if has_room { Ok(()) } else { Err(Failure::Busy) }
    }
}

/// What one request has to do with the queue of writers: shared by all its connections.
#[derive(Clone)]
pub(crate) struct Turn {
    /// When the request must have been answered.
    pub(crate) deadline: Instant,
    /// Whether a connection of this request is the writer now. A second one would wait for the
    /// first for ever.
    pub(crate) writing: Writing,
    /// Where the instance is counted.
    seat: Arc<Seat>,
    /// What all have for large results.
    memory: Arc<Room>,
}

impl Turn {
    /// For a request that ends at `deadline`.
    pub(crate) fn new(deadline: Instant, seat: Arc<Seat>, memory: Arc<Room>) -> Self {
        Self { deadline, writing: Writing::default(), seat, memory }
    }

    fn client(&self) -> Client {
        self.seat.client()
    }

    /// For the same request at another database.
    pub(crate) fn elsewhere(&self) -> Self {
        Self { writing: Writing::default(), ..self.clone() }
    }
}

/// The connection behind a component's `connection` resource, or behind a key-value operation.
#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct GuestConnection {
    database: Arc<Database>,
    /// `None` only while being dropped.
    pooled: Option<PooledConnection>,
    turn: Turn,
    writer: Option<Permit>,
    /// What the last result has of the memory, if it is large.
    result: Option<Taken>,
}

/// One attempt at a statement.
enum Attempt<V> {
    /// With what a large result has of the memory.
    Done(Rows<V>, Option<Taken>),
    /// The statement writes, and it is not this connection's turn.
    NotMyTurn,
    /// The statement reads, and is not done soon.
    Long,
}

impl GuestConnection {
    /// Takes a connection from the pool, or makes one.
    pub(crate) fn open(database: &Arc<Database>, turn: &Turn) -> rusqlite::Result<Self> {
        let idle = database.idle().pop();
        let pooled = match idle {
            Some(pooled) => pooled,
            None => block_in_place(|| database.connect())?,
        };
        Ok(Self {
            database: database.clone(),
            pooled: Some(pooled),
            turn: turn.clone(),
            writer: None,
            result: None,
        })
    }

    /// Runs one statement, waiting for this connection's turn if it writes.
    pub(crate) async fn execute<V: FromSql + ToSql>(
        &mut self,
        sql: &str,
        parameters: &[V],
    ) -> Result<Rows<V>, Failure> {
        self.result = None;
        let mut started = Instant::now();
        let mut is_long = false;
        let result = loop {
            match self.attempt(sql, parameters, is_long) {
                Ok(Attempt::Long) => {
                    is_long = true;
                    // Few of these run at a time: each takes a processor. Whoever writes is not held up.
                    if self.turn.writing.since().is_none() {
                        self.turn.seat.enter_lane().await.map_err(|_| Failure::Busy)?;
                    }
                    started = Instant::now();
                }
                Ok(Attempt::Done(result, taken)) => {
                    self.result = taken;
                    break Ok(result);
                }
                Ok(Attempt::NotMyTurn) => {
                    self.wait_for_turn().await?;
                    // The wait for the writers of this process is not one for another.
                    started = Instant::now();
                }
                Err(Failure::Sqlite(error))
                    if is_busy(&error) && started.elapsed() < BUSY_TIMEOUT =>
                {
                    tokio::time::sleep(BUSY_PAUSE).await;
                }
                Err(failure) => break Err(failure),
            }
        };
        if self.pooled.as_ref().is_none_or(|pooled| pooled.connection.is_autocommit()) {
            self.end_turn();
        }
        result
    }

    fn attempt<V: FromSql + ToSql>(
        &self,
        sql: &str,
        parameters: &[V],
        is_long: bool,
    ) -> Result<Attempt<V>, Failure> {
        let Some(pooled) = &self.pooled else { return Err(Failure::Busy) };
        let mut statement = pooled.connection.prepare_cached(sql)?;
        // BEGIN IMMEDIATE is no read to SQLite. BEGIN alone is one: it takes nothing yet, its first
        // write does.
        if !statement.readonly() && self.writer.is_none() {
            return Ok(Attempt::NotMyTurn);
        }
        let run = |statement: &mut Statement<'_>, deadline| {
            let mut size = ResultSize::new(&self.turn);
            let result = pooled.run(statement, parameters, deadline, &mut size)?;
            Ok(Attempt::Done(result, size.taken))
        };
        let deadline = self.turn.deadline;
        let short = Instant::now() + SHORT_READ;
        let reads = statement.readonly() && statement.column_count() > 0;
        if reads && !is_long && short < deadline {
            return match run(&mut statement, short) {
                Err(Failure::Sqlite(error)) if is_interrupted(&error) => Ok(Attempt::Long),
                result => result,
            };
        }
        block_in_place(|| run(&mut statement, deadline))
    }

    async fn wait_for_turn(&mut self) -> Result<(), Failure> {
        if self.turn.writing.since().is_some() {
            return Err(Failure::Busy);
        }
        let patience = self.turn.deadline.checked_sub(TIME_TO_ANSWER).unwrap_or(self.turn.deadline);
        let turn = self.database.writer.take(self.turn.client()).map_err(|_| Failure::Busy)?;
        let turn = tokio::time::timeout_at(patience.into(), turn);
        self.writer = Some(turn.await.map_err(|_| Failure::Busy)?);
        self.turn.writing.set(Some(Instant::now()));
        Ok(())
    }

    fn end_turn(&mut self) {
        if self.writer.take().is_some() {
            self.turn.writing.set(None);
        }
    }
}

impl Drop for GuestConnection {
    fn drop(&mut self) {
        if let Some(pooled) = self.pooled.take() {
            *lock(&pooled.deadline) = None;
            let clean = pooled.connection.is_autocommit()
                || pooled.connection.execute_batch("ROLLBACK").is_ok();
            let mut idle = self.database.idle();
            if clean && !pooled.changed.load(Ordering::Relaxed) && idle.len() < IDLE_CONNECTIONS {
                idle.push(pooled);
            }
        }
        // Only now may the next writer go: the transaction is over.
        self.end_turn();
    }
}

/// Whether trying again can help: not for a snapshot that is out of date, which stays so.
fn is_busy(error: &rusqlite::Error) -> bool {
    match error.sqlite_error() {
        Some(cause) => {
            cause.code == ErrorCode::DatabaseBusy
                && cause.extended_code != rusqlite::ffi::SQLITE_BUSY_SNAPSHOT
        }
        None => false,
    }
}

fn is_interrupted(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted)
}
