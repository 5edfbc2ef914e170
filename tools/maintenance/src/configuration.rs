//! What `berth up` is given too: the manifest, the runtime configuration file, the variables. Of these only what says where the
//! database is, and how long the log is kept.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use berth_domain::settings::{DATABASE_TOKEN, DATABASE_URL, LOG_RETENTION};
use berth_hrana::Server;
use clap::Parser;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Remove what has had its time (old log entries, expired tokens, codes and invitations, old mails, dismissed
/// notifications), and print how much that was.
///
/// It works beside a running host, in transactions of 100 rows with pauses between them.
#[derive(Parser)]
#[command(name = "berth-maintenance", bin_name = "berth maintenance", version)]
pub(crate) struct Command {
    /// The manifest of the application.
    #[arg(long, value_name = "FILE", default_value = "spin.toml")]
    from: PathBuf,
    /// Where the databases are kept [default: .spin beside the manifest].
    #[arg(long, value_name = "DIRECTORY")]
    state_dir: Option<PathBuf>,
    /// Spin's runtime configuration file.
    #[arg(long, value_name = "FILE")]
    runtime_config_file: Option<PathBuf>,
    /// Set a variable of the application, as for `berth up`: `log_retention` counts.
    #[arg(long = "variable", value_name = "NAME=VALUE", value_parser = parse_assignment)]
    variables: Vec<(String, String)>,
}

/// What there is to do, and where.
pub(crate) struct Configuration {
    pub(crate) store: Store,
    /// In seconds; `None` is for ever.
    pub(crate) log_retention_s: Option<i64>,
}

/// Where the database is.
pub(crate) enum Store {
    File(PathBuf),
    Server(Server),
}

/// The database in a state directory, as `spin up` names it.
const DATABASE_FILE: &str = "sqlite_db.db";

#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    variables: BTreeMap<String, Variable>,
}

#[derive(Deserialize)]
struct Variable {
    default: Option<String>,
}

#[derive(Default, Deserialize)]
struct RuntimeConfig {
    #[serde(default)]
    sqlite_database: BTreeMap<String, SqliteDatabase>,
    state_dir: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum SqliteDatabase {
    Spin { path: PathBuf },
    LibSql { url: String, token: String },
}

impl Configuration {
    /// Reads what the command names. As on the host a variable has the value of the command line, of the environment or of
    /// the manifest.
    pub(crate) fn read(
        command: &Command,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Self> {
        let manifest: Manifest = read(&command.from)?;
        let config =
            command.runtime_config_file.as_deref().map(read::<RuntimeConfig>).transpose()?;
        let config = config.unwrap_or_default();
        let value = |name: &str| {
            let given = command.variables.iter().rev().find(|(given, _)| given == name);
            let from_manifest = || manifest.variables.get(name)?.default.clone();
            given
                .map(|(_, value)| value.clone())
                .or_else(|| environment(&format!("SPIN_VARIABLE_{}", name.to_ascii_uppercase())))
                .or_else(from_manifest)
                .unwrap_or_default()
        };
        let log_retention_s = LOG_RETENTION.parse(&value(LOG_RETENTION.name))?;
        let (url, token) = (value(DATABASE_URL.name), value(DATABASE_TOKEN.name));
        let store = match url.is_empty() {
            false => server(&url, token)?,
            true => store(command, config)?,
        };
        Ok(Self { store, log_retention_s })
    }
}

/// The database of hosts that have SQLite.
fn store(command: &Command, mut config: RuntimeConfig) -> Result<Store> {
    match config.sqlite_database.remove("default") {
        Some(SqliteDatabase::LibSql { url, token }) => server(&url, token),
        Some(SqliteDatabase::Spin { path }) => Ok(Store::File(path)),
        None => {
            let beside = || command.from.parent().unwrap_or(Path::new("")).join(".spin");
            let state = command.state_dir.clone().or(config.state_dir).unwrap_or_else(beside);
            Ok(Store::File(state.join(DATABASE_FILE)))
        }
    }
}

fn server(url: &str, token: String) -> Result<Store> {
    Ok(Store::Server(Server { url: DATABASE_URL.parse(url)?, token }))
}

/// Reads a file. The error of the parser shows the line, which may be that of a token: only its message is told.
fn read<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    toml::from_str(&text).map_err(|error| anyhow!("in {}: {}", path.display(), error.message()))
}

/// Parses the `NAME=VALUE` of `--variable`.
pub(crate) fn parse_assignment(argument: &str) -> Result<(String, String), String> {
    match argument.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the command line says beside a manifest and a runtime configuration file.
    fn read_with(words: &[&str], config: &str) -> (Result<Configuration>, PathBuf) {
        let directory = tempfile::tempdir().expect("a directory");
        let (from, file) = (directory.path().join("spin.toml"), directory.path().join("config"));
        let manifest =
            "[application]\nname = \"x\"\n[variables]\nlog_retention = { default = \"30d\" }";
        std::fs::write(&from, manifest).expect("a file");
        std::fs::write(&file, config).expect("a file");
        let (from_text, file) = (from.to_string_lossy(), file.to_string_lossy());
        let all = ["berth", "--from", &*from_text, "--runtime-config-file", &*file];
        let command = Command::parse_from(all.iter().chain(words));
        let environment = |name: &str| (name == "SPIN_VARIABLE_DATABASE_TOKEN").then(|| "t".into());
        (Configuration::read(&command, environment), directory.path().to_owned())
    }

    fn place(configuration: &Configuration) -> String {
        match &configuration.store {
            Store::File(path) => path.display().to_string(),
            Store::Server(Server { url, token }) => format!("{url} {token}"),
        }
    }

    #[test]
    fn the_database_is_that_of_the_host() {
        let libsql = "[sqlite_database.default]\ntype = \"libsql\"\nurl = \"http://127.0.0.1:8080\"\ntoken = \"s\"";
        let spin = "[sqlite_database.default]\ntype = \"spin\"\npath = \"/data/x.db\"";
        for (words, config, expected) in [
            (&["--state-dir", "/state"][..], "", "/state/sqlite_db.db"),
            (&[], "state_dir = \"/other\"", "/other/sqlite_db.db"),
            (&["--state-dir", "/state"], "state_dir = \"/other\"", "/state/sqlite_db.db"),
            (&[], spin, "/data/x.db"),
            (&[], libsql, "http://127.0.0.1:8080 s"),
            (&["--variable", "database_url=https://db.example"], "", "https://db.example t"),
        ] {
            let (read, _) = read_with(words, config);
            assert_eq!(place(&read.expect("it can be read")), expected);
        }
        let (read, directory) = read_with(&[], "");
        let expected = directory.join(".spin/sqlite_db.db");
        assert_eq!(place(&read.expect("it can be read")), expected.display().to_string());
    }

    #[test]
    fn the_log_is_kept_as_long_as_the_host_says() {
        let kept = |words: &[&str]| read_with(words, "").0.map(|read| read.log_retention_s).ok();
        assert_eq!(kept(&[]), Some(Some(30 * 86_400)));
        assert_eq!(kept(&["--variable", "log_retention=forever"]), Some(None));
        assert_eq!(kept(&["--variable", "log_retention=1h"]), None);
    }

    #[test]
    fn no_error_shows_a_token() {
        let (read, _) =
            read_with(&[], "[sqlite_database.default]\ntype = \"libsql\"\ntoken = hunter2");
        let error = read.err().map(|error| format!("{error:#}")).unwrap_or_default();
        assert!(error.contains("config") && !error.contains("hunter2"), "{error}");
    }
}
