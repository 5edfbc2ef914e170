//! The measurements, as a table and as JSON.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use crate::figure::Figure;
use crate::goal::Goal;
use crate::lists::Lists;
use crate::numbers::round;
use crate::picture::{self, Bar};
use crate::registry::RegistryFigures;

/// The loads whose ratio to one SELECT has a goal, at 8 connections.
const RATIOS: [(&str, &str, f64); 5] = [
    ("get_organization", "get_organization of one SELECT, 8 connections", 0.75),
    ("get_members", "get_members of one SELECT, 8 connections", 0.60),
    ("get_applications", "get_applications of one SELECT, 8 connections", 0.70),
    ("put_team", "put_team of one SELECT, 8 connections", 0.30),
    ("post_organization", "post_organization of one SELECT, 8 connections", 0.25),
];

/// Everything that was measured.
#[derive(Default)]
pub(crate) struct Report {
    pub(crate) figures: BTreeMap<String, BTreeMap<u32, Figure>>,
    pub(crate) statements: BTreeMap<String, u64>,
    pub(crate) growth: BTreeMap<String, f64>,
    pub(crate) mixed_errors: u64,
    pub(crate) rss_mib: f64,
    /// Of an organization of 10,000 repositories, 2,000 teams and 50,000 permissions.
    pub(crate) delete_large_organization_ms: f64,
    pub(crate) cold_start_ms: f64,
    pub(crate) warm_start_ms: f64,
    pub(crate) first_request_ms: f64,
    /// Processor time for a member of a long list, and for a team.
    pub(crate) cpu_us_of_member: f64,
    pub(crate) cpu_us_of_team: f64,
    pub(crate) wasm_kib: BTreeMap<String, u64>,
    pub(crate) lists: Lists,
    pub(crate) registry: RegistryFigures,
}

impl Report {
    pub(crate) fn table(&self) -> String {
        let mut text = String::from(
            "operation             conn   requests/s   p50 ms   p99 ms   CPU ms   /constant   /SELECT   errors   statements\n",
        );
        for (name, figures) in &self.figures {
            let statements = self.statements.get(name).map(u64::to_string).unwrap_or_default();
            for (connections, figure) in figures {
                row(&mut text, name, *connections, figure, &statements);
            }
        }
        let _ = writeln!(
            text,
            "\nreaders and writers together, 64 connections: {} errors",
            self.mixed_errors
        );
        let _ = writeln!(text, "host, most resident memory: {:.0} MiB", self.rss_mib);
        let _ = writeln!(
            text,
            "start to first 200: {:.0} ms with nothing compiled, {:.0} ms with compiled code; first request to a component: {:.1} ms",
            self.cold_start_ms, self.warm_start_ms, self.first_request_ms
        );
        let _ = writeln!(
            text,
            "processor time of a long answer: {:.1} us a member, {:.1} us a team",
            self.cpu_us_of_member, self.cpu_us_of_team
        );
        let _ = writeln!(
            text,
            "deleting an organization of 10,000 repositories, 2,000 teams, 50,000 permissions: {:.0} ms",
            self.delete_large_organization_ms
        );
        for (name, growth) in &self.growth {
            let _ = writeln!(text, "growth of {name}: {growth:.2}");
        }
        for (name, size) in &self.wasm_kib {
            let _ = writeln!(text, "{name}.wasm: {size} KiB");
        }
        text + &self.lists.table()
            + &self.registry.table()
            + &reached(self.goals().into_iter().chain(self.lists.goals()))
    }

    /// The goals of the figures, on two cores.
    fn goals(&self) -> Vec<Goal> {
        // Of 64 sign-ins at a time from one address most are answered 503 at once: that is meant.
        let others = self.figures.iter().filter(|(name, _)| *name != "post_signin");
        let failed: u64 = others.filter_map(|(_, by)| by.get(&64)).map(|f| f.errors).sum();
        let worst = |of: &BTreeMap<String, u64>| count(of.values().copied().max().unwrap_or(0));
        let growth = self.growth.values().copied().fold(0.0, f64::max);
        let ratios = RATIOS.iter().map(|(name, what, least)| {
            Goal::at_least(what, self.figures[*name][&8].ratio_select, *least)
        });
        let others = [
            Goal::at_most("growth of any read or write", growth, 1.3),
            Goal::at_most("statements of any read", self.most_statements(true), 2.0),
            Goal::at_most("statements of any write", self.most_statements(false), 8.0),
            Goal::at_most("processor time of a member, us", self.cpu_us_of_member, 5.0),
            Goal::at_most("processor time of a team, us", self.cpu_us_of_team, 4.0),
            Goal::at_most("resident memory of the host, MiB", self.rss_mib, 128.0),
            Goal::at_most("start with nothing compiled, ms", self.cold_start_ms, 2_000.0),
            Goal::at_most("start with compiled code, ms", self.warm_start_ms, 60.0),
            Goal::at_most("first request to a component, ms", self.first_request_ms, 2.0),
            Goal::at_most("largest component, KiB", worst(&self.wasm_kib), 1_536.0),
            Goal::at_most(
                "requests that failed at 64 connections",
                count(failed + self.mixed_errors),
                0.0,
            ),
            Goal::at_most(
                "deleting the large organization, ms",
                self.delete_large_organization_ms,
                5_000.0,
            ),
        ];
        ratios.chain(others).collect()
    }

