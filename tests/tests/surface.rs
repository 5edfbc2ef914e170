//! Every row of every route table: what it answers, and to whom.
//!
//! `tests/surface/requests.txt` says what is sent. When answers change on purpose, `cargo xtask accept` writes
//! `tests/surface/answers/`, `tests/surface/redacted.txt` and `tests/surface/who.txt` anew, to be read as a diff.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;

use berth_api::RESOURCES;
use berth_tests::components::rows;
use berth_tests::repository_root;
use berth_tests::surface::{Fixture, Script, Transcripts};

fn file(name: &str) -> PathBuf {
    repository_root().join("tests/surface").join(name)
}

/// Compares with the reviewed text; gives the first line that differs.
fn compare(name: &str, now: &str) -> Option<String> {
    let path = file(name);
    if berth_tests::accepts() {
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
    assert!(faults.is_empty(), "{}\nIf on purpose: `cargo xtask accept`", faults.join("\n"));
}

#[test]
fn requests_are_those_of_the_rows() {
    let script = Script::read();
    let known: BTreeSet<&str> = rows().map(|(_, route)| route.name).collect();
    assert_eq!(known.len(), rows().count(), "names of operations are unique");
    let mut seen = BTreeSet::new();
    for case in &script.cases {
        assert!(known.contains(case.row.as_str()), "{} is no row", case.row);
        assert!(seen.insert(case.row.as_str()), "{} is there twice", case.row);
    }
}

/// Also: no secret that was sent or received is in a refusal, a success is one that the row names, and the log has what the
/// row says that it logs.
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
