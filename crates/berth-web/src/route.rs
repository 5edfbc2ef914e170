//! Rows of the route tables.
//!
//! A table is a `const`; discovery, documentation, the agreement with `spin.toml` and the coverage tests iterate it.

use berth_access::{Address, Scope};
use berth_domain::LogKind;
use berth_domain::limits::{
    LARGEST_BODY_BYTES, Limit, REGISTRY_EVENTS_BYTES, REGISTRY_EVENTS_READ_BYTES,
};
use berth_domain::settings::{FEATURE_SUPER_USERS, Setting, Settings};
use http::Method;

use crate::context::RequestParts;
use crate::handler::Endpoint;
use crate::request::Request;
use crate::services::Services;
use crate::shape::Shape;

/// How much of a body is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BodyLimit {
    /// What is longer is refused (413).
    pub bytes: usize,
    /// What is behind so many bytes is read and dropped.
    pub kept_bytes: usize,
}

impl BodyLimit {
    /// That of nearly all rows. Spin itself has no limit but memory.
    pub const ORDINARY: Self = Self { bytes: LARGEST_BODY_BYTES, kept_bytes: LARGEST_BODY_BYTES };
}

/// A row: what is asked, who may, who answers, what is logged.
pub struct Route {
    /// Method.
    pub method: Method,
    /// Path: `:name` stands for one segment, `*name` for one or more.
    pub path: &'static str,
    /// What routing looks at first.
    pub(crate) shape: Shape,
    /// The operation's name in discovery; Quay's where Quay has it.
    pub name: &'static str,
    /// Handler and permission.
    pub endpoint: &'static dyn Endpoint,
    /// The scope that discovery advertises; the rule is the permission's.
    pub scope: Option<Scope>,
    /// Who may, where the handler asks the policy once more: for the table of endpoints.
    who: Option<&'static str>,
    /// What is logged.
    pub logs: Logs,
    /// The settings without which the route does not exist.
    features: Features,
    /// The settings that the handler uses, in groups.
    pub settings: &'static [Settings],
    /// What it makes, where somebody may own so many of it only.
    pub limits: &'static [&'static Limit],
    /// Whether the permission is asked before the body is looked at.
    pub permission_first: bool,
    /// Whether a session must be fresh.
    pub fresh_login: bool,
    /// Whether a change needs neither credentials nor a CSRF token.
    pub csrf_exempt: bool,
    /// Whether a user name and password count as a session (HTTP Basic).
    pub takes_password: bool,
    /// Whether a token that was signed for a registry counts, and nothing else does.
    pub takes_registry_token: bool,
    /// Whether it works although the registry is read-only.
    pub works_read_only: bool,
    /// Whether the original knows the path, but not the method.
    pub(crate) extension: bool,
    /// Whether it works although anonymous access is off.
    pub open: bool,
    /// Whether nobody asks who calls.
    pub unauthenticated: bool,
    /// The secret that its callers show, in the place of all other credentials: an empty one lets nobody in.
    pub(crate) secret: Option<&'static Setting<String>>,
    /// Whether discovery shows it only on request.
    pub internal: bool,
    /// Whether it can be refused for want of a plan (402), for discovery.
    pub needs_plan: bool,
}

/// Settings that must all be on; one is the usual case.
struct Features {
    first: Option<&'static Setting<bool>>,
    more: &'static [&'static Setting<bool>],
}

