//! Robots of organizations and of users: the rules of each operation (`docs/contract/quay.md` 6.3, 6.4).
//!
//! An organization's and a user's robots differ in who may act on them and in nothing else, so the handlers are generic
//! over the permission.

use std::collections::HashSet;

use berth_access::{NamespaceChange, NamespaceRef, Permission, Permit, RepositoryAdmin, Rights};
use berth_domain::limits::{FEDERATION_BYTES, FEDERATION_ENTRIES};
use berth_domain::secret::{Purpose, SecretKeys};
use berth_domain::{LogKind, Namespace, RepositoryRole, RobotName, settings};
use berth_store::robots::{self, NewRobot, PermissionChange, Robot, RobotPermission};
use berth_store::{StoreError, log, transaction};
use berth_web::listing::Listing;
use berth_web::{
    Answer, ApiError, Body, Context, Json, Kind, OptionalJson, Property, Query, Request, Response,
    Schema,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::robot_views::{self, RobotView, stored};

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
) -> Answer {
    let sees = Sees::of::<P>(cx.grant.rights());
    let with_places = query.permissions && sees.places;
    let lines = robots::list(cx.db(), &cx.grant, with_places, query.limit)?;
    let keys = (query.token && sees.tokens).then(|| cx.services().secret_keys()).transpose()?;
    let listed = Listing::of(cx).whole(&lines, |line| RobotView::of_line(line, keys.as_ref()));
    Ok(listed.answer("robots", Map::new()))
}

/// How much of a robot a caller sees.
struct Sees {
    /// Tokens.
    tokens: bool,
    /// Teams and repositories.
    places: bool,
}

impl Sees {
    /// One's own robots, all of it; an organization's, as its administrator, and without tokens who only reads.
    fn of<P: Permit>(rights: &Rights) -> Self {
        let own = P::PERMISSION == Permission::UserAdmin;
        Self { tokens: own || rights.is_admin(), places: own || rights.sees_as_admin() }
    }
}

