//! `POST /oauth/authorize/assignuser`: an administrator gives a user the choice to accept a token (`docs/contract/quay.md` 5.11).

use berth_access::{Caller, Client};
use berth_domain::log_event::LogEvent;
use berth_domain::{Application, Namespace};
use berth_store::assignments::NewAssignment;
use berth_store::notifications::{NewNotification, NotificationKind};
use berth_store::{applications, assignments, notifications, transaction};
use berth_web::{
    ApiError, Context, Either, Form, HandlerResult, JsonResponse, RequestExt, StatusCode,
};
use serde_json::Map;

use super::request::{self, AuthorizationRequest, ResponseType};
use super::views::AssignedToken;
use super::{pages, person};
use crate::html::{self, HtmlResponse};

/// Stores the assignment, and notifies the user.
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
        return Err(pages::unknown_application(cx.services(), &request));
    };
    if !cx.rights().may_authorize_applications() {
        return Err(pages::refusal(
            cx.services(),
            &request,
            StatusCode::FORBIDDEN,
            "Not for you",
            NOT_ALLOWED,
        ));
    }
    let right = request.flow() == Some(ResponseType::Token) && request.scopes().is_some();
    if !right || request.target(cx, application).is_none() {
        let title = "This cannot be assigned";
        return Err(pages::refusal(cx.services(), &request, StatusCode::BAD_REQUEST, title, WRONG));
    }
    let username = values.get("username").unwrap_or_default();
    if !store(cx, &request, caller, username, (owner, application))? {
        return Err(pages::refusal(
            cx.services(),
            &request,
            StatusCode::NOT_FOUND,
            "Unknown user",
            UNKNOWN_USER,
        ));
    }
    Ok(if request.wants_json {
        Either::Left(JsonResponse(AssignedToken { message: DONE }))
    } else {
        Either::Right(html::message(
            cx.services(),
            StatusCode::OK,
            DONE,
            "The user was told of it.",
        ))
    })
}

/// Stores the assignment to the user of that name, with its notification; false when there is no such user.
fn store(
    cx: &Context<'_, Client>,
    request: &AuthorizationRequest,
    caller: &Caller,
    username: &str,
    (owner, application): (&Namespace, &Application),
) -> Result<bool, ApiError> {
    let services = cx.services();
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
    transaction(cx.db(), |tx| {
        let Some(account_id) = assignments::create(tx, &new)? else { return Ok(false) };
        let mut metadata = Map::new();
        metadata.insert("username".into(), caller.name.as_str().into());
        let notification = NewNotification {
            uuid: &notification_uuid,
            account_id,
            kind: NotificationKind::AssignedAuthorization,
            subject: new.uuid,
            metadata: &metadata,
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
        Ok(true)
    })
}

const DONE: &str = "Token assigned successfully";
const NOT_ALLOWED: &str = "Only administrators of the organization that owns this application can \
    assign its tokens.";
const WRONG: &str = "A token needs scopes that exist, and a redirect URI of the application.";
const UNKNOWN_USER: &str = "There is no user with this name.";
