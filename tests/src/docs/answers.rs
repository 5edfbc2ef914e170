//! The schemas of answers in Swagger 2.0, which knows less than JSON Schema.

use std::collections::BTreeMap;

use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

/// What collects the schemas of all answers.
pub(super) fn generator() -> SchemaGenerator {
    let settings = SchemaSettings::openapi3().for_serialize();
    settings.with(|settings| settings.definitions_path = "/definitions".into()).into_generator()
}

/// The schemas to which the answers refer, by their names.
pub(super) fn definitions(generator: &mut SchemaGenerator) -> BTreeMap<String, Value> {
    let definitions = generator.take_definitions(true);
    let mut known: BTreeMap<String, Value> =
        definitions.into_iter().map(|(name, schema)| (name, in_words(schema))).collect();
    let all = known.clone();
    known.values_mut().for_each(|schema| join_alternatives(schema, &all));
    known
}

/// A schema with what Swagger 2.0 calls by another name, or does not know.
pub(super) fn in_swagger(schema: Schema) -> Value {
    in_words(schema.to_value())
}

fn in_words(mut schema: Value) -> Value {
    rewrite(&mut schema);
    schema
}

/// `x-nullable` is what the tools agree on, and null among the choices of an enumeration; formats are of JSON Schema; a
/// description is its first paragraph, without the source of the rule.
fn rewrite(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            if let Some(nullable) = members.remove("nullable") {
                if let Some(Value::Array(choices)) = members.get_mut("enum") {
                    choices.push(Value::Null);
                }
                members.insert("x-nullable".into(), nullable);
            }
            if let Some(Value::String(text)) = members.get_mut("description") {
                *text = first_paragraph(text);
            }
            // A member of that name is an object, not a text.
            for word in ["format", "title"] {
                if members.get(word).is_some_and(Value::is_string) {
                    members.remove(word);
                }
            }
            members.values_mut().for_each(rewrite);
            if members.get("type").is_some_and(|kind| kind == "array") {
                members.entry("items").or_insert_with(|| json!({}));
            }
            name_null(members);
        }
        Value::Array(items) => items.iter_mut().for_each(rewrite),
        _ => {}
    }
}

/// One of several shapes that is null makes the others nullable.
fn name_null(members: &mut Map<String, Value>) {
    let Some(shapes) = members.get("anyOf").and_then(Value::as_array) else { return };
    let is_null = |shape: &Value| {
        let is_null = |choices: &Vec<Value>| choices.iter().all(Value::is_null);
        shape["type"] == "null" || shape["enum"].as_array().is_some_and(is_null)
    };
    let others: Vec<Value> = shapes.iter().filter(|shape| !is_null(shape)).cloned().collect();
    if others.len() < shapes.len() {
        members.remove("anyOf");
        let key = if others.len() == 1 { "allOf" } else { "anyOf" };
        members.insert(key.into(), others.into());
        members.insert("x-nullable".into(), true.into());
    }
}

fn first_paragraph(text: &str) -> String {
    let paragraph = text.split("\n\n").next().unwrap_or_default().replace('\n', " ");
    match paragraph.split_once(" (`docs/") {
        Some((before, after)) => {
            let after = after.split_once(')').map_or("", |(_, after)| after);
            format!("{before}{after}")
        }
        None => paragraph,
    }
}

/// Swagger 2.0 cannot say that a value has one of several shapes: texts are joined into one list of choices, objects into one
/// that has the members of all, beside those of its own, and requires those that all require.
fn join_alternatives(schema: &mut Value, definitions: &BTreeMap<String, Value>) {
    let Some(members) = schema.as_object_mut() else { return };
    let alternatives = members.remove("anyOf").or_else(|| members.remove("oneOf"));
    let Some(Value::Array(alternatives)) = alternatives else { return };
    let shapes: Vec<&Value> =
        alternatives.iter().map(|alternative| resolved(alternative, definitions)).collect();
    if shapes.iter().all(|shape| shape["enum"].is_array()) {
        let choices = shapes.iter().filter_map(|shape| shape["enum"].as_array()).flatten();
        members.insert("type".into(), "string".into());
        members.insert("enum".into(), choices.cloned().collect());
        return;
    }
    let names = |shape: &Value| shape["required"].as_array().cloned().unwrap_or_default();
    let mut required = shapes.first().map(|shape| names(shape)).unwrap_or_default();
    required.retain(|name| shapes.iter().all(|shape| names(shape).contains(name)));
    let own = Value::Object(members.clone());
    required.extend(names(&own));
    let mut properties = own["properties"].as_object().cloned().unwrap_or_default();
    for (name, shape) in shapes.iter().filter_map(|shape| shape["properties"].as_object()).flatten()
    {
        // A member that is not of the same shape in all has any; what is said of one alone is left out.
        let known = properties.entry(name.clone()).or_insert_with(|| shape.clone());
        if known != shape {
            let (joined, other) = (without_description(known), without_description(shape));
            *known = if joined == other { joined } else { json!({}) };
        }
    }
    assert!(!properties.is_empty(), "no shapes of texts or objects: {alternatives:?}");
    members.insert("type".into(), "object".into());
    members.insert("properties".into(), properties.into());
    if !required.is_empty() {
        members.insert("required".into(), required.into());
    }
}

fn without_description(schema: &Value) -> Value {
    let mut members = schema.as_object().cloned().unwrap_or_default();
    members.remove("description");
    members.into()
}

/// What a schema refers to, or itself.
fn resolved<'a>(schema: &'a Value, definitions: &'a BTreeMap<String, Value>) -> &'a Value {
    let schema = schema.pointer("/allOf/0").unwrap_or(schema);
    let path = schema["$ref"].as_str().and_then(|path| path.strip_prefix("#/definitions/"));
    path.map_or(schema, |name| &definitions[name])
}
