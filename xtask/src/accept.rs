//! `cargo xtask accept`: the one command for changed expectations, to be read as a diff afterwards.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::build::{self, cargo, root};
use crate::check::NATIVE_TESTS;
use crate::programs;

/// Tells tests to write what they find, in place of comparing. Those that hold expectations in files read it.
const ACCEPT: &str = "BERTH_ACCEPT";

/// The end-to-end tests with expectations in files.
const END_TO_END: [&str; 7] = [
    "test",
    "--workspace",
    "--test=readme",
    "--test=quay",
    "--test=instructions",
    "--no-fail-fast",
    "--quiet",
];

/// Rewrites the generated files and the expectations of the native tests, and of the end-to-end tests if `end_to_end`; prints
/// the paths of the files that have changed. What fails still is no matter of expectations.
///
/// # Errors
/// When `cargo-insta` is missing, something does not compile, or a test fails still.
pub(crate) fn run(end_to_end: bool) -> Result<()> {
    let insta = Command::new("cargo").args(["insta", "--version"]).output();
    ensure!(
        insta.is_ok_and(|output| output.status.success()),
        "inline snapshots are rewritten by cargo-insta: `cargo install cargo-insta --locked`"
    );
    let before = changed_files()?;
    build::docs()?;
    let mut result = accepting(&[&NATIVE_TESTS[..], &["--no-fail-fast", "--quiet"]].concat());
    cargo(&["insta", "accept", "--quiet"])?;
    cargo(&["fmt", "--all"])?;
    if end_to_end {
        programs::install(crate::test::PROGRAMS)?;
        build::all()?;
        result = result.and(accepting(&END_TO_END));
    }
    let mut after = changed_files()?;
    after.retain(|path, content| before.get(path) != Some(content));
    match after.len() {
        0 => println!("All expectations are as they were."),
        count => println!("{count} files have changed, to be read with `git diff`:"),
    }
    after.keys().for_each(|path| println!("  {}", path.display()));
    result
}

/// Runs tests that write what they find. Snapshots are left beside the sources for cargo-insta.
fn accepting(arguments: &[&str]) -> Result<()> {
    let mut command = build::cargo_command(arguments);
    command.env(ACCEPT, "1").env("INSTA_UPDATE", "new").env("INSTA_FORCE_PASS", "1");
    let status = command.status().context("cannot run cargo")?;
    ensure!(status.success(), "there are failures besides changed expectations");
    Ok(())
}

/// The files that differ from the last commit, and what they hold.
fn changed_files() -> Result<BTreeMap<PathBuf, Vec<u8>>> {
    let output = Command::new("git")
        .current_dir(root())
        .args(["ls-files", "--modified", "--others", "--exclude-standard"])
        .output()
        .context("cannot run git")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let paths = String::from_utf8(output.stdout).context("a path is no text")?;
    let read = |path: &str| (path.into(), std::fs::read(root().join(path)).unwrap_or_default());
    Ok(paths.lines().map(read).collect())
}
