//! Where the requests are sent: the components natively, all of them in one application.

use std::net::IpAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use berth_domain::settings;
use berth_test::{App, As, Reply, TcpClient};
use berth_web::outbound::registry::{Failure, LookUpError, Registry, Upstream, Verdict};
use serde_json::Value;

use super::behind::BEHIND;
use super::requests::{Ask, Given, Place, Script, Source, Values, Who, fill};
use super::secrets::Secrets;

/// The settings that every row needs.
const SETTINGS: [(&str, &str); 4] = [
    ("feature_quota_management", "true"),
    ("feature_auto_prune", "true"),
    ("feature_user_metadata", "true"),
    ("feature_user_rename", "true"),
];

/// Where the random values of every case begin.
const SEED: u64 = 1_000_000;

/// An application in some state, and the values known of it.
pub struct Fixture {
    /// The application.
    pub app: App,
    values: Values,
    /// Every secret that was sent or received.
    pub secrets: Secrets,
}

impl Fixture {
    /// The people of `berth-test`, and what the script makes of them.
    #[must_use]
    pub fn set(script: &Script) -> Self {
        Self::set_in(empty(), script)
    }

    /// The same in the present, for a host to go on with.
    ///
    /// # Panics
    /// When the time is before 1970.
    #[must_use]
    pub fn set_now(script: &Script) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("time after 1970").as_secs();
        let app = empty();
        app.advance(i64::try_from(now).expect("time before the end of time") - app.time());
        Self::set_in(app, script)
    }

    fn set_in(app: App, script: &Script) -> Self {
        let (values, secrets) = (Values::new(), Secrets::default());
        let mut fixture = Self { app: app.with_roles(), values, secrets };
        fixture.prepare(&script.base);
        for (name, value) in fixture.app.settings() {
            if settings::ALL.iter().any(|row| row.name == name && row.secret) {
                fixture.secrets.add(&value);
            }
        }
        fixture
    }

    /// Another one in the same state.
    #[must_use]
    pub fn copy(&self) -> Self {
        Self { app: self.app.copy(), values: self.values.clone(), secrets: self.secrets.clone() }
    }

    /// Another one, with these preparations made. Its random values are its own, so that they stay when the base grows.
    #[must_use]
    pub fn with<'a>(&self, given: impl IntoIterator<Item = &'a Given>) -> Self {
        let mut fixture = self.copy();
        fixture.app.reseed(SEED);
        fixture.prepare(given);
        fixture
    }

    fn prepare<'a>(&mut self, given: impl IntoIterator<Item = &'a Given>) {
        for given in given {
            match given {
                Given::Nobody => {
                    let settings = self.app.settings();
                    self.app = empty();
                    settings.iter().for_each(|(name, value)| self.app.set(name, value));
                }
                Given::Later(seconds) => self.app.advance(*seconds),
                Given::Setting(name, value) => self.app.set(name, value),
                Given::Sql(statement) => self.app.execute(&fill(statement, &self.values)),
                Given::Ask(ask) => {
                    let ask = self.fill(ask);
                    let reply = self.send(&ask);
                    assert!(reply.status() < 400, "{} is refused: {reply}", ask.target);
                    self.keep(&ask, &reply);
                }
            }
        }
    }

    /// The request with the known values in it.
    #[must_use]
    pub fn fill(&self, ask: &Ask) -> Ask {
        ask.filled(&self.values)
    }

    /// The token in a request, as a header; none for anonymous requests and for browsers.
    #[must_use]
    pub fn authorization(&self, who: &Who) -> Option<(String, String)> {
        let has_token = who.person.is_some() && !who.browser;
        has_token.then(|| sender(&self.app, who).headers()[0].clone())
    }

    /// Sends a request that was [filled](Self::fill).
    pub fn send(&mut self, ask: &Ask) -> Reply {
        let sender = sender(&self.app, &ask.who);
        let reply = send_as(&sender, ask);
        self.secrets.learn_headers(sender.headers());
        self.secrets.learn_request(&ask.target, ask.body.as_deref());
        self.secrets.learn_answer(reply.headers(), &String::from_utf8_lossy(reply.body()));
        reply
    }

    /// The statuses of a request that was [filled](Self::fill), made by everybody.
    #[must_use]
    pub fn statuses(&self, ask: &Ask) -> String {
        let request = |caller: &As<'_>| send_as(caller, ask);
        if ask.who.browser {
            self.app.statuses_in_browsers(request)
        } else {
            self.app.statuses(request)
        }
    }

    fn keep(&mut self, ask: &Ask, reply: &Reply) {
        for (name, source) in ask.kept() {
            let value = self.find(source, reply);
            let value = value.unwrap_or_else(|| panic!("no {name} in {reply}"));
            self.values.insert(name.clone(), value);
        }
    }

    fn find(&mut self, source: &Source, reply: &Reply) -> Option<String> {
        let text = match &source.place {
            Place::Json(pointer) => match reply.json().pointer(pointer)? {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            },
            Place::Location => reply.header("location")?.to_owned(),
            Place::Mail => self.latest_mail()?,
        };
        let Some(marker) = &source.marker else { return Some(text) };
        let (_, rest) = text.split_once(marker.as_str())?;
        let word = rest.split(|letter: char| letter.is_whitespace() || "&#".contains(letter));
        let word = word.into_iter().next()?.to_owned();
        if matches!(source.place, Place::Mail) {
            self.secrets.add(&word);
        }
        Some(word)
    }

    /// The mail that left last, or else that was written last.
    fn latest_mail(&self) -> Option<String> {
        let left = self.app.mails().pop().map(|mail| mail.text);
        left.or_else(|| self.app.outbox().pop())
    }
}

