//! Whether a document is Swagger 2.0, as far as such documents go here: structure, references, path parameters, unique ids,
//! security. What this accepts, the validators of the field accept too; it is stricter where they let unknown keys pass.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::{Map, Value};

const METHODS: [&str; 7] = ["get", "put", "post", "delete", "options", "head", "patch"];
const TYPES: [&str; 6] = ["string", "number", "integer", "boolean", "array", "object"];

/// The faults of `document`; empty when it is valid.
#[must_use]
pub fn faults(document: &Value) -> Vec<String> {
    let mut check = Check { document, faults: Vec::new(), operation_ids: BTreeSet::new() };
    check.root();
    check.faults
}

struct Check<'a> {
    document: &'a Value,
    faults: Vec<String>,
    operation_ids: BTreeSet<&'a str>,
}

impl<'a> Check<'a> {
    fn require(&mut self, holds: bool, place: &str, rule: &str) {
        if !holds {
            self.faults.push(format!("{place}: {rule}"));
        }
    }

    /// The members of an object whose keys are among `known` or begin with `x-`.
    fn object(&mut self, value: &'a Value, place: &str, known: &[&str]) -> &'a Map<String, Value> {
        static EMPTY: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);
        let Some(members) = value.as_object() else {
            self.faults.push(format!("{place}: must be an object"));
            return &EMPTY;
        };
        for key in members.keys() {
            let expected = known.contains(&key.as_str()) || key.starts_with("x-");
            self.require(expected, place, &format!("{key} is unknown"));
        }
        members
    }

    fn text(&mut self, value: &Value, place: &str) {
        self.require(value.is_string(), place, "must be a text");
    }

    fn root(&mut self) {
        let known = [
            "swagger",
            "host",
            "basePath",
            "schemes",
            "consumes",
            "produces",
            "info",
            "securityDefinitions",
            "paths",
            "definitions",
            "responses",
            "tags",
        ];
        let root = self.object(self.document, "/", &known);
        self.require(root.get("swagger") == Some(&"2.0".into()), "/swagger", "must be 2.0");
        let host = self.document["host"].as_str().unwrap_or_default();
        self.require(!host.is_empty() && !host.contains('/'), "/host", "must be a host");
        self.require(self.document["basePath"] == "/", "/basePath", "must be /");
        let schemes = self.document["schemes"].as_array().map_or(0, Vec::len);
        self.require(schemes > 0, "/schemes", "must not be empty");
        for key in ["title", "version"] {
            self.text(&self.document["info"][key], &format!("/info/{key}"));
        }
        for key in ["consumes", "produces"] {
            self.media_types(&self.document[key], &format!("/{key}"));
        }
        let terms = &self.document["info"]["termsOfService"];
        self.require(terms.is_null() || terms != "", "/info/termsOfService", "must be a URL");
        self.security_definitions();
        for (name, response) in self.document["responses"].as_object().into_iter().flatten() {
            self.response(response, &format!("/responses/{name}"));
        }
        for (name, schema) in self.document["definitions"].as_object().into_iter().flatten() {
            self.schema(schema, &format!("/definitions/{name}"));
        }
        let mut templates = BTreeSet::new();
        for (path, item) in self.document["paths"].as_object().into_iter().flatten() {
            self.require(path.starts_with('/'), path, "must begin with /");
            self.require(templates.insert(anonymous(path)), path, "is there twice");
            self.path_item(path, item);
        }
    }

    fn security_definitions(&mut self) {
        for (name, definition) in
            self.document["securityDefinitions"].as_object().into_iter().flatten()
        {
            let place = format!("/securityDefinitions/{name}");
            if definition["type"] == "basic" {
                self.object(definition, &place, &["type", "description"]);
                continue;
            }
            let known = ["type", "flow", "authorizationUrl", "scopes"];
            self.object(definition, &place, &known);
            self.require(definition["type"] == "oauth2", &place, "must be oauth2");
            self.require(definition["flow"] == "implicit", &place, "must be implicit");
            self.text(&definition["authorizationUrl"], &place);
            for about in
                definition["scopes"].as_object().into_iter().flatten().map(|(_, about)| about)
            {
                self.text(about, &place);
            }
        }
    }

    fn path_item(&mut self, path: &'a str, item: &'a Value) {
        let known: Vec<&str> = METHODS.into_iter().chain(["parameters"]).collect();
        let members = self.object(item, path, &known);
        let mut operations = 0;
        for (method, operation) in members.iter().filter(|(key, _)| METHODS.contains(&key.as_str()))
        {
            operations += 1;
            self.operation(path, &format!("{method} {path}"), operation, &item["parameters"]);
        }
        self.require(operations > 0, path, "has no operation");
    }

