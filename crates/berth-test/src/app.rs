//! The application, and requests in the name of people.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::rc::Rc;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use berth_access::{Authority, Caller, SuperuserPowers};
use berth_access::{CreateOrganization, Facts, Principal, authorize};
use berth_api::RESOURCES;
use berth_api::mails::{Content, deliver_due};
use berth_domain::NamespaceName;
use berth_domain::limits::OWNED;
use berth_domain::secret::hash_token;
use berth_domain::settings::Setting;
use berth_store::accounts::NewUser;
use berth_store::organizations::NewOrganization;
use berth_store::tokens::AutomationToken;
use berth_store::{
    Database, StoreError, Value as SqlValue, accounts, applications, organizations, tokens,
};
use berth_web::outbound::distribution::{
    Descriptor, Distribution, Failure as DistributionFailure, Manifest, Repository, TagPage,
};
use berth_web::outbound::{Callback, Registry, StreamingClient};
use berth_web::session::{self, Session};
use berth_web::{
    Answer, ApiError, BrokenBody, Clock as _, Deferred, IntoResponse as _, KeyValue, Logs, Method,
    NoContent, Outbound, Outcome, Platform, PlatformError, Request, Response, Route, Services,
    Variables as _,
};
use jsonschema::Validator;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use crate::network::Network;
use crate::platform::{
    Change, DeliveredMail, Failure, MemoryDatabase, MemoryKeys, MemoryMailer, MemoryVariables,
    SeededEntropy, StandingClock, Stop,
};
use crate::redact::{redacted, redacted_text};

/// Reads take at most this many statements, authentication included.
const READ_BUDGET: usize = 2;

/// Changes take at most this many statements, BEGIN and COMMIT included.
const CHANGE_BUDGET: usize = 8;

/// A change that begins a session takes at most this many more.
const SESSION_BUDGET: usize = 1;

/// A request that makes the key of the token server takes at most this many more.
const SIGNING_KEY_BUDGET: usize = 1;

/// A push that makes the organization too takes at most this many more.
const PUSHED_ORGANIZATION_BUDGET: usize = 3;

/// The hash of `password`, with the least parameters that argon2 has: tests verify it often.
const PASSWORD_HASH: &str = "$argon2id$v=19$m=8,t=1,p=1$c2FsdCBvZiBhIHRlc3Q$\
    Is7CfiOiBrvMls7D5UppZss2tUow52BQCCQ/Qfwzii8";

/// Where the host puts the address of the client.
const CLIENT_ADDRESS: &str = "spin-client-addr";

/// Every scope.
pub(crate) const ALL_SCOPES: &str =
    "repo:read repo:write repo:admin repo:create user:read user:admin org:admin super:user";

/// Route tables on in-memory SQLite.
pub struct App {
    tables: Vec<&'static [Route]>,
    database: MemoryDatabase,
    keys: MemoryKeys,
    variables: MemoryVariables,
    clock: StandingClock,
    entropy: SeededEntropy,
    mailer: MemoryMailer,
    registry: Option<Rc<dyn Registry>>,
    streaming: Option<Rc<dyn StreamingClient>>,
    network: Network,
    callback: Option<Rc<dyn Callback>>,
    latest_statements: RefCell<Vec<String>>,
    latest_steps: Cell<u64>,
    latest_settings: RefCell<Vec<&'static str>>,
    interruption: RefCell<Option<Stop>>,
    between_parts: RefCell<Option<Rc<dyn Fn()>>>,
    failure: Cell<Option<Failure>>,
    is_alone: bool,
}

impl Default for App {
    fn default() -> Self {
        Self::new()
    }
}

/// Requests ask the key-value store before they open a transaction, or after it: nobody else waits for the database while they
/// wait for that store.
impl KeyValue for App {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, PlatformError> {
        self.keys_outside_of_transactions(key).get(key)
    }

    fn set(&self, key: &str, value: &[u8]) -> Result<(), PlatformError> {
        self.keys_outside_of_transactions(key).set(key, value)
    }

    fn delete(&self, key: &str) -> Result<(), PlatformError> {
        self.keys_outside_of_transactions(key).delete(key)
    }
}

/// Requests ask the registry behind while they hold nothing that others wait for.
impl Distribution for App {
    fn tags(
        &self,
        repository: &Repository<'_>,
        last: Option<&str>,
    ) -> Result<TagPage, DistributionFailure> {
        self.network_outside_of_transactions().tags(repository, last)
    }

    fn head(
        &self,
        repository: &Repository<'_>,
        reference: &str,
    ) -> Result<Descriptor, DistributionFailure> {
        self.network_outside_of_transactions().head(repository, reference)
    }

    fn get(
        &self,
        repository: &Repository<'_>,
        reference: &str,
    ) -> Result<Manifest, DistributionFailure> {
        self.network_outside_of_transactions().get(repository, reference)
    }

    fn put(
        &self,
        repository: &Repository<'_>,
        reference: &str,
        media_type: &str,
        content: &[u8],
    ) -> Result<String, DistributionFailure> {
        self.network_outside_of_transactions().put(repository, reference, media_type, content)
    }

    fn delete(
        &self,
        repository: &Repository<'_>,
        reference: &str,
    ) -> Result<(), DistributionFailure> {
        self.network_outside_of_transactions().delete(repository, reference)
    }
}

