//! Who is a superuser, or reads everything, by the settings.

use berth_domain::settings;
use berth_store::users::UserSummary;
use berth_web::{ApiError, Services};

/// Whether an account has the powers of a superuser.
pub(crate) fn is_superuser(services: &Services<'_>, user: &UserSummary) -> Result<bool, ApiError> {
    Ok(user.is_first || services.setting(&settings::SUPER_USERS)?.contains(&user.name))
}

/// Whether the settings give powers to a name. Nobody just takes such a name: superusers hand it out.
pub(crate) fn carries_powers(services: &Services<'_>, name: &str) -> Result<bool, ApiError> {
    for powerful in [&settings::SUPER_USERS, &settings::GLOBAL_READONLY_SUPER_USERS] {
        if services.setting(powerful)?.iter().any(|known| known == name) {
            return Ok(true);
        }
    }
    Ok(false)
}
