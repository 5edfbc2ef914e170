//! How many upstream registries are tried at a time: each waits for somebody else, up to ten seconds, and in the meantime holds
//! what others need.

use berth_access::ProxyCacheAdmin;
use berth_store::upstream_checks::{self, Most};
use berth_web::{ApiError, Context, RateLimit};

/// For one organization, by one person, and in all.
const MOST: Most = Most { of_organization: 2, of_caller: 2, in_all: 16 };

/// How long one takes at most, in seconds: name look-up, requests and what is around them. After that it counts no more, also
/// if the host ended it.
const LONGEST_S: i64 = 15;

/// Tries a registry, unless too many are being tried. Nobody waits for a turn: waiting is what is short.
pub(crate) fn counted<T>(
    cx: &Context<'_, ProxyCacheAdmin>,
    try_it: impl FnOnce() -> Result<T, ApiError>,
) -> Result<T, ApiError> {
    let (db, now) = (cx.db(), cx.services().now());
    let expires_at = now.plus_seconds(LONGEST_S);
    let begun = upstream_checks::begin(db, &cx.grant, cx.caller()?.id, MOST, now, expires_at)?;
    let Some(running) = begun else {
        return Err(ApiError::TooManyRequests {
            message: "Too many upstream registries are being tried. Please try again later.".into(),
            limit: RateLimit { limit: MOST.of_caller, reset_s: LONGEST_S },
        });
    };
    let tried = try_it();
    upstream_checks::end(db, &running)?;
    tried
}