/// `GET …/robots/<short>`. A token that a former key sealed is sealed anew when it is shown.
pub(crate) fn get<P: Permit<Target = NamespaceRef>>(cx: &Context<'_, P>) -> Answer {
    if !Sees::of::<P>(cx.grant.rights()).tokens {
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
) -> Answer {
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
    let told = json!({
        "robot": short, "description": body.description, "unstructured_metadata": metadata,
    });
    transaction(cx.db(), |tx| {
        let new = NewRobot { uuid: &uuid, no_email: &no_email, robot: &robot };
        robots::create(tx, &cx.grant, &new).map_err(|error| already(error, &name))?;
        log::append(tx, &[cx.log_entry(LogKind::CreateRobot, namespace.id, told)])?;
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
    match error.is_taken("account.name") {
        true => ApiError::invalid_request(format!("Existing robot with name: {}", name.as_str())),
        false => error.into(),
    }
}

/// `POST …/robots/<short>/regenerate`: the former token stops at once.
pub(crate) fn regenerate<P: NamespaceChange>(cx: &Context<'_, P>) -> Answer {
    let namespace = existing::<P>(cx)?;
    let token = cx.services().random().upper(TOKEN_LENGTH);
    let sealed = cx.services().seal(Purpose::RobotToken, &token)?;
    transaction(cx.db(), |tx| {
        let robot = robots::change_token(tx, &cx.grant, &full_name(cx, namespace), &sealed)?;
        let robot = robot.ok_or_else(missing)?;
        log_robot(cx, tx, LogKind::RegenerateRobotToken, namespace)?;
        Ok(Response::ok(&RobotView::new(&robot).with_token(token)))
    })
}

/// `DELETE …/robots/<short>`: with its memberships and permissions. Consoles use the organization's path for a user's own
/// robots too; the row says so.
pub(crate) fn delete<P: NamespaceChange>(cx: &Context<'_, P>) -> Answer {
    let namespace = cx.grant.namespace().ok_or_else(missing)?;
    transaction(cx.db(), |tx| {
        if !robots::delete(tx, &cx.grant, &full_name(cx, namespace))? {
            return Err(missing());
        }
        log_robot(cx, tx, LogKind::DeleteRobot, namespace)?;
        Ok(Response::no_content())
    })
}

/// `GET …/robots/<short>/permissions`.
pub(crate) fn permissions<P: Permit<Target = NamespaceRef>>(cx: &Context<'_, P>) -> Answer {
    let namespace = existing::<P>(cx)?;
    let found = robots::permissions(cx.db(), &cx.grant, &full_name(cx, namespace))?;
    let listed = Listing::of(cx).whole(&found.ok_or_else(missing)?, robot_views::permission);
    Ok(listed.answer("permissions", Map::new()))
}

/// `PUT …/robots/<short>/permissions/<repository>`, which Go clients call and Quay lacks.
#[derive(Deserialize)]
pub(crate) struct RobotRole {
    role: String,
}

impl Json for RobotRole {
    const SCHEMA: &'static Schema = &Schema {
        name: "RobotPermission",
        about: "What a robot may do on a repository",
        properties: &[Property::required(
            "role",
            Kind::Enum(&["read", "write", "admin"]),
            "Role to use for the robot",
        )],
    };
}

/// Gives a robot a role on a repository of its namespace. Who may is who may through the repository's own path.
pub(crate) fn set_permission(cx: &Context<'_, RepositoryAdmin>, body: RobotRole) -> Answer {
    let place = Place::of(cx)?;
    let role: RepositoryRole =
        body.role.parse().map_err(|_| ApiError::invalid_request("Request error."))?;
    transaction(cx.db(), |tx| {
        match robots::set_permission(tx, &cx.grant, &place.robot, role)? {
            PermissionChange::Done => {}
            _ => return Err(missing()),
        }
        place.log(cx, tx, LogKind::ChangeRepoPermission, Some(role))?;
        let permission = RobotPermission {
            repository: place.repository.to_owned(),
            is_public: place.is_public,
            role,
        };
        Ok(Response::ok(&robot_views::permission(&permission)))
    })
}

/// `DELETE …/robots/<short>/permissions/<repository>`.
pub(crate) fn delete_permission(cx: &Context<'_, RepositoryAdmin>) -> Answer {
    let place = Place::of(cx)?;
    transaction(cx.db(), |tx| {
        match robots::delete_permission(tx, &cx.grant, &place.robot)? {
            PermissionChange::Done => {}
            PermissionChange::NoRobot => return Err(missing()),
            PermissionChange::NoPermission => {
                return Err(ApiError::invalid_request("User does not have permission for repo."));
            }
        }
        place.log(cx, tx, LogKind::DeleteRepoPermission, None)?;
        Ok(Response::no_content())
    })
}

/// A robot and a repository of the same namespace.
struct Place<'a> {
    namespace: &'a Namespace,
    repository: &'a str,
    is_public: bool,
    robot: String,
}

impl<'a> Place<'a> {
    fn of(cx: &'a Context<'_, RepositoryAdmin>) -> Result<Self, ApiError> {
        let target = cx.grant.target();
        let (Some(namespace), Some(repository)) = (&target.namespace, &target.repository) else {
            return Err(ApiError::not_found());
        };
        Ok(Self {
            namespace,
            repository: &repository.name,
            is_public: repository.is_public,
            robot: full_name(cx, namespace),
        })
    }

    /// As `PUT` and `DELETE …/repository/<r>/permissions/user/<robot>` log it.
    fn log(
        &self,
        cx: &Context<'_, RepositoryAdmin>,
        tx: &berth_store::Transaction<'_>,
        kind: LogKind,
        role: Option<RepositoryRole>,
    ) -> Result<(), StoreError> {
        let mut metadata = json!({
            "username": self.robot, "repo": self.repository, "namespace": self.namespace.name,
        });
        if let (Some(role), Some(members)) = (role, metadata.as_object_mut()) {
            members.insert("role".into(), role.as_str().into());
        }
        log::append(tx, &[cx.log_entry(kind, self.namespace.id, metadata)])
    }
}

/// `GET …/robots/<short>/federation`: an array, bare.
pub(crate) fn federation<P: Permit<Target = NamespaceRef>>(cx: &Context<'_, P>) -> Answer {
    let robot = find(cx)?;
    Ok(Response::ok(&stored::<Value>(&robot.federation)?))
}

/// The body of `POST …/robots/<short>/federation`: an array.
pub(crate) struct Federation(Vec<Value>);

impl Body for Federation {
    const SCHEMA: Option<&'static Schema> = None;

    fn read(request: &Request) -> Result<Self, ApiError> {
        if !request.has_json_type() {
            return Err(ApiError::not_json());
        }
        if request.body.len() > FEDERATION_BYTES {
            return Err(ApiError::too_large(FEDERATION_BYTES));
        }
        match berth_web::parse(request)? {
            Value::Null => Err(ApiError::invalid_request("Missing JSON body")),
            Value::Array(entries) => Ok(Self(entries)),
            other => Err(wrong_type(&other, "array")),
        }
    }
}

impl Federation {
    /// The entries, each with issuer and subject and nothing else.
    fn checked(self) -> Result<Vec<Value>, ApiError> {
        if self.0.len() > FEDERATION_ENTRIES {
            return Err(ApiError::invalid_request(format!(
                "A robot can have at most {FEDERATION_ENTRIES} federation config entries"
            )));
        }
        let mut known = HashSet::new();
        let mut checked = Vec::with_capacity(self.0.len());
        for entry in &self.0 {
            let Value::Object(members) = entry else { return Err(wrong_type(entry, "object")) };
            let issuer = member(members, "issuer")?;
            let subject = member(members, "subject")?;
            if !["http://", "https://"].iter().any(|scheme| issuer.starts_with(scheme)) {
                return Err(ApiError::invalid_request(
                    "Issuer must be a URL (http:// or https://)",
                ));
            }
            if !known.insert((issuer, subject)) {
                return Err(ApiError::invalid_request("Duplicate federation config entry"));
            }
            checked.push(json!({ "issuer": issuer, "subject": subject }));
        }
        Ok(checked)
    }
}

fn member<'a>(members: &'a Map<String, Value>, name: &str) -> Result<&'a str, ApiError> {
    match members.get(name) {
        Some(Value::String(text)) if !text.is_empty() => Ok(text),
        None | Some(Value::Null | Value::String(_)) => {
            Err(ApiError::invalid_request("Missing one or more required fields (issuer, subject)"))
        }
        Some(other) => Err(wrong_type(other, "string")),
    }
}

