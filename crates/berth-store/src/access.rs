//! The one statement of authentication and authorization: who calls, what they address, what they are there.
//!
//! Every request that needs the database starts with it; a read then has one statement left for its answer. It also
//! carries the schema version, so that checking the version costs nothing.

use berth_access::{Address, Facts, TargetKind};
use berth_domain::{Application, Namespace, Repository, Team, Timestamp};

use crate::db::{Database, DatabaseError, FromRow, Row, StoreError, Value, row_of};
use crate::limits::{self, LimitInForce};
use crate::migrate::{SchemaState, migrate, schema_state};
use crate::quotas::quota_json;
use crate::sessions::SessionRow;

/// The credential of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    /// No credential.
    None,
    /// An access token, by its SHA-256.
    Token(Vec<u8>),
    /// A session, by the SHA-256 of its cookie.
    Session(Vec<u8>),
    /// A password. The caller of [`load`] verifies it.
    Password {
        /// The name of the user.
        name: String,
        /// The session that the request also shows, as above: it says nothing of who calls.
        session: Option<Vec<u8>>,
    },
    /// What a registry's client shows.
    Registry(RegistryCredential),
    /// A token that was signed here for a registry. The caller of [`load`] verifies it.
    RegistryToken {
        /// The id of its key.
        kid: String,
        /// The name of its account, as it says.
        subject: String,
    },
}

/// What a registry's client shows (`docs/contract/registry.md` A.2). Passwords and tokens of robots are verified by the caller of
/// [`load`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegistryCredential {
    /// The name of a user or their e-mail address, or the name of a robot.
    Name(String),
    /// An app-specific token, by its SHA-256.
    AppToken(Vec<u8>),
    /// An access token, by its SHA-256.
    AccessToken(Vec<u8>),
}

/// Whom a registry's credential names, whether or not they may act.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct LoginRow {
    /// The account.
    #[row(nested)]
    pub account: CallerRow,
    /// Whether it may be used.
    pub enabled: bool,
    /// Whether the access token has had its time.
    pub token_expired: bool,
    /// What is known of a robot.
    #[row(nested)]
    pub robot: Option<RobotLogin>,
    /// The app-specific token, while it lives.
    #[row(nested)]
    pub app_token: Option<AppTokenRow>,
}

/// A robot that shows its token.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct RobotLogin {
    /// The row id of its namespace.
    pub owner_id: i64,
    /// The name of its namespace.
    pub owner: String,
    /// Whether the namespace may be used.
    pub owner_enabled: bool,
    /// Its token, sealed.
    pub sealed_token: Vec<u8>,
    /// When that was last used, to the minute.
    pub last_accessed: Option<Timestamp>,
}

/// An app-specific token that was shown.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct AppTokenRow {
    /// Row id.
    pub id: i64,
    /// What its user calls it.
    pub title: String,
    /// When it was last used, to the minute.
    pub accessed_at: Option<Timestamp>,
}

/// The user of the credential: enabled accounts and unexpired tokens only.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct CallerRow {
    /// Row id.
    pub id: i64,
    /// Stable id.
    pub uuid: String,
    /// User name.
    pub name: String,
    /// E-mail address, or the UUID in its place.
    pub email: String,
    /// Whether the address was confirmed.
    pub verified: bool,
    /// Whether this is the first user of the installation.
    pub is_first: bool,
    /// The epoch that a living session carries.
    pub session_epoch: i64,
    /// The token, when one was shown.
    #[row(nested)]
    pub token: Option<TokenRow>,
    /// The hash to verify a password against: for passwords, and for tokens too, because some changes with a token need the
    /// password as well.
    pub password_hash: Option<String>,
}

/// What the statement reads for a request.
#[derive(Debug)]
pub struct Loaded {
    /// The caller; not of a registry's credential. Of a token for a registry the account that it names, nothing of which is verified.
    pub caller: Option<CallerRow>,
    /// Whom a registry's credential names.
    pub login: Option<LoginRow>,
    /// The point of the key that a token for a registry names, while it is published.
    pub token_key: Option<Vec<u8>>,
    /// The session that was shown, while it lives; whether it counts, its epoch says.
    pub session: Option<SessionRow>,
    /// The facts for the policy.
    pub facts: Facts,
    /// The sealed token of the addressed robot, if there is one. It has nothing to do with access: it is read here because
    /// a request that seals the token of a robot anew has no statement left to read it first.
    pub sealed_robot_token: Option<Vec<u8>>,
    /// Whether a mail of the outbox is due, or held and would be due if there were a gateway. It has nothing to do with
    /// access: it is read here because a statement for it alone would cost every request one.
    pub mail_is_due: bool,
    /// Whether the database has other numbers for the limits than the settings.
    pub limits_differ: bool,
}

