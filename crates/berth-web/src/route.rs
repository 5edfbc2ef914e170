//! Rows of the route tables.
//!
//! A table is a `const`; discovery, documentation, the agreement with `spin.toml` and the coverage tests iterate it. The
//! permission of a row is a type, the same as its handler's: a row that disagrees does not compile.

use berth_access::{
    Address, Denied, Facts, LeadsTo, Path, PathParameters, Permission, Permit, Principal, Scope,
    Target, TargetKind, authorize,
};
use berth_domain::LogKind;
use berth_domain::settings::{FEATURE_SUPER_USERS, Setting, Settings};
use http::Method;

use crate::body::{Body, NoBody};
use crate::context::{Context, RequestParts};
use crate::error::ApiError;
#[cfg(not(target_family = "wasm"))]
use crate::into_response::Answer;
use crate::into_response::IntoResponse;
#[cfg(not(target_family = "wasm"))]
use crate::query::Query;
use crate::request::Request;
use crate::response::Response;
use crate::schema::Schema;
use crate::shape::Shape;

/// What a handler gives back, by its type.
pub type HandlerResult<R> = Result<R, ApiError>;

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
    /// Whether the permission is asked before the body is looked at.
    pub permission_first: bool,
    /// Whether a session must be fresh.
    pub fresh_login: bool,
    /// Whether a change needs neither credentials nor a CSRF token.
    pub csrf_exempt: bool,
    /// Whether a user name and password count as a session (HTTP Basic).
    pub takes_password: bool,
    /// Whether it works although the registry is read-only.
    pub works_read_only: bool,
    /// Whether the original knows the path, but not the method.
    pub(crate) extension: bool,
    /// Whether it works although anonymous access is off.
    pub open: bool,
    /// Whether nobody asks who calls.
    pub unauthenticated: bool,
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
            permission_first: false,
            fresh_login: false,
            csrf_exempt: false,
            takes_password: false,
            works_read_only: false,
            extension: false,
            open: false,
            unauthenticated: false,
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

    /// Whether the handler may ask the policy.
    #[must_use]
    pub const fn is_decided_inside(&self) -> bool {
        self.who.is_some()
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

    /// The names of the settings that the row needs: its conditions, and what its handler uses.
    pub fn setting_names(&self) -> impl Iterator<Item = &'static str> {
        let settings = self.settings.iter().flat_map(|group| group.iter());
        let conditions = self.conditions().map(|feature| feature.name);
        conditions.chain(settings.map(|setting| setting.name()))
    }

    /// It answers everybody alike, even while the database is down: nobody asks who calls.
    #[must_use]
    pub const fn unauthenticated(mut self) -> Self {
        self.unauthenticated = true;
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

/// What is behind a row: the two halves of the pipeline that depend on the types of permission, path and body.
pub trait Endpoint {
    /// The permission, for tables and tests.
    fn permission(&self) -> Permission;

    /// What the request addresses.
    fn target(&self) -> TargetKind;

    /// Whether an organization's path may bear the caller's own user name, in a session.
    fn own_name_in_sessions(&self) -> bool;

    /// The parameters of the path that are read, for the target and for the handler: for tests.
    fn parameters(&self) -> [&'static [&'static str]; 2];

    /// Whether callers whom nobody knows are refused, whatever they address.
    fn needs_caller(&self) -> bool;

    /// The schema of the body, for discovery.
    fn schema(&self) -> Option<&'static Schema>;

    /// Whether the body may be left out, for discovery.
    fn body_is_optional(&self) -> bool;

    /// Whether the body is a list of what the schema describes, for discovery.
    fn body_is_list(&self) -> bool;

    /// What is read of the query, for discovery.
    #[cfg(not(target_family = "wasm"))]
    fn query(&self) -> Vec<Query>;

    /// The answers of success, for discovery; tests hold every answer against them. Components do without.
    #[cfg(not(target_family = "wasm"))]
    fn answers(&self, generator: &mut schemars::SchemaGenerator) -> Vec<Answer>;

    /// Reads path and body; nothing is reported yet. The pipeline learns what they address, and gets back what handles the
    /// request.
    fn read(&'static self, request: &Request, parameters: &PathParameters) -> Read;
}

/// A request whose path and body were read, for better or worse.
pub struct Read {
    /// What it addresses.
    pub(crate) address: Address,
    /// Authorizes and handles.
    pub(crate) handle: Box<Handle>,
}

pub(crate) type Handle =
    dyn for<'a> FnOnce(RequestParts<'a>, &Principal, Facts) -> HandlerResult<Response>;