impl App {
    /// An empty application that serves all resources.
    #[must_use]
    pub fn new() -> Self {
        Self { database: MemoryDatabase::with_schema(), ..Self::without_schema() }
    }

    /// The same, serving these tables alone, as one component does.
    #[must_use]
    pub fn serving(self, tables: &[&'static [Route]]) -> Self {
        Self { tables: tables.to_vec(), ..self }
    }

    /// The same over a database without any table.
    #[must_use]
    pub fn without_schema() -> Self {
        let app = Self {
            tables: RESOURCES.iter().flat_map(|resource| resource.tables).copied().collect(),
            database: MemoryDatabase::new(),
            keys: MemoryKeys::default(),
            variables: MemoryVariables::default(),
            clock: StandingClock::new(),
            entropy: SeededEntropy::new(),
            mailer: MemoryMailer::default(),
            registry: None,
            streaming: None,
            network: Network::new(),
            callback: None,
            latest_statements: RefCell::default(),
            latest_steps: Cell::default(),
            latest_settings: RefCell::default(),
            interruption: RefCell::default(),
            between_parts: RefCell::default(),
            failure: Cell::default(),
            is_alone: true,
        };
        app.variables.set("secret_key", "a key for tests");
        app
    }

    /// Another application in the same state: what one of them changes, the other does not see. Both use the same upstream
    /// registries.
    #[must_use]
    pub fn copy(&self) -> Self {
        Self {
            tables: self.tables.clone(),
            database: self.database.copy(),
            keys: self.keys.clone(),
            variables: self.variables.clone(),
            clock: self.clock.clone(),
            entropy: self.entropy.clone(),
            mailer: self.mailer.clone(),
            registry: self.registry.clone(),
            streaming: self.streaming.clone(),
            network: self.network.clone(),
            callback: self.callback.clone(),
            latest_statements: self.latest_statements.clone(),
            latest_steps: self.latest_steps.clone(),
            latest_settings: self.latest_settings.clone(),
            interruption: RefCell::default(),
            between_parts: RefCell::default(),
            failure: Cell::default(),
            is_alone: self.is_alone,
        }
    }

    /// Another application over the database in a file, which [`Self::save_database`] wrote: several of them share it, as
    /// instances of a host do. Each has a clock and settings of its own, from here.
    #[must_use]
    pub fn over(&self, path: &Path) -> Self {
        Self { database: MemoryDatabase::open(path), ..self.copy() }
    }

    /// The same, while others on its database serve requests too: neither what a request logs is looked at, nor how often it
    /// tries to begin a transaction.
    #[must_use]
    pub fn among_others(self) -> Self {
        Self { is_alone: false, ..self }
    }

    /// Does `work` in the middle of `request`, before its statement `at`, counted from 0; says whether it had that many. What
    /// the request logs is not looked at: others may log meanwhile.
    pub fn interrupted(
        &self,
        at: usize,
        work: Rc<dyn Fn()>,
        request: impl FnOnce(&Self) -> Reply,
    ) -> (Reply, bool) {
        self.interruption.replace(Some(Stop { at, work }));
        let reply = request(self);
        self.interruption.take();
        (reply, self.database.take_stop())
    }

    /// Does `work` in the middle of `request`, after each part of its body.
    pub fn between_parts(&self, work: Rc<dyn Fn()>, request: impl FnOnce(&Self) -> Reply) -> Reply {
        self.between_parts.replace(Some(work));
        let reply = request(self);
        self.between_parts.take();
        reply
    }

    /// Lets the database fail once in `request`; says whether the request has so many statements.
    pub fn with_failure(
        &self,
        failure: Failure,
        request: impl FnOnce(&Self) -> Reply,
    ) -> (Reply, bool) {
        self.failure.set(Some(failure));
        let reply = request(self);
        (reply, self.failure.take().is_none())
    }

    /// Writes the database to a new file, for a host to go on with.
    pub fn save_database(&self, path: &Path) {
        self.database.save(path);
    }

    /// The settings that differ from their defaults, by name.
    #[must_use]
    pub fn settings(&self) -> BTreeMap<String, String> {
        self.variables.changed()
    }

    /// The time, in seconds since 1970.
    #[must_use]
    pub fn time(&self) -> i64 {
        self.clock.now().as_seconds()
    }

    /// Changes a setting.
    #[must_use]
    pub fn with(self, setting: &str, value: &str) -> Self {
        self.set(setting, value);
        self
    }

    /// Replaces upstream registries.
    #[must_use]
    pub fn with_registry(mut self, registry: impl Registry + 'static) -> Self {
        self.registry = Some(Rc::new(registry));
        self
    }

    /// Replaces the servers to and from which bodies pass piece by piece: see [`crate::Servers`].
    #[must_use]
    pub fn with_streaming(mut self, servers: impl StreamingClient + 'static) -> Self {
        self.streaming = Some(Rc::new(servers));
        self
    }

    /// Replaces what calls the addresses that callers name.
    #[must_use]
    pub fn with_callback(mut self, callback: impl Callback + 'static) -> Self {
        self.callback = Some(Rc::new(callback));
        self
    }

    /// The mails that left since the last call. None does while `mail_gateway_url` is empty.
    #[must_use]
    pub fn mails(&self) -> Vec<DeliveredMail> {
        self.mailer.take()
    }

    /// The text of the mails in the outbox, the oldest first: those that did not leave.
    #[must_use]
    pub fn outbox(&self) -> Vec<String> {
        let keys = Services::new(self.platform()).secret_keys().expect("there are keys");
        let rows = self.database.execute(
            "SELECT sealed_content FROM mail WHERE sealed_content IS NOT NULL ORDER BY id",
            &[],
        );
        self.database.take_statements();
        rows.expect("the database answers")
            .into_iter()
            .map(|mut row| {
                let sealed: Vec<u8> = row.read().expect("sealed content");
                Content::open(&keys, &sealed).expect("sealed with the present key").text
            })
            .collect()
    }

    /// Whether the mail gateway is down from now on.
    pub fn fail_mail(&self, failing: bool) {
        self.mailer.fail(failing);
    }

    /// Changes a setting from now on.
    pub fn set(&self, setting: &str, value: &str) {
        self.variables.set(setting, value);
    }

    /// Moves the clock.
    pub fn advance(&self, seconds: i64) {
        self.clock.advance(seconds);
    }

    /// Begins another sequence of random values, whatever was drawn before.
    pub fn reseed(&self, seed: u64) {
        self.entropy.reseed(seed);
    }

    /// From now on every statement that contains `part` fails; `None` ends it.
    pub fn fail_on(&self, part: Option<&str>) {
        self.database.fail_on(part);
    }

    /// Sends a request while every statement that contains `part` fails, and holds it to be answered with 500.
    pub fn failing_on(&self, part: &str, request: impl FnOnce() -> Reply) {
        self.fail_on(Some(part));
        let reply = request();
        self.fail_on(None);
        assert_eq!(reply.status(), 500, "{part}: {reply}");
    }

    /// The statements of the latest request, in their order.
    #[must_use]
    pub fn latest_statements(&self) -> Vec<String> {
        self.latest_statements.borrow().clone()
    }

    /// The settings that the latest request asked the host for until it was answered, in their order.
    #[must_use]
    pub fn latest_settings(&self) -> Vec<&'static str> {
        self.latest_settings.borrow().clone()
    }