/// The token that was shown.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct TokenRow {
    /// Row id.
    pub id: i64,
    /// Its scopes, as stored.
    pub scope: String,
    /// The client id of its application.
    pub client_id: String,
    /// The name of its application.
    pub application: String,
    /// When it was last used, to the minute.
    pub accessed_at: Option<Timestamp>,
}

macro_rules! caller_columns {
    () => {
        "SELECT v.version, v.oldest_reader, EXISTS (SELECT 1 FROM mail WHERE due_at <= ?3)
                OR EXISTS (SELECT 1 FROM mail WHERE held_until > ?3 AND attempts = 0)
                AS mail_is_due,
            s.id, s.epoch, s.renewals, s.signed_in_at,
            c.id, c.uuid, c.name, c.email, coalesce(u.verified, 0) AS verified,
            coalesce(u.is_first, 0) AS is_first, coalesce(u.session_epoch, 0) AS session_epoch,
            t.id, t.scope, a.client_id, a.name AS application, t.accessed_at,
            CASE WHEN ?1 IS NOT NULL THEN u.password_hash END AS password_hash"
    };
}

// `?1` is the hash of a token (a blob) or the name of a user (a text), `?2` the hash of a session's cookie.
macro_rules! from_caller {
    () => {
        " FROM schema_version v
        LEFT JOIN access_token t ON t.token_hash = ?1 AND t.expires_at > ?3
        LEFT JOIN oauth_application a ON a.id = t.application_id
        LEFT JOIN session s ON s.token_hash = ?2 AND s.expires_at > ?3
        LEFT JOIN account c ON c.id = CASE typeof(?1)
                WHEN 'blob' THEN t.account_id
                WHEN 'text' THEN (SELECT id FROM account
                    WHERE name = ?1 AND name = ?1 COLLATE BINARY)
                ELSE s.account_id END
            AND c.kind = 'user' AND c.enabled = 1
        LEFT JOIN user_profile u ON u.account_id = c.id"
    };
}

macro_rules! login_columns {
    () => {
        ", c.enabled, coalesce(t.expires_at <= ?3, 0) AS token_expired,
            o.id AS owner_id, o.name AS owner, o.enabled AS owner_enabled, robot.sealed_token,
            robot.last_accessed,
            x.id, x.title, x.accessed_at"
    };
}

// `?1` is a name (a text) or the hash of an access token (a blob), `?2` the hash of an app-specific token.
macro_rules! from_login {
    () => {
        " FROM schema_version v
        LEFT JOIN access_token t ON t.token_hash = ?1
        LEFT JOIN oauth_application a ON a.id = t.application_id
        LEFT JOIN app_token x ON x.token_hash = ?2 AND (x.expires_at IS NULL OR x.expires_at > ?3)
        LEFT JOIN session s ON 0
        LEFT JOIN account c ON c.kind <> 'organization' AND c.id = coalesce(t.account_id, x.account_id,
            (SELECT id FROM account WHERE name = ?1 AND name = ?1 COLLATE BINARY),
            (SELECT id FROM account WHERE kind = 'user' AND email = ?1 COLLATE NOCASE))
        LEFT JOIN user_profile u ON u.account_id = c.id
        LEFT JOIN robot ON robot.account_id = c.id
        LEFT JOIN account o ON o.id = robot.namespace_id"
    };
}

macro_rules! token_columns {
    () => {
        ", k.public_key AS token_key"
    };
}

// `?1` is the name of an account, `?2` the id of a key.
macro_rules! from_token {
    () => {
        " FROM schema_version v
        LEFT JOIN signing_key k
            ON k.kid = ?2 AND (k.published_until IS NULL OR k.published_until > ?3)
        LEFT JOIN access_token t ON 0
        LEFT JOIN oauth_application a ON 0
        LEFT JOIN session s ON 0
        LEFT JOIN account c ON c.kind <> 'organization' AND c.name = ?1
            AND c.name = ?1 COLLATE BINARY
        LEFT JOIN user_profile u ON u.account_id = c.id"
    };
}

