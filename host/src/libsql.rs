//! A database on a libSQL server, which several hosts share. To components it is what it is under Spin: a fresh connection for
//! each `open`, one statement for each `execute`, and the texts of errors that Spin passes on. Only what SQLite knows of a
//! connection's last statement (`changes()`, `last_insert_rowid()`) is gone with the transaction.
//!
//! It speaks Hrana 3 over HTTP: a connection of a component is a stream of the server, which every request names by the baton
//! of the answer before. A statement is one request, of the kind `pipeline`. Spin's client asks twice for each (`describe`,
//! then `cursor`) and leaves the end of the second answer unread, at which the server cancels what runs on the stream: the
//! next statement, if it has begun.
//!
//! One connection of this host writes at a time, as with a file. Others wait here, clients in turn, and not on the server.
//!
//! All transactions of this host run in one stream of the server, one after the other, which is closed when the host has
//! written nothing for a while ([`KEPT_FOR`]). (A connection that set something for itself has a stream of its own.) sqld 0.24 queues writers, and a commit that goes on to a checkpoint queues for
//! that too. Where another checkpoint runs when it wakes, it gives up and leaves its entry in the queue. When that entry's turn
//! comes, the lock is given to the stream, and nobody else writes until the stream takes it, with its next transaction, or is
//! closed. If it was closed before, nobody writes until sqld is restarted. Three writers that close their streams after each
//! commit come to that within seconds; in streams that go on, it costs nothing.
//!
//! No stream is left to the server, whose transaction others would wait for, and no transaction grows old:
//! * In a stream that is dropped between two statements a transaction is rolled back, by a request of its own. A stream that is
//!   not kept is closed.
//! * One that is dropped within a statement is ended after that: the server would not stop waiting for its write lock, so
//!   those who wait there would grow in number while clients give up.
//! * A transaction that is 5 seconds old is rolled back as soon as another one waits. Where that meets its COMMIT, sqld 0.24 can
//!   block all writers for good: the waiting one is given the lock while it waits for the connection, and the connection, whose
//!   COMMIT goes on to a checkpoint, waits for the lock. So nothing more is sent in one older than [`MAX_TRANSACTION`].

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue};
use http::{Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use rusqlite::types::{FromSql, ToSql, ToSqlOutput, ValueRef};
use serde::{Deserialize, Serialize};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wasmtime_wasi::runtime::AbortOnDropJoinHandle;

use crate::database::{DatabaseContext, Failure, Rows};
use crate::fair_semaphore::{FairSemaphore, Permit, Size};
use crate::instance_permit::WriterState;
use crate::outbound;

/// Streams that this host has open at a time, beside the one that it keeps. sqld has 128 for all hosts together, by default.
const MAX_STREAMS: usize = 32;
/// TCP connections without a request that are kept.
const MAX_IDLE: usize = 32;
/// How long a statement may take, with its wait for a stream and a TCP connection.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(10);
/// The part of it for a TCP connection and its TLS.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// The oldest transaction in which a statement is sent.
const MAX_TRANSACTION: Duration = Duration::from_secs(3);
/// How long the stream of transactions stays open when there is no other one. Long enough for the server's queue of writers to
/// empty, and no longer, since the others may wait for its end.
const KEPT_FOR: Duration = Duration::from_secs(2);
/// How long it may take to roll back or close a stream.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);
/// The time that a component has to respond when the database does not answer before its deadline.
const TIME_TO_RESPOND: Duration = Duration::from_secs(1);
/// The largest answer, in bytes. sqld's own limit is 10 MB of values, by default.
const MAX_ANSWER_BYTES: usize = 32 * 1024 * 1024;

/// A database on a libSQL server. Nothing is connected before the first statement.
pub(crate) struct LibSql {
    endpoint: Arc<Endpoint>,
    authorization: Option<HeaderValue>,
    streams: Arc<Semaphore>,
    /// One permit, for the connection that writes.
    write_lock: Arc<FairSemaphore>,
    /// The stream of transactions, while it has none. Whoever has the permit takes it.
    kept: Mutex<Option<KeptStream>>,
    idle: Mutex<Vec<HttpConnection>>,
}

/// A stream between two transactions.
struct KeptStream {
    endpoint: Arc<Endpoint>,
    baton: String,
    since: Instant,
}

/// Where requests are sent: of a stream perhaps elsewhere than the first one.
#[derive(PartialEq)]
struct Endpoint {
    is_tls: bool,
    host: String,
    port: u16,
    /// The header `host`.
    authority: HeaderValue,
    /// The target of requests.
    path: Uri,
}

impl Endpoint {
    fn parse(url: &str) -> Result<Self> {
        let uri: Uri = url.parse()?;
        let is_tls = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => anyhow::bail!("it begins neither with http:// nor with https://"),
        };
        let authority = uri.authority().context("it has no host")?;
        ensure!(!authority.as_str().contains('@'), "it has a user: use the token");
        let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
        let path = format!("{}/v3/pipeline{query}", uri.path().trim_end_matches('/'));
        Ok(Self {
            is_tls,
            host: authority.host().to_owned(),
            port: authority.port_u16().unwrap_or(if is_tls { 443 } else { 80 }),
            authority: authority.as_str().parse()?,
            path: path.parse()?,
        })
    }
}

