//! Robots of organizations and of users: the rules of each operation (`docs/contract/quay.md` 6.3, 6.4).
//!
//! An organization's and a user's robots differ in who may act on them and in nothing else, so the handlers are generic
//! over the permission.

use berth_access::{NamespaceChange, NamespaceRef, Permission, Permit, Rights};
use berth_domain::secret::{Purpose, SecretKeys};
use berth_domain::{Namespace, RobotName, settings};
use berth_store::log_event::LogEvent;
use berth_store::robots::{self, NewRobot, Robot};
use berth_store::{Constraint, StoreError, transaction};
use berth_web::listing::Listing;
use berth_web::{
    ApiError, Body, Context, HandlerResult, Json, Kind, OptionalJson, Property, Query, Request,
    Response, Schema,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::robots::views::RobotView;

/// How many characters a token has.
const TOKEN_LENGTH: usize = 64;

/// How large the body of `PUT …/robots/<short>` may be, in bytes.
const LARGEST_BODY: usize = 1024 * 1024;

/// The query of a list.
pub(crate) struct ListQuery {
    permissions: bool,
    token: bool,
    limit: Option<i64>,
}

impl Body for ListQuery {
    const SCHEMA: Option<&'static Schema> = None;
    const QUERY: &'static [Query] = &[
        Query::flag("permissions", "With teams and repositories"),
        Query::flag("token", "With tokens, unless it is `false`"),
        Query::number("limit", "How many to list, at most"),
    ];

    /// As the original, a limit that is no number is refused before the permission is asked.
    fn read(request: &Request) -> Result<Self, ApiError> {
        let query = request.query(Self::QUERY);
        let limit = query.get("limit").map(|text| {
            let number = text.trim().parse().ok().filter(|number| *number >= 0);
            number.ok_or_else(|| {
                let about = "If specified, the number of robots to return.";
                ApiError::Custom(400, json!({ "message": { "limit": about } }))
            })
        });
        Ok(Self {
            permissions: query.flag("permissions"),
            token: query.get("token").is_none() || query.flag("token"),
            limit: limit.transpose()?,
        })
    }
}

/// `GET …/robots`: tokens, teams and repositories for administrators only.
pub(crate) fn list<P: Permit<Target = NamespaceRef>>(
    cx: &Context<'_, P>,
    query: ListQuery,
) -> HandlerResult {
    let sees = Visibility::of::<P>(cx.grant.rights());
    let with_places = query.permissions && sees.places;
    let lines = robots::list(cx.db(), &cx.grant, with_places, query.limit)?;
    let keys = (query.token && sees.tokens).then(|| cx.services().secret_keys()).transpose()?;
    let listed = Listing::of(cx).whole(&lines, |line| RobotView::of_line(line, keys.as_ref()));
    Ok(listed.answer("robots", Map::new()))
}

/// How much of a robot a caller sees.
struct Visibility {
    /// Tokens.
    tokens: bool,
    /// Teams and repositories.
    places: bool,
}

impl Visibility {
    /// One's own robots, all of it; an organization's, as its administrator, and without tokens who only reads.
    fn of<P: Permit>(rights: &Rights) -> Self {
        let own = P::PERMISSION == Permission::UserAdmin;
        Self { tokens: own || rights.is_admin(), places: own || rights.sees_as_admin() }
    }
}

/// `GET …/robots/<short>`. A token that a former key sealed is sealed anew when it is shown.
pub(crate) fn get<P: Permit<Target = NamespaceRef>>(cx: &Context<'_, P>) -> HandlerResult {
    if !Visibility::of::<P>(cx.grant.rights()).tokens {
        let robot = find(cx)?;
        return Ok(Response::ok(&RobotView::new(&robot).with_stored_metadata(&robot)?));
    }
    let keys = cx.services().secret_keys()?;
    let robot = find_sealed_anew(cx, &keys)?;
    let view = RobotView::new(&robot).with_stored_metadata(&robot)?;
    Ok(Response::ok(&view.with_sealed_token(&robot, &keys)))
}

/// `PUT …/robots/<short>`.
#[derive(Deserialize)]
pub(crate) struct CreateRobot {
    description: Option<String>,
    unstructured_metadata: Option<Map<String, Value>>,
}

impl Json for CreateRobot {
    const SCHEMA: &'static Schema = &Schema {
        name: "CreateRobot",
        about: "Optional data for creating a robot",
        properties: &[
            Property::optional(
                "description",
                Kind::StringOfLength(0, 255),
                "Optional text description for the robot",
            ),
            Property::optional(
                "unstructured_metadata",
                Kind::AnyObject,
                "Optional unstructured metadata for the robot",
            ),
        ],
    };
}

/// The body of `PUT …/robots/<short>`, which may be left out and has a limit of its own.
pub(crate) struct NewRobotBody(CreateRobot);

impl Body for NewRobotBody {
    const SCHEMA: Option<&'static Schema> = Some(<CreateRobot as Json>::SCHEMA);

    fn read(request: &Request) -> Result<Self, ApiError> {
        if request.has_json_type() && request.body.len() > LARGEST_BODY {
            return Err(ApiError::invalid_request("Request error."));
        }
        OptionalJson::read(request).map(|OptionalJson(body)| Self(body))
    }
}

