//! Retention: requests that change anything remove some of what has had its time, once they are answered.

use berth_domain::settings;
use berth_store::retention;

use crate::error::ApiError;
use crate::services::Services;

/// Has some of what has had its time removed once the request is answered: for rows that work while the registry is read-only, when it
/// is not. The pipeline does it for all others that change anything.
pub fn sweep_later(services: &Services<'_>) {
    services.defer(|services| {
        let log_retention_s = services.read_setting(&settings::LOG_RETENTION)?;
        let swept = retention::sweep(services.db(), services.now(), log_retention_s);
        swept.map(drop).map_err(|error| {
            ApiError::Internal(format!("what has had its time is not removed: {error}"))
        })
    });
}