    /// Whether every call of the key-value store fails from now on.
    pub fn fail_key_value(&self, failing: bool) {
        self.keys.fail(failing);
    }

    /// Makes a user with the password `password` and the address `<name>@example.com`.
    #[must_use]
    pub fn with_user(self, name: &str) -> Self {
        let uuid = Services::new(self.platform()).random().uuid();
        let email = format!("{name}@example.com");
        self.change(|tx| {
            let id = accounts::create(
                tx,
                &NewUser {
                    uuid: &uuid,
                    name,
                    email: &email,
                    password_hash: Some(PASSWORD_HASH),
                    verified: true,
                    proven: false,
                    email_code: None,
                    unconfirmed_until: None,
                    is_first: false,
                    tag_expiration_s: 1_209_600,
                    at: self.clock.now(),
                },
            )?;
            applications::automation(tx, id, name, self.clock.now())
        });
        self
    }

    /// Makes an organization with `owner` in its team `owners` and the address `<name>@example.com`.
    #[must_use]
    pub fn with_organization(self, name: &str, owner: &str) -> Self {
        let caller = self.caller(owner);
        let owner_id = caller.id;
        let principal = Principal::User(Arc::new(caller));
        let grant = authorize::<CreateOrganization>(&principal, Facts::default())
            .expect("a session may create organizations");
        let uuid = Services::new(self.platform()).random().uuid();
        let email = format!("{name}@example.com");
        let valid = NamespaceName::try_from(name).expect("a valid name");
        self.change(|tx| {
            organizations::create(
                tx,
                &grant,
                &NewOrganization {
                    uuid: &uuid,
                    name: &valid,
                    email: &email,
                    tag_expiration_s: 1_209_600,
                    owner_id,
                    at: self.clock.now(),
                },
            )
        });
        self
    }

