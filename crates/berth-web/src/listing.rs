//! Lists that have no pages in the original. Ours end by their length in bytes, so that no answer is too large whatever
//! somebody owns: a list that is longer names its next page, as the lists do that have pages.

use berth_access::Permit;
use berth_domain::Timestamp;
use berth_domain::limits::{LIST_BYTES, LISTED_ROWS};
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::context::Context;
use crate::paging::Cursor;
use crate::response::{self, Response};

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
        mut view: impl FnMut(T) -> V,
    ) -> Listed {
        let entries = entries.into_iter().skip(self.start).map(|entry| (None, view(entry)));
        self.fill(entries, usize::MAX)
    }

    /// As [`Self::whole`], of a list that is an object: each entry under its name.
    pub fn whole_by_name<T, V: Serialize>(
        self,
        entries: impl IntoIterator<Item = T>,
        mut view: impl FnMut(T) -> (String, V),
    ) -> Listed {
        let entries = entries.into_iter().skip(self.start).map(|entry| {
            let (name, view) = view(entry);
            (Some(name), view)
        });
        let listed = self.fill(entries, usize::MAX);
        Listed { is_object: true, ..listed }
    }

    /// The answer's part of a list of which [`Self::wanted`] rows were read.
    pub fn window<T, V: Serialize>(
        self,
        entries: impl IntoIterator<Item = T>,
        mut view: impl FnMut(T) -> V,
    ) -> Listed {
        let most = usize::try_from(LISTED_ROWS).unwrap_or(usize::MAX);
        self.fill(entries.into_iter().map(|entry| (None, view(entry))), most)
    }

    fn fill<V: Serialize>(
        self,
        entries: impl Iterator<Item = (Option<String>, V)>,
        most: usize,
    ) -> Listed {
        let (mut text, mut shown, mut next_page) = (String::new(), 0, None);
        for (name, view) in entries {
            if shown == most || text.len() >= LIST_BYTES {
                let end = i64::try_from(self.start + shown).unwrap_or(i64::MAX);
                next_page = Some(Cursor::new(end, 0, self.now).to_token());
                break;
            }
            if shown > 0 {
                text.push(',');
            }
            if let Some(name) = name {
                text.push_str(&json_text(&name));
                text.push(':');
            }
            text.push_str(&json_text(&view));
            shown += 1;
        }
        Listed { text, is_object: false, next_page }
    }
}

/// The part of a list that an answer shows.
pub struct Listed {
    text: String,
    is_object: bool,
    next_page: Option<String>,
}

impl Listed {
    /// The answer: the entries under `name`, further members, and where the list goes on if it does.
    #[must_use]
    pub fn answer(self, name: &str, more: Map<String, Value>) -> Response {
        let (open, close) = if self.is_object { ('{', '}') } else { ('[', ']') };
        let entries = RawValue::from_string(format!("{open}{}{close}", self.text));
        let entries = entries.unwrap_or_else(|error| unreachable!("views are JSON: {error}"));
        response::ok(&Answer {
            entries: std::collections::BTreeMap::from([(name, entries)]),
            more,
            next_page: self.next_page,
        })
    }
}

#[derive(Serialize)]
struct Answer<'a> {
    #[serde(flatten)]
    entries: std::collections::BTreeMap<&'a str, Box<RawValue>>,
    #[serde(flatten)]
    more: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page: Option<String>,
}

fn json_text(view: &impl Serialize) -> String {
    match serde_json::to_string(view) {
        Ok(text) => text,
        Err(error) => unreachable!("views are plain data with string keys: {error}"),
    }
}
