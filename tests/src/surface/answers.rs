//! The answers of the rows, recorded by a run.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use berth_test::{Reply, redacted_text};
use berth_web::{Logs, Route};
use serde_json::Value;

use super::fixture::Fixture;
use super::redactions::redactions;
use super::requests::{Ask, Case, Script, Step};
use super::secrets::Secrets;
use berth_api::RESOURCES;

/// A longer text in an answer is in a separate file: the changelog.
const LONGEST_TEXT: usize = 1_000;

/// A longer object in an answer is in a separate file: the paths and definitions of discovery.
const LONGEST_OBJECT: usize = 4_000;

/// What happened when every request of the script was sent, each in the state that its case prepared.
#[derive(Default)]
pub struct Transcripts {
    /// For each component its name and what its rows answered.
    pub transcripts: Vec<(&'static str, String)>,
    /// For each row what the transcripts leave out of its answers.
    pub left_out: String,
    /// Where answers differ from what the rows declare, and missing cases.
    pub faults: Vec<String>,
    /// The bodies of refusals, each behind the name of its row.
    pub refusals: Vec<(&'static str, String)>,
    /// Every secret that was sent or received.
    pub secrets: Secrets,
}

impl Transcripts {
    /// Sends everything.
    #[must_use]
    pub fn of(script: &Script) -> Self {
        let base = Fixture::set(script);
        let mut transcripts = Self { secrets: base.secrets.clone(), ..Self::default() };
        for resource in RESOURCES {
            let mut transcript = String::new();
            for route in resource.rows() {
                match script.cases.iter().find(|case| case.row == route.name) {
                    Some(case) => transcripts.play(&base, route, case, &mut transcript),
                    None => transcripts.fault(route, "is not in requests.txt"),
                }
            }
            transcripts.transcripts.push((resource.name, transcript));
        }
        transcripts
    }

    fn fault(&mut self, route: &Route, what: &str) {
        self.faults.push(format!("{}: {what}", route.name));
    }

    fn play(
        &mut self,
        base: &Fixture,
        route: &'static Route,
        case: &Case,
        transcript: &mut String,
    ) {
        let separator = if transcript.is_empty() { "" } else { "\n" };
        let _ = writeln!(transcript, "{separator}# {}", route.name);
        let (mut logged, mut left_out) = (BTreeSet::new(), Vec::new());
        let (mut successes, mut refusals) = (0, 0);
        for step in &case.steps {
            let (Step::Ok(ask) | Step::Error(ask)) = step else { continue };
            let mut fixture = base.with(case.before(ask));
            let as_written = ask;
            let ask = fixture.fill(ask);
            let entries = fixture.app.log().lines().count();
            let reply = fixture.send(&ask);
            let kinds = kinds(&fixture, entries);
            write_down(transcript, as_written, &reply, &kinds);
            if let Ok(json) = serde_json::from_str(&reply.text()) {
                left_out.extend(redactions(&json));
            }
            self.secrets.merge(&fixture.secrets);
            if matches!(step, Step::Ok(_)) {
                successes += 1;
                logged.extend(kinds);
                self.check_success(route, &ask, &reply);
            } else {
                refusals += 1;
                self.check_refusal(route, &ask, &reply);
            }
        }
        if !left_out.is_empty() {
            left_out.dedup();
            let _ = writeln!(self.left_out, "# {}\n\n{}\n", route.name, left_out.join("\n"));
        }
        if successes == 0 && !route.statuses().is_empty() {
            self.fault(route, "no request succeeds");
        }
        if refusals == 0 {
            self.fault(route, "no request is refused");
        }
        let Logs::Kinds(named) = route.logs else { return };
        for kind in named.iter().map(|kind| kind.as_str()).filter(|kind| !logged.contains(*kind)) {
            self.fault(route, &format!("no request logs {kind}, which the row names"));
        }
    }

    fn check_success(&mut self, route: &Route, ask: &Ask, reply: &Reply) {
        if ask.method != route.method || !knows(route, ask) {
            self.fault(route, &format!("{} does not reach it", ask.target));
        }
        if !route.statuses().contains(&reply.status()) {
            self.fault(route, &format!("{} is answered {reply}", ask.target));
        }
    }

    /// A row that refuses nobody is shown by a method that it does not have.
    fn check_refusal(&mut self, route: &'static Route, ask: &Ask, reply: &Reply) {
        if !knows(route, ask) {
            self.fault(route, &format!("{} does not reach it", ask.target));
        }
        let other_method = ask.method != route.method;
        if !(400..500).contains(&reply.status()) || other_method != (reply.status() == 405) {
            self.fault(route, &format!("{} is answered {reply}", ask.target));
        }
        self.refusals.push((route.name, reply.text()));
    }
}

/// The kinds of the log entries behind the first `skip` ones.
fn kinds(fixture: &Fixture, skip: usize) -> Vec<String> {
    let log = fixture.app.log();
    let kinds = log.lines().skip(skip).filter_map(|entry| entry.split(' ').next());
    kinds.map(str::to_owned).collect()
}

/// Whether the path of a request is one of the row.
fn knows(route: &Route, ask: &Ask) -> bool {
    let path = ask.target.split('?').next().unwrap_or_default();
    berth_web::find_any(&[std::slice::from_ref(route)], path)
}

/// A request, as the script has it, and its answer.
fn write_down(transcript: &mut String, ask: &Ask, reply: &Reply, kinds: &[String]) {
    let Ask { who, method, target, body, headers, .. } = ask;
    let _ = write!(transcript, "\n{} {} {target}", who.label, method.as_str());
    if let Some(body) = body {
        let _ = write!(transcript, " {body}");
    }
    for (name, value) in headers {
        let _ = write!(transcript, "\n    {name}: {value}");
    }
    let _ = write!(transcript, "\n{}", reply.status());
    if let Some(location) = reply.header("location") {
        let _ = write!(transcript, " to {}", redacted_text(location));
    }
    if !kinds.is_empty() {
        let _ = write!(transcript, ", logs {}", kinds.join(", "));
    }
    let body = shown_body(reply);
    let _ = writeln!(transcript, "{}{body}", if body.is_empty() { "" } else { "\n" });
}

/// JSON indented; parts in another file are left out.
fn shown_body(reply: &Reply) -> String {
    let text = redacted_text(&reply.text());
    match serde_json::from_str::<Value>(&text) {
        Ok(json) => format!("{:#}", shortened(json)),
        Err(_) => text.trim_end().to_owned(),
    }
}

fn shortened(json: Value) -> Value {
    match json {
        Value::Object(members) => {
            let members = members.into_iter().map(|(name, value)| {
                let is_long = value.is_object() && value.to_string().len() > LONGEST_OBJECT;
                (name, if is_long { Value::from("…") } else { shortened(value) })
            });
            Value::Object(members.collect())
        }
        Value::String(text) if text.len() > LONGEST_TEXT => Value::from("…"),
        other => other,
    }
}
