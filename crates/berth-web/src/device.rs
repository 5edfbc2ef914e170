//! Devices from which somebody signed in before: a cookie that lets its holder be heard while others guess at the password
//! (OWASP: slowing down online guessing attacks with device cookies). It opens nothing by itself.

use berth_domain::Timestamp;
use berth_domain::secret::Purpose;
use serde::{Deserialize, Serialize};

use crate::error::ApiError;
use crate::request::{Request, RequestExt};
use crate::services::Services;

/// The name of the cookie.
pub(crate) const DEVICE_COOKIE: &str = "_berth_device";

/// How long the cookie lives, in seconds: a year.
pub(crate) const LIFETIME_S: i64 = 365 * 86_400;

/// The longest cookie that is looked at, in characters.
const LONGEST_COOKIE: usize = 512;

/// What the cookie holds, sealed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Device {
    /// The UUID of the account that was signed in to.
    pub(crate) account: String,
    /// Tells devices of an account apart.
    pub(crate) id: String,
    expires_at: i64,
}

impl Device {
    /// The device that a request comes from, if it is one of the account.
    pub(crate) fn of(
        services: &Services<'_>,
        request: &Request,
        account_uuid: &str,
    ) -> Result<Option<Self>, ApiError> {
        let Some(cookie) = request.cookie(DEVICE_COOKIE) else { return Ok(None) };
        if cookie.len() > LONGEST_COOKIE || cookie.is_empty() {
            return Ok(None);
        }
        let device: Option<Self> = services.open_token(Purpose::Device, cookie)?;
        Ok(device.filter(|device| {
            device.account == account_uuid
                && Timestamp::from_micros(device.expires_at) > services.now()
        }))
    }

    /// The value of the cookie for a device from which somebody just signed in to the account; none where the request
    /// brought one that has more than half its life before it.
    pub(crate) fn cookie(
        services: &Services<'_>,
        request: &Request,
        account_uuid: &str,
    ) -> Result<Option<String>, ApiError> {
        let before = Self::of(services, request, account_uuid)?;
        let long = services.now().plus_seconds(LIFETIME_S / 2).as_micros();
        if before.as_ref().is_some_and(|device| device.expires_at > long) {
            return Ok(None);
        }
        let device = Self {
            account: account_uuid.to_owned(),
            id: before.map_or_else(|| services.random().mixed(20), |device| device.id),
            expires_at: services.now().plus_seconds(LIFETIME_S).as_micros(),
        };
        services.seal_token(Purpose::Device, &device).map(Some)
    }
}
