//! `tests/surface/requests.txt`, read. The file says what its lines mean.

use std::collections::BTreeMap;

use berth_web::Method;

use crate::repository_root;

/// The name of the block that prepares what all others find.
const BASE: &str = "base";

/// The content of the file.
pub struct Script {
    /// The state before any request of a case.
    pub base: Vec<Given>,
    /// The requests to each row, in the order of the file.
    pub cases: Vec<Case>,
}

/// The requests to a row.
pub struct Case {
    /// The name of the row's operation.
    pub row: String,
    /// In the order of the file.
    pub steps: Vec<Step>,
}

/// A line of a case.
pub enum Step {
    /// Prepares the lines behind it.
    Given(Given),
    /// Succeeds.
    Ok(Ask),
    /// Is refused.
    Error(Ask),
}

/// A preparation.
pub enum Given {
    /// An application without any account.
    Nobody,
    /// Time passes, in seconds.
    Later(i64),
    /// A setting.
    Setting(String, String),
    /// A statement, for a state that no request makes.
    Sql(String),
    /// A request that succeeds.
    Ask(Ask),
}

/// A request.
#[derive(Debug, Clone)]
pub struct Ask {
    /// Who sends it.
    pub who: Who,
    /// Method.
    pub method: Method,
    /// Path and query.
    pub target: String,
    /// Body: JSON, or a form.
    pub body: Option<String>,
    /// Further headers.
    pub headers: Vec<(String, String)>,
    /// The values that are kept of the answer: names, and where they are.
    kept: Vec<(String, Source)>,
}

/// Who sends a request.
#[derive(Debug, Clone)]
pub struct Who {
    /// As in the file.
    pub label: String,
    /// A person of the fixture, or none.
    pub person: Option<String>,
    /// The scopes of their token, if not all of them.
    pub scope: Option<String>,
    /// Whether they have a session instead of a token.
    pub browser: bool,
}

/// Where a value is in an answer: all of a text, or the word behind a marker in it.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) place: Place,
    pub(super) marker: Option<String>,
}

/// Where a text is.
#[derive(Debug, Clone)]
pub(super) enum Place {
    /// At a JSON pointer of the body.
    Json(String),
    /// In the header `location`.
    Location,
    /// In the latest mail of the outbox.
    Mail,
}

/// The values of `{{names}}`.
pub(super) type Values = BTreeMap<String, String>;

impl Script {
    /// Reads the file.
    ///
    /// # Panics
    /// When it is not there, and at the first line that makes no sense.
    #[must_use]
    pub fn read() -> Self {
        let path = repository_root().join("tests/surface/requests.txt");
        Self::parse(&std::fs::read_to_string(path).expect("tests/surface/requests.txt"))
    }

    /// The case of a row.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn case(&self, row: &str) -> &Case {
        let case = self.cases.iter().find(|case| case.row == row);
        case.unwrap_or_else(|| panic!("{row} is not in requests.txt"))
    }

    fn parse(text: &str) -> Self {
        let mut script = Self { base: Vec::new(), cases: Vec::new() };
        for line in text.lines() {
            let depth = line.len() - line.trim_start().len();
            match depth {
                _ if line.trim().is_empty() || line.trim_start().starts_with('#') => {}
                0 => script.cases.push(Case { row: line.to_owned(), steps: Vec::new() }),
                2 => script.block(line).push(Step::parse(line.trim())),
                _ => script.continue_request(line),
            }
        }
        let base = script.cases.remove(0);
        assert_eq!(base.row, BASE, "the base comes first");
        script.base = base.steps.into_iter().map(Step::into_given).collect();
        script
    }

    fn block(&mut self, line: &str) -> &mut Vec<Step> {
        let case = self.cases.last_mut().unwrap_or_else(|| panic!("of no row: {line}"));
        &mut case.steps
    }

    /// A deeper line is a header of the request above it.
    fn continue_request(&mut self, line: &str) {
        let (name, value) =
            line.trim().split_once(": ").unwrap_or_else(|| panic!("no header: {line}"));
        match self.block(line).last_mut() {
            Some(Step::Ok(ask) | Step::Error(ask) | Step::Given(Given::Ask(ask))) => {
                ask.headers.push((name.to_owned(), value.to_owned()));
            }
            _ => panic!("a header of no request: {line}"),
        }
    }
}

impl Case {
    /// The request that shows a permitted caller: the first that succeeds, if any, or else the one that is refused.
    #[must_use]
    pub fn probe(&self) -> Option<&Ask> {
        let peopled = |step: &&Step| !matches!(step, Step::Given(Given::Nobody));
        let first = self.steps.iter().take_while(peopled).find_map(|step| match step {
            Step::Ok(ask) => Some(ask),
            _ => None,
        });
        first.or_else(|| self.error())
    }

    /// Every request.
    pub fn asks(&self) -> impl Iterator<Item = &Ask> {
        self.steps.iter().filter_map(|step| match step {
            Step::Ok(ask) | Step::Error(ask) => Some(ask),
            Step::Given(_) => None,
        })
    }

    /// The first request that is refused.
    #[must_use]
    pub fn error(&self) -> Option<&Ask> {
        self.steps.iter().find_map(|step| match step {
            Step::Error(ask) => Some(ask),
            _ => None,
        })
    }

