//! What SQLite says when a statement fails, and what it means.

use berth_domain::limits::{self, Limit};
use thiserror::Error;

/// SQLite's message: Spin passes on nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct DatabaseError(pub String);

/// Why a batch of statements failed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{error}")]
pub struct BatchError {
    /// Which statement failed, from 0. Where that is not known, since no answer came: the last one.
    pub index: usize,
    /// SQLite's message.
    pub error: DatabaseError,
}

/// Why a call of the store failed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StoreError {
    /// Another writer held the database for longer than we wait.
    #[error("the database is busy")]
    Busy,
    /// A UNIQUE rule of the schema.
    #[error("{} is taken", .0.columns())]
    UniqueViolation(Constraint),
    /// The change would leave an organization without a person in a team with role admin.
    #[error("an organization would have no owner")]
    NoOwnerLeft,
    /// The new owner of an organization is in no team of it.
    #[error("an owner would be no member")]
    NotMember,
    /// Something that the change refers to was deleted at the same moment.
    #[error("what the change refers to is gone")]
    NotFound,
    /// The database does not answer in time, or not at all; a later attempt may succeed. Its message.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// The connection broke during COMMIT: whether the change was made is not known. The database's message.
    #[error("whether COMMIT was done is unknown: {0}")]
    InDoubt(String),
    /// The schema was brought up to a version that this code cannot read.
    #[error(
        "the database has schema version {version}, which code of schema version {oldest_reader} and newer reads; this \
        build's is {known}: roll out the newer build"
    )]
    SchemaTooNew {
        /// The version of the schema.
        version: i64,
        /// The oldest code that can read it, by the version of that code's schema.
        oldest_reader: i64,
        /// The version of this code's schema.
        known: i64,
    },
    /// The schema is of a build from before the first release: it cannot be migrated to the schema of this code.
    #[error(
        "the database is of a build from before the first release of Berth, and this build cannot bring it up to date: \
        begin with an empty database (another state directory, or another libSQL database), or go on with the build \
        that made it"
    )]
    SchemaUnreleased,
    /// The change would exceed what the owner may own.
    #[error("too many {} (setting `{}`)", .0.what, .0.setting.name)]
    Limited(&'static Limit),
    /// The namespace would hold more than its quota allows.
    #[error("the namespace would hold more than its quota allows")]
    BeyondQuota,
    /// Anything else: a bug or a broken database.
    #[error("database: {0}")]
    Database(DatabaseError),
}

impl StoreError {
    /// Whether that UNIQUE rule was broken.
    #[must_use]
    pub fn violates(&self, constraint: Constraint) -> bool {
        matches!(self, Self::UniqueViolation(violated) if *violated == constraint)
    }
}

impl From<DatabaseError> for StoreError {
    fn from(error: DatabaseError) -> Self {
        let message = error.0.as_str();
        if let Some(rule) = Rule::broken(message) {
            rule.into_error(error)
        } else if message.contains("FOREIGN KEY constraint failed")
            || message.contains("NOT NULL constraint failed: log_entry.kind")
        {
            // A log entry has no kind when its namespace has another name by now: see `logs::append`.
            Self::NotFound
        } else if let Some(limit) = limit_in(message) {
            Self::Limited(limit)
        } else if let Some(constraint) = Constraint::violated(message) {
            Self::UniqueViolation(constraint)
        } else {
            match Temporary::of(message) {
                Some(Temporary::Busy) => Self::Busy,
                Some(Temporary::GivenUp | Temporary::Disconnected) => Self::Unavailable(error.0),
                None => Self::Database(error),
            }
        }
    }
}

/// A UNIQUE rule of the schema that a request can break. Rules that only a random number could break are not here: drawing
/// one twice is [`StoreError::Database`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Constraint {
    /// Names of users, organizations and robots, whatever their case.
    AccountName,
    /// Addresses of users, whatever their case.
    AccountEmail,
    /// There is one first user.
    FirstUser,
    /// An account is in a team once.
    TeamMember,
    /// Names of repositories in a namespace.
    RepositoryName,
    /// A namespace has one quota.
    QuotaOfNamespace,
    /// A quota has one limit of a kind and a percentage.
    QuotaLimit,
    /// An organization has one proxy cache.
    ProxyCache,
    /// A namespace has no two autoprune policies that say the same.
    AutoprunePolicyOfNamespace,
    /// Nor has a repository.
    AutoprunePolicyOfRepository,
}

