//! The resources, by their route tables on in-memory SQLite: a folder each, as in `src/`.

#![expect(clippy::too_many_lines, reason = "one story, or one table, is a test")]

mod app_tokens;
mod applications;
mod auth;
mod authorizations;
mod autoprune;
mod common;
mod concord;
mod content;
mod default_permissions;
mod entities;
mod events;
mod invitations;
mod logs;
mod mails;
mod members;
mod messages;
mod notifications;
mod oauth;
mod organizations;
mod permissions;
mod proxy_cache;
mod quotas;
mod rates;
mod repositories;
mod robots;
mod sessions;
mod signing_keys;
mod system;
mod tags;
mod teams;
mod users;
