//! What the registry gets.

use schemars::JsonSchema;
use serde::Serialize;

/// What became of the notifications. The registry does not look at it; people who try it do.
#[derive(JsonSchema, Serialize)]
pub(crate) struct TakenEvents {
    /// How many were taken, some of which may be known already, or of repositories that are unknown.
    pub(super) taken: usize,
    /// How many were passed over: they cannot be read, or nothing follows from them.
    pub(super) ignored: usize,
}
