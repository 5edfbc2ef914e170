//! Deleting organizations, with what is kept of them beside the database.

use berth_access::{DeletesOrganization, Grant, Permit};
use berth_domain::Namespace;
use berth_domain::log_event::LogEvent;
use berth_store::{organizations, transaction};

use berth_web::ApiError;
use berth_web::Context;
use berth_web::Services;

/// The key of what upstream registries answered to an organization.
#[must_use]
pub(crate) fn upstream_answers(organization: &Namespace) -> String {
    format!("berth/upstream-answers/{}", organization.uuid)
}

/// Deletes the organization of the grant with everything of it, and logs that; whether it was there.
///
/// # Errors
/// [`ApiError`] when the database fails.
pub(crate) fn delete_organization<P: Permit, Q: DeletesOrganization>(
    cx: &Context<'_, P>,
    grant: &Grant<Q>,
) -> Result<bool, ApiError> {
    let organization = grant.organization();
    let deleted = transaction(cx.db(), |tx| {
        if !organizations::delete(tx, grant)? {
            return Ok(false);
        }
        cx.log(tx, organization.id, &LogEvent::OrgDelete { namespace: &organization.name })?;
        Ok::<_, ApiError>(true)
    })?;
    if deleted {
        forget(cx.services(), organization);
    }
    Ok(deleted)
}

/// Forgets what is kept of an organization that was deleted. It was good for nothing without the organization: a store that
/// does not answer does not undo the deletion.
fn forget(services: &Services<'_>, organization: &Namespace) {
    if let Err(error) = services.key_value().delete(&upstream_answers(organization)) {
        eprintln!("warning: what is kept of a deleted organization stays: {error}");
    }
}