    /// Requests in the name of a person, with a token of every scope.
    #[must_use]
    pub fn as_user(&self, name: &str) -> As<'_> {
        self.with_scope(name, ALL_SCOPES)
    }

    /// Requests in the name of a person, with a token of these scopes.
    #[must_use]
    pub fn with_scope(&self, name: &str, scope: &str) -> As<'_> {
        let token = format!("{name} {scope}").replace([' ', ':'], "");
        self.ensure_token(name, scope, &token);
        As { app: self, headers: vec![("authorization".into(), format!("Bearer {token}"))] }
    }

    /// Requests of a person in a browser: with a session that just began, and its CSRF token.
    #[must_use]
    pub fn with_session(&self, name: &str) -> As<'_> {
        let caller = accounts::for_sign_in(&self.database, name)
            .expect("the database answers")
            .unwrap_or_else(|| panic!("no user {name}"));
        self.database.take_statements();
        let services = Services::new(self.platform());
        services.load_settings(session::SETTINGS).expect("the settings are right");
        let session =
            self.change(|tx| Session::begin(tx, &services, caller.id, caller.session_epoch, None));
        let response = session.announce(&services, NoContent);
        let response = response.expect("the settings give a key");
        self.continuing(&Reply(response.into_response()))
    }

    /// Requests of a browser without a user: with an anonymous session that just began, and its CSRF token.
    #[must_use]
    pub fn browser(&self) -> As<'_> {
        self.continuing(&self.anonymous().get("/csrf_token"))
    }

    /// Requests in the session that `reply` hands out.
    #[must_use]
    pub fn continuing(&self, reply: &Reply) -> As<'_> {
        let cookie = reply.header("set-cookie").expect("the answer sets a cookie");
        let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        let client = As { app: self, headers: vec![("cookie".into(), cookie)] };
        let body: Value = serde_json::from_slice(reply.body()).unwrap_or_default();
        match reply.header("x-next-csrf-token").or(body["csrf_token"].as_str()) {
            Some(token) => client.header("x-csrf-token", token),
            None => client,
        }
    }

    /// Requests without credentials.
    #[must_use]
    pub fn anonymous(&self) -> As<'_> {
        As { app: self, headers: Vec::new() }
    }

    /// Rows of the database, for what no answer shows: each column as text, `NULL` for null.
    #[must_use]
    pub fn rows(&self, sql: &str) -> Vec<Vec<String>> {
        let rows = self.database.execute(sql, &[]).expect("the statement of a test is right");
        self.database.take_statements();
        rows.into_iter().map(|row| row.into_values().iter().map(text).collect()).collect()
    }

    /// The log so far, a line for each entry: kind, namespace, performer, metadata. What a token adds to every entry is left
    /// out.
    #[must_use]
    pub fn log(&self) -> String {
        let rows = self.rows(
            "SELECT log_entry.kind, coalesce(n.name, '-'), coalesce(p.name, '-'),
            json_remove(metadata, '$.oauth_token_id', '$.oauth_token_application_id',
                '$.oauth_token_application')
            FROM log_entry LEFT JOIN account n ON n.id = log_entry.namespace_id
            LEFT JOIN account p ON p.id = log_entry.performer_id ORDER BY log_entry.id",
        );
        let lines: Vec<String> = rows
            .iter()
            .map(|row| {
                format!("{} {} {} {}", row[0], row[1], row[2], redacted_text(&row[3]))
                    .trim_end()
                    .to_owned()
            })
            .collect();
        lines.join("\n")
    }

    /// The keys of the key-value store that begin so, in their order.
    #[must_use]
    pub fn keys(&self, prefix: &str) -> Vec<String> {
        self.keys.beginning(prefix)
    }

    /// All keys of the key-value store, each with the length of its value in bytes.
    #[must_use]
    pub fn stored(&self) -> Vec<(String, usize)> {
        self.keys.lengths()
    }

    /// The database, for tests of the store.
    #[must_use]
    pub fn database(&self) -> &dyn Database {
        &self.database
    }

    /// How many steps the database took for the latest request, in sixteens: what it costs that is not its time.
    #[must_use]
    pub fn latest_steps(&self) -> u64 {
        self.latest_steps.get()
    }

    /// Runs a statement, to make a state that no request of these tables makes.
    pub fn execute(&self, sql: &str) {
        self.database.execute(sql, &[]).expect("the statement of a test is right");
        self.database.take_statements();
    }

    fn keys_outside_of_transactions(&self, key: &str) -> &MemoryKeys {
        assert!(!self.database.is_in_transaction(), "{key} is asked for within a transaction");
        &self.keys
    }

    fn network_outside_of_transactions(&self) -> &Network {
        assert!(!self.database.is_in_transaction(), "the registry is asked within a transaction");
        &self.network
    }

    /// The statements since the last call.
    pub(crate) fn take_statements(&self) -> Vec<String> {
        self.database.take_statements()
    }

    /// How many changes the database has seen.
    pub fn changes_so_far(&self) -> i64 {
        let rows = self.database.execute("SELECT total_changes()", &[]);
        let rows = rows.expect("the database answers");
        self.database.take_statements();
        match rows.into_iter().next().map(|row| row.into_values()).as_deref() {
            Some([SqlValue::Integer(changes)]) => *changes,
            other => panic!("no number: {other:?}"),
        }
    }

    pub(crate) fn platform(&self) -> Platform<'_> {
        Platform {
            database: &self.database,
            key_value: self,
            variables: &self.variables,
            clock: &self.clock,
            entropy: &self.entropy,
            outbound: Outbound {
                callback: self.callback.as_deref(),
                distribution: Some(self),
                mailer: Some(&self.mailer),
                registry: self.registry.as_deref(),
                streaming: self.streaming.as_deref(),
            },
        }
    }

    fn change<T>(
        &self,
        work: impl Fn(&berth_store::Transaction<'_>) -> Result<T, StoreError>,
    ) -> T {
        // Nobody waits for the database here, and others may be writing to its file.
        let end = Instant::now() + Duration::from_secs(60);
        let mut result = berth_store::transaction(&self.database, &work);
        while matches!(result, Err(StoreError::Busy)) && Instant::now() < end {
            thread::sleep(Duration::from_millis(1));
            result = berth_store::transaction(&self.database, &work);
        }
        self.database.take_statements();
        result.expect("the fixture is consistent")
    }

    fn caller(&self, name: &str) -> Caller {
        let row = accounts::for_sign_in(&self.database, name)
            .expect("the database answers")
            .unwrap_or_else(|| panic!("no user {name}"));
        Caller {
            id: row.id,
            uuid: row.uuid,
            name: row.name,
            email: String::new(),
            verified: true,
            authority: Authority::Session { signed_in_at: self.clock.now() },
            powers: SuperuserPowers::default(),
            restricted: false,
        }
    }

    fn ensure_token(&self, name: &str, scope: &str, token: &str) {
        let known = self.database.execute(
            "SELECT 1 FROM access_token WHERE token_hash = ?1",
            &[SqlValue::Blob(hash_token(token))],
        );
        if !known.expect("the database answers").is_empty() {
            return;
        }
        let id = self.caller(name).id;
        let uuid = Services::new(self.platform()).random().uuid();
        let new = AutomationToken {
            uuid: &uuid,
            token,
            user_id: id,
            user_name: name,
            created_by: Some(id),
            name: None,
            scope,
            at: self.clock.now(),
            lifetime_s: 31_536_000,
        };
        self.change(|tx| tokens::create_for_automation(tx, &new));
    }

    /// Answers a request, and holds it against the rules of the module.
    fn serve(&self, request: &Request) -> Response {
        let sent = request.clone();
        // Slashes that begin a path count as one.
        let path = request.uri().path();
        let query = request.uri().query().map_or_else(String::new, |query| format!("?{query}"));
        let target = format!("/{}{query}", path.trim_start_matches('/'));
        let request = &as_sent(request.clone(), &target);
        self.database.take_statements();
        let log_before = self.log_kinds(0);
        let interruption = self.interruption.take();
        let interrupted = interruption.is_some();
        if let Some(stop) = interruption {
            self.database.stop_at(stop);
        }
        let failing = self.failure.get().is_some();
        self.database.fail_at(self.failure.take());
        self.variables.take_reads();
        let steps_before = self.database.steps();
        let Outcome { mut response, deferred } =
            berth_web::serve(self.platform(), &self.tables, sent);
        self.latest_steps.set(self.database.steps() - steps_before);
        self.failure.set(self.database.take_failure());
        let settings = self.variables.take_reads();
        check_settings(&settings);
        self.latest_settings.replace(settings);
        let changes = self.database.changes();
        // ROLLBACK is the price of a failure, not of a request.
        let mut statements = self.database.take_statements();
        let new = self.log_kinds(log_before.len());
        self.read_rest(&mut response, &deferred);
        // Work after the answer has statements of its own.
        deferred.run(deliver_due);
        let later = self.database.take_statements();
        self.latest_statements.replace([statements.clone(), later].concat());
        self.check_deferred_log(log_before.len() + new.len());
        statements.retain(|sql| sql != "ROLLBACK");
        let route = self.row(request);
        assert!(
            failing || !self.is_alone || statements.len() <= budget(route, request, &statements),
            "{} {} took {} statements:\n{}",
            request.method(),
            request.uri().path(),
            statements.len(),
            statements.join("\n")
        );
        if self.is_alone && !interrupted && !failing {
            check_log(route, &response, &changes, &new);
            check_limits(route, &changes);
        }
        if let Some(route) = route.filter(|_| response.status().as_u16() < 400) {
            check_answer(route, &response);
        }
        check_headers(request, &response);
        response
    }

    /// What is done after the answer is logged by nobody, but for sign-ins, unless the test did something meanwhile.
    fn check_deferred_log(&self, before: usize) {
        let later = self.log_kinds(before);
        let others_log = !self.is_alone || self.between_parts.borrow().is_some();
        let is_expected = |kind: &String| others_log || kind == "login_success";
        assert!(later.iter().all(is_expected), "logged deferred: {later:?}");
    }

    /// Reads the parts of a body that goes on: each costs a statement at most, and none leaves a transaction open. One that breaks off has a
    /// length, and a whole one has that length.
    fn read_rest(&self, response: &mut Response, deferred: &Deferred<'_>) {
        let work = self.between_parts.borrow().clone();
        loop {
            if let Some(work) = &work {
                work();
            }
            let part = deferred.next_part();
            assert!(self.database.take_statements().len() <= 1);
            assert!(!self.database.is_in_transaction());
            match part {
                Ok(Some(part)) => response.body_mut().extend(part),
                Ok(None) => break,
                Err(error) => {
                    assert!(declared_length(response).is_some(), "{error}");
                    response.extensions_mut().insert(error);
                    return;
                }
            }
        }
        if let Some(length) = declared_length(response).filter(|_| deferred.has_more_body()) {
            assert_eq!(length, response.body().len(), "the body has another length");
        }
    }

    /// Answers a request that could not be read whole.
    #[must_use]
    pub fn refuse(&self, path: &str, error: ApiError) -> Reply {
        let request = http::Request::builder().method(Method::POST).uri(path).body(Vec::new());
        let request = request.expect("a request");
        Reply(berth_web::refuse(self.platform(), &request, error))
    }

    /// The row that answers: those whose features are off do not exist.
    fn row(&self, request: &Request) -> Option<&'static Route> {
        let is_on = |feature: &Setting<bool>| {
            let text = self.variables.get(feature.name).expect("a setting of the table");
            feature.parse(&text).unwrap_or(false)
        };
        self.tables.iter().flat_map(|table| table.iter()).find(|route| {
            let answers = berth_web::find(&[std::slice::from_ref(*route)], request).is_some();
            answers && route.conditions().all(is_on)
        })
    }

    fn log_kinds(&self, skip: usize) -> Vec<String> {
        let rows = self.rows("SELECT kind FROM log_entry ORDER BY id");
        rows.into_iter().skip(skip).flatten().collect()
    }
}