    /// The preparation of `ask`, a request of this case.
    pub fn before<'a>(&'a self, ask: &'a Ask) -> impl Iterator<Item = &'a Given> {
        let earlier = self.steps.iter().take_while(
            move |step| !matches!(step, Step::Ok(one) | Step::Error(one) if std::ptr::eq(one, ask)),
        );
        earlier.filter_map(|step| match step {
            Step::Given(given) => Some(given),
            _ => None,
        })
    }
}

impl Step {
    fn parse(line: &str) -> Self {
        match line.split_once(' ') {
            Some(("given", rest)) => Self::Given(Given::parse(rest)),
            Some(("ok", rest)) => Self::Ok(Ask::parse(rest)),
            Some(("error", rest)) => Self::Error(Ask::parse(rest)),
            _ => panic!("neither given, ok nor error: {line}"),
        }
    }

    fn into_given(self) -> Given {
        match self {
            Self::Given(given) => given,
            _ => panic!("the base only prepares"),
        }
    }
}

impl Given {
    fn parse(text: &str) -> Self {
        match text.split_once(' ') {
            None if text == "nobody" => Self::Nobody,
            Some(("later", seconds)) => Self::Later(seconds.parse().expect("seconds")),
            Some(("set", setting)) => {
                let (name, value) = setting.split_once('=').expect("name=value");
                Self::Setting(name.to_owned(), value.to_owned())
            }
            Some(("sql", statement)) => Self::Sql(statement.to_owned()),
            _ => Self::Ask(Ask::parse(text)),
        }
    }
}

impl Ask {
    fn parse(text: &str) -> Self {
        let (request, kept) = text.split_once(" => ").unwrap_or((text, ""));
        let mut parts = request.trim().splitn(4, ' ');
        let mut next = || parts.next().unwrap_or_else(|| panic!("unfinished: {text}"));
        let (who, method, target) = (Who::parse(next()), Method::from_name(next()), next());
        assert!(method != Method::Other, "no method that a row has: {text}");
        let kept = kept.split(' ').filter(|kept| !kept.is_empty()).map(|kept| {
            let (name, source) = kept.split_once('=').unwrap_or_else(|| panic!("name=…: {text}"));
            (name.to_owned(), Source::parse(source))
        });
        Self {
            who,
            method,
            target: target.to_owned(),
            body: parts.next().map(str::to_owned),
            headers: Vec::new(),
            kept: kept.collect(),
        }
    }

    /// The same by an unknown caller.
    #[must_use]
    pub fn by_nobody(&self) -> Self {
        Self { who: Who::parse("anonymous"), ..self.clone() }
    }

    pub(super) fn kept(&self) -> &[(String, Source)] {
        &self.kept
    }

    /// With the values of names in the places of `{{names}}`.
    pub(super) fn filled(&self, values: &Values) -> Self {
        Self {
            target: fill(&self.target, values),
            body: self.body.as_deref().map(|body| fill(body, values)),
            headers: self
                .headers
                .iter()
                .map(|(name, value)| (name.clone(), fill(value, values)))
                .collect(),
            ..self.clone()
        }
    }
}

/// A text with the values of names in the places of `{{names}}`.
pub(super) fn fill(text: &str, values: &Values) -> String {
    let mut parts = text.split("{{");
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        // Objects end in }} too.
        let (name, rest) = part.split_once("}}").unwrap_or_else(|| panic!("no }}}}: {text}"));
        filled += values.get(name).unwrap_or_else(|| panic!("no value of {name}: {text}"));
        filled += rest;
    }
    filled
}

impl Who {
    fn parse(label: &str) -> Self {
        let (name, browser) = match label.strip_suffix("@browser") {
            Some(name) => (name, true),
            None => (label, false),
        };
        let (name, scope) = match name.split_once('[') {
            Some((name, scope)) => (name, Some(scope.trim_end_matches(']').to_owned())),
            None => (name, None),
        };
        let person = (name != "anonymous").then(|| name.to_owned());
        Self { label: label.to_owned(), person, scope, browser }
    }
}

impl Source {
    fn parse(text: &str) -> Self {
        let (place, marker) = match text.split_once('|') {
            Some((place, marker)) => (place, Some(marker.to_owned())),
            None => (text, None),
        };
        let place = match place {
            "location" => Place::Location,
            "mail" => Place::Mail,
            pointer if pointer.starts_with('/') => Place::Json(pointer.to_owned()),
            _ => panic!("neither a JSON pointer, location nor mail: {text}"),
        };
        Self { place, marker }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_is_read() {
        let script = Script::parse(
            "base\n  given admin PUT /a => x=/b/0 y=location|code=\n\nrow\n  given set s=1\n\
             \x20 ok admin[org:admin] POST /{{x}} {\"a\": {\"b\": \"{{y}}\"}}\n    accept: text/html\n  error anonymous@browser GET /",
        );
        assert_eq!(script.base.len(), 1);
        let case = &script.cases[0];
        let probe = case.probe().expect("a request");
        assert_eq!(case.before(probe).count(), 1);
        let values = Values::from([("x".into(), "1".into()), ("y".into(), "2".into())]);
        let filled = probe.filled(&values);
        assert_eq!(
            (filled.target.as_str(), filled.body.as_deref()),
            ("/1", Some("{\"a\": {\"b\": \"2\"}}"))
        );
        assert_eq!(filled.headers, [("accept".to_owned(), "text/html".to_owned())]);
        assert_eq!(filled.who.scope.as_deref(), Some("org:admin"));
        let error = case.error().expect("a request");
        assert!(error.who.browser && error.who.person.is_none());
    }
}
