//! The seam to SQLite: one statement at a time, as Spin's interface has it, and transactions on top.

use std::cell::Cell;
use std::fmt;
use std::rc::Rc;

pub(crate) use berth_derive::FromRow;
use berth_domain::limits::{self, Limit};
use berth_domain::{NamespaceKind, QuotaLimitKind, RepositoryRole, TeamRole, Timestamp};

/// A value that goes into a statement or comes out of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// NULL.
    Null,
    /// INTEGER.
    Integer(i64),
    /// REAL.
    Real(f64),
    /// TEXT.
    Text(String),
    /// BLOB.
    Blob(Vec<u8>),
}

/// An open database. `berth-spin` implements it on Spin's SQLite, tests on rusqlite.
pub trait Database {
    /// Runs one statement and returns all its rows.
    ///
    /// # Errors
    /// Whatever SQLite says, in words.
    fn execute(&self, sql: &str, parameters: &[Value]) -> Result<Vec<Row>, DatabaseError>;

    /// Undoes what is not committed, whatever state the connection is in.
    ///
    /// An implementation that has a connection to lose opens another for the next statement: a remote database may have given
    /// up the transaction, and would run what follows by itself.
    fn reset(&self) {
        // SQLite rolls back by itself when the connection closes.
        let _ = self.execute("ROLLBACK", &[]);
    }
}

/// SQLite's message: Spin passes on nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseError(pub String);

impl fmt::Display for DatabaseError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for DatabaseError {}

/// Why a call of the store failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreError {
    /// Another writer held the database for longer than we wait.
    Busy,
    /// A UNIQUE rule of the schema.
    UniqueViolation(Constraint),
    /// The change would leave an organization without a person in a team with role admin.
    NoOwnerLeft,
    /// The new owner of an organization is in no team of it.
    NotMember,
    /// Something that the change refers to was deleted at the same moment.
    NotFound,
    /// The database does not answer in time, or not at all; a later attempt may succeed. Its message.
    Unavailable(String),
    /// The connection broke during COMMIT: whether the change was made is not known. The database's message.
    InDoubt(String),
    /// The schema was brought up to a version that this code cannot read.
    SchemaTooNew {
        /// The version of the schema.
        version: i64,
        /// The oldest code that can read it, by the version of that code's schema.
        oldest_reader: i64,
    },
    /// The schema is of a build from before the first release: it cannot be migrated to the schema of this code.
    SchemaUnreleased,
    /// The change would exceed what the owner may own.
    Limited(&'static Limit),
    /// Anything else: a bug or a broken database.
    Database(DatabaseError),
}

impl StoreError {
    /// Whether that UNIQUE rule was broken.
    #[must_use]
    pub fn violates(&self, constraint: Constraint) -> bool {
        matches!(self, Self::UniqueViolation(violated) if *violated == constraint)
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy => formatter.write_str("the database is busy"),
            Self::UniqueViolation(constraint) => {
                write!(formatter, "{} is taken", constraint.columns())
            }
            Self::NoOwnerLeft => formatter.write_str("an organization would have no owner"),
            Self::NotMember => formatter.write_str("an owner would be no member"),
            Self::NotFound => formatter.write_str("what the change refers to is gone"),
            Self::Unavailable(words) => write!(formatter, "the database is unavailable: {words}"),
            Self::InDoubt(words) => write!(formatter, "whether COMMIT was done is unknown: {words}"),
            Self::SchemaTooNew { version, oldest_reader } => write!(
                formatter,
                "the database has schema version {version}, which code of schema version \
                {oldest_reader} and newer reads; this build's is {}: roll out the newer build",
                crate::SCHEMA_VERSION
            ),
            Self::SchemaUnreleased => formatter.write_str(
                "the database is of a build from before the first release of Berth, and this build cannot bring it up to \
                date: begin with an empty database (another state directory, or another libSQL database), or go on with \
                the build that made it",
            ),
            Self::Limited(limit) => write!(formatter, "too many {}", limit.what),
            Self::Database(error) => write!(formatter, "database: {error}"),
        }
    }
}

impl std::error::Error for StoreError {}

