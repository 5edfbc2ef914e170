//! Concord's Organization API over the same organizations (`docs/contract/concord.md` 5).

use crate::organizations::deletion::delete_organization;
use berth_access::{
    Authenticated, AuthenticatedOrganization, ConcordCreate, ConcordDelete, ConcordUpdate, Denied,
    Facts, Grant, path,
};
use berth_domain::log_event::LogEvent;
use berth_domain::{TeamRole, settings};
use berth_store::concord::{
    self, Entry, EntryChange, LONGEST_LIST, Listing, NewEntry, Owner, RequestedOwner, Resolved,
    Target,
};
use berth_store::{Constraint, StoreError, transaction};
use berth_web::listing::Entries;
use berth_web::{
    ApiError, Context, Either, HandlerResult, JsonResponse, ListResponse, NoContent, StatusCode,
};

use super::bodies::{Confirmation, EntryBody, OrganizationsQuery, key_violation};
use super::views::{ConcordOrganization, ConcordResult};

/// The answer to a change.
type Changed = HandlerResult<JsonResponse<ConcordResult>>;

path! {
    /// An organization, by name.
    pub(crate) struct EntryPath { orgname }
}

/// `POST /api/v1/org` (5.1): the organization of that id, or else of that exact name, is changed; otherwise one is made. Right
/// before owner: callers who may not do it do not learn who exists.
pub(crate) fn create_or_update(cx: &Context<'_, Authenticated>, body: EntryBody) -> Changed {
    let (uuid, name) = (body.id.as_deref(), body.name.as_deref());
    let mut resolved = concord::resolve(cx.db(), uuid, name, body.owner.as_ref())?;
    match (resolved.entry.take(), uuid) {
        (Some(entry), _) => update(cx, &entry, &body, resolved),
        (None, Some(uuid)) => Err(not_found(uuid)),
        (None, None) => create(cx, &body, resolved),
    }
}

/// The owner becomes a member: they are put into the first teams.
fn create(cx: &Context<'_, Authenticated>, body: &EntryBody, resolved: Resolved) -> Changed {
    let (services, caller) = (cx.services(), cx.caller()?);
    let grant = may_create(cx)?;
    let owner = require_owner(body.owner.as_ref(), resolved.owner)?;
    let Some(name) = body.name.as_deref() else { return Err(key_violation("must not be null")) };
    let random = services.random();
    let (uuid, email) = (random.ordered_uuid(services.now()), random.uuid());
    let new = NewEntry {
        uuid: &uuid,
        name,
        email: &email,
        tag_expiration_s: services.setting(&settings::DEFAULT_TAG_EXPIRATION),
        owner_id: owner.map_or(caller.id, |owner| owner.id),
        visibility: body.visibility.unwrap_or("PUBLIC"),
        meta: body.meta.as_deref(),
        cfg: body.cfg.as_deref(),
        at: services.now(),
    };
    transaction(cx.db(), |tx| {
        let id = match concord::create(tx, &grant, &new) {
            // It was made at this moment: asked again, this changes it.
            Err(error)
                if error.violates(Constraint::AccountName)
                    && concord::resolve(tx, None, Some(name), None)?.entry.is_some() =>
            {
                return Err(ApiError::Busy);
            }
            made => made.map_err(|error| explained(error, name, body, resolved.is_user_name))?,
        };
        cx.log(tx, id, &LogEvent::OrgCreate { email: None, namespace: name })?;
        Ok(JsonResponse(ConcordResult::created(&uuid)))
    })
}

fn may_create(cx: &Context<'_, Authenticated>) -> Result<Grant<ConcordCreate>, ApiError> {
    let anybody_creates = !cx.services().setting(&settings::CONCORD_ADMIN_ONLY_CREATE);
    cx.authorize(Facts::of_new_organization(anybody_creates)).map_err(|_| {
        refusal("Only roles with 'createOrg' permission are allowed to update organizations")
    })
}

/// Sets what is given and leaves the rest; teams are not touched, also not when the owner changes. The name is new only where
/// an id says what is meant; otherwise it says what is meant itself.
fn update(
    cx: &Context<'_, Authenticated>,
    entry: &Target,
    body: &EntryBody,
    resolved: Resolved,
) -> Changed {
    let grant = may_update(cx, entry)?;
    let owner = require_owner(body.owner.as_ref(), resolved.owner)?;
    let (uuid, asked) = (body.id.as_deref(), body.name.as_deref());
    let change = EntryChange {
        name: asked.filter(|_| uuid.is_some()),
        owner_id: owner.map(|owner| owner.id),
        visibility: body.visibility,
        meta: body.meta.as_deref(),
        cfg: body.cfg.as_deref(),
    };
    transaction(cx.db(), |tx| {
        let gone = || uuid.map_or(ApiError::Busy, not_found);
        let before = concord::current_name(tx, &grant)?.ok_or_else(gone)?;
        if uuid.is_none() && asked != Some(&before) {
            // It got another name at this moment: asked again, this makes one.
            return Err(ApiError::Busy);
        }
        let name = asked.unwrap_or(&before);
        concord::update(tx, &grant, &change)
            .map_err(|error| explained(error, name, body, resolved.is_user_name))?;
        let event = LogEvent::OrgChangeSettings { namespace: name, old_name: &before };
        cx.log(tx, entry.id, &event)?;
        Ok(JsonResponse(ConcordResult::updated(&entry.uuid)))
    })
}