    fn operation(&mut self, path: &str, place: &str, operation: &'a Value, shared: &'a Value) {
        let known = [
            "operationId",
            "summary",
            "description",
            "parameters",
            "produces",
            "tags",
            "security",
            "responses",
        ];
        self.object(operation, place, &known);
        self.media_types(&operation["produces"], place);
        let id = operation["operationId"].as_str().unwrap_or_default();
        self.require(!id.is_empty(), place, "has no operationId");
        let is_new = self.operation_ids.insert(id);
        self.require(is_new, place, &format!("{id} is there twice"));
        let parameters = || {
            let own = operation["parameters"].as_array();
            shared.as_array().into_iter().chain(own).flatten()
        };
        for parameter in parameters() {
            self.parameter(parameter, place);
        }
        let count = |place: &str| parameters().filter(|it| it["in"] == place).count();
        self.require(count("body") <= 1, place, "has several bodies");
        let in_path: BTreeSet<&str> = parameters()
            .filter(|parameter| parameter["in"] == "path")
            .filter_map(|parameter| parameter["name"].as_str())
            .collect();
        let in_template: BTreeSet<&str> = path.split(['{', '}']).skip(1).step_by(2).collect();
        self.require(in_path == in_template, place, "does not declare the parameters of its path");
        self.tags(operation, place);
        self.security(operation, place);
        let responses = operation["responses"].as_object();
        self.require(responses.is_some_and(|them| !them.is_empty()), place, "has no responses");
        for (status, response) in responses.into_iter().flatten() {
            let place = format!("{place} {status}");
            let is_status = status.len() == 3 && status.parse::<u16>().is_ok();
            self.require(is_status || status == "default", &place, "is no status");
            self.response(response, &place);
        }
    }

    fn response(&mut self, response: &'a Value, place: &str) {
        if let Some(reference) = response.get("$ref") {
            self.reference(reference, place);
            return;
        }
        let members = self.object(response, place, &["description", "schema"]);
        self.text(&response["description"], place);
        if let Some(schema) = members.get("schema") {
            self.schema(schema, place);
        }
    }

    fn reference(&mut self, reference: &Value, place: &str) {
        let pointer = reference.as_str().and_then(|it| it.strip_prefix('#'));
        let found = pointer.and_then(|pointer| self.document.pointer(pointer));
        self.require(found.is_some(), place, &format!("{reference} leads nowhere"));
    }

    fn media_types(&mut self, types: &Value, place: &str) {
        for kind in types.as_array().into_iter().flatten() {
            let is_type = kind.as_str().is_some_and(|kind| kind.contains('/'));
            self.require(is_type, place, &format!("{kind} is no media type"));
        }
    }

    fn tags(&mut self, operation: &Value, place: &str) {
        for tag in operation["tags"].as_array().into_iter().flatten() {
            let mut known = self.document["tags"].as_array().into_iter().flatten();
            let is_known = known.any(|known| known["name"] == *tag);
            self.require(is_known, place, &format!("its tag {tag} is unknown"));
        }
    }

    fn security(&mut self, operation: &Value, place: &str) {
        let schemes = operation["security"].as_array().into_iter().flatten();
        for (name, scopes) in schemes.filter_map(Value::as_object).flatten() {
            let definition = &self.document["securityDefinitions"][name];
            self.require(definition.is_object(), place, &format!("{name} secures nothing"));
            let known = &definition["scopes"];
            for scope in scopes.as_array().into_iter().flatten() {
                let is_known = known.get(scope.as_str().unwrap_or_default()).is_some();
                self.require(is_known, place, &format!("its scope {scope} is unknown"));
            }
        }
    }

    fn parameter(&mut self, parameter: &'a Value, place: &str) {
        let known = [
            "name",
            "in",
            "required",
            "description",
            "type",
            "schema",
            "enum",
            "minimum",
            "maximum",
        ];
        self.object(parameter, place, &known);
        let name = parameter["name"].as_str().unwrap_or_default();
        let place = format!("{place}, parameter {name}");
        self.require(!name.is_empty(), &place, "has no name");
        match parameter["in"].as_str() {
            Some("body") => self.schema(&parameter["schema"], &place),
            Some(kind @ ("path" | "query" | "header" | "formData")) => {
                let kind_of_value = parameter["type"].as_str().unwrap_or_default();
                let simple = ["string", "number", "integer", "boolean"];
                self.require(simple.contains(&kind_of_value), &place, "has no type");
                let required = parameter["required"] == true;
                self.require(kind != "path" || required, &place, "must be required");
            }
            _ => self.require(false, &place, "is nowhere"),
        }
    }

    fn schema(&mut self, schema: &'a Value, place: &str) {
        if let Some(reference) = schema.get("$ref") {
            self.reference(reference, place);
            return;
        }
        let known = [
            "type",
            "description",
            "required",
            "additionalProperties",
            "allOf",
            "maxItems",
            "properties",
            "items",
            "enum",
            "minimum",
            "maximum",
            "minLength",
            "maxLength",
        ];
        let members = self.object(schema, place, &known);
        if let Some(kind) = members.get("type") {
            let kind = kind.as_str().unwrap_or_default();
            self.require(TYPES.contains(&kind), place, &format!("{kind} is no type"));
            self.require(kind != "array" || members.contains_key("items"), place, "has no items");
        }
        for list in ["required", "enum"] {
            let empty = members.get(list).is_some_and(|it| it.as_array().is_none_or(Vec::is_empty));
            self.require(!empty, place, &format!("{list} is empty"));
        }
        for name in schema["required"].as_array().into_iter().flatten() {
            let found = schema["properties"].get(name.as_str().unwrap_or_default()).is_some();
            self.require(found, place, &format!("{name} is required and unknown"));
        }
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            self.schema(property, &format!("{place}/{name}"));
        }
        if let Some(items) = members.get("items") {
            self.schema(items, &format!("{place}/items"));
        }
    }
}

/// A path without the names of its parameters: two paths that differ in nothing else are the same.
#[must_use]
pub fn anonymous(path: &str) -> String {
    let parts = path.split(['{', '}']).enumerate();
    parts.map(|(index, part)| if index % 2 == 1 { "{}" } else { part }).collect()
}
