//! Requests of clients to a real Quay, sent to the components: `tests/clients/`.
//!
//! `console.txt` and `api.txt` are the recorded lines. Each is either sent by `scenario.txt` or listed in `left_out.txt`
//! with a reason.
#![cfg(feature = "end-to-end")]

use std::collections::{BTreeMap, BTreeSet, HashMap};

use berth_tests::{Client, Host, Reply, Session, repository_root};
use serde_json::Value;

/// A file of `tests/clients`, without comments and empty lines.
fn lines(name: &str) -> Vec<String> {
    let path = repository_root().join("tests/clients").join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(str::to_owned).collect()
}

/// The record of a method, a path and its query names.
struct Line {
    /// Method, path with placeholders, query names.
    key: String,
    statuses: Vec<u16>,
}

impl Line {
    fn parse(text: &str) -> Self {
        let (key, statuses) = text.rsplit_once(' ').expect("statuses");
        let statuses = statuses.split(',').map(|status| status.parse().expect("a status"));
        Self { key: key.to_owned(), statuses: statuses.collect() }
    }

    /// Whether a request matches this line: `<…>` matches any segment; further query names are allowed.
    fn matches(&self, method: &str, path: &str) -> bool {
        let (known_method, known) = self.key.split_once(' ').expect("a method");
        let (known, known_query) = known.split_once('?').unwrap_or((known, ""));
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let known: Vec<&str> = known.split('/').collect();
        let segments: Vec<&str> = path.split('/').collect();
        let names: BTreeSet<&str> =
            query.split('&').filter_map(|pair| pair.split('=').next()).collect();
        known_method == method
            && known.len() == segments.len()
            && known.iter().zip(&segments).all(|(known, segment)| {
                known == segment || (known.starts_with('<') && !segment.is_empty())
            })
            && known_query.split('&').all(|name| name.is_empty() || names.contains(name))
    }
}

/// Every recorded line.
fn recorded() -> Vec<Line> {
    let files = ["console.txt", "api.txt"];
    files.iter().flat_map(|name| lines(name)).map(|text| Line::parse(&text)).collect()
}

/// A request of the scenario.
struct Step {
    /// Whether it only prepares others: no client was seen to send it.
    prepares: bool,
    user: String,
    method: String,
    path: String,
    body: Option<String>,
    captures: Vec<(String, String)>,
}

impl Step {
    fn parse(text: &str) -> Self {
        let (request, captures) = text.split_once(" => ").unwrap_or((text, ""));
        let (prepares, request) = match request.strip_prefix("+ ") {
            Some(request) => (true, request),
            None => (false, request),
        };
        let mut parts = request.splitn(4, ' ').map(str::to_owned);
        let mut next = || parts.next().unwrap_or_else(|| panic!("unfinished: {text}"));
        let (user, method, path) = (next(), next(), next());
        let captures = captures.split(' ').filter_map(|capture| capture.split_once('='));
        let captures = captures.map(|(name, pointer)| (name.to_owned(), pointer.to_owned()));
        Self { prepares, user, method, path, body: parts.next(), captures: captures.collect() }
    }
}

/// The value that a step captures: at a JSON pointer, or of a text the word behind a marker.
fn captured(json: &Value, place: &str) -> Option<String> {
    let (pointer, marker) = place.split_once('|').unwrap_or((place, ""));
    let value = json.pointer(pointer)?;
    let Some(text) = value.as_str() else { return Some(value.to_string()) };
    let (_, behind) = text.split_once(marker)?;
    let end = behind.find(char::is_whitespace).filter(|_| !marker.is_empty());
    Some(behind[..end.unwrap_or(behind.len())].to_owned())
}

/// A host, the sessions of its users, and values of earlier answers.
struct Story {
    client: Client,
    sessions: HashMap<String, Session>,
    variables: HashMap<String, String>,
}

impl Story {
    fn new(host: &Host) -> Self {
        let _ = host.client().initialize_token("root");
        Self { client: host.client(), sessions: HashMap::new(), variables: HashMap::new() }
    }

    fn fill(&self, text: &str) -> String {
        self.variables.iter().fold(text.to_owned(), |text, (name, value)| {
            text.replace(&format!("{{{{{name}}}}}"), value)
        })
    }

    fn session(&mut self, user: &str) -> &mut Session {
        let client = &self.client;
        self.sessions.entry(user.to_owned()).or_insert_with(|| match user {
            "-" => Session::anonymous(client),
            user => Session::sign_in(client, user, "password"),
        })
    }

    /// Sends as the console does: cookie, CSRF token and the header of its requests.
    fn send(&mut self, user: &str, method: &str, path: &str, body: Option<&str>) -> Reply {
        let client = self.session(user).client().header("x-requested-with", "XMLHttpRequest");
        let is_json = body.is_some_and(|body| body.starts_with(['{', '[']));
        let form = "application/x-www-form-urlencoded";
        let content_type = body.map(|_| if is_json { "application/json" } else { form });
        let reply = client.send(method, path, content_type, body.unwrap_or("").as_bytes());
        match (user, path) {
            // Signing in makes an anonymous session a user's: the next step starts a new one.
            ("-", _) | (_, "/api/v1/signout") => drop(self.sessions.remove(user)),
            _ => self.session(user).follow(&reply),
        }
        reply
    }