fn declared_length(response: &Response) -> Option<usize> {
    response.headers().get("content-length")?.to_str().ok()?.parse().ok()
}

/// How many statements a request may take that takes these.
fn budget(route: Option<&Route>, request: &Request, statements: &[String]) -> usize {
    let reads =
        route.is_none_or(|route| request.method().is_safe() && matches!(route.logs, Logs::Reads));
    let begins_session = statements.iter().any(|sql| sql.starts_with("INSERT INTO session "));
    let budget = match (reads, begins_session) {
        (true, _) => READ_BUDGET,
        (false, false) => CHANGE_BUDGET,
        (false, true) => CHANGE_BUDGET + SESSION_BUDGET,
    };
    // Counting a list is a statement more, in the same round trip.
    let counts = request.uri().query().is_some_and(|query| query.contains("count=true"));
    let budget = budget + usize::from(counts);
    // The first token for a registry makes the key that signs it.
    let makes_key = statements.iter().any(|sql| sql.starts_with("INSERT INTO signing_key"));
    let budget = budget + if makes_key { SIGNING_KEY_BUDGET } else { 0 };
    // A push to a namespace that does not exist makes an organization besides the repository.
    let makes_both = ["INSERT INTO account", "INSERT INTO repository "]
        .iter()
        .all(|made| statements.iter().any(|sql| sql.starts_with(made)));
    let budget = budget + if makes_both { PUSHED_ORGANIZATION_BUDGET } else { 0 };
    // A changed limit is written down once, by the first request that meets it, in a transaction of its own.
    match statements.iter().filter(|sql| sql.starts_with("UPDATE owned_limit")).count() {
        0 => budget,
        written => budget + 2 + written,
    }
}

