//! Lists, page by page: in one of a few orders, from behind an entry on, with a text in their names. Each page costs what it
//! shows: an index has the list's order, and the page begins where a position says, never behind a number of rows.
//!
//! A list is a statement in which marks stand for the page:
//!
//! * `{position}`, the first columns of the rows: what they are ordered by;
//! * `{window}`, the end of a SELECT: which rows belong to the page and have the text in their names, their order, and at last
//!   their number. What stands behind it may multiply that: a SELECT of 0 rows reads none, whereas a condition without columns is
//!   asked for each row;
//! * `{text}`, what is searched, where something is.
//!
//! A list with a bound of its own on an indexed column has `{lower column}` or `{upper column}` in place of the column: an index
//! is entered at one bound only, and that must be the page's, or the beginning of another order.
//!
//! A list that several SELECTs give numbers the marks of those that are ordered by something else (`{position2}`), and ends with
//! `{order}`; `{ordered}` is that without the number of rows.

use std::borrow::Cow;

use berth_domain::limits::LISTED_ROW_BYTES;

use crate::db::{Database, FromRow, Row, Statement, StoreError, Value, returned};

/// A list: its orders, and what is searched.
#[derive(Debug)]
pub struct List {
    /// The orders that it has.
    pub orders: &'static [Order],
    /// The order, and the direction, that it has unless another is asked for: `-` in front of the name for the other way.
    pub default: &'static str,
    /// What is searched, for people: `the name`.
    pub searched: &'static str,
    /// The expressions that are searched, of each SELECT.
    pub texts: &'static [&'static [&'static str]],
    /// The columns that may be long. What they hold on a page has a limit, [`LISTED_ROW_BYTES`].
    pub long: &'static [&'static str],
    /// How the original gives the list, to requests that ask for no page.
    pub original: Original,
}

/// How the original gives a list (`docs/contract/quay.md` 10.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Original {
    /// Whole.
    Whole,
    /// Whole, or as many as `limit` says.
    First,
    /// Whole, or as many as `limit` says behind as many as `offset` says. Concord's.
    Offset,
    /// In pages of so many.
    Pages(i64),
    /// In pages of as many as `limit` says, and of so many at most.
    SizedPages(i64),
    /// In pages that `page` counts, of as many as `limit` says.
    Numbered {
        /// How many unless it says so.
        usual: i64,
        /// How many at most.
        most: i64,
    },
}

/// An order of a list.
#[derive(Debug)]
pub struct Order {
    /// What clients call it.
    pub name: &'static str,
    /// What each SELECT is ordered by.
    pub keys: &'static [Key],
}

/// What a SELECT is ordered by: an expression that is never NULL, and a whole number that no two rows with the same key
/// share. Where no two rows share a key, both are the same.
#[derive(Debug)]
pub struct Key(pub &'static str, pub &'static str);

/// A list by its type.
pub trait Listed {
    /// The list.
    const LIST: List;
}

/// The place of an entry in an order.
#[derive(Debug, Clone, PartialEq)]
pub struct Position {
    /// Its key: a text or a whole number.
    pub key: Value,
    /// What tells it from others with the same key.
    pub tie: i64,
}

/// Which part of a list is wanted.
#[derive(Debug)]
pub struct Window {
    /// Of which list.
    pub list: &'static List,
    /// The order.
    pub order: &'static Order,
    /// Whether from its end.
    pub descending: bool,
    /// Behind which entry; none from the beginning.
    pub after: Option<Position>,
    /// How many rows to leave out, where the original counts them.
    pub skipped: i64,
    /// How many rows, at most.
    pub rows: i64,
    /// A text that the entries have in them, in whatever case; none for all.
    pub text: Option<String>,
    /// Whether all such entries are counted.
    pub counted: bool,
}

/// The rows of a [`Window`].
#[derive(Debug)]
pub struct Slice<T> {
    /// Each with its place, in order.
    pub rows: Vec<(Position, T)>,
    /// How many there are in the whole list, where that was asked for.
    pub total: Option<i64>,
    /// Whether there are fewer than were wanted because they are long.
    pub is_cut: bool,
}

