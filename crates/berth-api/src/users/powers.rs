//! Who is a superuser, or reads everything, by the settings.

use berth_domain::settings::{self, Settings};
use berth_store::users::UserSummary;
use berth_web::Services;

/// What rows declare that ask whom the settings give powers.
pub(crate) const SETTINGS: Settings =
    &[&settings::GLOBAL_READONLY_SUPER_USERS, &settings::SUPER_USERS];

/// Whether an account has the powers of a superuser.
pub(crate) fn is_superuser(services: &Services<'_>, user: &UserSummary) -> bool {
    user.is_first || services.setting(&settings::SUPER_USERS).contains(&user.name)
}

/// Whether the settings give powers to a name. Nobody just takes such a name: superusers hand it out.
pub(crate) fn carries_powers(services: &Services<'_>, name: &str) -> bool {
    [&settings::SUPER_USERS, &settings::GLOBAL_READONLY_SUPER_USERS]
        .into_iter()
        .any(|powerful| services.setting(powerful).iter().any(|known| known == name))
}
