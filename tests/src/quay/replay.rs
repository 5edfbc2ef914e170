//! Sending the recorded requests, in recorded order, and judging the answers.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::case::{Case, Difference, Recorded, cases, differences, write_differences};
use super::compare::{blank, differences_of, forget_avatars, normalize};
use super::seed::Start;
use super::upstream::Upstreams;
use crate::{Client, Reply, Session};

/// A token that nobody has.
const GARBAGE: &str = "GGGGGGGGGGGGGGGGGGGG0123456789ABCDEFGHIJ";

/// Replays the cases of one configuration on a seeded host, or on replicas of one, and prints each that fails.
///
/// # Panics
/// When a case fails, or there is none.
pub fn replay(variant: &str, client: Client, start: Start, upstreams: &Upstreams) {
    let known = differences();
    let mut replay = Replay::new(client, start, upstreams, &known);
    let (mut all, mut failures) = (0, Vec::new());
    for case in cases().iter().filter(|case| case.variant == variant) {
        all += 1;
        if let Outcome::Failed(found, own) = replay.run(case) {
            println!("{} | {} | {}", case.id, case.note, found.join("; "));
            failures.push(own);
        }
    }
    assert!(all > 0, "there are no cases of {variant}");
    if crate::accepts() {
        let mut known = differences();
        known.extend(failures.iter().map(|own| (own.id.clone(), own.clone())));
        write_differences(&known);
    }
    assert!(failures.is_empty(), "{} of {all} cases of {variant} fail", failures.len());
}

/// A replay.
struct Replay<'a> {
    client: Client,
    base: String,
    start: Start,
    upstreams: &'a Upstreams,
    differences: &'a BTreeMap<String, Difference>,
    sessions: HashMap<String, Session>,
}

/// How a case ended.
enum Outcome {
    /// As recorded, or as the difference says.
    Passed,
    /// Neither: what was different, and the answer in the form of a difference.
    Failed(Vec<String>, Difference),
}

impl<'a> Replay<'a> {
    fn new(
        client: Client,
        start: Start,
        upstreams: &'a Upstreams,
        differences: &'a BTreeMap<String, Difference>,
    ) -> Self {
        let base = client.base().to_owned();
        Self { client, base, start, upstreams, differences, sessions: HashMap::new() }
    }

    /// Sends one case.
    fn run(&mut self, case: &Case) -> Outcome {
        if let Some(seconds) = case.wait_before_s {
            std::thread::sleep(Duration::from_secs_f64(seconds));
        }
        let reply = self.send(case);
        let outcome = self.judge(case, &reply);
        self.capture(case, &reply);
        if case.setup_only.is_some() { Outcome::Passed } else { outcome }
    }

    fn send(&mut self, case: &Case) -> Reply {
        let mut client = self.authorize(&case.auth);
        for (name, value) in &case.request_headers {
            client = client.header(name, value);
        }
        if let Some(user) = &case.request_cookie_of_session {
            let (name, value) = self.session(user).cookie_header();
            client = client.header(name, &value);
        }
        let body = match (&case.request_raw, &case.request_body) {
            (Some(raw), _) => encode(&self.render(raw), case.request_raw_encoding.as_deref()),
            (None, Some(body)) => self.render(&body.to_string()).into_bytes(),
            (None, None) => Vec::new(),
        };
        let has_body = case.request_raw.is_some() || case.request_body.is_some();
        let content_type = case.request_content_type.as_deref().filter(|_| has_body);
        let reply = client.send(&case.method, &self.render(&case.path), content_type, &body);
        if case.path.starts_with("/api/v1/signout") {
            // The session is over, and later cases want to see that: it is kept as it is.
            return reply;
        }
        if let Some(session) =
            case.auth.strip_prefix("session:").and_then(|user| self.sessions.get_mut(user))
        {
            session.follow(&reply);
        }
        reply
    }

    fn session(&mut self, user: &str) -> &mut Session {
        let client = &self.client;
        let session = self.sessions.entry(user.to_owned());
        session.or_insert_with(|| Session::sign_in(client, user, "password"))
    }

