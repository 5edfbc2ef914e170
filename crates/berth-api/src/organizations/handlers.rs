//! Organizations: the rules of each operation.

use crate::organizations::deletion::delete_organization;
use crate::organizations::views::{OrganizationView, PrivateRepositories, UserOrganizations};
use crate::quotas::views::Quotas;
use crate::users::views::{AccountVisibility, UserOrganization};
use berth_access::{
    CreateOrganization, OrganizationAdmin, OrganizationRepositoryCreate,
    OrganizationView as ViewPermit, UserView,
};
use berth_domain::log_event::LogEvent;
use berth_domain::{EmailAddress, Namespace, NamespaceName, settings};
use berth_store::organizations::{NewOrganization, OrganizationChange};
use berth_store::{Constraint, organizations, transaction, users};
use berth_web::{
    ApiError, Context, Created, HandlerResult, Integer, JsonResponse, ListQuery, ListResponse,
    NoContent, Services, tag_expiration_option,
};
use serde_json::Number;

use crate::organizations::bodies::{NewOrg, OrgChange};

/// Makes an organization whose only team, `owners`, has the caller in it.
pub(crate) fn create(
    cx: &Context<'_, CreateOrganization>,
    body: NewOrg,
) -> HandlerResult<Created<&'static str>> {
    let (services, caller) = (cx.services(), cx.caller()?);
    let email = body.contact_email.filter(|email| !email.is_empty()).or(body.email);
    let address = email.as_deref().filter(|email| !email.is_empty());
    let shared_email = services.setting(&settings::FEATURE_ORG_SHARED_EMAIL);
    let tag_expiration_s = services.setting(&settings::DEFAULT_TAG_EXPIRATION);
    let random = services.random();
    let (uuid, no_email) = (random.ordered_uuid(services.now()), random.uuid());
    transaction(cx.db(), |tx| {
        let taken = organizations::taken(tx, &body.name, address, services.now())?;
        if taken.name {
            return Err(name_taken());
        }
        if address.is_some_and(|address| EmailAddress::try_from(address).is_err()) {
            return Err(ApiError::invalid_request("Invalid email address"));
        }
        let name = NamespaceName::try_from(body.name.as_str())?;
        if let Some(address) = address.filter(|_| taken.email_by_user && !shared_email) {
            return Err(ApiError::invalid_request(format!(
                "Email has already been used: {address}"
            )));
        }
        let new = NewOrganization {
            uuid: &uuid,
            name: &name,
            email: address.unwrap_or(&no_email),
            tag_expiration_s,
            owner_id: caller.id,
            at: services.now(),
        };
        let id = organizations::create(tx, &cx.grant, &new).map_err(|error| {
            if error.violates(Constraint::AccountName) { name_taken() } else { error.into() }
        })?;
        let event = LogEvent::OrgCreate { email: email.as_deref(), namespace: &body.name };
        cx.log(tx, id, &event)?;
        Ok(Created("Created"))
    })
}

fn name_taken() -> ApiError {
    ApiError::invalid_request("A user or organization with this name already exists")
}

/// `GET /api/v1/organization/<orgname>` (`docs/contract/quay.md` 1.2).
pub(crate) fn get(cx: &Context<'_, ViewPermit>) -> HandlerResult<JsonResponse<OrganizationView>> {
    let teams = if cx.rights().sees_as_member() {
        Some(organizations::teams(cx.db(), &cx.grant)?)
    } else {
        None
    };
    let quotas = Quotas::of(cx.services());
    let (organization, rights) = (cx.grant.organization(), cx.rights());
    Ok(JsonResponse(OrganizationView::new(organization, rights, teams, quotas)))
}

/// Changes what is given; all of it or nothing.
pub(crate) fn change(
    cx: &Context<'_, OrganizationAdmin>,
    body: OrgChange,
) -> HandlerResult<JsonResponse<OrganizationView>> {
    let services = cx.services();
    let tag_expiration = tag_expiration(services, body.tag_expiration_s)?;
    let no_email = services.random().uuid();
    let email = body.contact_email.change().or(body.email.map(Some));
    let given = Given {
        email: email.map(|email| email.filter(|email| !email.is_empty())),
        invoice_email: body.invoice_email,
        invoice_email_address: body.invoice_email_address.change(),
        tag_expiration,
    };
    let (after, teams) = transaction(cx.db(), |tx| {
        let before = organizations::current(tx, &cx.grant)?.ok_or_else(ApiError::not_found)?;
        let given = given.changes(&before)?;
        let after = organizations::update(tx, &cx.grant, &given.change(&no_email))?;
        let after = after.ok_or_else(ApiError::not_found)?;
        cx.log_all(tx, before.id, &given.events(&before))?;
        Ok::<_, ApiError>((after, organizations::teams(tx, &cx.grant)?))
    })?;
    let quotas = Quotas::of(services);
    let view = OrganizationView::new(&after, cx.rights(), Some(teams), quotas);
    Ok(JsonResponse(view.with_tag_expiration(given.tag_expiration.map(|(_, number)| number))))
}

