//! Robots of organizations and of users: the rules of each operation (`docs/contract/quay.md` 6.3, 6.4).
//!
//! An organization's and a user's robots differ in their permissions and in nothing else, so the handlers are generic
//! over the permission.

use berth_access::{NamespaceChange, NamespaceTarget, Permit, path};
use berth_domain::log_event::LogEvent;
use berth_domain::secret::{Purpose, SecretKeys};
use berth_domain::{Namespace, RobotName, settings};
use berth_store::robots::{self, NewRobot, Robot};
use berth_store::{Constraint, StoreError, transaction};
use berth_web::{ApiError, Context, Created, HandlerResult, JsonResponse, ListResponse, NoContent};
use serde_json::json;

use crate::robots::bodies::{NewRobotBody, RobotsQuery};
use crate::robots::views::{RobotView, Robots};

/// How many characters a token has.
const TOKEN_LENGTH: usize = 64;

path! {
    /// A robot of the namespace.
    pub(crate) struct RobotPath { robot_shortname => robot }
}

/// `GET …/robots`: tokens, teams and repositories for administrators only.
pub(crate) fn list<P: Permit<Target: NamespaceTarget>>(
    cx: &Context<'_, P>,
    query: RobotsQuery,
) -> HandlerResult<ListResponse<Robots>> {
    let (rights, page) = (cx.rights(), query.page.page(cx)?);
    let with_places = query.permissions && rights.sees_robot_places();
    let found = robots::list(cx.db(), &cx.grant, with_places, &page.window)?;
    let keys = (query.token && rights.sees_robot_tokens())
        .then(|| cx.services().secret_keys())
        .transpose()?;
    let listed = page.list(found, |line| RobotView::of_line(&line, keys.as_ref()))?;
    Ok(listed.respond(Robots::of))
}

/// `GET …/robots/<short>`. A token that a former key sealed is sealed anew when it is shown.
pub(crate) fn get<P: Permit<Target: NamespaceTarget>>(
    cx: &Context<'_, P>,
    path: RobotPath,
) -> HandlerResult<JsonResponse<RobotView>> {
    if !cx.rights().sees_robot_tokens() {
        let robot = find(cx, &path)?;
        return Ok(JsonResponse(RobotView::new(&robot).with_stored_metadata(&robot)?));
    }
    let keys = cx.services().secret_keys()?;
    let robot = find_sealed_anew(cx, &path, &keys)?;
    let view = RobotView::new(&robot).with_stored_metadata(&robot)?;
    Ok(JsonResponse(view.with_sealed_token(&robot, &keys)))
}

/// Makes a robot; the answer shows its token.
pub(crate) fn create<P: NamespaceChange>(
    cx: &Context<'_, P>,
    path: RobotPath,
    NewRobotBody(body): NewRobotBody,
) -> HandlerResult<Created<RobotView>> {
    let (services, random) = (cx.services(), cx.services().random());
    let namespace = existing::<P>(cx)?;
    refuse_disallowed(cx)?;
    let name = RobotName::new(&namespace.name, &path.robot_shortname)?;
    let token = random.upper(TOKEN_LENGTH);
    let robot = Robot {
        name: name.as_str().to_owned(),
        created_at: services.now(),
        last_accessed: None,
        description: body.description.clone().unwrap_or_default(),
        sealed_token: services.seal(Purpose::RobotToken, &token)?,
        metadata: json!(body.unstructured_metadata.clone().unwrap_or_default()).to_string(),
        federation: "[]".into(),
    };
    let (uuid, no_email) = (random.ordered_uuid(services.now()), random.uuid());
    transaction(cx.db(), |tx| {
        let new = NewRobot { uuid: &uuid, no_email: &no_email, robot: &robot };
        robots::create(tx, &cx.grant, &new).map_err(|error| already(error, &name))?;
        let event = LogEvent::CreateRobot {
            robot: &path.robot_shortname,
            description: body.description.as_deref(),
            unstructured_metadata: &json!(body.unstructured_metadata),
        };
        cx.log(tx, namespace.id, &event)?;
        let view = RobotView::new(&robot).with_token(token.clone());
        Ok(Created(view.with_metadata(body.unstructured_metadata.clone())))
    })
}