    /// A client with the credentials of that symbolic name.
    fn authorize(&mut self, auth: &str) -> Client {
        let with = |value: &str| self.client.header("authorization", value);
        match auth {
            "none" => return self.client.clone(),
            "garbage" => return self.client.bearer(GARBAGE),
            "garbage-short" => return self.client.bearer("abc"),
            "empty-bearer" => return with("Bearer "),
            "two-part-bearer" => return with("Bearer a b"),
            "unknown-scheme" => return with(&format!("Foo {GARBAGE}")),
            "jwt-garbage" => return with("Bearer eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJ4In0.c2ln"),
            "anon+csrf" => return Session::anonymous(&self.client).client(),
            _ => {}
        }
        match auth.split_once(':') {
            Some(("lowercase-bearer", name)) => with(&format!("bearer {}", self.token(name))),
            Some(("token-scheme", name)) => with(&format!("token {}", self.token(name))),
            Some(("var", name)) => self.client.bearer(&self.variable(name)),
            Some(("basic", pair)) => with(&format!("Basic {}", STANDARD.encode(pair))),
            Some(("basic-oauth", name)) => {
                let pair = format!("$oauthtoken:{}", self.token(name));
                with(&format!("Basic {}", STANDARD.encode(pair)))
            }
            Some(("session", user)) => self.session(user).client(),
            Some(("session-nocsrf", user)) => self.session(user).client_without_csrf(),
            Some(("session-badcsrf", user)) => {
                self.session(user).client_without_csrf().header("x-csrf-token", "not-the-token")
            }
            _ => self.client.bearer(&self.token(auth)),
        }
    }

    fn token(&self, name: &str) -> String {
        let token = self.start.tokens.get(name);
        token.unwrap_or_else(|| panic!("no token {name}")).clone()
    }

    fn variable(&self, name: &str) -> String {
        self.start.variables.get(name).cloned().unwrap_or_else(|| format!("<no {name}>"))
    }

    /// Fills `{{name}}`; `{{base}}` stays.
    fn render(&self, text: &str) -> String {
        let mut rendered = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let Some((name, behind)) = after.split_once("}}") else { break };
            rendered.push_str(before);
            rendered.push_str(&self.placeholder(name));
            rest = behind;
        }
        rendered + rest
    }

    fn placeholder(&self, name: &str) -> String {
        if let Some(number) = name.strip_prefix("upstream+") {
            return self.upstreams.port(number.parse().expect("a number")).to_string();
        }
        match name.split_once('|') {
            _ if name == "base" => "{{base}}".into(),
            Some((name, "lower")) => self.variable(name).to_lowercase(),
            _ => self.variable(name),
        }
    }

    fn judge(&self, case: &Case, reply: &Reply) -> Outcome {
        let own = self.differences.get(&case.id);
        if let Some(own) = own {
            let got = self.as_difference(case, reply, &own.why);
            let mut found = differences_of(&own.body, &got.body);
            if (got.status, &got.location) != (own.status, &own.location) {
                found
                    .push(format!("expected {} as our own answer, got {}", own.status, got.status));
            }
            return if found.is_empty() { Outcome::Passed } else { Outcome::Failed(found, got) };
        }
        let mut found = self.unlike(case, &case.recorded, reply);
        if let (false, Some(other)) = (found.is_empty(), &case.on_postgresql) {
            let unlike_other = self.unlike(case, other, reply);
            if unlike_other.is_empty() {
                found.clear();
            }
        }
        if found.is_empty() {
            return Outcome::Passed;
        }
        Outcome::Failed(found, self.as_difference(case, reply, "?"))
    }

    fn as_difference(&self, case: &Case, reply: &Reply, why: &str) -> Difference {
        let mut body = self.body_of(case, reply);
        forget_avatars(&mut body);
        Difference {
            id: case.id.clone(),
            why: why.to_owned(),
            status: reply.status,
            body,
            location: reply.header("location").map(|location| self.location(location)),
        }
    }

    /// The body in the form in which it is compared: JSON where it is JSON, `<html page>` for a page.
    fn body_of(&self, case: &Case, reply: &Reply) -> Value {
        let mut body: Value = match serde_json::from_str(&reply.body) {
            Ok(body) => body,
            Err(_) if is_page(reply) => return "<html page>".into(),
            Err(_) => reply.body.trim_end().into(),
        };
        if is_discovery(case) {
            return "<discovery>".into();
        }
        blank(&mut body, &case.recorded.volatile);
        normalize(&body, &self.base)
    }

    /// In what the answer is unlike the recorded one.
    fn unlike(&self, case: &Case, recorded: &Recorded, reply: &Reply) -> Vec<String> {
        if reply.status != recorded.status {
            return vec![format!("expected status {}, got {reply}", recorded.status)];
        }
        if let Some(location) = &recorded.response_location {
            let wanted = self.location(&self.render(location));
            let got = self.location(reply.header("location").unwrap_or_default());
            if wanted != got {
                return vec![format!("expected location {wanted}, got {got}")];
            }
        }
        if is_discovery(case) {
            return discovery_differences(&recorded.response_body, &reply.json());
        }
        if case.method == "HEAD" || recorded.status == 204 {
            return Vec::new();
        }
        differences_of(&self.recorded_body(recorded), &self.body_of(case, reply))
    }

    fn recorded_body(&self, recorded: &Recorded) -> Value {
        let mut body = recorded.response_body.clone();
        let content_type = recorded.response_content_type.as_deref().unwrap_or_default();
        if let (Value::String(text), false) = (&body, content_type.contains("json")) {
            // JSON that Quay sends as text.
            body = serde_json::from_str(text).unwrap_or_else(|_| text.trim_end().into());
        }
        let rendered = self.render(&body.to_string());
        let mut body: Value = serde_json::from_str(&rendered).expect("rendering keeps JSON");
        blank(&mut body, &recorded.volatile);
        normalize(&body, &self.base)
    }

    /// `Location` without the own host and without random values.
    fn location(&self, location: &str) -> String {
        let location = location.replace("{{base}}", "").replace(&self.base, "");
        let location =
            location.replace("http://localhost:3000", "").replace("http://registry.example", "");
        let parts = location.split_inclusive(['?', '#', '&']).map(|part| {
            let random = ["access_token=", "code="].iter().any(|name| part.starts_with(name));
            let Some((name, value)) = part.split_once('=').filter(|_| random) else {
                return part.to_owned();
            };
            format!("{name}=*{}", if value.ends_with('&') { "&" } else { "" })
        });
        parts.collect::<String>().replace("%20", "+").replace("%3A", ":")
    }

    fn capture(&mut self, case: &Case, reply: &Reply) {
        for (variable, place) in &case.capture {
            let value = match place.strip_prefix("$location#") {
                Some(name) => in_location(reply, name),
                None => serde_json::from_str(&reply.body)
                    .ok()
                    .and_then(|body| picked(&case.recorded.response_body, &body, place)),
            };
            if let Some(value) = value {
                self.start.variables.insert(variable.clone(), value);
            }
        }
    }
}

