//! `fermyon:spin/key-value`: the store `default` in a SQLite file with Spin's table, so that a
//! state directory moves between `spin up` and `berth up`. There is no expiry and no other store.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use anyhow::{Context, Result};
use wasmtime::component::Resource;

use crate::bindings::fermyon::spin::key_value::{Error, Host, HostStore};
use crate::bindings::fermyon::spin::sqlite::{QueryResult, Value};
use crate::instance::State;
use crate::sqlite::{Database, Failure, GuestConnection, Turn};

/// Spin's own statement, to the letter of its columns.
const CREATE_TABLE: &str = "CREATE TABLE IF NOT EXISTS spin_key_value (
    store TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (store, key))";

/// Opens or makes the store's file.
pub(crate) fn open(path: &Path) -> Result<Arc<Database>> {
    let connection = rusqlite::Connection::open(path)
        .with_context(|| format!("cannot open {}", path.display()))?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection
        .execute(CREATE_TABLE, [])
        .with_context(|| format!("cannot prepare {}", path.display()))?;
    Database::open(path)
}

/// What is behind a component's `store` resource.
#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct GuestStore {
    label: String,
}

/// The longest key, in bytes.
const MAX_KEY_BYTES: usize = 1024;
/// The largest value, in bytes.
const MAX_VALUE_BYTES: usize = 10 * 1024 * 1024;

impl State {
    async fn key_value(
        &mut self,
        store: &Resource<GuestStore>,
        sql: &str,
        mut parameters: Vec<Value>,
    ) -> wasmtime::Result<Result<QueryResult, Error>> {
        self.counters.key_value.fetch_add(1, Ordering::Relaxed);
        let Some(database) = self.component.key_value.clone() else {
            return Ok(Err(Error::AccessDenied));
        };
        parameters.insert(0, Value::Text(self.table.get(store)?.label.clone()));
        // A turn of its own: this is another file than that of the SQL transaction which may be
        // open.
        let turn = self.turn.elsewhere();
        let _stay = self.seat.stay();
        let result = run(&database, &turn, sql, &parameters).await;
        Ok(result.map_err(|failure| Error::Other(failure.to_string())))
    }
}

async fn run(
    database: &Arc<Database>,
    turn: &Turn,
    sql: &str,
    parameters: &[Value],
) -> Result<QueryResult, Failure> {
    GuestConnection::open(database, turn)?.execute(sql, parameters).await
}

fn first_value(result: QueryResult) -> Option<Value> {
    result.rows.into_iter().next()?.values.into_iter().next()
}

impl Host for State {}

impl HostStore for State {
    fn open(&mut self, label: String) -> wasmtime::Result<Result<Resource<GuestStore>, Error>> {
        if label != "default" || self.component.key_value.is_none() {
            self.warn_of_undeclared("key-value store", &label, "key_value_stores");
            return Ok(Err(Error::AccessDenied));
        }
        Ok(Ok(self.table.push(GuestStore { label })?))
    }

    async fn get(
        &mut self,
        store: Resource<GuestStore>,
        key: String,
    ) -> wasmtime::Result<Result<Option<Vec<u8>>, Error>> {
        let sql = "SELECT value FROM spin_key_value WHERE store = ?1 AND key = ?2";
        let result = self.key_value(&store, sql, vec![Value::Text(key)]).await?;
        Ok(result.map(|result| match first_value(result)? {
            Value::Blob(value) => Some(value),
            Value::Text(value) => Some(value.into_bytes()),
            _ => None,
        }))
    }

    async fn set(
        &mut self,
        store: Resource<GuestStore>,
        key: String,
        value: Vec<u8>,
    ) -> wasmtime::Result<Result<(), Error>> {
        if key.len() > MAX_KEY_BYTES || value.len() > MAX_VALUE_BYTES {
            let message =
                format!("a key may have {MAX_KEY_BYTES} bytes, a value {MAX_VALUE_BYTES}");
            return Ok(Err(Error::Other(message)));
        }
        let sql = "INSERT INTO spin_key_value (store, key, value) VALUES (?1, ?2, ?3)
            ON CONFLICT (store, key) DO UPDATE SET value = excluded.value";
        let result =
            self.key_value(&store, sql, vec![Value::Text(key), Value::Blob(value)]).await?;
        Ok(result.map(|_| ()))
    }

    async fn delete(
        &mut self,
        store: Resource<GuestStore>,
        key: String,
    ) -> wasmtime::Result<Result<(), Error>> {
        let sql = "DELETE FROM spin_key_value WHERE store = ?1 AND key = ?2";
        let result = self.key_value(&store, sql, vec![Value::Text(key)]).await?;
        Ok(result.map(|_| ()))
    }

    async fn exists(
        &mut self,
        store: Resource<GuestStore>,
        key: String,
    ) -> wasmtime::Result<Result<bool, Error>> {
        let sql = "SELECT 1 FROM spin_key_value WHERE store = ?1 AND key = ?2";
        let result = self.key_value(&store, sql, vec![Value::Text(key)]).await?;
        Ok(result.map(|result| !result.rows.is_empty()))
    }

    async fn get_keys(
        &mut self,
        store: Resource<GuestStore>,
    ) -> wasmtime::Result<Result<Vec<String>, Error>> {
        let result = self
            .key_value(&store, "SELECT key FROM spin_key_value WHERE store = ?1", vec![])
            .await?;
        Ok(result.map(|result| {
            let keys = result.rows.into_iter().flat_map(|row| row.values);
            keys.filter_map(|key| if let Value::Text(key) = key { Some(key) } else { None })
                .collect()
        }))
    }

    fn drop(&mut self, store: Resource<GuestStore>) -> wasmtime::Result<()> {
        self.table.delete(store)?;
        Ok(())
    }
}