/// The tag expiration that is wanted, where it may be changed: in seconds, and as it was written.
fn tag_expiration(
    services: &Services<'_>,
    wanted: Option<Integer>,
) -> Result<Option<(i64, Number)>, ApiError> {
    match wanted {
        Some(Integer(number)) if services.setting(&settings::FEATURE_CHANGE_TAG_EXPIRATION) => {
            Ok(Some((tag_expiration_option(services, &number)?, number)))
        }
        _ => Ok(None),
    }
}

/// What a request gives. `Some(None)` takes something away.
struct Given {
    email: Option<Option<String>>,
    invoice_email: Option<bool>,
    invoice_email_address: Option<Option<String>>,
    tag_expiration: Option<(i64, Number)>,
}

impl Given {
    /// Without the addresses that are there already.
    ///
    /// # Errors
    /// 400 for a new address that is none.
    fn changes(&self, before: &Namespace) -> Result<Self, ApiError> {
        let email = self.email.clone().filter(|email| email.as_ref() != Some(&before.email));
        if let Some(Some(email)) = &email {
            EmailAddress::try_from(email.as_str())
                .map_err(|_| ApiError::invalid_request("Invalid email address"))?;
        }
        let address = self.invoice_email_address.clone();
        Ok(Self {
            email,
            invoice_email_address: address
                .filter(|address| *address != before.invoice_email_address),
            tag_expiration: self.tag_expiration.clone(),
            ..*self
        })
    }

    /// `no_email` replaces an address that is taken away.
    fn change<'a>(&'a self, no_email: &'a str) -> OrganizationChange<'a> {
        let address = self.invoice_email_address.as_ref().map(Option::as_deref);
        OrganizationChange {
            email: self.email.as_ref().map(|email| email.as_deref().unwrap_or(no_email)),
            invoice_email: self.invoice_email,
            invoice_email_address: address
                .map(|address| address.filter(|address| !address.is_empty())),
            tag_expiration_s: self.tag_expiration.as_ref().map(|(seconds, _)| *seconds),
        }
    }

    fn events<'a>(&'a self, before: &'a Namespace) -> Vec<LogEvent<'a>> {
        let namespace = before.name.as_str();
        let invoicing = self
            .invoice_email
            .map(|invoice_email| LogEvent::OrgChangeInvoicing { invoice_email, namespace });
        let address = self.invoice_email_address.as_ref().map(|address| {
            let invoice_email_address = address.as_deref();
            LogEvent::OrgChangeInvoicingAddress { invoice_email_address, namespace }
        });
        let email = self.email.as_ref().map(|email| {
            let (email, old_email) = (email.as_deref(), before.email.as_str());
            LogEvent::OrgChangeEmail { email, namespace, old_email }
        });
        let tag_expiration = self.tag_expiration.as_ref().map(|(_, tag_expiration)| {
            LogEvent::OrgChangeTagExpiration { tag_expiration, namespace }
        });
        [invoicing, address, email, tag_expiration].into_iter().flatten().collect()
    }
}

/// `DELETE /api/v1/organization/<orgname>` (`docs/contract/quay.md` 1.4): everything of it goes at once.
pub(crate) fn delete(cx: &Context<'_, OrganizationAdmin>) -> HandlerResult<NoContent> {
    match delete_organization(cx, &cx.grant)? {
        true => Ok(NoContent),
        false => Err(ApiError::not_found()),
    }
}

/// `GET …/private` (`docs/contract/quay.md` 1.5).
pub(crate) fn private(
    cx: &Context<'_, OrganizationRepositoryCreate>,
) -> HandlerResult<JsonResponse<PrivateRepositories>> {
    let count = match cx.rights().is_admin() {
        true => Some(organizations::private_repositories(cx.db(), &cx.grant)?),
        false => None,
    };
    Ok(JsonResponse(PrivateRepositories::of(count)))
}

/// `GET /api/v1/user/organizations`: those of the caller's view, as a list.
pub(crate) fn of_caller(
    cx: &Context<'_, UserView>,
    query: ListQuery<users::OwnOrganizations>,
) -> HandlerResult<ListResponse<UserOrganizations>> {
    let page = query.page(cx)?;
    let found = users::organizations(cx.db(), cx.caller()?.id, &page.window)?;
    let shown = AccountVisibility::of(cx);
    let listed = page.list(found, |membership| UserOrganization::new(&membership, &shown))?;
    Ok(listed.respond(UserOrganizations::of))
}