/// A TCP connection to the server. Dropping it closes it.
struct HttpConnection {
    endpoint: Arc<Endpoint>,
    sender: SendRequest<Full<Bytes>>,
    _driver: AbortOnDropJoinHandle<()>,
}

impl LibSql {
    /// A database at `url`, for whose use `token` is sent unless it is empty.
    ///
    /// # Errors
    /// Either cannot be used. The message has neither.
    pub(crate) fn new(url: &str, token: &str) -> Result<Arc<Self>> {
        let authorization = (!token.is_empty())
            .then(|| HeaderValue::try_from(format!("Bearer {token}")))
            .transpose()
            .map_err(|_| anyhow::anyhow!("the token is not one line of ASCII"))?;
        Ok(Arc::new(Self {
            endpoint: Arc::new(Endpoint::parse(url).context("the URL cannot be used")?),
            authorization,
            streams: Arc::new(Semaphore::new(MAX_STREAMS)),
            write_lock: FairSemaphore::new(Size::of(1)),
            kept: Mutex::default(),
            idle: Mutex::default(),
        }))
    }

    fn kept(&self) -> MutexGuard<'_, Option<KeptStream>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a stream for the next transaction of this host, or closes it when there is none. Whoever calls this has the permit
    /// to write, and took the stream that was kept before.
    fn keep(self: &Arc<Self>, endpoint: Arc<Endpoint>, baton: String) {
        let since = Instant::now();
        *self.kept() = Some(KeptStream { endpoint, baton, since });
        let database = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep_until((since + KEPT_FOR).into()).await;
            let unused = database.kept().take_if(|kept| kept.since == since);
            if let Some(unused) = unused {
                database.close(&unused.endpoint, unused.baton).await;
            }
        });
    }

    /// Closes a stream.
    async fn close(&self, endpoint: &Arc<Endpoint>, baton: String) {
        self.end(endpoint, baton, vec![StreamRequest::Close {}]).await;
    }

    /// Rolls back the transaction of a stream, and keeps the stream if it may be kept. A stream that is closed within a transaction
    /// is rolled back too, but not by a statement of its own.
    async fn roll_back(self: &Arc<Self>, endpoint: Arc<Endpoint>, baton: String, may_keep: bool) {
        let rollback = Statement { sql: "ROLLBACK", args: Vec::new(), want_rows: false };
        let last = if may_keep { StreamRequest::GetAutocommit {} } else { StreamRequest::Close {} };
        let requests = vec![StreamRequest::Execute { stmt: rollback }, last];
        let Some(answer) = self.end(&endpoint, baton, requests).await else { return };
        let is_over = answer.is_autocommit() == Some(true);
        match answer.baton {
            Some(baton) if is_over => self.keep(endpoint, baton),
            Some(baton) => self.close(&endpoint, baton).await,
            None => {}
        }
    }

    /// Sends the last requests of a stream or of its transaction; gives the answer, if there is one.
    async fn end(
        &self,
        endpoint: &Arc<Endpoint>,
        baton: String,
        requests: Vec<StreamRequest<'_>>,
    ) -> Option<Answer> {
        let body = Pipeline { baton: Some(baton), requests }.to_bytes().ok()?;
        match tokio::time::timeout(CLOSE_TIMEOUT, self.send(endpoint, body)).await.ok()? {
            Ok(answer) => Some(answer),
            Err(error) => {
                tracing::debug!("a stream could not be ended: {error}");
                None
            }
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<HttpConnection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A TCP connection to the endpoint that is not in use, if there is one.
    fn take_idle(&self, endpoint: &Arc<Endpoint>) -> Option<HttpConnection> {
        let mut idle = self.idle();
        idle.retain(|connection| !connection.sender.is_closed());
        let found = idle.iter().rposition(|connection| connection.endpoint == *endpoint);
        found.map(|index| idle.swap_remove(index))
    }

    /// A TCP connection to the endpoint.
    async fn connect(&self, endpoint: &Arc<Endpoint>) -> Result<HttpConnection, String> {
        while let Some(mut connection) = self.take_idle(endpoint) {
            if connection.sender.ready().await.is_ok() {
                return Ok(connection);
            }
        }
        let connect = async {
            let tcp = TcpStream::connect((endpoint.host.as_str(), endpoint.port)).await;
            let tcp = tcp.map_err(|error| format!("tcp connect error: {error}"))?;
            tcp.set_nodelay(true).map_err(|error| format!("tcp connect error: {error}"))?;
            let stream = outbound::begin_tls(endpoint.is_tls, &endpoint.host, tcp).await;
            let stream = stream.map_err(|error| format!("tls error: {error}"))?;
            handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())
        };
        let connected = tokio::time::timeout(CONNECT_TIMEOUT, connect).await;
        let connected = connected.unwrap_or_else(|_| Err("timed out".to_owned()));
        let (sender, connection) =
            connected.map_err(|error| http_error(&format!("error trying to connect: {error}")))?;
        let driver = wasmtime_wasi::runtime::spawn(async move {
            let _ = connection.await;
        });
        Ok(HttpConnection { endpoint: endpoint.clone(), sender, _driver: driver })
    }

    /// Sends requests of a stream; gives the answer.
    async fn send(&self, endpoint: &Arc<Endpoint>, body: Bytes) -> Result<Answer, String> {
        let mut connection = self.connect(endpoint).await?;
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = endpoint.path.clone();
        request.headers_mut().insert(HOST, endpoint.authority.clone());
        let json = HeaderValue::from_static("application/json");
        request.headers_mut().insert(CONTENT_TYPE, json);
        if let Some(authorization) = &self.authorization {
            request.headers_mut().insert(AUTHORIZATION, authorization.clone());
        }
        let answer = connection.sender.send_request(request).await;
        let answer = answer.map_err(|error| http_error(&error.to_string()))?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), MAX_ANSWER_BYTES).collect().await;
        let body = body.map_err(|error| http_error(&error.to_string()))?.to_bytes();
        // (It has been read to its end, so the connection can be used again.)
        let mut idle = self.idle();
        if idle.len() < MAX_IDLE {
            idle.push(connection);
        }
        drop(idle);
        if status != StatusCode::OK {
            let body = String::from_utf8_lossy(&body);
            return Err(format!("Hrana: `api error: `status={status}, body={body}``"));
        }
        serde_json::from_slice(&body).map_err(|error| json_error(&error))
    }
}

