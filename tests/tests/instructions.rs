//! How many instructions a request takes, natively: `tests/instructions.txt` holds what it took when somebody last looked.
//!
//! Time depends on the machine and its load; instructions hardly do. valgrind counts those within `berth_web::serve`, from
//! the request in plain data to the response, with SQLite in memory. When a change is worth its price,
//! `cargo xtask accept --end-to-end` writes the file anew.
#![cfg(feature = "end-to-end")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::Command;

use berth_test::App;
use berth_tests::components::{COMPONENTS, Component};

/// The counted operations.
const OPERATIONS: &[(&str, &str)] = &[
    ("get_organization", "/api/v1/organization/acme"),
    ("get_members", "/api/v1/organization/acme/members"),
    ("get_applications", "/api/v1/organization/acme/applications"),
];

/// How much more than in the file is a regression, in percent.
const TOLERANCE: u64 = 10;

/// Requests of a process whose instructions are counted, besides the first, which prepares what all need.
const REQUESTS: u64 = 10;

/// Tells [`requests`] which path it asks for, and how often.
const PATH: &str = "BERTH_INSTRUCTIONS_PATH";
const COUNT: &str = "BERTH_INSTRUCTIONS_COUNT";

#[test]
fn no_request_takes_more_instructions_than_it_did() {
    let file = berth_tests::repository_root().join("tests/instructions.txt");
    let counted: BTreeMap<&str, u64> = OPERATIONS
        .iter()
        .map(|(name, path)| (*name, (count(path, 1 + REQUESTS) - count(path, 1)) / REQUESTS))
        .collect();
    if berth_tests::accepts() {
        let lines = counted.iter().fold(String::new(), |mut lines, (name, count)| {
            let _ = writeln!(lines, "{name} {count}");
            lines
        });
        std::fs::write(&file, lines).expect("the repository can be written to");
    }
    let baseline = std::fs::read_to_string(&file).expect("the baseline is checked in");
    let baseline: BTreeMap<&str, u64> = baseline
        .lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(name, count)| (name, count.parse().expect("a number")))
        .collect();
    for (name, now) in counted {
        let before = baseline[name];
        println!("{name}: {now} instructions, {before} in the file");
        assert!(
            now * 100 <= before * (100 + TOLERANCE),
            "{name} takes {now} instructions, {before} before: more than {TOLERANCE} % more. If it \
             is worth that: `cargo xtask accept --end-to-end`"
        );
    }
}

/// The instructions within `berth_web::serve` of a process that asks for `path` so often.
fn count(path: &str, requests: u64) -> u64 {
    let own = std::env::current_exe().expect("a test is a file");
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .args(["--collect-atstart=no", "--toggle-collect=berth_web::pipeline::serve*"])
        .arg(own)
        .args(["--exact", "requests"])
        .env(PATH, path)
        .env(COUNT, requests.to_string())
        .output()
        .expect("valgrind is installed: run `cargo xtask test`");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let collected = said.lines().find_map(|line| line.split_once("Collected : "));
    collected.and_then(|(_, count)| count.trim().parse().ok()).unwrap_or_else(|| panic!("{said}"))
}

/// The counted operations; run alone it checks that the requests succeed.
#[test]
fn requests() {
    let variable = |name| std::env::var(name).ok();
    let path = variable(PATH).unwrap_or_else(|| OPERATIONS[0].1.into());
    let requests = variable(COUNT).map_or(1, |count| count.parse().expect("a number"));
    let serves = |component: &&Component| berth_web::find_any(component.tables, &path);
    let component = COMPONENTS.iter().find(serves).expect("a component serves the path");
    let app =
        App::new().serving(component.tables).with_user("ana").with_organization("acme", "ana");
    let ana = app.as_user("ana");
    for _ in 0..requests {
        let reply = ana.get(&path);
        assert_eq!(reply.status(), 200, "{reply}");
    }
}
