//! When a token was last used (`docs/contract/quay.md` 5.5). The statement of authentication reads it along; it is written once
//! the request is answered, and at most once a minute for each token.

use berth_store::access::TokenRow;
use berth_store::tokens;

use crate::services::Services;

/// How long a recorded use covers those that follow, in seconds.
const RESOLUTION_S: i64 = 60;

/// Has the use of a token written down once the request is answered, unless a recent one is recorded.
pub(crate) fn note(services: &Services<'_>, token: &TokenRow) {
    let is_recent =
        token.accessed_at.is_some_and(|at| services.now() < at.plus_seconds(RESOLUTION_S));
    if !is_recent {
        services.note_used_token(token.id);
    }
}

/// Writes down what was noted.
pub(crate) fn record(services: &Services<'_>, token_id: i64) {
    let (now, since) = (services.now(), services.now().plus_seconds(-RESOLUTION_S));
    if let Err(error) = tokens::note_use(services.db(), token_id, now, since) {
        eprintln!("warning: the use of a token is not noted: {error}");
    }
}