/// What a route writes into the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Logs {
    /// It changes nothing.
    Reads,
    /// Some of these, in the transaction of the change.
    Kinds(&'static [LogKind]),
    /// It changes something and logs nothing, for this reason.
    Nothing(&'static str),
}

impl Route {
    const fn new(
        method: Method,
        path: &'static str,
        name: &'static str,
        endpoint: &'static dyn Endpoint,
        logs: Logs,
    ) -> Self {
        Self {
            method,
            path,
            shape: Shape::of(path),
            name,
            endpoint,
            scope: None,
            who: None,
            logs,
            features: Features { first: None, more: &[] },
            settings: &[],
            limits: &[],
            permission_first: false,
            fresh_login: false,
            csrf_exempt: false,
            takes_password: false,
            takes_registry_token: false,
            works_read_only: false,
            extension: false,
            open: false,
            unauthenticated: false,
            secret: None,
            internal: false,
            needs_plan: false,
        }
    }

    /// A GET, which changes nothing.
    #[must_use]
    pub const fn get(
        path: &'static str,
        name: &'static str,
        endpoint: &'static dyn Endpoint,
    ) -> Self {
        Self::new(Method::GET, path, name, endpoint, Logs::Reads)
    }

    /// A POST.
    #[must_use]
    pub const fn post(
        path: &'static str,
        name: &'static str,
        endpoint: &'static dyn Endpoint,
        logs: Logs,
    ) -> Self {
        Self::new(Method::POST, path, name, endpoint, logs)
    }

    /// A PUT.
    #[must_use]
    pub const fn put(
        path: &'static str,
        name: &'static str,
        endpoint: &'static dyn Endpoint,
        logs: Logs,
    ) -> Self {
        Self::new(Method::PUT, path, name, endpoint, logs)
    }

    /// A DELETE.
    #[must_use]
    pub const fn delete(
        path: &'static str,
        name: &'static str,
        endpoint: &'static dyn Endpoint,
        logs: Logs,
    ) -> Self {
        Self::new(Method::DELETE, path, name, endpoint, logs)
    }

    /// Discovery advertises `scope`.
    #[must_use]
    pub const fn scope(mut self, scope: Scope) -> Self {
        self.scope = Some(scope);
        self
    }

    /// The handler asks the policy once more (`Context::rights`, `authorize`, `person`), for what only it knows: who may what, in
    /// the end.
    #[must_use]
    pub const fn decided_inside(mut self, who: &'static str) -> Self {
        self.who = Some(who);
        self
    }

    /// Who may, for the table of endpoints.
    #[must_use]
    pub fn who(&self) -> &'static str {
        self.who.unwrap_or_else(|| self.endpoint.permission().who())
    }

    /// Although a GET, it changes something.
    #[must_use]
    pub const fn changes(mut self, logs: Logs) -> Self {
        self.logs = logs;
        self
    }

    /// The route exists only while `feature` is on.
    #[must_use]
    pub const fn feature(mut self, feature: &'static Setting<bool>) -> Self {
        self.features.first = Some(feature);
        self
    }

    /// What most routes of superusers have in common: they exist only while there are any, and a session must be fresh.
    #[must_use]
    pub const fn superuser(self) -> Self {
        self.feature(&FEATURE_SUPER_USERS).scope(Scope::SuperUser).fresh_login()
    }

    /// The route exists only while all of `features` are on.
    #[must_use]
    pub const fn features(mut self, features: &'static [&'static Setting<bool>]) -> Self {
        self.features.more = features;
        self
    }

    /// The settings without which the route does not exist.
    pub fn conditions(&self) -> impl Iterator<Item = &'static Setting<bool>> {
        self.features.first.into_iter().chain(self.features.more.iter().copied())
    }

    /// The settings that the handler uses, in groups: they are read before it is called, and an unusable one is 500.
    #[must_use]
    pub const fn settings(mut self, settings: &'static [Settings]) -> Self {
        self.settings = settings;
        self
    }

    /// It makes things of which somebody may own so many only: the settings say how many.
    #[must_use]
    pub const fn limits(mut self, limits: &'static [&'static Limit]) -> Self {
        self.limits = limits;
        self
    }

    /// The names of the settings that the row needs: its conditions, its secret, what its handler uses, its limits.
    pub fn setting_names(&self) -> impl Iterator<Item = &'static str> {
        let settings = self.settings.iter().flat_map(|group| group.iter());
        let conditions = self.conditions().map(|feature| feature.name);
        let limits = self.limits.iter().map(|limit| limit.setting.name);
        let secret = self.secret.iter().map(|secret| secret.name);
        conditions.chain(secret).chain(settings.map(|setting| setting.name())).chain(limits)
    }

    /// It answers everybody alike, even while the database is down: nobody asks who calls.
    #[must_use]
    pub const fn unauthenticated(mut self) -> Self {
        self.unauthenticated = true;
        self.open = true;
        self
    }

    /// How much of a body is read. A host may have limits of its own before that.
    #[must_use]
    pub const fn body_limit(&self) -> BodyLimit {
        match self.secret {
            Some(_) => BodyLimit {
                kept_bytes: REGISTRY_EVENTS_BYTES + 1,
                bytes: REGISTRY_EVENTS_READ_BYTES,
            },
            None => BodyLimit::ORDINARY,
        }
    }

    /// Its caller is no account, but whoever shows the value of the setting as a Bearer token. Long bodies are not refused
    /// ([`Self::body_limit`]): the row says what it does with them.
    #[must_use]
    pub const fn secret(mut self, secret: &'static Setting<String>, who: &'static str) -> Self {
        self.secret = Some(secret);
        self.who = Some(who);
        self.csrf_exempt = true;
        self.open = true;
        self
    }

    /// The statuses of success, for tests; none where everybody is refused.
    #[cfg(not(target_family = "wasm"))]
    #[must_use]
    pub fn statuses(&self) -> Vec<u16> {
        let answers = self.endpoint.answers(&mut schemars::SchemaGenerator::default());
        answers.iter().map(|answer| answer.status.as_u16()).collect()
    }

    /// A request for it, whose caller is not known.
    pub(crate) fn parts<'a>(
        &self,
        services: &'a Services<'a>,
        request: &'a Request,
        address: &'a Address,
    ) -> RequestParts<'a> {
        RequestParts {
            services,
            request,
            operation: self.name,
            may_ask_policy: self.who.is_some() && self.secret.is_none(),
            permission_first: self.permission_first,
            address,
            session: None,
            sealed_robot_token: None,
            password_hash: None,
        }
    }
}

/// Declares what a row says or does not say.
macro_rules! flags {
    ($($(#[$doc:meta])* $flag:ident;)*) => {
        impl Route {$(
            $(#[$doc])*
            #[must_use]
            pub const fn $flag(mut self) -> Self {
                self.$flag = true;
                self
            }
        )*}
    };
}

flags! {
    /// The permission is asked before the body is looked at.
    permission_first;
    /// A session must be fresh.
    fresh_login;
    /// A change needs neither credentials nor a CSRF token.
    csrf_exempt;
    /// A user name and password count as a session (HTTP Basic).
    takes_password;
    /// A token that was signed for a registry counts, and nothing else does.
    takes_registry_token;
    /// It works although the registry is read-only.
    works_read_only;
    /// The original knows the path and not the method: a request that says nothing is answered as there, 405.
    extension;
    /// It works although anonymous access is off.
    open;
    /// Discovery shows it only on request.
    internal;
    /// With billing on, it can be refused for want of a plan.
    needs_plan;
}