impl<T> Default for Slice<T> {
    /// That of a list without entries, which nobody counted.
    fn default() -> Self {
        Self { rows: Vec::new(), total: None, is_cut: false }
    }
}

impl<T: FromRow> Slice<T> {
    /// Rows that begin with their places.
    pub(crate) fn of(rows: Vec<Row>) -> Result<Self, StoreError> {
        let placed = rows.into_iter().map(Row::whole::<Placed<T>>);
        let placed = placed.map(|row| row.map(|Placed(position, row)| (position, row)));
        Ok(Self { rows: placed.collect::<Result<_, _>>()?, ..Self::default() })
    }
}

impl List {
    /// The order of that name, and whether it is from the end. None: the list has no such order.
    #[must_use]
    pub fn order(&self, sort: &str) -> Option<(&'static Order, bool)> {
        let (name, descending) = match sort.strip_prefix('-') {
            Some(name) => (name, true),
            None => (sort, false),
        };
        let order = self.orders.iter().find(|order| order.name == name)?;
        Some((order, descending))
    }
}

impl Window {
    /// Reads the rows of a list. One statement; another where they are counted.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) fn read<T: FromRow>(
        &self,
        db: &dyn Database,
        list: &str,
        parameters: &[Value],
    ) -> Result<Slice<T>, StoreError> {
        let page = self.statement(list, parameters.to_vec());
        if !self.counted {
            return self.slice(db.execute(&page.sql, &page.parameters)?);
        }
        let statements = [self.count(list, parameters.to_vec()), page];
        let mut answers = db.execute_all(&statements).map_err(|error| error.error)?;
        let (rows, count) = (answers.pop(), answers.pop());
        let total = returned(count.unwrap_or_default())?;
        Ok(Slice { total: Some(total), ..self.slice(rows.unwrap_or_default())? })
    }

    /// The slice of the rows that a statement gave.
    fn slice<T: FromRow>(&self, rows: Vec<Row>) -> Result<Slice<T>, StoreError> {
        if self.list.long.is_empty() {
            return Slice::of(rows);
        }
        let read = i64::try_from(rows.len()).unwrap_or(i64::MAX);
        let Slice { rows, .. }: Slice<Measured<T>> = Slice::of(rows)?;
        let is_cut = rows.iter().any(|(_, Measured { found, .. })| *found > read);
        let rows = rows.into_iter().map(|(position, Measured { row, .. })| (position, row));
        Ok(Slice { rows: rows.collect(), total: None, is_cut })
    }

    /// The part of a list that was read whole: entries with their ids, by which they are ordered, and what is searched.
    #[must_use]
    pub fn part<T>(&self, entries: impl IntoIterator<Item = (i64, String, T)>) -> Slice<T> {
        let text = self.text.as_deref().unwrap_or_default().to_ascii_lowercase();
        let found =
            entries.into_iter().filter(|(_, name, _)| name.to_ascii_lowercase().contains(&text));
        let mut rows: Vec<_> =
            found.map(|(id, _, entry)| (Position { key: id.into(), tie: id }, entry)).collect();
        let total = self.counted.then(|| i64::try_from(rows.len()).unwrap_or(i64::MAX));
        rows.sort_by_key(
            |(position, _)| if self.descending { -position.tie } else { position.tie },
        );
        let after = self.after.as_ref().map(|after| after.tie);
        rows.retain(|(position, _)| match (after, self.descending) {
            (None, _) => true,
            (Some(after), false) => position.tie > after,
            (Some(after), true) => position.tie < after,
        });
        rows.truncate(usize::try_from(self.rows).unwrap_or(usize::MAX));
        Slice { rows, total, is_cut: false }
    }

    /// The statement that counts all rows.
    fn count(&self, list: &str, mut parameters: Vec<Value>) -> Statement {
        let text = self.text_parameter(&mut parameters);
        // Where all rows are counted, a SELECT is left out by the number that its rows are multiplied with.
        let parts = self.parts(text.as_deref(), |_| " LIMIT 9223372036854775807".into());
        let sql = self.filled(list, &parts, text.as_deref(), ["", ""]);
        Statement { sql: format!("SELECT count(*) FROM ({sql})").into(), parameters }
    }

    /// The statement that reads the rows.
    fn statement(&self, list: &str, mut parameters: Vec<Value>) -> Statement {
        let text = self.text_parameter(&mut parameters);
        let after = self.after.as_ref().map(|after| {
            let key = parameter(&mut parameters, after.key.clone());
            (key, parameter(&mut parameters, after.tie.into()))
        });
        let (rows, all_rows) = self.limits(list.contains("{order}"), &mut parameters);
        let (beyond, direction) = if self.descending { ("<", " DESC") } else { (">", "") };
        let parts = self.parts(text.as_deref(), |Key(key, tie)| {
            let behind = after.as_ref().map(|(after_key, after_tie)| match key == tie {
                true => format!(" AND {key} {beyond} {after_key}"),
                // Not as a comparison of rows, for which SQLite uses no index of an expression.
                false => format!(
                    " AND {key} {beyond}= {after_key} AND ({key} {beyond} {after_key} OR {tie} {beyond} {after_tie})"
                ),
            });
            let order = match key == tie {
                true => format!("{tie}{direction}"),
                false => format!("{key}{direction}, {tie}{direction}"),
            };
            format!("{} ORDER BY {order} {rows}", behind.unwrap_or_default())
        });
        let ordered = format!("ORDER BY position_key{direction}, position_tie{direction}");
        let order = format!("{ordered} {all_rows}");
        let sql = self.filled(list, &parts, text.as_deref(), [&order, &ordered]);
        Statement { sql: self.measured(sql, &ordered).into(), parameters }
    }

    /// What `{position}` and `{window}` are in each SELECT; `window` gives what is behind the condition of the search.
    fn parts(&self, text: Option<&str>, window: impl Fn(&Key) -> String) -> Vec<[String; 2]> {
        let selects = self.order.keys.iter().zip(self.list.texts);
        let part = |(key, searched): (&Key, &&[&str])| {
            let search = text.map(|text| condition(searched, text)).unwrap_or_default();
            let position = format!("{} AS position_key, {} AS position_tie", key.0, key.1);
            [position, format!("{search}{}", window(key))]
        };
        selects.map(part).collect()
    }

    /// The statement with its marks replaced.
    fn filled<'a>(
        &self,
        list: &'a str,
        parts: &'a [[String; 2]],
        text: Option<&'a str>,
        [order, ordered]: [&'a str; 2],
    ) -> String {
        replace_marks(list, |mark| {
            if let Some((side @ ("lower" | "upper"), column)) = mark.split_once(' ') {
                return Some(format!("{}{column}", self.sign(side, column)).into());
            }
            let name = mark.trim_end_matches(|last: char| last.is_ascii_digit());
            let number = mark[name.len()..].parse().unwrap_or(1_usize);
            let [position, window] = parts.get(number.wrapping_sub(1))?;
            let part = match name {
                "position" => position,
                "window" => window,
                "text" => text.unwrap_or_default(),
                "order" => order,
                "ordered" => ordered,
                _ => return None,
            };
            Some(part.into())
        })
    }

    /// What keeps SQLite from entering an index at the bound of a column: the list is in another order, or this page has a bound on
    /// the same side.
    fn sign(&self, side: &str, column: &str) -> &'static str {
        let is_ordered = self.order.keys.iter().any(|Key(key, _)| *key == column);
        let is_bounded = self.after.is_some() && (side == "upper") == self.descending;
        if is_ordered && !is_bounded { "" } else { "+" }
    }

    /// The statement with its rows up to what they may hold together, and behind each how many rows there were.
    fn measured(&self, sql: String, ordered: &str) -> String {
        if self.list.long.is_empty() {
            return sql;
        }
        let bytes = |column| format!("coalesce(octet_length({column}), 0)");
        let bytes: Vec<_> = self.list.long.iter().map(bytes).collect();
        format!(
            "SELECT * FROM (
                SELECT *, sum({}) OVER ({ordered} ROWS UNBOUNDED PRECEDING) AS position_bytes,
                    row_number() OVER ({ordered}) AS position_place,
                    count(*) OVER () AS position_found
                FROM ({sql}))
            WHERE position_place = 1 OR position_bytes <= {LISTED_ROW_BYTES} {ordered}",
            bytes.join(" + ")
        )
    }

    /// How many rows each SELECT gives, and how many the list that several of them make.
    fn limits(&self, are_several: bool, parameters: &mut Vec<Value>) -> (String, String) {
        let rows = format!("LIMIT {}", parameter(parameters, self.rows.into()));
        if self.skipped == 0 {
            return (rows.clone(), rows);
        }
        let all = format!("{rows} OFFSET {}", parameter(parameters, self.skipped.into()));
        if !are_several {
            return (all.clone(), all);
        }
        let enough = parameter(parameters, self.rows.saturating_add(self.skipped).into());
        (format!("LIMIT {enough}"), all)
    }

    /// What the text is called in the statement.
    fn text_parameter(&self, parameters: &mut Vec<Value>) -> Option<String> {
        let text = self.text.as_ref()?;
        Some(parameter(parameters, text.to_ascii_lowercase().into()))
    }
}

