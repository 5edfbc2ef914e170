//! The requests to the server, and wrk, which sends them.

use std::io::Write as _;
use std::process::{Command, Stdio};

use tempfile::NamedTempFile;

use crate::database::{Seeded, TOKEN, USER};

/// One kind of request.
pub(crate) struct Load {
    /// The operation's name in the report.
    pub(crate) name: &'static str,
    method: &'static str,
    /// The path as a Lua expression of `n`, a random organization, and `unique`, a number that never comes again.
    path: String,
    body: String,
    kind: Kind,
}

/// The needs of the request besides method, path and body.
enum Kind {
    Plain,
    WithToken,
    SignIn,
    Authorization(String),
}

impl Load {
    /// A GET of a fixed path, without credentials.
    pub(crate) fn get(name: &'static str, path: &str) -> Self {
        Self {
            name,
            method: "GET",
            path: format!("'{path}'"),
            body: String::new(),
            kind: Kind::Plain,
        }
    }

    /// The same with that `Authorization`.
    pub(crate) fn authorized(self, authorization: &str) -> Self {
        Self { kind: Kind::Authorization(authorization.to_owned()), ..self }
    }

    /// The six operations, over the organizations of a database.
    pub(crate) fn all(seeded: &Seeded) -> Vec<Self> {
        let random = format!("math.random(1, {})", seeded.organizations);
        let of_organization =
            |rest: &str| format!("'/api/v1/organization/org-' .. {random} .. '{rest}'");
        let read = |name, rest: &str| Self {
            name,
            method: "GET",
            path: of_organization(rest),
            body: String::new(),
            kind: Kind::WithToken,
        };
        vec![
            read("get_organization", ""),
            read("get_members", "/members"),
            read("get_applications", "/applications"),
            Self {
                name: "put_team",
                method: "PUT",
                path: of_organization("/team/readers"),
                body: "'{\"role\":\"member\",\"description\":\"' .. unique() .. '\"}'".into(),
                kind: Kind::WithToken,
            },
            Self {
                name: "post_organization",
                method: "POST",
                path: "'/api/v1/organization/'".into(),
                body: "'{\"name\":\"new-' .. unique() .. '\"}'".into(),
                kind: Kind::WithToken,
            },
            Self {
                name: "post_signin",
                method: "POST",
                path: "'/api/v1/signin'".into(),
                body: format!("'{{\"username\":\"{USER}\",\"password\":\"password\"}}'"),
                kind: Kind::SignIn,
            },
        ]
    }

    /// Headers beyond those of the body.
    pub(crate) fn headers(&self, session: &[(String, String)]) -> Vec<(String, String)> {
        match &self.kind {
            Kind::Plain => Vec::new(),
            Kind::WithToken => vec![("authorization".into(), format!("Bearer {TOKEN}"))],
            Kind::SignIn => session.to_vec(),
            Kind::Authorization(value) => vec![
                ("authorization".into(), value.clone()),
                // What a registry has it gives only to those who name it.
                ("accept".into(), "application/vnd.oci.image.manifest.v1+json, */*".into()),
            ],
        }
    }

    /// A single request of this kind: method, path, body.
    pub(crate) fn sample(&self) -> (&'static str, String, String) {
        let fill = |lua: &str| {
            let parts = lua.split(" .. ").map(|part| match part {
                "unique()" => "sample".to_owned(),
                part if part.starts_with("math.random") => "1".to_owned(),
                part => part.trim_matches('\'').to_owned(),
            });
            parts.collect::<String>()
        };
        (self.method, fill(&self.path), fill(&self.body))
    }

    /// The script for wrk.
    fn script(&self, session: &[(String, String)]) -> String {
        let headers = self.headers(session);
        let headers = headers.iter().map(|(name, value)| format!("['{name}'] = '{value}', "));
        let headers: String = headers.collect();
        let body = if self.body.is_empty() { "nil" } else { &self.body };
        let json = if self.body.is_empty() { "" } else { "['content-type'] = 'application/json'" };
        let started = std::time::UNIX_EPOCH.elapsed().unwrap_or_default().as_micros();
        format!(
            "local counter, threads = 0, 0
            function setup(thread) threads = threads + 1; thread:set('place', threads) end
            function init() math.randomseed(place * 7919 + 17) end
            function unique() counter = counter + 1; return '{started}-' .. place .. '-' .. counter end
            local headers = {{ {headers}{json} }}
            function request() return wrk.format('{}', {}, headers, {body}) end
            function done(summary, latency)
                local errors = summary.errors
                io.write(string.format('RESULT %d %d %f %f %d\\n', summary.requests, summary.duration,
                    latency:percentile(50), latency:percentile(99),
                    errors.connect + errors.read + errors.write + errors.timeout + errors.status))
            end",
            self.method, self.path
        )
    }

    /// Runs wrk and gives what it counted.
    pub(crate) fn run(
        &self,
        base: &str,
        connections: u32,
        seconds: u32,
        session: &[(String, String)],
    ) -> Counted {
        let mut script = NamedTempFile::with_suffix(".lua").expect("there is room for a script");
        script.write_all(self.script(session).as_bytes()).expect("there is room for a script");
        let output = Command::new("wrk")
            .args(["--threads", "1", "--timeout", "30s", "--latency"])
            .args(["--connections", &connections.to_string()])
            .args(["--duration", &format!("{seconds}s")])
            .arg("--script")
            .arg(script.path())
            .arg(base)
            .stderr(Stdio::inherit())
            .output()
            .expect("wrk runs");
        let output = String::from_utf8_lossy(&output.stdout).into_owned();
        Counted::parse(&output).unwrap_or_else(|| panic!("wrk said:\n{output}"))
    }
}

/// The counts of wrk.
pub(crate) struct Counted {
    pub(crate) requests: f64,
    pub(crate) seconds: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) errors: u64,
}

impl Counted {
    fn parse(output: &str) -> Option<Self> {
        let line = output.lines().find_map(|line| line.strip_prefix("RESULT "))?;
        let numbers: Vec<f64> = line.split(' ').filter_map(|number| number.parse().ok()).collect();
        let [requests, micros, p50, p99, errors] = numbers[..] else { return None };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
        let errors = errors as u64;
        let (p50_ms, p99_ms) = (p50 / 1_000.0, p99 / 1_000.0);
        Some(Self { requests, seconds: micros / 1_000_000.0, p50_ms, p99_ms, errors })
    }
}
