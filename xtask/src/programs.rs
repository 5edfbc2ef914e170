//! Outside programs that tests and the benchmark run: installed where that can be done, named where it cannot.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

/// An outside program, and the Debian package that it comes from.
pub(crate) struct Program {
    /// Where it is when it is installed.
    pub(crate) path: &'static str,
    /// The package.
    pub(crate) package: &'static str,
}

/// Lets apt install missing programs, where that is possible; otherwise says what to install.
pub(crate) fn install(programs: &[Program]) -> Result<()> {
    let missing: Vec<&str> = programs
        .iter()
        .filter(|program| !Path::new(program.path).exists())
        .map(|program| program.package)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    if !(is_root()? && Path::new("/usr/bin/apt-get").exists()) {
        bail!("these Debian packages are needed: apt-get install {}", missing.join(" "));
    }
    eprintln!("Installing {}", missing.join(", "));
    apt_get(&["update", "--quiet"])?;
    let mut arguments = vec!["install", "--yes", "--quiet", "--no-install-recommends"];
    arguments.extend(missing);
    apt_get(&arguments)
}

fn is_root() -> Result<bool> {
    let id = Command::new("id").arg("--user").output().context("cannot run `id`")?;
    Ok(id.stdout.trim_ascii() == b"0")
}

fn apt_get(arguments: &[&str]) -> Result<()> {
    let status = Command::new("apt-get")
        .env("DEBIAN_FRONTEND", "noninteractive")
        .args(arguments)
        .status()
        .context("cannot run apt-get")?;
    ensure!(status.success(), "`apt-get {}` failed", arguments.join(" "));
    Ok(())
}
