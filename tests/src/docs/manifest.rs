//! The variables in `spin.toml`: all settings with their defaults, and for each component those that the pipeline reads and
//! its rows declare. The rest of the file is written by hand.

use std::fs;

use berth_api::mails::DELIVERY_SETTINGS;
use berth_domain::settings::{self, SettingRow};
use berth_web::{PIPELINE_SETTINGS, Route};

use crate::components::{COMPONENTS, Component};
use crate::repository_root;

/// `spin.toml` as it should be: the lines from each heading to the next empty line are replaced.
pub(super) fn text() -> String {
    let path = repository_root().join("spin.toml");
    let mut text = fs::read_to_string(path).expect("spin.toml is there");
    let all: String = settings::ALL.iter().map(declaration).collect();
    replace_section(&mut text, "[variables]", &all);
    for component in COMPONENTS {
        let used = used(*component);
        let lines: String = settings::ALL
            .iter()
            .map(|row| row.name)
            .filter(|name| used.contains(name))
            .map(|name| format!("{name} = \"{{{{ {name} }}}}\"\n"))
            .collect();
        replace_section(&mut text, &format!("[component.{}.variables]", component.name), &lines);
    }
    text
}

/// The names of the settings that a component uses.
fn used(component: Component) -> Vec<&'static str> {
    let delivery = if delivers_mail(component) { DELIVERY_SETTINGS } else { &[] };
    let shared = PIPELINE_SETTINGS.iter().chain(delivery).map(|setting| setting.name());
    component.rows().flat_map(Route::setting_names).chain(shared).collect()
}

/// Whether the component's `resources!` names `mailer`.
fn delivers_mail(component: Component) -> bool {
    let list = repository_root().join("components").join(component.name).join("src/lib.rs");
    fs::read_to_string(list).expect("a source").contains("mailer")
}

fn declaration(row: &SettingRow) -> String {
    let secret = if row.secret { ", secret = true" } else { "" };
    format!("{} = {{ default = \"{}\"{secret} }}\n", row.name, row.default)
}

fn replace_section(text: &mut String, heading: &str, lines: &str) {
    let start = text.find(&format!("\n{heading}\n"));
    let start = start.unwrap_or_else(|| panic!("spin.toml has no {heading}")) + heading.len() + 2;
    let length = text[start..].find("\n\n").map_or(text.len() - start, |length| length + 1);
    text.replace_range(start..start + length, lines);
}
