//! Which parts of a request may be in a log.

use std::borrow::Cow;

/// How the segments of paths begin that have a secret at their end. (Everybody who knows the code of an invitation,
/// `urn:teaminvite:CODE`, can accept it.) `spin.toml` has the same list for the log of the host.
pub const SECRET_SEGMENTS: &[&str] = &["urn:"];

/// `path`, percent-encoded as a request has it, without the secrets in it ([`SECRET_SEGMENTS`]).
#[must_use]
pub fn loggable_path(path: &str) -> Cow<'_, str> {
    berth_net::mask_path(path, SECRET_SEGMENTS)
}
