//! The seam to SQLite: one statement at a time, as Spin's interface has it, or several in one round trip, and transactions on
//! top.

mod error;
mod row;

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::mem;

pub use error::{BatchError, Constraint, DatabaseError, StoreError, Temporary};
pub use row::{FromRow, FromValue, Row, Value, returned};
pub(crate) use row::{disagreement, row_of};

/// An open database. `berth-spin` implements it on Spin's SQLite, tests on rusqlite.
pub trait Database {
    /// Runs one statement and returns all its rows.
    ///
    /// # Errors
    /// Whatever SQLite says, in words.
    fn execute(&self, sql: &str, parameters: &[Value]) -> Result<Vec<Row>, DatabaseError>;

    /// Runs statements in their order, and returns the rows of each. Those after one that fails are not run; what was done
    /// stays. A database that is reached over a network does all in one round trip.
    ///
    /// # Errors
    /// Whatever SQLite says of the first that fails, and which one that is.
    fn execute_all(&self, statements: &[Statement]) -> Result<Vec<Vec<Row>>, BatchError> {
        let run = |(index, statement): (usize, &Statement)| {
            self.execute(&statement.sql, &statement.parameters)
                .map_err(|error| BatchError { index, error })
        };
        statements.iter().enumerate().map(run).collect()
    }

    /// Undoes what is not committed, whatever state the connection is in.
    ///
    /// An implementation that has a connection to lose opens another for the next statement: a remote database may have given
    /// up the transaction, and would run what follows by itself.
    fn reset(&self) {
        // SQLite rolls back by itself when the connection closes.
        let _ = self.execute("ROLLBACK", &[]);
    }
}

/// A statement of a batch.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// One statement.
    pub sql: Cow<'static, str>,
    /// The values of `?1` and what follows.
    pub parameters: Vec<Value>,
}

impl Statement {
    /// One without parameters.
    const fn plain(sql: &'static str) -> Self {
        Self { sql: Cow::Borrowed(sql), parameters: Vec::new() }
    }
}

/// Statements, by the rows that they give.
pub(crate) trait Query: Database {
    /// Runs a statement without using its rows.
    fn run(&self, sql: &str, parameters: &[Value]) -> Result<(), StoreError> {
        self.execute(sql, parameters)?;
        Ok(())
    }

    /// Whether there are any.
    fn any(&self, sql: &str, parameters: &[Value]) -> Result<bool, StoreError> {
        Ok(!self.execute(sql, parameters)?.is_empty())
    }

    /// All.
    fn all<T: FromRow>(&self, sql: &str, parameters: &[Value]) -> Result<Vec<T>, StoreError> {
        self.execute(sql, parameters)?.into_iter().map(Row::whole).collect()
    }

    /// The first, if there is one.
    fn optional<T: FromRow>(
        &self,
        sql: &str,
        parameters: &[Value],
    ) -> Result<Option<T>, StoreError> {
        self.execute(sql, parameters)?.into_iter().next().map(Row::whole).transpose()
    }

    /// The first, which there is.
    fn one<T: FromRow>(&self, sql: &str, parameters: &[Value]) -> Result<T, StoreError> {
        self.optional(sql, parameters)?
            .ok_or_else(|| disagreement("a statement gave no row".into()))
    }
}

impl<D: Database + ?Sized> Query for D {}

/// How often BEGIN is tried. Spin's SQLite waits 5 seconds each time, so that a writer waits 20 seconds in all: within the
/// deadline of a request.
const BEGIN_ATTEMPTS: u32 = 4;

/// How often a transaction is tried that the database gave up by itself.
const TRANSACTION_ATTEMPTS: u32 = 2;

/// A write transaction. What is not committed is rolled back.
///
/// It makes few round trips of its statements: BEGIN, and what [`Transaction::defer`] is given, wait for the next statement, or
/// for COMMIT, and go with it.
pub struct Transaction<'a> {
    db: &'a dyn Database,
    state: Cell<TransactionState>,
    waiting: RefCell<Vec<Statement>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum TransactionState {
    /// BEGIN waits.
    New,
    Open,
    Committed,
    /// A statement that had waited failed, and with it those that came after.
    Failed,
    /// The database interrupted it or gave it up: nothing is committed, and it can be tried again.
    GivenUp,
    /// The connection broke.
    Broken,
}

