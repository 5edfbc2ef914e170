//! Passwords that come with a request itself (HTTP Basic): a sign-in without a session. It is logged like any other, but not
//! each time: once in ten minutes for each account and client address, when the request is answered.

use berth_domain::settings;
use berth_store::access::CallerRow;
use berth_store::logs::LogEntry;
use berth_store::{StoreError, logs, transaction};

use crate::context::sign_in_entry;
use crate::error::ApiError;
use crate::request::Request;
use crate::services::Services;
use crate::throttle::{Rule, Throttle};

/// How long an entry covers the uses that follow, in seconds.
const RESOLUTION_S: i64 = 600;

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
    let once = Rule::per(1, RESOLUTION_S);
    let logged = Throttle::new(services, "logged", &[account_uuid, address], once, usize::MAX)?;
    match logged.require() {
        Ok(()) => {}
        Err(ApiError::TooManyAttempts(_)) => return Ok(()),
        Err(error) => return Err(error),
    }
    transaction(services.db(), |tx| -> Result<_, StoreError> {
        logs::append(tx, std::slice::from_ref(&entry))
    })?;
    logged.count()
}
