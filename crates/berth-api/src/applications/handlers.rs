//! Applications of an organization: the rules of each operation (`docs/contract/quay.md` 2.1 to 2.3).

use crate::quotas::views::Quotas;
use berth_access::{
    ApplicationAdmin, ApplicationAdminView, Client, OrganizationAdmin, OrganizationAdminView,
    Public,
};
use berth_domain::limits::{APPLICATION_NAME_BYTES, APPLICATION_URI_BYTES};
use berth_domain::secret::Purpose;
use berth_domain::{Application, NamespaceKind};
use berth_store::applications::{ApplicationFields, NewApplication};
use berth_store::log_event::LogEvent;
use berth_store::{applications, transaction};
use berth_web::listing::Listing;
use berth_web::{ApiError, Context, HandlerResult, Json, Kind, Property, Response, Schema};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::applications::client_secret;
use crate::applications::views::{ApplicationInfo, ApplicationView};

/// A name that Quay keeps for itself.
const RESERVED_NAME: &str = "__quay_bootstrap_app";

/// Length of a client id.
const CLIENT_ID_LENGTH: usize = 20;

/// Length of a client secret.
const CLIENT_SECRET_LENGTH: usize = 40;

/// What an administrator says of an application, as it was sent: the log repeats it.
#[derive(Deserialize)]
#[serde(transparent)]
struct Fields(Map<String, Value>);

impl Fields {
    fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    fn values(&self) -> ApplicationFields<'_> {
        ApplicationFields {
            name: self.text("name").unwrap_or_default(),
            description: self.text("description").unwrap_or_default(),
            application_uri: self.text("application_uri").unwrap_or_default(),
            redirect_uri: self.text("redirect_uri").unwrap_or_default(),
            avatar_email: self.text("avatar_email"),
        }
    }

    /// Refuses what lists could not show whole.
    fn refuse_long_texts(&self) -> Result<(), ApiError> {
        let longest = [
            ("name", APPLICATION_NAME_BYTES),
            ("application_uri", APPLICATION_URI_BYTES),
            ("redirect_uri", APPLICATION_URI_BYTES),
            ("avatar_email", APPLICATION_NAME_BYTES),
        ];
        let too_long = longest.into_iter().find(|(name, longest)| {
            self.text(name)
                .is_some_and(|text| i64::try_from(text.len()).is_ok_and(|length| length > *longest))
        });
        match too_long {
            Some((name, longest)) => {
                Err(ApiError::invalid_request(format!("'{name}' is longer than {longest} bytes")))
            }
            None => Ok(()),
        }
    }

    fn refuse_reserved_name(&self) -> Result<(), ApiError> {
        if self.text("name") == Some(RESERVED_NAME) {
            return Err(ApiError::invalid_request(
                "Application name is reserved for bootstrap token provisioning",
            ));
        }
        Ok(())
    }

    /// The body as sent, but for the secret: clients that change what they read before send it back.
    fn metadata(&self, client_id: &str) -> Map<String, Value> {
        let mut metadata = self.0.clone();
        let name = metadata.get("name").cloned().unwrap_or_default();
        metadata.shift_remove("client_secret");
        metadata.insert("application_name".into(), name);
        metadata.insert("client_id".into(), client_id.into());
        metadata
    }
}

/// `POST …/applications`.
#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct NewApp(Fields);

impl Json for NewApp {
    const SCHEMA: &'static Schema = &Schema {
        name: "NewApp",
        about: "Description of a new organization application.",
        properties: &[
            Property::required("name", Kind::String, "The name of the application"),
            Property::optional("redirect_uri", Kind::String, REDIRECT_URI),
            Property::optional("application_uri", Kind::String, APPLICATION_URI),
            Property::optional("description", Kind::String, DESCRIPTION),
            Property::optional("avatar_email", Kind::String, AVATAR_EMAIL),
        ],
    };
}

/// `PUT …/applications/<client_id>`: what is left out is reset.
#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct UpdateApp(Fields);

impl Json for UpdateApp {
    const SCHEMA: &'static Schema = &Schema {
        name: "UpdateApp",
        about: "Description of an updated application.",
        properties: &[
            Property::required("name", Kind::String, "The name of the application"),
            Property::required("redirect_uri", Kind::String, REDIRECT_URI),
            Property::required("application_uri", Kind::String, APPLICATION_URI),
            Property::optional("description", Kind::String, DESCRIPTION),
            Property::optional("avatar_email", Kind::String, AVATAR_EMAIL),
        ],
    };
}

const REDIRECT_URI: &str = "The URI for the application's OAuth redirect";
const APPLICATION_URI: &str = "The URI for the application's homepage";
const DESCRIPTION: &str = "The human-readable description for the application";
const AVATAR_EMAIL: &str = "The e-mail address of the avatar to use for the application";

