//! Bodies about quotas and their limits (`docs/contract/quay.md` 7.1).

use berth_domain::{QuotaLimitKind, parse_size};
use berth_web::schema::python_repr;
use berth_web::{ApiError, Body, Integer, Json, Members, Request, Schema};
use serde_json::{Number, Value};

/// How much an organization may hold: one of the two
///
/// `POST` and `PUT …/quota`: bytes, or a text such as `1GiB`.
#[derive(Json)]
#[json(name = "NewOrgQuota")]
pub(crate) struct QuotaSize {
    /// Number of bytes the organization is allowed
    #[json(minimum = 0)]
    limit_bytes: Option<Integer>,
    /// Human readable storage capacity of the organization
    limit: Option<String>,
    /// All that was sent: which members go together is beyond the schema.
    #[json(sent)]
    sent: Members,
}

impl QuotaSize {
    /// Whether a size is given at all. As in the original, none is no size.
    pub(super) fn is_given(&self) -> Result<bool, ApiError> {
        let given = self.limit_bytes.is_some() || self.limit.is_some();
        Ok(given && self.bytes()?.0 != 0)
    }

    /// The bytes, and how the answer shows them: as a float where a text was given.
    pub(super) fn bytes(&self) -> Result<(i64, Number), ApiError> {
        if let Some(Integer(number)) = &self.limit_bytes {
            // Whole and not negative by the schema.
            let bytes = number
                .to_string()
                .trim_end_matches(".0")
                .parse()
                .map_err(|_| ApiError::invalid_request("Quota limit is too large"))?;
            return Ok((bytes, number.clone()));
        }
        let size = self.limit.as_deref().and_then(parse_size);
        let invalid = "Invalid limit format, use a number followed by a unit (e.g. 1GiB)";
        let bytes = size.ok_or_else(|| ApiError::invalid_request(invalid))?;
        let shown = Number::from_f64(bytes).ok_or_else(|| ApiError::invalid_request(invalid))?;
        #[expect(clippy::cast_possible_truncation, reason = "a size fits, and parts of a byte go")]
        Ok((bytes as i64, shown))
    }
}

/// The body of `POST …/quota`: exactly one of the two.
pub(crate) struct NewQuota(pub(super) QuotaSize);

impl Body for NewQuota {
    const SCHEMA: Option<&'static Schema> = Some(<QuotaSize as Json>::SCHEMA);

    fn read(request: &Request) -> Result<Self, ApiError> {
        let size = QuotaSize::read(request)?;
        require_one(&size.sent)?;
        Ok(Self(size))
    }
}

/// The body of `PUT …/quota/<id>`: one of the two at most, and nothing else.
pub(crate) struct ChangedQuota(pub(super) QuotaSize);

impl Body for ChangedQuota {
    const SCHEMA: Option<&'static Schema> = Some(<QuotaSize as Json>::SCHEMA);

    fn read(request: &Request) -> Result<Self, ApiError> {
        let size = QuotaSize::read(request)?;
        refuse_others(&size.sent)?;
        refuse_both(&size.sent)?;
        Ok(Self(size))
    }
}

fn refuse_others(members: &Members) -> Result<(), ApiError> {
    let known = |name: &str| matches!(name, "limit_bytes" | "limit");
    let others = members.keys().filter(|name| !known(name));
    let others: Vec<String> = others.map(|name| python_repr(&name.as_str().into())).collect();
    let verb = match others.len() {
        0 => return Ok(()),
        1 => "was",
        _ => "were",
    };
    Err(ApiError::invalid_request(format!(
        "Additional properties are not allowed ({} {verb} unexpected)",
        others.join(", ")
    )))
}

fn require_one(members: &Members) -> Result<(), ApiError> {
    refuse_both(members)?;
    match names_size(members) {
        true => Ok(()),
        false => Err(ApiError::invalid_request("'limit_bytes' is a required property")),
    }
}

fn names_size(members: &Members) -> bool {
    members.contains_key("limit_bytes") || members.contains_key("limit")
}

fn refuse_both(members: &Members) -> Result<(), ApiError> {
    match members.contains_key("limit_bytes") && members.contains_key("limit") {
        false => Ok(()),
        true => Err(ApiError::invalid_request(format!(
            "{} is valid under each of {{'required': ['limit']}}, {{'required': ['limit_bytes']}}",
            python_repr(&Value::Object(members.clone()))
        ))),
    }
}

/// Description of a new organization quota limit
///
/// `POST …/quota/<id>/limit`.
#[derive(Json)]
#[json(name = "NewOrgQuotaLimit")]
pub(crate) struct NewLimit {
    /// Type of quota limit: "Warning" or "Reject"
    #[json(name = "type")]
    pub(super) kind: String,
    /// Quota threshold, in percent of quota
    pub(super) threshold_percent: Integer,
}

/// Description of changing organization quota limit
///
/// `PUT …/quota/<id>/limit/<id>`.
#[derive(Json)]
#[json(name = "UpdateOrgQuotaLimit")]
pub(crate) struct ChangedLimit {
    /// Type of quota limit: "Warning" or "Reject"
    #[json(name = "type")]
    pub(super) kind: Option<String>,
    /// Quota threshold, in percent of quota
    pub(super) threshold_percent: Option<Integer>,
}

/// What happens at a limit.
///
/// # Errors
/// F2 400 for another text.
pub(super) fn limit_kind(text: &str) -> Result<QuotaLimitKind, ApiError> {
    text.parse().map_err(|_| ApiError::model("Quota type must be one of [Warning, Reject]"))
}

/// At which part of the quota, in percent.
///
/// # Errors
/// F2 400 unless it is 1 to 100.
pub(super) fn limit_percent(Integer(number): &Integer) -> Result<i64, ApiError> {
    let percent = number.as_f64().filter(|percent| (1.0..=100.0).contains(percent));
    #[expect(clippy::cast_possible_truncation, reason = "1 to 100, and whole by the schema")]
    let percent = percent.map(|percent| percent as i64);
    percent.ok_or_else(|| ApiError::model("Quota limit threshold must be between 1 and 100"))
}