macro_rules! namespace_columns {
    () => {
        concat!(
            ", n.id, n.uuid, n.kind, n.name, n.email, n.invoice_email, n.invoice_email_address,
            n.tag_expiration_s, n.stored_bytes, ",
            quota_json!("n.id"),
            " AS quota,
            (SELECT max(CASE role WHEN 'admin' THEN 3 WHEN 'creator' THEN 2 ELSE 1 END)
                FROM team_member JOIN team ON team.id = team_member.team_id
                WHERE team_member.account_id = c.id AND team_member.organization_id = n.id)
                AS team_role"
        )
    };
}

macro_rules! application_columns {
    () => {
        ", app.id, app.client_id, app.name, app.description, app.application_uri,
            app.redirect_uri, app.avatar_email, app.sealed_secret"
    };
}

macro_rules! repository_columns {
    () => {
        ", r.id, r.name, r.description, r.is_public,
        nullif(max(
            coalesce((SELECT CASE p.role WHEN 'admin' THEN 3 WHEN 'write' THEN 2 ELSE 1 END
                FROM repository_permission p
                WHERE p.repository_id = r.id AND p.account_id = c.id), 0),
            coalesce((SELECT max(CASE p.role WHEN 'admin' THEN 3 WHEN 'write' THEN 2 ELSE 1 END)
                FROM team_member m
                JOIN repository_permission p ON p.repository_id = r.id AND p.team_id = m.team_id
                WHERE m.account_id = c.id AND m.organization_id = n.id), 0)), 0) AS repository_role"
    };
}

pub(crate) use {namespace_columns, repository_columns};

macro_rules! from_namespace {
    () => {
        " LEFT JOIN account n ON n.id = CASE WHEN ?4 IS NULL THEN c.id
            ELSE (SELECT id FROM account
                WHERE name = ?4 AND name = ?4 COLLATE BINARY AND kind <> 'robot') END"
    };
}

const CALLER: &str = concat!(caller_columns!(), from_caller!());

const LOGIN: &str = concat!(caller_columns!(), login_columns!(), from_login!());

const TOKEN: &str = concat!(caller_columns!(), token_columns!(), from_token!());

const TOKEN_REPOSITORY: &str = concat!(
    caller_columns!(),
    token_columns!(),
    namespace_columns!(),
    repository_columns!(),
    ", EXISTS (SELECT 1 FROM proxy_cache_config p WHERE p.organization_id = n.id) AS is_proxy_cache",
    from_token!(),
    from_namespace!(),
    " LEFT JOIN repository r ON r.namespace_id = n.id AND r.name = ?5"
);

const NAMESPACE: &str =
    concat!(caller_columns!(), namespace_columns!(), from_caller!(), from_namespace!());

const ROBOT: &str = concat!(
    caller_columns!(),
    namespace_columns!(),
    ", robot.sealed_token AS sealed_robot_token",
    from_caller!(),
    from_namespace!(),
    " LEFT JOIN account ra ON ra.namespace_id = n.id AND ra.name = n.name || '+' || ?5
        AND ra.name = (n.name || '+' || ?5) COLLATE BINARY
    LEFT JOIN robot ON robot.account_id = ra.id"
);

const TEAM: &str = concat!(
    caller_columns!(),
    namespace_columns!(),
    ", team.id, team.name, team.description, team.role,
        EXISTS (SELECT 1 FROM team_member m WHERE m.team_id = team.id AND m.account_id = c.id)
            AS caller_in_team,
        EXISTS (SELECT 1 FROM team_member m JOIN team other ON other.id = m.team_id
            WHERE m.account_id = c.id AND m.organization_id = n.id
                AND other.role = 'admin' AND other.id <> coalesce(team.id, 0))
            AS caller_admin_elsewhere",
    from_caller!(),
    from_namespace!(),
    " LEFT JOIN team ON team.organization_id = n.id AND team.name = ?5"
);