/// Makes a robot; the answer shows its token.
pub(crate) fn create<P: NamespaceChange>(
    cx: &Context<'_, P>,
    NewRobotBody(body): NewRobotBody,
) -> HandlerResult {
    let (services, short, random) =
        (cx.services(), cx.path("robot_shortname"), cx.services().random());
    let namespace = existing::<P>(cx)?;
    refuse_disallowed(cx)?;
    let name = RobotName::new(&namespace.name, short)?;
    let token = random.upper(TOKEN_LENGTH);
    let metadata = json!(body.unstructured_metadata);
    let robot = Robot {
        name: name.as_str().to_owned(),
        created_at: services.now(),
        last_accessed: None,
        description: body.description.clone().unwrap_or_default(),
        sealed_token: services.seal(Purpose::RobotToken, &token)?,
        metadata: json!(body.unstructured_metadata.unwrap_or_default()).to_string(),
        federation: "[]".into(),
    };
    let (uuid, no_email) = (random.ordered_uuid(services.now()), random.uuid());
    transaction(cx.db(), |tx| {
        let new = NewRobot { uuid: &uuid, no_email: &no_email, robot: &robot };
        robots::create(tx, &cx.grant, &new).map_err(|error| already(error, &name))?;
        let event = LogEvent::CreateRobot {
            robot: short,
            description: body.description.as_deref(),
            unstructured_metadata: &metadata,
        };
        cx.log(tx, namespace.id, &event)?;
        let view = RobotView::new(&robot).with_token(token).with_metadata(metadata);
        Ok(Response::json(201, &view))
    })
}

fn refuse_disallowed<P: Permit>(cx: &Context<'_, P>) -> Result<(), ApiError> {
    match cx.services().setting(&settings::ROBOTS_DISALLOW)? {
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
pub(crate) fn regenerate<P: NamespaceChange>(cx: &Context<'_, P>) -> HandlerResult {
    let namespace = existing::<P>(cx)?;
    let token = cx.services().random().upper(TOKEN_LENGTH);
    let sealed = cx.services().seal(Purpose::RobotToken, &token)?;
    transaction(cx.db(), |tx| {
        let robot = robots::change_token(tx, &cx.grant, &full_name(cx, namespace), &sealed)?;
        let robot = robot.ok_or_else(missing)?;
        let event = LogEvent::RegenerateRobotToken { robot: cx.path("robot_shortname") };
        cx.log(tx, namespace.id, &event)?;
        Ok(Response::ok(&RobotView::new(&robot).with_token(token)))
    })
}

/// `DELETE …/robots/<short>`: with its memberships and permissions. Consoles use the organization's path for a user's own
/// robots too; the row says so.
pub(crate) fn delete<P: NamespaceChange>(cx: &Context<'_, P>) -> HandlerResult {
    let namespace = cx.grant.namespace().ok_or_else(missing)?;
    transaction(cx.db(), |tx| {
        if !robots::delete(tx, &cx.grant, &full_name(cx, namespace))? {
            return Err(missing());
        }
        let event = LogEvent::DeleteRobot { robot: cx.path("robot_shortname") };
        cx.log(tx, namespace.id, &event)?;
        Ok(Response::no_content())
    })
}

/// The namespace that the operation is about.
///
/// # Errors
/// F2 when it does not exist.
pub(crate) fn existing<'a, P: Permit<Target = NamespaceRef>>(
    cx: &'a Context<'_, P>,
) -> Result<&'a Namespace, ApiError> {
    cx.grant.namespace().ok_or_else(|| {
        ApiError::model(format!("Organization does not exist: {}", cx.path("orgname")))
    })
}

/// The robot of the path. One statement.
pub(super) fn find<P: Permit<Target = NamespaceRef>>(
    cx: &Context<'_, P>,
) -> Result<Robot, ApiError> {
    let namespace = existing::<P>(cx)?;
    robots::get(cx.db(), &cx.grant, &full_name(cx, namespace))?.ok_or_else(missing)
}

/// As [`find`]; a token that a former key sealed is under the present one afterwards.
fn find_sealed_anew<P: Permit<Target = NamespaceRef>>(
    cx: &Context<'_, P>,
    keys: &SecretKeys,
) -> Result<Robot, ApiError> {
    let before = cx.sealed_robot_token();
    let opened = before.and_then(|sealed| keys.open(Purpose::RobotToken, sealed).ok());
    let (Some(before), Some(opened)) = (before, opened.filter(|opened| opened.is_stale)) else {
        return find(cx);
    };
    let name = full_name(cx, existing::<P>(cx)?);
    let after = cx.services().seal(Purpose::RobotToken, &opened.text)?;
    robots::reseal(cx.db(), &cx.grant, &name, before, &after)?.ok_or_else(missing)
}

/// The full name of the robot in the path. It may be none that a robot can have; then there is none of it.
pub(crate) fn full_name<P: Permit>(cx: &Context<'_, P>, namespace: &Namespace) -> String {
    format!("{}+{}", namespace.name, cx.path("robot_shortname"))
}

pub(crate) fn missing() -> ApiError {
    ApiError::model("Could not find robot with specified username")
}
