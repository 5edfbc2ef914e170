//! The namespace that an operation is about, where organizations and users share the operation.

use berth_access::{NamespaceRef, Permit};
use berth_domain::{Namespace, NamespaceKind};
use berth_web::{ApiError, Context};

/// The namespace: in the path of an organization, an organization.
///
/// # Errors
/// 404 when there is none of that kind.
pub(crate) fn existing<'a, P: Permit<Target = NamespaceRef>>(
    cx: &'a Context<'_, P>,
) -> Result<&'a Namespace, ApiError> {
    let wants_organization = !cx.path("orgname").is_empty();
    let fits = |namespace: &&Namespace| {
        !wants_organization || namespace.kind == NamespaceKind::Organization
    };
    cx.grant.namespace().filter(fits).ok_or_else(ApiError::not_found)
}
