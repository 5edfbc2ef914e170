//! The parts that the transcripts leave out: the avatars and dates of every answer, and the form of random
//! values.

use berth_test::redaction;
use serde_json::Value;

/// The parts of `json` that are left out, a line each: where it is (`*` for every item of a list), and what it
/// is.
pub(super) fn redactions(json: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    collect(json, "", &mut lines);
    lines.dedup();
    lines
}

fn collect(json: &Value, path: &str, lines: &mut Vec<String>) {
    match json {
        Value::Object(members) => {
            for (name, value) in members {
                let path = format!("{path}/{name}");
                match redaction(name, value) {
                    Some(shown) => lines.push(format!("{path} {}", whole(value, &shown))),
                    None => collect(value, &path, lines),
                }
            }
        }
        Value::Array(items) => {
            items.iter().for_each(|item| collect(item, &format!("{path}/*"), lines));
        }
        _ => {}
    }
}

/// Avatars and dates as they are; for random values, their length and their kind of letters.
fn whole(value: &Value, shown: &str) -> String {
    match value {
        Value::String(text) if !shown.starts_with("<start") && !shown.starts_with("<avatar") => {
            format!("{shown}: {}", form(text))
        }
        Value::String(text) => text.clone(),
        // A robot's comes from its address, which is random.
        Value::Object(avatar) if avatar.get("kind").is_some_and(|kind| kind == "robot") => {
            let is_random = |name: &&str| ["hash", "color"].contains(name);
            let (name, kind) = (&avatar["name"], &avatar["kind"]);
            let members = avatar.keys().map(String::as_str).filter(is_random).collect::<Vec<_>>();
            format!("{name} {kind}, {} are random", members.join(" and "))
        }
        other => other.to_string(),
    }
}

/// An address contains words of several kinds: its form is not shown.
fn form(text: &str) -> String {
    let all = |is_one: fn(char) -> bool| text.chars().all(is_one);
    let letters = match () {
        () if all(|c| matches!(c, '0'..='9' | 'a'..='f' | '-')) => "0-9a-f-",
        () if all(|c| matches!(c, '0'..='9' | 'A'..='Z')) => "0-9A-Z",
        () if all(|c| c.is_ascii_alphanumeric() || "-_".contains(c)) => "0-9A-Za-z_-",
        () => return "a text".to_owned(),
    };
    format!("{} of {letters}", text.len())
}
