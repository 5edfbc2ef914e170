//! What handlers give back when they succeed: types that say status, media type and shape of the answer, so that discovery
//! cannot disagree with the handler.

use std::convert::Infallible;
use std::marker::PhantomData;

use http::StatusCode;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

use crate::response::{self, Response};

/// What a handler gives back when it succeeds.
pub trait IntoResponse {
    /// The answers that there may be, for discovery.
    fn answers(generator: &mut SchemaGenerator) -> Vec<Answer>;

    /// The answer.
    fn into_response(self) -> Response;
}

/// An answer of success, as discovery describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Status.
    pub status: StatusCode,
    /// Media type, without parameters; none where there is no body.
    pub media_type: Option<&'static str>,
    /// The shape of a JSON body.
    pub schema: Option<Schema>,
}

impl Answer {
    fn json<T: JsonSchema>(status: StatusCode, generator: &mut SchemaGenerator) -> Vec<Self> {
        let schema = Some(generator.subschema_for::<T>());
        vec![Self { status, media_type: Some("application/json"), schema }]
    }

    /// An answer whose body, if there is one, is not JSON.
    #[must_use]
    pub const fn other(status: StatusCode, media_type: Option<&'static str>) -> Self {
        Self { status, media_type, schema: None }
    }
}

/// Declares the types of JSON answers, by their statuses.
macro_rules! json_answers {
    ($($(#[$doc:meta])* $name:ident = $status:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name<T>(pub T);

        impl<T: Serialize + JsonSchema> IntoResponse for $name<T> {
            fn answers(generator: &mut SchemaGenerator) -> Vec<Answer> {
                Answer::json::<T>(StatusCode::$status, generator)
            }

            fn into_response(self) -> Response {
                response::json(StatusCode::$status, &self.0)
            }
        }
    )*};
}

json_answers! {
    /// 200 with JSON.
    JsonResponse = OK;
    /// 201 with JSON.
    Created = CREATED;
    /// 202 with JSON.
    Accepted = ACCEPTED;
}

/// 204, without a body.
#[derive(Debug)]
pub struct NoContent;

impl IntoResponse for NoContent {
    fn answers(_: &mut SchemaGenerator) -> Vec<Answer> {
        vec![Answer::other(StatusCode::NO_CONTENT, None)]
    }

    fn into_response(self) -> Response {
        response::no_content()
    }
}

/// 200 with JSON, a value a line (NDJSON).
#[derive(Debug)]
pub struct JsonLines(pub Vec<u8>);

impl JsonLines {
    const MEDIA_TYPE: &str = "application/x-ndjson";
}

impl IntoResponse for JsonLines {
    fn answers(_: &mut SchemaGenerator) -> Vec<Answer> {
        vec![Answer::other(StatusCode::OK, Some(Self::MEDIA_TYPE))]
    }

    fn into_response(self) -> Response {
        response::bytes(StatusCode::OK, Self::MEDIA_TYPE, self.0)
    }
}

/// A redirect (302) to a URL.
#[derive(Debug)]
pub struct Redirect(pub String);

impl IntoResponse for Redirect {
    fn answers(_: &mut SchemaGenerator) -> Vec<Answer> {
        vec![Answer::other(StatusCode::FOUND, None)]
    }

    fn into_response(self) -> Response {
        response::redirect(StatusCode::FOUND, self.0)
    }
}

/// One of two answers.
#[derive(Debug)]
pub enum Either<A, B> {
    /// The first.
    Left(A),
    /// The second.
    Right(B),
}

impl<A: IntoResponse, B: IntoResponse> IntoResponse for Either<A, B> {
    fn answers(generator: &mut SchemaGenerator) -> Vec<Answer> {
        let mut answers = A::answers(generator);
        answers.extend(B::answers(generator));
        answers
    }

    fn into_response(self) -> Response {
        match self {
            Self::Left(answer) => answer.into_response(),
            Self::Right(answer) => answer.into_response(),
        }
    }
}

/// The answer of a handler that refuses everybody.
impl IntoResponse for Infallible {
    fn answers(_: &mut SchemaGenerator) -> Vec<Answer> {
        Vec::new()
    }

    fn into_response(self) -> Response {
        match self {}
    }
}

/// An answer of a type, with further headers.
#[derive(Debug)]
pub struct WithHeaders<R>(Response, PhantomData<R>);

impl<R: IntoResponse> WithHeaders<R> {
    /// The answer with the headers that `add` adds.
    pub fn new(answer: R, add: impl FnOnce(Response) -> Response) -> Self {
        Self(add(answer.into_response()), PhantomData)
    }
}

/// The answer without further headers.
impl<R: IntoResponse> From<R> for WithHeaders<R> {
    fn from(answer: R) -> Self {
        Self(answer.into_response(), PhantomData)
    }
}

impl<R: IntoResponse> IntoResponse for WithHeaders<R> {
    fn answers(generator: &mut SchemaGenerator) -> Vec<Answer> {
        R::answers(generator)
    }

    fn into_response(self) -> Response {
        self.0
    }
}
