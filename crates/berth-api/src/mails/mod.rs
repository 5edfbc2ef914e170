//! Mail: the outbox, its delivery, and what superusers see of it.

pub(crate) mod codes;
pub(crate) mod delivery;
pub(crate) mod handlers;
pub(crate) mod outbox;
mod routes;
mod views;

pub use delivery::deliver_due;
pub use outbox::Content;
pub use routes::ROUTES;
