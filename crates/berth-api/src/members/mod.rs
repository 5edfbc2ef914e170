//! People and robots in the teams of an organization (`docs/contract/quay.md` 1.6 to 1.8, 4).

mod bodies;
pub(crate) mod organization;
mod routes;
pub(crate) mod team;
pub(crate) mod views;

pub use routes::ROUTES;
