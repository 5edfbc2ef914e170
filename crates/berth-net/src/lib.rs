//! What the host and the API both must know: which addresses are public, and how a path is logged. Nothing here is about
//! organizations, and nothing is read or sent.

mod address;
mod path;

pub use address::is_public;
pub use path::mask_path;
