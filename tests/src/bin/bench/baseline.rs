//! What is worse than in an earlier run, by more than the noise of both.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::report::Report;

/// What two runs differ by although nothing has changed, at least.
const LEAST_NOISE: f64 = 0.05;

/// What times of starts, memory and sizes may differ by.
const TOLERANCE: f64 = 0.15;

/// The report of an earlier run, as `--json` wrote it.
pub(crate) struct Baseline(Value);

impl Baseline {
    /// Reads the file.
    pub(crate) fn read(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path);
        let text = text.map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        let report = serde_json::from_str(&text);
        report.map(Self).map_err(|error| format!("{} is no report: {error}", path.display()))
    }

    /// What one of the earlier figures was.
    pub(crate) fn ratio_select(&self, load: &str, connections: u32) -> Option<f64> {
        self.figure(load, connections)?.get("ratio_select")?.as_f64()
    }

    fn figure(&self, load: &str, connections: u32) -> Option<&Value> {
        self.0.get(load)?.get(format!("c{connections}"))
    }

    /// Each regression, in words.
    pub(crate) fn regressions(&self, now: &Report) -> Vec<String> {
        let mut found = Vec::new();
        for (load, figures) in &now.figures {
            for (connections, figure) in figures {
                let Some(before) = self.ratio_select(load, *connections) else { continue };
                let earlier =
                    self.figure(load, *connections).and_then(|figure| figure.get("noise"));
                let noise = figure.noise + earlier.and_then(Value::as_f64).unwrap_or_default();
                let noise = noise.max(LEAST_NOISE);
                if figure.ratio_select < before * (1.0 - noise) {
                    found.push(format!(
                        "{load} at {connections} connections: {:.2} of one SELECT, {before:.2} before (noise {:.0} %)",
                        figure.ratio_select,
                        noise * 100.0
                    ));
                }
            }
        }
        for (name, value) in now.costs() {
            let before = name.split('/').try_fold(&self.0, |value, key| value.get(key));
            let Some(before) = before.and_then(Value::as_f64) else { continue };
            if value > before * (1.0 + TOLERANCE) {
                found.push(format!("{name}: {value:.1}, {before:.1} before"));
            }
        }
        found
    }

    /// The numbers of statements that have grown.
    pub(crate) fn more_statements(&self, now: &BTreeMap<String, u64>) -> Vec<String> {
        let before = |load: &String| self.0.get("statements")?.get(load)?.as_u64();
        let more = now.iter().filter_map(|(load, count)| {
            let before = before(load).filter(|before| count > before)?;
            Some(format!("{load}: {count} statements, {before} before"))
        });
        more.collect()
    }
}