    fn run(&mut self, step: &Step) -> Reply {
        let (path, body) = (self.fill(&step.path), step.body.as_ref().map(|body| self.fill(body)));
        let reply = self.send(&step.user, &step.method, &path, body.as_deref());
        let json: Value = serde_json::from_str(&reply.body).unwrap_or_default();
        for (name, place) in &step.captures {
            if let Some(text) = captured(&json, place) {
                self.variables.insert(name.clone(), text);
            }
        }
        reply
    }
}

/// A host with the features on whose lines are in scope.
fn host() -> Host {
    Host::options()
        .variable("super_users", "root")
        .variable("feature_superusers_full_access", "true")
        .variable("feature_quota_management", "true")
        .variable("feature_auto_prune", "true")
        .variable("feature_user_metadata", "true")
        .variable("ssrf_allowed_hosts", "127.0.0.1")
        // Nothing listens there: mails stay in the outbox, where the scenario reads the codes in them.
        .variable("mail_gateway_url", "http://127.0.0.1:9/")
        .start()
}

/// Every step answers a status that was seen, every line in scope is so answered.
#[test]
fn what_is_in_scope_answers_as_recorded() {
    let (host, recorded) = (host(), recorded());
    let (mut story, mut wrong, mut answered) = (Story::new(&host), Vec::new(), BTreeSet::new());
    for text in lines("scenario.txt") {
        let step = Step::parse(&text);
        let reply = story.run(&step);
        let mut seen = recorded
            .iter()
            .filter(|line| line.matches(&step.method, &step.path))
            .filter(|line| line.statuses.contains(&reply.status))
            .peekable();
        let right = if step.prepares { reply.status < 400 } else { seen.peek().is_some() };
        if !right {
            wrong.push(format!("{text}\n  {reply}"));
        }
        answered.extend(seen.map(|line| line.key.clone()));
    }
    let left_out = left_out();
    for line in recorded.iter().filter(|line| !left_out.contains_key(&line.key)) {
        if !answered.contains(&line.key) {
            wrong.push(format!("{} never {:?}", line.key, line.statuses));
        }
    }
    assert!(wrong.is_empty(), "{} wrong answers:\n{}", wrong.len(), wrong.join("\n"));
}

/// No line is forgotten, none is both in scope and out.
#[test]
fn every_line_is_sent_or_left_out_with_a_reason() {
    let steps: Vec<Step> = lines("scenario.txt").iter().map(|text| Step::parse(text)).collect();
    let left_out = left_out();
    let recorded = recorded();
    for line in &recorded {
        let sent = steps.iter().any(|step| line.matches(&step.method, &step.path));
        let out = left_out.contains_key(&line.key);
        assert!(sent || out, "{} is neither sent nor left out", line.key);
        assert!(!(sent && out), "{} is sent and left out", line.key);
    }
    for key in left_out.keys() {
        assert!(recorded.iter().any(|line| line.key == *key), "{key} was never recorded");
    }
}

/// The lines that are out of scope, with the status that they answer if it is not that of an unknown path.
fn left_out() -> BTreeMap<String, Option<u16>> {
    let parse = |text: String| {
        let (first, rest) = text.split_once(' ').expect("a method");
        match first.parse() {
            Ok(status) => (rest.to_owned(), Some(status)),
            Err(_) => (text, None),
        }
    };
    lines("left_out.txt").into_iter().map(parse).collect()
}

/// Operations that are out of scope do not exist, and `/config` says so.
#[test]
fn what_is_left_out_does_not_exist() {
    let host = host();
    let mut story = Story::new(&host);
    let (mut wrong, body) = (Vec::new(), r#"{"name":"acme"}"#);
    let made = story.send("root", "POST", "/api/v1/organization/", Some(body));
    assert_eq!(made.status, 201, "{made}");
    for (key, status) in left_out() {
        let (method, path) = key.split_once(' ').expect("a method");
        let path = path.replace("<org>", "acme").replace("<ns>", "acme").replace(['<', '>'], "");
        let body = (method != "GET").then_some("{}");
        let reply = story.send("root", method, &path, body);
        let right = status.map_or_else(
            || reply.status == 404 || reply.status == 405,
            |status| reply.status == status,
        );
        if !right {
            wrong.push(format!("{key}: {reply}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let features = host.client().get("/config").json()["features"].take();
    let off = [
        "BUILD_SUPPORT",
        "BILLING",
        "ORG_MIRROR",
        "REPO_MIRROR",
        "IMMUTABLE_TAGS",
        "SECURITY_SCANNER",
        "TEAM_SYNCING",
    ];
    for name in off {
        assert_eq!(features[name], false, "{name}");
    }
}
