//! Lists, page by page. Those that have no pages in the original end by their length in bytes, so that no answer is too large
//! whatever somebody owns, and name their next page as the others do.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::marker::PhantomData;

use berth_access::Permit;
use berth_derive::Query;
use berth_domain::Timestamp;
use berth_domain::limits::{LIST_BYTES, LISTED_ROWS};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::context::Context;
use crate::paging::Cursor;

/// The error for a `limit` that is no number.
pub const LIMIT_REFUSAL: &str = "Limit to the number of results to return per page. Max 100.";

/// The query of a list that has nothing but pages.
#[derive(Query)]
pub struct PageQuery {
    /// The page that an answer named `next_page`
    next_page: Option<String>,
}

impl PageQuery {
    /// The page, of a list that is read whole or has [`LISTED_ROWS`] on a page.
    #[must_use]
    pub fn page<P: Permit>(&self, cx: &Context<'_, P>) -> Page {
        self.page_of(LISTED_ROWS, cx)
    }

    /// The page, which has `rows` rows at most.
    #[must_use]
    pub fn page_of<P: Permit>(&self, rows: i64, cx: &Context<'_, P>) -> Page {
        let now = cx.services().now();
        Page { start: Cursor::from_token(self.next_page.as_deref(), now), rows, now }
    }
}

/// A page of a list: where it begins, and how long it is.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// Where it begins; none on the first page, also for anything that was no living token.
    pub start: Option<Cursor>,
    rows: i64,
    now: Timestamp,
}

impl Page {
    /// The page of `rows` rows at most behind the first `offset` ones.
    #[must_use]
    pub const fn at(offset: i64, rows: i64, now: Timestamp) -> Self {
        Self { start: Some(Cursor::new(offset, 0, now)), rows, now }
    }

    /// How many entries come before it, in a list that [`Self::whole`] or [`Self::window`] shows.
    #[must_use]
    pub fn offset(&self) -> i64 {
        self.start.map_or(0, |start| start.after.max(0))
    }

    /// The row id behind which it begins, in a list in the order of its rows' ids, up or down. None on the first page.
    #[must_use]
    pub fn after(&self) -> Option<i64> {
        self.start.map(|start| start.id)
    }

    /// How many rows to read: one more than the page has, to learn whether there is another.
    #[must_use]
    pub const fn wanted(&self) -> i64 {
        self.rows + 1
    }

    /// The page that begins behind the entry with that key and row id: the answer's `next_page`.
    #[must_use]
    pub fn token(&self, after: i64, id: i64) -> String {
        Cursor::new(after, id, self.now).to_token()
    }

    /// The page of a list that was read whole.
    pub fn whole<T, V: Serialize>(
        &self,
        entries: impl IntoIterator<Item = T>,
        mut view: impl FnMut(T) -> V,
    ) -> Listed<Vec<V>> {
        let entries = self.skip(entries).zip(self.positions());
        self.fill(entries, i64::MAX, b"[]", |text, entry| write(text, &view(entry)))
    }

    /// As [`Self::whole`], of a list that is an object: each entry under its name.
    pub fn whole_by_name<T, V: Serialize>(
        &self,
        entries: impl IntoIterator<Item = T>,
        mut view: impl FnMut(T) -> (String, V),
    ) -> Listed<BTreeMap<String, V>> {
        let entries = self.skip(entries).zip(self.positions());
        self.fill(entries, i64::MAX, b"{}", |text, entry| {
            let (name, view) = view(entry);
            write(text, &name);
            text.push(b':');
            write(text, &view);
        })
    }

    /// The page of a list of which [`Self::wanted`] rows were read, those behind [`Self::offset`].
    pub fn window<T, V: Serialize>(
        &self,
        rows: impl IntoIterator<Item = T>,
        mut view: impl FnMut(T) -> V,
    ) -> Listed<Vec<V>> {
        let rows = rows.into_iter().zip(self.positions());
        self.fill(rows, self.rows, b"[]", |text, row| write(text, &view(row)))
    }

    /// The page of a list of which [`Self::wanted`] rows were read, those behind [`Self::after`].
    pub fn of<T, V: Serialize>(
        &self,
        rows: Vec<T>,
        id_of: impl Fn(&T) -> i64,
        mut view: impl FnMut(T) -> V,
    ) -> Listed<Vec<V>> {
        let rows = rows.into_iter().map(|row| {
            let id = id_of(&row);
            (row, (id, id))
        });
        self.fill(rows, self.rows, b"[]", |text, row| write(text, &view(row)))
    }

    /// Where the page behind each entry begins, in a list without ids.
    fn positions(&self) -> impl Iterator<Item = (i64, i64)> + use<> {
        (self.offset()..).map(|before| (before + 1, 0))
    }

    fn skip<T>(&self, entries: impl IntoIterator<Item = T>) -> impl Iterator<Item = T> {
        entries.into_iter().skip(usize::try_from(self.offset()).unwrap_or(usize::MAX))
    }

    /// Writes entries between two brackets, `most` of them at most; with each comes what the token of a page behind it says.
    fn fill<T, S>(
        &self,
        entries: impl Iterator<Item = (T, (i64, i64))>,
        most: i64,
        &[open, close]: &[u8; 2],
        mut write: impl FnMut(&mut Vec<u8>, T),
    ) -> Listed<S> {
        let (mut text, mut shown, mut last) = (vec![open], 0, None);
        let mut next_page = None;
        for (entry, position) in entries {
            if shown == most || text.len() > LIST_BYTES {
                next_page = last.map(|(after, id)| self.token(after, id));
                break;
            }
            if shown > 0 {
                text.push(b',');
            }
            write(&mut text, entry);
            (shown, last) = (shown + 1, Some(position));
        }
        text.push(close);
        let text = String::from_utf8(text).map_err(serde::de::Error::custom);
        match text.and_then(RawValue::from_string) {
            Ok(text) => Listed { entries: Entries(text, PhantomData), next_page },
            Err(error) => unreachable!("views are JSON: {error}"),
        }
    }
}

/// The part of a list that an answer shows.
#[derive(Debug)]
pub struct Listed<S> {
    /// The entries.
    pub entries: Entries<S>,
    /// Where the list goes on, if it does: the answer's `next_page`.
    pub next_page: Option<String>,
}

/// Entries that are text already; for discovery they are an `S`.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct Entries<S>(Box<RawValue>, PhantomData<S>);

impl<S: JsonSchema> JsonSchema for Entries<S> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        S::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        S::json_schema(generator)
    }
}

fn write(text: &mut Vec<u8>, view: &impl Serialize) {
    if let Err(error) = serde_json::to_writer(text, view) {
        unreachable!("views are plain data with string keys: {error}");
    }
}

/// Declares the answers that are nothing but a list, each by the name of its entries.
#[macro_export]
macro_rules! lists {
    ($($(#[$doc:meta])* $visibility:vis struct $name:ident { $entries:ident: $schema:ty })*) => {$(
        $(#[$doc])*
        #[derive(::schemars::JsonSchema, ::serde::Serialize)]
        $visibility struct $name {
            $entries: $crate::listing::Entries<$schema>,
            #[serde(skip_serializing_if = "Option::is_none")]
            next_page: ::core::option::Option<String>,
        }

        impl From<$crate::listing::Listed<$schema>> for $name {
            fn from(listed: $crate::listing::Listed<$schema>) -> Self {
                Self { $entries: listed.entries, next_page: listed.next_page }
            }
        }
    )*};
}
