//! The seam to SQLite: one statement at a time, as Spin's interface has it, and transactions on top.

use std::cell::Cell;
use std::fmt;

use berth_domain::limits::{self, Limit};
use berth_domain::{RepositoryRole, TeamRole, Timestamp};

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
}

/// What SQLite says went wrong, in words: Spin hands on nothing else.
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
    /// A UNIQUE rule of the schema: `table.column`.
    UniqueViolation(String),
    /// The change would leave an organization without a person in a team with role admin.
    NoOwnerLeft,
    /// Who shall own an organization is in no team of it.
    NotMember,
    /// What the change refers to was deleted at the same moment.
    NotFound,
    /// The database does not answer in time, or not at all: asked again later, it may. Its words.
    Unavailable(String),
    /// The schema was brought up to a version that this code cannot read.
    SchemaTooNew {
        /// The version of the schema.
        version: i64,
        /// The oldest code that can read it, by the version of its own schema.
        oldest_reader: i64,
    },
    /// The schema is of a build from before the first release: nothing leads from it to the one of this code.
    SchemaUnreleased,
    /// The change would give somebody more than he may own.
    Limited(&'static Limit),
    /// Anything else: a bug or a broken database.
    Database(DatabaseError),
}

impl StoreError {
    /// Whether a UNIQUE rule on `column` (`table.column`) was broken.
    #[must_use]
    pub fn is_taken(&self, column: &str) -> bool {
        matches!(self, Self::UniqueViolation(taken) if taken == column)
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy => formatter.write_str("the database is busy"),
            Self::UniqueViolation(column) => write!(formatter, "{column} is taken"),
            Self::NoOwnerLeft => formatter.write_str("an organization would have no owner"),
            Self::NotMember => formatter.write_str("an owner would be no member"),
            Self::NotFound => formatter.write_str("what the change refers to is gone"),
            Self::Unavailable(words) => write!(formatter, "the database is unavailable: {words}"),
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
            rule.told(error)
        } else if message.contains("FOREIGN KEY constraint failed") {
            Self::NotFound
        } else if let Some(limit) = limit_in(message) {
            Self::Limited(limit)
        } else if let Some((_, columns)) = message.split_once("UNIQUE constraint failed: ") {
            // A remote database wraps the text in its own, quotes and all.
            let ends = |letter: char| !(letter.is_ascii_alphanumeric() || "_.".contains(letter));
            Self::UniqueViolation(columns.split(ends).next().unwrap_or_default().to_owned())
        } else if is_busy(message) {
            Self::Busy
        } else if is_passing(message) {
            Self::Unavailable(error.0)
        } else {
            Self::Database(error)
        }
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

    /// What the store says of it.
    fn told(self, error: DatabaseError) -> StoreError {
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

/// Whether a store says, in these words, that another one holds it.
#[must_use]
pub fn is_busy(message: &str) -> bool {
    ["database is locked", "database is busy", "database table is locked", "SQLITE_BUSY"]
        .iter()
        .any(|part| message.contains(part))
}

/// Whether a failure, in these words, is one that passes: a statement that was interrupted or took too long, a connection
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

/// The limit that a trigger names.
fn limit_in(message: &str) -> Option<&'static Limit> {
    let (_, named) = message.split_once("berth: limit of ")?;
    limits::OWNED
        .iter()
        .filter(|limit| named.starts_with(limit.name))
        .max_by_key(|limit| limit.name.len())
}

/// A row of an answer, read column by column from the left.
#[derive(Debug)]
pub struct Row {
    values: std::vec::IntoIter<Value>,
}

impl Row {
    /// A row of these values.
    #[must_use]
    pub fn new(values: Vec<Value>) -> Self {
        Self { values: values.into_iter() }
    }

