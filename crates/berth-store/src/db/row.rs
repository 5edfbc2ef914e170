//! Values of statements, and rows that are read as structs.

use std::rc::Rc;

pub(crate) use berth_derive::FromRow;
use berth_domain::{NamespaceKind, QuotaLimitKind, RepositoryRole, TeamRole, Timestamp};

use super::error::{DatabaseError, StoreError};

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

/// A row of an answer, read column by column from the left. A reader that wants fewer columns than the statement gives, or
/// more, fails. Where the implementation of [`Database`](super::Database) knows what the columns are called, as that of tests does, one that
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

impl FromValue for Value {
    fn from_value(value: Value) -> Result<Self, Value> {
        Ok(value)
    }
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
