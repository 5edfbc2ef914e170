//! When a token was last used (`docs/contract/quay.md` 5.5). The statement of authentication reads it along; it is written once
//! the request is answered, and at most once a minute for each token.

use berth_domain::Timestamp;
use berth_store::access::{AppTokenRow, RobotLogin, TokenRow};
use berth_store::{Database, StoreError, app_tokens, robots, tokens};

use crate::error::ApiError;
use crate::services::Services;

/// How long a recorded use covers those that follow, in seconds.
const RESOLUTION_S: i64 = 60;

/// Has the use of a token written down once the request is answered, unless a recent one is recorded.
pub(crate) fn note(services: &Services<'_>, token: &TokenRow) {
    note_with(services, token.accessed_at, token.id, tokens::note_use);
}

/// As [`note`], of an app-specific token.
pub(crate) fn note_app_token(services: &Services<'_>, token: &AppTokenRow) {
    note_with(services, token.accessed_at, token.id, app_tokens::note_use);
}

/// As [`note`], of the token of a robot, whose account it is.
pub(crate) fn note_robot(services: &Services<'_>, account_id: i64, robot: &RobotLogin) {
    note_with(services, robot.last_accessed, account_id, robots::note_use);
}

/// Writes down that the row of that id was used now, unless it was used since then.
type NoteUse =
    fn(&dyn Database, id: i64, now: Timestamp, since: Timestamp) -> Result<(), StoreError>;

fn note_with(services: &Services<'_>, last: Option<Timestamp>, id: i64, note_use: NoteUse) {
    let now = services.now();
    if last.is_some_and(|at| now < at.plus_seconds(RESOLUTION_S)) {
        return;
    }
    services.defer(move |services| {
        let noted = note_use(services.db(), id, now, now.plus_seconds(-RESOLUTION_S));
        noted.map_err(|error| {
            ApiError::Internal(format!("the use of a token is not noted: {error}"))
        })
    });
}