impl Constraint {
    const ALL: [Self; 10] = [
        Self::AccountName,
        Self::AccountEmail,
        Self::FirstUser,
        Self::TeamMember,
        Self::RepositoryName,
        Self::QuotaOfNamespace,
        Self::QuotaLimit,
        Self::ProxyCache,
        Self::AutoprunePolicyOfNamespace,
        Self::AutoprunePolicyOfRepository,
    ];

    /// The columns, as SQLite names them.
    const fn columns(self) -> &'static str {
        match self {
            Self::AccountName => "account.name",
            Self::AccountEmail => "account.email",
            Self::FirstUser => "user_profile.is_first",
            Self::TeamMember => "team_member.team_id, team_member.account_id",
            Self::RepositoryName => "repository.namespace_id, repository.name",
            Self::QuotaOfNamespace => "quota.namespace_id",
            Self::QuotaLimit => "quota_limit.quota_id, quota_limit.kind, quota_limit.percent",
            Self::ProxyCache => "proxy_cache_config.organization_id",
            Self::AutoprunePolicyOfNamespace => {
                "autoprune_policy.namespace_id, autoprune_policy.method, autoprune_policy.value, \
                autoprune_policy.tag_pattern, autoprune_policy.tag_pattern_matches"
            }
            Self::AutoprunePolicyOfRepository => {
                "autoprune_policy.repository_id, autoprune_policy.method, autoprune_policy.value, \
                autoprune_policy.tag_pattern, autoprune_policy.tag_pattern_matches"
            }
        }
    }

    /// The rule in SQLite's message; a remote database wraps that message in another.
    fn violated(message: &str) -> Option<Self> {
        let (_, columns) = message.split_once("UNIQUE constraint failed: ")?;
        let ends = |letter: char| !(letter.is_ascii_alphanumeric() || "_., ".contains(letter));
        let columns = columns.split(ends).next()?.trim_end();
        Self::ALL.into_iter().find(|constraint| constraint.columns() == columns)
    }
}

/// A rule that a trigger of the schema holds; a change that breaks it fails with the rule's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    OrganizationKeepsOwner,
    MembershipStays,
    RobotBearsNamespace,
    AccountKindStays,
    OwnerIsPerson,
    OwnerIsMember,
    WithinQuota,
}

impl Rule {
    const ALL: [(Self, &str); 7] = [
        (Self::OrganizationKeepsOwner, "berth: organization without owner"),
        (Self::MembershipStays, "berth: a membership does not move"),
        (Self::RobotBearsNamespace, "berth: a robot bears the name of its namespace"),
        (Self::AccountKindStays, "berth: an account stays what it is"),
        (Self::OwnerIsPerson, "berth: an owner is a person"),
        (Self::OwnerIsMember, "berth: an owner is a member"),
        (Self::WithinQuota, "berth: beyond the quota"),
    ];

    fn broken(message: &str) -> Option<Self> {
        let raised = Self::ALL.into_iter().find(|(_, text)| message.contains(text));
        raised.map(|(rule, _)| rule)
    }

    /// The error of the store for it.
    fn into_error(self, error: DatabaseError) -> StoreError {
        match self {
            Self::OrganizationKeepsOwner => StoreError::NoOwnerLeft,
            // The namespace was deleted, or renamed, since the name of the robot was made.
            Self::RobotBearsNamespace | Self::OwnerIsPerson => StoreError::NotFound,
            Self::OwnerIsMember => StoreError::NotMember,
            Self::WithinQuota => StoreError::BeyondQuota,
            // No statement of the store tries.
            Self::MembershipStays | Self::AccountKindStays => StoreError::Database(error),
        }
    }
}

/// A failure that passes: the same may succeed later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Temporary {
    /// The database ended the transaction by itself and rolled it back: SQLite when a statement was interrupted, libSQL also
    /// when another writer waited for 5 seconds, or the connection was idle for 10.
    GivenUp,
    /// Another connection has locked the database.
    Busy,
    /// A connection broke or could not be made, or there was no answer in time.
    Disconnected,
}

