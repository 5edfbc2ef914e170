//! What is measured of an operation.

use serde_json::{Value, json};

use crate::numbers::median;
use crate::numbers::round;

/// The measurements of one operation at one number of connections.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Figure {
    /// Requests a second.
    pub(crate) rps: f64,
    /// Half of the requests took at most this long, in milliseconds.
    pub(crate) p50_ms: f64,
    /// 99 of 100 took at most this long.
    pub(crate) p99_ms: f64,
    /// Processor time of the host per request, in milliseconds.
    pub(crate) cpu_ms: f64,
    /// Requests a second, divided by those of the component that answers a constant.
    pub(crate) ratio_constant: f64,
    /// The same, of the component that runs one SELECT.
    pub(crate) ratio_select: f64,
    /// How far apart the ratios to the SELECT of the rounds are, as a part of their median: half the distance between the lowest and the
    /// highest but one at each end.
    pub(crate) noise: f64,
    /// Requests that failed.
    pub(crate) errors: u64,
}

impl Figure {
    /// The same with what it is of the two limits.
    pub(crate) fn with_limits(mut self, constant: &Self, select: &Self) -> Self {
        self.ratio_constant = self.rps / constant.rps;
        self.ratio_select = self.rps / select.rps;
        self
    }

    /// The medians of several rounds, and the failures of all.
    pub(crate) fn of_rounds(rounds: &[Self]) -> Self {
        let all = |figure: fn(&Self) -> f64| {
            let mut all: Vec<f64> = rounds.iter().map(figure).collect();
            all.sort_by(f64::total_cmp);
            all
        };
        let middle = |figure| median(all(figure));
        let ratios = all(|figure| figure.ratio_select);
        let noise = match &ratios[..] {
            [_, low, .., high, _] => (high - low) / 2.0 / median(ratios.clone()),
            _ => 0.0,
        };
        Self {
            rps: middle(|figure| figure.rps),
            p50_ms: middle(|figure| figure.p50_ms),
            p99_ms: middle(|figure| figure.p99_ms),
            cpu_ms: middle(|figure| figure.cpu_ms),
            ratio_constant: middle(|figure| figure.ratio_constant),
            ratio_select: middle(|figure| figure.ratio_select),
            noise,
            errors: rounds.iter().map(|figure| figure.errors).sum(),
        }
    }

    pub(crate) fn json(&self) -> Value {
        json!({
            "rps": round(self.rps),
            "p50_ms": round(self.p50_ms),
            "p99_ms": round(self.p99_ms),
            "cpu_ms": round(self.cpu_ms),
            "ratio_constant": round(self.ratio_constant),
            // Signing in is a few thousandths of it.
            "ratio_select": (self.ratio_select * 1e6).round() / 1e6,
            "noise": round(self.noise),
            "errors": self.errors,
        })
    }
}