fn refuse_disallowed<P: Permit>(cx: &Context<'_, P>) -> Result<(), ApiError> {
    match cx.services().setting(&settings::ROBOTS_DISALLOW) {
        false => Ok(()),
        true => Err(ApiError::invalid_request(
            "Robot accounts have been disabled. Please contact your administrator.",
        )),
    }
}

fn already(error: StoreError, name: &RobotName) -> ApiError {
    match error.violates(Constraint::AccountName) {
        true => ApiError::invalid_request(format!("Existing robot with name: {}", name.as_str())),
        false => error.into(),
    }
}

/// `POST …/robots/<short>/regenerate`: the former token stops at once.
pub(crate) fn regenerate<P: NamespaceChange>(
    cx: &Context<'_, P>,
    path: RobotPath,
) -> HandlerResult<JsonResponse<RobotView>> {
    let namespace = existing::<P>(cx)?;
    let token = cx.services().random().upper(TOKEN_LENGTH);
    let sealed = cx.services().seal(Purpose::RobotToken, &token)?;
    transaction(cx.db(), |tx| {
        let robot = robots::change_token(tx, &cx.grant, &path.full_name(namespace), &sealed)?;
        let robot = robot.ok_or_else(missing)?;
        let event = LogEvent::RegenerateRobotToken { robot: &path.robot_shortname };
        cx.log(tx, namespace.id, &event)?;
        Ok(JsonResponse(RobotView::new(&robot).with_token(token.clone())))
    })
}

/// `DELETE …/robots/<short>`: with its memberships and permissions. Consoles use the organization's path for a user's own
/// robots too; the row says so.
pub(crate) fn delete<P: NamespaceChange>(
    cx: &Context<'_, P>,
    path: RobotPath,
) -> HandlerResult<NoContent> {
    let namespace = cx.grant.namespace().ok_or_else(missing)?;
    transaction(cx.db(), |tx| {
        if !robots::delete(tx, &cx.grant, &path.full_name(namespace))? {
            return Err(missing());
        }
        let event = LogEvent::DeleteRobot { robot: &path.robot_shortname };
        cx.log(tx, namespace.id, &event)?;
        Ok(NoContent)
    })
}

/// The namespace that the operation is about.
///
/// # Errors
/// F2 when it does not exist.
pub(crate) fn existing<'a, P: Permit<Target: NamespaceTarget>>(
    cx: &'a Context<'_, P>,
) -> Result<&'a Namespace, ApiError> {
    cx.grant.namespace().ok_or_else(|| {
        let name = cx.address().namespace.as_deref().unwrap_or_default();
        ApiError::model(format!("Organization does not exist: {name}"))
    })
}

/// The robot of the path. One statement.
pub(super) fn find<P: Permit<Target: NamespaceTarget>>(
    cx: &Context<'_, P>,
    path: &RobotPath,
) -> Result<Robot, ApiError> {
    let namespace = existing::<P>(cx)?;
    robots::get(cx.db(), &cx.grant, &path.full_name(namespace))?.ok_or_else(missing)
}

/// As [`find`]; a token that a former key sealed is under the present one afterwards.
fn find_sealed_anew<P: Permit<Target: NamespaceTarget>>(
    cx: &Context<'_, P>,
    path: &RobotPath,
    keys: &SecretKeys,
) -> Result<Robot, ApiError> {
    let before = cx.sealed_robot_token();
    let opened = before.and_then(|sealed| keys.open(Purpose::RobotToken, sealed).ok());
    let (Some(before), Some(opened)) = (before, opened.filter(|opened| opened.is_stale)) else {
        return find(cx, path);
    };
    let name = path.full_name(existing::<P>(cx)?);
    let after = cx.services().seal(Purpose::RobotToken, &opened.text)?;
    robots::reseal(cx.db(), &cx.grant, &name, before, &after)?.ok_or_else(missing)
}

impl RobotPath {
    /// The full name of the robot. It may be none that a robot can have; then there is none of it.
    pub(crate) fn full_name(&self, namespace: &Namespace) -> String {
        format!("{}+{}", namespace.name, self.robot_shortname)
    }
}

pub(crate) fn missing() -> ApiError {
    ApiError::model("Could not find robot with specified username")
}
