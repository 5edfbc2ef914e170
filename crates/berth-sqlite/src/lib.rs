//! `berth_store::Database` on SQLite in this process: for `berth-token`, native tests and the benchmark. Components reach
//! SQLite through their host (`berth-spin`).

use std::rc::Rc;

use berth_store::{Database, DatabaseError, Row, Value};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, params_from_iter};

/// The largest result of a statement, in bytes, as on the host: a larger one is an error.
const MAX_RESULT_BYTES: usize = 32 * 1024 * 1024;

/// A connection to a database.
#[derive(Debug)]
pub struct Sqlite(pub Connection);

impl Database for Sqlite {
    fn execute(&self, sql: &str, parameters: &[Value]) -> Result<Vec<Row>, DatabaseError> {
        let (rows, bytes) =
            self.run(sql, parameters).map_err(|error| DatabaseError(error.to_string()))?;
        if bytes > MAX_RESULT_BYTES {
            let message = format!("the result is larger than {MAX_RESULT_BYTES} bytes: {sql}");
            return Err(DatabaseError(message));
        }
        Ok(rows)
    }
}

impl Sqlite {
    /// The rows, and how many bytes they have.
    fn run(&self, sql: &str, parameters: &[Value]) -> rusqlite::Result<(Vec<Row>, usize)> {
        let mut statement = self.0.prepare_cached(sql)?;
        let names: Rc<[String]> = statement.column_names().into_iter().map(str::to_owned).collect();
        let mut found = statement.query(params_from_iter(parameters.iter().map(to_sql)))?;
        let (mut rows, mut bytes) = (Vec::new(), 0);
        while let Some(row) = found.next()? {
            let values = (0..names.len()).map(|column| row.get_ref(column).map(from_sql));
            let values = values.collect::<rusqlite::Result<Vec<_>>>()?;
            bytes += values.iter().map(size_of_value).sum::<usize>();
            rows.push(Row::named(values, names.clone()));
        }
        Ok((rows, bytes))
    }
}

fn to_sql(value: &Value) -> ToSqlOutput<'_> {
    ToSqlOutput::Borrowed(match value {
        Value::Null => ValueRef::Null,
        Value::Integer(integer) => ValueRef::Integer(*integer),
        Value::Real(real) => ValueRef::Real(*real),
        Value::Text(text) => ValueRef::Text(text.as_bytes()),
        Value::Blob(bytes) => ValueRef::Blob(bytes),
    })
}

fn from_sql(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(integer) => Value::Integer(integer),
        ValueRef::Real(real) => Value::Real(real),
        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
    }
}

fn size_of_value(value: &Value) -> usize {
    let more = match value {
        Value::Text(text) => text.len(),
        Value::Blob(bytes) => bytes.len(),
        Value::Null | Value::Integer(_) | Value::Real(_) => 0,
    };
    size_of::<Value>() + more
}
