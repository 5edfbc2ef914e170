//! Where things are in this repository.

use std::path::{Path, PathBuf};

/// The root of the repository.
#[must_use]
pub fn repository_root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ is below the root")
}

/// Where cargo puts what it builds.
#[must_use]
pub fn target_directory() -> PathBuf {
    let set = std::env::var_os("CARGO_TARGET_DIR");
    repository_root().join(set.unwrap_or_else(|| "target".into()))
}
