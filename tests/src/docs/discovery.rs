//! `crates/berth-api/src/system/discovery.json`, from the route tables: what does not change while Berth runs of the answer to
//! `GET /api/v1/discovery` (Swagger 2.0). The component `system` adds the rest, among it the refusals that operations share, and
//! leaves out what is internal or off, by the marks `x-internal` and `x-feature`.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use berth_access::Permission;
use berth_web::{Answer, ErrorType, Kind, Logs, Property, Query, Route, Schema};
use schemars::SchemaGenerator;
use serde_json::{Map, Value, json};

use super::answers;
use crate::components::{Component, described_rows};

/// The document.
///
/// # Panics
/// When two bodies share a name and differ, or two types of answers, or one of each.
#[must_use]
pub fn document() -> Value {
    let mut paths = Map::new();
    let mut definitions = Map::new();
    definitions.insert("ApiError".into(), api_error());
    definitions.insert("Message".into(), message());
    definitions.insert("Refusal".into(), refusal());
    let mut generator = answers::generator();
    for (component, route) in described_rows() {
        let path = swagger_path(route.path);
        let entry =
            paths.entry(path.clone()).or_insert_with(|| path_entry(&component, route, &path));
        let method = route.method.as_str().to_ascii_lowercase();
        entry[&method] = operation(route, &mut generator);
        if let Some(schema) = route.endpoint.schema() {
            define(&mut definitions, schema);
        }
    }
    for (name, schema) in answers::definitions(&mut generator) {
        assert!(definitions.insert(name.clone(), schema).is_none(), "two types are called {name}");
    }
    let tags: Vec<Value> =
        TAGS.iter().map(|tag| json!({ "name": tag.name, "description": tag.about })).collect();
    json!({ "paths": paths, "definitions": definitions, "responses": refusals(), "tags": tags })
}

/// The document as text: a line for each path, definition and response, so that a change reads well and the file stays small.
pub(super) fn text() -> String {
    let document = document();
    let mut text = String::from("{\n");
    for part in ["paths", "definitions", "responses"] {
        let _ = writeln!(text, "\"{part}\": {{");
        let members: Vec<String> = document[part]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, value)| format!("{}:{value}", json!(name)))
            .collect();
        let _ = writeln!(text, "{}\n}},", members.join(",\n"));
    }
    let _ = writeln!(text, "\"tags\": {}\n}}", document["tags"]);
    text
}

/// A group of operations.
struct Tag {
    /// The part of a path, with a slash behind it, that puts it into the group.
    marks: &'static [&'static str],
    /// Quay's name of the group, where Quay has it.
    name: &'static str,
    /// The subject of the operations.
    about: &'static str,
}

const fn tag(name: &'static str, marks: &'static [&'static str], about: &'static str) -> Tag {
    Tag { marks, name, about }
}

/// The groups; the first that fits counts.
const TAGS: &[Tag] = &[
    tag(CONCORD, &["/v1/org/"], "Organizations, as Concord's API has them"),
    tag("suconfig", &["/superuser/registrystatus/"], "The state of the registry"),
    tag("superuser", &["/superuser/"], "The installation, for superusers"),
    tag(
        "appspecifictokens",
        &["/apptoken/"],
        "Tokens that programs show in the place of a password",
    ),
    tag("discovery", &["/discovery/"], "What the API has"),
    tag("error", &["/error/"], "What the types of errors mean"),
    tag("capabilities", &["/registry/capabilities/"], "What the registry can"),
    tag("globalmessages", &["/messages/", "/message/"], "Messages to everybody"),
    tag("search", &["/entities/"], "Finding whom to add, invite or permit"),
    tag("logs", &["/logs/", "/aggregatelogs/", "/exportlogs/"], "What happened"),
    tag("tag", &["/tag/"], "Tags of images"),
    tag("manifest", &["/manifest/"], "Manifests of images"),
    tag("repositorynotification", &["/notification/"], "Who is told what happens to images"),
    tag("namespacequota", &["/quota/"], "Storage quotas"),
    tag("policy", &["/autoprunepolicy/"], "Auto-prune policies"),
    tag("robot", &["/robots/"], "Robot accounts of organizations and users"),
    tag("prototype", &["/prototypes/"], "Default permissions of new repositories"),
    tag("organization_application_tokens", &["/tokens/"], "Tokens of applications"),
    tag("team", &["/:orgname/team/", "/teaminvite/"], "Teams, their members and invitations"),
    tag("permission", &["/permissions/"], "Permissions on repositories"),
    tag("organization", &["/organization/", "/app/"], "Organizations and what belongs to them"),
    tag("repository", &["/v1/repository/"], "Repositories"),
    tag("user", &["/v1/"], "The caller's own account, and signing in"),
];

/// The group of Concord's operations.
const CONCORD: &str = "concord";

/// The name of the group that a path belongs to.
fn tag_of(path: &str) -> &'static str {
    let path = format!("{path}/");
    let fits = |tag: &&Tag| tag.marks.iter().any(|mark| path.contains(mark));
    TAGS.iter().find(fits).expect("the last one fits every path").name
}

