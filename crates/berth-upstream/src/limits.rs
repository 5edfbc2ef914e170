//! How much is read of others, and how far they are followed.

/// How often one request is redirected.
pub const REDIRECTS: usize = 3;

/// The longest token that is read, in bytes.
pub const TOKEN_BYTES: usize = 64 * 1024;
