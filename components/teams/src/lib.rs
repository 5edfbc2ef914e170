//! The component `teams`: teams, members and invitations (`docs/contract/quay.md` part 4), and who is in an organization (1.6 to
//! 1.8).

mod answers;
mod invitations;
mod organization_members;
mod page;
mod routes;
mod team_members;
mod teams;
mod views;

pub use routes::ROUTES;

#[cfg(target_family = "wasm")]
berth_spin::door!(ROUTES, mailer);
