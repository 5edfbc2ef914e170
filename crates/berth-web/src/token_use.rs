//! When a token was last used (`docs/contract/quay.md` 5.5). The statement of authentication reads it along; it is written once
//! the request is answered, and at most once a minute for each token.

use berth_store::access::TokenRow;
use berth_store::tokens;

use crate::error::ApiError;
use crate::services::Services;

/// How long a recorded use covers those that follow, in seconds.
const RESOLUTION_S: i64 = 60;

/// Has the use of a token written down once the request is answered, unless a recent one is recorded.
pub(crate) fn note(services: &Services<'_>, token: &TokenRow) {
    let (token_id, now) = (token.id, services.now());
    if token.accessed_at.is_some_and(|at| now < at.plus_seconds(RESOLUTION_S)) {
        return;
    }
    services.defer(move |services| {
        let noted = tokens::note_use(services.db(), token_id, now, now.plus_seconds(-RESOLUTION_S));
        noted.map_err(|error| {
            ApiError::Internal(format!("the use of a token is not noted: {error}"))
        })
    });
}
