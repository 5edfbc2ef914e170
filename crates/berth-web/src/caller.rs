//! Who calls, once it is known on what authority.

use std::sync::Arc;

use berth_access::{Authority, Caller, Principal, ScopeSet, Token};
use berth_domain::settings;
use berth_store::access::{CallerRow, TokenRow};

use crate::error::ApiError;
use crate::services::{SUPERUSERS, Services};

/// What an access token of OAuth lets its bearer do.
pub(crate) fn of_access_token(token: &TokenRow) -> Authority {
    Authority::Token(Token {
        id: token.id,
        scopes: ScopeSet::parse(&token.scope).ok(),
        client_id: token.client_id.clone(),
        application: token.application.clone(),
    })
}

/// The caller of that row, with what the settings say of them.
///
/// # Errors
/// [`ApiError`] when a setting cannot be used.
pub(crate) fn known(
    services: &Services<'_>,
    row: CallerRow,
    authority: Authority,
) -> Result<Principal, ApiError> {
    services.load_settings(SUPERUSERS)?;
    let powers = services.superusers().powers(&row.name, row.is_first);
    let restricted = services.read_setting(&settings::FEATURE_RESTRICTED_USERS)?
        && !services.read_setting(&settings::RESTRICTED_USERS_WHITELIST)?.contains(&row.name);
    Ok(Principal::User(Arc::new(Caller {
        id: row.id,
        uuid: row.uuid,
        name: row.name,
        email: row.email,
        verified: row.verified,
        authority,
        powers,
        restricted,
    })))
}