    /// The next column.
    ///
    /// # Errors
    /// [`StoreError::Database`] when there is no further column or it holds another type: the statement and its reader
    /// disagree.
    pub fn read<T: FromValue>(&mut self) -> Result<T, StoreError> {
        let value = self.values.next().unwrap_or(Value::Null);
        T::from_value(value).map_err(|value| {
            let wanted = std::any::type_name::<T>();
            StoreError::Database(DatabaseError(format!("a column holds {value:?}, not {wanted}")))
        })
    }
}

/// The one column of the one row of `rows`: what `INSERT … RETURNING` and single values give.
///
/// # Errors
/// [`StoreError::Database`] when there is no row.
pub fn returned<T: FromValue>(rows: Vec<Row>) -> Result<T, StoreError> {
    match rows.into_iter().next() {
        Some(mut row) => row.read(),
        None => Err(StoreError::Database(DatabaseError("a statement gave no row".into()))),
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

impl FromValue for TeamRole {
    fn from_value(value: Value) -> Result<Self, Value> {
        let text = String::from_value(value)?;
        text.parse().map_err(|_| Value::Text(text))
    }
}

impl FromValue for RepositoryRole {
    fn from_value(value: Value) -> Result<Self, Value> {
        let text = String::from_value(value)?;
        text.parse().map_err(|_| Value::Text(text))
    }
}

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

/// An open write transaction. What is not committed is rolled back.
pub struct Transaction<'a> {
    db: &'a dyn Database,
    open: Cell<bool>,
}

/// Runs `work` in one short write transaction: all of it or nothing.
///
/// # Errors
/// [`StoreError::Busy`] when the database stays locked; whatever `work` or COMMIT fails with.
pub fn transaction<T, E: From<StoreError>>(
    db: &dyn Database,
    work: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
) -> Result<T, E> {
    let transaction = Transaction::begin(db)?;
    let result = work(&transaction)?;
    transaction.commit()?;
    Ok(result)
}

impl<'a> Transaction<'a> {
    fn begin(db: &'a dyn Database) -> Result<Self, StoreError> {
        let mut attempt = 1;
        loop {
            match db.execute("BEGIN IMMEDIATE", &[]).map_err(StoreError::from) {
                Ok(_) => return Ok(Self { db, open: Cell::new(true) }),
                Err(StoreError::Busy) if attempt < BEGIN_ATTEMPTS => attempt += 1,
                Err(error) => return Err(error),
            }
        }
    }

    fn commit(self) -> Result<(), StoreError> {
        self.db.execute("COMMIT", &[])?;
        self.open.set(false);
        Ok(())
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        if self.open.get() {
            // Nothing can be done about a failure here: SQLite rolls back when the connection closes.
            let _ = self.db.execute("ROLLBACK", &[]);
        }
    }
}

impl Database for Transaction<'_> {
    fn execute(&self, sql: &str, parameters: &[Value]) -> Result<Vec<Row>, DatabaseError> {
        self.db.execute(sql, parameters)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(message: &str) -> StoreError {
        DatabaseError(message.to_owned()).into()
    }

    /// Security finding C4: a rule that nobody knew was a 500.
    #[test]
    fn every_rule_of_the_schema_is_known() {
        let mut raised = Vec::new();
        for rest in crate::migrate::WHOLE.split("RAISE(").skip(1) {
            let text = rest.split('\'').nth(1).expect("RAISE has a text");
            let known =
                Rule::broken(text).is_some() || !matches!(told(text), StoreError::Database(_));
            assert!(known, "no rule has the text {text:?}");
            raised.push(text);
        }
        for (rule, text) in Rule::ALL {
            assert!(raised.contains(&text), "no trigger raises {rule:?}");
        }
    }

    #[test]
    fn the_texts_of_a_remote_database_are_understood() {
        let wrapped = "Hrana: `cursor error: `error at step 0: (error code: SQLITE_CONSTRAINT) \
            `SQLite error: UNIQUE constraint failed: account.name```";
        assert_eq!(told(wrapped), StoreError::UniqueViolation("account.name".into()));
        let several = "UNIQUE constraint failed: team_member.team_id, team_member.account_id";
        assert_eq!(told(several), StoreError::UniqueViolation("team_member.team_id".into()));
        let rule = "Hrana: `cursor error: `SQLite error: berth: a robot bears the name of its \
            namespace``";
        assert_eq!(told(rule), StoreError::NotFound);
        assert_eq!(told("SQLite error: database is locked"), StoreError::Busy);
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
            assert!(matches!(told(text), StoreError::Unavailable(_)), "{text}");
        }
        for text in ["near \"SELCT\": syntax error", "no such table: nothing", "disk I/O error"] {
            assert!(matches!(told(text), StoreError::Database(_)), "{text}");
        }
    }
}
