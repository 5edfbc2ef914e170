//! The OAuth flows (`docs/contract/quay.md` 5.7 to 5.11; RFC 6749, 7009, 7636, 7662, 8414): one file per endpoint.
//!
//! Answers go to a [`redirect::Target`] only, which nobody can make but by verification.

mod answers;
pub(crate) mod assign;
pub(crate) mod authorize;
pub(crate) mod client;
pub(crate) mod grant;
pub(crate) mod inspect;
pub(crate) mod local;
pub(crate) mod metadata;
mod pages;
mod person;
mod redirect;
mod request;
mod routes;
pub(crate) mod sign_in;
pub(crate) mod token;
mod views;

pub use routes::ROUTES;