impl From<DatabaseError> for StoreError {
    fn from(error: DatabaseError) -> Self {
        let message = error.0.as_str();
        if let Some(rule) = Rule::broken(message) {
            rule.into_error(error)
        } else if message.contains("FOREIGN KEY constraint failed") {
            Self::NotFound
        } else if let Some(limit) = limit_in(message) {
            Self::Limited(limit)
        } else if let Some(constraint) = Constraint::violated(message) {
            Self::UniqueViolation(constraint)
        } else if is_busy(message) {
            Self::Busy
        } else if is_passing(message) {
            Self::Unavailable(error.0)
        } else {
            Self::Database(error)
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
}

impl Rule {
    const ALL: [(Self, &str); 6] = [
        (Self::OrganizationKeepsOwner, "berth: organization without owner"),
        (Self::MembershipStays, "berth: a membership does not move"),
        (Self::RobotBearsNamespace, "berth: a robot bears the name of its namespace"),
        (Self::AccountKindStays, "berth: an account stays what it is"),
        (Self::OwnerIsPerson, "berth: an owner is a person"),
        (Self::OwnerIsMember, "berth: an owner is a member"),
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
            // No statement of the store tries.
            Self::MembershipStays | Self::AccountKindStays => StoreError::Database(error),
        }
    }
}

/// Whether this message of a store means that another connection has locked it.
#[must_use]
pub fn is_busy(message: &str) -> bool {
    ["database is locked", "database is busy", "database table is locked", "SQLITE_BUSY"]
        .iter()
        .any(|part| message.contains(part))
}

/// Whether this message means a temporary failure: a statement that was interrupted or took too long, a connection
/// that broke or could not be made. SQLite, libSQL and the stores of Spin say so in these ways.
#[must_use]
pub fn is_passing(message: &str) -> bool {
    const WORDS: &[&str] = &[
        "interrupted",
        "sqlite_interrupt",
        "timed out",
        "timeout",
        "stream_expired",
        "stream closed",
        "no transaction is active",
        "error sending request",
        "http error",
        "client error (connect)",
        "connect error",
        "connection refused",
        "connection reset",
        "connection closed",
        "broken pipe",
        "too many connections",
        "status=429",
        "status=503",
    ];
    let message = message.to_ascii_lowercase();
    WORDS.iter().any(|word| message.contains(word))
}

/// Whether this message means that the database ended the transaction by itself, and rolled it back: SQLite when a statement
/// was interrupted, a remote database also when another writer waited or the connection was idle for too long.
fn is_given_up(message: &str) -> bool {
    const WORDS: &[&str] = &[
        "sqlite_interrupt",
        "interrupted",
        "transaction_timeout",
        "transaction timed out",
        "stream_expired",
    ];
    let message = message.to_ascii_lowercase();
    WORDS.iter().any(|word| message.contains(word))
}

/// The limit that a trigger names.
fn limit_in(message: &str) -> Option<&'static Limit> {
    let (_, named) = message.split_once("berth: limit of ")?;
    limits::OWNED
        .iter()
        .filter(|limit| named.starts_with(limit.name))
        .max_by_key(|limit| limit.name.len())
}

/// A row of an answer, read column by column from the left. A reader that wants fewer columns than the statement gives, or
/// more, fails. Where the implementation of [`Database`] knows what the columns are called, as that of tests does, one that
/// wants another fails too.
#[derive(Debug)]
pub struct Row {
    values: std::vec::IntoIter<Value>,
    /// The names of the columns, those that were read already included.
    names: Option<Rc<[String]>>,
    /// The field that the columns are read for, if it has several columns.
    nested_in: &'static str,
}

impl Row {
    /// A row of these values.
    #[must_use]
    pub fn new(values: Vec<Value>) -> Self {
        Self { values: values.into_iter(), names: None, nested_in: "" }
    }

    /// As [`Row::new`], of columns with these names, which readers are checked against.
    #[must_use]
    pub fn named(values: Vec<Value>, names: Rc<[String]>) -> Self {
        Self { names: Some(names), ..Self::new(values) }
    }

    /// The next column, whatever it is called.
    ///
    /// # Errors
    /// [`StoreError::Database`] when there is no further column or it holds another type: the statement and its reader
    /// disagree.
    pub fn read<T: FromValue>(&mut self) -> Result<T, StoreError> {
        let value = self.values.next().ok_or_else(|| disagreement("a column is missing".into()))?;
        T::from_value(value).map_err(|value| {
            let wanted = std::any::type_name::<T>();
            disagreement(format!("a column holds {value:?}, not {wanted}"))
        })
    }

