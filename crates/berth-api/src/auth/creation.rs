//! Repositories that a push makes, and organizations (`docs/contract/registry.md` A.4). It happens when the token is asked for: the
//! registry would not ask.

use berth_access::{CreateOrganization, Facts, Grant, Public, RegistryCreate};
use berth_domain::log_event::LogEvent;
use berth_domain::{Namespace, NamespaceKind, NamespaceName, Repository, RepositoryName, settings};
use berth_store::auth::Asked;
use berth_store::organizations::{self, NewOrganization};
use berth_store::repositories::{self, NewRepository};
use berth_store::{Constraint, StoreError, Transaction, transaction};
use berth_web::registry::error;
use berth_web::{ApiError, Context, StatusCode};

use super::asked::load;
use super::scope::{Action, Scope};

/// Makes the repository that is to be pushed to and does not exist, where the caller may; gives the first scope that is about it.
/// `asked` has the facts of afterwards.
///
/// # Errors
/// 400 for more than one repository, or a name that cannot be a repository's; 405 while the registry is read-only, or for a name that cannot
/// be an organization's; 403 when a limit is reached.
pub(super) fn make_pushed<'a>(
    cx: &Context<'_, Public>,
    scopes: &'a [Scope],
    asked: &mut Vec<Asked>,
) -> Result<Option<&'a Scope>, ApiError> {
    let Some((scope, place)) = missing(cx, scopes, asked)? else { return Ok(None) };
    if cx.services().is_read_only() {
        return Err(ApiError::ReadOnly);
    }
    let name = repository_name(scope)?;
    match transaction(cx.db(), |tx| make(cx, tx, &name, &place)) {
        Ok(facts) => {
            let about_it =
                scopes.iter().zip(asked).filter(|(other, _)| other.is_about_that_of(scope));
            about_it.for_each(|(_, asked)| asked.facts = facts.clone());
            Ok(Some(scope))
        }
        // Somebody else made it meanwhile.
        Err(error) if is_taken(&error) => {
            *asked = load(cx, scopes)?;
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// The first scope about the one repository that has to be made, and where it is made.
fn missing<'a>(
    cx: &Context<'_, Public>,
    scopes: &'a [Scope],
    asked: &[Asked],
) -> Result<Option<(&'a Scope, Place)>, ApiError> {
    let mut missing: Option<(&Scope, Place)> = None;
    for (scope, asked) in scopes.iter().zip(asked) {
        let is_known = missing.as_ref().is_some_and(|(first, _)| first.is_about_that_of(scope));
        if is_known || asked.facts.repository.is_some() || !scope.asks_for(Action::Push) {
            continue;
        }
        let Some(place) = place(cx, scope, &asked.facts)? else { continue };
        if missing.replace((scope, place)).is_some() {
            let message = "a token makes one repository at most: ask for the others by themselves";
            return Err(error(StatusCode::BAD_REQUEST, "INVALID_REQUEST", message));
        }
    }
    Ok(missing)
}

fn is_taken(error: &StoreError) -> bool {
    error.violates(Constraint::RepositoryName) || error.violates(Constraint::AccountName)
}

/// Where a repository is made.
enum Place {
    /// In a namespace.
    Existing(Grant<RegistryCreate>),
    /// In an organization that is made for it.
    New(Grant<CreateOrganization>, NamespaceName),
}

/// Where the caller may make the repository.
fn place(
    cx: &Context<'_, Public>,
    scope: &Scope,
    facts: &Facts,
) -> Result<Option<Place>, ApiError> {
    if facts.namespace.is_some() {
        return Ok(cx.authorize(facts.clone()).ok().map(Place::Existing));
    }
    let makes_namespaces = cx.services().setting(&settings::CREATE_NAMESPACE_ON_PUSH);
    let grant = makes_namespaces.then(|| cx.authorize(Facts::default()).ok());
    let Some(grant) = grant.flatten() else { return Ok(None) };
    let name = NamespaceName::try_from(&*scope.namespace).map_err(|_| {
        let message = "Cannot create organization";
        error(StatusCode::METHOD_NOT_ALLOWED, "UNSUPPORTED", message)
    })?;
    Ok(Some(Place::New(grant, name)))
}

fn repository_name(scope: &Scope) -> Result<RepositoryName, ApiError> {
    let name = scope.repository.as_str();
    // No path of the API would lead to it: nobody could delete it.
    let is_route = berth_web::is_below_a_repository(&format!("namespace/{name}"));
    let named = RepositoryName::try_from(name).ok().filter(|_| !is_route);
    named.ok_or_else(|| {
        let message = format!("Invalid repository name: {}/{name}", scope.namespace);
        error(StatusCode::BAD_REQUEST, "NAME_INVALID", message)
    })
}

/// Makes the repository, and its organization where that is new; the facts of afterwards.
fn make(
    cx: &Context<'_, Public>,
    tx: &Transaction<'_>,
    name: &RepositoryName,
    place: &Place,
) -> Result<Facts, StoreError> {
    let in_new;
    let grant = match place {
        Place::Existing(grant) => grant,
        Place::New(grant, organization) => {
            in_new = make_organization(cx, tx, grant, organization)?;
            &in_new
        }
    };
    let Some(creator_id) = cx.grant.caller_id() else { return Err(StoreError::NotFound) };
    let services = cx.services();
    let is_public = !services.setting(&settings::CREATE_PRIVATE_REPO_ON_PUSH);
    let id = repositories::create(
        tx,
        grant,
        &NewRepository {
            name,
            description: "",
            is_public,
            status_token: &services.random().uuid(),
            creator_id,
            at: services.now(),
        },
    )?;
    let repository =
        Repository { id, name: name.as_str().to_owned(), description: String::new(), is_public };
    Ok(Facts::of_made_repository(grant.target().namespace.clone(), repository))
}

/// Makes the organization that is pushed to, with the caller as its owner; gives the right to push there.
fn make_organization(
    cx: &Context<'_, Public>,
    tx: &Transaction<'_>,
    grant: &Grant<CreateOrganization>,
    name: &NamespaceName,
) -> Result<Grant<RegistryCreate>, StoreError> {
    let (services, caller) = (cx.services(), grant.caller().ok_or(StoreError::NotFound)?);
    let (uuid, name) = (services.random().ordered_uuid(services.now()), name);
    let hostname = services.setting(&settings::SERVER_HOSTNAME);
    let domain = caller
        .email
        .split_once('@')
        .map_or_else(|| hostname.split(':').next().unwrap_or_default(), |(_, domain)| domain);
    let email = format!("{}+{}@{domain}", caller.name, name.as_str());
    let tag_expiration_s = services.setting(&settings::DEFAULT_TAG_EXPIRATION);
    let new = NewOrganization {
        uuid: &uuid,
        name,
        email: &email,
        tag_expiration_s,
        owner_id: caller.id,
        at: services.now(),
    };
    let id = organizations::create(tx, grant, &new)?;
    let event = LogEvent::OrgCreate { email: Some(&email), namespace: name.as_str() };
    cx.log(tx, id, &event)?;
    let organization = Namespace {
        id,
        kind: NamespaceKind::Organization,
        name: name.as_str().to_owned(),
        invoice_email: false,
        invoice_email_address: None,
        stored_bytes: 0,
        quota: None,
        tag_expiration_s,
        uuid,
        email,
    };
    let facts = Facts::of_made_organization(organization);
    cx.authorize(facts).map_err(|_| StoreError::NotFound)
}
