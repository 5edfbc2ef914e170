//! The HTML of every page, with hostile names, is valid: the W3C's checker finds nothing.

use std::path::Path;
use std::process::Command;

use berth_tests::console::{VISITORS, installation, walk};
use berth_tests::packages::{command, console_npm_packages};
use tempfile::TempDir;

#[test]
fn every_page_is_valid_html() {
    let app = installation();
    let pages = TempDir::new().expect("a directory");
    let mut names = Vec::new();
    for visitor in VISITORS {
        let starts = [
            "/",
            "/organization/acme",
            "/organization/cache",
            "/createaccount",
            "/forgotpassword",
            "/nothing/here",
        ];
        for (address, page) in walk(&app, visitor, &starts) {
            if page.html.is_empty() {
                continue;
            }
            let name = format!("{:04}.html", names.len());
            std::fs::write(pages.path().join(&name), &page.html).expect("the directory is ours");
            names.push(format!("{visitor} {address}"));
        }
    }
    assert!(names.len() > 50, "only {} pages", names.len());
    let said = check(pages.path());
    let faults: Vec<String> = said
        .lines()
        .filter(|line| line.contains(".html\":"))
        .map(|line| {
            let (before, rest) = line.split_once(".html\":").unwrap_or((line, ""));
            let number = before.rsplit('/').next().and_then(|name| name.parse::<usize>().ok());
            format!("{}: {rest}", number.map_or("?", |number| &names[number]))
        })
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// It would say if a page were not.
#[test]
fn a_page_that_is_not_valid_is_found() {
    let pages = TempDir::new().expect("a directory");
    let text = "<!doctype html><html lang=en><title>x</title><p><div></p>";
    std::fs::write(pages.path().join("0000.html"), text).expect("the directory is ours");
    assert!(check(pages.path()).contains("0000.html\":"), "the checker checks nothing");
}

/// What the checker says of the pages in a directory.
fn check(pages: &Path) -> String {
    let jar = console_npm_packages().join("vnu-jar/build/dist/vnu.jar");
    let mut java: Command = command("java", "default-jre-headless");
    let output = java.arg("-jar").arg(jar).arg("--skip-non-html").arg(pages).output();
    let output = output.expect("java runs");
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
}
