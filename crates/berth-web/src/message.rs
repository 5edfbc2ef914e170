//! Requests and answers, as plain data.

use std::borrow::Cow;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::json;

use crate::error::ApiError;
use crate::query::{Parameter, Query, is_true};

/// A method that some route knows, or any other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// GET, and HEAD ([`Request::is_head`]): the host leaves the body out.
    Get,
    /// POST.
    Post,
    /// PUT.
    Put,
    /// DELETE.
    Delete,
    /// OPTIONS.
    Options,
    /// TRACE, which nothing answers.
    Trace,
    /// Anything else.
    Other,
}

impl Method {
    /// The method of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        match name {
            "GET" | "HEAD" => Self::Get,
            "POST" => Self::Post,
            "PUT" => Self::Put,
            "DELETE" => Self::Delete,
            "OPTIONS" => Self::Options,
            "TRACE" => Self::Trace,
            _ => Self::Other,
        }
    }

    /// The method's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
            Self::Options => "OPTIONS",
            Self::Trace => "TRACE",
            Self::Other => "?",
        }
    }

    /// Whether requests of this method may change something.
    #[must_use]
    pub const fn may_change(self) -> bool {
        matches!(self, Self::Post | Self::Put | Self::Delete | Self::Other)
    }
}

/// The header by which hosts say where a request came from.
pub(crate) const CLIENT_ADDRESS: &str = "spin-client-addr";

/// A request.
#[derive(Clone)]
pub struct Request {
    /// Method.
    pub method: Method,
    /// Whether it was HEAD, which counts as GET.
    pub is_head: bool,
    /// Path, percent-encoded, without the query.
    pub path: String,
    /// Query, percent-encoded, without the question mark.
    pub query: String,
    /// Headers: names in lower case.
    pub headers: Vec<(String, Vec<u8>)>,
    /// Body; the host bounds its length.
    pub body: Vec<u8>,
}

impl Request {
    /// The first header of that (lower-case) name, when it is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(known, _)| known == name)?;
        std::str::from_utf8(value).ok()
    }

    /// The parameters of the query. Only those that discovery shows may be read: what is obeyed is `declared`.
    #[must_use]
    pub fn query(&self, declared: &'static [Query]) -> Parameters {
        Parameters { declared: Some(declared), ..self.any_query() }
    }

    /// The parameters of the query, whatever they are called: for the pages of OAuth, whose parameters stand in its RFCs.
    #[must_use]
    pub fn any_query(&self) -> Parameters {
        Parameters::parse(self.query.as_bytes())
    }

    /// The parameters of the query, then those of the form, whatever they are called.
    #[must_use]
    pub fn values(&self) -> Parameters {
        let mut values = self.any_query();
        if self.has_form_type() {
            values.pairs.extend(Parameters::parse(&self.body).pairs);
        }
        values
    }

    /// User name and password of `Authorization: Basic …`.
    #[must_use]
    pub fn basic_credentials(&self) -> Option<(String, String)> {
        let (scheme, encoded) = self.header("authorization")?.trim().split_once(' ')?;
        let decoded = STANDARD.decode(encoded.trim()).ok()?;
        let decoded = String::from_utf8(decoded).ok()?;
        let (user, password) = decoded.split_once(':')?;
        scheme.eq_ignore_ascii_case("basic").then(|| (user.to_owned(), password.to_owned()))
    }

    /// Whether it says that a browser sent it: every browser calls itself Mozilla or Opera.
    #[must_use]
    pub fn has_browser_agent(&self) -> bool {
        let agent = self.header("user-agent").unwrap_or_default();
        ["Mozilla/", "Opera/"].iter().any(|name| agent.starts_with(name))
    }

    /// The client id of an OAuth request: a parameter, or the user name of the client's credentials.
    pub(crate) fn named_client(&self) -> Option<String> {
        let parameter = self.values().get("client_id").map(str::to_owned);
        parameter.or_else(|| self.basic_credentials().map(|(client_id, _)| client_id))
    }

    /// The cookie of that name.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<&str> {
        let lines = self.headers.iter().filter(|(name, _)| name == "cookie");
        let lines = lines.filter_map(|(_, value)| std::str::from_utf8(value).ok());
        lines
            .flat_map(|line| line.split(';'))
            .filter_map(|cookie| cookie.trim().split_once('='))
            .find_map(|(known, value)| (known == name).then_some(value))
    }

    /// Whether the body is empty, or an object without members.
    #[must_use]
    pub(crate) fn is_empty(&self) -> bool {
        let body = self.body.trim_ascii();
        let inner = body.strip_prefix(b"{").and_then(|body| body.strip_suffix(b"}"));
        body.is_empty() || inner.is_some_and(|inner| inner.trim_ascii().is_empty())
    }

    /// Whether the body says it is JSON: `application/json` or `application/…+json`, parameters allowed.
    #[must_use]
    pub fn has_json_type(&self) -> bool {
        let kind = self.media_type();
        kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
    }

    /// Whether the body says it is `application/json`, parameters allowed.
    #[must_use]
    pub fn has_plain_json_type(&self) -> bool {
        self.media_type() == "application/json"
    }

    /// Whether the body says it is a URL-encoded form.
    #[must_use]
    pub fn has_form_type(&self) -> bool {
        self.media_type() == "application/x-www-form-urlencoded"
    }

    /// The client's address without the port: what the host saw, or what trusted proxies tell (`trusted_proxies`).
    #[must_use]
    pub fn client_address(&self) -> Option<String> {
        let address = self.header(CLIENT_ADDRESS)?;
        match address.parse::<std::net::SocketAddr>() {
            Ok(address) => Some(address.ip().to_canonical().to_string()),
            Err(_) => Some(address.to_owned()),
        }
    }

    fn media_type(&self) -> String {
        let header = self.header("content-type").unwrap_or_default();
        header.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }
}

