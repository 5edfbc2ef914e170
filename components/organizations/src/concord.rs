//! Concord's Organization API over the same organizations (`contract/concord.md` 5).

mod body;
mod document;
mod views;

use berth_access::{
    Authenticated, AuthenticatedNamespace, ConcordCreate, ConcordDelete, ConcordUpdate, Denied,
    Facts, Grant,
};
use berth_domain::{LogKind, settings};
use berth_store::concord::{self, Entry, EntryChange, Listing, NewEntry, Owner, Wanted};
use berth_store::{StoreError, log, organizations, transaction};
use berth_web::{Answer, ApiError, Context, Response, leftovers};
use serde_json::json;

use body::key_violation;
pub(crate) use body::{Confirmation, EntryBody};

/// `POST /api/v1/org` (5.1): the organization of that id, or else of that exact name, is changed; otherwise one is made. Right
/// before owner: who may not do it does not learn who exists.
pub(crate) fn create_or_update(cx: &Context<'_, Authenticated>, body: EntryBody) -> Answer {
    let (uuid, name) = (body.id.as_deref(), body.name.as_deref());
    let (entry, owner) = concord::resolve(cx.db(), uuid, name, body.owner.as_ref())?;
    match (entry, uuid) {
        (Some(entry), _) => update(cx, &entry, &body, owner),
        (None, Some(uuid)) => Err(not_found(uuid)),
        (None, None) => create(cx, &body, owner),
    }
}

fn create(cx: &Context<'_, Authenticated>, body: &EntryBody, owner: Option<Owner>) -> Answer {
    let (services, caller) = (cx.services(), cx.caller()?);
    let grant = may_create(cx)?;
    let owner = require_owner(body.owner.as_ref(), owner)?;
    let Some(name) = body.name.as_deref() else { return Err(key_violation("must not be null")) };
    let random = services.random();
    let (uuid, email) = (random.ordered_uuid(services.now()), random.uuid());
    let new = NewEntry {
        uuid: &uuid,
        name,
        email: &email,
        tag_expiration_s: services.setting(&settings::DEFAULT_TAG_EXPIRATION)?,
        owner_id: owner.map_or(caller.id, |owner| owner.id),
        visibility: body.visibility.unwrap_or("PUBLIC"),
        meta: body.meta.as_deref(),
        cfg: body.cfg.as_deref(),
        at: services.now(),
    };
    transaction(cx.db(), |tx| {
        let id = concord::create(tx, &grant, &new).map_err(|error| explained(error, name, body))?;
        let metadata = json!({ "email": null, "namespace": name });
        log::append(tx, &[cx.log_entry(LogKind::OrgCreate, id, metadata)])?;
        Ok(Response::ok(&views::result("CREATED", Some(&uuid))))
    })
}

fn may_create(cx: &Context<'_, Authenticated>) -> Result<Grant<ConcordCreate>, ApiError> {
    let anybody_creates = !cx.services().setting(&settings::CONCORD_ADMIN_ONLY_CREATE)?;
    cx.authorize(Facts { anybody_creates, ..Facts::default() }).map_err(|_| {
        refusal("Only roles with 'createOrg' permission are allowed to update organizations")
    })
}

/// Sets what is given and leaves the rest; teams are not touched, also not when the owner changes.
fn update(
    cx: &Context<'_, Authenticated>,
    entry: &Entry,
    body: &EntryBody,
    owner: Option<Owner>,
) -> Answer {
    let grant = may_update(cx, entry)?;
    let owner = require_owner(body.owner.as_ref(), owner)?;
    let change = EntryChange {
        name: body.name.as_deref(),
        owner_id: owner.map(|owner| owner.id),
        visibility: body.visibility,
        meta: body.meta.as_deref(),
        cfg: body.cfg.as_deref(),
    };
    let name = body.name.as_deref().unwrap_or(&entry.name);
    transaction(cx.db(), |tx| {
        let updated = concord::update(tx, &grant, &change);
        if !updated.map_err(|error| explained(error, name, body))? {
            return Err(not_found(body.id.as_deref().unwrap_or(name)));
        }
        let metadata = json!({ "namespace": name, "old_name": entry.name });
        log::append(tx, &[cx.log_entry(LogKind::OrgChangeSettings, entry.id, metadata)])?;
        Ok(Response::ok(&views::result("UPDATED", Some(&entry.uuid))))
    })
}

