//! Every changing row against itself and against its neighbours: one request is stopped before each of its statements in turn
//! while the other runs to its end. The database, its log included, must then be as after the two in sequence, in one order
//! or the other; or one of them was answered to try again.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::rc::Rc;

use berth_api::RESOURCES;
use berth_test::{App, Reply};
use berth_tests::surface::{Ask, Case, Fixture, Given, Script, Step, send_as, sender};
use berth_web::Logs;
use berth_web::Method;

use crate::ground::{BEYOND_EVERY_REQUEST, Ground, IN_THE_MIDDLE};

/// The row that gives what its path names another name.
const RENAMING: &str = "changeOrganization";

/// Whether changes meet their neighbours too, which takes minutes, or only themselves, as in `cargo xtask check`.
const NEIGHBOURS: bool = cfg!(feature = "end-to-end");

/// A row that changes something, with the request of a permitted caller.
#[derive(Clone, Copy)]
pub(crate) struct Change<'a> {
    pub(crate) row: &'static str,
    resource: &'static str,
    pub(crate) case: &'a Case,
    pub(crate) ask: &'a Ask,
}

pub(crate) fn changes(script: &Script) -> Vec<Change<'_>> {
    let of_resource = RESOURCES.iter().flat_map(|resource| {
        resource.rows().filter(|route| route.logs != Logs::Reads).filter_map(|route| {
            let case = script.case(route.name);
            let ask = case.probe()?;
            Some(Change { row: route.name, resource: resource.name, case, ask })
        })
    });
    of_resource.collect()
}

impl Change<'_> {
    fn segments(&self) -> Vec<&str> {
        let path = self.ask.target.split('?').next().unwrap_or_default();
        path.split('/').filter(|segment| !segment.is_empty()).collect()
    }

    /// Rows of one resource whose paths lead to the same thing or into it, and the deletion or renaming of anything that a path
    /// names.
    fn is_neighbour_of(&self, other: &Self) -> bool {
        let (own, others) = (self.segments(), other.segments());
        let contains = own.starts_with(&others) || others.starts_with(&own);
        let ends = |change: &Self, last: &[&str], path: &[&str]| {
            let is_end = change.ask.method == Method::DELETE || change.row == RENAMING;
            is_end && last.last().is_some_and(|name| path.contains(name))
        };
        self.resource == other.resource && contains
            || ends(self, &own, &others)
            || ends(other, &others, &own)
    }

    /// Whether the row is of an installation without anybody in it: there it meets only itself.
    fn needs_nobody(&self) -> bool {
        let is_nobody = |step: &Step| matches!(step, Step::Given(Given::Nobody));
        self.case.steps.iter().any(is_nobody)
    }
}

/// The result of two requests.
struct Outcome {
    /// Of the first and of the second one; none of those that were not sent.
    statuses: [Option<u16>; 2],
    state: String,
}

/// Two requests and a state in which they are concurrent.
struct Pair {
    ground: Ground,
    asks: [Ask; 2],
}