/// A handler, with the types that its row agrees with.
pub trait Handler: 'static {
    /// The permission.
    type Permit: Permit;
    /// The path that leads to the target.
    type Address: Path;
    /// The parameters of the path that the handler takes itself.
    type Path: Path;
    /// The body.
    type Body: Body + 'static;
    /// The answer of success.
    type Response: IntoResponse;

    /// Handles a request.
    ///
    /// # Errors
    /// An [`ApiError`].
    fn call(
        &self,
        cx: &Context<'_, Self::Permit>,
        path: Self::Path,
        body: Self::Body,
    ) -> HandlerResult<Self::Response>;
}

/// The path that leads to the target of a permission.
type PathTo<P> = <<P as Permit>::Target as Target>::Path;

/// Declares the kinds of handlers, each by what it takes beside the context.
macro_rules! handlers {
    ($($(#[$doc:meta])* $name:ident<$($taken:ident: $bound:ident),*> =
        |$path:ident: $path_type:ty, $body:ident: $body_type:ty| ($($argument:ident),*);)*) => {$(
        $(#[$doc])*
        pub struct $name<P: Permit, $($taken: $bound,)* R>(
            pub fn(&Context<'_, P>, $($taken),*) -> HandlerResult<R>,
        );

        impl<P: Permit, $($taken: $bound + 'static,)* R: IntoResponse + 'static> Handler
            for $name<P, $($taken,)* R>
        {
            type Permit = P;
            type Address = PathTo<P>;
            type Path = $path_type;
            type Body = $body_type;
            type Response = R;

            fn call(
                &self,
                cx: &Context<'_, P>,
                $path: $path_type,
                $body: $body_type,
            ) -> HandlerResult<R> {
                (self.0)(cx, $($argument),*)
            }
        }
    )*};
}

handlers! {
    /// A handler that takes no body.
    WithoutBody<> = |_path: (), _body: NoBody| ();
    /// A handler that takes a body, or a query.
    WithBody<B: Body> = |_path: (), body: B| (body);
    /// A handler that takes parameters of the path.
    WithPath<O: Path> = |path: O, _body: NoBody| (path);
    /// A handler that takes parameters of the path, and a body.
    WithPathAndBody<O: Path, B: Body> = |path: O, body: B| (path, body);
}

/// A handler whose target is found by another path than is usual for it: `At(OwnRepository::read, …)`.
pub struct At<A: Path, H: Handler>(pub fn(&PathParameters) -> A, pub H);

impl<A: LeadsTo<<H::Permit as Permit>::Target>, H: Handler> Handler for At<A, H> {
    type Permit = H::Permit;
    type Address = A;
    type Path = H::Path;
    type Body = H::Body;
    type Response = H::Response;

    fn call(
        &self,
        cx: &Context<'_, H::Permit>,
        path: H::Path,
        body: H::Body,
    ) -> HandlerResult<H::Response> {
        self.1.call(cx, path, body)
    }
}

impl<H: Handler> Endpoint for H {
    fn permission(&self) -> Permission {
        H::Permit::PERMISSION
    }

    fn target(&self) -> TargetKind {
        <<H::Permit as Permit>::Target>::KIND
    }

    fn own_name_in_sessions(&self) -> bool {
        <<H::Permit as Permit>::Target>::OWN_NAME_IN_SESSIONS
    }

    fn parameters(&self) -> [&'static [&'static str]; 2] {
        [H::Address::NAMES, H::Path::NAMES]
    }

    fn needs_caller(&self) -> bool {
        authorize::<H::Permit>(&Principal::Anonymous, Facts::default()).is_err()
    }

    fn schema(&self) -> Option<&'static Schema> {
        H::Body::SCHEMA
    }

    fn body_is_optional(&self) -> bool {
        H::Body::OPTIONAL
    }

    fn body_is_list(&self) -> bool {
        H::Body::LIST
    }

    #[cfg(not(target_family = "wasm"))]
    fn query(&self) -> Vec<Query> {
        H::Body::query()
    }

    #[cfg(not(target_family = "wasm"))]
    fn answers(&self, generator: &mut schemars::SchemaGenerator) -> Vec<Answer> {
        H::Response::answers(generator)
    }

    fn read(&'static self, request: &Request, parameters: &PathParameters) -> Read {
        let path = H::Path::read(parameters);
        let body = H::Body::read(request);
        let (mut address, mut named_in_body) = (Address::default(), Address::default());
        H::Address::read(parameters).say(&mut address);
        path.say(&mut address);
        if let Ok(body) = &body {
            body.say(&mut named_in_body);
        }
        Read {
            address: address.or(named_in_body),
            handle: Box::new(move |parts, principal, facts| {
                let grant = authorize::<H::Permit>(principal, facts);
                // Which of the two errors counts when both are there is the route's to say.
                let late = matches!(grant, Err(Denied::SuperusersOnly));
                let (body, grant) = if parts.route.permission_first && !late {
                    let grant = grant?;
                    (body?, grant)
                } else {
                    let body = body?;
                    (body, grant?)
                };
                let answer = self.call(&Context::new(parts, grant), path, body)?;
                Ok(answer.into_response())
            }),
        }
    }
}