fn may_update(
    cx: &Context<'_, Authenticated>,
    entry: &Entry,
) -> Result<Grant<ConcordUpdate>, ApiError> {
    let caller_id = cx.caller()?.id;
    let facts = Facts {
        namespace: Some(entry.as_namespace()),
        caller_is_owner: entry.owner.as_ref().is_some_and(|owner| owner.id == caller_id),
        ..Facts::default()
    };
    cx.authorize(facts).map_err(|_| {
        refusal("Only roles with 'updateOrg' permission are allowed to update organizations")
    })
}

/// A person who is named as owner must exist (4.3).
fn require_owner(wanted: Option<&Wanted>, found: Option<Owner>) -> Result<Option<Owner>, ApiError> {
    match (wanted, found) {
        (Some(wanted), None) => Err(nobody(wanted)),
        (_, found) => Ok(found),
    }
}

/// `GET /api/v1/org` (5.2).
pub(crate) fn list(cx: &Context<'_, Authenticated>) -> Answer {
    let (query, rights) = (cx.request().query(), cx.grant.rights());
    let number = |name| match query.get(name) {
        None => Ok(0),
        Some(text) => text.parse::<i32>().map_err(|_| ApiError::Plain(404, "".into())),
    };
    let (offset, limit) = (number("offset")?, number("limit")?);
    let only_own = query.get("onlyCurrent").is_some_and(|text| text.eq_ignore_ascii_case("true"));
    let listing = Listing {
        viewer_id: cx.caller()?.id,
        sees_all: rights.is_superuser() || rights.is_global_reader(),
        only_own,
        filter: query.get("filter").unwrap_or_default(),
        offset: offset.max(0).into(),
        limit: (limit > 0).then_some(limit.into()),
    };
    Ok(Response::ok(&views::entries(concord::list(cx.db(), &listing)?)))
}

/// `GET /api/v1/org/<orgname>` (5.3): 204 for a name that nobody has; clients rely on it.
pub(crate) fn get(cx: &Context<'_, Authenticated>) -> Answer {
    let entry = concord::find(cx.db(), cx.path("orgname"))?;
    Ok(entry.map_or_else(Response::no_content, |entry| Response::ok(&views::entry(entry))))
}

/// `DELETE /api/v1/org/<orgname>?confirmation=yes` (5.4).
pub(crate) fn delete(cx: &Context<'_, AuthenticatedNamespace>, _: Confirmation) -> Answer {
    let (name, namespace) = (cx.path("orgname"), cx.grant.namespace().cloned());
    let grant = cx.authorize::<ConcordDelete>(Facts { namespace, ..Facts::default() }).map_err(
        |denied| match denied {
            Denied::NotFound => not_found(name),
            _ => refusal("Only admins are allowed to update organizations"),
        },
    )?;
    transaction(cx.db(), |tx| {
        let metadata = json!({ "namespace": name });
        log::append(tx, &[cx.log_entry(LogKind::OrgDelete, grant.organization().id, metadata)])?;
        Ok::<_, ApiError>(organizations::delete(tx, &grant)?)
    })?;
    leftovers::forget(cx.services(), grant.organization());
    Ok(Response::ok(&views::result("DELETED", None)))
}

/// A refusal in the words of Concord's, which clients match; Concord itself sends them with status 500.
fn refusal(message: &str) -> ApiError {
    ApiError::Text(403, format!("ERROR: org.apache.shiro.authz.AuthorizationException: {message}"))
}

fn violation(message: String) -> ApiError {
    ApiError::Violations(vec![("*".into(), message)])
}

fn not_found(what: &str) -> ApiError {
    violation(format!("Organization not found: {what}"))
}

fn nobody(wanted: &Wanted) -> ApiError {
    match wanted {
        Wanted::Uuid(uuid) => violation(format!("User not found: {uuid}")),
        Wanted::Name(name) | Wanted::Foreign(name) => {
            ApiError::Text(400, format!("User not found: {name}"))
        }
    }
}

/// What the schema refuses: a name that somebody has, an owner who went after he was found.
fn explained(error: StoreError, name: &str, body: &EntryBody) -> ApiError {
    match error {
        error if error.is_taken("account.name") => {
            violation(format!("Organization already exists: {name}"))
        }
        StoreError::Gone => body.owner.as_ref().map_or_else(ApiError::unauthenticated, nobody),
        error => error.into(),
    }
}