/// `GET …/applications`.
pub(crate) fn list(cx: &Context<'_, OrganizationAdminView>) -> HandlerResult {
    let (listing, found) = (Listing::of(cx), applications::list(cx.db(), &cx.grant)?);
    let listed = if cx.grant.rights().is_admin() {
        let keys = cx.services().secret_keys()?;
        listing.whole(&found, |application| {
            let secret = client_secret::open(&keys, application).map(|opened| opened.text);
            ApplicationView::new(&application.client_id, application.into(), secret)
        })
    } else {
        listing.whole(&found, ApplicationView::without_secrets)
    };
    Ok(listed.answer("applications", Map::new()))
}

/// `POST …/applications`.
pub(crate) fn create(cx: &Context<'_, OrganizationAdmin>, NewApp(body): NewApp) -> HandlerResult {
    body.refuse_reserved_name()?;
    body.refuse_long_texts()?;
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
        Ok(Response::ok(&ApplicationView::new(&client_id, body.values(), Some(secret))))
    })
}

/// `GET …/applications/<client_id>`.
pub(crate) fn get(cx: &Context<'_, ApplicationAdminView>) -> HandlerResult {
    let application = &cx.grant.target().application;
    if !cx.grant.rights().is_admin() {
        return Ok(Response::ok(&ApplicationView::without_secrets(application)));
    }
    let secret = client_secret::take(cx.services(), application)?;
    Ok(Response::ok(&ApplicationView::new(&application.client_id, application.into(), secret)))
}

/// `PUT …/applications/<client_id>`.
pub(crate) fn change(
    cx: &Context<'_, ApplicationAdmin>,
    UpdateApp(body): UpdateApp,
) -> HandlerResult {
    body.refuse_reserved_name()?;
    body.refuse_long_texts()?;
    let target = cx.grant.target();
    let client_id = &target.application.client_id;
    let secret = client_secret::take(cx.services(), &target.application)?;
    transaction(cx.db(), |tx| {
        if !applications::update(tx, &cx.grant, &body.values())? {
            return Err(ApiError::not_found());
        }
        let told = body.metadata(client_id);
        cx.log(tx, target.organization.id, &LogEvent::UpdateApplication { told })?;
        Ok(Response::ok(&ApplicationView::new(client_id, body.values(), secret)))
    })
}

/// `DELETE …/applications/<client_id>`: with its tokens, codes and assignments.
pub(crate) fn delete(cx: &Context<'_, ApplicationAdmin>) -> HandlerResult {
    let target = cx.grant.target();
    transaction(cx.db(), |tx| {
        let application = applications::delete(tx, &cx.grant)?.ok_or_else(ApiError::not_found)?;
        let Application { name: application_name, client_id, .. } = &application;
        let event = LogEvent::DeleteApplication { application_name, client_id };
        cx.log(tx, target.organization.id, &event)?;
        Ok(Response::no_content())
    })
}

/// `POST …/applications/<client_id>/resetclientsecret`.
pub(crate) fn reset_secret(cx: &Context<'_, ApplicationAdmin>) -> HandlerResult {
    let (services, target) = (cx.services(), cx.grant.target());
    let secret = services.random().upper(CLIENT_SECRET_LENGTH);
    let sealed = services.seal(Purpose::ClientSecret, &secret)?;
    transaction(cx.db(), |tx| {
        let application = applications::set_secret(tx, &cx.grant, &sealed)?;
        let application = application.ok_or_else(ApiError::not_found)?;
        let Application { name: application_name, client_id, .. } = &application;
        let event = LogEvent::ResetApplicationClientSecret { application_name, client_id };
        cx.log(tx, target.organization.id, &event)?;
        let view =
            ApplicationView::new(&application.client_id, (&application).into(), Some(secret));
        Ok(Response::ok(&view))
    })
}

/// `GET /api/v1/app/`: without a client id it is not for anybody, in the original's words.
pub(crate) fn info_of_nobody(_cx: &Context<'_, Public>) -> HandlerResult {
    Err(ApiError::plain_forbidden())
}

/// `GET /api/v1/app/<client_id>`: what everybody may know of an application.
pub(crate) fn info(cx: &Context<'_, Client>) -> HandlerResult {
    let target = cx.grant.target();
    let organization = target.namespace.as_ref().filter(|n| n.kind == NamespaceKind::Organization);
    match (organization, &target.application) {
        (Some(organization), Some(application)) => {
            let (rights, quotas) = (cx.grant.rights(), Quotas::of(cx.services())?);
            Ok(Response::ok(&ApplicationInfo::new(application, organization, rights, quotas)))
        }
        _ => Err(ApiError::not_found()),
    }
}
