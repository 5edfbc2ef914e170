//! Requests to a host, as programs and browsers send them.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use ureq::http::Request;

/// Sends requests with the same headers each time. Follows no redirect.
#[derive(Clone)]
pub struct Client {
    /// Where requests go, one after the other.
    bases: Arc<[String]>,
    sent: Arc<AtomicUsize>,
    agent: ureq::Agent,
    headers: Vec<(String, String)>,
}

impl Client {
    /// A client of the server at `base`, without credentials.
    #[must_use]
    pub fn new(base: &str) -> Self {
        Self::of_bases([base.to_owned()].into())
    }

    /// A client of several replicas of a server: each request goes to the next one, and names the host of the first.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn of_replicas(bases: &[&str]) -> Self {
        let host = bases.first().and_then(|base| base.split("://").nth(1)).expect("a replica");
        let client = Self::of_bases(bases.iter().map(|base| (*base).to_owned()).collect());
        client.header("host", host)
    }

    fn of_bases(bases: Arc<[String]>) -> Self {
        let agent = agent(Duration::from_secs(60));
        Self { bases, sent: Arc::default(), agent, headers: Vec::new() }
    }

    /// The address of the server, or of the first replica.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.bases[0]
    }

    /// The same at another server.
    #[must_use]
    pub fn at(&self, base: &str) -> Self {
        Self { bases: [base.to_owned()].into(), ..self.clone() }
    }

    /// The same, but it gives up after so long.
    #[must_use]
    pub fn patient(&self, patience: Duration) -> Self {
        Self { agent: agent(patience), ..self.clone() }
    }

    /// The same with a further header.
    #[must_use]
    pub fn header(&self, name: &str, value: &str) -> Self {
        let mut client = self.clone();
        client.headers.push((name.to_owned(), value.to_owned()));
        client
    }

    /// The same with a Bearer token.
    #[must_use]
    pub fn bearer(&self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// The value of a header that it sends.
    #[must_use]
    pub fn header_value(&self, name: &str) -> Option<&str> {
        let known = self.headers.iter().find(|(known, _)| known == name);
        known.map(|(_, value)| value.as_str())
    }

    /// Makes the first user, as [`Self::initialize_token`], and gives a client with their token.
    #[must_use]
    pub fn initialize(&self, name: &str) -> Self {
        self.bearer(&self.initialize_token(name))
    }

    /// Makes the first user, named `name` with the password `password`, and gives their token of every
    /// scope.
    #[must_use]
    pub fn initialize_token(&self, name: &str) -> String {
        let body = json!({
            "username": name,
            "password": "password",
            "email": format!("{name}@example.com"),
            "access_token": true,
        });
        let reply = self.post("/api/v1/user/initialize", &body);
        assert_eq!(reply.status, 200, "{reply}");
        reply.json()["access_token"].as_str().expect("a token was asked for").to_owned()
    }

    /// GET.
    #[must_use]
    pub fn get(&self, path: &str) -> Reply {
        self.send("GET", path, None, &[])
    }

    /// POST with JSON.
    pub fn post(&self, path: &str, body: &Value) -> Reply {
        self.send("POST", path, Some("application/json"), body.to_string().as_bytes())
    }

    /// POST with JSON; the error says why no answer came.
    ///
    /// # Errors
    /// When the connection fails or no answer comes in time.
    pub fn try_post(&self, path: &str, body: &Value) -> Result<Reply, String> {
        self.try_send("POST", path, Some("application/json"), body.to_string().as_bytes())
    }

    /// POST of a form.
    pub fn post_form(&self, path: &str, form: &str) -> Reply {
        let kind = "application/x-www-form-urlencoded";
        self.send("POST", path, Some(kind), form.as_bytes())
    }

    /// PUT with JSON.
    pub fn put(&self, path: &str, body: &Value) -> Reply {
        self.send("PUT", path, Some("application/json"), body.to_string().as_bytes())
    }

    /// PUT without a body.
    pub fn put_empty(&self, path: &str) -> Reply {
        self.send("PUT", path, None, &[])
    }

    /// DELETE.
    pub fn delete(&self, path: &str) -> Reply {
        self.send("DELETE", path, None, &[])
    }

    /// Any request.
    ///
    /// # Panics
    /// When no answer comes.
    pub fn send(&self, method: &str, path: &str, content_type: Option<&str>, body: &[u8]) -> Reply {
        self.try_send(method, path, content_type, body)
            .unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    /// Any request; the error says why no answer came.
    ///
    /// # Errors
    /// When the connection fails or no answer comes in time.
    pub fn try_send(
        &self,
        method: &str,
        path: &str,
        content_type: Option<&str>,
        body: &[u8],
    ) -> Result<Reply, String> {
        let next = self.sent.fetch_add(1, Ordering::Relaxed) % self.bases.len();
        let uri = format!("{}{path}", self.bases[next]);
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        let request = request.body(body.to_vec()).map_err(|error| error.to_string())?;
        let response = self.agent.run(request).map_err(|error| error.to_string())?;
        let status = response.status().as_u16();
        let headers = response.headers().iter().map(|(name, value)| {
            (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        });
        let headers = headers.collect();
        let body = response.into_body().read_to_vec().map_err(|error| error.to_string())?;
        Ok(Reply { status, headers, body: String::from_utf8_lossy(&body).into_owned() })
    }
}

fn agent(patience: Duration) -> ureq::Agent {
    let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0);
    config.timeout_global(Some(patience)).build().into()
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Reply {
    /// Status.
    pub status: u16,
    /// Headers: names in lower case.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: String,
}

impl Reply {
    /// The body as JSON.
    ///
    /// # Panics
    /// When it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {self}"))
    }

    /// The first header of that (lower-case) name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.status, self.body.trim_end())
    }
}