fn http_error(cause: &str) -> String {
    format!("Hrana: `http error: `{cause}``")
}

fn json_error(cause: &serde_json::Error) -> String {
    format!("Hrana: `json error: `{cause}``")
}

/// What a statement gave.
type StatementAnswer = Result<StatementResult, StatementError>;

/// A connection of a component.
pub(crate) struct Connection {
    database: Arc<LibSql>,
    stream: State,
    context: DatabaseContext,
}

enum State {
    /// No statement yet.
    New,
    Open(Stream),
    /// The stream was lost: with it a transaction, so that there must be no other one in its place.
    Lost,
}

impl Connection {
    /// For the request of `context`. It asks nothing of the server.
    pub(crate) fn open(database: &Arc<LibSql>, context: &DatabaseContext) -> Self {
        Self { database: database.clone(), stream: State::New, context: context.clone() }
    }

    /// Runs one statement.
    ///
    /// # Errors
    /// Spin's text.
    pub(crate) async fn execute<V: FromSql + ToSql>(
        &mut self,
        sql: &str,
        parameters: &[V],
    ) -> Result<Rows<V>, Failure> {
        let arguments = parameters.iter().map(Argument::new).collect::<Result<_, _>>()?;
        let statement = Statement { sql, args: arguments, want_rows: true };
        let result = self.run(statement).await.map_err(Failure::Server)?;
        result.map_err(|error| Failure::Server(error.shown()))?.into_rows()
    }

