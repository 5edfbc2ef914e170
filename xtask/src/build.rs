//! `cargo xtask build`: the components for WebAssembly, and the programs. Cargo shows the progress.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

const TARGET: &str = "wasm32-wasip1";

/// Builds everything that runs, so that `berth up` starts at once.
pub(crate) fn all() -> Result<()> {
    components()?;
    programs()?;
    native_code("spin.toml", &[], &root().join(".spin"))
}

/// Builds everything that tests start.
pub(crate) fn of_tests() -> Result<()> {
    of_bench()?;
    edge_components()?;
    // Without an address the manifest is refused.
    code_of_tests("spin-edge.toml", &["--variable", "database_url=http://127.0.0.1:1"])
}

/// Builds everything that the benchmark starts.
pub(crate) fn of_bench() -> Result<()> {
    components()?;
    fixtures()?;
    programs()?;
    code_of_tests("spin.toml", &[])?;
    code_of_tests("tests/fixtures/spin.toml", &[])
}

/// Compiles the components of a manifest for hosts of tests. Their `Host` has the same names.
fn code_of_tests(manifest: &str, flags: &[&str]) -> Result<()> {
    let name = manifest.replace(['/', '.'], "-");
    native_code(manifest, flags, &target().join("test-state").join(name))
}

/// Compiles the components of a manifest to native code, for hosts with that state: their first start finds it there.
fn native_code(manifest: &str, flags: &[&str], state: &Path) -> Result<()> {
    let berth = binary("berth");
    let mut command = Command::new(&berth);
    command.current_dir(root()).args(["compile", "--from", manifest]).args(flags);
    let status = command.arg("--state-dir").arg(state).status();
    let status = status.with_context(|| format!("cannot run {}", berth.display()))?;
    ensure!(status.success(), "the components of {manifest} do not compile");
    Ok(())
}

/// Builds every crate under `components/`.
pub(crate) fn components() -> Result<()> {
    components_of(root())
}

/// Builds the same in the tree of another commit.
pub(crate) fn components_of(tree: &Path) -> Result<()> {
    wasm_crates(tree, "components", "berth-", &[])
}

/// Builds the same for hosts without SQLite. It has a target directory of its own: `spin.toml` and `spin-edge.toml` name files
/// of the same names.
pub(crate) fn edge_components() -> Result<()> {
    let target = target().join("edge");
    let target = target.to_str().context("the target directory is no text")?;
    let flags = ["--target-dir", target, "--features", "berth-spin/hrana"];
    wasm_crates(root(), "components", "berth-", &flags)
}

/// Builds every crate under `tests/fixtures/`.
pub(crate) fn fixtures() -> Result<()> {
    wasm_crates(root(), "tests/fixtures", "fixture-", &[])
}

/// Builds the host, `berth`, and the programs behind its commands `token` and `maintenance`.
///
/// With `--workspace`, though it is one package: cargo unites the features of what it is asked to
/// build, so that `--package` and `--workspace` would each compile wasmtime, eight minutes a time.
pub(crate) fn programs() -> Result<()> {
    let programs = ["berth", "berth-token", "berth-maintenance"];
    let named = programs.iter().flat_map(|name| ["--bin", name]);
    cargo(&["build", "--workspace"].into_iter().chain(named).collect::<Vec<_>>())
}

/// Builds the benchmark, as [`programs`] builds those.
pub(crate) fn bench() -> Result<()> {
    cargo(&["build", "--workspace", "--bin", "bench"])
}

/// Writes the files that are made from the code's tables.
pub(crate) fn docs() -> Result<()> {
    cargo(&["build", "--quiet", "--workspace", "--bin", "docs"])?;
    let binary = binary("docs");
    let status = Command::new(&binary).status();
    let status = status.with_context(|| format!("cannot run {}", binary.display()))?;
    ensure!(status.success(), "the files could not be written");
    Ok(())
}

/// Where the binary of that name is put.
fn binary(name: &str) -> PathBuf {
    target().join("debug").join(name)
}

/// Where cargo puts what it builds.
fn target() -> PathBuf {
    // A relative one is cargo's, which runs in the root.
    root().join(std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
}

/// Takes the place of this process, so that signals reach the binary and its exit code is ours. Returns only on failure.
pub(crate) fn become_binary(name: &str, arguments: &[String]) -> Result<()> {
    let binary = binary(name);
    let error = Command::new(&binary).args(arguments).exec();
    Err(error).with_context(|| format!("cannot run {}", binary.display()))
}

/// The root of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// Builds each crate `directory/NAME` of a tree, whose package is called `prefix` + NAME, for WebAssembly, with further flags
/// of `cargo build`.
fn wasm_crates(tree: &Path, directory: &str, prefix: &str, flags: &[&str]) -> Result<()> {
    let path = tree.join(directory);
    let entries =
        std::fs::read_dir(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut packages = Vec::new();
    for entry in entries {
        let entry = entry?;
        if entry.path().join("Cargo.toml").is_file() {
            packages.push(format!("--package={prefix}{}", entry.file_name().to_string_lossy()));
        }
    }
    packages.sort();
    ensure!(!packages.is_empty(), "there are no crates in {}", path.display());
    add_target()?;
    let mut command = cargo_command(&["build", "--release", "--target", TARGET]);
    command.args(flags).args(packages);
    if tree != root() {
        // Its manifest names the files of its own target directory.
        command.current_dir(tree).env_remove("CARGO_TARGET_DIR");
    }
    let status = command.status().context("cannot run cargo")?;
    ensure!(status.success(), "the crates of {} do not build", path.display());
    Ok(())
}

/// Has rustup add the WebAssembly target if it is missing.
fn add_target() -> Result<()> {
    let rustc =
        Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]).output();
    let library = rustc.context("cannot run rustc")?.stdout;
    if Path::new(String::from_utf8_lossy(&library).trim()).is_dir() {
        return Ok(());
    }
    let rustup =
        Command::new("rustup").current_dir(root()).args(["target", "add", TARGET]).status();
    let status = rustup.with_context(|| {
        format!("Rust's target {TARGET} is missing and there is no rustup to add it: install both from https://rustup.rs")
    })?;
    ensure!(status.success(), "`rustup target add {TARGET}` failed");
    Ok(())
}

/// Runs cargo in the root of the repository.
pub(crate) fn cargo(arguments: &[&str]) -> Result<()> {
    let status = cargo_command(arguments).status().context("cannot run cargo")?;
    ensure!(status.success(), "`cargo {}` failed", arguments.join(" "));
    Ok(())
}

/// The command of [`cargo`].
pub(crate) fn cargo_command(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root()).args(arguments);
    command
}
