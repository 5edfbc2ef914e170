//! The tasks of a developer in this repository. One file per task; this one only finds the task.

mod accept;
mod bench;
mod build;
mod check;
mod programs;
mod test;
mod up;
mod upgrade;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "What a developer runs in this repository")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build everything and serve it; FLAGS are those of `berth up`
    #[command(disable_help_flag = true)]
    Up(Flags),
    /// Check formatting, clippy and all native tests: what needs no root, network, browser or WebAssembly
    Check,
    /// Rewrite the expectations of tests and the generated files, and say which have changed
    Accept {
        /// Also those of the end-to-end tests: the README's tour, the recorded cases of Quay, the counted instructions
        #[arg(long)]
        end_to_end: bool,
    },
    /// Install what the tests need, build everything, run all tests; FLAGS are those of `cargo test`
    #[command(disable_help_flag = true)]
    Test(Flags),
    /// Measure speed, cost and growth; `--help` names the FLAGS
    #[command(disable_help_flag = true)]
    Bench(Flags),
    /// Build the components, the host, `berth-token` and `berth-maintenance`
    Build {
        /// The components of `spin-edge.toml` alone: for hosts without SQLite
        #[arg(long)]
        edge: bool,
    },
    /// Upgrade three replicas under load, from an early build to the last commit with a column more; builds both
    Upgrade,
    /// Write the files that are made from the code's tables
    Docs,
}

/// The arguments for another program.
#[derive(Args)]
struct Flags {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    flags: Vec<String>,
}

fn main() -> ExitCode {
    match run(Arguments::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<()> {
    match task {
        Task::Up(Flags { flags }) => up::run(&flags),
        Task::Check => check::run(),
        Task::Accept { end_to_end } => accept::run(end_to_end),
        Task::Test(Flags { flags }) => test::run(&flags),
        Task::Bench(Flags { flags }) => bench::run(&flags),
        Task::Build { edge: false } => build::all(),
        Task::Build { edge: true } => build::edge_components(),
        Task::Upgrade => upgrade::run(),
        Task::Docs => build::docs(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_handed_on() {
        use clap::CommandFactory as _;

        Arguments::command().debug_assert();
        let arguments = ["xtask", "up", "--help", "--variable", "a=b", "--", "x"];
        let Task::Up(Flags { flags }) = Arguments::parse_from(arguments).task else {
            panic!("another task");
        };
        assert_eq!(flags, ["--help", "--variable", "a=b", "--", "x"]);
    }
}
