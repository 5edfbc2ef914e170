//! The SQLite database `default`: a file of this host or a database on a libSQL server.

use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use rusqlite::types::{FromSql, ToSql};

use crate::database::{Database, DatabaseContext, Failure, GuestConnection, Rows};
use crate::libsql::{self, LibSql};

/// A database.
#[derive(Clone)]
pub(crate) enum SqliteDatabase {
    File(Arc<Database>),
    LibSql(Arc<LibSql>),
}

/// The connection behind a component's `connection` resource.
#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct SqliteConnection(Kind);

enum Kind {
    File(GuestConnection),
    LibSql(libsql::Connection),
}

impl SqliteDatabase {
    /// Opens or makes a database in a file.
    pub(crate) fn open_file(path: &Path) -> Result<Self> {
        Database::open(path).map(Self::File)
    }

    /// A connection for the request of `context`.
    pub(crate) fn connect(&self, context: &DatabaseContext) -> rusqlite::Result<SqliteConnection> {
        Ok(SqliteConnection(match self {
            Self::File(database) => Kind::File(GuestConnection::open(database, context)?),
            Self::LibSql(database) => Kind::LibSql(libsql::Connection::open(database, context)),
        }))
    }
}

impl SqliteConnection {
    /// Runs one statement.
    ///
    /// # Errors
    /// [`Failure`].
    pub(crate) async fn execute<V: FromSql + ToSql>(
        &mut self,
        context: &DatabaseContext,
        sql: &str,
        parameters: &[V],
    ) -> Result<Rows<V>, Failure> {
        let _keep = context.keep_permit();
        match &mut self.0 {
            Kind::File(connection) => connection.execute(sql, parameters).await,
            Kind::LibSql(connection) => connection.execute(sql, parameters).await,
        }
    }
}
