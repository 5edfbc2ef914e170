//! What the API refused.

use berth_web::{Response, StatusCode, header};
use serde_json::Value;

use crate::texts::{Texts, fill};

/// What a page answers, or why it cannot.
pub(crate) type Answered = Result<Response, Refusal>;

/// Why the API did not do what was asked.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    /// Its status.
    pub(crate) status: StatusCode,
    /// What it says, for people.
    pub(crate) message: String,
    /// What to do about it, where it says so.
    pub(crate) hint: String,
    /// Its `error_type`, where it has one.
    pub(crate) kind: String,
    /// In how many seconds one may try again, where it says so.
    pub(crate) retry_after: Option<String>,
}

/// Why the form that was sent is shown again.
#[derive(Debug, Clone)]
pub(crate) struct Refused {
    /// The status of the answer.
    pub(crate) status: StatusCode,
    /// The field beside which it is told; empty: above the form.
    pub(crate) field: String,
    /// What was wrong.
    pub(crate) message: String,
}

/// What stands before the place in a schema that a body does not fit.
const SCHEMA: &str = "\n\nFailed validating ";

/// How the API begins to refuse a form that another session made.
const CSRF: &str = "CSRF token was invalid or missing";

impl Refusal {
    /// What an answer of the API says.
    pub(crate) fn of(response: &Response) -> Self {
        let body: Value = serde_json::from_slice(response.body()).unwrap_or_default();
        let text = |name: &str| body.get(name).map(flat).filter(|text| !text.is_empty());
        let message = ["message", "error_message", "detail", "error_description", "error"]
            .into_iter()
            .find_map(text);
        let retry_after = response.headers().get(header::RETRY_AFTER);
        Self {
            status: response.status(),
            message: message.unwrap_or_default(),
            hint: text("hint").unwrap_or_default(),
            kind: text("error_type").unwrap_or_default(),
            retry_after: retry_after.and_then(|value| value.to_str().ok()).map(str::to_owned),
        }
    }

    /// A refusal of the console's own, told beside a field.
    pub(crate) fn new(status: StatusCode, message: &str) -> Self {
        Self {
            status,
            message: message.to_owned(),
            hint: String::new(),
            kind: String::new(),
            retry_after: None,
        }
    }

    /// What was typed cannot be used.
    pub(crate) fn bad(message: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// Whether the password is to be given again first.
    pub(crate) fn wants_fresh_login(&self) -> bool {
        self.kind == "fresh_login_required"
    }

    /// Whether the form was made for another session.
    pub(crate) fn is_csrf(&self) -> bool {
        self.status == StatusCode::FORBIDDEN && self.message.starts_with(CSRF)
    }

    /// The member of the body that does not fit its schema, where that is why.
    pub(crate) fn member(&self) -> Option<&str> {
        let (_, place) = self.message.split_once(SCHEMA)?;
        let (_, member) = place.split_once("['properties']['")?;
        member.split_once("']").map(|(name, _)| name)
    }

    /// What to tell on the form.
    pub(crate) fn told(&self, t: &'static Texts) -> String {
        match self.status {
            _ if self.is_csrf() => t.form_expired.into(),
            StatusCode::TOO_MANY_REQUESTS => self.too_many(t),
            _ if self.message.is_empty() => t.refused.into(),
            _ if self.hint.is_empty() => self.words().to_owned(),
            _ => format!("{} {}", self.words(), self.hint),
        }
    }

    /// The message without the place in a schema, which says nothing to people.
    fn words(&self) -> &str {
        self.message.split_once(SCHEMA).map_or(&self.message, |(words, _)| words)
    }

    /// When one may try again.
    fn too_many(&self, t: &'static Texts) -> String {
        match &self.retry_after {
            Some(seconds) => fill(t.too_many_for, &[seconds]),
            None => t.too_many.into(),
        }
    }
}

/// A text; the values of an object one after the other.
fn flat(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(members) => members.values().map(flat).collect::<Vec<_>>().join(" "),
        Value::Array(items) => items.iter().map(flat).collect::<Vec<_>>().join(" "),
        _ => String::new(),
    }
}
