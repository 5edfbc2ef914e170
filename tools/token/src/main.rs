//! `berth-token create`, which `berth token create` runs: an access token for the first automation, made without a browser
//! in the database of a state directory of `berth up` or `spin up`.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use berth_access::ScopeSet;
use berth_domain::settings::parse_duration;
use berth_domain::{LogKind, Timestamp};
use berth_sqlite::Sqlite;
use berth_store::accounts::SignInRow;
use berth_store::logs::LogEntry;
use berth_store::tokens::AutomationToken;
use berth_store::{accounts, logs, tokens, transaction};
use berth_web::{Entropy, Random};
use clap::{Args, Parser};
use rusqlite::{Connection, OpenFlags};

/// Access tokens, made on the machine that serves.
#[derive(Parser)]
#[command(name = "berth-token", bin_name = "berth token", version)]
enum Command {
    /// Make an access token that acts in a user's name, and print it.
    Create(Create),
}

/// `berth token create`.
#[derive(Args)]
struct Create {
    /// The user in whose name the token acts.
    #[arg(long, value_name = "NAME")]
    user: String,
    /// Its scopes, separated by spaces or commas: repo:read, repo:write, repo:admin, repo:create,
    /// user:read, user:admin, org:admin, super:user.
    #[arg(long, value_name = "SCOPES")]
    scope: String,
    /// How long it lives: 30s, 10m, 12h, 90d or 4w; ten years at most.
    #[arg(long, value_name = "DURATION", value_parser = parse_lifetime)]
    expires: i64,
    /// Its name in lists.
    #[arg(long, default_value = "made on the host")]
    name: String,
    /// The manifest of the application.
    #[arg(long, value_name = "FILE", default_value = "spin.toml")]
    from: PathBuf,
    /// Where the databases are kept [default: .spin beside the manifest].
    #[arg(long, value_name = "DIRECTORY")]
    state_dir: Option<PathBuf>,
}

/// The database in a state directory, as `spin up` names it.
const DATABASE_FILE: &str = "sqlite_db.db";

/// How long a statement waits for another process, as under Spin.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Ten years, in seconds: no token lives longer.
const LONGEST_LIFETIME_S: i64 = 315_576_000;

/// Length of a token.
const TOKEN_LENGTH: usize = 40;

fn parse_lifetime(text: &str) -> Result<i64, &'static str> {
    match parse_duration(text) {
        Some(seconds) if (1..=LONGEST_LIFETIME_S).contains(&seconds) => Ok(seconds),
        _ => Err("a duration such as 12h, 90d or 4w, ten years at most"),
    }
}

fn main() -> ExitCode {
    let Command::Create(create) = Command::parse();
    let printed = make(&create)
        .and_then(|token| writeln!(std::io::stdout(), "{token}").context("cannot print the token"));
    match printed {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "berth: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Makes the token under the application `automation` of the user's namespace.
fn make(create: &Create) -> Result<String> {
    let scope = ScopeSet::normalize(&create.scope)
        .map_err(|_| anyhow::anyhow!("`{}` is no list of scopes; see --help", create.scope))?;
    let database = open(&state_directory(create))?;
    berth_store::migrate(&database)?;
    let user = user(&database, &create.user)?;
    let random = Random::new(&SystemEntropy);
    let new = AutomationToken {
        uuid: &random.uuid(),
        token: &random.mixed(TOKEN_LENGTH),
        user_id: user.id,
        user_name: &user.name,
        created_by: None,
        name: Some(&create.name),
        scope: &scope,
        at: now(),
        lifetime_s: create.expires,
    };
    transaction(&database, |tx| {
        tokens::create_for_automation(tx, &new)?;
        logs::append(tx, &[entry(&new)])
    })?;
    Ok(new.token.to_owned())
}

fn user(database: &Sqlite, name: &str) -> Result<SignInRow> {
    let found = accounts::for_sign_in(database, name)?.filter(|user| user.name == name);
    let Some(user) = found else { bail!("there is no user `{name}`") };
    ensure!(user.enabled, "the user `{name}` is disabled");
    Ok(user)
}

/// No known account did it: the entry has no performer.
fn entry(new: &AutomationToken<'_>) -> LogEntry {
    let mut metadata = serde_json::Map::new();
    for (name, value) in [
        ("oauth_token_uuid", new.uuid),
        ("scope", new.scope),
        ("token_display_name", new.name.unwrap_or_default()),
        ("application_name", "automation"),
        ("auth_method", "host"),
    ] {
        metadata.insert(name.into(), value.into());
    }
    LogEntry {
        kind: LogKind::CreateOauthApiToken,
        namespace_id: Some(new.user_id),
        found_as: Some(new.user_name.to_owned()),
        performer_id: None,
        ip: None,
        metadata,
        at: new.at,
    }
}

fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let micros = since.unwrap_or_default().as_micros();
    Timestamp::from_micros(i64::try_from(micros).unwrap_or(i64::MAX))
}

struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        if let Err(error) = getrandom::fill(bytes) {
            panic!("the system gives no randomness: {error}");
        }
    }
}

