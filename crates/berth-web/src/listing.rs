//! Lists, page by page: [`Page`] for those that have pages in the original, [`Listing`] for those that have none. Ours end by
//! their length in bytes, so that no answer is too large whatever somebody owns, and name their next page as the others do.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::marker::PhantomData;

use berth_access::Permit;
use berth_domain::Timestamp;
use berth_domain::limits::{LIST_BYTES, LISTED_ROWS};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::context::Context;
use crate::paging::Cursor;

/// Where an answer begins in its list.
#[derive(Debug, Clone, Copy)]
pub struct Listing {
    start: usize,
    now: Timestamp,
}

impl Listing {
    /// As the request asks.
    #[must_use]
    pub fn of<P: Permit>(cx: &Context<'_, P>) -> Self {
        let now = cx.services().now();
        let cursor = Cursor::from_token(cx.query().get("next_page"), now);
        let start = cursor.and_then(|cursor| usize::try_from(cursor.after).ok()).unwrap_or(0);
        Self { start, now }
    }

    /// How many entries come before it: those that a statement leaves out.
    #[must_use]
    pub fn offset(self) -> i64 {
        i64::try_from(self.start).unwrap_or(i64::MAX)
    }

    /// How many rows a statement reads behind [`Self::offset`]: one more than a page has.
    #[must_use]
    pub const fn wanted(self) -> i64 {
        LISTED_ROWS + 1
    }

    /// The answer's part of a list that was read whole.
    pub fn whole<T, V: Serialize>(
        self,
        entries: impl IntoIterator<Item = T>,
        view: impl FnMut(T) -> V,
    ) -> Listed<Entries<V>> {
        let entries = entries.into_iter().skip(self.start).map(view);
        self.fill(entries.map(|view| json_text(&view)), usize::MAX).map(Entries::new)
    }

    /// As [`Self::whole`], of a list that is an object: each entry under its name.
    pub fn whole_by_name<T, V: Serialize>(
        self,
        entries: impl IntoIterator<Item = T>,
        view: impl FnMut(T) -> (String, V),
    ) -> Listed<EntriesByName<V>> {
        let entries = entries.into_iter().skip(self.start).map(view);
        let members =
            entries.map(|(name, view)| format!("{}:{}", json_text(&name), json_text(&view)));
        self.fill(members, usize::MAX).map(EntriesByName::new)
    }

    /// The answer's part of a list of which [`Self::wanted`] rows were read.
    pub fn window<T, V: Serialize>(
        self,
        entries: impl IntoIterator<Item = T>,
        view: impl FnMut(T) -> V,
    ) -> Listed<Entries<V>> {
        let most = usize::try_from(LISTED_ROWS).unwrap_or(usize::MAX);
        let entries = entries.into_iter().map(view);
        self.fill(entries.map(|view| json_text(&view)), most).map(Entries::new)
    }

    fn fill(self, entries: impl Iterator<Item = String>, most: usize) -> Listed<String> {
        let (mut text, mut shown, mut next_page) = (String::new(), 0, None);
        for entry in entries {
            if shown == most || text.len() >= LIST_BYTES {
                let end = i64::try_from(self.start + shown).unwrap_or(i64::MAX);
                next_page = Some(Cursor::new(end, 0, self.now).to_token());
                break;
            }
            if shown > 0 {
                text.push(',');
            }
            text.push_str(&entry);
            shown += 1;
        }
        Listed { entries: text, next_page }
    }
}

/// The error for a `limit` that is no number.
pub const LIMIT_REFUSAL: &str = "Limit to the number of results to return per page. Max 100.";

/// A page of a list in the order of its rows' ids, up or down.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// The row id behind which it begins; none on the first page.
    pub after: Option<i64>,
    rows: i64,
    now: Timestamp,
}

impl Page {
    /// The page of `rows` rows that `token` names; the first for anything that is no living token.
    #[must_use]
    pub fn new(token: Option<&str>, rows: i64, now: Timestamp) -> Self {
        Self { after: Cursor::from_token(token, now).map(|cursor| cursor.id), rows, now }
    }

    /// How many rows to read: one more than the page has, to learn whether there is another.
    #[must_use]
    pub const fn wanted(&self) -> i64 {
        self.rows + 1
    }

    /// The entries of the page, and where the next one begins if there is one. `rows` are what [`Self::wanted`] gave.
    pub fn of<T, V>(
        &self,
        mut rows: Vec<T>,
        id_of: impl Fn(&T) -> i64,
        view: impl FnMut(T) -> V,
    ) -> Listed<Vec<V>> {
        let length = usize::try_from(self.rows).unwrap_or_default();
        let has_more = rows.len() > length;
        rows.truncate(length);
        let last = rows.last().filter(|_| has_more).map(id_of);
        let next_page = last.map(|id| Cursor::new(id, id, self.now).to_token());
        Listed { entries: rows.into_iter().map(view).collect(), next_page }
    }
}

/// The part of a list that an answer shows.
#[derive(Debug)]
pub struct Listed<E> {
    /// The entries.
    pub entries: E,
    /// Where the list goes on, if it does: the answer's `next_page`.
    pub next_page: Option<String>,
}

impl Listed<String> {
    fn map<E>(self, entries: impl FnOnce(&str) -> E) -> Listed<E> {
        Listed { entries: entries(&self.entries), next_page: self.next_page }
    }
}

/// Declares the kinds of entries that are text already, by their brackets and the type whose schema they have.
macro_rules! entries {
    ($($(#[$doc:meta])* $name:ident<$view:ident> = $open:literal $close:literal $schema:ty;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Serialize)]
        #[serde(transparent)]
        pub struct $name<$view>(Box<RawValue>, PhantomData<$view>);

        impl<$view> $name<$view> {
            fn new(entries: &str) -> Self {
                let text = RawValue::from_string(format!("{}{entries}{}", $open, $close));
                Self(text.unwrap_or_else(|error| unreachable!("views are JSON: {error}")), PhantomData)
            }
        }

        impl<$view: JsonSchema> JsonSchema for $name<$view> {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                <$schema>::schema_name()
            }

            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                <$schema>::json_schema(generator)
            }
        }
    )*};
}

entries! {
    /// Entries as an array.
    Entries<V> = '[' ']' Vec<V>;
    /// Entries as an object, each under its name.
    EntriesByName<V> = '{' '}' BTreeMap<String, V>;
}

/// Views under their names, in their order, as an object.
#[derive(Debug)]
pub struct ByName<V>(pub Vec<(String, V)>);

impl<V: Serialize> Serialize for ByName<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, view)| (name, view)))
    }
}

impl<V: JsonSchema> JsonSchema for ByName<V> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        BTreeMap::<String, V>::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        BTreeMap::<String, V>::json_schema(generator)
    }
}

fn json_text(view: &impl Serialize) -> String {
    match serde_json::to_string(view) {
        Ok(text) => text,
        Err(error) => unreachable!("views are plain data with string keys: {error}"),
    }
}
