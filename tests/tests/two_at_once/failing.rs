//! Every changing row while the database fails at each of its statements in turn. What the database gave up by itself is done
//! again, and nobody sees it; when the connection breaks, the answer is to try again, and either all of the change is there or
//! nothing.

use berth_test::{App, Failure, Reply};
use berth_tests::surface::{Ask, Fixture, Script, send_as, sender};

use crate::ground::{BEYOND_EVERY_REQUEST, Ground};
use crate::interleaved::{Change, changes, difference, state};

/// What a remote database says when a statement was interrupted, another writer waited for too long, or the stream was idle.
const GIVEN_UP: [&str; 3] = [
    "Hrana: `cursor error: `error at step 0: (error code: SQLITE_INTERRUPT) `interrupted``",
    "Hrana: `stream error: `Error { message: \"Transaction timed out\", code: \"TRANSACTION_TIMEOUT\" }``",
    "Hrana: `api error: `status=400 Bad Request, body={\"error\":\"The stream has expired due to inactivity\",\"code\":\"STREAM_EXPIRED\"}``",
];

const BROKEN: &str =
    "Hrana: `http error: `error trying to connect: tcp connect error: Connection refused``";

/// A change, and a state in which it can be made.
struct Trial {
    ground: Ground,
    change: Ask,
}

/// An answer, and what it leaves.
struct Outcome {
    reply: Reply,
    state: String,
    statements: Vec<String>,
}

impl Outcome {
    fn new(app: &App, reply: Reply) -> Self {
        Self { reply, state: without_random(&state(app)), statements: app.latest_statements() }
    }

    /// The fault of it, if it has not that status and that state.
    fn fault(&self, status: u16, state: &str) -> Option<String> {
        let is_fault = self.reply.status() != status || self.state != state;
        is_fault.then(|| {
            let answer: String = self.reply.whole().chars().take(300).collect();
            format!("{answer}\n{}", difference(state, &self.state))
        })
    }
}

impl Trial {
    fn new(base: &Fixture, change: Change<'_>) -> Self {
        let fixture = base.with(change.case.before(change.ask).collect::<Vec<_>>());
        let ask = fixture.fill(change.ask);
        drop(sender(&fixture.app, &ask.who));
        Self { ground: Ground::of(fixture), change: ask }
    }

    fn app(&self) -> App {
        self.ground.fixture.app.over(&self.ground.copy())
    }

    /// The state before the request, with the session of whoever sends it.
    fn before(&self) -> String {
        let app = self.app();
        let _ = self.credentials(&app);
        without_random(&state(&app))
    }

    fn undisturbed(&self) -> Outcome {
        let app = self.app();
        let reply = self.send(&app, &self.credentials(&app));
        Outcome::new(&app, reply)
    }

    /// None when the request has not so many statements.
    fn failing(&self, failure: Failure) -> Option<Outcome> {
        let app = self.app();
        let credentials = self.credentials(&app);
        let (reply, failed) = app.with_failure(failure, |app| self.send(app, &credentials));
        failed.then(|| Outcome::new(&app, reply))
    }

    fn credentials(&self, app: &App) -> Vec<(String, String)> {
        sender(app, &self.change.who).headers().to_vec()
    }

    fn send(&self, app: &App, credentials: &[(String, String)]) -> Reply {
        let client = credentials
            .iter()
            .fold(app.anonymous(), |client, (name, value)| client.header(name, value));
        send_as(&client, &self.change)
    }
}

/// A state without what is drawn at random, and anew when something is done again, and without when a token was last used,
/// which is written after the answer.
fn without_random(state: &str) -> String {
    let is_kept = |part: &&str| {
        let name = part.split('=').next().unwrap_or_default();
        !(name == "uuid"
            || name == "accessed_at"
            || name.ends_with("hash")
            || name.starts_with("sealed"))
    };
    // A place among the checks of registries is free again after seconds, whether or not it is given back.
    let lines = state.lines().filter(|line| !line.starts_with("upstream_check "));
    let lines = lines.map(|line| line.split(' ').filter(is_kept).collect::<Vec<_>>().join(" "));
    let mut lines: Vec<String> = lines.collect();
    lines.sort();
    lines.join("\n")
}

/// The faults of one change.
fn faults_of(trial: &Trial) -> Vec<String> {
    let before = trial.before();
    let undisturbed = trial.undisturbed();
    let (status, after) = (undisturbed.reply.status(), undisturbed.state.as_str());
    let mut faults = Vec::new();
    for at in 0..BEYOND_EVERY_REQUEST {
        let message = GIVEN_UP[at % GIVEN_UP.len()];
        let Some(found) = trial.failing(Failure { at, message, is_done: false }) else { break };
        let statement = &found.statements[at];
        // What is read before a transaction is not read again.
        let begun = found.statements[..=at].iter().any(|sql| sql == "BEGIN IMMEDIATE");
        let fault = if begun { found.fault(status, after) } else { found.fault(503, &before) };
        faults.extend(fault.map(|fault| format!("given up at {at}, {statement}: {fault}")));
        for is_done in [false, true] {
            if is_done && statement != "COMMIT" {
                continue;
            }
            let broken = trial.failing(Failure { at, message: BROKEN, is_done });
            let broken = broken.expect("it has as many statements");
            let fault = broken.fault(503, if is_done { after } else { &before });
            let what = format!("broken at {at}, {statement} (done: {is_done})");
            faults.extend(fault.map(|fault| format!("{what}: {fault}")));
        }
    }
    faults
}

#[test]
fn every_change_while_the_database_fails() {
    let script = Script::read();
    let base = Fixture::set(&script);
    let mut faults = Vec::new();
    for change in changes(&script) {
        let found = faults_of(&Trial::new(&base, change));
        faults.extend(found.into_iter().map(|fault| format!("{}: {fault}", change.row)));
    }
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
}
