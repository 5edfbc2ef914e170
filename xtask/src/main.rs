//! What a developer runs in this repository. One file per task; this one only finds the task.

mod bench;
mod build;
mod programs;
mod test;
mod up;

use std::process::ExitCode;

use anyhow::{Result, bail};

const USAGE: &str = "\
Usage: cargo xtask TASK

  up [FLAGS]   build everything and serve it; FLAGS are those of `berth up`
  test [FLAGS] install what the tests need, build everything, run all tests; FLAGS are those of `cargo test`
  bench [--quick] [--json FILE]   measure speed, cost and growth
  build        build the components, the host and `berth-token`
  docs         write the files that are made from the code's tables
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<()> {
    let Some((task, flags)) = arguments.split_first() else { bail!("which task?\n\n{USAGE}") };
    match (task.as_str(), flags) {
        ("up", flags) => up::run(flags),
        ("test", flags) => test::run(flags),
        ("bench", flags) => bench::run(flags),
        ("build", []) => build::all(),
        ("docs", []) => build::docs(),
        ("help" | "--help" | "-h", _) => {
            print!("{USAGE}");
            Ok(())
        }
        _ => bail!("there is no task {:?}\n\n{USAGE}", arguments.join(" ")),
    }
}
