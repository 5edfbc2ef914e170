//! What requests say of the page that they want.

use std::marker::PhantomData;

use berth_access::Permit;
use berth_domain::limits::{LISTED_ROWS, SEARCHED_TEXT};
use berth_store::listing::{Listed, Order, Original, Position, Window};
use http::StatusCode;
use serde_json::json;

use super::page::{MOST_ROWS, Page};
use super::page_token::{self, binding};
use crate::body::Body;
use crate::context::Context;
use crate::error::ApiError;
use crate::query::Parameters;
#[cfg(not(target_family = "wasm"))]
use crate::query::Query;
use crate::request::{Request, RequestExt};
use crate::schema::Schema;

/// The parameters that ask for a page.
pub const PARAMETERS: [&str; 5] = ["limit", "page_token", "q", "sort", "count"];

/// The parameters that say where a page begins, here or in the originals.
const PLACES: [&str; 4] = ["page_token", "next_page", "page", "offset"];

/// How many it has unless `limit` says so.
const USUAL_ROWS: i64 = 100;

/// The original's refusal of a `limit` that is no number.
pub const LIMIT_REFUSAL: &str = "Limit to the number of results to return per page. Max 100.";

/// The refusal of another `limit`.
const LIMIT: &str = "How many entries a page has, at most: 1 to 500";

/// The refusal of a token.
const PAGE_TOKEN: &str = "Not the token of a page of this list, or an expired one: the caller, the search, the filters and \
    the order must be those of the page before";

/// What a request says of the page of an `L` that it wants.
pub struct ListQuery<L> {
    start: Start,
    skipped: i64,
    /// How many entries, at most.
    rows: i64,
    is_original: bool,
    has_links: bool,
    order: &'static Order,
    descending: bool,
    text: Option<String>,
    counted: bool,
    list: PhantomData<L>,
}

/// Where a page begins.
enum Start {
    First,
    /// As the original, which takes a token that it cannot read for none.
    NextPage(String),
    Token(String),
}

impl<L: Listed> Body for ListQuery<L> {
    const SCHEMA: Option<&'static Schema> = None;

    #[cfg(not(target_family = "wasm"))]
    fn query() -> Vec<Query> {
        let list = &L::LIST;
        let (orders, default, searched) = (list.orders, list.default, list.searched);
        let directions =
            orders.iter().flat_map(|order| [order.name.into(), format!("-{}", order.name)]);
        let parameter = |name, kind, about: &str| Query {
            name,
            kind,
            about: about.to_owned().into(),
            required: false,
            choices: Vec::new(),
        };
        let search = format!("Only those with this text in {searched}, in whatever case");
        let order = format!("The order; `-` in front is from the end. Otherwise `{default}`");
        vec![
            parameter("next_page", "string", "The page that an answer named `next_page`"),
            parameter("limit", "integer", LIMIT),
            parameter("page_token", "string", "The page that an answer named in `Link`"),
            parameter("q", "string", &search),
            Query { choices: directions.collect(), ..parameter("sort", "string", &order) },
            parameter("count", "boolean", "With the number of all entries, in `X-Total-Count`"),
        ]
    }

    fn read(request: &Request) -> Result<Self, ApiError> {
        let query = request.query();
        let list = &L::LIST;
        let given = |name: &&str| query.get(name).is_some_and(|value| !value.is_empty());
        let asks_for_page = match list.original {
            Original::Whole | Original::Pages(_) => PARAMETERS.iter().any(given),
            // There `limit` alone is the original's.
            _ => PARAMETERS[1..].iter().any(given),
        };
        let (skipped, rows) = match asks_for_page {
            true => (0, limit(&query)?),
            false => original(list.original, &query)?,
        };
        let sort = query.get("sort").filter(|sort| !sort.is_empty()).unwrap_or(list.default);
        let (order, descending) = list.order(sort).ok_or_else(|| {
            let names: Vec<_> = list.orders.iter().map(|order| order.name).collect();
            refused("sort", &format!("One of {}, with `-` in front from the end", names.join(", ")))
        })?;
        Ok(Self {
            start: start(&query),
            skipped,
            rows,
            is_original: !asks_for_page,
            has_links: PARAMETERS.iter().any(given),
            order,
            descending,
            text: text(&query)?,
            counted: query.read("count", "")?,
            list: PhantomData,
        })
    }
}

