//! What requests to Concord's API carry, and when it cannot be read (`docs/contract/concord.md` 1.1, 3, 4).

use std::collections::BTreeMap;

use berth_store::concord::Organizations;
use berth_store::concord::RequestedOwner;
use berth_web::{
    ApiError, Body, Choice, Json, ListQuery, Query, Request, RequestExt, Schema, StatusCode,
};
use serde_json::value::RawValue;

use super::document::cleaned;

/// The most that `meta` or `cfg` may be, as JSON text as it was sent, in bytes.
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
    pub(super) owner: Option<RequestedOwner>,
    /// `PUBLIC` or `PRIVATE`.
    pub(super) visibility: Option<&'static str>,
    /// JSON text.
    pub(super) meta: Option<String>,
    /// JSON text.
    pub(super) cfg: Option<String>,
}

/// An organization of Concord's; what is left out stays as it is
///
/// For discovery: what is read is less strict.
#[derive(Json)]
struct OrganizationEntry {
    /// The organization to change
    _id: Option<String>,
    /// The name to find it by, or its new name; a new organization must have one
    #[json(length(3, 128))]
    _name: Option<String>,
    /// Its owner; of a new one, the caller
    _owner: Option<EntityOwner>,
    /// Whether everybody sees it in lists
    _visibility: Option<Visibility>,
    /// Of the client's own
    _meta: Option<berth_web::Members>,
    /// Of the client's own
    _cfg: Option<berth_web::Members>,
}

/// A person, by id or else by name
#[derive(Json)]
struct EntityOwner {
    /// The user's id
    _id: Option<String>,
    /// The user's name, in any case
    _username: Option<String>,
}

#[derive(Choice)]
enum Visibility {
    #[choice("PUBLIC")]
    Public,
    #[choice("PRIVATE")]
    Private,
}

impl Body for EntryBody {
    const SCHEMA: Option<&'static Schema> = Some(<OrganizationEntry as Json>::SCHEMA);

    fn read(request: &Request) -> Result<Self, ApiError> {
        if request.media_type() != "application/json" {
            return Err(ApiError::Plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, "".into()));
        }
        let members = first_object(request.body())?;
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

/// The query of the list. Numbers are read later: a bad one is not told to everybody.
#[derive(Query)]
pub(crate) struct OrganizationsQuery {
    /// Only organizations that the caller owns or is in a team of
    #[query(name = "onlyCurrent", kind = "boolean")]
    pub(super) only_current: String,
    /// A part of the name
    pub(super) filter: String,
    /// How many to leave out
    #[query(kind = "integer")]
    pub(super) offset: Option<String>,
    /// How many to list, at most
    #[query(undeclared)]
    pub(super) limit: Option<String>,
    #[query(flatten)]
    pub(super) page: ListQuery<Organizations>,
}

/// `confirmation=yes`, in any case: asked for before anything else, whoever calls.
pub(crate) struct Confirmation;

impl Body for Confirmation {
    const SCHEMA: Option<&'static Schema> = None;

    #[cfg(not(target_family = "wasm"))]
    fn query() -> Vec<Query> {
        vec![Query {
            name: "confirmation",
            kind: "string",
            about: "`yes`".into(),
            required: true,
            choices: Vec::new(),
        }]
    }

    fn read(request: &Request) -> Result<Self, ApiError> {
        let query = request.query();
        let confirmation = query.get("confirmation").unwrap_or_default();
        if confirmation.eq_ignore_ascii_case("yes") {
            Ok(Self)
        } else {
            Err(ApiError::Text(StatusCode::BAD_REQUEST, "Operation must be confirmed".into()))
        }
    }
}

/// A name that breaks its rule.
pub(super) fn key_violation(message: &str) -> ApiError {
    let place = "OrganizationEntry.createOrUpdate.arg0.name";
    ApiError::Violations(vec![(place.into(), message.into())])
}

/// Names have 3 to 128 characters, all ASCII, the first a mail or a digit (4.1).
fn is_key(name: &str) -> bool {
    (3..=128).contains(&name.len())
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_@.-~".contains(&byte))
}

/// The members of an object, as they are written. Of several with one name the last counts.
type Members<'a> = BTreeMap<String, &'a RawValue>;

/// The first JSON value of a body, which must be an object; what follows it is ignored, and so is a byte order mark before.
fn first_object(body: &[u8]) -> Result<Members<'_>, ApiError> {
    let text = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let mut values = serde_json::Deserializer::from_slice(text).into_iter::<&RawValue>();
    let value = values.next().transpose().map_err(|error| malformed(&error))?;
    match value.filter(|value| value.get() != "null") {
        Some(value) => object(value, "the body"),
        None => Err(unreadable("java.lang.NullPointerException: the body is empty")),
    }
}