/// A browser's session: the cookie and the CSRF token that goes with it.
pub struct Session {
    client: Client,
    cookie: String,
    csrf_token: String,
}

impl Session {
    /// An anonymous session.
    #[must_use]
    pub fn anonymous(client: &Client) -> Self {
        let reply = client.get("/csrf_token");
        let cookie = cookie_of(&reply).unwrap_or_else(|| panic!("no cookie: {reply}"));
        let csrf_token = reply.json()["csrf_token"].as_str().expect("a text").to_owned();
        Self { client: client.clone(), cookie, csrf_token }
    }

    /// Signs in.
    #[must_use]
    pub fn sign_in(client: &Client, username: &str, password: &str) -> Self {
        let mut session = Self::anonymous(client);
        let body = json!({ "username": username, "password": password });
        let reply = session.client().post("/api/v1/signin", &body);
        assert_eq!(reply.status, 200, "{username} cannot sign in: {reply}");
        session.follow(&reply);
        session
    }

    /// A client with the cookie and the CSRF token.
    #[must_use]
    pub fn client(&self) -> Client {
        self.client_without_csrf().header("x-csrf-token", &self.csrf_token)
    }

    /// A client with the cookie only.
    #[must_use]
    pub fn client_without_csrf(&self) -> Client {
        self.client.header("cookie", &self.cookie)
    }

    /// Cookie and CSRF token, as headers.
    #[must_use]
    pub fn headers(&self) -> Vec<(String, String)> {
        let csrf_token = ("x-csrf-token".to_owned(), self.csrf_token.clone());
        vec![("cookie".to_owned(), self.cookie.clone()), csrf_token]
    }

    /// The cookie, as a header.
    #[must_use]
    pub fn cookie_header(&self) -> (&'static str, String) {
        ("cookie", self.cookie.clone())
    }

    /// Takes over what an answer says of cookie and CSRF token.
    pub fn follow(&mut self, reply: &Reply) {
        if let Some(cookie) = cookie_of(reply) {
            self.cookie = cookie;
        }
        if let Some(token) = reply.header("x-next-csrf-token") {
            self.csrf_token = token.to_owned();
        }
    }
}

fn cookie_of(reply: &Reply) -> Option<String> {
    let cookie = reply.header("set-cookie")?.split(';').next()?;
    Some(cookie.to_owned())
}