impl<L: Listed> ListQuery<L> {
    /// The page.
    ///
    /// # Errors
    /// 400 for a `page_token` of another list, caller, search, filter or order; [`ApiError`] when the secret keys cannot be had.
    pub fn page<'a, P: Permit>(self, cx: &Context<'a, P>) -> Result<Page<'a>, ApiError> {
        let (services, request) = (cx.services(), cx.request());
        let path = request.uri().path();
        let mut parameters = request.query();
        parameters.0.retain(|(name, _)| !PLACES.contains(&name.as_str()));
        let caller_id = cx.grant.caller_id();
        let open =
            |token: &str| page_token::open(services, token, &binding(caller_id, path, &parameters));
        let after: Option<Position> = match &self.start {
            Start::First => None,
            Start::NextPage(token) => open(token)?,
            Start::Token(token) => {
                Some(open(token)?.ok_or_else(|| refused("page_token", PAGE_TOKEN))?)
            }
        };
        let rows = self.rows;
        let window = Window {
            list: &L::LIST,
            order: self.order,
            descending: self.descending,
            after,
            skipped: self.skipped,
            // One more, to learn whether there is another page.
            rows: rows + 1,
            text: self.text,
            counted: self.counted,
        };
        let Self { is_original, has_links, .. } = self;
        let is_first = is_original && L::LIST.original == Original::First;
        let names_next = !(is_first && has_links);
        let page = Page {
            window,
            services,
            path,
            parameters,
            caller_id,
            is_original,
            has_links,
            names_next,
            rows,
        };
        Ok(page)
    }
}

fn start(query: &Parameters) -> Start {
    let given = |name| query.get(name).filter(|token| !token.is_empty()).map(str::to_owned);
    let token = given("page_token").map(Start::Token);
    token.or_else(|| given("next_page").map(Start::NextPage)).unwrap_or(Start::First)
}

fn limit(query: &Parameters) -> Result<i64, ApiError> {
    let limit: Option<i64> = query.read("limit", LIMIT)?;
    match limit.unwrap_or(USUAL_ROWS) {
        limit @ 1..=MOST_ROWS => Ok(limit),
        _ => Err(refused("limit", LIMIT)),
    }
}

/// How many entries the original leaves out, and how many it then shows at most.
fn original(original: Original, query: &Parameters) -> Result<(i64, i64), ApiError> {
    match original {
        Original::Whole | Original::Offset => Ok((0, LISTED_ROWS)),
        Original::Pages(rows) => Ok((0, rows)),
        Original::SizedPages(most) => {
            let limit: Option<i64> = query.read("limit", LIMIT_REFUSAL)?;
            Ok((0, limit.unwrap_or(most).clamp(1, most)))
        }
        Original::First => {
            let limit: Option<u64> =
                query.read("limit", "If specified, the number of robots to return.")?;
            let limit = limit.and_then(|limit| i64::try_from(limit).ok());
            Ok((0, limit.unwrap_or(LISTED_ROWS).min(LISTED_ROWS)))
        }
        Original::Numbered { usual, most } => {
            let limit: Option<i64> = query.read("limit", "Limit on the number of results (int)")?;
            let page: Option<i64> = query.read("page", "Offset page number. (int)")?;
            let rows = limit.unwrap_or(usual).clamp(1, most);
            Ok((page.unwrap_or(0).clamp(0, i64::from(i32::MAX)) * rows, rows))
        }
    }
}

fn text(query: &Parameters) -> Result<Option<String>, ApiError> {
    let text = query.get("q").filter(|text| !text.is_empty());
    if text.is_some_and(|text| text.chars().count() > SEARCHED_TEXT) {
        return Err(refused("q", &format!("A text of at most {SEARCHED_TEXT} characters")));
    }
    Ok(text.map(str::to_owned))
}

fn refused(name: &str, refusal: &str) -> ApiError {
    ApiError::Custom(StatusCode::BAD_REQUEST, json!({ "message": { name: refusal } }))
}
