//! `fermyon:spin/sqlite`.

use std::sync::atomic::Ordering;

use rusqlite::ErrorCode;
use rusqlite::types::{FromSql, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use wasmtime::component::Resource;

use crate::bindings::fermyon::spin::sqlite::{
    Error, Host, HostConnection, QueryResult, RowResult, Value,
};
use crate::database::{Failure, Rows};
use crate::instance::State;
use crate::sqlite::SqliteConnection;

impl Host for State {}

impl HostConnection for State {
    fn open(
        &mut self,
        name: String,
    ) -> wasmtime::Result<Result<Resource<SqliteConnection>, Error>> {
        let Some(database) = self.component.sqlite.as_ref().filter(|_| name == "default") else {
            self.warn_of_undeclared("SQLite database", &name, "sqlite_databases");
            return Ok(Err(Error::AccessDenied));
        };
        Ok(match database.connect(&self.database) {
            Ok(connection) => Ok(self.table.push(connection)?),
            Err(error) => Err(Error::Io(error.to_string())),
        })
    }

    async fn execute(
        &mut self,
        connection: Resource<SqliteConnection>,
        statement: String,
        parameters: Vec<Value>,
    ) -> wasmtime::Result<Result<QueryResult, Error>> {
        self.database.pass_response_on().await;
        self.counters.statements.fetch_add(1, Ordering::Relaxed);
        let connection = self.table.get_mut(&connection)?;
        let result = connection.execute::<Value>(&self.database, &statement, &parameters).await;
        tracing::debug!(target: "berth::sqlite", sql = statement, failed = result.is_err());
        Ok(result.map(Rows::into).map_err(|failure| match &failure {
            Failure::Sqlite(error) if error.sqlite_error_code() == Some(ErrorCode::DiskFull) => {
                Error::DatabaseFull
            }
            _ => Error::Io(failure.to_string()),
        }))
    }

    fn drop(&mut self, connection: Resource<SqliteConnection>) -> wasmtime::Result<()> {
        self.table.delete(connection)?;
        Ok(())
    }
}

impl From<Rows<Value>> for QueryResult {
    fn from(Rows { columns, rows }: Rows<Value>) -> Self {
        Self { columns, rows: rows.into_iter().map(|values| RowResult { values }).collect() }
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Integer(integer) => ValueRef::Integer(*integer),
            Self::Real(real) => ValueRef::Real(*real),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Blob(blob) => ValueRef::Blob(blob),
            Self::Null => ValueRef::Null,
        }))
    }
}

impl FromSql for Value {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Ok(match value {
            ValueRef::Null => Self::Null,
            ValueRef::Integer(integer) => Self::Integer(integer),
            ValueRef::Real(real) => Self::Real(real),
            ValueRef::Text(text) => Self::Text(str::from_utf8(text)?.to_owned()),
            ValueRef::Blob(blob) => Self::Blob(blob.to_vec()),
        })
    }
}