    /// Runs a statement. The outer error is one of the stream, which is lost then.
    async fn run(&mut self, statement: Statement<'_>) -> Result<StatementAnswer, String> {
        let deadline = self.context.deadline.at();
        let latest = deadline.checked_sub(TIME_TO_RESPOND).unwrap_or(deadline);
        let until = latest.min(Instant::now() + STATEMENT_TIMEOUT);
        // In place of the stream while the statement runs: whatever ends that ends the stream.
        let state = std::mem::replace(&mut self.stream, State::Lost);
        let run = async {
            let mut stream = match state {
                State::New => Stream::open(&self.database).await?,
                State::Open(stream) if stream.is_too_old() => {
                    return Err(StatementError::transaction_timeout().shown());
                }
                State::Open(stream) => stream,
                State::Lost => {
                    return Err("Hrana: `stream closed: `the connection was lost``".to_owned());
                }
            };
            stream.is_plain &= leaves_nothing(statement.sql);
            if may_write(statement.sql) {
                stream.lock(&self.context).await?;
                if begins_with(statement.sql, &["BEGIN"]) {
                    stream.take_kept();
                    stream.has_transactions = true;
                }
            }
            stream.execute(statement, until).await
        };
        let ended = tokio::time::timeout_at(until.into(), run).await;
        let (state, result) = ended.unwrap_or_else(|_| Err(http_error("timed out")))?;
        self.stream = state;
        Ok(result)
    }
}

/// Whether a statement takes the write lock, by its first words: what is taken for a read waits on the server.
fn may_write(sql: &str) -> bool {
    let is = |word: &str, other: &&str| word.eq_ignore_ascii_case(other);
    let mut words = sql.split_whitespace();
    match words.next() {
        Some(first) if is(first, &"BEGIN") => {
            words.next().is_some_and(|mode| !is(mode, &"DEFERRED") && !is(mode, &"TRANSACTION"))
        }
        Some(first) if is(first, &"WITH") => words.any(|word| {
            ["INSERT", "UPDATE", "DELETE", "REPLACE"].iter().any(|verb| is(word, verb))
        }),
        Some(first) => {
            let reads = ["SELECT", "VALUES", "EXPLAIN", "PRAGMA", "COMMIT", "END", "ROLLBACK"];
            !reads.iter().any(|read| is(first, read))
        }
        None => false,
    }
}

/// Whether the first word of a statement is one of these.
fn begins_with(sql: &str, words: &[&str]) -> bool {
    let first = sql.split_whitespace().next().unwrap_or_default();
    words.iter().any(|word| first.eq_ignore_ascii_case(word))
}

/// Whether nothing of a statement stays with its connection when its transaction has ended, as a setting or a temporary table
/// does.
fn leaves_nothing(sql: &str) -> bool {
    let rows = ["SELECT", "VALUES", "WITH", "INSERT", "UPDATE", "DELETE", "REPLACE"];
    begins_with(sql, &rows) || begins_with(sql, &["BEGIN", "COMMIT", "END", "ROLLBACK"])
}

/// The write lock of this host. Dropping it releases it.
struct WriteLock {
    permit: Option<Permit>,
    writer: WriterState,
}

impl Drop for WriteLock {
    fn drop(&mut self) {
        self.writer.set(None);
    }
}

/// A stream of the server, which is open there while it has a baton.
struct Stream {
    database: Arc<LibSql>,
    endpoint: Arc<Endpoint>,
    baton: Option<String>,
    /// Since when it is in a transaction, as far as answers say.
    transaction: Option<Instant>,
    /// Whether it is the stream of transactions.
    has_transactions: bool,
    /// Whether it is as a new one but for its transaction.
    is_plain: bool,
    /// Whether it was kept, and no answer says that it is still there.
    is_doubtful: bool,
    write_lock: Option<WriteLock>,
    permit: Option<OwnedSemaphorePermit>,
}

