//! The same requests over TCP, to the real components on a host that starts from the state of a
//! fixture.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::fixture::{Fixture, content_type};
use super::requests::{Ask, Script, Who};
use super::secrets::Secrets;
use crate::client::{Client, Reply, Session};
use crate::host::Host;

/// The database of a state directory.
const DATABASE_FILE: &str = "sqlite_db.db";

/// A host, and all callers of the script.
pub struct OverTcp {
    host: Host,
    /// By their labels.
    clients: BTreeMap<String, Client>,
    /// Every secret that was sent or received.
    pub secrets: Secrets,
}

impl OverTcp {
    /// Starts a host with the fixture's database and settings.
    #[must_use]
    pub fn go_on(fixture: &Fixture, script: &Script) -> Self {
        let asks = script.cases.iter().flat_map(|case| case.asks());
        let people: BTreeMap<&str, &Who> =
            asks.map(|ask| (ask.who.label.as_str(), &ask.who)).collect();
        // The tokens must be there before the database is written.
        let authorizations: Vec<_> =
            people.iter().map(|(label, who)| (*label, *who, fixture.authorization(who))).collect();
        let state = Host::new_state();
        fixture.app.save_database(&state.path().join(DATABASE_FILE));
        // No registry is called from here.
        let options = Host::options().state(state).flag("--resolve").flag("quay.io=127.0.0.1");
        let settings = fixture.app.settings();
        let host =
            settings.iter().fold(options, |options, (name, value)| options.variable(name, value));
        let mut over_tcp =
            Self { host: host.start(), clients: BTreeMap::new(), secrets: fixture.secrets.clone() };
        for (label, who, authorization) in authorizations {
            let headers = authorization.map_or_else(|| over_tcp.session(who), |token| vec![token]);
            over_tcp.secrets.learn_headers(&headers);
            let client = headers
                .iter()
                .fold(over_tcp.host.client(), |client, (name, value)| client.header(name, value));
            over_tcp.clients.insert(label.to_owned(), client);
        }
        over_tcp
    }

    /// The headers of a browser; none for an anonymous caller without a browser.
    fn session(&self, who: &Who) -> Vec<(String, String)> {
        let client = self.host.client();
        match &who.person {
            None if !who.browser => Vec::new(),
            None => Session::anonymous(&client).headers(),
            // As the base sets it.
            Some(name) => {
                Session::sign_in(&client, name, &format!("battery-staple-{name}")).headers()
            }
        }
    }

    /// Sends a request as its sender.
    ///
    /// # Panics
    /// When no answer comes.
    pub fn send(&mut self, ask: &Ask) -> Reply {
        let client = &self.clients[&ask.who.label];
        let headers = ask.headers.iter();
        let client =
            headers.fold(client.clone(), |client, (name, value)| client.header(name, value));
        let body = ask.body.clone().unwrap_or_default();
        let reply =
            client.send(ask.method.as_str(), &ask.target, content_type(ask), body.as_bytes());
        self.secrets.learn_request(&ask.target, ask.body.as_deref());
        let headers = reply.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        self.secrets.learn_answer(headers, &reply.body);
        reply
    }

    /// The host's address.
    #[must_use]
    pub fn base(&self) -> &str {
        self.host.base()
    }

    /// The host's database.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.host.state().path().join(DATABASE_FILE)
    }

    /// Somebody whom the script names, by their label.
    #[must_use]
    pub fn client(&self, label: &str) -> &Client {
        &self.clients[label]
    }

    /// What the host has logged.
    #[must_use]
    pub fn log(&self) -> String {
        self.host.log()
    }
}
