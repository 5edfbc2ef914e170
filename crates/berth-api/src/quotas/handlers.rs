//! Storage quotas of organizations and users (`docs/contract/quay.md` 7.1): configuration only, Berth stores no images.
//!
//! An organization's, a user's own and a superuser's operations differ in who may, so the handlers are generic over the
//! permission.

use crate::quotas::views::Quotas;
use berth_access::{NamespaceChange, NamespaceRef, Permission, Permit};
use berth_domain::{Namespace, Quota, QuotaLimit, QuotaLimitKind, format_size, parse_size};
use berth_store::log_event::{LogEvent, Threshold};
use berth_store::{Constraint, StoreError, quotas, transaction};
use berth_web::schema::python_repr;
use berth_web::{
    ApiError, Body, Context, HandlerResult, Json, Kind, Property, Request, Response, Schema,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};

/// A quota as its own operations show it.
#[derive(Serialize)]
struct QuotaView<'a> {
    id: Option<i64>,
    limit_bytes: Number,
    limit: String,
    default_config: bool,
    limits: &'a [QuotaLimit],
    default_config_exists: bool,
}

impl<'a> QuotaView<'a> {
    fn new(quota: &'a Quota, default_bytes: Option<i64>) -> Self {
        Self {
            id: Some(quota.id),
            limit_bytes: quota.limit_bytes.into(),
            limit: format_size(quota.limit_bytes),
            default_config: false,
            limits: &quota.limits,
            default_config_exists: default_bytes.is_some(),
        }
    }

    /// The quota of who has none of his own.
    fn of_default(bytes: i64) -> Self {
        Self {
            id: None,
            limit_bytes: bytes.into(),
            limit: format_size(bytes),
            default_config: true,
            limits: &[],
            default_config_exists: true,
        }
    }
}

/// `GET …/quota`: an array, bare, of one or none.
pub(crate) fn list<P: Permit<Target = NamespaceRef>>(cx: &Context<'_, P>) -> HandlerResult {
    let default_bytes = default_bytes(cx)?;
    let own = existing(cx)?.quota.as_ref().map(|quota| QuotaView::new(quota, default_bytes));
    let view = own.or_else(|| default_bytes.map(QuotaView::of_default));
    Ok(Response::ok(&view.into_iter().collect::<Vec<_>>()))
}

/// `GET …/quota/<id>`.
pub(crate) fn get<P: Permit<Target = NamespaceRef>>(cx: &Context<'_, P>) -> HandlerResult {
    Ok(Response::ok(&QuotaView::new(find(cx)?, default_bytes(cx)?)))
}

/// The size in the body of `POST` and `PUT …/quota`: bytes, or a text such as `1GiB`.
#[derive(Deserialize)]
pub(crate) struct QuotaSize {
    limit_bytes: Option<Number>,
    limit: Option<String>,
}

impl Json for QuotaSize {
    const SCHEMA: &'static Schema = &Schema {
        name: "NewOrgQuota",
        about: "How much an organization may hold: one of the two",
        properties: &[
            Property::optional(
                "limit_bytes",
                Kind::Integer(Some(0)),
                "Number of bytes the organization is allowed",
            ),
            Property::optional(
                "limit",
                Kind::String,
                "Human readable storage capacity of the organization",
            ),
        ],
    };
}

impl QuotaSize {
    /// Whether a size is given at all. As in the original, none is no size.
    fn is_given(&self) -> Result<bool, ApiError> {
        let given = self.limit_bytes.is_some() || self.limit.is_some();
        Ok(given && self.bytes()?.0 != 0)
    }

