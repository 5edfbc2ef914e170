//! Comparing an answer with a recorded one: both are brought to a form in which random, dated and unordered parts of
//! Quay's answers look the same, and must then be equal.

use serde_json::{Map, Value};

/// Lists that Quay does not order: its answers on SQLite and on PostgreSQL differ in nothing but their order.
const UNORDERED: &[&str] = &[
    "organizations",
    "members",
    "teams",
    "repositories",
    "permissions",
    "prototypes",
    "scopes",
    "authorizations",
    "users",
    "notifications",
    "collaborators",
];

/// Members whose values are random.
const RANDOM: &[&str] = &[
    "client_id",
    "client_secret",
    "token",
    "id",
    "uuid",
    "code",
    "csrf_token",
    "csrf_token_val",
    "access_token",
    "encrypted_password",
    "status_token",
    "next_page",
];

/// Members that show the progress of a worker of Quay when the case was recorded; here there is no such work.
const PROGRESS: &[&str] = &["running_backfill", "backfill_status"];

/// The form of an answer in which it is compared. `base` is the address of the server.
pub(crate) fn normalize(value: &Value, base: &str) -> Value {
    normalize_member("", value, base)
}

fn normalize_member(name: &str, value: &Value, base: &str) -> Value {
    match value {
        Value::Object(members) => {
            let members = members.iter().filter(|(_, member)| !is_ghost(member));
            let mut members: Vec<_> = members
                .map(|(name, member)| (name.clone(), normalize_member(name, member, base)))
                .collect();
            members.sort_by(|(left, _), (right, _)| left.cmp(right));
            Value::Object(members.into_iter().collect::<Map<_, _>>())
        }
        Value::Array(items) => {
            let items = items.iter().filter(|item| !is_ghost(item) && !is_uuid_text(name, item));
            let mut items: Vec<Value> =
                items.map(|item| normalize_member("", item, base)).collect();
            if UNORDERED.contains(&name) {
                items.sort_by_cached_key(sort_key);
            }
            Value::Array(items)
        }
        Value::String(text) if RANDOM.contains(&name) && !text.is_empty() => "<random>".into(),
        Value::String(_) if PROGRESS.contains(&name) => "<progress>".into(),
        Value::Number(_) if RANDOM.contains(&name) => "<random number>".into(),
        Value::Number(number) => normalize_number(number),
        Value::String(text) => normalize_text(text, base).into(),
        other => other.clone(),
    }
}

/// `86400.0` and `86400` are the same number.
fn normalize_number(number: &serde_json::Number) -> Value {
    number.as_f64().map_or(Value::Null, Value::from)
}

/// The first line of a schema violation, dates as their form, avatars inside text without their random parts.
fn normalize_text(text: &str, base: &str) -> String {
    if let Some((first, _)) = text.split_once("\n\nFailed validating") {
        return first.to_owned();
    }
    if let Some(form) = date_form(text) {
        return form.to_owned();
    }
    let text = text.replace(base, "{{base}}").replace("http://registry.example", "{{base}}");
    let text = text.replace("http://localhost:3000", "{{base}}");
    match serde_json::from_str::<Value>(&text) {
        Ok(Value::Object(mut members)) => {
            members.remove("hash");
            members.remove("color");
            Value::Object(members).to_string()
        }
        _ => text,
    }
}

fn date_form(text: &str) -> Option<&'static str> {
    let digits_as_nines: String =
        text.chars().map(|c| if c.is_ascii_digit() { '9' } else { c }).collect();
    let tail = digits_as_nines.get(3..).unwrap_or_default();
    if tail.starts_with(", 99 ") && tail.ends_with(" 99:99:99 -9999") {
        return Some("<RFC 2822 date>");
    }
    let iso = digits_as_nines.starts_with("9999-99-99T99:99:99");
    iso.then_some("<ISO 8601 date>")
}

/// Deleted organizations that Quay still shows under a random UUID.
fn is_ghost(value: &Value) -> bool {
    value.get("namespace").and_then(Value::as_str).is_some_and(is_uuid)
}

/// Deleted repositories that Quay still shows under a random UUID.
fn is_uuid_text(list: &str, item: &Value) -> bool {
    list == "repositories" && item.as_str().is_some_and(is_uuid)
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(position, byte)| match position {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

fn sort_key(value: &Value) -> String {
    let name = ["name", "username", "email"].iter().find_map(|name| value.get(name)?.as_str());
    format!("{} {value}", name.unwrap_or_default())
}

/// The random parts of our answers too: avatars and addresses of accounts without an e-mail address.
pub(crate) fn forget_avatars(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match (name.as_str(), &member) {
                    ("hash" | "color", Value::String(_)) => *member = "<avatar>".into(),
                    ("email", Value::String(text)) if is_uuid(text) => *member = "<random>".into(),
                    _ => forget_avatars(member),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(forget_avatars),
        _ => {}
    }
}

/// Makes the leaves at these JSON pointers look random on both sides.
pub(crate) fn blank(value: &mut Value, pointers: &[String]) {
    for pointer in pointers {
        if let Some(leaf) = value.pointer_mut(pointer) {
            match leaf {
                Value::String(text) if !text.is_empty() => *leaf = "<random>".into(),
                Value::Number(_) => *leaf = "<random number>".into(),
                _ => {}
            }
        }
    }
}

/// Where two normalized answers differ: JSON pointer, wanted, got. Empty when they are equal.
pub(crate) fn differences_of(wanted: &Value, got: &Value) -> Vec<String> {
    let mut found = Vec::new();
    walk(wanted, got, "", &mut found);
    found
}

fn walk(wanted: &Value, got: &Value, pointer: &str, found: &mut Vec<String>) {
    match (wanted, got) {
        (Value::Object(left), Value::Object(right)) => {
            for (name, member) in left {
                match right.get(name) {
                    Some(other) => walk(member, other, &format!("{pointer}/{name}"), found),
                    None => found.push(format!("{pointer}/{name}: missing")),
                }
            }
            let extra = right.keys().filter(|name| !left.contains_key(*name));
            found.extend(extra.map(|name| format!("{pointer}/{name}: not expected")));
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            for (position, (member, other)) in left.iter().zip(right).enumerate() {
                walk(member, other, &format!("{pointer}/{position}"), found);
            }
        }
        (wanted, got) if wanted == got => {}
        (wanted, got) => found.push(format!("{pointer}: expected {wanted}, got {got}")),
    }
}
