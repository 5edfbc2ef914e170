//! Generated files are fresh, and documents name files that are there.

use std::fs;
use std::path::{Path, PathBuf};

use berth_tests::docs::generated;
use berth_tests::repository_root;

#[test]
fn generated_files_are_fresh() {
    for file in generated() {
        let found = std::fs::read_to_string(file.absolute()).unwrap_or_default();
        let lines: Vec<&str> = found.lines().collect();
        let missing: Vec<&str> = file.text.lines().filter(|line| !lines.contains(line)).collect();
        let missing = missing.join("\n");
        assert!(found == file.text, "{} is stale: run `cargo xtask accept`\n{missing}", file.path);
    }
}

/// The documents for readers of the code and for users.
fn documents() -> Vec<PathBuf> {
    let root = repository_root();
    let entries = |directory: &Path| fs::read_dir(directory).expect("a directory");
    let all =
        entries(root).chain(entries(&root.join("docs"))).map(|entry| entry.expect("an entry"));
    all.map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|is| is == "md"))
        .collect()
}

/// What a document has between backticks, without its blocks of code.
fn code(document: &str) -> impl Iterator<Item = &str> {
    let texts = document.split("\n```").step_by(2);
    texts.flat_map(|text| text.split('`').skip(1).step_by(2))
}

/// The code reading found the example of ARCHITECTURE.md naming a file that did not hold what it said.
#[test]
fn documents_name_files_that_are_there() {
    let (root, crates) = (repository_root(), repository_root().join("crates"));
    let (mut missing, mut named) = (Vec::new(), 0);
    for document in documents() {
        let text = fs::read_to_string(&document).expect("a text");
        for word in code(&text) {
            let place = word.split('/').next().unwrap_or_default();
            let is_path = word.contains('/') && !word.contains(['*', '…', ' ', '<']);
            let below =
                [root, &crates].into_iter().find(|directory| directory.join(place).is_dir());
            let (true, Some(below)) = (is_path && !place.is_empty(), below) else { continue };
            // What `cargo` and `spin` make is not part of the repository.
            if place == "target" || place.starts_with('.') {
                continue;
            }
            named += 1;
            if !below.join(word).exists() {
                missing.push(format!("{}: {word}", document.display()));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
    assert!(named > 100, "{named} names: are they still found?");
}