/// The one that is given, else the one beside the manifest.
fn state_directory(create: &Create) -> PathBuf {
    let beside = || create.from.parent().unwrap_or(Path::new("")).join(".spin");
    create.state_dir.clone().unwrap_or_else(beside)
}

fn open(state_directory: &Path) -> Result<Sqlite> {
    let path = state_directory.join(DATABASE_FILE);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(&path, flags).with_context(|| {
        format!("there is no database {}: start the registry once first", path.display())
    })?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    Ok(Sqlite(connection))
}

#[cfg(test)]
mod tests {
    use berth_domain::secret::hash_token;
    use berth_store::accounts::NewUser;
    use berth_store::{Database, Row, StoreError};

    use super::*;

    fn add_user(database: &Sqlite, user: &str) {
        let new = NewUser {
            uuid: user,
            name: user,
            email: user,
            password_hash: None,
            verified: true,
            proven: false,
            email_code: None,
            unconfirmed_until: None,
            is_first: false,
            tag_expiration_s: 0,
            at: now(),
        };
        let made: Result<i64, StoreError> = transaction(database, |tx| accounts::create(tx, &new));
        made.expect("a user");
    }

    fn state_with(user: &str) -> tempfile::TempDir {
        let state = tempfile::tempdir().expect("a directory");
        let path = state.path().join(DATABASE_FILE);
        let database = Sqlite(Connection::open(path).expect("a file"));
        berth_store::migrate(&database).expect("the migrations apply");
        let new = NewUser {
            uuid: "u",
            name: user,
            email: "e",
            password_hash: None,
            verified: true,
            proven: false,
            email_code: None,
            unconfirmed_until: None,
            is_first: true,
            tag_expiration_s: 0,
            at: now(),
        };
        let made: Result<i64, StoreError> = transaction(&database, |tx| accounts::create(tx, &new));
        made.expect("a user");
        state
    }

    fn create(state: &tempfile::TempDir, user: &str, scope: &str) -> Create {
        Create {
            user: user.into(),
            scope: scope.into(),
            expires: 60,
            name: "ci".into(),
            from: "spin.toml".into(),
            state_dir: Some(state.path().to_owned()),
        }
    }