    /// All remaining columns.
    #[must_use]
    pub fn into_values(self) -> Vec<Value> {
        self.values.collect()
    }

    /// The next column, which has that name.
    pub(crate) fn column<T: FromValue>(&mut self, name: &'static str) -> Result<T, StoreError> {
        self.require_name(name)?;
        let value = self.values.next().ok_or_else(|| disagreement(format!("no column {name}")))?;
        T::from_value(value).map_err(|value| {
            let wanted = std::any::type_name::<T>();
            disagreement(format!("the column {name} holds {value:?}, not {wanted}"))
        })
    }

    /// The next columns, which are those of a struct in the field of that name.
    pub(crate) fn nested<T: FromRow>(&mut self, field: &'static str) -> Result<T, StoreError> {
        let outer = std::mem::replace(&mut self.nested_in, field);
        let nested = T::from_row(self);
        self.nested_in = outer;
        nested
    }

    /// As [`Row::nested`]; none where the first of the columns is NULL, as of a LEFT JOIN that found nothing.
    pub(crate) fn joined<T: FromRow>(
        &mut self,
        field: &'static str,
    ) -> Result<Option<T>, StoreError> {
        if self.values.as_slice().first() != Some(&Value::Null) {
            return self.nested(field).map(Some);
        }
        match self.values.nth(T::WIDTH - 1) {
            Some(_) => Ok(None),
            None => Err(disagreement(format!("columns of {field} are missing"))),
        }
    }

    /// The whole row.
    pub(crate) fn whole<T: FromRow>(mut self) -> Result<T, StoreError> {
        let whole = T::from_row(&mut self)?;
        self.end()?;
        Ok(whole)
    }

    /// Fails when there is a further column.
    pub(crate) fn end(&self) -> Result<(), StoreError> {
        match self.values.len() {
            0 => Ok(()),
            more => Err(disagreement(format!("the last {more} columns are not read"))),
        }
    }

    fn require_name(&self, name: &'static str) -> Result<(), StoreError> {
        let Some(names) = &self.names else { return Ok(()) };
        let found = names.len().checked_sub(self.values.len()).and_then(|at| names.get(at));
        let found = found.map(String::as_str).unwrap_or_default();
        let inner = found.strip_prefix(self.nested_in).and_then(|rest| rest.strip_prefix('_'));
        if found == name || inner == Some(name) {
            return Ok(());
        }
        Err(disagreement(format!("a column is called {found:?}, and read as {name}")))
    }
}

/// The error of a statement and its reader that do not fit.
pub(crate) fn disagreement(words: String) -> StoreError {
    StoreError::Database(DatabaseError(words))
}

/// A type that a row is read as. A struct derives it: its fields are the columns.
pub trait FromRow: Sized {
    /// How many columns it has.
    const WIDTH: usize;

    /// Reads the next columns of a row.
    ///
    /// # Errors
    /// [`StoreError::Database`] when the columns are others: the statement and its reader disagree.
    fn from_row(row: &mut Row) -> Result<Self, StoreError>;
}

impl<T: FromValue> FromRow for T {
    const WIDTH: usize = 1;

    fn from_row(row: &mut Row) -> Result<Self, StoreError> {
        row.read()
    }
}

impl<A: FromRow, B: FromRow> FromRow for (A, B) {
    const WIDTH: usize = A::WIDTH + B::WIDTH;

    fn from_row(row: &mut Row) -> Result<Self, StoreError> {
        Ok((A::from_row(row)?, B::from_row(row)?))
    }
}

/// Implements [`FromRow`] for a struct of another crate, as the derive does for one of this.
macro_rules! row_of {
    ($name:ident { $($field:ident),+ $(,)? }) => {
        impl $crate::db::FromRow for $name {
            const WIDTH: usize = [$(stringify!($field)),+].len();

            fn from_row(row: &mut $crate::db::Row) -> Result<Self, $crate::db::StoreError> {
                Ok(Self { $($field: row.column(stringify!($field))?),+ })
            }
        }
    };
}
pub(crate) use row_of;

/// Statements, by the rows that they give.
pub(crate) trait Query: Database {
    /// Runs a statement without using its rows.
    fn run(&self, sql: &str, parameters: &[Value]) -> Result<(), StoreError> {
        self.execute(sql, parameters)?;
        Ok(())
    }

