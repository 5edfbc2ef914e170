//! Handlers, by what they take and give back.
//!
//! The permission of a row is a type, the same as its handler's: a row that disagrees does not compile.

use berth_access::{
    Address, Denied, Facts, LeadsTo, Path, PathParameters, Permission, Permit, Principal, Target,
    TargetKind, authorize,
};

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

/// What a handler gives back, by its type.
pub type HandlerResult<R> = Result<R, ApiError>;

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
    dyn for<'a> FnOnce(&'a RequestParts<'a>, &Principal, Facts) -> HandlerResult<Response>;

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
                let (body, grant) = if parts.permission_first && !late {
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