    /// The most statements that a read takes, or a write.
    fn most_statements(&self, reads: bool) -> f64 {
        let of_kind = self.statements.iter().filter(|(name, _)| name.starts_with("get_") == reads);
        count(of_kind.map(|(_, count)| *count).max().unwrap_or(0))
    }

    /// What is the better the smaller it is: times, memory, sizes; named as in the JSON.
    pub(crate) fn costs(&self) -> Vec<(String, f64)> {
        let named = |name: &str, value| (name.to_owned(), value);
        let mut costs = vec![
            named("rss_mib", self.rss_mib),
            named("cold_start_ms", self.cold_start_ms),
            named("warm_start_ms", self.warm_start_ms),
            named("cpu_us_of_member", self.cpu_us_of_member),
            named("cpu_us_of_team", self.cpu_us_of_team),
            named("delete_large_organization_ms", self.delete_large_organization_ms),
        ];
        let sizes = self.wasm_kib.iter();
        costs.extend(sizes.map(|(name, size)| (format!("wasm_kib/{name}"), count(*size))));
        costs
    }

    /// The ratios to one SELECT at 8 connections, as SVG; `before` gives those of an earlier run.
    pub(crate) fn picture(&self, before: impl Fn(&str) -> Option<f64>) -> String {
        let bar = |(name, figures): (&'_ String, &BTreeMap<u32, Figure>)| {
            let ratio = figures.get(&8)?.ratio_select;
            let goal = RATIOS.iter().find(|(of, ..)| of == name).map(|(.., least)| *least);
            Some((name.clone(), ratio, goal, before(name)))
        };
        let mut bars: Vec<_> = self.figures.iter().filter_map(bar).collect();
        bars.sort_by(|one, other| other.1.total_cmp(&one.1));
        let bars: Vec<_> = bars
            .iter()
            .map(|(name, ratio, goal, before)| Bar {
                name,
                ratio: *ratio,
                goal: *goal,
                before: *before,
            })
            .collect();
        let rss = self.rss_mib;
        let about = format!(
            "medians of rounds in turns, two cores; the host was resident in {rss:.0} MiB at most, started in {:.0} ms",
            self.warm_start_ms
        );
        picture::svg(&about, &bars)
    }

    pub(crate) fn json(&self) -> String {
        let mut all = Map::new();
        for (name, figures) in &self.figures {
            let figures =
                figures.iter().map(|(count, figure)| (format!("c{count}"), figure.json()));
            all.insert(name.clone(), Value::Object(figures.collect()));
        }
        let growth = self.growth.iter().map(|(name, growth)| (name.clone(), round(*growth).into()));
        all.insert("growth".into(), Value::Object(growth.collect()));
        all.insert("statements".into(), json!(self.statements));
        all.insert("mixed_errors".into(), self.mixed_errors.into());
        all.insert("rss_mib".into(), round(self.rss_mib).into());
        all.insert(
            "delete_large_organization_ms".into(),
            round(self.delete_large_organization_ms).into(),
        );
        all.insert("cold_start_ms".into(), round(self.cold_start_ms).into());
        all.insert("warm_start_ms".into(), round(self.warm_start_ms).into());
        all.insert("first_request_ms".into(), round(self.first_request_ms).into());
        all.insert("cpu_us_of_member".into(), round(self.cpu_us_of_member).into());
        all.insert("cpu_us_of_team".into(), round(self.cpu_us_of_team).into());
        all.insert("wasm_kib".into(), json!(self.wasm_kib));
        all.insert("lists".into(), self.lists.json());
        all.insert("registry".into(), self.registry.json());
        Value::Object(all).to_string() + "\n"
    }
}

/// The report of lists alone.
pub(crate) fn lists_alone(lists: &Lists) -> String {
    lists.table() + &reached(lists.goals())
}

fn reached(goals: impl Iterator<Item = Goal>) -> String {
    let goals = goals.map(|goal| format!("{goal}\n"));
    format!("\nwithin reach:\n{}", goals.collect::<String>())
}

#[expect(clippy::cast_precision_loss, reason = "counts are small")]
fn count(count: u64) -> f64 {
    count as f64
}

fn row(text: &mut String, name: &str, connections: u32, figure: &Figure, statements: &str) {
    let _ = writeln!(
        text,
        "{name:<20} {connections:>5} {:>12.0} {:>8.2} {:>8.2} {:>8.2} {:>11.2} {:>9.2} {:>8} {statements:>12}",
        figure.rps,
        figure.p50_ms,
        figure.p99_ms,
        figure.cpu_ms,
        figure.ratio_constant,
        figure.ratio_select,
        figure.errors,
    );
}
