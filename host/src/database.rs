//! A database file: its pool of connections and the fair queue of writers. What a component sees is Spin's: a fresh connection
//! per `open`, one statement per `execute`, a busy time-out of 5 s.
//!
//! Three things are faster than that, and components do not see them:
//! * Connections are pooled with their prepared statements. A transaction that a component leaves
//!   open is rolled back, and a connection whose settings were changed (`PRAGMA x = y`, temporary
//!   tables, ATTACH) is closed. So a request sees nothing of an earlier one but SQLite's own counters,
//!   `last_insert_rowid()`, `changes()` and `total_changes()`, before the first INSERT, UPDATE or
//!   DELETE of a connection; under Spin they are 0 then.
//! * Writers of this process acquire one fair lock before SQLite's. SQLite itself sleeps for up to
//!   100 ms and serves in no order, so 64 writers would starve each other into SQLITE_BUSY. When
//!   SQLite is busy after that, another process is writing; the statement is retried without blocking
//!   a thread.
//! * Statements run on the thread of their request, which costs less than another thread. Only a long read, and a write that may
//!   be long, let another thread take over the requests that are queued on this one.
//!
//! Durability is that of SQLite's default in WAL mode, `synchronous = FULL`, as under `spin up`: after a COMMIT the data is on disk,
//! and survives a power failure. But nobody waits for the disk with the write lock: see `group_commit`.

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
use crate::deadline::Deadline;
use crate::fair_semaphore::{FairSemaphore, Permit, Size};
use crate::group_commit::{GroupCommit, NotSynced};
use crate::instance_permit::{InstancePermit, KeepGuard, WriterState};
use crate::quota::{Quota, Reservation};

/// How long a statement waits for another process, as under Spin.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// The pause between two attempts while another process holds the database.
const BUSY_PAUSE: Duration = Duration::from_millis(5);
/// The time that a component has to respond when it cannot get the write lock before its deadline.
const TIME_TO_RESPOND: Duration = Duration::from_secs(1);
/// Connections in the pool. More are made when needed, and closed after use.
const IDLE_CONNECTIONS: usize = 32;
/// Prepared statements kept per connection.
const CACHED_STATEMENTS: usize = 256;
/// The page cache of a connection, in KiB.
const CACHE_KIB: i64 = 512;
/// The largest result, in bytes: well below the memory of a component, so that the host's memory is bounded as well.
const MAX_RESULT_BYTES: usize = 32 * 1024 * 1024;
/// Results up to this size, in bytes, need no reservation of memory.
const SMALL_RESULT_BYTES: usize = 1024 * 1024;
/// How long a read may block the other requests of its thread.
const SHORT_READ: Duration = Duration::from_millis(10);
/// SQLite instructions between two looks at the deadline of a running statement.
const STEPS_BETWEEN_CHECKS: i32 = 10_000;

/// A database file.
pub(crate) struct Database {
    path: PathBuf,
    idle: Mutex<Vec<PooledConnection>>,
    /// One permit, for the connection that writes. SQLite has such a lock as well, but serves in no order.
    write_lock: Arc<FairSemaphore>,
    group_commit: GroupCommit,
}

/// A connection of the pool.
struct PooledConnection {
    connection: Connection,
    /// Whether a component changed a setting of the connection.
    changed: Arc<AtomicBool>,
    /// When the running statement must stop.
    deadline: Arc<Mutex<Option<Instant>>>,
    /// Whether something was committed that is not synced yet.
    committed: Arc<AtomicBool>,
}

/// The result of a statement.
pub(crate) struct Rows<V> {
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Vec<V>>,
}