fn encode(text: &str, encoding: Option<&str>) -> Vec<u8> {
    match encoding {
        Some("latin-1") => {
            text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect()
        }
        _ => text.as_bytes().to_vec(),
    }
}

fn is_page(reply: &Reply) -> bool {
    reply.header("content-type").is_some_and(|kind| kind.starts_with("text/html"))
        && reply.body.trim_start().starts_with('<')
}

fn is_discovery(case: &Case) -> bool {
    case.path.split('?').next() == Some("/api/v1/discovery")
}

fn in_location(reply: &Reply, name: &str) -> Option<String> {
    let (_, rest) = reply.header("location")?.split_once(&format!("{name}="))?;
    rest.split('&').next().map(str::to_owned)
}

/// The value at a pointer; in a list of notifications, that of the one that means the recorded one.
fn picked(recorded: &Value, body: &Value, pointer: &str) -> Option<String> {
    let rest = pointer.strip_prefix("/notifications/0");
    let value = match (rest, body["notifications"].as_array()) {
        (Some(rest), Some(list)) => {
            let wanted = &recorded["notifications"][0]["metadata"];
            let same = |metadata: &Value| {
                metadata["org"] == wanted["org"] && metadata["team"] == wanted["team"]
            };
            list.iter().find(|item| same(&item["metadata"]))?.pointer(rest)
        }
        _ => body.pointer(pointer),
    };
    value?.as_str().map(str::to_owned)
}

/// The ways in which an operation asks for scopes. Quay says nothing where any token will do.
fn scopes(security: &Value) -> Vec<&Value> {
    let ways = security.as_array().into_iter().flatten();
    ways.filter(|way| way["oauth2_implicit"].get(0).is_some()).collect()
}

/// A compatible server describes the operations that it has: where Quay has one too, its name and its scope are Quay's.
fn discovery_differences(wanted: &Value, got: &Value) -> Vec<String> {
    let members = [
        "swagger",
        "basePath",
        "schemes",
        "info",
        "securityDefinitions",
        "paths",
        "definitions",
        "tags",
    ];
    let mut found: Vec<String> = members
        .iter()
        .filter(|name| wanted.get(**name).is_some() && got.get(**name).is_none())
        .map(|name| format!("/{name}: missing"))
        .collect();
    let empty = serde_json::Map::new();
    let paths = got["paths"].as_object().unwrap_or(&empty);
    if !paths.contains_key("/api/v1/organization/{orgname}") {
        found.push("/paths: the organization is missing".into());
    }
    for (path, operations) in paths {
        for (method, operation) in operations.as_object().unwrap_or(&empty) {
            let recorded = &wanted["paths"][path][method];
            let same_name = recorded["operationId"] == operation["operationId"];
            let same_scopes = scopes(&recorded["security"]) == scopes(&operation["security"]);
            if recorded.is_object()
                && operation.get("operationId").is_some()
                && !(same_name && same_scopes)
            {
                found.push(format!(
                    "{method} {path}: expected {} {}",
                    recorded["operationId"], recorded["security"]
                ));
            }
        }
    }
    found
}
