//! The variables in `spin.toml`: all settings with their defaults, and for each component those that its code names: the
//! pipeline, the resources that it lists, and what these use of others. The rest of the file is written by hand.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use berth_domain::settings::{self, SettingRow};

use crate::components::COMPONENTS;
use crate::repository_root;

/// `spin.toml` as it should be: the lines from each heading to the next empty line are replaced.
pub(super) fn text() -> String {
    let path = repository_root().join("spin.toml");
    let mut text = fs::read_to_string(path).expect("spin.toml is there");
    let all: String = settings::ALL.iter().map(declaration).collect();
    replace_section(&mut text, "[variables]", &all);
    let web: String = sources(&repository_root().join("crates/berth-web/src"))
        .iter()
        .map(|path| read(path))
        .collect();
    for component in COMPONENTS {
        let code = web.clone() + &code(component.name);
        let seen: String = settings::ALL
            .iter()
            .map(|row| row.name)
            .filter(|name| names(&code, name))
            .map(|name| format!("{name} = \"{{{{ {name} }}}}\"\n"))
            .collect();
        replace_section(&mut text, &format!("[component.{}.variables]", component.name), &seen);
    }
    text
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

/// The code of a component: the folders that its `resources!` lists, mail's delivery if it names `mailer`, and every
/// file of `berth-api` that these import.
/// file of `berth-api` that these import.
fn code(component: &str) -> String {
    let api = repository_root().join("crates/berth-api/src");
    let list = repository_root().join("components").join(component).join("src/lib.rs");
    let list = read(&list);
    let mut open: Vec<PathBuf> =
        list.match_indices("::").map(|(end, _)| api.join(last_word(&list[..end]))).collect();
    open.retain(|folder| folder.is_dir());
    open = open.iter().flat_map(|folder| sources(folder)).collect();
    if list.contains(", mailer)") {
        open.push(api.join("mails/delivery.rs"));
    }
    let mut seen = BTreeMap::new();
    while let Some(path) = open.pop() {
        if seen.contains_key(&path) {
            continue;
        }
        let text = read(&path);
        open.extend(imports(&text).filter_map(|path| {
            let file = api.join(format!("{path}.rs"));
            file.is_file().then_some(file)
        }));
        seen.insert(path, text);
    }
    seen.into_values().collect()
}

/// The modules of its crate that a source names, as paths below `src`, and their parents.
fn imports(text: &str) -> impl Iterator<Item = String> {
    text.split("crate::").skip(1).flat_map(|rest| {
        let is_of_path = |c: char| c.is_ascii_lowercase() || c == '_' || c == ':';
        let path = rest.split(|c| !is_of_path(c)).next().unwrap_or_default();
        let names: Vec<&str> = path.split("::").filter(|name| !name.is_empty()).collect();
        (1..=names.len()).map(|length| names[..length].join("/")).collect::<Vec<_>>()
    })
}

fn last_word(text: &str) -> &str {
    let start = text.rfind(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    &text[start.map_or(0, |start| start + 1)..]
}

/// The sources below `directory`.
fn sources(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).expect("a directory of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

fn read(source: &Path) -> String {
    fs::read_to_string(source).expect("a source")
}

/// Whether `text` names the constant of the setting `name`: the same in capitals, as a whole word.
fn names(text: &str, name: &str) -> bool {
    let constant = name.to_ascii_uppercase();
    let is_part =
        |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    text.match_indices(&constant).any(|(start, _)| {
        let before = start.checked_sub(1).and_then(|index| text.as_bytes().get(index));
        !is_part(before) && !is_part(text.as_bytes().get(start + constant.len()))
    })
}