    /// The bytes, and how the answer shows them: as a float where a text was given.
    fn bytes(&self) -> Result<(i64, Number), ApiError> {
        if let Some(number) = &self.limit_bytes {
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
pub(crate) struct NewQuota(QuotaSize);

impl Body for NewQuota {
    const SCHEMA: Option<&'static Schema> = Some(<QuotaSize as Json>::SCHEMA);

    fn read(request: &Request) -> Result<Self, ApiError> {
        let size = QuotaSize::read(request)?;
        require_one(&members(request))?;
        Ok(Self(size))
    }
}

/// The body of `PUT …/quota/<id>`: one of the two at most, and nothing else.
pub(crate) struct ChangedQuota(QuotaSize);

impl Body for ChangedQuota {
    const SCHEMA: Option<&'static Schema> = Some(<QuotaSize as Json>::SCHEMA);

    fn read(request: &Request) -> Result<Self, ApiError> {
        let size = QuotaSize::read(request)?;
        let members = members(request);
        refuse_others(&members)?;
        refuse_both(&members)?;
        Ok(Self(size))
    }
}

fn refuse_others(members: &Map<String, Value>) -> Result<(), ApiError> {
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

/// The members of a body that was found to be an object.
fn members(request: &Request) -> Map<String, Value> {
    match berth_web::parse(request) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    }
}

fn require_one(members: &Map<String, Value>) -> Result<(), ApiError> {
    refuse_both(members)?;
    match names_size(members) {
        true => Ok(()),
        false => Err(ApiError::invalid_request("'limit_bytes' is a required property")),
    }
}

fn names_size(members: &Map<String, Value>) -> bool {
    members.contains_key("limit_bytes") || members.contains_key("limit")
}

fn refuse_both(members: &Map<String, Value>) -> Result<(), ApiError> {
    match members.contains_key("limit_bytes") && members.contains_key("limit") {
        false => Ok(()),
        true => Err(ApiError::invalid_request(format!(
            "{} is valid under each of {{'required': ['limit']}}, {{'required': ['limit_bytes']}}",
            python_repr(&Value::Object(members.clone()))
        ))),
    }
}

/// `POST …/quota`: a namespace has one quota at most.
pub(crate) fn create<P: NamespaceChange>(
    cx: &Context<'_, P>,
    NewQuota(size): NewQuota,
) -> HandlerResult {
    let namespace = existing(cx)?;
    let (bytes, _) = size.bytes()?;
    if namespace.quota.is_some() {
        return Err(already::<P>(namespace));
    }
    transaction(cx.db(), |tx| {
        quotas::create(tx, &cx.grant, bytes).map_err(|error| {
            match error.violates(Constraint::QuotaOfNamespace) {
                true => already::<P>(namespace),
                false => error.into(),
            }
        })?;
        let (limit_bytes, limit) = (bytes, format_size(bytes));
        let event = LogEvent::OrgCreateQuota { namespace: &namespace.name, limit_bytes, limit };
        cx.log(tx, namespace.id, &event)?;
        Ok(Response::json(201, &"Created"))
    })
}

fn already<P: Permit>(namespace: &Namespace) -> ApiError {
    let what = match P::PERMISSION {
        Permission::Superuser => "Quota",
        _ => "Organization quota",
    };
    ApiError::invalid_request(format!("{what} for '{}' already exists", namespace.name))
}

/// `PUT …/quota/<id>`. Without a size, or with 0 of it, nothing changes.
pub(crate) fn change<P: NamespaceChange>(
    cx: &Context<'_, P>,
    ChangedQuota(size): ChangedQuota,
) -> HandlerResult {
    let (namespace, quota, default_bytes) = (existing(cx)?, find(cx)?, default_bytes(cx)?);
    if !size.is_given()? {
        return Ok(Response::ok(&QuotaView::new(quota, default_bytes)));
    }
    let (bytes, shown) = size.bytes()?;
    transaction(cx.db(), |tx| {
        if !quotas::change(tx, &cx.grant, quota.id, bytes)? {
            return Err(ApiError::not_found());
        }
        let quota = quotas::current(tx, &cx.grant, quota.id)?.ok_or_else(ApiError::not_found)?;
        let (limit_bytes, limit) = (bytes, format_size(bytes));
        let event = LogEvent::OrgChangeQuota { namespace: &namespace.name, limit_bytes, limit };
        cx.log(tx, namespace.id, &event)?;
        let view = QuotaView { limit_bytes: shown, ..QuotaView::new(&quota, default_bytes) };
        Ok(Response::ok(&view))
    })
}

/// `DELETE …/quota/<id>`: with its limits.
pub(crate) fn delete<P: NamespaceChange>(cx: &Context<'_, P>) -> HandlerResult {
    let (namespace, quota) = (existing(cx)?, find(cx)?);
    transaction(cx.db(), |tx| {
        if !quotas::delete(tx, &cx.grant, quota.id)? {
            return Err(ApiError::not_found());
        }
        cx.log(tx, namespace.id, &LogEvent::OrgDeleteQuota { namespace: &namespace.name })?;
        Ok(Response::no_content())
    })
}

/// `GET …/quota/<id>/limit`: an array, bare.
pub(crate) fn limits<P: Permit<Target = NamespaceRef>>(cx: &Context<'_, P>) -> HandlerResult {
    Ok(Response::ok(&find(cx)?.limits))
}

/// `GET …/quota/<id>/limit/<id>`.
pub(crate) fn limit<P: Permit<Target = NamespaceRef>>(cx: &Context<'_, P>) -> HandlerResult {
    Ok(Response::ok(find_limit(cx)?.1))
}

/// The body of `POST …/quota/<id>/limit`.
#[derive(Deserialize)]
pub(crate) struct NewLimit {
    #[serde(rename = "type")]
    kind: String,
    threshold_percent: Number,
}

impl Json for NewLimit {
    const SCHEMA: &'static Schema = &Schema {
        name: "NewOrgQuotaLimit",
        about: "Description of a new organization quota limit",
        properties: &[
            Property::required(
                "type",
                Kind::String,
                "Type of quota limit: \"Warning\" or \"Reject\"",
            ),
            Property::required(
                "threshold_percent",
                Kind::Integer(None),
                "Quota threshold, in percent of quota",
            ),
        ],
    };
}

/// Adds a limit.
pub(crate) fn create_limit<P: NamespaceChange>(
    cx: &Context<'_, P>,
    body: NewLimit,
) -> HandlerResult {
    let (namespace, quota) = (existing(cx)?, find(cx)?);
    let (kind, percent) = (limit_kind(&body.kind)?, limit_percent(&body.threshold_percent)?);
    if quota.limits.iter().any(|limit| (limit.kind, limit.percent) == (kind, percent)) {
        return Err(same_limit());
    }
    transaction(cx.db(), |tx| {
        let created = quotas::create_limit(tx, &cx.grant, quota.id, kind, percent);
        if !created.map_err(taken_limit)? {
            return Err(ApiError::not_found());
        }
        let limit = Threshold { r#type: kind.as_str(), threshold_percent: percent };
        let event = LogEvent::OrgCreateQuotaLimit { namespace: &namespace.name, limit };
        cx.log(tx, namespace.id, &event)?;
        Ok(Response::json(201, &"Created"))
    })
}

/// The body of `PUT …/quota/<id>/limit/<id>`.
#[derive(Deserialize)]
pub(crate) struct ChangedLimit {
    #[serde(rename = "type")]
    kind: Option<String>,
    threshold_percent: Option<Number>,
}

impl Json for ChangedLimit {
    const SCHEMA: &'static Schema = &Schema {
        name: "UpdateOrgQuotaLimit",
        about: "Description of changing organization quota limit",
        properties: &[
            Property::optional(
                "type",
                Kind::String,
                "Type of quota limit: \"Warning\" or \"Reject\"",
            ),
            Property::optional(
                "threshold_percent",
                Kind::Integer(None),
                "Quota threshold, in percent of quota",
            ),
        ],
    };
}

/// Changes a limit; the answer is the quota.
pub(crate) fn change_limit<P: NamespaceChange>(
    cx: &Context<'_, P>,
    body: ChangedLimit,
) -> HandlerResult {
    let (namespace, (quota, limit)) = (existing(cx)?, find_limit(cx)?);
    let kind = body.kind.as_deref().map(limit_kind).transpose()?;
    let percent = body.threshold_percent.as_ref().map(limit_percent).transpose()?;
    let default_bytes = default_bytes(cx)?;
    transaction(cx.db(), |tx| {
        let changed = quotas::change_limit(tx, &cx.grant, limit.id, kind, percent);
        let limit = changed.map_err(taken_limit)?.ok_or_else(ApiError::not_found)?;
        let quota = quotas::current(tx, &cx.grant, quota.id)?.ok_or_else(ApiError::not_found)?;
        let limit_told = Threshold::from(&limit);
        let event = LogEvent::OrgChangeQuotaLimit { namespace: &namespace.name, limit: limit_told };
        cx.log(tx, namespace.id, &event)?;
        Ok(Response::ok(&QuotaView::new(&quota, default_bytes)))
    })
}

/// `DELETE …/quota/<id>/limit/<id>`.
pub(crate) fn delete_limit<P: NamespaceChange>(cx: &Context<'_, P>) -> HandlerResult {
    let (namespace, (_, limit)) = (existing(cx)?, find_limit(cx)?);
    transaction(cx.db(), |tx| {
        let deleted = quotas::delete_limit(tx, &cx.grant, limit.id)?;
        let limit = deleted.ok_or_else(ApiError::not_found)?;
        let limit_told = Threshold::from(&limit);
        let event = LogEvent::OrgDeleteQuotaLimit { namespace: &namespace.name, limit: limit_told };
        cx.log(tx, namespace.id, &event)?;
        Ok(Response::no_content())
    })
}

fn limit_kind(text: &str) -> Result<QuotaLimitKind, ApiError> {
    text.parse().map_err(|error: berth_domain::UnknownLimitKind| ApiError::model(error.to_string()))
}

fn limit_percent(number: &Number) -> Result<i64, ApiError> {
    let percent = number.as_f64().filter(|percent| (1.0..=100.0).contains(percent));
    #[expect(clippy::cast_possible_truncation, reason = "1 to 100, and whole by the schema")]
    let percent = percent.map(|percent| percent as i64);
    percent.ok_or_else(|| ApiError::model("Quota limit threshold must be between 1 and 100"))
}

fn same_limit() -> ApiError {
    ApiError::invalid_request("Quota limit already exists")
}

fn taken_limit(error: StoreError) -> ApiError {
    if error.violates(Constraint::QuotaLimit) { same_limit() } else { error.into() }
}

/// The quota of the path; what is no number is the id of none.
fn find<'a, P: Permit<Target = NamespaceRef>>(
    cx: &'a Context<'_, P>,
) -> Result<&'a Quota, ApiError> {
    let id: Option<i64> = cx.path("quota_id").parse().ok();
    let quota = existing(cx)?.quota.as_ref().filter(|quota| Some(quota.id) == id);
    quota.ok_or_else(ApiError::not_found)
}

/// The quota and the limit of the path.
fn find_limit<'a, P: Permit<Target = NamespaceRef>>(
    cx: &'a Context<'_, P>,
) -> Result<(&'a Quota, &'a QuotaLimit), ApiError> {
    let (quota, id) = (find(cx)?, cx.path("limit_id").parse().ok());
    let limit = quota.limits.iter().find(|limit| Some(limit.id) == id);
    Ok((quota, limit.ok_or_else(ApiError::not_found)?))
}

fn default_bytes<P: Permit>(cx: &Context<'_, P>) -> Result<Option<i64>, ApiError> {
    Ok(Quotas::of(cx.services())?.default_bytes())
}

/// The namespace that the operation is about.
///
/// # Errors
/// 404 when there is none.
fn existing<'a, P: Permit<Target = NamespaceRef>>(
    cx: &'a Context<'_, P>,
) -> Result<&'a Namespace, ApiError> {
    cx.grant.namespace().ok_or_else(ApiError::not_found)
}
