//! A state for two concurrent requests, and copies of it.

use std::path::PathBuf;

use berth_tests::surface::{Fixture, Script};

/// Before the second statement: the first has read the caller and the target.
pub(crate) const IN_THE_MIDDLE: usize = 1;

/// More statements than a request has.
pub(crate) const BEYOND_EVERY_REQUEST: usize = 12;

/// The base of the surface in a file, and copies of it.
pub(crate) struct Ground {
    pub(crate) fixture: Fixture,
    directory: tempfile::TempDir,
}

impl Ground {
    pub(crate) fn new() -> Self {
        Self::of(Fixture::set(&Script::read()))
    }

    pub(crate) fn of(fixture: Fixture) -> Self {
        // All callers have their token by then.
        for name in ["admin", "superuser", "outsider"] {
            let _ = fixture.app.as_user(name);
        }
        let directory = tempfile::tempdir().expect("a directory");
        fixture.app.save_database(&directory.path().join("base.db"));
        Self { fixture, directory }
    }

    pub(crate) fn value(&self, sql: &str) -> String {
        self.fixture.app.rows(sql)[0][0].clone()
    }

    /// A file of its own with the base in it.
    pub(crate) fn copy(&self) -> PathBuf {
        let path = self.directory.path().join("copy.db");
        for leftover in ["copy.db", "copy.db-wal", "copy.db-shm"] {
            let _ = std::fs::remove_file(self.directory.path().join(leftover));
        }
        std::fs::copy(self.directory.path().join("base.db"), &path).expect("a copy");
        path
    }
}
