//! One request's way through Berth, the same in every component.
//!
//! [`serve`] is the pipeline: it matches the route, finds out who calls, reads the body, asks the policy and calls the handler
//! with a [`Context`] that holds the grant; mail leaves when the answer is sent. What the host provides comes in as a
//! [`Platform`]; nothing here knows Spin.

// What the derives make names this crate from outside.
extern crate self as berth_web;

mod body;
mod caller;
mod concord;
mod context;
mod credentials;
mod device;
mod dialect;
mod error;
mod handler;
mod into_response;
pub mod listing;
mod member;
mod normalize;
pub mod outbound;
pub mod password;
mod password_use;
mod pipeline;
mod platform;
mod quay_paths;
mod query;
mod random;
pub mod rate;
pub mod registry;
pub mod registry_token;
mod request;
pub mod response;
mod retention;
mod route;
mod routing;
pub mod schema;
mod services;
pub mod session;
mod settings;
mod shape;
mod tag_expiration;
mod throttle;
mod token_use;
mod visitor;

pub use berth_access::Address;
pub use berth_derive::{Choice, Json, Query};
pub use body::{Body, Form, OptionalJson, WithQuery, parse};
pub use context::Context;
pub use error::{ApiError, ErrorType, RateLimit};
pub use handler::{At, Endpoint, HandlerResult, WithBody, WithPath, WithPathAndBody, WithoutBody};
pub use http::{Method, StatusCode, header};
pub use into_response::{
    Accepted, Answer, Created, Either, IntoResponse, JsonLines, JsonResponse, NoContent, Redirect,
    WithHeaders,
};
pub use listing::{LIMIT_REFUSAL, ListQuery, ListResponse, Page};
pub use member::{Integer, IntegerOrString, Json, Member, Members, Patch};
pub use outbound::Outbound;
pub use pipeline::{App, BrokenBody, Deferred, Outcome, answered, refuse, serve};
pub use platform::{Clock, Entropy, KeyValue, Platform, PlatformError, Variables};
pub use quay_paths::is_below_a_repository;
pub use query::{Parameter, Parameters, Query};
pub use random::Random;
pub use request::{Request, RequestExt};
pub use response::{Response, ResponseExt};
pub use retention::sweep_later;
pub use route::{BodyLimit, Logs, Route};
pub use routing::{find, find_any, parameters_of, path_parameters};
pub use schema::{Kind, Property, Schema};
pub use serde_json::Value;
pub use services::{BASE_URL, SUPERUSERS, Services};
pub use settings::PIPELINE_SETTINGS;
pub use tag_expiration::tag_expiration_option;
pub use throttle::network;
pub use visitor::{Visitor, WhoCalled};
