//! Passwords that come with a request itself (HTTP Basic): a sign-in without a session. It is logged like any other, but not
//! each time: once in ten minutes for each account and client address, when the request is answered.

use berth_domain::settings;
use berth_store::access::CallerRow;
use berth_store::logs::LogEntry;
use berth_store::{StoreError, logs, transaction};
use serde::{Deserialize, Serialize};

use crate::context::sign_in_entry;
use crate::error::ApiError;
use crate::request::Request;
use crate::services::Services;
use crate::throttle::Slot;

/// How long an entry covers the uses that follow, in seconds.
const RESOLUTION_S: i64 = 600;

/// What the log has already.
#[derive(Serialize, Deserialize)]
struct Logged {
    owner: String,
    at: i64,
}

/// Has the use of a password written down once the request is answered.
pub(crate) fn note(services: &Services<'_>, request: &Request, user: &CallerRow) {
    let entry = sign_in_entry(services, request, user.id, "basic");
    let account_uuid = user.uuid.clone();
    services.defer(move |services| {
        record(services, &account_uuid, entry).map_err(|error| {
            let cause = error.cause().unwrap_or("refused");
            ApiError::Internal(format!("a sign-in by password is not logged: {cause}"))
        })
    });
}

fn record(services: &Services<'_>, account_uuid: &str, entry: LogEntry) -> Result<(), ApiError> {
    if !services.read_setting(&settings::ACTION_LOG_AUDIT_LOGINS)? {
        return Ok(());
    }
    let address = entry.ip.as_deref().unwrap_or_default();
    let slot = Slot::new(services, "logged", &[account_uuid, address])?;
    let kept = services.key_value().get(&slot.key)?;
    let kept: Option<Logged> = kept.and_then(|kept| serde_json::from_slice(&kept).ok());
    let since = services.now().plus_seconds(-RESOLUTION_S).as_micros();
    if kept.is_some_and(|logged| logged.owner == slot.owner && logged.at > since) {
        return Ok(());
    }
    transaction(services.db(), |tx| -> Result<_, StoreError> {
        logs::append(tx, std::slice::from_ref(&entry))
    })?;
    let logged = Logged { owner: slot.owner, at: services.now().as_micros() };
    let Ok(value) = serde_json::to_vec(&logged) else {
        unreachable!("what was logged is plain data");
    };
    Ok(services.key_value().set(&slot.key, &value)?)
}
