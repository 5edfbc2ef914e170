//! `POST /oauth/authorize/assignuser`: an administrator gives a user the choice to accept a token (`docs/contract/quay.md` 5.11).

use berth_access::Client;
use berth_domain::log_event::LogEvent;
use berth_store::assignments::NewAssignment;
use berth_store::notifications::{NewNotification, NotificationKind};
use berth_store::{applications, assignments, notifications, transaction};
use berth_web::{ApiError, Context, Either, Form, HandlerResult, JsonResponse};
use serde_json::Map;

use super::request::{self, AuthorizationRequest, ResponseType};
use super::views::AssignedToken;
use super::{pages, person};
use crate::html::{self, HtmlResponse};

/// Keeps the assignment, and tells the user of it.
pub(crate) fn assign(
    cx: &Context<'_, Client>,
    _form: Form,
) -> HandlerResult<Either<JsonResponse<AssignedToken>, HtmlResponse>> {
    let values = cx.request().values();
    request::require(&values, &["username"])?;
    let request = AuthorizationRequest::require(&values)?;
    let caller = person::require(cx)?;
    let client = cx.grant.target();
    let (Some(application), Some(owner)) = (&client.application, &client.namespace) else {
        return Err(pages::unknown_application(&request));
    };
    if !cx.rights().may_authorize_applications() {
        return Err(pages::refusal(&request, 403, "Not for you", NOT_ALLOWED));
    }
    let right = request.flow() == Some(ResponseType::Token) && request.scopes().is_some();
    if !right || request.target(cx, application)?.is_none() {
        return Err(pages::refusal(&request, 400, "This cannot be assigned", WRONG));
    }
    let (services, username) = (cx.services(), values.get("username").unwrap_or_default());
    let new = NewAssignment {
        uuid: &services.random().uuid(),
        application_id: application.id,
        username,
        redirect_uri: &request.redirect_uri,
        scope: &request.scope,
        response_type: &request.response_type,
        at: services.now(),
    };
    let notification_uuid = services.random().uuid();
    let found = transaction(cx.db(), |tx| {
        let Some(account_id) = assignments::create(tx, &new)? else { return Ok(false) };
        let mut told = Map::new();
        told.insert("username".into(), caller.name.as_str().into());
        let notification = NewNotification {
            uuid: &notification_uuid,
            account_id,
            kind: NotificationKind::AssignedAuthorization,
            subject: new.uuid,
            metadata: &told,
            at: new.at,
        };
        notifications::create(tx, &notification)?;
        let event = LogEvent::OauthTokenAssigned {
            assigning_user: &caller.name,
            assigned_user: username,
            application: &applications::current_name(tx, application.id)?,
            client_id: &application.client_id,
        };
        cx.log(tx, owner.id, &event)?;
        Ok::<_, ApiError>(true)
    })?;
    match (found, request.wants_json) {
        (false, _) => Err(pages::refusal(&request, 404, "Unknown user", UNKNOWN_USER)),
        (true, true) => Ok(Either::Left(JsonResponse(AssignedToken { message: DONE }))),
        (true, false) => Ok(Either::Right(html::message(200, DONE, "The user was told of it."))),
    }
}

const DONE: &str = "Token assigned successfully";
const NOT_ALLOWED: &str = "Only administrators of the organization that owns this application can \
    assign its tokens.";
const WRONG: &str = "A token needs scopes that exist, and a redirect URI of the application.";
const UNKNOWN_USER: &str = "There is no user with this name.";
