//! The seam to SQLite: one statement at a time, as Spin's interface has it, and transactions on top.

mod error;
mod row;

use std::cell::Cell;

pub use error::{Constraint, DatabaseError, StoreError, is_busy, is_passing};
pub use row::{FromRow, FromValue, Row, Value, returned};
pub(crate) use row::{disagreement, row_of};

/// An open database. `berth-spin` implements it on Spin's SQLite, tests on rusqlite.
pub trait Database {
    /// Runs one statement and returns all its rows.
    ///
    /// # Errors
    /// Whatever SQLite says, in words.
    fn execute(&self, sql: &str, parameters: &[Value]) -> Result<Vec<Row>, DatabaseError>;
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

/// An open write transaction. What is not committed is rolled back.
pub struct Transaction<'a> {
    db: &'a dyn Database,
    open: Cell<bool>,
}

/// Runs `work` in one short write transaction: all of it or nothing.
///
/// # Errors
/// [`StoreError::Busy`] when the database stays locked; whatever `work` or COMMIT fails with.
pub fn transaction<T, E: From<StoreError>>(
    db: &dyn Database,
    work: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
) -> Result<T, E> {
    let transaction = Transaction::begin(db)?;
    let result = work(&transaction)?;
    transaction.commit()?;
    Ok(result)
}

impl<'a> Transaction<'a> {
    fn begin(db: &'a dyn Database) -> Result<Self, StoreError> {
        let mut attempt = 1;
        loop {
            match db.execute("BEGIN IMMEDIATE", &[]).map_err(StoreError::from) {
                Ok(_) => return Ok(Self { db, open: Cell::new(true) }),
                Err(StoreError::Busy) if attempt < BEGIN_ATTEMPTS => attempt += 1,
                Err(error) => return Err(error),
            }
        }
    }

    fn commit(self) -> Result<(), StoreError> {
        self.db.execute("COMMIT", &[])?;
        self.open.set(false);
        Ok(())
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        if self.open.get() {
            // A failure here needs no handling: SQLite rolls back when the connection closes.
            let _ = self.db.execute("ROLLBACK", &[]);
        }
    }
}

impl Database for Transaction<'_> {
    fn execute(&self, sql: &str, parameters: &[Value]) -> Result<Vec<Row>, DatabaseError> {
        self.db.execute(sql, parameters)
    }
}
