//! `docs/limits.md`, from the tables of limits.

use std::fmt::Write as _;

use berth_domain::limits::{Beyond, FIXED, OWNED};
use berth_domain::settings;

const HEAD: &str = "\
# Limits

<!-- Made by `cargo xtask docs` from crates/berth-domain/src/limits.rs. -->

## How much somebody may own

Each limit is a setting ([settings.md](settings.md)), for everybody: superusers are not exempt. The database counts in the
statement that inserts, so that requests at the same moment do not exceed it together. It is counted wherever something comes
from: default permissions count on each new repository, and the account of a user that becomes an organization counts for who
takes it over. What is deleted, and what is expired, makes room.

Where a setting was lowered below what somebody has, they keep it and get no more of it. While replicas have different values,
now one counts and now the other.

A namespace is an organization or a user.

| setting | default | beyond it |
|---|---|---|
";

const FIXED_HEAD: &str = "
## What no setting changes

What the host limits besides, headers and connections above all, is in [deployment.md](deployment.md#limits).

| at most | what |
|---|---|
";

pub(super) fn text() -> String {
    let mut text = HEAD.to_owned();
    for limit in OWNED {
        let beyond = match limit.beyond {
            Beyond::Refused => format!("400: {}", limit.sentence(limit.default())),
            Beyond::OldestDeleted => "the oldest are deleted, dismissed ones first".into(),
            Beyond::Ignored => "what the registry has beyond it is not known".into(),
        };
        let (name, most) = (limit.setting.name, limit.default());
        let _ = writeln!(text, "| `{name}` | {most} | {beyond} |");
    }
    let sessions = settings::ALL.iter().find(|row| row.name == "sessions_per_account");
    let most = sessions.map_or("", |row| row.default);
    let _ = writeln!(text, "| `sessions_per_account` | {most} | the oldest end |");
    text.push_str(FIXED_HEAD);
    for limit in FIXED {
        let _ = writeln!(text, "| {} {} | {} |", limit.most, limit.unit, limit.about);
    }
    text
}
