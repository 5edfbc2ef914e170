//! Applications of an organization: the rules of each operation (`docs/contract/quay.md` 2.1 to 2.3).

use std::convert::Infallible;

use berth_access::{
    ApplicationAdmin, ApplicationAdminView, Client, OrganizationAdmin, OrganizationAdminView,
    Public,
};
use berth_domain::log_event::LogEvent;
use berth_domain::secret::Purpose;
use berth_domain::{Application, NamespaceKind};
use berth_store::applications::NewApplication;
use berth_store::{applications, transaction};
use berth_web::{
    ApiError, Context, HandlerResult, JsonResponse, ListQuery, ListResponse, NoContent,
};

use crate::applications::bodies::{NewApp, UpdateApp};
use crate::applications::client_secret;
use crate::applications::views::{ApplicationInfo, ApplicationView, Applications};
use crate::quotas::views::Quotas;

/// Length of a client id.
const CLIENT_ID_LENGTH: usize = 20;

/// Length of a client secret.
const CLIENT_SECRET_LENGTH: usize = 40;

/// `GET …/applications`.
pub(crate) fn list(
    cx: &Context<'_, OrganizationAdminView>,
    query: ListQuery<applications::Applications>,
) -> HandlerResult<ListResponse<Applications>> {
    let page = query.page(cx)?;
    let found = applications::list(cx.db(), &cx.grant, &page.window)?;
    let listed = if cx.rights().is_admin() {
        let keys = cx.services().secret_keys()?;
        page.list(found, |application| {
            let secret = client_secret::open(&keys, &application).map(|opened| opened.text);
            ApplicationView::new(&application.client_id, (&application).into(), secret)
        })?
    } else {
        page.list(found, |application| ApplicationView::without_secrets(&application))?
    };
    Ok(listed.respond(Applications::of))
}

/// `POST …/applications`.
pub(crate) fn create(
    cx: &Context<'_, OrganizationAdmin>,
    body: NewApp,
) -> HandlerResult<JsonResponse<ApplicationView>> {
    body.check()?;
    let (services, organization) = (cx.services(), cx.grant.organization());
    let client_id = services.random().upper(CLIENT_ID_LENGTH);
    let secret = services.random().upper(CLIENT_SECRET_LENGTH);
    let sealed_secret = services.seal(Purpose::ClientSecret, &secret)?;
    let fields = body.values();
    transaction(cx.db(), |tx| {
        let new = NewApplication {
            client_id: &client_id,
            sealed_secret: &sealed_secret,
            fields: &fields,
            at: services.now(),
        };
        applications::create(tx, &cx.grant, &new)?;
        let told = body.metadata(&client_id);
        cx.log(tx, organization.id, &LogEvent::CreateApplication { told })?;
        Ok(JsonResponse(ApplicationView::new(&client_id, body.values(), Some(secret.clone()))))
    })
}

/// `GET …/applications/<client_id>`.
pub(crate) fn get(
    cx: &Context<'_, ApplicationAdminView>,
) -> HandlerResult<JsonResponse<ApplicationView>> {
    let application = &cx.grant.target().application;
    if !cx.rights().is_admin() {
        return Ok(JsonResponse(ApplicationView::without_secrets(application)));
    }
    let secret = client_secret::take(cx.services(), application)?;
    Ok(JsonResponse(ApplicationView::new(&application.client_id, application.into(), secret)))
}

/// `PUT …/applications/<client_id>`.
pub(crate) fn change(
    cx: &Context<'_, ApplicationAdmin>,
    body: UpdateApp,
) -> HandlerResult<JsonResponse<ApplicationView>> {
    let body = NewApp::from(body);
    body.check()?;
    let target = cx.grant.target();
    let client_id = &target.application.client_id;
    let secret = client_secret::take(cx.services(), &target.application)?;
    transaction(cx.db(), |tx| {
        if !applications::update(tx, &cx.grant, &body.values())? {
            return Err(ApiError::not_found());
        }
        let told = body.metadata(client_id);
        cx.log(tx, target.organization.id, &LogEvent::UpdateApplication { told })?;
        Ok(JsonResponse(ApplicationView::new(client_id, body.values(), secret.clone())))
    })
}

/// `DELETE …/applications/<client_id>`: with its tokens, codes and assignments.
pub(crate) fn delete(cx: &Context<'_, ApplicationAdmin>) -> HandlerResult<NoContent> {
    let target = cx.grant.target();
    transaction(cx.db(), |tx| {
        let application = applications::delete(tx, &cx.grant)?.ok_or_else(ApiError::not_found)?;
        let Application { name: application_name, client_id, .. } = &application;
        let event = LogEvent::DeleteApplication { application_name, client_id };
        cx.log(tx, target.organization.id, &event)?;
        Ok(NoContent)
    })
}

/// `POST …/applications/<client_id>/resetclientsecret`.
pub(crate) fn reset_secret(
    cx: &Context<'_, ApplicationAdmin>,
) -> HandlerResult<JsonResponse<ApplicationView>> {
    let (services, target) = (cx.services(), cx.grant.target());
    let secret = services.random().upper(CLIENT_SECRET_LENGTH);
    let sealed = services.seal(Purpose::ClientSecret, &secret)?;
    transaction(cx.db(), |tx| {
        let application = applications::set_secret(tx, &cx.grant, &sealed)?;
        let application = application.ok_or_else(ApiError::not_found)?;
        let Application { name: application_name, client_id, .. } = &application;
        let event = LogEvent::ResetApplicationClientSecret { application_name, client_id };
        cx.log(tx, target.organization.id, &event)?;
        Ok(JsonResponse(ApplicationView::new(
            client_id,
            (&application).into(),
            Some(secret.clone()),
        )))
    })
}

/// `GET /api/v1/app/`: without a client id it is not for anybody, in the original's words.
pub(crate) fn info_of_nobody(_cx: &Context<'_, Public>) -> HandlerResult<Infallible> {
    Err(ApiError::plain_forbidden())
}

/// `GET /api/v1/app/<client_id>`: what everybody may know of an application.
pub(crate) fn info(cx: &Context<'_, Client>) -> HandlerResult<JsonResponse<ApplicationInfo>> {
    let target = cx.grant.target();
    let organization = target.namespace.as_ref().filter(|n| n.kind == NamespaceKind::Organization);
    match (organization, &target.application) {
        (Some(organization), Some(application)) => {
            let (rights, quotas) = (cx.rights(), Quotas::of(cx.services()));
            Ok(JsonResponse(ApplicationInfo::new(application, organization, rights, quotas)))
        }
        _ => Err(ApiError::not_found()),
    }
}
