//! Default permissions of an organization, "prototypes" on the wire (`docs/contract/quay.md` 6.5).

use berth_access::{OrganizationAdmin, OrganizationAdminView, path};
use berth_domain::log_event::{LogEvent, Prototype};
use berth_store::default_permissions::{self, DefaultPermission, Delegate};
use berth_store::grantees::{self, Account};
use berth_store::{Database, transaction};
use berth_web::{
    ApiError, Context, HandlerResult, JsonResponse, ListQuery, ListResponse, NoContent,
};

use super::bodies::{DelegateKind, NewPrototype, PrototypeUpdate};
use super::views::{DefaultPermissionView, DefaultPermissions};
use crate::permissions::handlers::refuse_foreign_robot;

path! {
    /// A default permission of the organization.
    pub(crate) struct DefaultPermissionPath { prototypeid }
}

/// `GET …/prototypes`.
pub(crate) fn list(
    cx: &Context<'_, OrganizationAdminView>,
    query: ListQuery<default_permissions::DefaultPermissions>,
) -> HandlerResult<ListResponse<DefaultPermissions>> {
    let page = query.page(cx)?;
    let found = default_permissions::list(cx.db(), &cx.grant, &page.window)?;
    let listed = page.list(found, |permission| DefaultPermissionView::from(&permission))?;
    Ok(listed.respond(DefaultPermissions::of))
}

/// Makes a default permission; the same again makes another.
pub(crate) fn create(
    cx: &Context<'_, OrganizationAdmin>,
    body: NewPrototype,
) -> HandlerResult<JsonResponse<DefaultPermissionView>> {
    let uuid = cx.services().random().uuid();
    transaction(cx.db(), |tx| {
        let (creator, delegate) = people(cx, tx, &body)?;
        let permission =
            DefaultPermission { uuid: uuid.clone(), creator, delegate, role: body.role };
        default_permissions::create(tx, &cx.grant, &permission)?;
        let told = told(cx, &permission)?;
        let event = LogEvent::CreatePrototypePermission { permission: told };
        cx.log(tx, cx.grant.organization().id, &event)?;
        Ok(JsonResponse(DefaultPermissionView::from(&permission)))
    })
}

/// Who activates the rule and who gets the role: users, whether members or not, robots of the organization, and teams.
fn people(
    cx: &Context<'_, OrganizationAdmin>,
    db: &dyn Database,
    body: &NewPrototype,
) -> Result<(Option<Account>, Delegate), ApiError> {
    let organization = cx.grant.organization();
    let given = |name: &str| (!name.is_empty()).then(|| name.to_owned());
    let creator_name = body.activating_user.as_ref().and_then(|named| given(&named.name));
    let delegate_name = given(&body.delegate.name);
    let (account_name, team_name) = match body.delegate.kind {
        DelegateKind::Team => (None, delegate_name),
        DelegateKind::User => (delegate_name, None),
    };
    let names = [creator_name.as_deref(), account_name.as_deref()];
    let accounts = grantees::accounts(db, organization.id, names)?;
    accounts.iter().try_for_each(|account| refuse_foreign_robot(account, organization))?;
    let find = |name: &str| {
        accounts.iter().find(|account| account.name == name && !account.is_organization).cloned()
    };
    let team = match team_name {
        Some(name) => match grantees::team(db, organization.id, &name)? {
            Some(id) => Some(Delegate::Team { id, name }),
            None => {
                let organization = &organization.name;
                return Err(ApiError::model(format!(
                    "('Team does not exist: %s/%s', '{organization}', '{name}')"
                )));
            }
        },
        None => None,
    };
    let creator = match creator_name {
        Some(name) => {
            Some(find(&name).ok_or_else(|| ApiError::invalid_request("Unknown activating user"))?)
        }
        None => None,
    };
    let account = account_name.and_then(|name| find(&name)).map(Delegate::Account);
    let delegate = team.or(account);
    let delegate =
        delegate.ok_or_else(|| ApiError::invalid_request("Missing delegate user or team"))?;
    Ok((creator, delegate))
}

/// Changes the role.
pub(crate) fn change(
    cx: &Context<'_, OrganizationAdmin>,
    path: DefaultPermissionPath,
    body: PrototypeUpdate,
) -> HandlerResult<JsonResponse<DefaultPermissionView>> {
    let role = body.role;
    transaction(cx.db(), |tx| {
        let before = found(cx, tx, &path)?;
        default_permissions::set_role(tx, &cx.grant, &before.uuid, role)?;
        let after = DefaultPermission { role, ..before.clone() };
        let told = Prototype { original_role: Some(before.role), ..told(cx, &after)? };
        let event = LogEvent::ModifyPrototypePermission { permission: told };
        cx.log(tx, cx.grant.organization().id, &event)?;
        Ok(JsonResponse(DefaultPermissionView::from(&after)))
    })
}

/// `DELETE …/prototypes/<prototypeid>`.
pub(crate) fn delete(
    cx: &Context<'_, OrganizationAdmin>,
    path: DefaultPermissionPath,
) -> HandlerResult<NoContent> {
    transaction(cx.db(), |tx| {
        let permission = found(cx, tx, &path)?;
        default_permissions::delete(tx, &cx.grant, &permission.uuid)?;
        let told = told(cx, &permission)?;
        let event = LogEvent::DeletePrototypePermission { permission: told };
        cx.log(tx, cx.grant.organization().id, &event)?;
        Ok(NoContent)
    })
}

fn found(
    cx: &Context<'_, OrganizationAdmin>,
    db: &dyn Database,
    path: &DefaultPermissionPath,
) -> Result<DefaultPermission, ApiError> {
    let found = default_permissions::get(db, &cx.grant, &path.prototypeid)?;
    found.ok_or_else(ApiError::not_found)
}

/// What the log says of it.
fn told<'a>(
    cx: &'a Context<'_, OrganizationAdmin>,
    permission: &'a DefaultPermission,
) -> Result<Prototype<'a>, ApiError> {
    let (delegate_user, delegate_team) = match &permission.delegate {
        Delegate::Account(account) => (Some(account.name.as_str()), None),
        Delegate::Team { name, .. } => (None, Some(name.as_str())),
    };
    Ok(Prototype {
        prototypeid: &permission.uuid,
        username: &cx.caller()?.name,
        activating_username: permission.creator.as_ref().map(|creator| creator.name.as_str()),
        role: permission.role,
        original_role: None,
        delegate_user,
        delegate_team,
    })
}