impl Stream {
    async fn open(database: &Arc<LibSql>) -> Result<Self, String> {
        let permit = database.streams.clone().acquire_owned().await;
        let (database, endpoint) = (database.clone(), database.endpoint.clone());
        Ok(Self {
            database,
            endpoint,
            baton: None,
            transaction: None,
            has_transactions: false,
            is_plain: true,
            is_doubtful: false,
            write_lock: None,
            permit: permit.ok(),
        })
    }

    /// Goes on in the stream of transactions, if there is one.
    fn take_kept(&mut self) {
        if self.transaction.is_some() || !self.is_plain {
            return;
        }
        let Some(kept) = self.database.kept().take() else { return };
        let endpoint = std::mem::replace(&mut self.endpoint, kept.endpoint);
        if let Some(baton) = self.baton.replace(kept.baton) {
            let database = self.database.clone();
            tokio::spawn(async move { database.close(&endpoint, baton).await });
        }
        self.is_doubtful = true;
    }

    /// Gives the stream back for the next transaction of this host; whether it may be kept.
    fn give_back(&mut self) -> bool {
        if !self.is_plain {
            return false;
        }
        let Some(baton) = self.baton.take() else { return false };
        self.database.keep(self.endpoint.clone(), baton);
        true
    }

    /// Waits for the write lock, unless the stream has it.
    async fn lock(&mut self, context: &DatabaseContext) -> Result<(), String> {
        if self.write_lock.is_some() {
            return Ok(());
        }
        let busy = || "database is locked".to_owned();
        // (Another connection of this request would be waited for in vain.)
        if context.writer.since().is_some() {
            return Err(busy());
        }
        let acquire = self.database.write_lock.acquire(context.client()).map_err(|_| busy())?;
        let permit = Some(acquire.await);
        context.writer.set(Some(Instant::now()));
        self.write_lock = Some(WriteLock { permit, writer: context.writer.clone() });
        Ok(())
    }

    fn is_too_old(&self) -> bool {
        self.transaction.is_some_and(|since| since.elapsed() > MAX_TRANSACTION)
    }

    /// Runs a statement; gives the state of the connection after it. The outer error is one of the stream, which is lost then.
    /// After a transaction with the write lock the connection has no stream any more.
    ///
    /// It goes on without whoever waits for it, at most until `until`, and the stream is ended then: the server would go on
    /// too, and those whose turn to write is next would queue up there.
    async fn execute(
        mut self,
        statement: Statement<'_>,
        until: Instant,
    ) -> Result<(State, StatementAnswer), String> {
        let requests =
            vec![StreamRequest::Execute { stmt: statement }, StreamRequest::GetAutocommit {}];
        // A baton is good for one request: if this one fails, there is none to close the stream with.
        let mut pipeline = Pipeline { baton: self.baton.take(), requests };
        let body = pipeline.to_bytes()?;
        pipeline.baton = None;
        let in_new_stream = self.is_doubtful.then(|| pipeline.to_bytes()).transpose()?;
        let run = async move {
            let answer = match (self.database.send(&self.endpoint, body).await, in_new_stream) {
                // The server was restarted, for example.
                (Err(_), Some(body)) => {
                    self.endpoint = self.database.endpoint.clone();
                    self.database.send(&self.endpoint, body).await?
                }
                (answer, _) => answer?,
            };
            self.is_doubtful = false;
            let result = self.take_answer(answer)?;
            let is_over = self.transaction.is_none();
            if is_over && self.has_transactions && self.give_back() {
                return Ok((State::New, result));
            }
            if is_over {
                self.write_lock = None;
            }
            let state = if self.baton.is_some() { State::Open(self) } else { State::Lost };
            Ok((state, result))
        };
        let run = tokio::spawn(tokio::time::timeout_at(until.into(), run));
        let ended = run.await.map_err(|error| http_error(&error.to_string()))?;
        ended.unwrap_or_else(|_| Err(http_error("timed out")))
    }

