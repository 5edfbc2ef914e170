//! `cargo xtask bench`: builds everything, then runs the benchmark of the package `berth-tests`.

use anyhow::Result;

use crate::build;
use crate::programs::{self, Program};

/// The load generator; a registry, what pushes to it, and what reads blobs.
const PROGRAMS: &[Program] = &[
    Program { path: "/usr/bin/wrk", package: "wrk" },
    Program { path: "/usr/bin/docker-registry", package: "docker-registry" },
    Program { path: "/usr/bin/skopeo", package: "skopeo" },
    Program { path: "/usr/bin/curl", package: "curl" },
];

/// Builds and measures. `flags` are those of the benchmark, which `--help` names.
pub(crate) fn run(flags: &[String]) -> Result<()> {
    programs::install(PROGRAMS)?;
    build::of_bench()?;
    build::bench()?;
    build::become_binary("bench", flags)
}
