//! Calls of the API, in the same process, with the visitor's own credentials.

use std::collections::BTreeMap;

use berth_web::{Method, Request, Response, StatusCode, WhoCalled, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::refusal::Refusal;
use crate::visit::Visit;

/// What is encoded in a segment of a path.
const SEGMENT: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'@').remove(b'+');

/// What is encoded in a name of several segments.
const SEGMENTS: &AsciiSet = &SEGMENT.remove(b'/');

/// What stands in a path for a name that nobody typed: no name has it, and no call is made with it.
const NO_NAME: &str = "%00";

/// A name as one segment of a path.
pub(crate) fn segment(name: &str) -> String {
    if name.is_empty() { NO_NAME.into() } else { utf8_percent_encode(name, SEGMENT).to_string() }
}

/// The name of a repository, whose slashes separate, as the end of a path.
pub(crate) fn segments(name: &str) -> String {
    if name.is_empty() { NO_NAME.into() } else { utf8_percent_encode(name, SEGMENTS).to_string() }
}

/// A path of names: `address!("/api/v1/organization/{}/team/{}", organization, team)`, each encoded as one segment.
macro_rules! address {
    ($pattern:literal $(, $name:expr)* $(,)?) => {
        format!($pattern $(, $crate::api::segment($name.as_ref()))*)
    };
}
pub(crate) use address;

/// `path` with parameters, without those that are empty.
pub(crate) fn with_query(path: &str, parameters: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(parameters.iter().filter(|(_, value)| !value.is_empty()));
    match query.finish() {
        query if query.is_empty() => path.to_owned(),
        query if path.contains('?') => format!("{path}&{query}"),
        query => format!("{path}?{query}"),
    }
}

/// A page of a list, and what follows it.
pub(crate) struct Listed<T> {
    /// The entries.
    pub(crate) entries: Vec<T>,
    /// The token of the next page.
    pub(crate) next: Option<String>,
}

impl Visit<'_> {
    /// Reads.
    pub(crate) fn get<T: DeserializeOwned>(&self, target: &str) -> Result<T, Refusal> {
        read(&self.call(Method::GET, target, None)?)
    }

    /// Reads what there may be none of.
    pub(crate) fn find<T: DeserializeOwned>(&self, target: &str) -> Result<Option<T>, Refusal> {
        match self.get(target) {
            Err(refusal) if refusal.status == StatusCode::NOT_FOUND => Ok(None),
            found => found.map(Some),
        }
    }

    /// Reads a page of a list: the entries are the answer's member `name`.
    pub(crate) fn list<T: DeserializeOwned>(
        &self,
        target: &str,
        name: &str,
    ) -> Result<Listed<T>, Refusal> {
        self.listed(target, name, Vec::deserialize)
    }

    /// The same of a list whose entries stand under their names.
    pub(crate) fn list_by_name<T: DeserializeOwned>(
        &self,
        target: &str,
        name: &str,
    ) -> Result<Listed<T>, Refusal> {
        self.listed(target, name, |entries| {
            BTreeMap::<String, T>::deserialize(entries).map(|map| map.into_values().collect())
        })
    }

    fn listed<T>(
        &self,
        target: &str,
        name: &str,
        entries_of: impl FnOnce(Value) -> serde_json::Result<Vec<T>>,
    ) -> Result<Listed<T>, Refusal> {
        let response = self.call(Method::GET, target, None)?;
        let mut body: Value = read(&response)?;
        let entries = body.get_mut(name).map(Value::take).unwrap_or_default();
        let next = header_text(&response, header::LINK).and_then(next_page);
        Ok(Listed { entries: entries_of(entries).map_err(|error| unreadable(&error))?, next })
    }

    /// Changes something.
    pub(crate) fn post(&self, target: &str, body: &Value) -> Result<Value, Refusal> {
        read_any(&self.call(Method::POST, target, Some(body))?)
    }

    /// Changes something.
    pub(crate) fn put(&self, target: &str, body: &Value) -> Result<Value, Refusal> {
        read_any(&self.call(Method::PUT, target, Some(body))?)
    }

    /// Removes something.
    pub(crate) fn delete(&self, target: &str) -> Result<(), Refusal> {
        self.call(Method::DELETE, target, None).map(drop)
    }

    /// Calls the API, and notes what it tells of the visitor.
    pub(crate) fn call(
        &self,
        method: Method,
        target: &str,
        body: Option<&Value>,
    ) -> Result<Response, Refusal> {
        if target.contains(NO_NAME) {
            return Err(Refusal::new(StatusCode::BAD_REQUEST, self.texts.fill_this_in));
        }
        let mut request = http::Request::builder().method(method).uri(target);
        for (name, value) in self.request().headers() {
            if !OWN_HEADERS.contains(&name.as_str()) {
                request = request.header(name, value);
            }
        }
        request = request.header("x-requested-with", "XMLHttpRequest");
        if let Some(cookie) = self.api_cookie() {
            request = request.header(header::COOKIE, cookie);
        }
        if let Some(token) = self.api_csrf_token() {
            request = request.header("x-csrf-token", token);
        }
        let text = match body {
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                body.to_string().into_bytes()
            }
            None => Vec::new(),
        };
        let mut request: Request = request.body(text).map_err(|_| bad_address())?;
        let who = WhoCalled::default();
        request.extensions_mut().insert(who.clone());
        let response = self.serve(request);
        self.note(&who, &response);
        match response.status().as_u16() {
            0..400 => Ok(response),
            _ => Err(Refusal::of(&response)),
        }
    }
}

/// Headers that are about the page and not about the call.
const OWN_HEADERS: [&str; 10] = [
    "accept",
    "accept-encoding",
    "authorization",
    "content-length",
    "content-type",
    "cookie",
    "if-modified-since",
    "if-none-match",
    "range",
    "x-csrf-token",
];

/// An address that no request can have: a name with bytes that no path has.
fn bad_address() -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "")
}

fn read<T: DeserializeOwned>(response: &Response) -> Result<T, Refusal> {
    serde_json::from_slice(response.body()).map_err(|error| unreadable(&error))
}

/// The answer to a change, which may be empty.
fn read_any(response: &Response) -> Result<Value, Refusal> {
    if response.body().trim_ascii().is_empty() { Ok(Value::Null) } else { read(response) }
}

/// An answer of the API is not what the console takes it for: a bug.
fn unreadable(error: &serde_json::Error) -> Refusal {
    eprintln!("error: the console cannot read an answer of the API: {error}");
    Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "")
}

/// The token of the next page in `Link: <…?page_token=…>; rel="next"`.
fn next_page(link: &str) -> Option<String> {
    let next = link.split(", <").find(|link| link.contains("rel=\"next\""))?;
    let target = next.trim_start_matches('<').split_once('>')?.0;
    let (_, query) = target.split_once('?')?;
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    pairs.find_map(|(name, value)| (name == "page_token").then(|| value.into_owned()))
}

fn header_text(response: &Response, name: header::HeaderName) -> Option<&str> {
    response.headers().get(name)?.to_str().ok()
}