fn may_update(
    cx: &Context<'_, Authenticated>,
    entry: &Target,
) -> Result<Grant<ConcordUpdate>, ApiError> {
    cx.authorize(entry.facts(cx.grant.caller_id())).map_err(|_| {
        refusal("Only roles with 'updateOrg' permission are allowed to update organizations")
    })
}

/// A person who is named as owner must exist (4.3).
fn require_owner(
    wanted: Option<&RequestedOwner>,
    found: Option<Owner>,
) -> Result<Option<Owner>, ApiError> {
    match (wanted, found) {
        (Some(wanted), None) => Err(nobody(wanted)),
        (_, found) => Ok(found),
    }
}

/// `GET /api/v1/org` (5.2).
pub(crate) fn list(
    cx: &Context<'_, Authenticated>,
    query: OrganizationsQuery,
) -> HandlerResult<ListResponse<Entries<Vec<ConcordOrganization>>>> {
    let mut page = query.page.page(cx)?;
    let number = |text: Option<&str>| {
        let number = text.map_or(Ok(0), str::parse::<i32>);
        number.map_err(|_| ApiError::Plain(StatusCode::NOT_FOUND, "".into()))
    };
    if page.is_original() {
        let (offset, limit) = (number(query.offset.as_deref())?, number(query.limit.as_deref())?);
        let rows = if limit > 0 { limit.into() } else { LONGEST_LIST };
        page.restrict(offset.max(0).into(), rows.min(LONGEST_LIST));
    }
    let listing = Listing {
        only_own: query.only_current.eq_ignore_ascii_case("true"),
        filter: &query.filter,
    };
    let found = concord::list(cx.db(), &cx.grant, &listing, &page.window)?;
    let listed = page.list(found, |entry| ConcordOrganization::from(shown(cx, entry)))?;
    Ok(listed.respond(|entries, _| entries))
}

/// What the caller sees of an organization: of a private one, its documents only for members, and as far as their token is good
/// for organizations at all.
fn shown(cx: &Context<'_, Authenticated>, entry: Entry) -> Entry {
    let sees_all = cx.rights().sees_every_organization();
    let as_member = cx.rights_by_role(Some(TeamRole::Member)).sees_as_member();
    if entry.visibility == "PUBLIC" || sees_all || (as_member && entry.viewer_belongs) {
        return entry;
    }
    Entry { meta: None, cfg: None, ..entry }
}

/// `GET /api/v1/org/<orgname>` (5.3): 204 for a name that nobody has; clients rely on it.
pub(crate) fn get(
    cx: &Context<'_, Authenticated>,
    path: EntryPath,
) -> HandlerResult<Either<JsonResponse<ConcordOrganization>, NoContent>> {
    let entry = concord::find(cx.db(), &cx.grant, &path.orgname)?;
    Ok(match entry {
        Some(entry) => Either::Left(JsonResponse(shown(cx, entry).into())),
        None => Either::Right(NoContent),
    })
}

/// `DELETE /api/v1/org/<orgname>?confirmation=yes` (5.4).
pub(crate) fn delete(cx: &Context<'_, AuthenticatedOrganization>, _: Confirmation) -> Changed {
    let name = cx.address().namespace.as_deref().unwrap_or_default();
    let grant = cx.authorize::<ConcordDelete>(cx.grant.facts()).map_err(|denied| match denied {
        Denied::NotFound => not_found(name),
        _ => refusal("Only admins are allowed to update organizations"),
    })?;
    match delete_organization(cx, &grant)? {
        true => Ok(JsonResponse(ConcordResult::DELETED)),
        false => Err(not_found(name)),
    }
}

/// A refusal in the words of Concord's, which clients match; Concord itself sends them with status 500.
fn refusal(message: &str) -> ApiError {
    ApiError::Text(
        StatusCode::FORBIDDEN,
        format!("ERROR: org.apache.shiro.authz.AuthorizationException: {message}"),
    )
}

fn violation(message: String) -> ApiError {
    ApiError::Violations(vec![("*".into(), message)])
}

fn not_found(what: &str) -> ApiError {
    violation(format!("Organization not found: {what}"))
}

fn nobody(wanted: &RequestedOwner) -> ApiError {
    match wanted {
        RequestedOwner::Uuid(uuid) => violation(format!("User not found: {uuid}")),
        RequestedOwner::Name(name) | RequestedOwner::Foreign(name) => {
            ApiError::Text(StatusCode::BAD_REQUEST, format!("User not found: {name}"))
        }
    }
}

/// What the schema refuses: a name that somebody has, an owner who is no member, or who was deleted after they were found.
fn explained(error: StoreError, name: &str, body: &EntryBody, is_user_name: bool) -> ApiError {
    match error {
        error if error.violates(Constraint::AccountName) && is_user_name => {
            violation(format!("Name is taken: {name}"))
        }
        error if error.violates(Constraint::AccountName) => {
            violation(format!("Organization already exists: {name}"))
        }
        StoreError::NotMember => {
            violation(format!("The owner doesn't belong to the specified organization: {name}"))
        }
        StoreError::NotFound => body.owner.as_ref().map_or_else(ApiError::unauthenticated, nobody),
        error => error.into(),
    }
}
