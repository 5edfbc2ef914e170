//! Generated files are fresh.

use berth_tests::docs::generated;

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
