//! Deleting organizations.

use berth_access::{DeletesOrganization, Grant, Permit};
use berth_domain::log_event::LogEvent;
use berth_store::{organizations, transaction};

use berth_web::{ApiError, Context};

/// Deletes the organization of the grant with everything of it, and logs that; whether it was there.
///
/// # Errors
/// [`ApiError`] when the database fails.
pub(crate) fn delete_organization<P: Permit, Q: DeletesOrganization>(
    cx: &Context<'_, P>,
    grant: &Grant<Q>,
) -> Result<bool, ApiError> {
    let organization = grant.organization();
    transaction(cx.db(), |tx| {
        if !organizations::delete(tx, grant)? {
            return Ok(false);
        }
        cx.log(tx, organization.id, &LogEvent::OrgDelete { namespace: &organization.name })?;
        Ok::<_, ApiError>(true)
    })
}
