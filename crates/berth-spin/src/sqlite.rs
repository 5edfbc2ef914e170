//! `berth-store`'s interface on Spin's SQLite.

use std::cell::RefCell;

use berth_store::{DatabaseError, Row, Value};
use spin_sdk::sqlite::{self, Connection};

pub(crate) use Sqlite as Database;

/// The database of a request.
pub(crate) fn open() -> Database {
    Sqlite::default()
}

/// A database of the host's, which is opened by its first statement.
#[derive(Default)]
pub(crate) struct Sqlite(RefCell<Option<Connection>>);

impl Sqlite {
    fn query(
        &self,
        sql: &str,
        parameters: &[sqlite::Value],
    ) -> Result<sqlite::QueryResult, sqlite::Error> {
        let mut connection = self.0.borrow_mut();
        let connection = match &mut *connection {
            Some(open) => open,
            none => none.insert(Connection::open_default()?),
        };
        connection.execute(sql, parameters)
    }
}

impl berth_store::Database for Sqlite {
    fn execute(&self, sql: &str, parameters: &[Value]) -> Result<Vec<Row>, DatabaseError> {
        let parameters: Vec<sqlite::Value> = parameters.iter().cloned().map(to_spin).collect();
        let result =
            self.query(sql, &parameters).map_err(|error| DatabaseError(message(&error)))?;
        let rows = result.rows.into_iter();
        Ok(rows.map(|row| Row::new(row.values.into_iter().map(from_spin).collect())).collect())
    }

    fn reset(&self) {
        self.0.take();
    }
}

fn message(error: &sqlite::Error) -> String {
    match error {
        sqlite::Error::Io(message) => message.clone(),
        other => other.to_string(),
    }
}

fn to_spin(value: Value) -> sqlite::Value {
    match value {
        Value::Null => sqlite::Value::Null,
        Value::Integer(integer) => sqlite::Value::Integer(integer),
        Value::Real(real) => sqlite::Value::Real(real),
        Value::Text(text) => sqlite::Value::Text(text),
        Value::Blob(bytes) => sqlite::Value::Blob(bytes),
    }
}

fn from_spin(value: sqlite::Value) -> Value {
    match value {
        sqlite::Value::Null => Value::Null,
        sqlite::Value::Integer(integer) => Value::Integer(integer),
        sqlite::Value::Real(real) => Value::Real(real),
        sqlite::Value::Text(text) => Value::Text(text),
        sqlite::Value::Blob(bytes) => Value::Blob(bytes),
    }
}