const REPOSITORY: &str = concat!(
    caller_columns!(),
    namespace_columns!(),
    repository_columns!(),
    from_caller!(),
    from_namespace!(),
    " LEFT JOIN repository r ON r.namespace_id = n.id AND r.name = ?5"
);

const APPLICATION: &str = concat!(
    caller_columns!(),
    namespace_columns!(),
    application_columns!(),
    from_caller!(),
    from_namespace!(),
    " LEFT JOIN oauth_application app ON app.namespace_id = n.id AND app.client_id = ?5"
);

const CLIENT: &str = concat!(
    caller_columns!(),
    namespace_columns!(),
    application_columns!(),
    ", (SELECT group_concat(scope, char(10)) FROM access_token granted
        WHERE granted.application_id = app.id AND granted.account_id = c.id
            AND granted.expires_at > ?3) AS granted_scopes",
    from_caller!(),
    " LEFT JOIN oauth_application app ON app.client_id = ?4
    LEFT JOIN account n ON n.id = app.namespace_id"
);

/// Reads who calls and the facts for the policy; `kind` says how much of the address counts, `limits` are those that the request
/// could exceed. Migrates first where the schema is missing or old.
///
/// # Errors
/// [`StoreError::Busy`], [`StoreError::Unavailable`], [`StoreError::SchemaTooNew`], [`StoreError::SchemaUnreleased`],
/// [`StoreError::Database`].
pub fn load(
    db: &dyn Database,
    credential: &Credential,
    kind: TargetKind,
    address: &Address,
    limits: &[LimitInForce],
    now: Timestamp,
) -> Result<Loaded, StoreError> {
    match load_once(db, credential, kind, address, limits, now) {
        Ok(Some(answer)) => Ok(answer),
        Ok(None) => load_migrated(db, credential, kind, address, limits, now),
        // A table or a column is missing: because the schema is old, or by a bug, which migrating does not fix.
        Err(StoreError::Database(error)) if error.0.contains("no such") => {
            match schema_state(db)? {
                SchemaState::Old => load_migrated(db, credential, kind, address, limits, now),
                SchemaState::Fits => Err(StoreError::Database(error)),
            }
        }
        Err(error) => Err(error),
    }
}

fn load_migrated(
    db: &dyn Database,
    credential: &Credential,
    kind: TargetKind,
    address: &Address,
    limits: &[LimitInForce],
    now: Timestamp,
) -> Result<Loaded, StoreError> {
    migrate(db)?;
    load_once(db, credential, kind, address, limits, now)?.ok_or_else(|| {
        StoreError::Database(DatabaseError("the schema is old even after migrating".into()))
    })
}

fn load_once(
    db: &dyn Database,
    credential: &Credential,
    kind: TargetKind,
    address: &Address,
    limits: &[LimitInForce],
    now: Timestamp,
) -> Result<Option<Loaded>, StoreError> {
    let (sql, parameters) = statement(credential, kind, address, now);
    let mut rows = db.execute(&limits::with_difference(sql, limits), &parameters)?;
    let Some(mut row) = rows.pop() else { return Ok(None) };
    let limits_differ = if limits.is_empty() { false } else { row.column("limits_differ")? };
    if SchemaState::of(row.column("version")?, row.column("oldest_reader")?)? == SchemaState::Old {
        return Ok(None);
    }
    let mail_is_due = row.column("mail_is_due")?;
    let session = row.joined("session")?;
    let mut token_key = None;
    let (caller, login, facts) = match credential {
        Credential::Registry(_) => (None, row.joined("login")?, Facts::default()),
        Credential::RegistryToken { .. } => {
            let subject = row.joined("caller")?;
            token_key = row.column("token_key")?;
            let mut facts = Facts::default();
            if kind == TargetKind::Repository {
                facts = read_facts(&mut row, kind)?;
                facts.is_proxy_cache = row.column("is_proxy_cache")?;
            }
            (subject, None, facts)
        }
        _ => (row.joined("caller")?, None, read_facts(&mut row, kind)?),
    };
    let with_robot = kind == TargetKind::Namespace && address.robot.is_some();
    let sealed_robot_token = if with_robot { row.column("sealed_robot_token")? } else { None };
    row.end()?;
    Ok(Some(Loaded {
        caller,
        login,
        token_key,
        session,
        facts,
        sealed_robot_token,
        mail_is_due,
        limits_differ,
    }))
}