fn empty() -> App {
    let app =
        App::new().with_registry(Upstreams).with_streaming(TcpClient).with("registry_url", &BEHIND);
    SETTINGS.into_iter().fold(app, |app, (name, value)| app.with(name, value))
}

/// Requests of a caller.
#[must_use]
pub fn sender<'a>(app: &'a App, who: &Who) -> As<'a> {
    match (&who.person, &who.scope, who.browser) {
        (None, _, false) => app.anonymous(),
        (None, _, true) => app.browser(),
        (Some(name), Some(scope), _) => app.with_scope(name, &scope.replace(',', " ")),
        (Some(name), None, false) => app.as_user(name),
        (Some(name), None, true) => app.with_session(name),
    }
}

/// Sends a request that was [filled](Fixture::fill).
#[must_use]
pub fn send_as(sender: &As<'_>, ask: &Ask) -> Reply {
    let headers = ask.headers.iter();
    let sender = headers.fold(sender.clone(), |sender, (name, value)| sender.header(name, value));
    let body = ask.body.clone().unwrap_or_default().into_bytes();
    sender.send(ask.method.clone(), &ask.target, content_type(ask), body)
}

/// The media type of a request's body.
#[must_use]
pub fn content_type(ask: &Ask) -> Option<&'static str> {
    let json = ["{", "[", "\""];
    ask.body.as_deref().map(|body| match json.iter().any(|start| body.starts_with(start)) {
        true => "application/json",
        false => "application/x-www-form-urlencoded",
    })
}

/// In place of upstream registries: `quay.io` is one that accepts everybody.
pub(crate) struct Upstreams;

impl Registry for Upstreams {
    fn resolve(&self, name: &str) -> Result<Vec<IpAddr>, LookUpError> {
        match name {
            "quay.io" => Ok(vec![IpAddr::from([1, 1, 1, 1])]),
            "localhost" => Ok(vec![IpAddr::from([127, 0, 0, 1])]),
            _ => Err(LookUpError::NotFound),
        }
    }

    fn check(&self, _upstream: &Upstream<'_>) -> Result<Verdict, Failure> {
        Ok(Verdict::Valid)
    }
}
