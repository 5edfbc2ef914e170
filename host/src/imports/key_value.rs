//! `fermyon:spin/key-value`.

use std::sync::atomic::Ordering;

use rusqlite::types::Value;
use wasmtime::component::Resource;

use crate::bindings::fermyon::spin::key_value::{Error, Host, HostStore};
use crate::database::{Failure, GuestConnection, Rows};
use crate::instance::State;
use crate::key_value::GuestStore;

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
    ) -> wasmtime::Result<Result<Rows<Value>, Error>> {
        self.counters.key_value.fetch_add(1, Ordering::Relaxed);
        let Some(database) = self.component.key_value.clone() else {
            return Ok(Err(Error::AccessDenied));
        };
        parameters.insert(0, Value::Text(self.table.get(store)?.label.clone()));
        // Another file than that of the SQL transaction which may be open.
        let context = self.database.for_other_file();
        let _keep = self.permit.keep();
        let result = async {
            GuestConnection::open(&database, &context)?.execute::<Value>(sql, &parameters).await
        };
        Ok(result.await.map_err(|failure: Failure| Error::Other(failure.to_string())))
    }
}

fn first_value(result: Rows<Value>) -> Option<Value> {
    result.rows.into_iter().next()?.into_iter().next()
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
            let keys = result.rows.into_iter().flatten();
            keys.filter_map(|key| if let Value::Text(key) = key { Some(key) } else { None })
                .collect()
        }))
    }

    fn drop(&mut self, store: Resource<GuestStore>) -> wasmtime::Result<()> {
        self.table.delete(store)?;
        Ok(())
    }
}