    /// Whether there are any.
    fn any(&self, sql: &str, parameters: &[Value]) -> Result<bool, StoreError> {
        Ok(!self.execute(sql, parameters)?.is_empty())
    }

    /// All.
    fn all<T: FromRow>(&self, sql: &str, parameters: &[Value]) -> Result<Vec<T>, StoreError> {
        self.execute(sql, parameters)?.into_iter().map(Row::whole).collect()
    }

    /// The first, if there is one.
    fn optional<T: FromRow>(
        &self,
        sql: &str,
        parameters: &[Value],
    ) -> Result<Option<T>, StoreError> {
        self.execute(sql, parameters)?.into_iter().next().map(Row::whole).transpose()
    }

    /// The first, which there is.
    fn one<T: FromRow>(&self, sql: &str, parameters: &[Value]) -> Result<T, StoreError> {
        self.optional(sql, parameters)?
            .ok_or_else(|| disagreement("a statement gave no row".into()))
    }
}

impl<D: Database + ?Sized> Query for D {}

/// The one column of the one row of `rows`: the result of `INSERT … RETURNING` and single values.
///
/// # Errors
/// [`StoreError::Database`] when there is no row.
pub fn returned<T: FromValue>(rows: Vec<Row>) -> Result<T, StoreError> {
    match rows.into_iter().next() {
        Some(mut row) => row.read(),
        None => Err(disagreement("a statement gave no row".into())),
    }
}

/// A Rust type that a column can be read as.
pub trait FromValue: Sized {
    /// Reads the value, or gives it back.
    ///
    /// # Errors
    /// The value, when it is of another type.
    fn from_value(value: Value) -> Result<Self, Value>;
}

impl FromValue for i64 {
    fn from_value(value: Value) -> Result<Self, Value> {
        match value {
            Value::Integer(integer) => Ok(integer),
            other => Err(other),
        }
    }
}

impl FromValue for bool {
    fn from_value(value: Value) -> Result<Self, Value> {
        i64::from_value(value).map(|integer| integer != 0)
    }
}

impl FromValue for String {
    fn from_value(value: Value) -> Result<Self, Value> {
        match value {
            Value::Text(text) => Ok(text),
            other => Err(other),
        }
    }
}

impl FromValue for Vec<u8> {
    fn from_value(value: Value) -> Result<Self, Value> {
        match value {
            Value::Blob(bytes) => Ok(bytes),
            other => Err(other),
        }
    }
}

impl FromValue for Timestamp {
    fn from_value(value: Value) -> Result<Self, Value> {
        i64::from_value(value).map(Self::from_micros)
    }
}

impl FromValue for NamespaceKind {
    fn from_value(value: Value) -> Result<Self, Value> {
        match String::from_value(value)?.as_str() {
            "user" => Ok(Self::User),
            "organization" => Ok(Self::Organization),
            other => Err(other.into()),
        }
    }
}

impl FromValue for QuotaLimitKind {
    fn from_value(value: Value) -> Result<Self, Value> {
        let text = String::from_value(value)?;
        text.parse().map_err(|_| Value::Text(text))
    }
}

/// A role is stored by its name; the highest of several is selected by its rank, which counts from 1.
macro_rules! role_from_value {
    ($($role:ty)+) => {$(
        impl FromValue for $role {
            fn from_value(value: Value) -> Result<Self, Value> {
                let role = match &value {
                    Value::Text(name) => name.parse().ok(),
                    Value::Integer(rank) => usize::try_from(*rank)
                        .ok()
                        .and_then(|rank| Self::ALL.get(rank.checked_sub(1)?).copied()),
                    _ => None,
                };
                role.ok_or(value)
            }
        }
    )+};
}

role_from_value!(RepositoryRole TeamRole);

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: Value) -> Result<Self, Value> {
        match value {
            Value::Null => Ok(None),
            value => T::from_value(value).map(Some),
        }
    }
}

macro_rules! into_value {
    ($($type:ty => |$value:ident| $body:expr;)+) => {$(
        impl From<$type> for Value {
            fn from($value: $type) -> Self {
                $body
            }
        }
    )+};
}

into_value! {
    i64 => |integer| Self::Integer(integer);
    bool => |flag| Self::Integer(flag.into());
    &str => |text| Self::Text(text.to_owned());
    &String => |text| Self::Text(text.clone());
    String => |text| Self::Text(text);
    Vec<u8> => |bytes| Self::Blob(bytes);
    &[u8] => |bytes| Self::Blob(bytes.to_vec());
    Timestamp => |time| Self::Integer(time.as_micros());
    TeamRole => |role| Self::Text(role.as_str().to_owned());
    RepositoryRole => |role| Self::Text(role.as_str().to_owned());
}