impl Temporary {
    /// What the stores say, in lower case: SQLite, libSQL, and those of Spin. The first that fits counts.
    const TEXTS: &[(Self, &str)] = &[
        (Self::GivenUp, "interrupted"),
        (Self::GivenUp, "sqlite_interrupt"),
        (Self::GivenUp, "transaction timed out"),
        (Self::GivenUp, "transaction_timeout"),
        (Self::GivenUp, "stream_expired"),
        // A server that was started anew knows no stream of before.
        (Self::GivenUp, "invalid baton"),
        (Self::Busy, "database is locked"),
        (Self::Busy, "database is busy"),
        (Self::Busy, "database table is locked"),
        (Self::Busy, "sqlite_busy"),
        (Self::Busy, "transaction_busy"),
        (Self::Disconnected, "timed out"),
        (Self::Disconnected, "timeout"),
        (Self::Disconnected, "stream closed"),
        (Self::Disconnected, "no transaction is active"),
        (Self::Disconnected, "error sending request"),
        (Self::Disconnected, "http error"),
        (Self::Disconnected, "client error (connect)"),
        (Self::Disconnected, "connect error"),
        (Self::Disconnected, "connection refused"),
        (Self::Disconnected, "connection reset"),
        (Self::Disconnected, "connection closed"),
        (Self::Disconnected, "broken pipe"),
        (Self::Disconnected, "too many connections"),
        (Self::Disconnected, "unreadable answer"),
        // A server that is about to stop has closed its database.
        (Self::Disconnected, "namespace `default` doesn't exist"),
        // A replica did not reach the server that it replicates.
        (Self::Disconnected, "proxy_error"),
        (Self::Disconnected, "status=408"),
        (Self::Disconnected, "status=429"),
        (Self::Disconnected, "status=5"),
    ];

    /// The meaning of a store's message, if it is one of these.
    #[must_use]
    pub fn of(message: &str) -> Option<Self> {
        let message = message.to_ascii_lowercase();
        let found = Self::TEXTS.iter().find(|(_, text)| message.contains(text));
        found.map(|(meaning, _)| *meaning)
    }
}

