//! What requests say of a configuration. Quay's schema knows only `upstream_registry`: the other members are read as Quay's
//! database read them, and what that could not read is refused here.

use berth_store::proxy_cache::ProxyCacheRow;
use berth_web::schema::python_repr;
use berth_web::{ApiError, Json, Patch};
use serde_json::Value;

/// How long cached tags are kept unless the request says otherwise: a day.
const EXPIRATION_S: i64 = 86_400;

/// The longest text that is stored, in bytes.
const TEXT_LIMIT: usize = 4_096;

/// What messages call the user name.
const USERNAME: &str = "upstream_registry_username";

/// What messages call the password.
const PASSWORD: &str = "upstream_registry_password";

/// Which registry an organization caches
///
/// `POST …/proxycache` and `POST …/validateproxycache` (`docs/contract/quay.md` 3.1).
#[derive(Json)]
#[json(name = "NewProxyCacheConfig")]
pub(crate) struct NewConfiguration {
    /// The registry to cache: `host[:port][/namespace]`
    upstream_registry: String,
    /// User name for the registry; counts only together with the password
    upstream_registry_username: Patch<String>,
    /// Password for the registry; never shown again
    upstream_registry_password: Patch<String>,
    /// For how many seconds a cached tag is kept after its last pull; a day unless given, for ever when 0
    expiration_s: Option<Value>,
    /// Whether the registry speaks plain HTTP
    insecure: Option<Value>,
}

impl NewConfiguration {
    /// The configuration to be stored.
    pub(crate) fn row(&self) -> Result<ProxyCacheRow, ApiError> {
        require_short("upstream_registry", &self.upstream_registry)?;
        Ok(ProxyCacheRow {
            upstream_registry: self.upstream_registry.clone(),
            expiration_s: self.expiration_s.as_ref().map_or(Ok(EXPIRATION_S), whole_seconds)?,
            insecure: self.insecure.as_ref().map_or(Ok(false), truth)?,
        })
    }

    /// The registry to be tried.
    pub(crate) fn upstream_registry(&self) -> &str {
        &self.upstream_registry
    }

    /// Whether the registry is to be tried over plain HTTP; null counts as absent.
    pub(crate) fn is_insecure(&self) -> Result<bool, ApiError> {
        self.insecure.as_ref().filter(|value| !value.is_null()).map_or(Ok(false), truth)
    }

    /// User name and password.
    pub(crate) fn credentials(&self) -> Result<Credentials<'_>, ApiError> {
        Ok(Credentials {
            username: credential(USERNAME, self.upstream_registry_username.as_deref().value())?,
            password: credential(PASSWORD, self.upstream_registry_password.as_deref().value())?,
        })
    }
}

/// What a request shows to the registry.
#[derive(Clone, Copy)]
pub(crate) struct Credentials<'a> {
    pub(crate) username: Option<&'a str>,
    pub(crate) password: Option<&'a str>,
}

impl<'a> Credentials<'a> {
    /// Both, which is when they count.
    pub(crate) fn pair(self) -> Option<(&'a str, &'a str)> {
        self.username.zip(self.password)
    }
}

/// What to change about the registry that an organization caches
///
/// `PUT …/proxycache`: what is left out stays as it is.
#[derive(Json)]
#[json(name = "UpdateProxyCacheConfig")]
pub(crate) struct ConfigurationChange {
    /// The registry to cache: `host[:port][/namespace]`
    upstream_registry: Option<String>,
    /// User name for the registry; counts only together with the password
    upstream_registry_username: Patch<String>,
    /// Password for the registry; never shown again
    upstream_registry_password: Patch<String>,
    /// For how many seconds a cached tag is kept after its last pull; a day unless given, for ever when 0
    expiration_s: Option<Value>,
    /// Whether the registry speaks plain HTTP
    insecure: Option<Value>,
}

impl ConfigurationChange {
    /// The registry, if it is given.
    pub(crate) fn upstream_registry(&self) -> Result<Option<&str>, ApiError> {
        let given = self.upstream_registry.as_deref();
        given.map_or(Ok(()), |registry| require_short("upstream_registry", registry))?;
        Ok(given)
    }

    /// How long cached tags are kept, if it is given.
    pub(crate) fn expiration_s(&self) -> Result<Option<i64>, ApiError> {
        self.expiration_s.as_ref().map(whole_seconds).transpose()
    }

    /// Whether the registry speaks plain HTTP, if it is given.
    pub(crate) fn insecure(&self) -> Result<Option<bool>, ApiError> {
        self.insecure.as_ref().map(truth).transpose()
    }

    /// The user name: `None` keeps it, `Some(None)` removes it.
    pub(crate) fn username(&self) -> Result<Option<Option<&str>>, ApiError> {
        changed(USERNAME, self.upstream_registry_username.as_deref())
    }

    /// The password, likewise.
    pub(crate) fn password(&self) -> Result<Option<Option<&str>>, ApiError> {
        changed(PASSWORD, self.upstream_registry_password.as_deref())
    }
}

fn changed<'a>(name: &str, value: Patch<&'a str>) -> Result<Option<Option<&'a str>>, ApiError> {
    value.change().map(|value| credential(name, value)).transpose()
}

/// A user name or password; an empty one is none.
fn credential<'a>(name: &str, value: Option<&'a str>) -> Result<Option<&'a str>, ApiError> {
    let value = value.filter(|value| !value.is_empty());
    value.map_or(Ok(()), |value| require_short(name, value))?;
    Ok(value)
}

/// The text itself is not repeated: it may be a password.
fn require_short(name: &str, text: &str) -> Result<(), ApiError> {
    if text.len() <= TEXT_LIMIT {
        return Ok(());
    }
    Err(ApiError::invalid_request(format!("'{name}' is longer than {TEXT_LIMIT} bytes")))
}

/// A number of seconds: fractions are cut off, digits in a string count.
fn whole_seconds(value: &Value) -> Result<i64, ApiError> {
    let seconds = match value {
        Value::Bool(flag) => Some(i64::from(*flag)),
        Value::Number(number) => number.as_i64().or_else(|| whole_part(number.as_f64()?)),
        Value::String(text) => text.trim().parse().ok(),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    };
    seconds.ok_or_else(|| wrong_type(value, "integer"))
}

fn whole_part(number: f64) -> Option<i64> {
    /// Beyond it a number does not tell its neighbours apart.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    #[expect(clippy::cast_possible_truncation, reason = "that is the point, within the range")]
    (number.abs() <= EXACT).then_some(number as i64)
}

/// Whether Python would take the value for true.
fn truth(value: &Value) -> Result<bool, ApiError> {
    match value {
        Value::Null => Err(wrong_type(value, "boolean")),
        Value::Bool(flag) => Ok(*flag),
        Value::Number(number) => Ok(number.as_f64() != Some(0.0)),
        Value::String(text) => Ok(!text.is_empty()),
        Value::Array(items) => Ok(!items.is_empty()),
        Value::Object(members) => Ok(!members.is_empty()),
    }
}

fn wrong_type(value: &Value, wanted: &str) -> ApiError {
    ApiError::invalid_request(format!("{} is not of type '{wanted}'", python_repr(value)))
}