    /// What an answer says of the stream, and the result of its statement.
    fn take_answer(&mut self, answer: Answer) -> Result<StatementAnswer, String> {
        let is_autocommit = answer.is_autocommit();
        self.baton = answer.baton;
        if let Some(url) = answer.base_url {
            let elsewhere =
                Endpoint::parse(&url).map_err(|error| http_error(&error.to_string()))?;
            self.endpoint = Arc::new(elsewhere);
        }
        if let Some(is_autocommit) = is_autocommit {
            let since = self.transaction.unwrap_or_else(Instant::now);
            self.transaction = (!is_autocommit).then_some(since);
        }
        match answer.results.into_iter().next() {
            Some(StreamResult::Ok { response: StreamResponse::Execute { result } }) => {
                Ok(Ok(result))
            }
            Some(StreamResult::Error { error }) => Ok(Err(error)),
            _ => Err("Hrana: `unexpected response: `no result``".to_owned()),
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        let Some(baton) = self.baton.take() else { return };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let (database, endpoint) = (self.database.clone(), self.endpoint.clone());
        let in_transaction = self.transaction.is_some();
        let may_keep = self.has_transactions && self.is_plain;
        let permit = self.permit.take();
        // The next one begins when this transaction has ended.
        let write_permit = self.write_lock.as_mut().and_then(|lock| lock.permit.take());
        runtime.spawn(async move {
            if in_transaction {
                database.roll_back(endpoint, baton, may_keep).await;
            } else {
                database.close(&endpoint, baton).await;
            }
            drop((permit, write_permit));
        });
    }
}

/// The body of a request.
#[derive(Serialize)]
struct Pipeline<'a> {
    baton: Option<String>,
    requests: Vec<StreamRequest<'a>>,
}

impl Pipeline<'_> {
    fn to_bytes(&self) -> Result<Bytes, String> {
        serde_json::to_vec(self).map(Bytes::from).map_err(|error| json_error(&error))
    }
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum StreamRequest<'a> {
    Execute { stmt: Statement<'a> },
    GetAutocommit {},
    Close {},
}

#[derive(Serialize)]
struct Statement<'a> {
    sql: &'a str,
    args: Vec<Argument>,
    want_rows: bool,
}

/// A value that is sent.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Argument {
    Null,
    Integer { value: String },
    Float { value: f64 },
    Text { value: String },
    Blob { base64: String },
}

impl Argument {
    fn new(value: &impl ToSql) -> rusqlite::Result<Self> {
        Ok(match value.to_sql()? {
            ToSqlOutput::Borrowed(value) => value.into(),
            ToSqlOutput::Owned(value) => ValueRef::from(&value).into(),
            _ => return Err(rusqlite::Error::InvalidQuery),
        })
    }
}

impl From<ValueRef<'_>> for Argument {
    fn from(value: ValueRef<'_>) -> Self {
        match value {
            ValueRef::Null => Self::Null,
            // As text, since not every reader of JSON keeps 64 bits.
            ValueRef::Integer(integer) => Self::Integer { value: integer.to_string() },
            ValueRef::Real(real) => Self::Float { value: real },
            ValueRef::Text(text) => {
                Self::Text { value: String::from_utf8_lossy(text).into_owned() }
            }
            ValueRef::Blob(bytes) => Self::Blob { base64: STANDARD_NO_PAD.encode(bytes) },
        }
    }
}

/// The body of an answer.
#[derive(Deserialize)]
struct Answer {
    baton: Option<String>,
    base_url: Option<String>,
    results: Vec<StreamResult>,
}

impl Answer {
    /// Whether the stream is in no transaction, if its second request asked that.
    fn is_autocommit(&self) -> Option<bool> {
        match self.results.get(1)? {
            StreamResult::Ok { response: StreamResponse::GetAutocommit { is_autocommit } } => {
                Some(*is_autocommit)
            }
            _ => None,
        }
    }
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum StreamResult {
    Ok { response: StreamResponse },
    Error { error: StatementError },
}

/// Why a statement failed.
#[derive(Deserialize)]
struct StatementError {
    message: String,
    #[serde(default)]
    code: String,
}

impl StatementError {
    /// What the server says itself when it has rolled a transaction back.
    fn transaction_timeout() -> Self {
        Self { message: "Transaction timed out".to_owned(), code: "TRANSACTION_TIMEOUT".to_owned() }
    }

