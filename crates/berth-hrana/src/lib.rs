//! `berth_store::Database` on a libSQL server, for hosts that give components no SQLite: Hrana, libSQL's protocol, over HTTP
//! (`docs/HRANA_3_SPEC.md` of `tursodatabase/libsql`).
//!
//! A call is one round trip: its statements go as one batch. What is no part of a transaction has its stream closed in the same
//! round trip, and so has what ends one. A stream that stays open keeps its place at the server for 10 seconds, and the write
//! lock for up to 5 while others wait for it.

mod error;
mod protocol;

use std::cell::{Cell, OnceCell, RefCell};

use berth_domain::settings::DATABASE_URL;
use berth_store::{BatchError, Database, DatabaseError, Row, Statement, Value};
use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE};
use http::{Request, Response, StatusCode};

use crate::protocol::{Batch, BatchResult, Pipeline, PipelineResponse, StreamRequest};

/// Sends requests. It is the platform's.
pub trait HttpClient {
    /// Sends one, and returns the answer, whatever its status.
    ///
    /// # Errors
    /// Why there is no answer, in words that `berth_store` understands; with `http error` when one may come later.
    fn send(&self, request: &Request<Vec<u8>>) -> Result<Response<Vec<u8>>, DatabaseError>;
}

/// Where a server is, and what it lets in.
#[derive(Debug, Clone)]
pub struct Server {
    /// The value of the setting `database_url`.
    pub url: String,
    /// The value of the setting `database_token`; empty where the server wants none.
    pub token: String,
}

/// A libSQL server, as one request of ours uses it: one stream at a time.
pub struct Hrana<C: HttpClient> {
    client: C,
    configure: fn() -> Result<Server, DatabaseError>,
    server: OnceCell<Server>,
    version: Cell<Version>,
    stream: RefCell<Option<Stream>>,
}

/// The newest version of the protocol that the server has. What is used of it is in both.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Version {
    V3,
    V2,
}

/// An open stream, which has a transaction.
struct Stream {
    baton: String,
    /// Where its requests go.
    url: String,
}

impl<C: HttpClient> Hrana<C> {
    /// The server that `configure` gives: it is asked once, before the first statement.
    pub fn new(client: C, configure: fn() -> Result<Server, DatabaseError>) -> Self {
        Self {
            client,
            configure,
            server: OnceCell::new(),
            version: Cell::new(Version::V3),
            stream: RefCell::new(None),
        }
    }

    /// The server that is known already.
    pub fn at(client: C, server: Server) -> Self {
        let hrana = Self::new(client, || Err(DatabaseError("no server is configured".into())));
        // It is empty.
        let _ = hrana.server.set(server);
        hrana
    }

    fn server(&self) -> Result<&Server, DatabaseError> {
        if let Some(server) = self.server.get() {
            return Ok(server);
        }
        let server = (self.configure)()?;
        Ok(self.server.get_or_init(|| server))
    }