/// A path in Swagger's spelling: `{orgname}` for `:orgname`, and the same for `*repository`, which may span segments.
#[must_use]
pub fn swagger_path(path: &str) -> String {
    path.split('/')
        .map(|segment| match segment.strip_prefix([':', '*']) {
            Some(name) => format!("{{{name}}}"),
            None => segment.to_owned(),
        })
        .collect::<Vec<_>>()
        .join("/")
}

fn path_entry(component: &Component, route: &Route, path: &str) -> Value {
    let mut entry = Map::new();
    entry.insert("x-name".into(), format!("components.{}", component.name).into());
    entry.insert("x-path".into(), path.into());
    entry.insert("x-tag".into(), tag_of(route.path).into());
    let parameters: Vec<Value> = route
        .path
        .split('/')
        .filter_map(|segment| segment.strip_prefix([':', '*']))
        .map(path_parameter)
        .collect();
    if !parameters.is_empty() {
        entry.insert("parameters".into(), parameters.into());
    }
    Value::Object(entry)
}

fn path_parameter(name: &str) -> Value {
    let mut parameter = json!({
        "name": name,
        "in": "path",
        "required": true,
        "description": parameter_about(name),
        "type": "string",
    });
    if name == "repository" {
        // Tools encode the slash, and fuzzers send one only where they see that it belongs there.
        parameter["x-example"] = "acme/site".into();
    }
    parameter
}

/// The meaning of a parameter of a path.
fn parameter_about(name: &str) -> &'static str {
    match name {
        "orgname" | "namespace" => "The name of an organization or user",
        "teamname" => "The name of a team",
        "membername" | "username" => "The name of a user or robot",
        "repository" => "The namespace and the name of a repository, with a slash between them",
        "robot_shortname" => "The part of a robot's name behind the plus sign",
        "client_id" => "The client id of an OAuth application",
        "email" => "An e-mail address",
        "error_type" => "The type of an error",
        "prefix" => "The beginning of a name",
        "code" => "The code of an invitation",
        name if name.ends_with("uuid") => "A UUID",
        name if name.ends_with("id") => "An id",
        _ => "",
    }
}

fn operation(route: &Route, generator: &mut SchemaGenerator) -> Value {
    let mut operation = Map::new();
    operation.insert("operationId".into(), route.name.into());
    operation.insert("summary".into(), summary(route.name).into());
    operation.insert("parameters".into(), parameters(route).into());
    operation.insert("description".into(), description(route).into());
    let group = tag_of(route.path);
    operation.insert("tags".into(), json!([group]));
    if route.fresh_login {
        operation.insert("x-requires-fresh-login".into(), true.into());
    }
    if route.internal {
        operation.insert("x-internal".into(), true.into());
    }
    let features: Vec<&str> = route.conditions().map(|feature| feature.name).collect();
    if !features.is_empty() {
        operation.insert("x-feature".into(), features.join(" ").into());
    }
    if !route.unauthenticated {
        operation.insert("security".into(), security(route).into());
    }
    let answers = route.endpoint.answers(generator);
    let types = media_types(&answers, group);
    if types != ["application/json"] {
        operation.insert("produces".into(), types.into());
    }
    operation.insert("responses".into(), responses(route, answers, group));
    Value::Object(operation)
}

/// The content types of Concord's refusals: text, or a list of broken rules.
const CONCORD_TYPES: [&str; 3] =
    ["application/json", "text/plain", "application/vnd.concord-validation-errors-v1+json"];

/// What an operation answers in: its answers of success, and its refusals.
fn media_types(answers: &[Answer], group: &str) -> Vec<&'static str> {
    let refusals = if group == CONCORD { &CONCORD_TYPES[..] } else { &CONCORD_TYPES[..1] };
    let types = answers.iter().filter_map(|answer| answer.media_type);
    let types: BTreeSet<&str> = types.chain(refusals.iter().copied()).collect();
    types.into_iter().collect()
}

/// The credentials of an operation: a token with the advertised scope; any token where none is; none at all, too, where
/// anybody may.
fn security(route: &Route) -> Vec<Value> {
    let scope: Vec<&str> = route.scope.map(|scope| scope.as_str()).into_iter().collect();
    let mut security = vec![json!({ "oauth2_implicit": scope })];
    if tag_of(route.path) == CONCORD {
        security.push(json!({ "basic": [] }));
    }
    if route.scope.is_none() && route.endpoint.permission() == Permission::Public {
        security.push(json!({}));
    }
    security
}

