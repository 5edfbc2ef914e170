//! Requests: what is read of them beyond the `http` crate's types.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{self, HeaderName};

use crate::query::Parameters;

/// A request with its body; the host bounds the body's length.
pub type Request = http::Request<Vec<u8>>;

/// The header by which hosts say where a request came from.
pub(crate) const CLIENT_ADDRESS: HeaderName = HeaderName::from_static("spin-client-addr");

/// What is read of a request.
pub trait RequestExt {
    /// The first header of that name, when it is text.
    fn header(&self, name: impl header::AsHeaderName) -> Option<&str>;

    /// The parameters of the query, for types that say what they read of it, and for OAuth, whose parameters are in its RFCs.
    fn query(&self) -> Parameters;

    /// The parameters of the form; none where the body is another.
    fn form(&self) -> Parameters;

    /// The parameters of the query, then those of the form, whatever they are called.
    fn values(&self) -> Parameters;

    /// User name and password of `Authorization: Basic …`.
    fn basic_credentials(&self) -> Option<(String, String)>;

    /// Whether it says that a browser sent it: every browser calls itself Mozilla or Opera.
    fn has_browser_agent(&self) -> bool;

    /// The cookie of that name.
    fn cookie(&self, name: &str) -> Option<&str>;

    /// The media type of the body, in lower case and without parameters; empty where none is given.
    fn media_type(&self) -> String;

    /// The client's address without the port: what the host saw, or what trusted proxies tell (`trusted_proxies`).
    fn client_address(&self) -> Option<String>;

    /// Whether the body says it is JSON: `application/json` or `application/…+json`, parameters allowed.
    fn has_json_type(&self) -> bool {
        let kind = self.media_type();
        kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
    }

    /// Whether the body says it is a URL-encoded form.
    fn has_form_type(&self) -> bool {
        self.media_type() == "application/x-www-form-urlencoded"
    }
}

impl RequestExt for Request {
    fn header(&self, name: impl header::AsHeaderName) -> Option<&str> {
        std::str::from_utf8(self.headers().get(name)?.as_bytes()).ok()
    }

    fn query(&self) -> Parameters {
        Parameters::parse(self.uri().query().unwrap_or_default().as_bytes())
    }

    fn form(&self) -> Parameters {
        if self.has_form_type() { Parameters::parse(self.body()) } else { Parameters::default() }
    }

    fn values(&self) -> Parameters {
        let mut values = self.query();
        values.0.extend(self.form().0);
        values
    }

    fn basic_credentials(&self) -> Option<(String, String)> {
        let (scheme, encoded) = self.header(header::AUTHORIZATION)?.trim().split_once(' ')?;
        let decoded = STANDARD.decode(encoded.trim()).ok()?;
        let decoded = String::from_utf8(decoded).ok()?;
        let (user, password) = decoded.split_once(':')?;
        scheme.eq_ignore_ascii_case("basic").then(|| (user.to_owned(), password.to_owned()))
    }

    fn has_browser_agent(&self) -> bool {
        let agent = self.header(header::USER_AGENT).unwrap_or_default();
        ["Mozilla/", "Opera/"].iter().any(|name| agent.starts_with(name))
    }

    fn cookie(&self, name: &str) -> Option<&str> {
        let lines = self.headers().get_all(header::COOKIE).into_iter();
        lines
            .filter_map(|line| std::str::from_utf8(line.as_bytes()).ok())
            .flat_map(|line| line.split(';'))
            .filter_map(|cookie| cookie.trim().split_once('='))
            .find_map(|(known, value)| (known == name).then_some(value))
    }

    fn media_type(&self) -> String {
        let header = self.header(header::CONTENT_TYPE).unwrap_or_default();
        header.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }

    fn client_address(&self) -> Option<String> {
        let address = self.header(CLIENT_ADDRESS)?;
        match address.parse::<std::net::SocketAddr>() {
            Ok(address) => Some(address.ip().to_canonical().to_string()),
            Err(_) => Some(address.to_owned()),
        }
    }
}

/// The client id of an OAuth request: a parameter, or the user name of the client's credentials.
pub(crate) fn named_client(request: &Request) -> Option<String> {
    let parameter = request.values().get("client_id").map(str::to_owned);
    parameter.or_else(|| request.basic_credentials().map(|(client_id, _)| client_id))
}

/// Whether the body is empty, or an object without members.
pub(crate) fn says_nothing(request: &Request) -> bool {
    let body = request.body().trim_ascii();
    let inner = body.strip_prefix(b"{").and_then(|body| body.strip_suffix(b"}"));
    body.is_empty() || inner.is_some_and(|inner| inner.trim_ascii().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> Request {
        let request = http::Request::builder().header("cookie", "a=1; b=2");
        request.header("cookie", "c=3; b=4").body(Vec::new()).expect("a request")
    }

    #[test]
    fn a_cookie_is_found_on_any_line_and_the_first_counts() {
        let found = ["a", "b", "c", "d"].map(|name| request().cookie(name).map(str::to_owned));
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(found, [text("1"), text("2"), text("3"), None]);
    }
}
