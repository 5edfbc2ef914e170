//! Reading bodies (`docs/contract/quay.md` 0.4).

use berth_access::Address;
use serde_json::Value;

use crate::error::ApiError;
use crate::member::{Json, Member, Members};
use crate::query::Parameters;
#[cfg(not(target_family = "wasm"))]
use crate::query::Query;
use crate::request::{Request, RequestExt};
use crate::schema::Schema;

/// What a handler takes from a request's body, or from its query.
pub trait Body: Sized {
    /// The schema, for discovery.
    const SCHEMA: Option<&'static Schema>;

    /// Whether it may be left out, for discovery.
    const OPTIONAL: bool = false;

    /// Whether it is a list of what the schema describes, for discovery.
    const LIST: bool = false;

    /// What of the query it reads, for discovery.
    #[cfg(not(target_family = "wasm"))]
    #[must_use]
    fn query() -> Vec<Query> {
        Vec::new()
    }

    /// Reads it.
    ///
    /// # Errors
    /// The error for a body that cannot be used.
    fn read(request: &Request) -> Result<Self, ApiError>;

    /// What the body addresses, for operations whose path leaves it out.
    fn say(&self, _address: &mut Address) {}
}

impl<T: Json> Body for T {
    const SCHEMA: Option<&'static Schema> = Some(T::SCHEMA);

    fn read(request: &Request) -> Result<Self, ApiError> {
        if !request.has_json_type() {
            return Err(ApiError::not_json());
        }
        if request.body().len() > T::LIMIT {
            return Err(ApiError::too_large(T::LIMIT));
        }
        decode(parse(request)?)
    }

    fn say(&self, address: &mut Address) {
        <T as Json>::say(self, address);
    }
}

/// A JSON body that may be left out: another content type, malformed text and `null` count as `{}`, JSON of a wrong shape
/// does not.
pub struct OptionalJson<T>(pub T);

impl<T: Json> Body for OptionalJson<T> {
    const SCHEMA: Option<&'static Schema> = Some(T::SCHEMA);
    const OPTIONAL: bool = true;

    fn read(request: &Request) -> Result<Self, ApiError> {
        let value = if request.has_json_type() { parse(request).ok() } else { None };
        let value = value.filter(|value| !value.is_null());
        decode(value.unwrap_or_else(|| Value::Object(Members::new()))).map(Self)
    }

    fn say(&self, address: &mut Address) {
        <T as Json>::say(&self.0, address);
    }
}

/// A JSON body, and the query beside it.
pub struct WithQuery<Q, T>(pub Q, pub T);

impl<Q: Body, T: Json> Body for WithQuery<Q, T> {
    const SCHEMA: Option<&'static Schema> = Some(T::SCHEMA);

    #[cfg(not(target_family = "wasm"))]
    fn query() -> Vec<Query> {
        Q::query()
    }

    fn read(request: &Request) -> Result<Self, ApiError> {
        Ok(Self(Q::read(request)?, T::read(request)?))
    }

    fn say(&self, address: &mut Address) {
        <T as Json>::say(&self.1, address);
    }
}

/// The body of a request that has none, or whose body does not matter.
pub struct NoBody;

impl Body for NoBody {
    const SCHEMA: Option<&'static Schema> = None;
    const OPTIONAL: bool = true;

    fn read(_request: &Request) -> Result<Self, ApiError> {
        Ok(Self)
    }
}

/// A URL-encoded form; anything else counts as an empty one.
pub struct Form(pub Parameters);

impl Body for Form {
    const SCHEMA: Option<&'static Schema> = None;

    fn read(request: &Request) -> Result<Self, ApiError> {
        let form = request.has_form_type().then(|| Parameters::parse(request.body()));
        Ok(Self(form.unwrap_or_default()))
    }
}

/// The JSON of a body, for bodies that no [`Schema`] describes. A byte order mark before it does not count.
///
/// # Errors
/// F3 400 when it is none.
pub fn parse(request: &Request) -> Result<Value, ApiError> {
    let text = request.body().strip_prefix(b"\xef\xbb\xbf").unwrap_or(request.body());
    serde_json::from_slice(text).map_err(|_| ApiError::unreadable())
}

fn decode<T: Json>(value: Value) -> Result<T, ApiError> {
    if value.is_null() {
        return Err(ApiError::invalid_request("Missing JSON body"));
    }
    T::SCHEMA.check(&value)?;
    T::of(value).ok_or_else(|| ApiError::invalid_request("Request error."))
}