/// `getOrganizationTeams` as words: `Get organization teams`.
fn summary(name: &str) -> String {
    let mut words = String::new();
    for (position, character) in name.chars().enumerate() {
        if position == 0 {
            words.extend(character.to_uppercase());
        } else if character.is_uppercase() {
            words.push(' ');
            words.extend(character.to_lowercase());
        } else {
            words.push(character);
        }
    }
    words
}

/// The rest of a row as text: which token it takes, when it exists, what it logs.
fn description(route: &Route) -> String {
    let mut sentences = vec![format!("{}.", summary(route.name))];
    if let Some(scope) = route.scope {
        sentences.push(format!("For tokens with the scope `{}`.", scope.as_str()));
    }
    if route.fresh_login {
        sentences.push("A session must be fresh.".into());
    }
    let features: Vec<&str> = route.conditions().map(|feature| feature.name).collect();
    if !features.is_empty() {
        sentences.push(format!("Exists while {} is on.", quoted(&features, " and ")));
    }
    if let Logs::Kinds(kinds) = route.logs {
        let kinds: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
        sentences.push(format!("Logged as {}.", quoted(&kinds, " or ")));
    }
    sentences.join(" ")
}

fn quoted(names: &[&str], between: &str) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(between)
}

fn parameters(route: &Route) -> Vec<Value> {
    let body = route.endpoint.schema().map(|schema| {
        let one = json!({ "$ref": format!("#/definitions/{}", schema.name) });
        let is_list = route.endpoint.body_is_list();
        json!({
            "name": "body",
            "in": "body",
            "required": !route.endpoint.body_is_optional(),
            "description": schema.about,
            "schema": if is_list { json!({ "type": "array", "items": one }) } else { one },
        })
    });
    let query = route.endpoint.query().into_iter();
    body.into_iter().chain(query.map(|parameter| query_parameter(&parameter))).collect()
}

fn query_parameter(parameter: &Query) -> Value {
    let mut declared = json!({
        "name": parameter.name,
        "in": "query",
        "required": parameter.required,
        "description": parameter.about,
        "type": parameter.kind,
    });
    if !parameter.choices.is_empty() {
        declared["enum"] = json!(parameter.choices);
    }
    declared
}

/// The answers of success, Concord's refusals, and that for want of a plan; the component `system` adds those that all other
/// operations share.
fn responses(route: &Route, answers: Vec<Answer>, group: &str) -> Value {
    let refusals = CONCORD_REFUSALS.iter().filter(|_| group == CONCORD);
    let refusals =
        refusals.map(|(status, about)| ((*status).to_owned(), json!({ "description": about })));
    let answers = answers.into_iter().map(|answer| {
        let meaning = match answer.status.as_u16() {
            201 => "Created",
            202 => "Accepted",
            204 => "Done; no content",
            302 => "Go on elsewhere",
            _ => "Done",
        };
        let mut response = json!({ "description": meaning });
        if let Some(schema) = answer.schema {
            response["schema"] = answers::in_swagger(schema);
        }
        (answer.status.as_str().to_owned(), response)
    });
    let plan = json!({ "$ref": "#/responses/PaymentRequired" });
    let plan = route.needs_plan.then(|| ("402".to_owned(), plan));
    answers.chain(refusals).chain(plan).collect::<Map<_, _>>().into()
}

/// The refusals of Concord's operations.
const CONCORD_REFUSALS: &[(&str, &str)] = &[
    ("400", "The request cannot be fulfilled as it is: a text, or a list of broken rules"),
    ("401", "Nobody known calls; no body"),
    ("403", "The caller may not; a text"),
    ("404", "Not there, a text; or a number in the query that is none, no body"),
    ("405", "The path does not know the method; no body"),
    ("406", "No JSON is accepted; no body"),
    ("415", "The body is no JSON; no body"),
];

