//! Comments and documents cite the contract by page and part: each citation must exist.

use std::fs;
use std::path::{Path, PathBuf};

use berth_tests::repository_root;

/// The pages that a text cites.
fn cited(text: &str) -> impl Iterator<Item = &str> {
    text.split("contract/").skip(1).filter_map(|rest| {
        let end = rest.find(".md")?;
        let name = &rest[..end];
        let is_name = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
        (is_name && !name.is_empty()).then(|| &rest[..end + 3])
    })
}

/// Every text below a directory, without build output.
fn texts(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && !name.starts_with('.') && name != "target" {
            texts(&path, found);
        } else if [".rs", ".md", ".toml", ".txt"].iter().any(|ending| name.ends_with(ending)) {
            found.push(path);
        }
    }
}

#[test]
fn every_cited_page_is_there() {
    let root = repository_root();
    let (mut found, mut wrong, mut citations) = (Vec::new(), Vec::new(), 0);
    texts(root, &mut found);
    for path in found {
        let text = fs::read_to_string(&path).expect("a text");
        for page in cited(&text) {
            citations += 1;
            if !root.join("docs/contract").join(page).is_file() {
                wrong.push(format!("{} cites {page}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(citations > 100, "{citations} citations: are they still found?");
}

/// Headings of a page: `### 8.1 Reading` is part 8.1.
fn parts(page: &str) -> Vec<String> {
    let headings = page.lines().filter_map(|line| line.strip_prefix('#'));
    let headings = headings.map(|line| line.trim_start_matches('#').trim_start());
    let numbers = headings.filter_map(|line| line.split_whitespace().next());
    numbers.map(|number| number.trim_end_matches('.').to_owned()).collect()
}

/// Each part of a citation, as in `contract/quay.md` 0.3, 10.5.
#[test]
fn every_cited_part_is_there() {
    let root = repository_root();
    let (mut found, mut wrong) = (Vec::new(), Vec::new());
    texts(root, &mut found);
    for path in found.iter().filter(|path| path.extension().is_some_and(|kind| kind == "rs")) {
        let text = fs::read_to_string(path).expect("a text");
        for rest in text.split("contract/").skip(1) {
            let Some((name, behind)) = rest.split_once(".md`") else { continue };
            let page = root.join("docs/contract").join(format!("{name}.md"));
            let Ok(page) = fs::read_to_string(page) else { continue };
            let parts = parts(&page);
            for part in numbers(behind).filter(|part| !parts.contains(part)) {
                wrong.push(format!("{} cites part {part} of {name}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The numbers that follow a citation at once, with commas between them.
fn numbers(behind: &str) -> impl Iterator<Item = String> {
    let behind = behind.strip_prefix(' ').unwrap_or_default();
    let end = behind.find(|c: char| !(c.is_ascii_digit() || ". ,".contains(c)));
    let list = behind[..end.unwrap_or(behind.len())].split(',');
    let numbers = list.map(|number| number.trim().trim_end_matches('.').to_owned());
    numbers.filter(|number| !number.is_empty()).collect::<Vec<_>>().into_iter()
}
