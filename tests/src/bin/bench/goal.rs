//! What a figure has to reach.

use std::fmt;

/// A figure and its limit.
pub(crate) struct Goal {
    what: &'static str,
    figure: f64,
    limit: f64,
    at_least: bool,
}

impl Goal {
    /// It has to be as much.
    pub(crate) fn at_least(what: &'static str, figure: f64, limit: f64) -> Self {
        Self { what, figure, limit, at_least: true }
    }

    /// It may be as much.
    pub(crate) fn at_most(what: &'static str, figure: f64, limit: f64) -> Self {
        Self { what, figure, limit, at_least: false }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, figure, limit, at_least } = self;
        let reached = if *at_least { figure >= limit } else { figure <= limit };
        let (verdict, side) = (
            if reached { "reached" } else { "MISSED " },
            if *at_least { "at least" } else { "at most" },
        );
        write!(formatter, "  {verdict} {what}: {figure:.2}, {side} {limit:.2}")
    }
}
