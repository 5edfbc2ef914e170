//! Every row of every route table: what it answers, to whom, and that it is reached over TCP.
//!
//! `tests/surface/requests.txt` says what is sent. When answers change on purpose, `UPDATE_SURFACE=1` writes
//! `tests/surface/answers/` and `tests/surface/who.txt` anew, to be read as a diff.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;

use berth_api::RESOURCES;
use berth_tests::components::rows;
use berth_tests::surface::{Ask, Case, Fixture, OverTcp, Script, Secrets, Transcripts};
use berth_tests::{Reply, repository_root};
use berth_web::Logs;

fn file(name: &str) -> PathBuf {
    repository_root().join("tests/surface").join(name)
}

/// Compares with what was reviewed; gives the first line that differs.
fn compare(name: &str, now: &str) -> Option<String> {
    let path = file(name);
    if std::env::var_os("UPDATE_SURFACE").is_some() {
        std::fs::write(&path, now).expect("the file can be written");
        return None;
    }
    let reviewed = std::fs::read_to_string(&path).unwrap_or_default();
    let heading = |lines: &[&str]| {
        let heading = lines.iter().rev().find(|line| line.starts_with('#'));
        heading.map_or_else(String::new, |line| format!(" ({line})"))
    };
    let (now, reviewed): (Vec<&str>, Vec<&str>) =
        (now.lines().collect(), reviewed.lines().collect());
    let length = now.len().max(reviewed.len());
    let differs = (0..length).find(|&line| now.get(line) != reviewed.get(line))?;
    Some(format!(
        "{name}, line {}{}:\n  was {}\n  is  {}",
        differs + 1,
        heading(&now[..differs.min(now.len())]),
        reviewed.get(differs).unwrap_or(&"missing"),
        now.get(differs).unwrap_or(&"missing"),
    ))
}

fn assert_none(faults: &[String]) {
    assert!(faults.is_empty(), "{}\nIf on purpose: UPDATE_SURFACE=1", faults.join("\n"));
}

#[test]
fn requests_are_those_of_the_rows() {
    let script = Script::read();
    let known: BTreeSet<&str> = rows().map(|(_, route)| route.name).collect();
    assert_eq!(known.len(), rows().count(), "names of operations are unique");
    let mut seen = BTreeSet::new();
    for case in &script.cases {
        assert!(known.contains(case.row.as_str()), "{} is no row", case.row);
        assert!(seen.insert(case.row.as_str()), "{} stands twice", case.row);
    }
}

/// Also: no secret that was sent or received stands in a refusal, a success is one that the row names, and what the row says
/// it logs was logged.
#[test]
fn every_row_answers_what_was_reviewed() {
    let transcripts = Transcripts::of(&Script::read());
    let mut faults = transcripts.faults;
    for (component, transcript) in &transcripts.transcripts {
        faults.extend(compare(&format!("answers/{component}.txt"), transcript));
    }
    faults.extend(compare("redacted.txt", &format!("{}\n", transcripts.left_out.trim_end())));
    for (row, body) in &transcripts.refusals {
        if let Some(secret) = transcripts.secrets.find_in(body) {
            faults.push(format!("{row}: a refusal shows the secret {secret}: {body}"));
        }
    }
    assert!(transcripts.secrets.count() > 40, "{} secrets", transcripts.secrets.count());
    assert_none(&faults);
}

#[test]
fn everybody_may_what_was_reviewed() {
    let script = Script::read();
    let base = Fixture::set(&script);
    let mut table = String::new();
    for resource in RESOURCES {
        let _ = writeln!(table, "# {}\n", resource.name);
        for route in resource.rows() {
            let case = script.case(route.name);
            let probe = case.probe().expect("a request");
            let fixture = base.with(case.before(probe));
            let _ = writeln!(table, "{}: {} {}", route.name, probe.method.as_str(), probe.target);
            let _ = writeln!(table, "{}", fixture.statuses(&fixture.fill(probe)));
        }
    }
    assert_none(
        &compare("who.txt", &format!("{}\n", table.trim_end())).into_iter().collect::<Vec<_>>(),
    );
}

/// The real components answer what the native ones do: reads to whom they answer, and everything to nobody known. Then all of
/// the script is sent, and no secret of it stands in the log or in a refusal.
#[test]
fn every_row_is_reached_over_tcp() {
    let script = Script::read();
    let base = Fixture::set_now(&script);
    let mut over_tcp = OverTcp::go_on(&base, &script);
    let mut faults = Vec::new();
    let mut compare = |over_tcp: &mut OverTcp, case: &Case, of: &Ask, ask: &Ask| {
        // What the case prepares is not there on the host: only its values are.
        let ask = base.with(case.before(of)).fill(ask);
        let native = base.copy().send(&ask).status();
        let real = over_tcp.send(&ask).status;
        if real != native {
            let (method, who) = (ask.method.as_str(), &ask.who.label);
            faults.push(format!("{method} {} as {who}: {real}, not {native}", ask.target));
        }
    };
    for (_, route) in rows().filter(|(_, route)| route.logs == Logs::Reads) {
        let case = script.case(route.name);
        for ask in case.asks() {
            compare(&mut over_tcp, case, ask, ask);
        }
    }
    for (_, route) in rows() {
        let case = script.case(route.name);
        let probe = case.probe().expect("a request");
        compare(&mut over_tcp, case, probe, &probe.by_nobody());
    }
    faults.extend(leaks_in_answers(&script, &base, &mut over_tcp));
    faults.extend(leaks_in_log(&over_tcp));
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// What is wrong with the headers of an answer that hands out a secret, or of any.
fn may_be_kept(reply: &Reply) -> Option<String> {
    let mut handed_out = Secrets::default();
    let headers = reply.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    handed_out.learn_answer(headers, &reply.body);
    let kept = reply.header("cache-control").is_none_or(|value| !value.contains("no-store"));
    if kept && handed_out.count() > 0 {
        return Some(format!("an answer with a secret may be kept: {reply}"));
    }
    let guessed = reply.header("x-content-type-options") != Some("nosniff");
    guessed.then(|| format!("the type of an answer may be guessed: {reply}"))
}

/// Sends all of the script; gives the refusals that show a secret, and what was not answered properly.
fn leaks_in_answers(script: &Script, base: &Fixture, over_tcp: &mut OverTcp) -> Vec<String> {
    let mut faults = Vec::new();
    for case in &script.cases {
        for ask in case.asks() {
            let prepared = base.with(case.before(ask));
            over_tcp.secrets.merge(&prepared.secrets);
            let reply = over_tcp.send(&prepared.fill(ask));
            if reply.status >= 500 {
                faults.push(format!("{}: {reply}", case.row));
            }
            faults.extend(may_be_kept(&reply).map(|fault| format!("{}: {fault}", case.row)));
            let refused = reply.status >= 400;
            if let Some(secret) = over_tcp.secrets.find_in(&reply.body).filter(|_| refused) {
                faults.push(format!("{}: a refusal shows {secret}: {reply}", case.row));
            }
        }
    }
    faults
}

/// The lines of the log that show a secret.
fn leaks_in_log(over_tcp: &OverTcp) -> Vec<String> {
    let log = over_tcp.log();
    assert!(log.lines().count() > 2 * rows().count(), "the host logs every request:\n{log}");
    let leak = |line: &str| {
        let secret = over_tcp.secrets.find_in(line)?;
        Some(format!("the log shows {secret}: {line}"))
    };
    log.lines().filter_map(leak).collect()
}