/// Each setting is asked for once.
fn check_settings(asked: &[&str]) {
    for (position, name) in asked.iter().enumerate() {
        assert!(!asked[..position].contains(name), "the setting {name} is asked for twice");
    }
}

/// Browsers and proxies may store pictures and public keys only, and must not guess content types.
fn check_headers(request: &Request, response: &Response) {
    let has = |name: &str, part: &str| {
        let value = response.headers().get(name).and_then(|value| value.to_str().ok());
        value.is_some_and(|value| value.contains(part))
    };
    let path = request.uri().path();
    let for_everybody = path.starts_with("/static/") || path.starts_with("/keys/");
    assert!(for_everybody || has("cache-control", "no-store"), "{path} may be kept");
    assert!(has("x-content-type-options", "nosniff"), "{path} may be guessed at");
}

/// Holds an answer of success against what the type of its handler says.
fn check_answer(route: &'static Route, response: &Response) {
    let content_type = response.headers().get("content-type").and_then(|value| value.to_str().ok());
    let media_type = content_type.and_then(|value| value.split(';').next());
    let answers = declared_answers(route);
    let answer = answers.iter().find(|(answer, _)| {
        answer.status == response.status()
            && answer.media_type.is_none_or(|expected| media_type == Some(expected))
    });
    let Some((_, validator)) = answer else {
        let status = response.status();
        panic!("{} answered {status} ({media_type:?}); its handler gives {answers:?}", route.name);
    };
    let Some(validator) = validator else { return };
    let body = match serde_json::from_slice(response.body()) {
        Ok(body) => body,
        // A client's own document may hold a number that no `Value` does.
        Err(error) if error.to_string().starts_with("number out of range") => return,
        Err(error) => panic!("{} answered no JSON: {error}", route.name),
    };
    let faults: Vec<String> = validator.iter_errors(&body).map(|fault| fault.to_string()).collect();
    assert!(faults.is_empty(), "{} answered {body}: {}", route.name, faults.join("\n"));
}

/// The answers of a row's handler, and what validates the bodies of those that have a schema.
type DeclaredAnswers = Arc<[(Answer, Option<Validator>)]>;

/// Made once for each row and process: a test sends many requests.
fn declared_answers(route: &'static Route) -> DeclaredAnswers {
    static MADE: LazyLock<Mutex<BTreeMap<usize, DeclaredAnswers>>> = LazyLock::new(Mutex::default);
    let make = || {
        let mut generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
        let answers = route.endpoint.answers(&mut generator);
        let definitions = Value::from(generator.take_definitions(true));
        let with_validator = |answer: Answer| {
            let validator = answer.schema.clone().map(|schema| {
                let mut schema = schema.to_value();
                schema["$defs"] = definitions.clone();
                jsonschema::validator_for(&schema).expect("a schema")
            });
            (answer, validator)
        };
        answers.into_iter().map(with_validator).collect()
    };
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    made.entry(std::ptr::from_ref(route).addr()).or_insert_with(make).clone()
}

