//! The key-value store `default`: a SQLite file with Spin's table, so that a state directory moves between `spin up` and
//! `berth up`, or a Redis server. There is no expiry and no other store.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use rusqlite::types::Value;

use crate::database::{Database, DatabaseContext, Failure, GuestConnection, Rows};
use crate::instance_permit::KeepGuard;
use crate::redis_store::RedisStore;

/// Spin's statement, to the letter of its columns.
const CREATE_TABLE: &str = "CREATE TABLE IF NOT EXISTS spin_key_value (
    store TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (store, key))";

/// A store.
#[derive(Clone)]
pub(crate) enum KeyValueStore {
    File(Arc<Database>),
    Redis(Arc<RedisStore>),
}

/// The store behind a component's `store` resource.
#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct GuestStore {
    pub(crate) label: String,
}

impl KeyValueStore {
    /// Opens or makes a store in a file.
    pub(crate) fn open_file(path: &Path) -> Result<Self> {
        let connection = rusqlite::Connection::open(path)
            .with_context(|| format!("cannot open {}", path.display()))?;
        connection.busy_timeout(std::time::Duration::from_secs(5))?;
        connection
            .execute(CREATE_TABLE, [])
            .with_context(|| format!("cannot prepare {}", path.display()))?;
        Ok(Self::File(Database::open(path)?))
    }

    /// For the request of `context` to the store that the component calls `label`.
    pub(crate) fn of_request<'a>(
        &'a self,
        context: &'a DatabaseContext,
        label: &'a str,
    ) -> Operations<'a> {
        Operations { store: self, context, label, _keep: context.keep_permit() }
    }
}

/// The operations of one request. All fail with the store's message.
pub(crate) struct Operations<'a> {
    store: &'a KeyValueStore,
    context: &'a DatabaseContext,
    label: &'a str,
    _keep: KeepGuard<'a>,
}

impl Operations<'_> {
    pub(crate) async fn get(&self, key: String) -> Result<Option<Vec<u8>>, String> {
        let database = match self.store {
            KeyValueStore::File(database) => database,
            KeyValueStore::Redis(redis) => return redis.get(&key).await,
        };
        let sql = "SELECT value FROM spin_key_value WHERE store = ?1 AND key = ?2";
        let result = self.query(database, sql, [Value::Text(key)]).await?;
        Ok(match result.rows.into_iter().flatten().next() {
            Some(Value::Blob(value)) => Some(value),
            Some(Value::Text(value)) => Some(value.into_bytes()),
            _ => None,
        })
    }

    pub(crate) async fn set(&self, key: String, value: Vec<u8>) -> Result<(), String> {
        let database = match self.store {
            KeyValueStore::File(database) => database,
            KeyValueStore::Redis(redis) => return redis.set(&key, &value).await,
        };
        let sql = "INSERT INTO spin_key_value (store, key, value) VALUES (?1, ?2, ?3)
            ON CONFLICT (store, key) DO UPDATE SET value = excluded.value";
        self.query(database, sql, [Value::Text(key), Value::Blob(value)]).await.map(drop)
    }

    pub(crate) async fn delete(&self, key: String) -> Result<(), String> {
        let database = match self.store {
            KeyValueStore::File(database) => database,
            KeyValueStore::Redis(redis) => return redis.delete(&key).await,
        };
        let sql = "DELETE FROM spin_key_value WHERE store = ?1 AND key = ?2";
        self.query(database, sql, [Value::Text(key)]).await.map(drop)
    }

    pub(crate) async fn exists(&self, key: String) -> Result<bool, String> {
        let database = match self.store {
            KeyValueStore::File(database) => database,
            KeyValueStore::Redis(redis) => return redis.exists(&key).await,
        };
        let sql = "SELECT 1 FROM spin_key_value WHERE store = ?1 AND key = ?2";
        let result = self.query(database, sql, [Value::Text(key)]).await?;
        Ok(!result.rows.is_empty())
    }

    pub(crate) async fn keys(&self) -> Result<Vec<String>, String> {
        let database = match self.store {
            KeyValueStore::File(database) => database,
            KeyValueStore::Redis(redis) => return redis.keys().await,
        };
        let sql = "SELECT key FROM spin_key_value WHERE store = ?1";
        let result = self.query(database, sql, []).await?;
        let keys = result.rows.into_iter().flatten();
        Ok(keys
            .filter_map(|key| if let Value::Text(key) = key { Some(key) } else { None })
            .collect())
    }

    /// Runs a statement whose first parameter is the label.
    async fn query<const N: usize>(
        &self,
        database: &Arc<Database>,
        sql: &str,
        parameters: [Value; N],
    ) -> Result<Rows<Value>, String> {
        let mut all = vec![Value::Text(self.label.to_owned())];
        all.extend(parameters);
        // Another file than that of the SQL transaction which may be open.
        let context = self.context.for_other_file();
        let result =
            async { GuestConnection::open(database, &context)?.execute::<Value>(sql, &all).await };
        result.await.map_err(|failure: Failure| failure.to_string())
    }
}