    /// Runs statements in one round trip.
    fn run<'a>(
        &self,
        statements: impl Iterator<Item = (&'a str, &'a [Value])> + Clone,
    ) -> Result<Vec<Vec<Row>>, BatchError> {
        let last = statements.clone().count().saturating_sub(1);
        let unknown = |error| BatchError { index: last, error };
        let stream = self.stream.take();
        let begun = stream.is_some();
        let goes_on = statements.clone().fold(begun, |open, (sql, _)| is_open_after(sql, open));
        let mut requests = vec![StreamRequest::Batch { batch: Batch::new(statements) }];
        if !goes_on {
            requests.push(StreamRequest::Close);
        }
        let answer = self.exchange(stream.as_ref(), requests).map_err(unknown)?;
        if goes_on {
            let stream = self.stream_of(answer.baton, answer.base_url, stream);
            *self.stream.borrow_mut() = Some(stream.map_err(unknown)?);
        }
        let result = answer.results.into_iter().next();
        let result = result.ok_or_else(|| unknown(error::unreadable("no result")))?;
        if let Some(refused) = result.error {
            return Err(unknown(error::of_server(&refused)));
        }
        let result = result.response.and_then(|response| response.result);
        rows_of(result.ok_or_else(|| unknown(error::unreadable("no result of a batch")))?)
    }

    /// The stream as it goes on. Where the server closed it, the transaction is over: what follows would run by itself.
    fn stream_of(
        &self,
        baton: Option<String>,
        base_url: Option<String>,
        before: Option<Stream>,
    ) -> Result<Stream, DatabaseError> {
        let baton =
            baton.ok_or_else(|| DatabaseError("Hrana: stream closed by the server".into()))?;
        let url = match (base_url, before) {
            (Some(url), _) => DATABASE_URL.parse(&url).map_err(|_| {
                DatabaseError("Hrana: the server names a `base_url` that cannot be used".into())
            })?,
            (None, Some(stream)) => stream.url,
            (None, None) => self.server()?.url.clone(),
        };
        Ok(Stream { baton, url })
    }

    /// One round trip.
    fn exchange(
        &self,
        stream: Option<&Stream>,
        requests: Vec<StreamRequest<'_>>,
    ) -> Result<PipelineResponse, DatabaseError> {
        let server = self.server()?;
        let url = stream.map_or(&server.url, |stream| &stream.url);
        let pipeline = Pipeline { baton: stream.map(|stream| stream.baton.as_str()), requests };
        let body = serde_json::to_vec(&pipeline)
            .map_err(|error| DatabaseError(format!("a statement has no JSON: {error}")))?;
        let mut response = self.post(url, &server.token, &body)?;
        if response.status() == StatusCode::NOT_FOUND && self.version.get() == Version::V3 {
            self.version.set(Version::V2);
            response = self.post(url, &server.token, &body)?;
        }
        if response.status() != StatusCode::OK {
            return Err(error::of_status(response.status(), response.body()));
        }
        serde_json::from_slice(response.body()).map_err(|error| {
            let place = (error.classify(), error.line(), error.column());
            error::unreadable(&format!("{place:?}"))
        })
    }

    fn post(
        &self,
        url: &str,
        token: &str,
        body: &[u8],
    ) -> Result<Response<Vec<u8>>, DatabaseError> {
        let path = match self.version.get() {
            Version::V3 => "/v3/pipeline",
            Version::V2 => "/v2/pipeline",
        };
        let mut request = Request::post(format!("{url}{path}"))
            .header(CONTENT_TYPE, "application/json")
            // Without a length the host sends chunks, which not every gateway reads.
            .header(CONTENT_LENGTH, body.len());
        if !token.is_empty() {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = request.body(body.to_vec()).map_err(|_| {
            DatabaseError(
                "`database_url` is no address, or `database_token` fits into no header".into(),
            )
        })?;
        self.client.send(&request)
    }
}

/// Whether a transaction is open after a statement.
fn is_open_after(sql: &str, was_open: bool) -> bool {
    match sql {
        "COMMIT" | "ROLLBACK" => false,
        sql => was_open || sql.starts_with("BEGIN"),
    }
}

/// The rows of each statement, or the error of the one that failed.
fn rows_of(result: BatchResult) -> Result<Vec<Vec<Row>>, BatchError> {
    let failed = result.step_errors.iter().enumerate();
    let mut failed = failed.filter_map(|(index, error)| Some((index, error.as_ref()?)));
    if let Some((index, error)) = failed.next() {
        return Err(BatchError { index, error: error::of_server(error) });
    }
    let rows = |(index, result): (usize, Option<protocol::StmtResult>)| {
        result
            .and_then(protocol::StmtResult::into_rows)
            .ok_or_else(|| BatchError { index, error: error::unreadable("no rows") })
    };
    result.step_results.into_iter().enumerate().map(rows).collect()
}

impl<C: HttpClient> Database for Hrana<C> {
    fn execute(&self, sql: &str, parameters: &[Value]) -> Result<Vec<Row>, DatabaseError> {
        // Without a stream there is no transaction.
        if sql == "ROLLBACK" && self.stream.borrow().is_none() {
            return Ok(Vec::new());
        }
        let rows = self.run(std::iter::once((sql, parameters)));
        rows.map(|mut rows| rows.pop().unwrap_or_default()).map_err(|failed| failed.error)
    }

    fn execute_all(&self, statements: &[Statement]) -> Result<Vec<Vec<Row>>, BatchError> {
        self.run(statements.iter().map(|statement| (&*statement.sql, &*statement.parameters)))
    }

    /// Closes the stream: the server rolls back. What cannot be closed it closes itself after 10 seconds.
    fn reset(&self) {
        if let Some(stream) = self.stream.take() {
            let _ = self.exchange(Some(&stream), vec![StreamRequest::Close]);
        }
    }
}

impl<C: HttpClient> Drop for Hrana<C> {
    fn drop(&mut self) {
        self.reset();
    }
}

#[cfg(test)]
mod tests;
