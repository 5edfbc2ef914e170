//! Who may do what.
//!
//! A [`Principal`] (who calls, on what authority) and [`Facts`] (what the database says of the caller and of the thing
//! that they address) go into [`authorize`], which yields a [`Grant`] or a [`Denied`]. Nothing else makes a grant, and
//! the store needs one for whatever it does to organization state. Pure: no database, no clock, no request.

mod address;
mod facts;
mod permission;
mod permits;
mod policy;
mod principal;
mod scope;
mod superusers;
mod target;

pub use address::{
    Address, ApplicationPath, ClientPath, NamedOrganization, NamespacePath, OrganizationPath,
    OrganizationRepository, OwnRepository, Path, PathParameters, RegistryPath, RepositoryPath,
    TeamPath, UserPath, in_body,
};
pub use facts::Facts;
pub use permission::{Permission, Permit};
pub use permits::*;
pub use policy::{Denied, Grant, Rights, authorize};
pub use principal::{
    AppToken, Authority, Caller, Principal, RepositoryAccess, SuperuserPowers, Token, TokenHolder,
};
pub use scope::{InvalidScope, Scope, ScopeSet};
pub use superusers::Superusers;
pub use target::*;
