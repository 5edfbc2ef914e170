//! The files that are generated from tables, whole or in part: their source of truth is in the code.
//!
//! `cargo xtask docs` writes them; `tests/docs.rs` fails when one is stale.

mod answers;
mod discovery;
mod endpoints;
mod limits;
mod manifest;
mod settings;

use std::path::PathBuf;

use crate::repository_root;

pub use discovery::{document, swagger_path};

/// A generated file.
pub struct Generated {
    /// Its path from the root of the repository.
    pub path: &'static str,
    /// The text that it should have.
    pub text: String,
}

impl Generated {
    /// Where it is.
    #[must_use]
    pub fn absolute(&self) -> PathBuf {
        repository_root().join(self.path)
    }
}

/// Every generated file.
#[must_use]
pub fn generated() -> Vec<Generated> {
    vec![
        Generated { path: "crates/berth-api/src/system/discovery.json", text: discovery::text() },
        Generated { path: "docs/endpoints.md", text: endpoints::text() },
        Generated { path: "docs/limits.md", text: limits::text() },
        Generated { path: "docs/settings.md", text: settings::text() },
        Generated { path: "spin.toml", text: manifest::text() },
        Generated { path: "spin-edge.toml", text: manifest::edge_text() },
    ]
}
