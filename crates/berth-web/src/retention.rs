//! Retention: requests that change anything remove some of what has had its time, once they are answered.

use berth_domain::settings;
use berth_store::retention;

use crate::error::ApiError;
use crate::services::Services;

/// One request in so many looks for what has had its time: that costs a tenth of a small change, and each removes more than so many make.
const REQUESTS_PER_SWEEP: i64 = 8;

/// Has some of what has had its time removed once the request is answered: for rows that work while the registry is read-only, when it
/// is not. The pipeline does it for all others that change anything. By the clock only one in [`REQUESTS_PER_SWEEP`] does it.
pub fn sweep_later(services: &Services<'_>) {
    if services.now().as_micros() % REQUESTS_PER_SWEEP != 0 {
        return;
    }
    services.defer(|services| {
        let log_retention_s = services.read_setting(&settings::LOG_RETENTION)?;
        let swept = retention::sweep(services.db(), services.now(), log_retention_s);
        swept.map(drop).map_err(|error| {
            ApiError::Internal(format!("what has had its time is not removed: {error}"))
        })
    });
}