fn wrong_type(value: &Value, wanted: &str) -> ApiError {
    let value = berth_web::schema::python(value);
    ApiError::invalid_request(format!("{value} is not of type '{wanted}'"))
}

/// `POST …/robots/<short>/federation`: replaces what was there.
pub(crate) fn set_federation<P: NamespaceChange>(cx: &Context<'_, P>, body: Federation) -> Answer {
    let (namespace, entries) = (existing::<P>(cx)?, json!(body.checked()?));
    let metadata = json!({ "config": entries, "robot": cx.path("robot_shortname") });
    transaction(cx.db(), |tx| {
        let name = full_name(cx, namespace);
        if !robots::set_federation(tx, &cx.grant, &name, &entries.to_string())? {
            return Err(missing());
        }
        let entry = cx.log_entry(LogKind::CreateRobotFederation, namespace.id, metadata);
        log::append(tx, &[entry])?;
        Ok(Response::ok(&entries))
    })
}

/// `DELETE …/robots/<short>/federation`.
pub(crate) fn delete_federation<P: NamespaceChange>(cx: &Context<'_, P>) -> Answer {
    let namespace = existing::<P>(cx)?;
    transaction(cx.db(), |tx| {
        if !robots::set_federation(tx, &cx.grant, &full_name(cx, namespace), "[]")? {
            return Err(missing());
        }
        log_robot(cx, tx, LogKind::DeleteRobotFederation, namespace)?;
        Ok(Response::no_content())
    })
}

/// The namespace that the operation is about.
///
/// # Errors
/// F2 when it does not exist.
fn existing<'a, P: Permit<Target = NamespaceRef>>(
    cx: &'a Context<'_, P>,
) -> Result<&'a Namespace, ApiError> {
    cx.grant.namespace().ok_or_else(|| {
        ApiError::model(format!("Organization does not exist: {}", cx.path("orgname")))
    })
}

/// The robot of the path. One statement.
fn find<P: Permit<Target = NamespaceRef>>(cx: &Context<'_, P>) -> Result<Robot, ApiError> {
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
fn full_name<P: Permit>(cx: &Context<'_, P>, namespace: &Namespace) -> String {
    format!("{}+{}", namespace.name, cx.path("robot_shortname"))
}

fn missing() -> ApiError {
    ApiError::model("Could not find robot with specified username")
}

/// Logs what happened to a robot, of which there is nothing more to say.
fn log_robot<P: Permit>(
    cx: &Context<'_, P>,
    tx: &berth_store::Transaction<'_>,
    kind: LogKind,
    namespace: &Namespace,
) -> Result<(), StoreError> {
    let metadata = json!({ "robot": cx.path("robot_shortname") });
    log::append(tx, &[cx.log_entry(kind, namespace.id, metadata)])
}
