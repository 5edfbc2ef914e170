//! Reads Spin's runtime configuration file, `--runtime-config-file`: which stores the application uses in place of the files of
//! the state directory, and which networks components may not reach. It is read strictly: a key that this host does not
//! support is refused by its name before anything starts.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context as _, Result, ensure};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

use crate::resolve::BlockedNetwork;

/// The only label of stores that this host has.
const LABEL: &str = "default";

/// What the file says. No `Debug`: it has secrets.
#[derive(Default)]
pub(crate) struct RuntimeConfig {
    /// The SQLite database `default`; without it a file in the state directory.
    pub(crate) sqlite: Option<SqliteDatabase>,
    /// The key-value store `default`, likewise.
    pub(crate) key_value: Option<KeyValueStore>,
    /// Networks that components may not reach.
    pub(crate) block_networks: Vec<BlockedNetwork>,
    /// The state directory, unless the command line has one.
    pub(crate) state_dir: Option<PathBuf>,
}

/// `[sqlite_database.default]`.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
pub(crate) enum SqliteDatabase {
    /// A file.
    Spin { path: PathBuf },
    /// A libSQL server.
    LibSql { url: String, token: String },
}

/// `[key_value_store.default]`.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
pub(crate) enum KeyValueStore {
    /// A SQLite file.
    Spin { path: PathBuf },
    /// A Redis server.
    Redis { url: String },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    sqlite_database: BTreeMap<String, toml::Value>,
    #[serde(default)]
    key_value_store: BTreeMap<String, toml::Value>,
    #[serde(default)]
    outbound_networking: OutboundNetworking,
    state_dir: Option<PathBuf>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct OutboundNetworking {
    #[serde(default, deserialize_with = "networks")]
    block_networks: Vec<BlockedNetwork>,
}

fn networks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<BlockedNetwork>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let networks = texts.iter().map(|text| BlockedNetwork::from_str(text));
    networks.collect::<Result<_, _>>().map_err(serde::de::Error::custom)
}

impl RuntimeConfig {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// It cannot be read, or has something that this host does not support. Values that may be secret are not in the message.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        let directory = path.parent().unwrap_or(Path::new(""));
        Self::parse(&text, directory).with_context(|| format!("in {}", path.display()))
    }

    /// Reads the text of a file in `directory`. As under Spin, the path of a key-value store is relative to that, and every
    /// other one to the working directory.
    fn parse(text: &str, directory: &Path) -> Result<Self> {
        // (The error of the parser shows the line, which may be that of a token.)
        let file: File = toml::from_str(text).map_err(|error| place(text, &error))?;
        let mut key_value = only("key_value_store", file.key_value_store)?;
        if let Some(KeyValueStore::Spin { path }) = &mut key_value {
            *path = directory.join(&*path);
        }
        let sqlite = only("sqlite_database", file.sqlite_database)?;
        let block_networks = file.outbound_networking.block_networks;
        Ok(Self { sqlite, key_value, block_networks, state_dir: file.state_dir })
    }
}

/// The message of an error, and its line.
fn place(text: &str, error: &toml::de::Error) -> anyhow::Error {
    let before = error.span().and_then(|span| text.get(..span.start));
    let line = before.map(|before| format!("line {}: ", before.matches('\n').count() + 1));
    anyhow::anyhow!("{}{}", line.unwrap_or_default(), error.message())
}

