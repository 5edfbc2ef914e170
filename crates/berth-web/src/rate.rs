//! What a client or a user may ask for only so often: each has as many at once as the setting says, and gets them back one by one
//! over the period (a token bucket). Superusers are not exempt.

use berth_domain::settings::{self, Setting};

use crate::error::ApiError;
use crate::services::Services;
use crate::throttle::{Rule, Throttle};

/// Something that is limited. The rows of handlers that take it declare its setting.
pub struct Rate {
    /// Under which name it is counted.
    kind: &'static str,
    /// How many in the period; 0 is no limit.
    setting: &'static Setting<i64>,
    /// The period, in seconds.
    period_s: i64,
    /// What is said beyond the limit.
    message: &'static str,
}

/// Accounts that are signed up for, by client address.
pub const SIGN_UPS: Rate = Rate {
    kind: "sign-up",
    setting: &settings::SIGN_UPS_PER_HOUR,
    period_s: 3_600,
    message: "Too many accounts were asked for from your address. Please try again later.",
};

/// Passwords that are said to be forgotten, by client address. What one address gets is counted with its mails.
pub const RECOVERIES: Rate = Rate {
    kind: "recovery",
    setting: &settings::RECOVERIES_PER_HOUR,
    period_s: 3_600,
    message: "Too many recoveries were asked for from your address. Please try again later.",
};

/// Upstream registries that are tried, by user.
pub const REGISTRY_CHECKS: Rate = Rate {
    kind: "registry-check",
    setting: &settings::REGISTRY_CHECKS_PER_MINUTE,
    period_s: 60,
    message: "You have tried too many upstream registries. Please try again later.",
};

/// Tokens that are made, of applications and by OAuth, by user.
pub const TOKENS: Rate = Rate {
    kind: "token",
    setting: &settings::TOKENS_PER_MINUTE,
    period_s: 60,
    message: "You have made too many tokens. Please try again later.",
};

impl Rate {
    /// Counts one for `whom`: an address, or the UUID of a user.
    ///
    /// # Errors
    /// [`ApiError::TooManyRequests`] beyond the limit; [`ApiError`] when the key-value store does not answer.
    pub fn take(&self, services: &Services<'_>, whom: &str) -> Result<(), ApiError> {
        let most = services.setting(self.setting);
        if most == 0 {
            return Ok(());
        }
        let rule = Rule::per(most, self.period_s);
        let throttle = Throttle::new(services, self.kind, &[whom], rule, usize::MAX)?;
        throttle.take().map_err(|error| match error {
            ApiError::TooManyAttempts(limit) => {
                ApiError::TooManyRequests { message: self.message.into(), limit }
            }
            error => error,
        })
    }
}