/// Holds what a request has changed and logged against its row.
fn check_log(route: Option<&Route>, response: &Response, changes: &[Change], new: &[String]) {
    let status = response.status().as_u16();
    let succeeded = status < 400;
    let Some(route) = route.filter(|_| succeeded) else {
        assert!(new.is_empty(), "a failed request logged {new:?}");
        return;
    };
    let is_declared = |kind: &String| match route.logs {
        Logs::Reads | Logs::Nothing(_) => false,
        Logs::Kinds(kinds) => kinds.iter().any(|known| known.as_str() == kind),
    };
    if let Some(kind) = new.iter().find(|kind| !is_declared(kind)) {
        panic!("{} logged {kind}, which its row does not name", route.name);
    }
    let unlogged = match route.logs {
        Logs::Reads | Logs::Kinds(_) => {
            let logged_elsewhere = match route.path {
                "/registry/events" => LOGGED_BY_BERTH,
                path if path.starts_with("/v2/") => LOGGED_WHEN_PUSHED,
                _ => &[],
            };
            let unlogged = |change: &&Change| {
                must_be_logged(change) && !logged_elsewhere.contains(&change.table.as_str())
            };
            changes.iter().find(unlogged)
        }
        Logs::Nothing(_) => None,
    };
    if let Some(change) = unlogged.filter(|_| new.is_empty()) {
        panic!("{} logged nothing of what it changed: {change:?}", route.name);
    }
}

/// Limited things that a row makes only as the first of an owner that it makes too, so that it exceeds no limit.
const FIRST_OF_ITS_OWNER: &[(&str, &str)] = &[
    ("createOrganization", "teams"),
    ("createOrganization", "team_members"),
    ("createOrganization", "memberships"),
    ("createOrUpdateOrg", "team_members"),
    ("getRegistryToken", "teams"),
    ("getRegistryToken", "team_members"),
    ("getRegistryToken", "memberships"),
    ("postRegistryToken", "teams"),
    ("postRegistryToken", "team_members"),
    ("postRegistryToken", "memberships"),
    ("initializeUser", "applications"),
    ("initializeUser", "tokens"),
    ("takeOwnership", "teams"),
];

/// Holds what a request has made, of what is limited, against its row.
fn check_limits(route: Option<&Route>, changes: &[Change]) {
    let counted = changes.iter().filter(|change| change.table == "owned");
    for noted in counted.filter_map(|change| change.column.as_deref()) {
        let (kind, is_first) = noted.strip_suffix(" 1").map_or((noted, false), |kind| (kind, true));
        let Some(limit) = OWNED.iter().find(|limit| limit.name == kind) else { continue };
        let Some(route) = route else { panic!("no row makes {kind}") };
        let is_exempt = is_first && FIRST_OF_ITS_OWNER.contains(&(route.name, kind));
        assert!(
            is_exempt || route.limits.contains(&limit),
            "{} makes {kind}, and its row does not name the limit",
            route.name
        );
    }
}

/// What a push makes is not logged when its token is asked for: that it was pushed to is logged once it was.
const LOGGED_WHEN_PUSHED: &[&str] = &["repository", "repository_permission", "affiliation", "tag"];

/// A tag that Berth itself deletes in the registry was logged then. The registry tells of it too.
const LOGGED_BY_BERTH: &[&str] = &["tag"];

/// Whether what has changed belongs in the log.
fn must_be_logged(change: &Change) -> bool {
    match (change.table.as_str(), change.column.as_deref()) {
        // A mail is about something else, which is logged itself where it changes anything.
        ("mail" | "gone_mail", _) => false,
        // The first key that signs tokens is made for whoever comes first; one that follows it also changes the former one.
        ("signing_key", None) => false,
        // What the registry stores; what somebody does with it is done with a tag.
        ("registry_event" | "manifest" | "blob" | "manifest_blob" | "manifest_child", _) => false,
        ("account" | "repository", Some("stored_bytes")) => false,
        // What a proxy cache fetches, and how it does.
        ("cached_manifest" | "cached_tag" | "cached_blob" | "proxy_cache_use", _) => false,
        // Counts that the schema keeps by itself, and how many there may be, which is a setting's.
        ("owned" | "owned_limit", _) => false,
        // An address that waits for its confirmation, which is logged, and codes that only their owner can use.
        (
            "user_profile",
            Some(
                "new_email"
                | "email_code_hash"
                | "email_code_expires_at"
                | "recovery_code_hash"
                | "recovery_code_expires_at",
            ),
        ) => false,
        // Sessions that begin and end: logged as a sign-in or a sign-out, where those are logged at all.
        ("session", _) | ("user_profile", Some("session_epoch")) => false,
        // The same secret under another key.
        (_, Some(column)) => !column.starts_with("sealed_"),
        (_, None) => true,
    }
}

/// The same request for another target.
fn as_sent(mut request: Request, target: &str) -> Request {
    *request.uri_mut() = target.parse().expect("a target");
    request
}

fn text(value: &SqlValue) -> String {
    match value {
        SqlValue::Null => "NULL".into(),
        SqlValue::Integer(integer) => integer.to_string(),
        SqlValue::Real(real) => real.to_string(),
        SqlValue::Text(text) => text.clone(),
        SqlValue::Blob(bytes) => format!("{} bytes", bytes.len()),
    }
}