/// Names and values of a query or a form, decoded.
#[derive(Debug, Clone, Default)]
pub struct Parameters {
    pairs: Vec<(String, String)>,
    /// The parameters that may be read, unless all may.
    declared: Option<&'static [Query]>,
}

impl Parameters {
    /// Decodes `application/x-www-form-urlencoded` text.
    #[must_use]
    pub fn parse(encoded: &[u8]) -> Self {
        Self { pairs: form_urlencoded::parse(encoded).into_owned().collect(), declared: None }
    }

    /// The first value of `name`.
    ///
    /// # Panics
    /// In debug builds, when `name` is not declared: the row, or the body that reads the query, must say what it obeys.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        debug_assert!(
            self.declared.is_none_or(|declared| declared.iter().any(|query| query.name == name)),
            "{name} is read and not declared"
        );
        self.pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Whether `name` is given and true.
    #[must_use]
    pub fn flag(&self, name: &str) -> bool {
        self.get(name).is_some_and(is_true)
    }

    /// The parameter `name` as its type.
    ///
    /// # Errors
    /// 400 with `refusal` for a value of another kind.
    pub fn read<T: Parameter>(&self, name: &str, refusal: &str) -> Result<T, ApiError> {
        let read = self.get(name).map_or_else(T::absent, T::of);
        read.ok_or_else(|| ApiError::Custom(400, json!({ "message": { name: refusal } })))
    }
}

/// An answer.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    /// Status.
    pub status: u16,
    /// Headers: names in lower case.
    pub headers: Vec<(&'static str, Cow<'static, str>)>,
    /// Body.
    pub body: Vec<u8>,
}

impl Response {
    /// A JSON answer.
    #[must_use]
    pub fn json(status: u16, body: &impl Serialize) -> Self {
        let mut text = match serde_json::to_vec(body) {
            Ok(text) => text,
            Err(error) => unreachable!("views are plain data with string keys: {error}"),
        };
        text.push(b'\n');
        Self { status, headers: vec![("content-type", "application/json".into())], body: text }
    }

    /// 200 with JSON.
    #[must_use]
    pub fn ok(body: &impl Serialize) -> Self {
        Self::json(200, body)
    }

    /// 204, empty.
    #[must_use]
    pub fn no_content() -> Self {
        Self {
            status: 204,
            headers: vec![("content-type", "application/json".into())],
            body: Vec::new(),
        }
    }

    /// Text of any other type.
    #[must_use]
    pub fn text(status: u16, content_type: &'static str, body: impl Into<String>) -> Self {
        Self {
            status,
            headers: vec![("content-type", content_type.into())],
            body: body.into().into_bytes(),
        }
    }

    /// A redirect (302).
    #[must_use]
    pub fn redirect(location: impl Into<String>) -> Self {
        Self { status: 302, headers: vec![("location", location.into().into())], body: Vec::new() }
    }

    /// The same with another header.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: impl Into<Cow<'static, str>>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {:?}", self.status, String::from_utf8_lossy(&self.body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DECLARED: &[Query] = &[Query::number("limit", "How many to list, at most")];

    fn request() -> Request {
        Request {
            method: Method::Get,
            is_head: false,
            path: "/".into(),
            query: "limit=5&page=2".into(),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    #[test]
    fn what_is_declared_is_read() {
        assert_eq!(request().query(DECLARED).get("limit"), Some("5"));
        assert_eq!(request().any_query().get("page"), Some("2"));
    }

    #[test]
    #[should_panic(expected = "page is read and not declared")]
    fn what_is_not_declared_is_not_read() {
        let _ = request().query(DECLARED).get("page");
    }
}