/// Why a statement failed.
#[derive(Debug)]
pub(crate) enum Failure {
    Sqlite(rusqlite::Error),
    /// What a database server says, or that it says nothing.
    Server(String),
    /// No write lock, no permit or no memory in time.
    Busy,
    TooLarge,
    NotSynced,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(error) => error.fmt(f),
            Self::Server(message) => f.write_str(message),
            Self::Busy => f.write_str("database is locked"),
            Self::NotSynced => f.write_str("disk I/O error: the log cannot be synced"),
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
        let database = Self {
            path: path.to_owned(),
            idle: Mutex::default(),
            write_lock: FairSemaphore::new(Size::of(1)),
            group_commit: GroupCommit::start(path)?,
        };
        let first = database.connect_first();
        let first =
            first.with_context(|| format!("cannot open the database {}", path.display()))?;
        database.idle().push(first);
        Ok(Arc::new(database))
    }

    /// The first connection. It sets the mode of the journal, which the file keeps.
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
        // (Setting the page cache reads the schema, and a connection that is being closed locks the file.)
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
        connection.pragma_update(None, "synchronous", "normal")?;
        // From here on `GuestConnection::execute` waits, without blocking a thread.
        connection.busy_timeout(Duration::ZERO)?;
        // Otherwise the planner depends on the bound values and prepares the statement again for each of them, which is two
        // thirds of the cost of a small read.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        let changed = Arc::new(AtomicBool::new(false));
        let deadline = Arc::new(Mutex::new(None::<Instant>));
        connection.authorizer(Some(authorizer(changed.clone())))?;
        let watched = deadline.clone();
        let overdue = move || lock(&watched).is_some_and(|deadline| Instant::now() > deadline);
        connection.progress_handler(STEPS_BETWEEN_CHECKS, Some(overdue))?;
        let committed = Arc::new(AtomicBool::new(false));
        let noted = committed.clone();
        connection.commit_hook(Some(move || {
            noted.store(true, Ordering::Relaxed);
            // It is not rolled back.
            false
        }))?;
        Ok(PooledConnection { connection, changed, deadline, committed })
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<PooledConnection>> {
        lock(&self.idle)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Confines a component to its database file, and records when it changes settings of the connection.
fn authorizer(
    changed: Arc<AtomicBool>,
) -> impl FnMut(AuthContext<'_>) -> Authorization + Send + 'static {
    move |context| match context.action {
        // The empty name, which VACUUM attaches as well, is a temporary database; any other is a file of the host.
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

/// The size of a result. A large one needs a reservation of memory: it is copied into the component next.
struct ResultSize<'a> {
    context: &'a DatabaseContext,
    bytes: usize,
    reservation: Option<Reservation>,
}

impl<'a> ResultSize<'a> {
    fn new(context: &'a DatabaseContext) -> Self {
        Self { context, bytes: 0, reservation: None }
    }

    /// Reads a value and adds its size.
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
        let mib = (self.bytes - SMALL_RESULT_BYTES).div_ceil(1024 * 1024);
        let DatabaseContext { memory, permit, .. } = self.context;
        let is_reserved = memory.try_extend(&mut self.reservation, permit.client(), mib);
        if is_reserved { Ok(()) } else { Err(Failure::Busy) }
    }
}

/// The state that the connections of one request to a database share.
#[derive(Clone)]
pub(crate) struct DatabaseContext {
    /// When the request ends.
    pub(crate) deadline: Deadline,
    /// Whether a connection of this request has the write lock. (A second one would wait for the first for ever.)
    pub(crate) writer: WriterState,
    permit: Arc<InstancePermit>,
    /// Whether the instance has just handed its response over.
    has_responded: Arc<AtomicBool>,
    /// For large results, in MiB.
    memory: Arc<Quota>,
}

impl DatabaseContext {
    /// For a request that ends at `deadline`.
    pub(crate) fn new(deadline: Deadline, permit: Arc<InstancePermit>, memory: Arc<Quota>) -> Self {
        let has_responded = Arc::default();
        Self { deadline, writer: WriterState::default(), permit, has_responded, memory }
    }

    /// Notes that the instance hands its response over.
    pub(crate) fn on_response(&self) -> impl FnOnce() + Send + 'static {
        let has_responded = self.has_responded.clone();
        move || has_responded.store(true, Ordering::Relaxed)
    }

    /// Lets a response that was handed over go to its client before the instance goes on: statements do not wait for anything else
    /// mostly, so that the client would wait for what the instance does for itself.
    pub(crate) async fn pass_response_on(&self) {
        if self.has_responded.swap(false, Ordering::Relaxed) {
            let _keep = self.keep_permit();
            tokio::task::yield_now().await;
        }
    }

    /// The client that sent the request.
    pub(crate) fn client(&self) -> Client {
        self.permit.client()
    }

    /// The permit of the instance is kept while it waits for a store, until the guard is dropped.
    pub(crate) fn keep_permit(&self) -> KeepGuard<'_> {
        self.permit.keep()
    }

    /// For the same request and another database.
    pub(crate) fn for_other_file(&self) -> Self {
        Self { writer: WriterState::default(), ..self.clone() }
    }
}

/// The connection behind a component's `connection` resource, or behind a key-value operation.
#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct GuestConnection {
    database: Arc<Database>,
    /// `None` only while being dropped.
    pooled: Option<PooledConnection>,
    context: DatabaseContext,
    write_permit: Option<Permit>,
    /// Of the latest result, if it is large.
    reservation: Option<Reservation>,
}

/// One attempt at a statement.
enum Attempt<V> {
    Done(Rows<V>, Option<Reservation>),
    /// The statement writes, and this connection has no write lock.
    NeedsWriteLock,
    /// The statement reads, and takes long.
    Slow,
}

