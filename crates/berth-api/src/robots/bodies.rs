//! Bodies and queries about robots (`docs/contract/quay.md` 6.3, 6.4).

use std::collections::HashSet;

use berth_domain::limits::{FEDERATION_BYTES, FEDERATION_ENTRIES};
use berth_store::robots::Robots;
use berth_web::schema::python_repr;
use berth_web::{
    ApiError, Body, Json, ListQuery, Members, OptionalJson, Query, Request, RequestExt, Schema,
};
use serde_json::Value;

use super::views::FederationEntry;

/// How large the body of `PUT …/robots/<short>` may be, in bytes.
const LARGEST_BODY: usize = 1024 * 1024;

/// The query of a list.
///
/// As the original, a limit that is no number is refused before the permission is asked.
#[derive(Query)]
pub(crate) struct RobotsQuery {
    #[query(flatten)]
    pub(super) page: ListQuery<Robots>,
    /// With teams and repositories
    pub(super) permissions: bool,
    /// With tokens, unless it is `false`
    #[query(default = true)]
    pub(super) token: bool,
}

/// Optional data for creating a robot
///
/// `PUT …/robots/<short>`.
#[derive(Json)]
pub(crate) struct CreateRobot {
    /// Optional text description for the robot
    #[json(length(0, 255))]
    pub(super) description: Option<String>,
    /// Optional unstructured metadata for the robot
    pub(super) unstructured_metadata: Option<Members>,
}

/// The body of `PUT …/robots/<short>`, which may be left out and has a limit of its own.
pub(crate) struct NewRobotBody(pub(super) CreateRobot);

impl Body for NewRobotBody {
    const SCHEMA: Option<&'static Schema> = Some(<CreateRobot as Json>::SCHEMA);
    const OPTIONAL: bool = true;

    fn read(request: &Request) -> Result<Self, ApiError> {
        if request.has_json_type() && request.body().len() > LARGEST_BODY {
            return Err(ApiError::invalid_request("Request error."));
        }
        OptionalJson::read(request).map(|OptionalJson(body)| Self(body))
    }
}

/// Tokens that a robot may be used with
///
/// For discovery: entries are read by hand, for Quay's messages.
#[derive(Json)]
struct CreateRobotFederation {
    /// The issuer of the token, an http or https URL
    _issuer: String,
    /// The subject of the token
    _subject: String,
}

/// The body of `POST …/robots/<short>/federation`: an array.
pub(crate) struct Federation(Vec<Value>);

impl Body for Federation {
    const SCHEMA: Option<&'static Schema> = Some(<CreateRobotFederation as Json>::SCHEMA);
    const LIST: bool = true;

    fn read(request: &Request) -> Result<Self, ApiError> {
        if !request.has_json_type() {
            return Err(ApiError::not_json());
        }
        if request.body().len() > FEDERATION_BYTES {
            return Err(ApiError::too_large(FEDERATION_BYTES));
        }
        match berth_web::parse(request)? {
            Value::Null => Err(ApiError::invalid_request("Missing JSON body")),
            Value::Array(entries) => Ok(Self(entries)),
            other => Err(wrong_type(&other, "array")),
        }
    }
}

impl Federation {
    /// The entries, each with issuer and subject and nothing else.
    pub(super) fn checked(self) -> Result<Vec<FederationEntry>, ApiError> {
        if self.0.len() > FEDERATION_ENTRIES {
            return Err(ApiError::invalid_request(format!(
                "A robot can have at most {FEDERATION_ENTRIES} federation config entries"
            )));
        }
        let mut known = HashSet::new();
        let mut checked = Vec::with_capacity(self.0.len());
        for entry in &self.0 {
            let Value::Object(members) = entry else { return Err(wrong_type(entry, "object")) };
            let issuer = member(members, "issuer")?;
            let subject = member(members, "subject")?;
            if !["http://", "https://"].iter().any(|scheme| issuer.starts_with(scheme)) {
                return Err(ApiError::invalid_request(
                    "Issuer must be a URL (http:// or https://)",
                ));
            }
            if !known.insert((issuer, subject)) {
                return Err(ApiError::invalid_request("Duplicate federation config entry"));
            }
            let (issuer, subject) = (issuer.to_owned(), subject.to_owned());
            checked.push(FederationEntry { issuer, subject });
        }
        Ok(checked)
    }
}

fn member<'a>(members: &'a Members, name: &str) -> Result<&'a str, ApiError> {
    match members.get(name) {
        Some(Value::String(text)) if !text.is_empty() => Ok(text),
        None | Some(Value::Null | Value::String(_)) => {
            Err(ApiError::invalid_request("Missing one or more required fields (issuer, subject)"))
        }
        Some(other) => Err(wrong_type(other, "string")),
    }
}

fn wrong_type(value: &Value, wanted: &str) -> ApiError {
    let value = python_repr(value);
    ApiError::invalid_request(format!("{value} is not of type '{wanted}'"))
}
