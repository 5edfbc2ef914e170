//! When a token was last used (`contract/quay.md` 5.5). Kept in the key-value store, where it costs no statement and may be
//! lost, and written at most once a minute for each token.

use berth_access::{Authority, Principal};
use berth_domain::Timestamp;

use crate::services::Services;

/// How long a use stands for those that follow, in seconds.
const RESOLUTION_S: i64 = 60;

/// Notes that the caller used his token now. That it cannot be noted is no reason to refuse him.
pub(crate) fn note(services: &Services<'_>, principal: &Principal) {
    let Some(Authority::Token(token)) = principal.caller().map(|caller| &caller.authority) else {
        return;
    };
    let noted = last(services, token.id).map(|at| at.plus_seconds(RESOLUTION_S));
    if noted.is_none_or(|until| until <= services.now()) {
        let now = services.now().as_micros().to_string();
        let _ = services.key_value().set(&key(token.id), now.as_bytes());
    }
}

/// When the token with that row id was last used, to the minute; none when it is not known.
#[must_use]
pub fn last(services: &Services<'_>, token_id: i64) -> Option<Timestamp> {
    let noted = services.key_value().get(&key(token_id)).ok()??;
    let micros = std::str::from_utf8(&noted).ok()?.parse().ok()?;
    Some(Timestamp::from_micros(micros))
}

/// Forgets a token that is no more.
pub fn forget(services: &Services<'_>, token_id: i64) {
    let _ = services.key_value().delete(&key(token_id));
}

fn key(token_id: i64) -> String {
    format!("berth/token-accessed/{token_id}")
}
