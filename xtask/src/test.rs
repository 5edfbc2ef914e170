//! `cargo xtask test`: everything that tests need, then all tests.

use anyhow::Result;

use crate::build;
use crate::programs::{self, Program};

/// The outside programs: a real registry, a client of it and a proxy before it, what reads certificates, a real browser, an instruction counter, a key-value store for replicas, and what
/// installs and runs clients. (What comes from PyPI and npm the tests install themselves: `tests/src/packages.rs`.)
pub(crate) const PROGRAMS: &[Program] = &[
    Program { path: "/usr/bin/docker-registry", package: "docker-registry" },
    Program { path: "/usr/bin/skopeo", package: "skopeo" },
    Program { path: "/usr/sbin/nginx", package: "nginx-light" },
    Program { path: "/usr/bin/curl", package: "curl" },
    Program { path: "/usr/bin/openssl", package: "openssl" },
    Program { path: "/usr/bin/chromium", package: "chromium" },
    Program { path: "/usr/bin/chromedriver", package: "chromium-driver" },
    Program { path: "/usr/bin/valgrind", package: "valgrind" },
    Program { path: "/usr/bin/redis-server", package: "redis-server" },
    Program { path: "/usr/bin/pip3", package: "python3-pip" },
    Program { path: "/usr/bin/node", package: "nodejs" },
    Program { path: "/usr/bin/npm", package: "npm" },
    Program { path: "/usr/bin/java", package: "default-jre-headless" },
];

/// Installs, builds and tests. `flags` go to `cargo test`.
pub(crate) fn run(flags: &[String]) -> Result<()> {
    programs::install(PROGRAMS)?;
    build::of_tests()?;
    let mut arguments = vec!["test", "--workspace"];
    arguments.extend(flags.iter().map(String::as_str));
    build::cargo(&arguments)
}
