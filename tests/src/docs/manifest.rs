//! The variables in `spin.toml`: all settings with their defaults, and for each component those that its code names (those
//! of `berth_web::mail` only if it sends any). The rest
//! of the file is written by hand.

use std::fs;
use std::path::{Path, PathBuf};

use berth_domain::settings::{self, SettingRow};

use crate::components::COMPONENTS;
use crate::host::repository_root;

/// `spin.toml` as it should be: the lines from each heading to the next empty line are replaced.
pub(super) fn text() -> String {
    let path = repository_root().join("spin.toml");
    let mut text = fs::read_to_string(path).expect("spin.toml is there");
    let all: String = settings::ALL.iter().map(declaration).collect();
    replace_section(&mut text, "[variables]", &all);
    let web = repository_root().join("crates/berth-web/src");
    let (mail, web): (Vec<_>, Vec<_>) =
        sources(&web).into_iter().partition(|source| is_mail(source));
    let (mail, web) = (read(&mail), read(&web));
    for component in COMPONENTS {
        let source = repository_root().join("components").join(component.name).join("src");
        let mut code = web.clone() + &read(&sources(&source));
        if code.contains("berth_web::mail::") {
            code.push_str(&mail);
        }
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

/// Whether a source of `berth-web` is part of its module `mail`.
fn is_mail(source: &Path) -> bool {
    source.ends_with("src/mail.rs")
        || source.parent().is_some_and(|parent| parent.ends_with("src/mail"))
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

fn read(sources: &[PathBuf]) -> String {
    sources.iter().map(|path| fs::read_to_string(path).expect("a source")).collect()
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
