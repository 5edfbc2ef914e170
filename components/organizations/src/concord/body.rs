//! What requests to Concord's API carry, and when it cannot be read (`contract/concord.md` 1.1, 3, 4).

use berth_store::concord::Wanted;
use berth_web::{ApiError, Body, Request, Schema, concord::accepts};
use serde_json::{Map, Value};

/// The most that `meta` or `cfg` may be, as JSON text, in bytes.
const LARGEST_DOCUMENT: usize = 65_536;

/// The pattern of names, as messages print it.
const KEY_PATTERN: &str = r#"^[0-9a-zA-Z][0-9a-zA-Z_@.\-~]{2,127}$"#;

/// `OrganizationEntry` of a request (4.2): everything may be left out, and null is as good as absent.
pub(crate) struct EntryBody {
    /// The organization to change, in lower case.
    pub(super) id: Option<String>,
    /// The name to find it by, or its new name.
    pub(super) name: Option<String>,
    /// Its owner from now on.
    pub(super) owner: Option<Wanted>,
    /// `PUBLIC` or `PRIVATE`.
    pub(super) visibility: Option<&'static str>,
    /// JSON text.
    pub(super) meta: Option<String>,
    /// JSON text.
    pub(super) cfg: Option<String>,
}

impl Body for EntryBody {
    const SCHEMA: Option<&'static Schema> = None;

    fn read(request: &Request) -> Result<Self, ApiError> {
        if !request.has_plain_json_type() {
            return Err(ApiError::Plain(415, "".into()));
        }
        if !accepts(request, "application/json") {
            return Err(ApiError::Plain(406, "".into()));
        }
        let members = first_object(&request.body)?;
        let entry = Self {
            id: uuid(&members)?,
            name: text(&members, "name")?,
            owner: owner(&members)?,
            visibility: visibility(&members)?,
            meta: document(&members, "meta")?,
            cfg: document(&members, "cfg")?,
        };
        match &entry.name {
            Some(name) if !is_key(name) => {
                Err(key_violation(&format!("must match \"{KEY_PATTERN}\"")))
            }
            _ => Ok(entry),
        }
    }
}

/// `confirmation=yes`, in any case: asked for before anything else, whoever calls.
pub(crate) struct Confirmation;

impl Body for Confirmation {
    const SCHEMA: Option<&'static Schema> = None;

    fn read(request: &Request) -> Result<Self, ApiError> {
        let query = request.query();
        let confirmation = query.get("confirmation").unwrap_or_default();
        if confirmation.eq_ignore_ascii_case("yes") {
            Ok(Self)
        } else {
            Err(ApiError::Text(400, "Operation must be confirmed".into()))
        }
    }
}

/// A name that breaks its rule.
pub(super) fn key_violation(message: &str) -> ApiError {
    let place = "OrganizationEntry.createOrUpdate.arg0.name";
    ApiError::Violations(vec![(place.into(), message.into())])
}

/// Names have 3 to 128 characters, all ASCII, the first a letter or a digit (4.1).
fn is_key(name: &str) -> bool {
    (3..=128).contains(&name.len())
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_@.-~".contains(&byte))
}

/// The first JSON value of a body, which must be an object; what follows it is ignored.
fn first_object(body: &[u8]) -> Result<Map<String, Value>, ApiError> {
    let mut values = serde_json::Deserializer::from_slice(body).into_iter::<Value>();
    match values.next() {
        Some(Ok(Value::Object(members))) => Ok(members),
        Some(Ok(Value::Null)) | None => {
            Err(unreadable("java.lang.NullPointerException: the body is empty"))
        }
        Some(Ok(_)) => Err(mismatch("the body", "an object")),
        Some(Err(error)) => {
            Err(unreadable(&format!("com.fasterxml.jackson.core.JsonParseException: {error}")))
        }
    }
}

/// Concord sends these with status 500; the text is kept for clients that match it.
fn unreadable(text: &str) -> ApiError {
    ApiError::Text(400, format!("ERROR: {text}"))
}

fn mismatch(what: &str, wanted: &str) -> ApiError {
    unreadable(&format!(
        "com.fasterxml.jackson.databind.exc.MismatchedInputException: {what} must be {wanted}"
    ))
}

fn given<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    members.get(name).filter(|value| !value.is_null())
}

fn text(members: &Map<String, Value>, name: &str) -> Result<Option<String>, ApiError> {
    match given(members, name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(mismatch(name, "a string")),
    }
}

/// A UUID in lower case; an empty text counts as absent.
fn uuid(members: &Map<String, Value>) -> Result<Option<String>, ApiError> {
    let Some(text) = text(members, "id")?.filter(|text| !text.is_empty()) else { return Ok(None) };
    let well_formed = text.len() == 36
        && text.bytes().enumerate().all(|(position, byte)| match position {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        });
    if well_formed { Ok(Some(text.to_ascii_lowercase())) } else { Err(mismatch("id", "a UUID")) }
}

/// An owner is named by id, or else by user name; one that has neither counts as absent (4.3).
fn owner(members: &Map<String, Value>) -> Result<Option<Wanted>, ApiError> {
    let Some(owner) = given(members, "owner") else { return Ok(None) };
    let Value::Object(owner) = owner else { return Err(mismatch("owner", "an object")) };
    if let Some(uuid) = uuid(owner)? {
        return Ok(Some(Wanted::Uuid(uuid)));
    }
    let name = text(owner, "username")?.filter(|name| !name.is_empty());
    Ok(name.map(Wanted::Name))
}

/// The exact name, or its position as a number or as text.
fn visibility(members: &Map<String, Value>) -> Result<Option<&'static str>, ApiError> {
    let Some(value) = given(members, "visibility") else { return Ok(None) };
    let written = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    };
    match written.as_str() {
        "PUBLIC" | "0" => Ok(Some("PUBLIC")),
        "PRIVATE" | "1" => Ok(Some("PRIVATE")),
        _ => Err(mismatch("visibility", "PUBLIC or PRIVATE")),
    }
}

/// A JSON document as it is kept: members that are null are dropped, at every depth of objects, and so is NUL in texts.
fn document(members: &Map<String, Value>, name: &str) -> Result<Option<String>, ApiError> {
    let document = match given(members, name) {
        None => return Ok(None),
        Some(document @ Value::Object(_)) => cleaned(document).to_string(),
        Some(_) => return Err(mismatch(name, "an object")),
    };
    if document.len() > LARGEST_DOCUMENT {
        let place = format!("OrganizationEntry.createOrUpdate.arg0.{name}");
        let message = format!("size must be between 0 and {LARGEST_DOCUMENT}");
        return Err(ApiError::Violations(vec![(place, message)]));
    }
    Ok(Some(document))
}

fn cleaned(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let given = members.iter().filter(|(_, member)| !member.is_null());
            Value::Object(
                given.map(|(name, member)| (without_nul(name), cleaned(member))).collect(),
            )
        }
        Value::Array(items) => Value::Array(items.iter().map(cleaned).collect()),
        Value::String(text) => Value::String(without_nul(text)),
        other => other.clone(),
    }
}

fn without_nul(text: &str) -> String {
    text.replace('\0', "")
}

#[cfg(test)]
mod tests {
    use super::is_key;

    #[test]
    fn keys() {
        for good in ["abc", "myOrg", "0_@.-~", &"a".repeat(128)] {
            assert!(is_key(good), "{good}");
        }
        for bad in ["", "ab", "_abc", "abc\n", "äbc", "a b", "a+b", "a/b", &"a".repeat(129)] {
            assert!(!is_key(bad), "{bad}");
        }
    }
}
