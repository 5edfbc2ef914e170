//! Compresses `discovery.json`: as it is, it would be a sixth of the component that answers it.

use std::path::Path;

use miniz_oxide::deflate::{CompressionLevel, compress_to_vec};

const SOURCE: &str = "src/system/discovery.json";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed={SOURCE}");
    let compressed =
        compress_to_vec(&std::fs::read(SOURCE)?, CompressionLevel::BestCompression as u8);
    std::fs::write(
        Path::new(&std::env::var("OUT_DIR")?).join("discovery.json.deflate"),
        compressed,
    )?;
    Ok(())
}
