//! `docs/settings.md`, from the settings table.

use std::fmt::Write as _;

use berth_domain::settings::{self, SettingRow};

const HEAD: &str = "\
# Settings

<!-- Made by `cargo xtask docs` from crates/berth-domain/src/settings.rs. -->

Each setting is a variable of `spin.toml`. Give it a value with `cargo xtask up --variable NAME=VALUE`, with the environment
variable `SPIN_VARIABLE_` followed by the name in capitals, or with any variable provider of your Spin host. Quay's `FEATURE_X`
is `feature_x`. A component sees only the settings that its block in `spin.toml` names.

A value that cannot be used stops nothing by itself: every request that needs the setting answers 500, and the log says which
setting it is and what a value looks like. The value is not repeated there; it may be a secret.

| setting | default | values | meaning |
|---|---|---|---|
";

const HRANA_HEAD: &str = "
## Hosts without SQLite

`spin-edge.toml` has two more:

| setting | default | values | meaning |
|---|---|---|---|
";

pub(super) fn text() -> String {
    format!("{HEAD}{}{HRANA_HEAD}{}", rows(settings::ALL), rows(settings::HRANA))
}

fn rows(rows: &[SettingRow]) -> String {
    let mut text = String::new();
    for row in rows {
        let default = match row.default {
            "" => String::new(),
            default => format!("`{default}`"),
        };
        let secret = if row.secret { " **Secret.**" } else { "" };
        let _ =
            writeln!(text, "| `{}` | {default} | {} | {}{secret} |", row.name, row.kind, row.about);
    }
    text
}