/// The limit that a trigger names.
fn limit_in(message: &str) -> Option<&'static Limit> {
    let (_, named) = message.split_once("berth: limit of ")?;
    limits::OWNED
        .iter()
        .filter(|limit| named.starts_with(limit.name))
        .max_by_key(|limit| limit.name.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error_of(message: &str) -> StoreError {
        DatabaseError(message.to_owned()).into()
    }

    /// Security finding C4: an unknown rule was a 500.
    #[test]
    fn every_rule_of_the_schema_is_known() {
        let mut raised = Vec::new();
        // `RAISE(IGNORE)` has no text, and is no error.
        for rest in crate::migrate::WHOLE.split("RAISE(ABORT").skip(1) {
            let text = rest.split('\'').nth(1).expect("RAISE has a text");
            let known =
                Rule::broken(text).is_some() || !matches!(error_of(text), StoreError::Database(_));
            assert!(known, "no rule has the text {text:?}");
            raised.push(text);
        }
        for (rule, text) in Rule::ALL {
            assert!(raised.contains(&text), "no trigger raises {rule:?}");
        }
    }

    /// UNIQUE rules that no request can break: rows and secrets have random ids, and what else is there is inserted `ON
    /// CONFLICT` or once for each row that it belongs to.
    const UNBREAKABLE: &[&str] = &[
        "access_token.token_hash",
        "access_token.uuid",
        "account.id, account.kind",
        "account.uuid",
        "account_search.is_address, account_search.part, account_search.account_id",
        "affiliation.account_id, affiliation.namespace_id",
        "app_token.token_hash",
        "app_token.uuid",
        "assigned_authorization.uuid",
        "authorization_code.code_hash",
        "autoprune_policy.uuid",
        "blob.repository_id, blob.digest",
        "default_permission.uuid",
        "index 'signing_key_last'",
        "log_count.namespace_id, log_count.day, log_count.kind",
        "mail.uuid",
        "manifest.repository_id, manifest.digest",
        "manifest_blob.manifest_id, manifest_blob.blob_id",
        "manifest_child.manifest_id, manifest_child.digest",
        "message.uuid",
        "notification.invitation_id",
        "notification.uuid",
        "oauth_application.client_id",
        "owned.holder_id, owned.kind",
        "owned_limit.kind",
        "registry_event.id",
        "repository.id, repository.namespace_id",
        "repository_permission.repository_id, repository_permission.account_id",
        "repository_permission.repository_id, repository_permission.team_id",
        "session.token_hash",
        "signing_key.kid",
        "star.account_id, star.repository_id",
        "tag.repository_id, tag.name",
        "team.id, team.organization_id",
        "team.organization_id, team.name",
        "team_invitation.code_hash",
        "team_invitation.team_id, team_invitation.account_id",
        "team_invitation.team_id, team_invitation.email",
        "user_profile.email_code_hash",
        "user_profile.recovery_code_hash",
    ];

    /// The UNIQUE rules of the schema, as SQLite names them when they are broken.
    fn unique_rules() -> Vec<String> {
        let connection = rusqlite::Connection::open_in_memory().expect("memory is there");
        connection.execute_batch(crate::migrate::WHOLE).expect("the schema applies");
        let sql = "SELECT coalesce(group_concat(t.name || '.' || c.name, ', ' ORDER BY c.seqno),
                'index ''' || i.name || '''')
            FROM sqlite_schema t, pragma_index_list(t.name) i, pragma_index_info(i.name) c
            WHERE t.type = 'table' AND i.\"unique\" GROUP BY t.name, i.name
            UNION SELECT 'proxy_cache_config.organization_id'";
        let mut statement = connection.prepare(sql).expect("a statement");
        let rules = statement.query_map([], |row| row.get(0)).expect("rows");
        rules.collect::<Result<_, _>>().expect("texts")
    }

    #[test]
    fn every_unique_rule_of_the_schema_is_known_or_unbreakable() {
        let rules = unique_rules();
        for rule in &rules {
            let message = format!("UNIQUE constraint failed: {rule}");
            let is_known = matches!(error_of(&message), StoreError::UniqueViolation(_));
            let is_unbreakable = UNBREAKABLE.contains(&rule.as_str());
            assert!(
                is_known != is_unbreakable,
                "{rule}: is a constraint {is_known}, unbreakable {is_unbreakable}"
            );
        }
        let named = Constraint::ALL.iter().map(|constraint| constraint.columns());
        for name in named.chain(UNBREAKABLE.iter().copied()) {
            assert!(rules.iter().any(|rule| rule == name), "the schema has no {name}");
        }
    }

    /// Texts of statements that failed, as real stores gave them.
    const ERRORS: &[(&str, StoreError)] = &[
        (
            "UNIQUE constraint failed: account.name",
            StoreError::UniqueViolation(Constraint::AccountName),
        ),
        (
            "Hrana: `cursor error: `error at step 0: (error code: SQLITE_CONSTRAINT) `SQLite error: \
            UNIQUE constraint failed: account.name```",
            StoreError::UniqueViolation(Constraint::AccountName),
        ),
        (
            "UNIQUE constraint failed: team_member.team_id, team_member.account_id",
            StoreError::UniqueViolation(Constraint::TeamMember),
        ),
        (
            "Hrana: `cursor error: `error at step 0: (error code: SQLITE_CONSTRAINT) `SQLite error: \
            FOREIGN KEY constraint failed```",
            StoreError::NotFound,
        ),
        (
            "Hrana: `cursor error: `SQLite error: berth: a robot bears the name of its namespace``",
            StoreError::NotFound,
        ),
        (
            "Hrana: SQLITE_CONSTRAINT: SQLite error: UNIQUE constraint failed: \
            team_member.team_id, team_member.account_id",
            StoreError::UniqueViolation(Constraint::TeamMember),
        ),
        (
            "Hrana: SQLITE_CONSTRAINT: SQLite error: FOREIGN KEY constraint failed",
            StoreError::NotFound,
        ),
        (
            "Hrana: SQLITE_CONSTRAINT: SQLite error: berth: an owner is a member",
            StoreError::NotMember,
        ),
        ("Hrana: SQLITE_BUSY: SQLite error: database is locked", StoreError::Busy),
        ("Hrana: TRANSACTION_BUSY: Server cannot handle additional transactions", StoreError::Busy),
        ("SQLite error: database is locked", StoreError::Busy),
        (
            "Hrana: `cursor error: `(error code: SQLITE_BUSY) `database is locked``",
            StoreError::Busy,
        ),
    ];

    /// Texts of stores that were busy, gone or confused. None of the last kind passes by itself.
    const FAILURES: &[(&str, Option<Temporary>)] = &[
        (
            "Hrana: `api error: `status=404 Not Found, body={\"error\":\"Namespace `default` doesn't exist\"}``",
            Some(Temporary::Disconnected),
        ),
        (
            "Hrana: `cursor error: `error at step 0: (error code: SQLITE_INTERRUPT) `interrupted``",
            Some(Temporary::GivenUp),
        ),
        (
            "Hrana: `stream error: `Error { message: \"Transaction timed out\", code: \
            \"TRANSACTION_TIMEOUT\" }``",
            Some(Temporary::GivenUp),
        ),
        (
            "Hrana: `api error: `status=400 Bad Request, body={\"error\":\"The stream has expired due \
            to inactivity\",\"code\":\"STREAM_EXPIRED\"}``",
            Some(Temporary::GivenUp),
        ),
        ("Hrana: TRANSACTION_TIMEOUT: Transaction timed out", Some(Temporary::GivenUp)),
        (
            "Hrana: status=400: STREAM_EXPIRED: The stream has expired due to inactivity",
            Some(Temporary::GivenUp),
        ),
        ("Hrana: status=400: Received an invalid baton", Some(Temporary::GivenUp)),
        ("Hrana: SQLITE_INTERRUPT: SQLite error: interrupted", Some(Temporary::GivenUp)),
        (
            "Hrana: SQLITE_UNKNOWN: SQLite error: cannot commit - no transaction is active",
            Some(Temporary::Disconnected),
        ),
        (
            "Hrana: PROXY_ERROR: error executing a request on the primary: unavailable",
            Some(Temporary::Disconnected),
        ),
        ("Hrana: stream closed by the server", Some(Temporary::Disconnected)),
        ("Hrana: unreadable answer: (Eof, 1, 4096)", Some(Temporary::Disconnected)),
        (
            "Hrana: status=429: Timed out while opening database connection",
            Some(Temporary::Disconnected),
        ),
        ("Hrana: status=500: internal error", Some(Temporary::Disconnected)),
        ("Hrana: status=502: <html>Bad Gateway</html>", Some(Temporary::Disconnected)),
        ("Hrana: status=503: upstream connect error", Some(Temporary::Disconnected)),
        ("Hrana: status=504: ", Some(Temporary::Disconnected)),
        ("http error: timed out", Some(Temporary::Disconnected)),
        ("http error: ErrorCode::ConnectionRefused", Some(Temporary::Disconnected)),
        (
            "http error: ErrorCode::DnsError(DnsErrorPayload { rcode: None, info_code: None })",
            Some(Temporary::Disconnected),
        ),
        ("http error: ErrorCode::ConnectionLimitReached", Some(Temporary::Disconnected)),
        (
            "Hrana: status=401: the server does not accept `database_token`: Unauthorized: `The JWT is \
            invalid`",
            None,
        ),
        ("Hrana: status=404: at `database_url` there is no libSQL server: ", None),
        (
            "Hrana: ARGS_INVALID: Arguments do not match SQL parameters: too many parameters, expected 1 \
            found 2",
            None,
        ),
        (
            "Hrana: SQL_PARSE_ERROR: SQL string could not be parsed: syntax error around L1:6: `SELCT`",
            None,
        ),
        ("Timed out while opening database connection", Some(Temporary::Disconnected)),
        (
            "Hrana: `http error: `error trying to connect: tcp connect error: Connection refused``",
            Some(Temporary::Disconnected),
        ),
        ("cannot commit - no transaction is active", Some(Temporary::Disconnected)),
        ("near \"SELCT\": syntax error", None),
        ("no such table: nothing", None),
        ("disk I/O error", None),
    ];

    #[test]
    fn the_texts_of_stores_are_understood() {
        let unavailable = |text: &str| StoreError::Unavailable(text.to_owned());
        let database = |text: &str| StoreError::Database(DatabaseError(text.to_owned()));
        for (text, is) in ERRORS {
            assert_eq!(error_of(text), *is, "{text}");
        }
        for (text, is) in FAILURES {
            let error = if is.is_some() { unavailable(text) } else { database(text) };
            assert_eq!((error_of(text), Temporary::of(text)), (error, *is), "{text}");
        }
    }
}
