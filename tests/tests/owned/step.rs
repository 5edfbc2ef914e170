//! A request, and who sends it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use berth_test::{App, As, Reply};
use berth_web::Method;
use serde_json::Value;

/// Who sends a request.
pub(crate) enum Who {
    /// A person with a token.
    Token(String),
    /// A person in a browser.
    Browser(String),
    /// A program without credentials in the header.
    Program,
    /// A client of a registry, with a token of that person as the password.
    RegistryClient(String),
    /// The registry behind, with its secret.
    Registry,
    /// A client of a registry, with a token of that person to pull from that repository.
    TokenHolder(String, String),
}

/// The secret of the registry.
pub(crate) const EVENTS_SECRET: &str = "secret-of-the-registry";

/// What is in it.
pub(crate) enum Content {
    Nothing,
    Json(Value),
    Form(String),
}

/// A request.
pub(crate) struct Step {
    pub(crate) who: Who,
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) content: Content,
}

impl Step {
    pub(crate) fn send(&self, app: &App) -> Reply {
        let client = match &self.who {
            Who::Token(name) => app.as_user(name),
            Who::Browser(name) => app.with_session(name),
            Who::Program => app.anonymous(),
            Who::Registry => {
                app.anonymous().header("authorization", &format!("Bearer {EVENTS_SECRET}"))
            }
            Who::RegistryClient(name) => registry_client(app, name),
            Who::TokenHolder(name, repository) => {
                let asked =
                    format!("/v2/auth?service=localhost:3000&scope=repository:{repository}:pull");
                let answer = registry_client(app, name).get(&asked);
                if answer.status() >= 400 {
                    return answer;
                }
                let answer = answer.json();
                let token = answer["token"].as_str().expect("a token");
                app.anonymous().header("authorization", &format!("Bearer {token}"))
            }
        };
        let (kind, body) = match &self.content {
            Content::Nothing => (None, Vec::new()),
            Content::Json(body) => (Some("application/json"), body.to_string().into_bytes()),
            Content::Form(form) => {
                (Some("application/x-www-form-urlencoded"), form.clone().into_bytes())
            }
        };
        client.send(self.method.clone(), &self.path, kind, body)
    }

    /// The request that deletes what this one has put.
    pub(crate) fn deletion(self) -> Self {
        Self { method: Method::DELETE, content: Content::Nothing, ..self }
    }
}

/// A client with a token of that person as the password.
fn registry_client<'a>(app: &'a App, name: &str) -> As<'a> {
    let person = app.as_user(name);
    let token = person.headers()[0].1.trim_start_matches("Bearer ").to_owned();
    let shown = STANDARD.encode(format!("$oauthtoken:{token}"));
    person.without("authorization").header("authorization", &format!("Basic {shown}"))
}
