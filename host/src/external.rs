//! `berth NAME …` runs the program `berth-NAME …`, as with `git` and `cargo`: one that is beside this program, else one in
//! PATH. So an application can have commands of its own, without the host.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::{Context, Result, bail};

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
