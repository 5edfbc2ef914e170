//! Commands that the host does not know: programs beside it or in PATH.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

#[test]
fn a_command_that_is_a_program_in_path_is_run_with_its_arguments() {
    let directory = tempfile::tempdir().unwrap();
    let program = directory.path().join("berth-hello");
    std::fs::write(&program, "#!/bin/sh\necho \"$#: $*\"; exit 7\n").unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:/bin:/usr/bin", directory.path().display());
    let ran = Command::new(env!("CARGO_BIN_EXE_berth"))
        .args(["hello", "a b", "--help"])
        .env("PATH", path)
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(ran.stdout).unwrap(), "2: a b --help\n");
    assert_eq!(ran.status.code(), Some(7));
}

#[test]
fn a_command_that_is_no_program_is_named() {
    let ran = Command::new(env!("CARGO_BIN_EXE_berth")).arg("goodbye").output().unwrap();
    let said = String::from_utf8(ran.stderr).unwrap();
    assert!(said.contains("there is no command \"goodbye\""), "{said}");
    assert!(!ran.status.success());
}
