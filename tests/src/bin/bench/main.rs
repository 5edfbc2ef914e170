//! `cargo xtask bench`: how fast Berth is, what it costs, and how that grows.
//!
//! Release components on the host, a database made in bulk, wrk as the load generator. In the same run two limits are
//! measured on the same host: a component that answers a constant, and one that runs a single indexed SELECT. Ratios to
//! those hold when the machine's speed does not.
//!
//! `--registry` measures what clients of registries ask alone, `--lists` lists alone; `--members N` and `--entries N` are how many members and log entries the large organization has.

mod database;
mod figure;
mod goal;
mod lists;
mod load;
mod measure;
mod registry;
mod report;

use std::collections::BTreeMap;
use std::path::PathBuf;

use berth_tests::{Host, large};

use crate::database::ListSizes;
use crate::figure::Figure;
use crate::load::Load;
use crate::measure::Server;
use crate::report::Report;

/// The smaller and the larger number of organizations.
const SMALL: u32 = 1_000;
const LARGE: u32 = 100_000;

/// Connections at a time.
const CONNECTIONS: [u32; 3] = [1, 8, 64];

/// How long a figure is measured, in seconds.
struct Plan {
    seconds: u32,
    growth_seconds: u32,
}

fn main() {
    let flags: Vec<String> = std::env::args().skip(1).collect();
    let quick = flags.iter().any(|flag| flag == "--quick");
    let json = flags.iter().position(|flag| flag == "--json");
    let json: Option<PathBuf> = json.and_then(|place| flags.get(place + 1)).map(PathBuf::from);
    let sizes = lists::sizes(&flags);
    if flags.iter().any(|flag| flag == "--lists") {
        print!("{}", report::lists_alone(&lists::measure(sizes)));
        return;
    }
    let plan = if quick {
        Plan { seconds: 3, growth_seconds: 3 }
    } else {
        Plan { seconds: 15, growth_seconds: 10 }
    };
    if flags.iter().any(|flag| flag == "--registry") {
        print!("{}", registry::measure(plan.seconds).table());
        return;
    }
    let report = run(&plan, sizes);
    print!("{}", report.table());
    if let Some(path) = json {
        std::fs::write(&path, report.json()).expect("the file can be written");
    }
}

fn run(plan: &Plan, sizes: ListSizes) -> Report {
    let mut report = Report { wasm_kib: measure::wasm_sizes(), ..Report::default() };
    eprintln!("Starting: cold, then with compiled code at hand");
    (report.cold_start_ms, report.warm_start_ms, report.first_request_ms) = measure::starts();
    eprintln!("The limits: a constant, one SELECT");
    let limits = measure_limits(plan);
    report.limits.clone_from(&limits);
    eprintln!("Making a database of {LARGE} organizations");
    let large = database::make(LARGE);
    let server = Server::start(large.host());
    // So that the first use of the token has been noted, as it is once a minute.
    server.warm(&Load::all(&large)[0]);
    for load in Load::all(&large) {
        eprintln!("{}", load.name);
        report.statements.insert(load.name.into(), server.statements(&load));
        for connections in CONNECTIONS {
            let figure = server.drive(&load, connections, plan.seconds);
            let figure = figure.with_limits(limits.get(&connections));
            report.figures.entry(load.name.into()).or_default().insert(connections, figure);
        }
    }
    eprintln!("Readers and writers together, 64 connections");
    report.mixed_errors = server.drive_mixed(&Load::all(&large), plan.seconds);
    report.rss_mib = server.peak_memory_mib();
    drop(server);
    eprintln!("Deleting one organization of {} repositories", large::REPOSITORIES);
    report.delete_large_organization_ms = measure::deletion();
    eprintln!("Growth from {SMALL} to {LARGE} organizations");
    report.growth = growth(plan, &large);
    eprintln!("Lists of {} members and {} log entries", sizes.members, sizes.entries);
    report.lists = lists::measure(sizes);
    eprintln!("A registry, and a proxy cache");
    report.registry = registry::measure(plan.seconds);
    report
}

/// What the constant and the single SELECT reach, by connections.
fn measure_limits(plan: &Plan) -> BTreeMap<u32, (Figure, Figure)> {
    let server = Server::start(Host::options().flag("--from").flag("tests/fixtures/spin.toml"));
    let [constant, select] = [Load::get("constant", "/constant"), Load::get("select", "/select")];
    server.warm(&select);
    CONNECTIONS
        .into_iter()
        .map(|connections| {
            let constant = server.drive(&constant, connections, plan.seconds);
            (connections, (constant, server.drive(&select, connections, plan.seconds)))
        })
        .collect()
}

/// p50 on the large database divided by p50 on the small one, one connection, in turns so that the machine's load is the
/// same for both.
fn growth(plan: &Plan, large: &database::Seeded) -> BTreeMap<String, f64> {
    let small = database::make(SMALL);
    let of_small = Server::start(small.host());
    let of_large = Server::start(large.host());
    let loads = Load::all(&small).into_iter().zip(Load::all(large));
    loads
        .filter(|(load, _)| load.is_read)
        .map(|(on_small, on_large)| {
            let before = of_small.drive(&on_small, 1, plan.growth_seconds);
            let after = of_large.drive(&on_large, 1, plan.growth_seconds);
            (on_small.name.to_owned(), after.p50_ms / before.p50_ms)
        })
        .collect()
}
