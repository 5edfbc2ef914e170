//! Organizations in the hands of superusers (`docs/contract/quay.md` 10.6).

use crate::organizations::deletion::delete_organization;
use crate::quotas::views::Quotas;
use berth_access::{SuperuserNamespace, SuperuserOrganization, SuperuserView};
use berth_domain::log_event::LogEvent;
use berth_domain::{NamespaceKind, NamespaceName};
use berth_store::{Constraint, Database, accounts, members, organizations, transaction, users};
use berth_web::{
    ApiError, Context, HandlerResult, JsonResponse, ListQuery, ListResponse, NoContent,
};

use crate::names::invalid_name;

use super::bodies::Renaming;
use super::views::{AllOrganizations, ListedOrganization, Taken};

/// `GET /api/v1/superuser/organizations/`.
pub(crate) fn list(
    cx: &Context<'_, SuperuserView>,
    query: ListQuery<organizations::AllOrganizations>,
) -> HandlerResult<ListResponse<AllOrganizations>> {
    let page = query.page(cx)?;
    let found = organizations::all(cx.db(), &page.window)?;
    let quotas = Quotas::of(cx.services());
    let view = |line: organizations::OrganizationLine| {
        ListedOrganization::new(
            &line.name,
            &line.email,
            quotas.fields(line.quota.as_ref(), line.stored_bytes),
        )
    };
    Ok(page.list(found, view)?.respond(AllOrganizations::of))
}

/// Gives the organization another name; its robots follow.
pub(crate) fn rename(
    cx: &Context<'_, SuperuserOrganization>,
    body: Renaming,
) -> HandlerResult<JsonResponse<ListedOrganization>> {
    let organization = cx.grant.organization();
    let name = body.name.unwrap_or_else(|| organization.name.clone());
    if name != organization.name {
        let valid = NamespaceName::try_from(name.as_str()).map_err(invalid_name)?;
        transaction(cx.db(), |tx| {
            let event = LogEvent::OrgChangeName { namespace: &name, old_name: &organization.name };
            cx.log(tx, organization.id, &event)?;
            match organizations::rename(tx, &cx.grant, &valid) {
                Ok(true) => Ok(()),
                Ok(false) => Err(ApiError::not_found()),
                Err(error) if error.violates(Constraint::AccountName) => {
                    Err(ApiError::invalid_request(
                        "A user or organization with this name already exists",
                    ))
                }
                Err(error) => Err(error.into()),
            }
        })?;
    }
    let quota =
        Quotas::of(cx.services()).fields(organization.quota.as_ref(), organization.stored_bytes);
    Ok(JsonResponse(ListedOrganization::new(&name, &organization.email, quota)))
}

/// `DELETE /api/v1/superuser/organizations/<name>`: everything of it goes at once.
pub(crate) fn delete(cx: &Context<'_, SuperuserOrganization>) -> HandlerResult<NoContent> {
    match delete_organization(cx, &cx.grant)? {
        true => Ok(NoContent),
        false => Err(ApiError::not_found()),
    }
}

/// `POST /api/v1/superuser/takeownership/<namespace>`: the caller becomes an administrator of the organization. The
/// account of a person becomes an organization first.
pub(crate) fn take_ownership(
    cx: &Context<'_, SuperuserNamespace>,
) -> HandlerResult<JsonResponse<Taken>> {
    let namespace = cx.grant.namespace().ok_or_else(ApiError::not_found)?;
    let caller = cx.caller()?;
    let was_user = namespace.kind == NamespaceKind::User;
    transaction(cx.db(), |tx| {
        if was_user {
            let user = users::summary(tx, namespace.id)?.ok_or_else(ApiError::not_found)?;
            if cx.services().superusers().is_superuser(&user.name, user.is_first) {
                return Err(ApiError::invalid_request("Cannot take ownership of a superuser"));
            }
            refuse_to_leave_alone(tx, &user.name, user.id)?;
        }
        if !members::take_ownership(tx, &cx.grant)? {
            return Err(ApiError::not_found());
        }
        let event = LogEvent::TakeOwnership {
            entity_id: namespace.id,
            namespace: &namespace.name,
            was_user,
            superuser: &caller.name,
        };
        cx.log(tx, namespace.id, &event)?;
        Ok(JsonResponse(Taken { namespace: namespace.name.clone() }))
    })
}

/// Who becomes an organization is no member of any other: one that nobody else administers would be left alone.
fn refuse_to_leave_alone(tx: &dyn Database, name: &str, account_id: i64) -> Result<(), ApiError> {
    let organizations = accounts::administered_alone(tx, account_id)?;
    if organizations.is_empty() {
        return Ok(());
    }
    let organizations = organizations.join(", ");
    Err(ApiError::invalid_request(format!(
        "Cannot take ownership of {name}, the only administrator of: {organizations}"
    )))
}