impl<T> From<Option<T>> for Value
where
    Self: From<T>,
{
    fn from(option: Option<T>) -> Self {
        option.map_or(Self::Null, Self::from)
    }
}

/// The parameters of a statement: `params![name, 5, None::<i64>]`.
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => { &[$($crate::Value::from($value)),*] };
}

/// How often BEGIN is tried. Spin's SQLite waits 5 seconds each time, so that a writer waits 20 seconds in all: within the
/// deadline of a request.
const BEGIN_ATTEMPTS: u32 = 4;

/// How often a transaction is tried that the database gave up by itself.
const TRANSACTION_ATTEMPTS: u32 = 2;

/// An open write transaction. What is not committed is rolled back.
pub struct Transaction<'a> {
    db: &'a dyn Database,
    state: Cell<TransactionState>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum TransactionState {
    Open,
    Committed,
    /// The database interrupted it or gave it up: nothing is committed, and it can be tried again.
    GivenUp,
    /// The connection broke.
    Broken,
}

/// Runs `work` in one short write transaction: all of it or nothing. Where the database gives the transaction up by itself,
/// `work` runs once more, so it must not change anything but the database.
///
/// # Errors
/// [`StoreError::Busy`] when the database stays locked; [`StoreError::InDoubt`] when the connection breaks during COMMIT;
/// whatever else `work` or COMMIT fails with: then nothing is changed.
pub fn transaction<T, E: From<StoreError>>(
    db: &dyn Database,
    work: impl Fn(&Transaction<'_>) -> Result<T, E>,
) -> Result<T, E> {
    let mut attempt = 1;
    loop {
        let transaction = Transaction::begin(db)?;
        let result = work(&transaction).and_then(|result| {
            transaction.commit()?;
            Ok(result)
        });
        if attempt == TRANSACTION_ATTEMPTS || transaction.state.get() != TransactionState::GivenUp {
            return result;
        }
        attempt += 1;
    }
}

impl<'a> Transaction<'a> {
    fn begin(db: &'a dyn Database) -> Result<Self, StoreError> {
        let mut attempt = 1;
        loop {
            let error = match db.execute("BEGIN IMMEDIATE", &[]) {
                Ok(_) => return Ok(Self { db, state: Cell::new(TransactionState::Open) }),
                Err(error) => error,
            };
            let is_given_up = is_given_up(&error.0);
            if is_given_up {
                db.reset();
            }
            let error = StoreError::from(error);
            if !(is_given_up || error == StoreError::Busy) || attempt == BEGIN_ATTEMPTS {
                return Err(error);
            }
            attempt += 1;
        }
    }

    fn commit(&self) -> Result<(), StoreError> {
        match self.execute("COMMIT", &[]) {
            Ok(_) => {
                self.state.set(TransactionState::Committed);
                Ok(())
            }
            Err(error) if self.state.get() == TransactionState::Broken => {
                Err(StoreError::InDoubt(error.0))
            }
            Err(error) => Err(error.into()),
        }
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        match self.state.get() {
            TransactionState::Committed => {}
            TransactionState::Open => {
                // A failure here needs no handling: SQLite rolls back when the connection closes.
                let _ = self.db.execute("ROLLBACK", &[]);
            }
            TransactionState::GivenUp | TransactionState::Broken => self.db.reset(),
        }
    }
}

impl Database for Transaction<'_> {
    fn execute(&self, sql: &str, parameters: &[Value]) -> Result<Vec<Row>, DatabaseError> {
        // The database would run a further statement by itself, outside of any transaction.
        if matches!(self.state.get(), TransactionState::GivenUp | TransactionState::Broken) {
            return Err(DatabaseError("no transaction is active".into()));
        }
        let result = self.db.execute(sql, parameters);
        if let Err(DatabaseError(message)) = &result {
            if is_given_up(message) {
                self.state.set(TransactionState::GivenUp);
            } else if is_passing(message) {
                self.state.set(TransactionState::Broken);
            }
        }
        result
    }
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
        for rest in crate::migrate::WHOLE.split("RAISE(").skip(1) {
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
        "assigned_authorization.uuid",
        "authorization_code.code_hash",
        "autoprune_policy.uuid",
        "default_permission.uuid",
        "mail.uuid",
        "message.uuid",
        "notification.invitation_id",
        "notification.uuid",
        "oauth_application.client_id",
        "owned.holder_id, owned.kind",
        "owned_limit.kind",
        "repository.id, repository.namespace_id",
        "repository_permission.repository_id, repository_permission.account_id",
        "repository_permission.repository_id, repository_permission.team_id",
        "star.account_id, star.repository_id",
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
        let sql = "SELECT group_concat(t.name || '.' || c.name, ', ' ORDER BY c.seqno)
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

    fn row(columns: &[(&str, Value)]) -> Row {
        let names = columns.iter().map(|(name, _)| (*name).to_owned()).collect();
        Row::named(columns.iter().map(|(_, value)| value.clone()).collect(), names)
    }

    #[derive(Debug, PartialEq, FromRow)]
    struct Inner {
        id: i64,
        name: Option<String>,
    }

    #[derive(Debug, PartialEq, FromRow)]
    struct Outer {
        id: i64,
        #[row(nested)]
        inner: Option<Inner>,
        last: Option<bool>,
    }

    #[test]
    fn a_row_is_read_by_the_names_of_the_fields() {
        let columns =
            [("id", 1.into()), ("inner_id", 2.into()), ("name", "n".into()), ("last", true.into())];
        let inner = Some(Inner { id: 2, name: Some("n".into()) });
        assert_eq!(row(&columns).whole(), Ok(Outer { id: 1, inner, last: Some(true) }));
        let columns =
            [("id", 1.into()), ("id", Value::Null), ("name", Value::Null), ("last", Value::Null)];
        assert_eq!(row(&columns).whole(), Ok(Outer { id: 1, inner: None, last: None }));
    }

    #[test]
    fn a_statement_that_gives_other_columns_than_are_read_is_an_error() {
        let fails = |columns: &[(&str, Value)]| row(columns).whole::<Inner>().is_err();
        assert!(!fails(&[("id", 1.into()), ("name", Value::Null)]));
        assert!(fails(&[("id", 1.into())]), "a column is missing");
        assert!(fails(&[("id", 1.into()), ("name", Value::Null), ("more", Value::Null)]));
        assert!(fails(&[("id", 1.into()), ("email", Value::Null)]), "another name");
        assert!(fails(&[("id", Value::Null), ("name", Value::Null)]), "another type");
        let missing = row(&[("id", 1.into()), ("inner_id", Value::Null), ("last", Value::Null)]);
        assert!(missing.whole::<Outer>().is_err(), "a column of a struct within is missing");
    }

    #[test]
    fn the_texts_of_a_remote_database_are_understood() {
        let wrapped = "Hrana: `cursor error: `error at step 0: (error code: SQLITE_CONSTRAINT) \
            `SQLite error: UNIQUE constraint failed: account.name```";
        assert_eq!(error_of(wrapped), StoreError::UniqueViolation(Constraint::AccountName));
        let several = "UNIQUE constraint failed: team_member.team_id, team_member.account_id";
        assert_eq!(error_of(several), StoreError::UniqueViolation(Constraint::TeamMember));
        let rule = "Hrana: `cursor error: `SQLite error: berth: a robot bears the name of its \
            namespace``";
        assert_eq!(error_of(rule), StoreError::NotFound);
        assert_eq!(error_of("SQLite error: database is locked"), StoreError::Busy);
    }

    #[test]
    fn what_passes_is_no_bug() {
        for text in [
            "Hrana: `cursor error: `error at step 0: (error code: SQLITE_INTERRUPT) `interrupted``",
            "Hrana: `stream error: `Error { message: \"Transaction timed out\", code: \"TRANSACTION_TIMEOUT\" }``",
            "Hrana: `stream error: `STREAM_EXPIRED``",
            "Timed out while opening database connection",
            "Hrana: `http error: `error trying to connect: tcp connect error: Connection refused``",
            "cannot commit - no transaction is active",
        ] {
            assert!(matches!(error_of(text), StoreError::Unavailable(_)), "{text}");
        }
        for text in ["near \"SELCT\": syntax error", "no such table: nothing", "disk I/O error"] {
            assert!(matches!(error_of(text), StoreError::Database(_)), "{text}");
        }
    }
}
