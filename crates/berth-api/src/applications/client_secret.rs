//! Client secrets: sealed at rest, opened for those who may see them and to check those who show them.

use berth_domain::Application;
use berth_domain::secret::{Opened, Purpose, SecretKeys};
use berth_store::applications;
use berth_web::{ApiError, Services};

/// The secret of an application. None where there is none, and where it does not open because its key is lost: then an
/// administrator can still set another.
pub(crate) fn open(keys: &SecretKeys, application: &Application) -> Option<Opened> {
    let sealed = application.sealed_secret.as_deref()?;
    let opened = keys.open(Purpose::ClientSecret, sealed);
    if let Err(error) = &opened {
        eprintln!("error: client secret of the application {}: {error}", application.client_id);
    }
    opened.ok()
}

/// The secret of an application, as [`open`]; what the former key opened is sealed anew. One statement in that case.
pub(crate) fn take(
    services: &Services<'_>,
    application: &Application,
) -> Result<Option<String>, ApiError> {
    let Some(opened) = open(&services.secret_keys()?, application) else { return Ok(None) };
    if let Some(before) = application.sealed_secret.as_deref().filter(|_| opened.is_stale) {
        let after = services.seal(Purpose::ClientSecret, &opened.text)?;
        applications::reseal(services.db(), application.id, before, &after)?;
    }
    Ok(Some(opened.text))
}