/// The statement for a credential and a target, with its parameters.
fn statement(
    credential: &Credential,
    kind: TargetKind,
    address: &Address,
    now: Timestamp,
) -> (&'static str, Vec<Value>) {
    let (token, session) = match credential {
        Credential::None => (Value::Null, Value::Null),
        Credential::Token(hash) => (hash.as_slice().into(), Value::Null),
        Credential::Session(hash) => (Value::Null, hash.as_slice().into()),
        Credential::Password { name, session } => (name.into(), session.as_deref().into()),
        Credential::Registry(RegistryCredential::Name(name)) => (name.into(), Value::Null),
        Credential::Registry(RegistryCredential::AccessToken(hash)) => {
            (hash.as_slice().into(), Value::Null)
        }
        Credential::Registry(RegistryCredential::AppToken(hash)) => {
            (Value::Null, hash.as_slice().into())
        }
        Credential::RegistryToken { kid, subject } => (subject.into(), kid.into()),
    };
    let namespace = Value::from(address.namespace.as_deref());
    let (sql, names) = match kind {
        // What a registry's client addresses is in its scopes, as many as it likes: they are read by a statement of their own.
        _ if matches!(credential, Credential::Registry(_)) => (LOGIN, vec![]),
        TargetKind::Repository if matches!(credential, Credential::RegistryToken { .. }) => {
            (TOKEN_REPOSITORY, vec![namespace, address.repository.as_deref().into()])
        }
        // Rows that take such tokens address a repository, or nothing.
        _ if matches!(credential, Credential::RegistryToken { .. }) => (TOKEN, vec![]),
        TargetKind::None => (CALLER, vec![]),
        TargetKind::Namespace if address.robot.is_some() => {
            (ROBOT, vec![namespace, address.robot.as_deref().into()])
        }
        TargetKind::Namespace => (NAMESPACE, vec![namespace]),
        TargetKind::Team => (TEAM, vec![namespace, address.team.as_deref().into()]),
        TargetKind::Repository => {
            (REPOSITORY, vec![namespace, address.repository.as_deref().into()])
        }
        TargetKind::Application => {
            (APPLICATION, vec![namespace, address.client_id.as_deref().into()])
        }
        TargetKind::Client => (CLIENT, vec![address.client_id.as_deref().into()]),
    };
    (sql, [vec![token, session, now.into()], names].concat())
}

fn read_facts(row: &mut Row, kind: TargetKind) -> Result<Facts, StoreError> {
    let mut facts = Facts::default();
    if kind == TargetKind::None {
        return Ok(facts);
    }
    facts.namespace = row.joined("namespace")?;
    facts.team_role = row.column("team_role")?;
    match kind {
        TargetKind::Team => {
            facts.team = row.joined("team")?;
            facts.caller_in_team = row.column("caller_in_team")?;
            facts.caller_admin_elsewhere = row.column("caller_admin_elsewhere")?;
        }
        TargetKind::Repository => {
            facts.repository = row.joined("repository")?;
            facts.repository_role = row.column("repository_role")?;
        }
        TargetKind::Application => facts.application = row.joined("application")?,
        TargetKind::Client => {
            facts.application = row.joined("application")?;
            let granted: Option<String> = row.column("granted_scopes")?;
            facts.granted_scopes =
                granted.iter().flat_map(|scopes| scopes.split('\n')).map(str::to_owned).collect();
        }
        TargetKind::None | TargetKind::Namespace => {}
    }
    Ok(facts)
}

row_of!(Namespace {
    id,
    uuid,
    kind,
    name,
    email,
    invoice_email,
    invoice_email_address,
    tag_expiration_s,
    stored_bytes,
    quota,
});
row_of!(Team { id, name, description, role });
row_of!(Repository { id, name, description, is_public });
row_of!(Application {
    id,
    client_id,
    name,
    description,
    application_uri,
    redirect_uri,
    avatar_email,
    sealed_secret,
});

/// Whether the database answers and has a schema that this code works with, or none or an old one, which the next request
/// migrates: for health checks, which change nothing.
///
/// # Errors
/// [`StoreError`] when it does not.
pub fn probe(db: &dyn Database) -> Result<(), StoreError> {
    schema_state(db).map(drop)
}
