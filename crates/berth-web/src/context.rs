//! What a handler holds: the grant, the caller, the request, the services.

use berth_access::{Address, Authority, Caller, Denied, Facts, Grant, Permit, Rights};
use berth_domain::log_event::LogEvent;
use berth_domain::{TeamRole, settings};
use berth_store::accounts::{self, ProfileChange, SignInRow};
use berth_store::logs::LogEntry;
use berth_store::{Database, StoreError, Transaction, logs, transaction};
use http::header;
use serde_json::{Map, Value};

use crate::error::ApiError;
use crate::password;
use crate::request::{Request, RequestExt};
use crate::services::Services;
use crate::session::Session;

/// How much of a `User-Agent` is logged, in characters.
const LONGEST_USER_AGENT: usize = 500;

/// A request on its way, before the policy was asked.
pub(crate) struct RequestParts<'a> {
    pub(crate) services: &'a Services<'a>,
    pub(crate) request: &'a Request,
    /// The name of the row, for messages.
    pub(crate) operation: &'static str,
    /// Whether the handler may ask the policy.
    pub(crate) may_ask_policy: bool,
    /// Whether the permission is asked before the body is looked at.
    pub(crate) permission_first: bool,
    pub(crate) address: &'a Address,
    pub(crate) session: Option<&'a Session>,
    pub(crate) sealed_robot_token: Option<&'a [u8]>,
    pub(crate) password_hash: Option<&'a str>,
}

/// What a handler holds.
pub struct Context<'a, P: Permit> {
    /// Proof that the policy allowed it, and on what.
    pub grant: Grant<P>,
    parts: &'a RequestParts<'a>,
}

impl<'a, P: Permit> Context<'a, P> {
    pub(crate) fn new(parts: &'a RequestParts<'a>, grant: Grant<P>) -> Self {
        Self { grant, parts }
    }

    /// What the request can use.
    #[must_use]
    pub fn services(&self) -> &'a Services<'a> {
        self.parts.services
    }

