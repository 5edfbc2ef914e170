//! What snapshots leave out: avatars, generated ids, dates and secrets. One place, `tests/surface/redacted.txt`, says which
//! of them an answer holds. So neither a further random value nor another avatar changes unrelated snapshots.

use chrono::DateTime;
use serde_json::{Map, Value};

use crate::platform::START;

/// The members of JSON and the parameters of queries and forms that hold secrets.
pub const SECRETS: [&str; 16] = [
    "_csrf_token",
    "access_token",
    "client_secret",
    "code",
    "code_verifier",
    "csrf_token",
    "csrf_token_val",
    "encrypted_password",
    "invite_code",
    "key",
    "password",
    "setup_token",
    "status_token",
    "token",
    "token_code",
    "upstream_registry_password",
];

/// Generated words that are known by the names of their members or parameters.
struct Kind {
    names: &'static [&'static str],
    /// In bytes; a shorter value was given by a test.
    shortest: usize,
    shown: &'static str,
}

const KINDS: [Kind; 3] = [
    Kind { names: &SECRETS, shortest: 16, shown: "<secret>" },
    Kind { names: &["client_id", "clientId"], shortest: 20, shown: "<client id>" },
    Kind { names: &["kid"], shortest: 59, shown: "<key id>" },
];

/// What a snapshot shows in the place of `value`, the member `name` of an object; `None`: the value itself.
#[must_use]
pub fn redaction(name: &str, value: &Value) -> Option<String> {
    if name == "value" && value.as_str().is_some_and(|text| text.starts_with("http://127.0.0.1:")) {
        return Some("<address of a test>".to_owned());
    }
    if name == "avatar" {
        let is_one = value.is_string() || value.get("hash").is_some();
        return is_one.then(|| "<avatar>".to_owned());
    }
    let text = value.as_str()?;
    if let Some(seconds) = seconds_since_start(text) {
        return Some(shown_time(seconds));
    }
    match name {
        "next_page" => return Some("<page>".to_owned()),
        "cursor" => return Some("<cursor>".to_owned()),
        _ if is_uuid(text) => return Some("<uuid>".to_owned()),
        _ => {}
    }
    let is_word = text.chars().all(is_of_word);
    let known = KINDS.iter().find(|kind| kind.names.contains(&name) && !is_error_code(text));
    if let Some(kind) = known.filter(|kind| is_word && text.len() >= kind.shortest) {
        return Some(kind.shown.to_owned());
    }
    let shown = redacted_parameters(text);
    (shown != text).then_some(shown)
}

/// Whether a text is the code of an error, as registries have them (`NAME_UNKNOWN`), and so no secret.
#[must_use]
pub fn is_error_code(text: &str) -> bool {
    text.len() <= 24 && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
}

/// Letters of generated words.
fn is_of_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "-_.~+/:%$".contains(letter)
}

/// `json` as snapshots show it.
#[must_use]
pub fn redacted(json: Value) -> Value {
    match json {
        Value::Object(members) => Value::Object(redacted_members(members)),
        Value::Array(items) => items.into_iter().map(redacted).collect(),
        other => other,
    }
}

fn redacted_members(members: Map<String, Value>) -> Map<String, Value> {
    let members = members.into_iter().map(|(name, value)| match redaction(&name, &value) {
        Some(text) => (name, text.into()),
        None => (name, redacted(value)),
    });
    members.collect()
}

/// A text as snapshots show it: JSON, a value a line too, or not.
#[must_use]
pub fn redacted_text(text: &str) -> String {
    if let Some(json) = redacted_json(text) {
        return json;
    }
    let lines: Option<Vec<String>> = text.lines().map(redacted_json).collect();
    lines
        .filter(|lines| lines.len() > 1)
        .map_or_else(|| redacted_parameters(text), |lines| lines.join("\n"))
}

fn redacted_json(text: &str) -> Option<String> {
    match serde_json::from_str::<Value>(text) {
        Ok(json @ (Value::Object(_) | Value::Array(_))) => Some(redacted(json).to_string()),
        _ => None,
    }
}

/// A page without what its hidden fields hold and what the names of its files say of their content, an address without what its parameters hold.
fn redacted_parameters(text: &str) -> String {
    let mut text = text.to_owned();
    for file in ["style", "script", "mark"] {
        let kind = &Kind { names: &[], shortest: 16, shown: "<hash>" };
        text = redact_behind(&text, &format!("/console/{file}-"), kind);
    }
    for kind in &KINDS {
        for name in kind.names {
            text = redact_behind(&text, &format!("name=\"{name}\" value=\""), kind);
            for sign in ['?', '&', '#', ';', '"'] {
                text = redact_behind(&text, &format!("{sign}{name}="), kind);
            }
        }
    }
    text
}

fn redact_behind(text: &str, marker: &str, kind: &Kind) -> String {
    let mut parts = text.split(marker);
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|letter| !is_of_word(letter)).unwrap_or(part.len());
        let (word, rest) = part.split_at(end);
        shown += marker;
        shown += if word.len() < kind.shortest { word } else { kind.shown };
        shown += rest;
    }
    shown
}

fn is_uuid(text: &str) -> bool {
    let groups = text.split('-').map(str::len);
    groups.eq([8, 4, 4, 4, 12]) && text.chars().all(|c| c.is_ascii_hexdigit() || c == '-')
}

/// Of a date in one of the two forms of the API, how long after the start of the test's clock it is.
fn seconds_since_start(text: &str) -> Option<i64> {
    let date = DateTime::parse_from_rfc2822(text).or_else(|_| DateTime::parse_from_rfc3339(text));
    Some(date.ok()?.timestamp() - START)
}

/// `<start>`, `<start+7d>`, `<start-5s>`.
fn shown_time(seconds: i64) -> String {
    match seconds {
        0 => "<start>".to_owned(),
        _ if seconds % 86_400 == 0 => format!("<start{:+}d>", seconds / 86_400),
        _ => format!("<start{seconds:+}s>"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn generated_values_are_redacted() {
        let long = "A".repeat(40);
        let json = json!({
            "avatar": { "name": "ana", "hash": "1" },
            "items": [{ "uuid": "969f4d30-eaf9-4f28-b330-37213230d9e4", "token": long }],
            "created": "Sun, 29 Nov 2026 06:28:07 -0000",
            "expires_at": "2026-11-22T06:28:02Z",
            "client_id": "MV0D41KI4S9A8391YPED",
        });
        let expected = json!({
            "avatar": "<avatar>",
            "items": [{ "uuid": "<uuid>", "token": "<secret>" }],
            "created": "<start+7d>",
            "expires_at": "<start-5s>",
            "client_id": "<client id>",
        });
        assert_eq!(redacted(json), expected);
        let page =
            format!("<a href=\"/x?code={long}&b=1\"><input name=\"_csrf_token\" value=\"{long}\">");
        assert_eq!(
            redacted_text(&page),
            "<a href=\"/x?code=<secret>&b=1\"><input name=\"_csrf_token\" value=\"<secret>\">"
        );
    }

    #[test]
    fn what_is_not_generated_is_shown() {
        let json = json!({
            "avatar": { "$ref": "#/definitions/Avatar" },
            "token": "", "code": "short", "password": null,
            "client_id": "automation",
            "message": "no 969f4d30-eaf9-4f28-b330-37213230d9e4",
            "token_type": "x".repeat(40),
        });
        assert_eq!(redacted(json.clone()), json);
    }
}