fn object<'a>(value: &'a RawValue, what: &str) -> Result<Members<'a>, ApiError> {
    if value.get().starts_with('{') {
        serde_json::from_str(value.get()).map_err(|error| malformed(&error))
    } else {
        Err(mismatch(what, "an object"))
    }
}

/// Concord sends these with status 500; the text is kept for clients that match it.
fn unreadable(text: &str) -> ApiError {
    ApiError::Text(StatusCode::BAD_REQUEST, format!("ERROR: {text}"))
}

fn mismatch(what: &str, wanted: &str) -> ApiError {
    unreadable(&format!(
        "com.fasterxml.jackson.databind.exc.MismatchedInputException: {what} must be {wanted}"
    ))
}

fn malformed(error: &serde_json::Error) -> ApiError {
    unreadable(&format!("com.fasterxml.jackson.core.JsonParseException: {error}"))
}

fn given<'a>(members: &Members<'a>, name: &str) -> Option<&'a RawValue> {
    members.get(name).copied().filter(|value| value.get() != "null")
}

fn text(members: &Members<'_>, name: &str) -> Result<Option<String>, ApiError> {
    given(members, name)
        .map(|value| serde_json::from_str(value.get()).map_err(|_| mismatch(name, "a string")))
        .transpose()
}

/// A UUID in lower case; an empty text counts as absent.
fn uuid(members: &Members<'_>) -> Result<Option<String>, ApiError> {
    let Some(text) = text(members, "id")?.filter(|text| !text.is_empty()) else { return Ok(None) };
    let well_formed = text.len() == 36
        && text.bytes().enumerate().all(|(position, byte)| match position {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        });
    if well_formed { Ok(Some(text.to_ascii_lowercase())) } else { Err(mismatch("id", "a UUID")) }
}

/// An owner is named by id, or else by user name; one that has neither counts as absent (4.3). All people are local here: who
/// is looked for in a directory or a domain is not found.
fn owner(members: &Members<'_>) -> Result<Option<RequestedOwner>, ApiError> {
    let Some(owner) = given(members, "owner") else { return Ok(None) };
    let owner = object(owner, "owner")?;
    let is_local = match text(&owner, "userType")?.as_deref() {
        None | Some("LOCAL") => true,
        Some("LDAP" | "SSO") => false,
        Some(_) => return Err(mismatch("userType", "LOCAL, LDAP or SSO")),
    };
    let domain = text(&owner, "userDomain")?.unwrap_or_default();
    if let Some(uuid) = uuid(&owner)? {
        return Ok(Some(RequestedOwner::Uuid(uuid)));
    }
    let name = text(&owner, "username")?.filter(|name| !name.is_empty());
    let wanted =
        if is_local && domain.is_empty() { RequestedOwner::Name } else { RequestedOwner::Foreign };
    Ok(name.map(wanted))
}

/// The exact name, or its position as a number or as text.
fn visibility(members: &Members<'_>) -> Result<Option<&'static str>, ApiError> {
    let Some(value) = given(members, "visibility") else { return Ok(None) };
    match value.get() {
        r#""PUBLIC""# | r#""0""# | "0" => Ok(Some("PUBLIC")),
        r#""PRIVATE""# | r#""1""# | "1" => Ok(Some("PRIVATE")),
        _ => Err(mismatch("visibility", "PUBLIC or PRIVATE")),
    }
}

/// A JSON object of the client's own, as it is kept.
fn document(members: &Members<'_>, name: &str) -> Result<Option<String>, ApiError> {
    let Some(document) = given(members, name) else { return Ok(None) };
    if !document.get().starts_with('{') {
        return Err(mismatch(name, "an object"));
    }
    // As it was sent: cleaning makes nothing longer.
    if document.get().len() > LARGEST_DOCUMENT {
        let place = format!("OrganizationEntry.createOrUpdate.arg0.{name}");
        let message = format!("size must be between 0 and {LARGEST_DOCUMENT}");
        return Err(ApiError::Violations(vec![(place, message)]));
    }
    cleaned(document).map(Some).map_err(|error| malformed(&error))
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
