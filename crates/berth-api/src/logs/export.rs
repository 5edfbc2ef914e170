//! The log as lines of JSON: all entries of a range, the oldest first. Each page is read when the client has taken the one
//! before, so that an export of any length needs the memory of one page, and no statement waits for the client.

use berth_domain::Timestamp;
use berth_domain::secret::Purpose;
use berth_store::logs::{self, LogFilter, LogQuery, ReadsLog};
use berth_web::{ApiError, Context, HandlerResult, JsonLines, Method, Services};
use serde::{Deserialize, Serialize};

use super::bodies::ExportQuery;
use super::views::{ExportProgress, LogView};

/// How many entries a page has.
const ROWS: i64 = 200;

/// `GET …/logs/export`: a line for each entry, and after each page one that says how far the export is.
pub(crate) fn export<P: ReadsLog>(
    cx: &Context<'_, P>,
    query: ExportQuery,
) -> HandlerResult<JsonLines> {
    let services = cx.services();
    let filter = P::filter(&cx.grant).ok_or_else(ApiError::not_found)?;
    let caller = cx.caller()?.uuid.as_str();
    let given = query.entries.given().map(str::to_owned);
    let export = match &query.cursor {
        Some(cursor) => Export::at(cursor, services)?,
        None => {
            let range = query.entries.checked(services.now())?;
            let bound = Bound { caller: caller.to_owned(), given: given.clone() };
            Export::new(filter, range, Some(bound), services.now())
        }
    };
    let bound = export.bound.as_ref();
    let is_own = bound.is_some_and(|bound| bound.caller == caller && bound.given == given);
    if !is_own || export.filter != filter {
        return Err(unknown_cursor());
    }
    export.answer(services, cx.request().method() == Method::HEAD)
}

fn unknown_cursor() -> ApiError {
    ApiError::invalid_request("The cursor is not one of this export")
}

/// What an export covers, and how far it is: what its cursors say, sealed.
#[derive(Serialize, Deserialize)]
pub(super) struct Export {
    filter: LogFilter,
    start_us: i64,
    end_us: i64,
    performer: Option<String>,
    /// Time and row id of the last entry.
    after: Option<(i64, i64)>,
    /// Whose it is; none where whoever has the link may read it.
    bound: Option<Bound>,
}

/// Whose an export is, and what they asked for.
#[derive(Serialize, Deserialize)]
pub(super) struct Bound {
    caller: String,
    given: [String; 3],
}

impl Export {
    /// One that begins: it has no entries from after `now`.
    pub(super) fn new(
        filter: LogFilter,
        query: LogQuery<'_>,
        bound: Option<Bound>,
        now: Timestamp,
    ) -> Self {
        Self {
            filter,
            start_us: query.start.as_micros(),
            // Else it would follow a log in which somebody writes all the time, and never end.
            end_us: query.end.as_micros().min(now.as_micros() + 1),
            performer: query.performer.map(str::to_owned),
            after: None,
            bound,
        }
    }

    fn at(cursor: &str, services: &Services<'_>) -> Result<Self, ApiError> {
        services.open_token(Purpose::LogCursor, cursor)?.ok_or_else(unknown_cursor)
    }

    fn cursor(&self, services: &Services<'_>) -> Result<String, ApiError> {
        services.seal_token(Purpose::LogCursor, self)
    }

    /// Its first page, which the others follow.
    pub(super) fn answer(
        mut self,
        services: &Services<'_>,
        is_head: bool,
    ) -> HandlerResult<JsonLines> {
        let mut is_complete = false;
        let first = self.next_page(services, &mut is_complete)?;
        if !is_complete && !is_head {
            services.continue_body(move |services| {
                if is_complete {
                    return Ok(None);
                }
                self.next_page(services, &mut is_complete).map(Some)
            });
        }
        Ok(JsonLines(first))
    }

    /// The lines of the next page. An empty one completes the export: others end by their length too.
    fn next_page(
        &mut self,
        services: &Services<'_>,
        is_complete: &mut bool,
    ) -> Result<Vec<u8>, ApiError> {
        let query = LogQuery {
            start: Timestamp::from_micros(self.start_us),
            end: Timestamp::from_micros(self.end_us),
            performer: self.performer.as_deref(),
        };
        let entries = logs::page_from_oldest(services.db(), self.filter, query, self.after, ROWS)?;
        let entries = entries.ok_or_else(|| ApiError::invalid_request("Unknown performer"))?;
        *is_complete = entries.is_empty();
        self.after = entries.last().map(|last| (last.at.as_micros(), last.id)).or(self.after);
        let mut lines = Vec::new();
        for entry in &entries {
            write_line(&mut lines, &LogView::new(entry, self.filter.is_everything()))?;
        }
        let progress = ExportProgress { cursor: self.cursor(services)?, complete: *is_complete };
        write_line(&mut lines, &progress)?;
        Ok(lines)
    }
}

fn write_line(lines: &mut Vec<u8>, view: &impl Serialize) -> Result<(), ApiError> {
    serde_json::to_writer(&mut *lines, view).map_err(unwritable)?;
    lines.push(b'\n');
    Ok(())
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
fn unwritable(error: serde_json::Error) -> ApiError {
    ApiError::Internal(format!("an export cannot be written: {error}"))
}