/// Begins a statement that searches people. `found` are those who have the text in their name, or their
/// address, in the whole installation: 1,001 at most. The statement looks up each of a thousand; of more, enough are met in the order of the list.
macro_rules! people_found {
    ($texts:literal, $rest:literal) => {
        concat!(
            "WITH found (id) AS MATERIALIZED (
                SELECT DISTINCT account_id FROM account_search
                WHERE ",
            $texts,
            " AND part >= substr({text}, 1, 32)
                    AND part < substr({text}, 1, 32) || char(0x10FFFD) LIMIT 1001)",
            $rest
        )
    };
}
pub(crate) use people_found;

/// The text with what `of` gives for each of its marks, `{mark}`. What is none stays.
pub(crate) fn replace_marks<'a>(
    text: &'a str,
    of: impl Fn(&'a str) -> Option<Cow<'a, str>>,
) -> String {
    let (mut replaced, mut rest) = (String::with_capacity(2 * text.len()), text);
    while let Some((before, behind)) = rest.split_once('{') {
        replaced.push_str(before);
        let known = behind.split_once('}').and_then(|(mark, behind)| Some((of(mark)?, behind)));
        (replaced, rest) = match known {
            Some((part, behind)) => (replaced + &part, behind),
            None => (replaced + "{", behind),
        };
    }
    replaced + rest
}