impl Pair {
    fn new(base: &Fixture, [first, second]: [Change<'_>; 2]) -> Rc<Self> {
        let mut given: Vec<&Given> = first.case.before(first.ask).collect();
        if first.row != second.row {
            given.extend(second.case.before(second.ask));
        }
        let fixture = base.with(given);
        let asks = [first, second].map(|change| fixture.fill(change.ask));
        // Tokens are made now, and not in the middle.
        asks.iter().for_each(|ask| drop(sender(&fixture.app, &ask.who)));
        Rc::new(Self { ground: Ground::of(fixture), asks })
    }

    /// The two applications over a new copy of the state. What they draw at random differs.
    fn apps(&self) -> [App; 2] {
        let path = self.ground.copy();
        let apps = [(); 2].map(|()| self.ground.fixture.app.over(&path));
        apps[1].reseed(4711);
        apps
    }

    /// The credentials of the request: its user may be gone when it is sent.
    fn credentials(&self, app: &App, index: usize) -> Vec<(String, String)> {
        sender(app, &self.asks[index].who).headers().to_vec()
    }

    fn send(&self, app: &App, index: usize, credentials: &[(String, String)]) -> Reply {
        let client = credentials
            .iter()
            .fold(app.anonymous(), |client, (name, value)| client.header(name, value));
        send_as(&client, &self.asks[index])
    }

    /// Those of the requests that `order` names, one after the other.
    fn in_order(&self, order: &[usize]) -> Outcome {
        let apps = self.apps();
        let mut statuses = [None; 2];
        let credentials = [0, 1].map(|index| self.credentials(&apps[index], index));
        for &index in order {
            statuses[index] = Some(self.send(&apps[index], index, &credentials[index]).status());
        }
        Outcome { statuses, state: state(&apps[0]) }
    }

    /// The request `stopped` before its statement `at`, the other one in the middle of it; none when it has not so many.
    fn interleaved(self: &Rc<Self>, stopped: usize, at: usize) -> Option<(Outcome, String)> {
        let other = 1 - stopped;
        let [first, second] = self.apps();
        let (app, other_app) = if stopped == 0 { (first, second) } else { (second, first) };
        let credentials = self.credentials(&app, stopped);
        let other_credentials = self.credentials(&other_app, other);
        let answer = Rc::new(RefCell::new(None::<Reply>));
        let work: Rc<dyn Fn()> = {
            let (pair, answer) = (Rc::clone(self), Rc::clone(&answer));
            Rc::new(move || {
                answer.replace(Some(pair.send(&other_app, other, &other_credentials)));
            })
        };
        let (reply, interrupted) =
            app.interrupted(at, work, |app| self.send(app, stopped, &credentials));
        if !interrupted {
            return None;
        }
        assert_eq!(app.rows("SELECT count(*) FROM pragma_foreign_key_check"), [["0"]]);
        let other_reply = answer.take().expect("the other one was answered");
        let told = format!("{}\n{}", reply.whole(), other_reply.whole());
        let mut statuses = [Some(reply.status()), Some(other_reply.status())];
        if stopped == 1 {
            statuses.reverse();
        }
        Some((Outcome { statuses, state: state(&app) }, told))
    }

    /// The faults of all interleavings of the two, and the number of interleavings.
    fn faults(self: &Rc<Self>) -> (Vec<String>, usize) {
        let [both, reversed] = [self.in_order(&[0, 1]), self.in_order(&[1, 0])];
        let alone = [self.in_order(&[0]), self.in_order(&[1])];
        let (mut faults, mut meetings) = (Vec::new(), 0);
        for stopped in [0, 1] {
            for at in IN_THE_MIDDLE..BEYOND_EVERY_REQUEST {
                let Some((met, told)) = self.interleaved(stopped, at) else { break };
                meetings += 1;
                let expected: Vec<&Outcome> = match met.statuses {
                    [Some(503), Some(503)] => Vec::new(),
                    [Some(503), _] => vec![&alone[1]],
                    [_, Some(503)] => vec![&alone[0]],
                    _ => vec![&both, &reversed],
                };
                let is_served = met.statuses.iter().flatten().all(|s| *s < 500 || *s == 503);
                if is_served && expected.iter().any(|one| one.state == met.state) {
                    continue;
                }
                let differences = expected.iter().map(|one| difference(&one.state, &met.state));
                faults.push(format!(
                    "{stopped} stopped at {at}: {told}\n{}",
                    differences.collect::<Vec<_>>().join("  or\n")
                ));
            }
        }
        (faults, meetings)
    }
}

/// All rows of all tables without numbers that depend on the order, and the log in its order.
pub(crate) fn state(app: &App) -> String {
    let mut state = String::new();
    let columns = app.rows(
        "SELECT c.name, t.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c
        WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND t.name <> 'log_entry'
            AND c.name <> 'id' AND c.name NOT LIKE '%\\_id' ESCAPE '\\'
        ORDER BY t.name, c.cid",
    );
    for of_table in columns.chunk_by(|one, next| one[1] == next[1]) {
        let table = &of_table[0][1];
        let values: Vec<String> =
            of_table.iter().map(|row| format!("'{}='||quote({})", row[0], row[0])).collect();
        let rows = app.rows(&format!("SELECT {} FROM {table} ORDER BY 1", values.join("||' '||")));
        for row in rows {
            let _ = writeln!(state, "{table} {}", row[0]);
        }
    }
    state + &app.log()
}

/// The lines that only one of two states has.
pub(crate) fn difference(expected: &str, found: &str) -> String {
    let [of_expected, of_found] =
        [expected, found].map(|state| state.lines().collect::<BTreeSet<_>>());
    let mut text = String::new();
    for line in of_expected.difference(&of_found) {
        let _ = writeln!(text, "  - {line}");
    }
    for line in of_found.difference(&of_expected) {
        let _ = writeln!(text, "  + {line}");
    }
    if text.is_empty() { "  the order of the log\n".to_owned() } else { text }
}

/// The faults of every `parts`-th pair, from `part` on, and how many meetings there were.
fn faults_of_part(part: usize, parts: usize) -> (Vec<String>, usize) {
    let script = Script::read();
    let base = Fixture::set(&script);
    let changes = changes(&script);
    let (mut all, mut meetings, mut pairs) = (Vec::new(), 0, 0);
    for (index, first) in changes.iter().enumerate() {
        for second in &changes[index..] {
            let is_itself = first.row == second.row;
            let need_nobody = first.needs_nobody() || second.needs_nobody();
            if !is_itself && (!NEIGHBOURS || need_nobody || !first.is_neighbour_of(second)) {
                continue;
            }
            pairs += 1;
            if pairs % parts != part {
                continue;
            }
            let (faults, met) = Pair::new(&base, [*first, *second]).faults();
            meetings += met;
            let name = |fault| format!("{} and {}: {fault}", first.row, second.row);
            all.extend(faults.into_iter().map(name));
        }
    }
    (all, meetings)
}

#[test]
fn every_change_meets_itself_and_its_neighbours() {
    let parts = std::thread::available_parallelism().map_or(1, usize::from);
    let found: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..parts).map(|part| scope.spawn(move || faults_of_part(part, parts))).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    });
    let meetings: usize = found.iter().map(|(_, meetings)| meetings).sum();
    println!("{meetings} meetings");
    assert!(meetings > if NEIGHBOURS { 2_000 } else { 300 }, "only {meetings} meetings");
    let faults: Vec<String> = found.into_iter().flat_map(|(faults, _)| faults).collect();
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
}
