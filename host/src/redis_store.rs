//! A key-value store on a Redis server, which several hosts share. Keys and values are there as they are, as under Spin: hosts
//! of both kinds can share one.

use std::time::Duration;

use anyhow::{Context as _, Result};
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Cmd, FromRedisValue, RedisError, cmd};
use tokio::sync::Mutex;

/// How long an operation may take, with its wait for a connection.
const TIMEOUT: Duration = Duration::from_secs(2);

/// A store. Nothing is connected before the first operation.
pub(crate) struct RedisStore {
    client: Client,
    /// One connection, for all requests: the commands of each go out at once.
    connection: Mutex<Option<MultiplexedConnection>>,
}

impl RedisStore {
    /// The store at `url`.
    ///
    /// # Errors
    /// The URL cannot be used. The message does not have it, since it may have a password.
    pub(crate) fn new(url: &str) -> Result<Self> {
        let client = Client::open(url).context("the URL cannot be used")?;
        Ok(Self { client, connection: Mutex::new(None) })
    }

    pub(crate) async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, String> {
        self.query(cmd("GET").arg(key)).await
    }

    pub(crate) async fn set(&self, key: &str, value: &[u8]) -> Result<(), String> {
        self.query(cmd("SET").arg(key).arg(value)).await
    }

    pub(crate) async fn delete(&self, key: &str) -> Result<(), String> {
        self.query(cmd("DEL").arg(key)).await
    }

    pub(crate) async fn exists(&self, key: &str) -> Result<bool, String> {
        self.query(cmd("EXISTS").arg(key)).await
    }

    pub(crate) async fn keys(&self) -> Result<Vec<String>, String> {
        self.query(cmd("KEYS").arg("*")).await
    }

    /// Runs a command, which may be run twice.
    async fn query<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, String> {
        let ended = tokio::time::timeout(TIMEOUT, self.query_twice(command)).await;
        let result = match ended {
            Ok(result) => result,
            Err(_) => {
                // A connection to a server that was lost without a word would never answer again.
                if let Ok(mut connection) = self.connection.try_lock() {
                    *connection = None;
                }
                return Err("Redis: timed out".to_owned());
            }
        };
        result.map_err(|error| format!("Redis: {error}"))
    }

    /// Where the connection turns out to be lost, since the server was restarted, again on a new one.
    async fn query_twice<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, RedisError> {
        let (mut connection, is_new) = self.connection().await?;
        match command.query_async(&mut connection).await {
            Err(error) if error.is_unrecoverable_error() => {
                *self.connection.lock().await = None;
                if is_new {
                    return Err(error);
                }
                let (mut connection, _) = self.connection().await?;
                command.query_async(&mut connection).await
            }
            result => result,
        }
    }

    /// The connection, and whether it was made right now. Others wait while it is being made.
    async fn connection(&self) -> Result<(MultiplexedConnection, bool), RedisError> {
        let mut shared = self.connection.lock().await;
        if let Some(connection) = &*shared {
            return Ok((connection.clone(), false));
        }
        // The time-outs are those of `query`.
        let config =
            AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
        let connection = self.client.get_multiplexed_async_connection_with_config(&config).await?;
        Ok((shared.insert(connection).clone(), true))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_that_cannot_be_used_is_refused_without_its_password() {
        for url in ["http://:secret@redis", "redis://:secret@", "secret", "redis://:secret@a:b"] {
            let Err(error) = RedisStore::new(url) else { panic!("{url} is accepted") };
            let error = format!("{error:#}");
            assert!(error.contains("URL") && !error.contains("secret"), "{url}: {error}");
        }
        assert!(RedisStore::new("rediss://:secret@redis.example:6380/1").is_ok());
    }
}
