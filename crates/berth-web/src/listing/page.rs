//! A page of a list, and its answer.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::marker::PhantomData;

use berth_domain::limits::LIST_BYTES;
use berth_store::listing::{Position, Slice, Window};
use http::header::{self, HeaderName};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde_json::value::RawValue;

use super::page_token::{self, binding};
use crate::error::ApiError;
use crate::into_response::{JsonResponse, WithHeaders};
use crate::query::Parameters;
use crate::response::ResponseExt;
use crate::services::Services;

/// How many entries a page has, at most.
pub(super) const MOST_ROWS: i64 = 500;

/// The header that says how many entries the whole list has.
const TOTAL_COUNT: HeaderName = HeaderName::from_static("x-total-count");

/// A page of a list that a request asks for.
pub struct Page<'a> {
    /// Which part of the list that is.
    pub window: Window,
    pub(super) services: &'a Services<'a>,
    pub(super) path: &'a str,
    /// The request's parameters, without those that say where the page begins.
    pub(super) parameters: Parameters,
    pub(super) caller_id: Option<i64>,
    /// Whether it is a page of the original's, or the whole list.
    pub(super) is_original: bool,
    /// Whether the answer names the next page and the first in its headers: the request asked for a page.
    pub(super) has_links: bool,
    /// Whether the body names the next page.
    pub(super) names_next: bool,
    /// How many entries it has, at most; the window has one row more, to learn whether there is another page.
    pub(super) rows: i64,
}

impl Page<'_> {
    /// The page's entries as a list.
    ///
    /// # Errors
    /// [`ApiError`] when the secret keys cannot be had, with which the token of the next page is sealed.
    pub fn list<T, V: Serialize>(
        &self,
        slice: Slice<T>,
        view: impl FnMut(T) -> V,
    ) -> Result<Listed<Vec<V>>, ApiError> {
        self.list_until(slice, None, view)
    }

    /// As [`Self::list`], of a list that goes on behind `end` although it has no further row.
    ///
    /// # Errors
    /// As [`Self::list`].
    pub fn list_until<T, V: Serialize>(
        &self,
        slice: Slice<T>,
        end: Option<&Position>,
        mut view: impl FnMut(T) -> V,
    ) -> Result<Listed<Vec<V>>, ApiError> {
        self.fill(slice, end, *b"[]", |text, entry| write(text, &view(entry)))
    }

    /// The page's entries as an object: each under its name.
    ///
    /// # Errors
    /// As [`Self::list`].
    pub fn list_by_name<T, V: Serialize>(
        &self,
        slice: Slice<T>,
        mut view: impl FnMut(T) -> (String, V),
    ) -> Result<Listed<BTreeMap<String, V>>, ApiError> {
        self.fill(slice, None, *b"{}", |text, entry| {
            let (name, view) = view(entry);
            write(text, &name);
            text.push(b':');
            write(text, &view);
        })
    }

    /// Whether it is a page of the original's, or the whole list.
    #[must_use]
    pub const fn is_original(&self) -> bool {
        self.is_original
    }

    /// The page that begins behind `skipped` entries and has `rows` at most, where the original says so.
    pub fn restrict(&mut self, skipped: i64, rows: i64) {
        (self.window.skipped, self.window.rows, self.rows) = (skipped, rows + 1, rows);
    }

    /// Writes entries between two brackets, until the page is full.
    fn fill<T, S>(
        &self,
        slice: Slice<T>,
        end: Option<&Position>,
        [open, close]: [u8; 2],
        mut write: impl FnMut(&mut Vec<u8>, T),
    ) -> Result<Listed<S>, ApiError> {
        let (mut text, mut shown, mut last) = (vec![open], 0, None);
        let mut goes_on = false;
        for (position, entry) in slice.rows {
            goes_on = shown == self.rows || text.len() > LIST_BYTES;
            if goes_on {
                break;
            }
            if shown > 0 {
                text.push(b',');
            }
            write(&mut text, entry);
            (shown, last) = (shown + 1, Some(position));
        }
        text.push(close);
        let behind = if goes_on || slice.is_cut { last.as_ref() } else { end };
        let binding = || binding(self.caller_id, self.path, &self.parameters);
        let seal = |behind| page_token::seal(self.services, behind, &binding());
        let next_page = behind.map(seal).transpose()?;
        let text = String::from_utf8(text).map_err(serde::de::Error::custom);
        let entries = match text.and_then(RawValue::from_string) {
            Ok(text) => Entries(text, PhantomData),
            Err(error) => unreachable!("views are JSON: {error}"),
        };
        let link = self.link(next_page.as_deref());
        let next_page = next_page.filter(|_| self.names_next);
        Ok(Listed { entries, next_page, link, total: slice.total })
    }

    /// The addresses of the next page, if there is one, and of the first (RFC 8288): relative ones, as a registry's are, since
    /// only the client knows by what name it reaches this one.
    fn link(&self, next_page: Option<&str>) -> Option<String> {
        if !self.has_links {
            return None;
        }
        let address = |token: Option<&str>| {
            let token = token.map(|token| ("page_token", token));
            let rows = self.rows.min(MOST_ROWS).to_string();
            let given = self.parameters.0.iter().map(|(name, value)| match name.as_str() {
                "limit" => ("limit", rows.as_str()),
                name => (name, value.as_str()),
            });
            let query = form_urlencoded::Serializer::new(String::new())
                .extend_pairs(given.chain(token))
                .finish();
            let mark = if query.is_empty() { "" } else { "?" };
            format!("<{}{mark}{query}>", self.path)
        };
        let next = next_page.map(|token| format!("{}; rel=\"next\", ", address(Some(token))));
        Some(format!("{}{}; rel=\"first\"", next.unwrap_or_default(), address(None)))
    }
}

/// The part of a list that an answer shows.
#[derive(Debug)]
pub struct Listed<S> {
    /// The entries.
    pub entries: Entries<S>,
    /// Where the list goes on, if it does: the answer's `next_page`.
    pub next_page: Option<String>,
    link: Option<String>,
    total: Option<i64>,
}

/// The answer of a list: JSON, and what is said of the page in headers.
pub type ListResponse<T> = WithHeaders<JsonResponse<T>>;

impl<S> Listed<S> {
    /// The answer, whose body is made of the entries and of the token of the next page.
    pub fn respond<T: Serialize + JsonSchema>(
        self,
        body: impl FnOnce(Entries<S>, Option<String>) -> T,
    ) -> ListResponse<T> {
        let body = JsonResponse(body(self.entries, self.next_page));
        let link = self.link.map(|link| (header::LINK, link));
        let total = self.total.map(|total| (TOTAL_COUNT, total.to_string()));
        WithHeaders::new(body, |response| {
            let headers = link.into_iter().chain(total);
            headers.fold(response, |response, (name, value)| response.with_header(name, value))
        })
    }
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