/// Requests of a caller.
#[derive(Clone)]
pub struct As<'a> {
    app: &'a App,
    headers: Vec<(String, String)>,
}

impl As<'_> {
    /// The headers of every request: credentials above all.
    #[must_use]
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    /// With a further header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// From a client at that address, with a port or without.
    #[must_use]
    pub fn from(self, address: &str) -> Self {
        self.without(CLIENT_ADDRESS).header(CLIENT_ADDRESS, address)
    }

    /// Without a header.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self
    }

    /// GET.
    #[must_use]
    pub fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, None, Vec::new())
    }

    /// HEAD.
    #[must_use]
    pub fn head(&self, path: &str) -> Reply {
        self.send(Method::HEAD, path, None, Vec::new())
    }

    /// POST with JSON.
    #[must_use]
    pub fn post(&self, path: &str, body: Value) -> Reply {
        self.send(Method::POST, path, Some("application/json"), body.to_string().into_bytes())
    }

    /// POST without a body.
    #[must_use]
    pub fn post_empty(&self, path: &str) -> Reply {
        self.send(Method::POST, path, None, Vec::new())
    }

    /// POST of a form.
    #[must_use]
    pub fn post_form(&self, path: &str, form: &str) -> Reply {
        let kind = "application/x-www-form-urlencoded";
        self.send(Method::POST, path, Some(kind), form.as_bytes().to_vec())
    }

    /// PUT with JSON.
    #[must_use]
    pub fn put(&self, path: &str, body: Value) -> Reply {
        self.send(Method::PUT, path, Some("application/json"), body.to_string().into_bytes())
    }

    /// PUT without a body.
    #[must_use]
    pub fn put_empty(&self, path: &str) -> Reply {
        self.send(Method::PUT, path, None, Vec::new())
    }

    /// DELETE.
    #[must_use]
    pub fn delete(&self, path: &str) -> Reply {
        self.send(Method::DELETE, path, None, Vec::new())
    }

    /// Any request.
    #[must_use]
    pub fn send(
        &self,
        method: Method,
        target: &str,
        content_type: Option<&str>,
        body: Vec<u8>,
    ) -> Reply {
        Reply(self.app.serve(&self.request(method, target, content_type, body)))
    }

    fn request(
        &self,
        method: Method,
        target: &str,
        content_type: Option<&str>,
        body: Vec<u8>,
    ) -> Request {
        let mut request = http::Request::builder().method(method).uri(target);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if !self.headers.iter().any(|(name, _)| name == CLIENT_ADDRESS) {
            request = request.header(CLIENT_ADDRESS, "192.0.2.1:4711");
        }
        if let Some(content_type) = content_type {
            request = request.header(http::header::CONTENT_TYPE, content_type);
        }
        request.body(body).unwrap_or_else(|error| panic!("{target}: {error}"))
    }
}

/// An answer. Its `Display` is what snapshots show: status, then the body, JSON indented, without avatars, generated ids, dates
/// and secrets.
pub struct Reply(pub Response);

impl Reply {
    /// The status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.0.status().as_u16()
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        self.0.body()
    }

    /// Whether the body broke off: the client has a part of it, and knows that.
    #[must_use]
    pub fn broke_off(&self) -> bool {
        self.0.extensions().get::<BrokenBody>().is_some()
    }

    /// Names and values of the headers.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        let headers = self.0.headers().iter();
        headers.map(|(name, value)| (name.as_str(), value.to_str().expect("nothing but ASCII")))
    }

    /// The body as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(self.body()).unwrap_or_else(|_| panic!("not JSON: {self}"))
    }

    /// The body as JSON; null where there is none.
    #[must_use]
    pub fn json_or_null(&self) -> Value {
        serde_json::from_slice(self.body()).unwrap_or_default()
    }

    /// The body as it is sent.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(self.body()).into_owned()
    }

    /// Status and body, with all that snapshots leave out.
    #[must_use]
    pub fn whole(&self) -> String {
        format!("{} {}", self.status(), self.text())
    }

    /// Status, type and message of an error in Quay's form, which has nothing else.
    #[must_use]
    pub fn refusal(&self) -> String {
        let (status, error) = (self.status(), self.json());
        let member = |name: &str| error[name].as_str().unwrap_or_default();
        let (kind, message) = (member("error_type"), member("error_message"));
        let expected = json!({
            "detail": message,
            "error_message": message,
            "error_type": kind,
            "title": kind,
            "type": format!("http://localhost:3000/api/v1/error/{kind}"),
            "status": status,
        });
        assert_eq!(self.text(), format!("{expected}\n"));
        format!("{status} {kind}: {}", redacted_text(message))
    }

    /// The first header of that name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers().find(|(known, _)| *known == name).map(|(_, value)| value)
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.status())?;
        if self.body().is_empty() {
            return Ok(());
        }
        match serde_json::from_slice::<Value>(self.body()) {
            Ok(json) => write!(formatter, "\n{:#}", redacted(json)),
            Err(_) => {
                write!(formatter, "\n{}", redacted_text(self.text().trim_end()))
            }
        }
    }
}