    /// The database.
    #[must_use]
    pub fn db(&self) -> &'a dyn Database {
        self.parts.services.db()
    }

    /// The request.
    #[must_use]
    pub fn request(&self) -> &'a Request {
        self.parts.request
    }

    /// What the request addresses, for messages about what does not exist.
    #[must_use]
    pub fn address(&self) -> &'a Address {
        self.parts.address
    }

    /// The person who calls.
    ///
    /// # Errors
    /// F1 401 when nobody known does: only routes that anybody may use can meet it.
    pub fn caller(&self) -> Result<&Caller, ApiError> {
        self.grant.caller().ok_or_else(ApiError::unauthenticated)
    }

    /// Whether `given` is the password of the person who calls with a token: throttled like signing in.
    ///
    /// # Errors
    /// [`ApiError::TooManyAttempts`]; [`ApiError`] when nobody calls or a store does not answer.
    pub fn is_own_password(&self, given: &str) -> Result<bool, ApiError> {
        let caller = self.caller()?;
        let account = Some((caller.uuid.as_str(), self.parts.password_hash));
        password::is_right(self.services(), self.request(), account, &caller.name, given)
    }

    /// Asks the policy once more, for a target that the handler found out by itself.
    ///
    /// # Errors
    /// [`Denied`].
    pub fn authorize<Q: Permit>(&self, facts: Facts) -> Result<Grant<Q>, Denied> {
        self.require_mark();
        self.grant.authorize(facts)
    }

    /// The caller's rights, where more than the permission of the row decides what happens or is shown.
    #[must_use]
    pub fn rights(&self) -> &Rights {
        self.require_mark();
        self.grant.rights()
    }

    /// What the caller may do in an organization where `role` is the highest of their teams'.
    #[must_use]
    pub fn rights_by_role(&self, role: Option<TeamRole>) -> Rights {
        self.require_mark();
        self.grant.rights_by_role(role)
    }

    /// Who calls, if they are there themselves and not by a token.
    #[must_use]
    pub fn person(&self) -> Option<&Caller> {
        self.require_mark();
        self.grant.caller().filter(|caller| caller.is_there_in_person())
    }

    /// Whoever asks the policy in a handler has a row that says what it decides there: anything else panics in tests, so that
    /// the table of endpoints is true.
    fn require_mark(&self) {
        debug_assert!(
            self.parts.may_ask_policy,
            "{}: the handler asks the policy, and its row does not say `decided_inside`",
            self.parts.operation
        );
    }

    /// The sealed token of the robot in the path, which belongs to the granted namespace; none when there is no such robot.
    #[must_use]
    pub fn sealed_robot_token(&self) -> Option<&'a [u8]> {
        self.parts.sealed_robot_token
    }

    /// The session that the request came with, known or not.
    #[must_use]
    pub fn session(&self) -> Option<&'a Session> {
        self.parts.session
    }

    /// The session that the request came with, or a new one of nobody, which the answer must hand out.
    #[must_use]
    pub fn session_or_new(&self) -> Session {
        self.session().cloned().unwrap_or_else(|| Session::anonymous(self.services()))
    }

    /// Begins a session of a user who just gave their password, in place of the one that the request came with, and logs it.
    ///
    /// # Errors
    /// [`ApiError`] when a store does not answer.
    pub fn begin_session(&self, user: &SignInRow) -> Result<Session, ApiError> {
        self.sign_in(user, ProfileChange::default())
    }

    /// As [`Self::begin_session`], of a user who also proved just now that their address is theirs.
    ///
    /// # Errors
    /// As there.
    pub fn begin_confirmed_session(&self, user: &SignInRow) -> Result<Session, ApiError> {
        let proven_email = Some(user.email.as_str());
        let change =
            ProfileChange { verified: Some(true), proven_email, ..ProfileChange::default() };
        self.sign_in(user, change)
    }

    fn sign_in(&self, user: &SignInRow, change: ProfileChange<'_>) -> Result<Session, ApiError> {
        let services = self.services();
        let entry = self.sign_in_entry(user.id, "quayauth");
        let session = transaction(self.db(), |tx| -> Result<_, StoreError> {
            accounts::change_profile(tx, user.id, &change)?;
            let (epoch, before) = (user.session_epoch, self.session());
            let session = Session::begin(tx, services, user.id, epoch, before)?;
            logs::append(tx, entry.as_slice())?;
            Ok(session)
        })?;
        session.on_device(services, self.request(), &user.uuid)
    }

    /// What is logged when somebody signs in; none where sign-ins are not logged. `how` says by what they signed in. Nobody is known
    /// to act before the session begins: the entry has no performer. For rows that declare [`crate::session::SETTINGS`].
    #[must_use]
    pub fn sign_in_entry(&self, account_id: i64, how: &str) -> Option<LogEntry> {
        if !self.services().setting(&settings::ACTION_LOG_AUDIT_LOGINS) {
            return None;
        }
        Some(sign_in_entry(self.services(), self.request(), account_id, how))
    }

    /// What program asks, as much of it as is logged.
    #[must_use]
    pub fn user_agent(&self) -> String {
        user_agent(self.request())
    }

    /// Writes an entry into the log: what the caller did to an organization or a user.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn log(
        &self,
        tx: &Transaction<'_>,
        namespace_id: impl Into<Option<i64>>,
        event: &LogEvent<'_>,
    ) -> Result<(), StoreError> {
        logs::append(tx, &[self.log_entry(namespace_id, event)])
    }

    /// As [`Self::log`], of several events, with one statement.
    ///
    /// # Errors
    /// As there.
    pub fn log_all(
        &self,
        tx: &Transaction<'_>,
        namespace_id: impl Into<Option<i64>>,
        events: &[LogEvent<'_>],
    ) -> Result<(), StoreError> {
        let namespace_id = namespace_id.into();
        let entries = events.iter().map(|event| self.log_entry(namespace_id, event));
        logs::append(tx, &entries.collect::<Vec<_>>())
    }

    /// An entry for the log: the caller as performer, what is known of their token appended (`docs/contract/quay.md` 8.2). It holds
    /// while what the request addresses has the name that it addresses it by.
    #[must_use]
    pub fn log_entry(
        &self,
        namespace_id: impl Into<Option<i64>>,
        event: &LogEvent<'_>,
    ) -> LogEntry {
        let performer_id = self.grant.caller_id();
        self.parts.log_entry(self.grant.caller(), performer_id, namespace_id.into(), event)
    }
}

// Not of the context, which the compiler makes anew for each permission.
impl RequestParts<'_> {
    fn log_entry(
        &self,
        caller: Option<&Caller>,
        performer_id: Option<i64>,
        namespace_id: Option<i64>,
        event: &LogEvent<'_>,
    ) -> LogEntry {
        let mut entry = LogEntry::new(namespace_id, event, self.services.now());
        if let Some(Authority::Token(token)) = caller.map(|caller| &caller.authority) {
            append_token(&mut entry.metadata, token);
        }
        LogEntry {
            found_as: self.address.namespace.clone(),
            performer_id,
            ip: self.request.client_address(),
            ..entry
        }
    }
}

/// What program asks, as much of it as is logged.
pub(crate) fn user_agent(request: &Request) -> String {
    let useragent = request.header(header::USER_AGENT).unwrap_or_default();
    useragent.chars().take(LONGEST_USER_AGENT).collect()
}

/// The entry of a sign-in.
pub(crate) fn sign_in_entry(
    services: &Services<'_>,
    request: &Request,
    account_id: i64,
    how: &str,
) -> LogEntry {
    let useragent = user_agent(request);
    let event = LogEvent::LoginSuccess { r#type: how, useragent: &useragent };
    LogEntry {
        ip: request.client_address(),
        ..LogEntry::new(Some(account_id), &event, services.now())
    }
}

fn append_token(metadata: &mut Map<String, Value>, token: &berth_access::Token) {
    metadata.insert("oauth_token_id".into(), token.id.into());
    metadata.insert("oauth_token_application_id".into(), token.client_id.clone().into());
    metadata.insert("oauth_token_application".into(), token.application.clone().into());
}