/// Adds a parameter; what it is called in the statement.
fn parameter(parameters: &mut Vec<Value>, value: Value) -> String {
    parameters.push(value);
    format!("?{}", parameters.len())
}

/// The condition that one of the expressions has the text in it.
fn condition(searched: &[&str], text: &str) -> String {
    let has = |expression| format!("instr(lower({expression}), {text}) > 0");
    format!(" AND ({})", searched.iter().map(has).collect::<Vec<_>>().join(" OR "))
}

/// A row behind its place.
struct Placed<T>(Position, T);

impl<T: FromRow> FromRow for Placed<T> {
    const WIDTH: usize = 2 + T::WIDTH;

    fn from_row(row: &mut Row) -> Result<Self, StoreError> {
        let (key, tie) = (row.column("position_key")?, row.column("position_tie")?);
        let position = Position { key, tie };
        Ok(Self(position, T::from_row(row)?))
    }
}

/// A row of a list that may be long, and how many there were of all lengths.
struct Measured<T> {
    row: T,
    found: i64,
}

impl<T: FromRow> FromRow for Measured<T> {
    const WIDTH: usize = T::WIDTH + 3;

    fn from_row(row: &mut Row) -> Result<Self, StoreError> {
        let read = T::from_row(row)?;
        let _: (i64, i64) = (row.column("position_bytes")?, row.column("position_place")?);
        Ok(Self { row: read, found: row.column("position_found")? })
    }
}
