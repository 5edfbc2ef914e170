//! The seam to SQLite: one statement at a time, as Spin's interface has it, or several in one round trip, and transactions on
//! top.

mod error;
mod row;

use std::borrow::Cow;
use std::cell::Cell;

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

/// An open write transaction. What is not committed is rolled back.
pub struct Transaction<'a> {
    db: &'a dyn Database,
    state: Cell<TransactionState>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum TransactionState {
    Open,
    Committed,
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
        let transaction = Transaction::begin(db)?;
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
    fn begin(db: &'a dyn Database) -> Result<Self, StoreError> {
        let mut attempt = 1;
        loop {
            let error = match db.execute("BEGIN IMMEDIATE", &[]) {
                Ok(_) => return Ok(Self { db, state: Cell::new(TransactionState::Open) }),
                Err(error) => error,
            };
            match Temporary::of(&error.0) {
                Some(Temporary::Busy) if attempt < BEGIN_ATTEMPTS => {}
                Some(Temporary::GivenUp) if attempt < BEGIN_ATTEMPTS => db.reset(),
                _ => return Err(error.into()),
            }
            attempt += 1;
        }
    }

    fn commit(&self) -> Result<(), StoreError> {
        match self.execute("COMMIT", &[]) {
            Ok(_) => {
                self.state.set(TransactionState::Committed);
                Ok(())
            }
            Err(error) if self.state.get() == TransactionState::Broken => {
                Err(StoreError::InDoubt(error.0))
            }
            Err(error) => Err(error.into()),
        }
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        match self.state.get() {
            TransactionState::Committed => {}
            TransactionState::Open => {
                // A failure here needs no handling: SQLite rolls back when the connection closes.
                let _ = self.db.execute("ROLLBACK", &[]);
            }
            TransactionState::GivenUp | TransactionState::Broken => self.db.reset(),
        }
    }
}

impl Database for Transaction<'_> {
    fn execute(&self, sql: &str, parameters: &[Value]) -> Result<Vec<Row>, DatabaseError> {
        // The database would run a further statement by itself, outside of any transaction.
        if matches!(self.state.get(), TransactionState::GivenUp | TransactionState::Broken) {
            return Err(DatabaseError("no transaction is active".into()));
        }
        let result = self.db.execute(sql, parameters);
        if let Err(DatabaseError(message)) = &result {
            match Temporary::of(message) {
                Some(Temporary::GivenUp) => self.state.set(TransactionState::GivenUp),
                Some(Temporary::Disconnected) => self.state.set(TransactionState::Broken),
                Some(Temporary::Busy) | None => {}
            }
        }
        result
    }
}
