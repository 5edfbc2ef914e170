//! Default permissions of an organization, "prototypes" on the wire (`docs/contract/quay.md` 6.5).

use berth_access::{OrganizationAdmin, OrganizationAdminView};
use berth_store::default_permissions::{self, DefaultPermission, Delegate};
use berth_store::grantees::{self, Account};
use berth_store::log_event::{LogEvent, Prototype};
use berth_store::{Database, transaction};
use berth_web::listing::Listing;
use berth_web::{ApiError, Context, HandlerResult, Json, Kind, Property, Response, Schema};
use serde::Deserialize;
use serde_json::Map;

use super::views;
use crate::permissions::handlers::{ROLES, refuse_foreign_robot, role};

/// `GET …/prototypes`.
pub(crate) fn list(cx: &Context<'_, OrganizationAdminView>) -> HandlerResult {
    let permissions = default_permissions::list(cx.db(), &cx.grant)?;
    let listed = Listing::of(cx).whole(&permissions, views::default_permission);
    Ok(listed.answer("prototypes", Map::new()))
}

/// `POST …/prototypes`.
#[derive(Deserialize)]
pub(crate) struct NewPrototype {
    role: String,
    activating_user: Option<Named>,
    delegate: NewDelegate,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

#[derive(Deserialize)]
struct NewDelegate {
    name: String,
    kind: String,
}

impl Json for NewPrototype {
    const SCHEMA: &'static Schema = &Schema {
        name: "NewPrototype",
        about: "Description of a new prototype",
        properties: &[
            Property::required("role", ROLES, "Role that should be applied to the delegate"),
            Property::optional(
                "activating_user",
                Kind::Object(&Schema {
                    name: "ActivatingUser",
                    about: "The creator of repositories to whom the rule applies",
                    properties: &[Property::required("name", Kind::String, "The user's name")],
                }),
                "The creator of repositories to whom the rule applies",
            ),
            Property::required(
                "delegate",
                Kind::Object(&Schema {
                    name: "Delegate",
                    about: "Who gets the role",
                    properties: &[
                        Property::required("name", Kind::String, "The name of the user or team"),
                        Property::required("kind", Kind::Enum(&["user", "team"]), "Which of both"),
                    ],
                }),
                "Who gets the role",
            ),
        ],
    };
}

/// Makes a default permission; the same again makes another.
pub(crate) fn create(cx: &Context<'_, OrganizationAdmin>, body: NewPrototype) -> HandlerResult {
    let role = role(&body.role)?;
    let uuid = cx.services().random().uuid();
    transaction(cx.db(), |tx| {
        let (creator, delegate) = people(cx, tx, &body)?;
        let permission = DefaultPermission { uuid, creator, delegate, role };
        default_permissions::create(tx, &cx.grant, &permission)?;
        let told = told(cx, &permission)?;
        let event = LogEvent::CreatePrototypePermission { permission: told };
        cx.log(tx, cx.grant.organization().id, &event)?;
        Ok(Response::ok(&views::default_permission(&permission)))
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
    let (account_name, team_name) = match body.delegate.kind.as_str() {
        "team" => (None, delegate_name),
        _ => (delegate_name, None),
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

/// `PUT …/prototypes/<prototypeid>`.
#[derive(Deserialize)]
pub(crate) struct PrototypeUpdate {
    role: String,
}

impl Json for PrototypeUpdate {
    const SCHEMA: &'static Schema = &Schema {
        name: "PrototypeUpdate",
        about: "Description of a the new prototype role",
        properties: &[Property::required("role", ROLES, "Role that should be applied")],
    };
}

/// Changes the role.
pub(crate) fn change(cx: &Context<'_, OrganizationAdmin>, body: PrototypeUpdate) -> HandlerResult {
    let role = role(&body.role)?;
    transaction(cx.db(), |tx| {
        let before = found(cx, tx)?;
        default_permissions::set_role(tx, &cx.grant, &before.uuid, role)?;
        let after = DefaultPermission { role, ..before.clone() };
        let told = Prototype { original_role: Some(before.role), ..told(cx, &after)? };
        let event = LogEvent::ModifyPrototypePermission { permission: told };
        cx.log(tx, cx.grant.organization().id, &event)?;
        Ok(Response::ok(&views::default_permission(&after)))
    })
}

/// `DELETE …/prototypes/<prototypeid>`.
pub(crate) fn delete(cx: &Context<'_, OrganizationAdmin>) -> HandlerResult {
    transaction(cx.db(), |tx| {
        let permission = found(cx, tx)?;
        default_permissions::delete(tx, &cx.grant, &permission.uuid)?;
        let told = told(cx, &permission)?;
        let event = LogEvent::DeletePrototypePermission { permission: told };
        cx.log(tx, cx.grant.organization().id, &event)?;
        Ok(Response::no_content())
    })
}

fn found(
    cx: &Context<'_, OrganizationAdmin>,
    db: &dyn Database,
) -> Result<DefaultPermission, ApiError> {
    let found = default_permissions::get(db, &cx.grant, cx.path("prototypeid"))?;
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
