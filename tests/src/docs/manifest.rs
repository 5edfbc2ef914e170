//! The variables in `spin.toml`: all settings with their defaults, and for each component those that the pipeline reads and
//! its rows declare. The rest of the file is written by hand. `spin-edge.toml` is made of it whole.

use std::fs;

use berth_api::mails::DELIVERY_SETTINGS;
use berth_domain::settings::{self, SettingRow, Settings};
use berth_web::{PIPELINE_SETTINGS, Route};

use crate::components::{COMPONENTS, CONSOLE};
use crate::repository_root;

/// `spin.toml` as it should be: the lines from each heading to the next empty line are replaced.
pub(super) fn text() -> String {
    let path = repository_root().join("spin.toml");
    let mut text = fs::read_to_string(path).expect("spin.toml is there");
    let all: String = settings::ALL.iter().map(declaration).collect();
    replace_section(&mut text, "[variables]", &all);
    for component in COMPONENTS {
        replace_variables(&mut text, component.name, &used(component.name, component.tables, &[]));
    }
    let used = used(CONSOLE, berth_pages::TABLES, berth_pages::SETTINGS);
    replace_variables(&mut text, CONSOLE, &used);
    text
}

/// What the components that have a database are granted in `spin.toml`.
const SQLITE: &str = "sqlite_databases = [\"default\"]\n";

/// `spin-edge.toml`: the same application for hosts without SQLite. Its components are other files, and each that has a database
/// may call its server, and knows where it is.
pub(super) fn edge_text() -> String {
    let manifest = text();
    let (_, manifest) = manifest.split_once('\n').expect("it begins with a comment");
    let all: String = settings::HRANA.iter().map(declaration).collect();
    let used: String = settings::HRANA.iter().map(|row| template(row.name)).collect();
    let blocks = manifest.replace("[variables]\n", &format!("[variables]\n{all}"));
    let mut edge = HEAD.to_owned();
    let mut has_database = false;
    for block in blocks.split_inclusive("\n\n") {
        let block = block
            .replace("target/wasm32-wasip1/", "target/edge/wasm32-wasip1/")
            .replace("cargo build --release", "cargo build --release --target-dir target/edge");
        if block.contains(SQLITE) {
            has_database = true;
            edge.push_str(&granted(&block));
        } else if has_database && block.contains(".variables]\n") {
            has_database = false;
            edge.push_str(&block.replacen(".variables]\n", &format!(".variables]\n{used}"), 1));
        } else if has_database {
            edge.push_str(&block.replace("--package", "--features berth-spin/hrana --package"));
        } else {
            edge.push_str(&block);
        }
    }
    edge
}

/// A component's block with the server in place of SQLite.
fn granted(block: &str) -> String {
    let hosts = "allowed_outbound_hosts = [";
    if block.contains(hosts) {
        let first = format!("{hosts}\"{{{{ database_url }}}}\", ");
        return block.replace(SQLITE, "").replace(hosts, &first);
    }
    block.replace(SQLITE, &format!("{hosts}\"{{{{ database_url }}}}\"]\n"))
}

const HEAD: &str = "\
# Made by `cargo xtask docs` from spin.toml: the same application for hosts that give components no SQLite. Its database is a
# libSQL server. `cargo xtask build --edge` builds its components.
";

/// Writes the variables of a component.
fn replace_variables(text: &mut String, component: &str, used: &[&str]) {
    let names = settings::ALL.iter().map(|row| row.name);
    let lines: String = names.filter(|name| used.contains(name)).map(template).collect();
    replace_section(text, &format!("[component.{component}.variables]"), &lines);
}

/// The names of the settings that a component uses: those of its rows, and others of its own.
fn used(component: &str, tables: &[&'static [Route]], own: Settings) -> Vec<&'static str> {
    let delivery = if delivers_mail(component) { DELIVERY_SETTINGS } else { &[] };
    let shared = [PIPELINE_SETTINGS, delivery, own].into_iter().flatten();
    let shared = shared.map(|setting| setting.name());
    let rows = tables.iter().flat_map(|table| table.iter());
    rows.flat_map(Route::setting_names).chain(shared).collect()
}

/// Whether the component names `mailer` among what it uses of `berth:outbound`.
fn delivers_mail(component: &str) -> bool {
    let list = repository_root().join("components").join(component).join("src/lib.rs");
    fs::read_to_string(list).expect("a source").contains("mailer")
}

fn declaration(row: &SettingRow) -> String {
    let secret = if row.secret { ", secret = true" } else { "" };
    let value = match (row.check)(row.default) {
        Ok(()) => format!("default = \"{}\"", row.default),
        Err(_) => "required = true".to_owned(),
    };
    format!("{} = {{ {value}{secret} }}\n", row.name)
}

/// The line by which a component sees a variable.
fn template(name: &str) -> String {
    format!("{name} = \"{{{{ {name} }}}}\"\n")
}

fn replace_section(text: &mut String, heading: &str, lines: &str) {
    let start = text.find(&format!("\n{heading}\n"));
    let start = start.unwrap_or_else(|| panic!("spin.toml has no {heading}")) + heading.len() + 2;
    let length = text[start..].find("\n\n").map_or(text.len() - start, |length| length + 1);
    text.replace_range(start..start + length, lines);
}