/// The store `default` of a table of stores, which has no other.
fn only<T: DeserializeOwned>(
    table: &str,
    mut stores: BTreeMap<String, toml::Value>,
) -> Result<Option<T>> {
    let store = stores.remove(LABEL);
    if let Some(label) = stores.keys().next() {
        ensure!(false, "[{table}.{label}]: this host has only {LABEL:?}");
    }
    let Some(store) = store else { return Ok(None) };
    let read = store.try_into().map_err(|error| anyhow::anyhow!("{}", error.message()));
    read.with_context(|| format!("[{table}.{LABEL}]")).map(Some)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::net::IpAddr;

    use super::*;

    fn parse(text: &str) -> Result<RuntimeConfig> {
        RuntimeConfig::parse(text, Path::new("/etc/berth"))
    }

    #[test]
    fn servers_are_read() {
        let config = parse(
            r#"
                state_dir = "/var/lib/berth"
                [sqlite_database.default]
                type = "libsql"
                url = "https://sqld.example"
                token = "secret"
                [key_value_store.default]
                type = "redis"
                url = "redis://redis.example:6379"
                [outbound_networking]
                block_networks = ["private", "192.0.2.0/24"]
            "#,
        )
        .unwrap();
        let Some(SqliteDatabase::LibSql { url, token }) = config.sqlite else { panic!() };
        assert_eq!((&*url, &*token), ("https://sqld.example", "secret"));
        let Some(KeyValueStore::Redis { url }) = config.key_value else { panic!() };
        assert_eq!(url, "redis://redis.example:6379");
        assert_eq!(config.state_dir, Some("/var/lib/berth".into()));
        let resolver = crate::resolve::Resolver::new(Vec::new(), config.block_networks);
        for (address, is_blocked) in [("10.0.0.1", true), ("192.0.2.1", true), ("9.9.9.9", false)] {
            assert_eq!(
                resolver.blocks(address.parse::<IpAddr>().unwrap()),
                is_blocked,
                "{address}"
            );
        }
    }

    #[test]
    fn files_are_where_spin_has_them() {
        let text = |path: &str| {
            format!(
                "sqlite_database.default = {{ type = 'spin', path = '{path}' }}\n\
                key_value_store.default = {{ type = 'spin', path = '{path}' }}"
            )
        };
        for (path, sqlite, key_value) in
            [("a.db", "a.db", "/etc/berth/a.db"), ("/a.db", "/a.db", "/a.db")]
        {
            let config = parse(&text(path)).unwrap();
            let Some(SqliteDatabase::Spin { path }) = config.sqlite else { panic!() };
            assert_eq!(path, Path::new(sqlite));
            let Some(KeyValueStore::Spin { path }) = config.key_value else { panic!() };
            assert_eq!(path, Path::new(key_value));
        }
    }

    #[test]
    fn an_empty_file_changes_nothing() {
        let config = parse("").unwrap();
        assert!(config.sqlite.is_none() && config.key_value.is_none());
        assert!(config.block_networks.is_empty() && config.state_dir.is_none());
    }

    #[test]
    fn what_is_not_supported_is_refused_by_name() {
        for (text, said) in [
            ("[variables_provider]", "line 1: unknown field `variables_provider`"),
            ("\n[[config_provider]]\ntype = 'vault'", "line 2: unknown field `config_provider`"),
            ("log_dir = 'logs'", "unknown field `log_dir`"),
            ("state_dir = 1", "invalid type: integer `1`"),
            ("[sqlite_database.other]\ntype = 'spin'", "[sqlite_database.other]: this host"),
            ("[key_value_store.other]\ntype = 'spin'", "[key_value_store.other]: this host"),
            ("[sqlite_database.default]", "[sqlite_database.default]: missing field `type`"),
            ("sqlite_database.default.type = 'mysql'", "unknown variant `mysql`, expected `spin`"),
            ("key_value_store.default.type = 'azure_cosmos'", "unknown variant `azure_cosmos`"),
            (
                "sqlite_database.default.type = 'spin'",
                "[sqlite_database.default]: missing field `path`",
            ),
            ("sqlite_database.default = { type = 'libsql', url = 'http://a' }", "`token`"),
            ("sqlite_database.default = { type = 'libsql', token = '' }", "`url`"),
            (
                "sqlite_database.default = { type = 'libsql', url = 'http://a', token = '', x = 1 }",
                "[sqlite_database.default]: unknown field `x`",
            ),
            (
                "key_value_store.default = { type = 'redis', url = 'redis://a', ttl = 1 }",
                "[key_value_store.default]: unknown field `ttl`",
            ),
            ("key_value_store.default = { type = 'redis', url = 6379 }", "invalid type: integer"),
            ("key_value_store = 'redis'", "invalid type: string"),
            (
                "outbound_networking.max_total_connections = 1",
                "unknown field `max_total_connections`",
            ),
            ("outbound_networking.block_networks = 'private'", "expected a sequence"),
            ("outbound_networking.block_networks = ['public']", "\"public\" is no CIDR"),
            ("no toml", "line 1"),
        ] {
            let Err(error) = parse(text) else { panic!("{text} is accepted") };
            let shown = format!("{error:#}");
            assert!(shown.contains(said), "{text}: {shown}");
        }
    }

    #[test]
    fn an_error_has_no_secret() {
        for text in [
            "sqlite_database.default = { type = 'libsql', url = 'u', token = 'secret' x }",
            "sqlite_database.default = { type = 'libsql', url = 1, token = 'secret' }",
            "sqlite_database.default = { type = 'libsql', token = 'secret' }",
        ] {
            let Err(error) = parse(text) else { panic!("{text} is accepted") };
            assert!(!format!("{error:#}").contains("secret"), "{text}: {error:#}");
        }
    }
}