/// Runs `work` in one short write transaction: all of it or nothing. Where the database gives the transaction up by itself,
/// `work` runs once more, so it must not change anything but the database.
///
/// # Errors
/// [`StoreError::Busy`] when the database stays locked; [`StoreError::InDoubt`] when the connection breaks during COMMIT;
/// whatever else `work` or COMMIT fails with: then nothing is changed.
pub fn transaction<T, E: From<StoreError>>(
    db: &dyn Database,
    work: impl Fn(&Transaction<'_>) -> Result<T, E>,
) -> Result<T, E> {
    let mut attempt = 1;
    loop {
        let transaction = Transaction::new(db);
        let result = work(&transaction).and_then(|result| {
            transaction.commit()?;
            Ok(result)
        });
        if attempt == TRANSACTION_ATTEMPTS || transaction.state.get() != TransactionState::GivenUp {
            return result;
        }
        attempt += 1;
    }
}

impl<'a> Transaction<'a> {
    fn new(db: &'a dyn Database) -> Self {
        let waiting = RefCell::new(vec![Statement::plain("BEGIN IMMEDIATE")]);
        Self { db, state: Cell::new(TransactionState::New), waiting }
    }

    /// Runs a statement whose rows nobody reads together with the next one, at the latest with COMMIT: that one gives its
    /// error. So a statement that breaks a rule of which the caller has to tell is not deferred.
    pub(crate) fn defer(
        &self,
        sql: impl Into<Cow<'static, str>>,
        parameters: &[Value],
    ) -> Result<(), StoreError> {
        let statement = Statement { sql: sql.into(), parameters: parameters.to_vec() };
        self.waiting.borrow_mut().push(statement);
        Ok(())
    }

    /// Runs what waits and the statement; returns its rows.
    fn send(&self, sql: &str, parameters: &[Value]) -> Result<Vec<Row>, BatchError> {
        // The database would run a further statement by itself, outside of any transaction.
        if !self.is_live() {
            let error = DatabaseError("no transaction is active".into());
            return Err(BatchError { index: 0, error });
        }
        let mut statements = mem::take(&mut *self.waiting.borrow_mut());
        let waiting = statements.len();
        let result = if statements.is_empty() {
            self.db.execute(sql, parameters).map_err(|error| BatchError { index: 0, error })
        } else {
            let (sql, parameters) = (Cow::Owned(sql.to_owned()), parameters.to_vec());
            statements.push(Statement { sql, parameters });
            let rows = match self.state.get() {
                TransactionState::New => self.begin(&statements),
                _ => self.db.execute_all(&statements),
            };
            rows.map(|mut rows| rows.pop().unwrap_or_default())
        };
        if let Err(failed) = &result {
            match Temporary::of(&failed.error.0) {
                Some(Temporary::GivenUp) => self.state.set(TransactionState::GivenUp),
                Some(Temporary::Disconnected) => self.state.set(TransactionState::Broken),
                _ if failed.index < waiting => self.state.set(TransactionState::Failed),
                Some(Temporary::Busy) | None => {}
            }
        }
        result
    }

    fn is_live(&self) -> bool {
        matches!(self.state.get(), TransactionState::New | TransactionState::Open)
    }

    /// Runs the first statements, of which BEGIN is the first.
    fn begin(&self, statements: &[Statement]) -> Result<Vec<Vec<Row>>, BatchError> {
        let mut attempt = 1;
        loop {
            let failed = match self.db.execute_all(statements) {
                Err(failed) if failed.index == 0 => failed,
                result => {
                    self.state.set(TransactionState::Open);
                    return result;
                }
            };
            match Temporary::of(&failed.error.0) {
                Some(Temporary::Busy) if attempt < BEGIN_ATTEMPTS => {}
                Some(Temporary::GivenUp) if attempt < BEGIN_ATTEMPTS => self.db.reset(),
                _ => return Err(failed),
            }
            attempt += 1;
        }
    }

    /// Nothing to do where no statement was run.
    fn commit(&self) -> Result<(), StoreError> {
        let (waiting, was_live) = (self.waiting.borrow().len(), self.is_live());
        if self.state.get() == TransactionState::New && waiting == 1 {
            return Ok(());
        }
        match self.send("COMMIT", &[]) {
            Ok(_) => {
                self.state.set(TransactionState::Committed);
                Ok(())
            }
            Err(failed) => {
                let is_lost = was_live && self.state.get() == TransactionState::Broken;
                match is_lost && failed.index == waiting {
                    true => Err(StoreError::InDoubt(failed.error.0)),
                    false => Err(failed.error.into()),
                }
            }
        }
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        match self.state.get() {
            TransactionState::New | TransactionState::Committed => {}
            TransactionState::Open | TransactionState::Failed => {
                // A failure here needs no handling: SQLite rolls back when the connection closes.
                let _ = self.db.execute("ROLLBACK", &[]);
            }
            TransactionState::GivenUp | TransactionState::Broken => self.db.reset(),
        }
    }
}

impl Database for Transaction<'_> {
    fn execute(&self, sql: &str, parameters: &[Value]) -> Result<Vec<Row>, DatabaseError> {
        self.send(sql, parameters).map_err(|failed| failed.error)
    }
}

#[cfg(test)]
mod tests;
