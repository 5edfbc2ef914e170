//! `berth NAME …` runs the program `berth-NAME …`, as with `git` and `cargo`: one that is beside this program, else one in
//! PATH. So an application can have commands of its own, without the host.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::{Context, Result, bail};

/// What `berth --help` says of these programs, with the names of those that are beside this one.
pub(crate) fn help() -> String {
    let mut help =
        "`berth NAME` runs the program `berth-NAME`, which is beside this one or in PATH."
            .to_owned();
    let names = names_beside();
    if !names.is_empty() {
        help.push_str(&format!(" Beside this one: {}.", names.join(", ")));
    }
    help
}

fn names_beside() -> Vec<String> {
    let beside = std::env::current_exe().ok();
    let entries = beside.and_then(|program| std::fs::read_dir(program.parent()?).ok());
    let names = entries.into_iter().flatten().filter_map(|entry| {
        let name = entry.ok()?.file_name().into_string().ok()?;
        let name = name.strip_prefix("berth-")?;
        // Others are what a build leaves there.
        (!name.contains(['.', '_'])).then(|| name.to_owned())
    });
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

/// Becomes the program that the first of `words` names, with the other words as its arguments. Returns only on failure.
pub(crate) fn run(words: &[OsString]) -> Result<()> {
    let Some((name, arguments)) = words.split_first() else { bail!("there is no command") };
    let mut program = OsString::from("berth-");
    program.push(name);
    let beside =
        std::env::current_exe().context("cannot find this program")?.with_file_name(&program);
    let found = if beside.is_file() { beside } else { program.clone().into() };
    let error = Command::new(found).args(arguments).exec();
    let program = program.display();
    if error.kind() == ErrorKind::NotFound {
        bail!(
            "there is no command {:?}, nor a program {program}; see berth --help",
            name.display().to_string()
        );
    }
    Err(error).with_context(|| format!("cannot run {program}"))
}