    #[test]
    fn a_token_is_made_and_only_its_hash_is_kept() {
        let state = state_with("ana");
        let token = make(&create(&state, "ana", "org:admin,user:admin")).expect("a token");
        assert!(token.len() == 40 && token.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        make(&create(&state, "ana", "repo:read")).expect("a second one");
        let database = open(state.path()).expect("a file");
        let sql = "SELECT scope FROM access_token WHERE token_hash = ?1 AND expires_at > ?2";
        let rows = database.execute(sql, &[hash_token(&token).into(), now().into()]);
        let scope: String = berth_store::returned(rows.expect("rows")).expect("a token");
        assert_eq!(scope, "org:admin user:admin");
        let rows = database.execute("SELECT count(*) FROM oauth_application", &[]);
        assert_eq!(berth_store::returned(rows.expect("rows")), Ok(1_i64));
        let rows = database.execute("SELECT count(*) FROM log_entry", &[]);
        assert_eq!(berth_store::returned(rows.expect("rows")), Ok(2_i64));
    }

    /// The client ids of the applications of each user.
    fn clients(database: &Sqlite) -> Vec<(String, String)> {
        let sql = "SELECT account.name, client_id FROM oauth_application
            JOIN account ON account.id = oauth_application.namespace_id ORDER BY oauth_application.id";
        let rows = database.execute(sql, &[]).expect("rows");
        let pair = |mut row: Row| Ok::<_, StoreError>((row.read()?, row.read()?));
        rows.into_iter().map(pair).collect::<Result<_, _>>().expect("texts")
    }

    #[test]
    fn a_name_that_somebody_else_had_before_is_no_hindrance() {
        let state = state_with("ana");
        make(&create(&state, "ana", "repo:read")).expect("a token");
        let database = open(state.path()).expect("a file");
        database.execute("UPDATE account SET name = 'alice'", &[]).expect("a change");
        add_user(&database, "ana");
        make(&create(&state, "ana", "repo:read")).expect("a token for the new ana");
        make(&create(&state, "alice", "repo:read")).expect("a token for the former ana");
        let pair = |user: &str, client: &str| (user.to_owned(), client.to_owned());
        assert_eq!(clients(&database), [pair("alice", "alice"), pair("ana", "ana")]);
        // The name that alice would get is taken in the meantime, by whatever application.
        let sql = "INSERT INTO oauth_application (client_id, namespace_id, name, created_at)
            SELECT ?1, id, 'other', 0 FROM account WHERE name = 'ana'";
        database.execute(sql, &["eve".into()]).expect("an application");
        database
            .execute("UPDATE account SET name = 'eve' WHERE name = 'alice'", &[])
            .expect("a change");
        database.execute(sql, &["bob".into()]).expect("an application");
        add_user(&database, "bob");
        make(&create(&state, "bob", "repo:read")).expect("a token for bob");
        let all = clients(&database);
        let random = |user: &str| {
            let found = all.iter().find(|(name, _)| name == user).map(|(_, client)| client);
            found.is_some_and(|client| client.len() == 20 && client.to_uppercase() == *client)
        };
        assert!(random("eve") && random("bob"), "{all:?}");
    }

    #[test]
    fn the_state_is_found_beside_the_manifest() {
        let directory = tempfile::tempdir().expect("a directory");
        let state = state_with("ana");
        std::fs::rename(state.path(), directory.path().join(".spin")).expect("a move");
        let create = Create {
            from: directory.path().join("spin.toml"),
            state_dir: None,
            ..create(&state, "ana", "repo:read")
        };
        make(&create).expect("a token");
    }

    #[test]
    fn what_is_refused() {
        let state = state_with("ana");
        let refused = |user: &str, scope: &str| {
            make(&create(&state, user, scope)).expect_err("a refusal").to_string()
        };
        assert_eq!(refused("bob", "repo:read"), "there is no user `bob`");
        assert_eq!(refused("e", "repo:read"), "there is no user `e`");
        assert!(refused("ana", "nope").contains("no list of scopes"));
        let database = open(state.path()).expect("a file");
        database.execute("UPDATE account SET enabled = 0", &[]).expect("a change");
        assert_eq!(refused("ana", "repo:read"), "the user `ana` is disabled");
        let elsewhere = tempfile::tempdir().expect("a directory");
        let error = make(&create(&elsewhere, "ana", "repo:read")).expect_err("no database");
        assert!(error.to_string().contains("start the registry once"), "{error}");
        for lifetime in ["0s", "3700d", "90", "soon", "-1d"] {
            assert!(parse_lifetime(lifetime).is_err(), "{lifetime}");
        }
        assert_eq!(parse_lifetime("90d"), Ok(7_776_000));
    }
}
