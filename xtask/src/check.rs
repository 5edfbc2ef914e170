//! `cargo xtask check`: the tests of a change before the end-to-end tests, without root, network, browser or WebAssembly.

use std::time::Instant;

use anyhow::Result;

use crate::build::cargo;

/// The native tests: without the feature `end-to-end`, which is on by default, the rest is not compiled.
pub(crate) const NATIVE_TESTS: [&str; 6] =
    ["test", "--workspace", "--no-default-features", "--lib", "--bins", "--tests"];

/// Formatting, clippy, and the native tests.
pub(crate) fn run() -> Result<()> {
    let begin = Instant::now();
    cargo(&["fmt", "--all", "--", "--check"])?;
    cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])?;
    cargo(&NATIVE_TESTS)?;
    eprintln!("Everything native is right, after {} s", begin.elapsed().as_secs());
    Ok(())
}