/// The refusals that operations share, by the names under which they refer to them.
fn refusals() -> Value {
    let refusals = [
        (
            "BadRequest",
            "The request cannot be fulfilled as it is: a typed error for what it asks, with the place in its first line for a \
             body that breaks its schema; a message for what cannot be read, and for a rule of the data",
            "Refusal",
        ),
        ("Unauthorized", "Nobody known calls, or a session must be fresh", "ApiError"),
        ("PaymentRequired", "Billing is on, and a private repository needs a plan", "ApiError"),
        ("Forbidden", "The caller may not, or a session came without its CSRF token", "Refusal"),
        ("NotFound", "Not there", "Refusal"),
        ("MethodNotAllowed", "The path does not know the method; `Allow` says which", "Message"),
        ("TooLarge", "The body is too large", "Message"),
        ("UnsupportedMediaType", "The body is no JSON", "Message"),
        (
            "TooManyRequests",
            "Too many attempts with a password, or too many of what costs; `Retry-After` says how long to wait, `RateLimit-Limit` which limit it is",
            "Refusal",
        ),
        ("Unavailable", "Busy, or the registry takes no changes", "Message"),
    ];
    let response = |(name, about, definition): (&str, &str, &str)| {
        let schema = json!({ "$ref": format!("#/definitions/{definition}") });
        (name.to_owned(), json!({ "description": about, "schema": schema }))
    };
    refusals.into_iter().map(response).collect::<Map<_, _>>().into()
}

/// The other shape of an error.
fn message() -> Value {
    json!({
        "type": "object",
        "description": "An error without a type",
        "required": ["message"],
        "properties": { "message": { "type": "string", "description": "What is wrong, in words" } },
    })
}

/// Swagger 2.0 cannot say that an answer has one of several shapes: this has the members of all.
fn refusal() -> Value {
    let mut refusal = api_error();
    let members = refusal.as_object_mut().expect("an object");
    members.remove("required");
    members.insert(
        "description".into(),
        "An `ApiError`, or a `Message`; where no permission was asked yet, `error` alone".into(),
    );
    refusal["properties"]["message"] = json!({
        "description": "What is wrong, in words; of a query parameter with a value of the wrong type, an object with its name",
    });
    refusal["properties"]["error"] = json!({ "type": "string", "description": "What is wrong" });
    refusal
}

fn api_error() -> Value {
    let types: Vec<&str> = ErrorType::ALL.iter().map(|kind| kind.as_str()).collect();
    json!({
        "type": "object",
        "required": ["status", "type", "title"],
        "properties": {
            "detail": { "type": "string", "description": "What is wrong, in words" },
            "error_message": { "type": "string", "description": "The same as `detail`" },
            "error_type": { "type": "string", "description": "The same as `title`" },
            "title": { "type": "string", "enum": types, "description": "The type of the error" },
            "type": { "type": "string", "description": "Where the type is explained" },
            "status": { "type": "integer", "description": "The status of the answer" },
        },
    })
}

fn define(definitions: &mut Map<String, Value>, schema: &Schema) {
    let definition = object(schema);
    if let Some(known) = definitions.insert(schema.name.into(), definition.clone()) {
        assert_eq!(known, definition, "two bodies are called {}", schema.name);
    }
}

fn object(schema: &Schema) -> Value {
    let required: Vec<&str> = schema
        .properties
        .iter()
        .filter(|property| property.required)
        .map(|property| property.name)
        .collect();
    let properties: Map<String, Value> = schema
        .properties
        .iter()
        .map(|property| (property.name.to_owned(), described(property)))
        .collect();
    let mut object = Map::new();
    object.insert("type".into(), "object".into());
    object.insert("description".into(), schema.about.into());
    if !required.is_empty() {
        object.insert("required".into(), required.into());
    }
    object.insert("properties".into(), properties.into());
    Value::Object(object)
}

fn described(property: &Property) -> Value {
    let mut described = of_kind(property.kind);
    if !property.about.is_empty() {
        described["description"] = property.about.into();
    }
    described
}

/// Swagger 2.0 has no null: `x-nullable` is what its tools agree on.
fn of_kind(kind: Kind) -> Value {
    match kind {
        Kind::String => json!({ "type": "string" }),
        Kind::NullableString => json!({ "type": "string", "x-nullable": true }),
        Kind::StringOfLength(shortest, longest) => {
            json!({ "type": "string", "minLength": shortest, "maxLength": longest })
        }
        Kind::Enum(choices) => json!({ "type": "string", "enum": choices }),
        Kind::NullableEnum(choices) => {
            json!({ "type": "string", "enum": choices, "x-nullable": true })
        }
        Kind::Boolean => json!({ "type": "boolean" }),
        Kind::Integer(minimum) => number("integer", minimum),
        // Swagger 2.0 has no word for either.
        Kind::IntegerOrString => json!({}),
        Kind::Number(minimum) => number("number", minimum),
        Kind::Object(schema) => object(schema),
        Kind::AnyObject => json!({ "type": "object" }),
        Kind::Any => json!({}),
    }
}

fn number(kind: &str, minimum: Option<i64>) -> Value {
    match minimum {
        Some(minimum) => json!({ "type": kind, "minimum": minimum }),
        None => json!({ "type": kind }),
    }
}
