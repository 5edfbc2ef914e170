//! What is measured of an operation.

use serde_json::{Value, json};

use crate::goal::round;

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
    /// Requests that failed.
    pub(crate) errors: u64,
}

impl Figure {
    pub(crate) fn with_limits(mut self, limits: Option<&(Self, Self)>) -> Self {
        if let Some((constant, select)) = limits {
            self.ratio_constant = self.rps / constant.rps;
            self.ratio_select = self.rps / select.rps;
        }
        self
    }

    pub(crate) fn json(&self) -> Value {
        json!({
            "rps": round(self.rps),
            "p50_ms": round(self.p50_ms),
            "p99_ms": round(self.p99_ms),
            "cpu_ms": round(self.cpu_ms),
            "ratio_constant": round(self.ratio_constant),
            "ratio_select": round(self.ratio_select),
            "errors": self.errors,
        })
    }
}
