//! The component `identity`: accounts of people (`docs/contract/quay.md` 5.1 to 5.4, 5.11, 10.6), one file per topic.

mod account;
mod email_links;
mod entities;
mod first_user;
mod mail;
mod notifications;
mod own_account;
mod page;
mod routes;
mod sign_in;
mod sign_up;
mod superuser_mails;
mod superuser_organizations;
mod superuser_users;
mod views;

pub use routes::ROUTES;

#[cfg(target_family = "wasm")]
berth_spin::door!(ROUTES, mailer);
