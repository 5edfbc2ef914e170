//! Accounts of people: the first one, sign-up, one's own, those that superusers keep (`docs/contract/quay.md` part 5).

mod bodies;
pub(crate) mod first_user;
pub(crate) mod handlers;
pub(crate) mod own;
mod routes;
pub(crate) mod sign_up;
pub(crate) mod superuser;
pub(crate) mod views;

pub use routes::ROUTES;
