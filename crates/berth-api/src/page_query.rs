//! Pages of the lists that superusers read (`docs/contract/quay.md` 10.1).

use berth_web::{ApiError, Body, Cursor, Query, Request, Schema, Services};
use serde_json::{Map, Value, json};

/// How many entries a page has at most, and when nobody says.
const LARGEST: i64 = 100;

/// The query of a list.
pub(crate) struct PageQuery {
    limit: i64,
    token: Option<String>,
}

impl Body for PageQuery {
    const SCHEMA: Option<&'static Schema> = None;
    const QUERY: &'static [Query] =
        &[Query::number("limit", "How many to list, at most; no more than 100"), Query::NEXT_PAGE];

    fn read(request: &Request) -> Result<Self, ApiError> {
        let query = request.query(Self::QUERY);
        let limit = query.get("limit").map(|text| {
            text.trim().parse::<i64>().map_err(|_| {
                let about = "Limit to the number of results to return per page. Max 100.";
                ApiError::Custom(400, json!({ "message": { "limit": about } }))
            })
        });
        Ok(Self {
            limit: limit.transpose()?.unwrap_or(LARGEST).clamp(1, LARGEST),
            token: query.get("next_page").map(str::to_owned),
        })
    }
}

impl PageQuery {
    /// The row id behind which the page begins.
    pub(crate) fn after_id(&self, services: &Services<'_>) -> i64 {
        let cursor = Cursor::from_token(self.token.as_deref(), services.now());
        cursor.map_or(0, |cursor| cursor.after)
    }

    /// How many rows to read: one more than the page has, to learn whether there is another.
    pub(crate) const fn wanted(&self) -> i64 {
        self.limit + 1
    }

    /// The answer: the entries under `name`, and where the next page begins if there is one. `lines` are what
    /// [`Self::wanted`] gave.
    pub(crate) fn answer<T>(
        &self,
        services: &Services<'_>,
        name: &str,
        mut lines: Vec<T>,
        id_of: impl Fn(&T) -> i64,
        view: impl Fn(T) -> Value,
    ) -> Value {
        let length = usize::try_from(self.limit).unwrap_or_default();
        let has_more = lines.len() > length;
        lines.truncate(length);
        let last = lines.last().filter(|_| has_more).map(id_of);
        let mut body = Map::new();
        body.insert(name.to_owned(), lines.into_iter().map(view).collect());
        if let Some(id) = last {
            body.insert("next_page".into(), Cursor::new(id, id, services.now()).to_token().into());
        }
        Value::Object(body)
    }
}
