//! The answer of an operation that has nothing to show.

use schemars::JsonSchema;
use serde::Serialize;

/// It is done.
#[derive(JsonSchema, Serialize)]
pub(crate) struct Success {
    success: bool,
}

impl Success {
    /// Done.
    pub(crate) const DONE: Self = Self { success: true };
}
