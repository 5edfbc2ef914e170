//! Names style sheet, script and mark after their content, so that browsers may keep them for ever.

use std::path::Path;
use std::{env, fs};

use sha2::{Digest, Sha256};

fn main() {
    let directory = env::var_os("OUT_DIR").expect("cargo says where files go");
    for (file, extension) in [("style", "css"), ("script", "js"), ("mark", "svg")] {
        let source = format!("src/{file}.{extension}");
        println!("cargo::rerun-if-changed={source}");
        let content = fs::read(&source).unwrap_or_else(|error| panic!("{source}: {error}"));
        let hash = format!("{:x}", Sha256::digest(content));
        let path = format!("/console/{file}-{}.{extension}", &hash[..16]);
        let target = Path::new(&directory).join(format!("{file}.path"));
        fs::write(&target, path).unwrap_or_else(|error| panic!("{}: {error}", target.display()));
    }
}