impl GuestConnection {
    /// Takes a connection from the pool, or makes one.
    pub(crate) fn open(
        database: &Arc<Database>,
        context: &DatabaseContext,
    ) -> rusqlite::Result<Self> {
        let idle = database.idle().pop();
        let pooled = match idle {
            Some(pooled) => pooled,
            None => block_in_place(|| database.connect())?,
        };
        Ok(Self {
            database: database.clone(),
            pooled: Some(pooled),
            context: context.clone(),
            write_permit: None,
            reservation: None,
        })
    }

    /// Runs one statement. A statement that writes waits for the write lock first.
    ///
    /// # Errors
    /// [`Failure`].
    pub(crate) async fn execute<V: FromSql + ToSql>(
        &mut self,
        sql: &str,
        parameters: &[V],
    ) -> Result<Rows<V>, Failure> {
        self.reservation = None;
        let mut started = Instant::now();
        let mut is_slow = false;
        let result = loop {
            match self.attempt(sql, parameters, is_slow) {
                Ok(Attempt::Slow) => {
                    is_slow = true;
                    // Each of these needs a processor for itself. A writer does not wait: others wait for it.
                    if self.context.writer.since().is_none() {
                        self.context.permit.enter_heavy_pool().await.map_err(|_| Failure::Busy)?;
                    }
                    started = Instant::now();
                }
                Ok(Attempt::Done(result, reservation)) => {
                    self.reservation = reservation;
                    break Ok(result);
                }
                Ok(Attempt::NeedsWriteLock) => {
                    self.acquire_write_lock().await?;
                    // The time-out is for other processes, not for the writers of this one.
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
            self.release_write_lock();
            let committed =
                |pooled: &PooledConnection| pooled.committed.swap(false, Ordering::Relaxed);
            if self.pooled.as_ref().is_some_and(committed) {
                self.database
                    .group_commit
                    .synced()
                    .await
                    .map_err(|NotSynced| Failure::NotSynced)?;
            }
        }
        result
    }

    fn attempt<V: FromSql + ToSql>(
        &self,
        sql: &str,
        parameters: &[V],
        is_slow: bool,
    ) -> Result<Attempt<V>, Failure> {
        let Some(pooled) = &self.pooled else { return Err(Failure::Busy) };
        let mut statement = pooled.connection.prepare_cached(sql)?;
        // To SQLite BEGIN IMMEDIATE is a write. BEGIN alone is a read: only the first write of the transaction locks.
        if !statement.readonly() && self.write_permit.is_none() {
            return Ok(Attempt::NeedsWriteLock);
        }
        let run = |statement: &mut Statement<'_>, deadline| {
            let mut size = ResultSize::new(&self.context);
            let result = pooled.run(statement, parameters, deadline, &mut size)?;
            Ok(Attempt::Done(result, size.reservation))
        };
        let deadline = self.context.deadline.at();
        let short = Instant::now() + SHORT_READ;
        let reads = statement.readonly() && statement.column_count() > 0;
        if reads && !is_slow && short < deadline {
            return match run(&mut statement, short) {
                Err(Failure::Sqlite(error)) if is_interrupted(&error) => Ok(Attempt::Slow),
                result => result,
            };
        }
        if is_usually_short(sql) {
            return run(&mut statement, deadline);
        }
        block_in_place(|| run(&mut statement, deadline))
    }

    async fn acquire_write_lock(&mut self) -> Result<(), Failure> {
        let DatabaseContext { deadline, writer, permit, .. } = &self.context;
        if writer.since().is_some() {
            return Err(Failure::Busy);
        }
        let deadline = deadline.at();
        let until = deadline.checked_sub(TIME_TO_RESPOND).unwrap_or(deadline);
        let acquire = self.database.write_lock.acquire(permit.client());
        let acquire = acquire.map_err(|_| Failure::Busy)?;
        let permit = tokio::time::timeout_at(until.into(), acquire).await;
        self.write_permit = Some(permit.map_err(|_| Failure::Busy)?);
        writer.set(Some(Instant::now()));
        Ok(())
    }

    fn release_write_lock(&mut self) {
        if self.write_permit.take().is_some() {
            self.context.writer.set(None);
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
        // Not before the transaction has ended.
        self.release_write_lock();
    }
}

/// Whether a statement that writes changes few rows, as most of its kind do, and does not wait for the disk. (A write cannot be broken
/// off and tried again, as a read.)
fn is_usually_short(sql: &str) -> bool {
    const KINDS: [&str; 6] = ["BEGIN", "COMMIT", "INSERT", "RELEASE", "SAVEPOINT", "UPDATE"];
    let is = |kind: &&str| {
        let word = sql.trim_start().as_bytes().get(..kind.len());
        word.is_some_and(|word| word.eq_ignore_ascii_case(kind.as_bytes()))
    };
    KINDS.iter().any(is)
}

/// Whether a retry can help. (Not where the transaction reads an outdated snapshot.)
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
