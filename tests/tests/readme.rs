//! The tour of the README, copied and run against the real components. `cargo xtask accept --end-to-end` writes what the commands print.
#![cfg(feature = "end-to-end")]

use std::process::Command;

use berth_tests::{Host, repository_root};

/// A command of the tour, and what the README says that it prints.
struct Step {
    command: String,
    output: String,
}

/// Between the outputs of two commands.
const SEPARATOR: char = '\u{1e}';

#[test]
fn the_tour_is_true() {
    let path = repository_root().join("README.md");
    let readme = std::fs::read_to_string(&path).expect("the README is there");
    let steps = steps(&readme);
    assert!(steps.len() > 10, "the README has a tour");
    let host = Host::new();
    let printed = run(&steps, &host);
    if berth_tests::accepts() {
        std::fs::write(&path, with_outputs(&readme, &printed)).expect("the README can be written");
    }
    for (step, printed) in steps.iter().zip(&printed) {
        let hint = "if on purpose: `cargo xtask accept --end-to-end`";
        assert_eq!(steady(&step.output), steady(printed), "$ {}\n{hint}", step.command);
    }
}

/// The commands of the blocks marked `console`: each begins with `$ ` and goes on after a backslash at the end of a line.
fn steps(readme: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let (mut in_block, mut in_command) = (false, false);
    for line in readme.lines() {
        if line.starts_with("```") {
            in_block = line == "```console";
        } else if in_block {
            if let Some(command) = line.strip_prefix("$ ") {
                steps.push(Step { command: command.into(), output: String::new() });
                in_command = command.ends_with('\\');
            } else if let Some(step) = steps.last_mut() {
                let part = if in_command { &mut step.command } else { &mut step.output };
                part.push('\n');
                part.push_str(line);
                in_command = in_command && line.ends_with('\\');
            }
        }
    }
    steps
}

/// Runs the commands in one shell, as somebody who copies them does.
fn run(steps: &[Step], host: &Host) -> Vec<String> {
    let directory = tempfile::tempdir().expect("a directory for the tour");
    let commands: String =
        steps.iter().map(|step| format!("{}\nprintf '\\036'\n", step.command)).collect();
    let script = commands.replace("http://localhost:3000", host.base());
    let output = Command::new("bash")
        .args(["-c", &format!("exec 2>&1\n{script}")])
        .current_dir(directory.path())
        .output()
        .expect("bash is there");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let printed: Vec<String> =
        text.split(SEPARATOR).map(|part| part.trim_end().to_owned()).take(steps.len()).collect();
    assert_eq!(printed.len(), steps.len(), "the tour ended early:\n{text}");
    printed
}

/// The README with what the commands printed.
fn with_outputs(readme: &str, printed: &[String]) -> String {
    let mut text = String::new();
    let mut printed = printed.iter();
    let (mut in_block, mut in_command, mut pending) = (false, false, None);
    for line in readme.lines() {
        let begins = in_block && line.starts_with("$ ");
        if begins || line.starts_with("```") {
            push_output(&mut text, pending.take());
        }
        if line.starts_with("```") {
            in_block = line == "```console";
        } else if in_block && !begins && !in_command {
            continue;
        }
        text.push_str(line);
        text.push('\n');
        if begins {
            pending = printed.next();
        }
        in_command = (begins || in_command) && line.ends_with('\\');
    }
    text
}

fn push_output(text: &mut String, output: Option<&String>) {
    if let Some(output) = output.filter(|output| !output.is_empty()) {
        text.push_str(output);
        text.push('\n');
    }
}

/// The text without the parts that differ each time: random values and dates, which are in quotation marks.
fn steady(text: &str) -> String {
    let parts = text.trim().split('"').map(|part| {
        let is_random = part.len() >= 20
            && part.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        if is_random || part.ends_with(" -0000") { "…" } else { part }
    });
    parts.collect::<Vec<_>>().join("\"")
}
