//! `cargo xtask bench`: how fast Berth is, what it costs, and how that grows.
//!
//! Release components on the host, a database made in bulk, wrk as the load generator. In the same rounds two limits are
//! measured on the same host: a component that answers a constant, and one that runs a single indexed SELECT. Ratios to
//! those hold when the machine's speed does not.

mod baseline;
mod database;
mod figure;
mod goal;
mod lists;
mod load;
mod measure;
mod numbers;
mod picture;
mod registry;
mod report;
mod rounds;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use berth_tests::{Host, large, repository_root};
use clap::Parser;

use crate::baseline::Baseline;
use crate::database::{ListSizes, Seeded};
use crate::load::Load;
use crate::measure::Server;
use crate::report::Report;
use crate::rounds::{Plan, Turn, interleaved};

/// The smaller number of organizations, and that of most figures.
const SMALL: u32 = 1_000;
const USUAL: u32 = 100_000;

/// Connections at a time.
const CONNECTIONS: [u32; 3] = [1, 8, 64];

/// Measure speed, cost and growth.
#[derive(Parser)]
#[command(name = "cargo xtask bench")]
struct Flags {
    /// Turns of one second in place of three, and growth to 100 thousand organizations in place of a million
    #[arg(long)]
    quick: bool,
    /// Write the figures there, for programs and for `--baseline`
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Name what is worse than in that report, beyond the noise
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Draw the ratios there, as SVG [default: docs/performance.svg of the repository]
    #[arg(long, value_name = "FILE")]
    picture: Option<PathBuf>,
    /// Only lists of a large organization
    #[arg(long)]
    lists: bool,
    /// How many members the large organization has
    #[arg(long, default_value_t = lists::LARGE.members)]
    members: u32,
    /// How many entries its log has
    #[arg(long, default_value_t = lists::LARGE.entries)]
    entries: u32,
    /// Only what clients of registries ask
    #[arg(long)]
    registry: bool,
}

impl Flags {
    fn sizes(&self) -> ListSizes {
        ListSizes { members: self.members, entries: self.entries, ..lists::LARGE }
    }

    fn plan(&self) -> Plan {
        Plan { rounds: 5, seconds: if self.quick { 1 } else { 3 } }
    }
}

fn main() -> ExitCode {
    let flags = Flags::parse();
    if flags.lists {
        print!("{}", report::lists_alone(&lists::measure(flags.sizes())));
        return ExitCode::SUCCESS;
    }
    if flags.registry {
        print!("{}", registry::measure(flags.plan().seconds * 3).table());
        return ExitCode::SUCCESS;
    }
    let baseline = flags.baseline.as_deref().map(Baseline::read).transpose();
    match baseline.and_then(|baseline| run(&flags, baseline.as_ref())) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Measures and reports. Whether nothing is worse than before.
fn run(flags: &Flags, baseline: Option<&Baseline>) -> Result<bool, String> {
    let report = measure(flags);
    print!("{}", report.table());
    let write = |path: &Path, text: String| {
        std::fs::write(path, text)
            .map_err(|error| format!("cannot write {}: {error}", path.display()))
    };
    if let Some(path) = &flags.json {
        write(path, report.json())?;
    }
    let usual = repository_root().join("docs/performance.svg");
    let picture = flags.picture.as_deref().unwrap_or(&usual);
    let before = |name: &str| baseline.and_then(|baseline| baseline.ratio_select(name, 8));
    write(picture, report.picture(before))?;
    println!("\nthe ratios: {}", picture.display());
    let Some(baseline) = baseline else { return Ok(true) };
    let mut worse = baseline.regressions(&report);
    worse.extend(baseline.more_statements(&report.statements));
    println!("\nworse than before, beyond the noise:");
    worse.iter().for_each(|what| println!("  {what}"));
    if worse.is_empty() {
        println!("  nothing");
    }
    Ok(worse.is_empty())
}

fn measure(flags: &Flags) -> Report {
    let plan = flags.plan();
    let mut report = Report { wasm_kib: measure::wasm_sizes(), ..Report::default() };
    eprintln!("Starting: with nothing compiled, then with compiled code at hand");
    (report.cold_start_ms, report.warm_start_ms, report.first_request_ms) = measure::starts();
    eprintln!("Making a database of {USUAL} organizations");
    let usual = database::make(USUAL);
    measure_loads(&usual, plan, &mut report);
    eprintln!("Deleting one organization of {} repositories", large::REPOSITORIES);
    report.delete_large_organization_ms = measure::deletion();
    eprintln!("Long answers");
    (report.cpu_us_of_member, report.cpu_us_of_team) = measure::long_answers();
    report.growth = growth(plan, if flags.quick { usual } else { database::make(1_000_000) });
    eprintln!("Lists of {} members and {} log entries", flags.members, flags.entries);
    report.lists = lists::measure(flags.sizes());
    eprintln!("A registry, and a proxy cache");
    report.registry = registry::measure(plan.seconds * 3);
    report
}

/// All kinds of requests, at each number of connections in rounds with the limits.
fn measure_loads(seeded: &Seeded, plan: Plan, report: &mut Report) {
    let of_limits = Server::start(Host::options().flag("--from").flag("tests/fixtures/spin.toml"));
    let limits = [Load::get("(constant)", "/constant"), Load::get("(one SELECT)", "/select")];
    let server = Server::start(seeded.host());
    let loads = Load::all(seeded);
    // So that the first use of the token has been noted, as it is once a minute.
    server.warm(&loads[0]);
    for load in &loads {
        report.statements.insert(load.name.into(), server.statements(load));
    }
    let limits = limits.iter().map(|load| Turn { server: &of_limits, load });
    let loads_of_server = loads.iter().map(|load| Turn { server: &server, load });
    let turns: Vec<Turn<'_>> = limits.chain(loads_of_server).collect();
    turns[1].server.warm(turns[1].load);
    for connections in CONNECTIONS {
        eprintln!("{} rounds of {} requests, {connections} connections", plan.rounds, turns.len());
        for (turn, figure) in turns.iter().zip(interleaved(&turns, connections, plan)) {
            report.figures.entry(turn.load.name.into()).or_default().insert(connections, figure);
        }
    }
    eprintln!("Readers and writers together, 64 connections");
    report.mixed_errors = server.drive_mixed(&loads, plan.seconds * 3);
    report.rss_mib = server.peak_memory_mib();
}

/// p50 on the large database divided by p50 on a small one, of each read and write. (Signing in asks for one account.)
fn growth(plan: Plan, large: Seeded) -> BTreeMap<String, f64> {
    eprintln!("Growth from {SMALL} to {} organizations", large.organizations);
    let small = database::make(SMALL);
    let (of_small, of_large) = (Server::start(small.host()), Server::start(large.host()));
    let loads = Load::all(&small).into_iter().zip(Load::all(&large));
    loads
        .filter(|(load, _)| load.name != "post_signin")
        .map(|(on_small, on_large)| {
            let small = Turn { server: &of_small, load: &on_small };
            let large = Turn { server: &of_large, load: &on_large };
            (on_small.name.to_owned(), rounds::growth(small, large, plan))
        })
        .collect()
}