    /// The text of Spin's client.
    fn shown(&self) -> String {
        let Self { message, code } = self;
        format!("Hrana: `cursor error: `error at step 0: (error code: {code}) `{message}```")
    }
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum StreamResponse {
    Execute {
        result: StatementResult,
    },
    GetAutocommit {
        is_autocommit: bool,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct StatementResult {
    cols: Vec<Column>,
    rows: Vec<Vec<Cell>>,
}

#[derive(Deserialize)]
struct Column {
    name: Option<String>,
}

/// A value that was received.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Cell {
    Null,
    Integer { value: String },
    Float { value: f64 },
    Text { value: String },
    Blob { base64: String },
}

impl StatementResult {
    fn into_rows<V: FromSql>(self) -> Result<Rows<V>, Failure> {
        let columns = self.cols.into_iter().map(|column| column.name.unwrap_or_default());
        let row = |cells: Vec<Cell>| cells.into_iter().map(Cell::into_value).collect();
        let rows = self.rows.into_iter().map(row).collect::<Result<_, _>>()?;
        Ok(Rows { columns: columns.collect(), rows })
    }
}

impl Cell {
    fn into_value<V: FromSql>(self) -> Result<V, Failure> {
        let unexpected = |what| Failure::Server(format!("Hrana: `unexpected response: `{what}``"));
        let value = match &self {
            Self::Null => V::column_result(ValueRef::Null),
            Self::Integer { value } => {
                let integer = value.parse().map_err(|_| unexpected("no integer"))?;
                V::column_result(ValueRef::Integer(integer))
            }
            Self::Float { value } => V::column_result(ValueRef::Real(*value)),
            Self::Text { value } => V::column_result(ValueRef::Text(value.as_bytes())),
            Self::Blob { base64 } => {
                // With padding or without.
                let bytes = STANDARD_NO_PAD.decode(base64.trim_end_matches('='));
                V::column_result(ValueRef::Blob(&bytes.map_err(|_| unexpected("no base64"))?))
            }
        };
        value.map_err(|error| Failure::Server(error.to_string()))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn requests_go_where_the_url_says() {
        for (url, endpoint) in [
            ("http://sqld", "sqld:80 /v3/pipeline"),
            ("https://db.example/", "db.example:443 /v3/pipeline"),
            ("http://127.0.0.1:8080/a/?b=c", "127.0.0.1:8080 /a/v3/pipeline?b=c"),
            ("http://[::1]:8080", "[::1]:8080 /v3/pipeline"),
        ] {
            let found = Endpoint::parse(url).unwrap();
            assert_eq!(format!("{}:{} {}", found.host, found.port, found.path), endpoint, "{url}");
            assert_eq!(found.is_tls, url.starts_with("https"), "{url}");
        }
    }

    #[test]
    fn writers_are_known_by_their_first_words() {
        for (sql, writes) in [
            ("BEGIN IMMEDIATE", true),
            ("begin exclusive", true),
            ("BEGIN", false),
            ("BEGIN DEFERRED TRANSACTION", false),
            ("BEGIN TRANSACTION", false),
            ("INSERT INTO t VALUES (1)", true),
            (" \n update t SET a = 1", true),
            ("CREATE TABLE t (a)", true),
            ("WITH x AS (SELECT 1) SELECT * FROM x", false),
            ("WITH x AS (SELECT 1) DELETE FROM t", true),
            ("SELECT 1", false),
            ("COMMIT", false),
            ("", false),
        ] {
            assert_eq!(may_write(sql), writes, "{sql}");
        }
    }

    #[test]
    fn connections_that_set_something_are_known_by_their_first_words() {
        for (sql, leaves) in [
            ("select 1", false),
            ("\nWITH x AS (SELECT 1) DELETE FROM t", false),
            ("BEGIN IMMEDIATE", false),
            ("rollback", false),
            ("PRAGMA foreign_keys = OFF", true),
            ("CREATE TEMPORARY TABLE t (a)", true),
            ("ATTACH 'other' AS other", true),
            ("-- SELECT", true),
            ("", true),
        ] {
            assert_eq!(!leaves_nothing(sql), leaves, "{sql}");
        }
    }

    #[test]
    fn what_cannot_be_used_is_refused_without_its_secret() {
        for (url, token, said) in [
            ("libsql://secret.example", "", "neither with http:// nor with https://"),
            ("secret", "", "neither with http:// nor with https://"),
            ("http://user:secret@sqld", "", "it has a user"),
            ("http://sqld", "secret\n", "one line of ASCII"),
        ] {
            let Err(error) = LibSql::new(url, token) else { panic!("{url} is accepted") };
            let error = format!("{error:#}");
            assert!(error.contains(said) && !error.contains("secret"), "{url}: {error}");
        }
    }
}
