//! `cargo xtask upgrade`: a rolling upgrade under load, between two builds of the application. A quarter of an hour, since it
//! builds both; the builds stay below `target/upgrade`, and the next time takes as long as what has changed.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::{build, programs, test};

/// The first commit whose schema is one file, `schema.sql`: what was made before is refused.
const FIRST: &str = "a3f0070";

/// The list of migrations in the store, as long as there is none, and with one that adds a column.
const MIGRATIONS: [&str; 2] =
    ["migrations: migrations! {},", "migrations: migrations! { \"34_note.sql\": Expands, },"];

/// Runs it from [`FIRST`] to the last commit with a column more.
pub(crate) fn run() -> Result<()> {
    programs::install(test::PROGRAMS)?;
    let from = checkout("from", FIRST)?;
    build::components_of(&from)?;
    let to = checkout("to", "HEAD")?;
    add_column(&to)?;
    build::components_of(&to)?;
    build::programs()?;
    let mut cargo = build::cargo_command(&["test", "--workspace", "--test", "replicas"]);
    cargo.args(["--", "--ignored", "--nocapture", "a_rolling_upgrade_fails_no_request"]);
    cargo.env("BERTH_UPGRADE_FROM", from.join("spin.toml"));
    cargo.env("BERTH_UPGRADE_TO", to.join("spin.toml"));
    ensure!(cargo.status().context("cannot run cargo")?.success(), "the upgrade failed");
    Ok(())
}

/// The tree of a commit, below `target/upgrade`.
fn checkout(name: &str, commit: &str) -> Result<PathBuf> {
    let tree = build::root().join("target/upgrade").join(name);
    if !tree.join(".git").exists() {
        git(build::root(), &["worktree", "prune"])?;
        git(build::root(), &["worktree", "add", "--detach", &tree.to_string_lossy(), commit])?;
    }
    let commit = output(build::root(), &["rev-parse", commit])?;
    git(&tree, &["reset", "--quiet", "--hard", commit.trim()])?;
    git(&tree, &["clean", "--quiet", "--force", "crates"])?;
    Ok(tree)
}

/// Adds a migration, as a change of the schema would.
fn add_column(tree: &Path) -> Result<()> {
    let store = tree.join("crates/berth-store");
    let path = store.join("src/migrate.rs");
    let source = std::fs::read_to_string(&path).context("cannot read the store's migrations")?;
    ensure!(source.contains(MIGRATIONS[0]), "there are migrations by now: say them in xtask");
    std::fs::create_dir_all(store.join("migrations"))?;
    let column = "ALTER TABLE account ADD COLUMN note TEXT NOT NULL DEFAULT '';\n";
    std::fs::write(store.join("migrations/34_note.sql"), column)?;
    std::fs::write(&path, source.replace(MIGRATIONS[0], MIGRATIONS[1]))?;
    Ok(())
}

fn git(directory: &Path, arguments: &[&str]) -> Result<()> {
    output(directory, arguments).map(drop)
}

fn output(directory: &Path, arguments: &[&str]) -> Result<String> {
    let output = Command::new("git").current_dir(directory).args(arguments).output();
    let output = output.context("cannot run git")?;
    let failure = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "`git {}` failed: {failure}", arguments.join(" "));
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
