//! All SQL of Berth.
//!
//! [`db`] is the seam to SQLite, [`migrate`] makes `schema.sql` and brings it up to date, every other module is a group of tables. What
//! reads or changes organization state takes a [`Grant`](berth_access::Grant), never a bare id; what changes anything
//! takes a [`Transaction`].

// What the derive makes names this crate from outside.
extern crate self as berth_store;

pub mod access;
pub mod accounts;
pub mod app_tokens;
pub mod applications;
pub mod assignments;
pub mod auth;
pub mod autoprune;
pub mod codes;
pub mod concord;
pub mod content;
pub mod db;
pub mod default_permissions;
pub mod entities;
pub mod events;
pub mod grantees;
pub mod invitations;
pub mod limits;
pub mod listing;
pub mod logs;
pub mod mails;
pub mod members;
pub mod messages;
mod migrate;
pub mod notifications;
pub mod organizations;
pub mod permissions;
pub mod proxy_cache;
pub mod quotas;
pub mod repositories;
pub mod retention;
pub mod robots;
pub mod sessions;
pub mod signing_keys;
pub mod tags;
pub mod teams;
pub mod tokens;
pub mod upstream_checks;
pub mod users;

pub use db::{
    BatchError, Constraint, Database, DatabaseError, FromValue, Row, Statement, StoreError,
    Transaction, Value, returned, transaction,
};
pub use migrate::{SCHEMA_VERSION, SchemaState, migrate, schema_state};
