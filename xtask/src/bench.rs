//! `cargo xtask bench`: builds everything, then runs the benchmark of the package `berth-tests`.

use anyhow::Result;

use crate::build;
use crate::programs::{self, Program};

/// The load generator.
const PROGRAMS: &[Program] = &[Program { path: "/usr/bin/wrk", package: "wrk" }];

/// Builds and measures. `flags` are `--quick`, `--json FILE`, `--lists`, `--members N`, `--entries N`.
pub(crate) fn run(flags: &[String]) -> Result<()> {
    programs::install(PROGRAMS)?;
    build::all()?;
    build::fixtures()?;
    build::bench()?;
    build::become_binary("bench", flags)
}
