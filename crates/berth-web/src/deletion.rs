//! What is kept of organizations beside the database.

use berth_domain::Namespace;

use crate::services::Services;

/// The key of what upstream registries answered to an organization.
#[must_use]
pub fn upstream_answers(organization: &Namespace) -> String {
    format!("berth/upstream-answers/{}", organization.uuid)
}

/// Forgets what is kept of an organization that was deleted. It was good for nothing without the organization: a store that
/// does not answer does not undo the deletion.
pub fn forget(services: &Services<'_>, organization: &Namespace) {
    if let Err(error) = services.key_value().delete(&upstream_answers(organization)) {
        eprintln!("warning: what is kept of a deleted organization stays: {error}");
    }
}
