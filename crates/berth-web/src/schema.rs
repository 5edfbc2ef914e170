//! Schemas of JSON bodies, and what a violation says (`docs/contract/quay.md` 0.4).
//!
//! A small part of JSON Schema: what Quay's bodies use. The first line of a message is the contract's, word for word;
//! values appear in Python's notation, as scripts that print it expect.

use berth_domain::limits::TEXT_BYTES;
use serde_json::Value;

/// The schema of a body: an object with known properties; unknown ones are ignored.
#[derive(Debug)]
pub struct Schema {
    /// The name in discovery.
    pub name: &'static str,
    /// What the body is, for discovery.
    pub about: &'static str,
    /// The properties, in the contract's order.
    pub properties: &'static [Property],
}

/// A property of a body.
#[derive(Debug)]
pub struct Property {
    /// Name.
    pub name: &'static str,
    /// What it may be.
    pub kind: Kind,
    /// Whether it must be there.
    pub required: bool,
    /// What it means, for discovery.
    pub about: &'static str,
}

/// What a property may be.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// A string.
    String,
    /// A string, or null.
    NullableString,
    /// A string with a length in characters between the two.
    StringOfLength(usize, usize),
    /// One of these strings.
    Enum(&'static [&'static str]),
    /// One of these strings, or null.
    NullableEnum(&'static [&'static str]),
    /// True or false.
    Boolean,
    /// A whole number (`5` or `5.0`), at least the one given.
    Integer(Option<i64>),
    /// A whole number, or a string.
    IntegerOrString,
    /// A number, at least the one given.
    Number(Option<i64>),
    /// An object with these properties.
    Object(&'static Schema),
    /// An object of any content.
    AnyObject,
    /// Anything.
    Any,
}

impl Kind {
    /// The same, or null.
    ///
    /// # Panics
    /// Where schemas have no such kind: as schemas are constants, when they are compiled. Likewise below.
    #[must_use]
    pub const fn or_null(self) -> Self {
        match self {
            Self::String => Self::NullableString,
            Self::Enum(choices) => Self::NullableEnum(choices),
            Self::Any => Self::Any,
            _ => panic!("no kind for this, or null"),
        }
    }

    /// The same with a length in characters between the two.
    #[must_use]
    pub const fn of_length(self, shortest: usize, longest: usize) -> Self {
        match self {
            Self::String => Self::StringOfLength(shortest, longest),
            _ => panic!("only a text has a length"),
        }
    }

    /// The same, which is at least `minimum`.
    #[must_use]
    pub const fn at_least(self, minimum: i64) -> Self {
        match self {
            Self::Integer(None) => Self::Integer(Some(minimum)),
            Self::Number(None) => Self::Number(Some(minimum)),
            _ => panic!("only a number has a minimum"),
        }
    }
}

/// How a body breaks its schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    message: String,
    keyword: &'static str,
    path: Vec<&'static str>,
}

impl Violation {
    /// The whole text. Its first line is the contract's; the value that the original repeats at the end may hold secrets.
    #[must_use]
    pub fn text(&self) -> String {
        let schema_path: String =
            self.path.iter().map(|name| format!("['properties']['{name}']")).collect();
        format!("{}\n\nFailed validating '{}' in schema{schema_path}", self.message, self.keyword)
    }
}

impl Schema {
    /// Holds `value` against the schema. Of several violations the shallowest counts, then the first in schema order.
    ///
    /// # Errors
    /// The violation.
    pub fn check(&self, value: &Value) -> Result<(), Violation> {
        let mut violations = Vec::new();
        check_object(self, value, &mut Vec::new(), &mut violations);
        match violations.into_iter().reduce(shallowest_first) {
            None => Ok(()),
            Some(violation) => Err(violation),
        }
    }
}

fn shallowest_first(best: Violation, next: Violation) -> Violation {
    if next.path.len() < best.path.len() { next } else { best }
}

fn check_object(
    schema: &Schema,
    value: &Value,
    path: &mut Vec<&'static str>,
    violations: &mut Vec<Violation>,
) {
    let Value::Object(members) = value else {
        violations.push(wrong_type(value, path, "'object'"));
        return;
    };
    for property in schema.properties.iter().filter(|property| property.required) {
        if !members.contains_key(property.name) {
            violations.push(Violation {
                message: format!("'{}' is a required property", property.name),
                keyword: "required",
                path: path.clone(),
            });
        }
    }
    for property in schema.properties {
        if let Some(member) = members.get(property.name) {
            path.push(property.name);
            check_property(property.kind, member, path, violations);
            path.pop();
        }
    }
}

fn check_property(
    kind: Kind,
    value: &Value,
    path: &mut Vec<&'static str>,
    violations: &mut Vec<Violation>,
) {
    let violation = match kind {
        Kind::Any => None,
        Kind::String => check_text(value, path),
        Kind::NullableString => check_nullable_text(value, path),
        Kind::Boolean => (!value.is_boolean()).then(|| wrong_type(value, path, "'boolean'")),
        Kind::AnyObject => (!value.is_object()).then(|| wrong_type(value, path, "'object'")),
        Kind::StringOfLength(shortest, longest) => check_length(value, path, shortest, longest),
        Kind::Enum(choices) => check_choice(value, path, choices, false),
        Kind::NullableEnum(choices) => check_choice(value, path, choices, true),
        Kind::Integer(minimum) => check_number(value, path, minimum, true),
        Kind::IntegerOrString => (!value.is_string() && !is_whole(value))
            .then(|| wrong_type(value, path, "'integer', 'string'")),
        Kind::Number(minimum) => check_number(value, path, minimum, false),
        Kind::Object(schema) => return check_object(schema, value, path, violations),
    };
    violations.extend(violation);
}

fn check_text(value: &Value, path: &[&'static str]) -> Option<Violation> {
    match value {
        Value::String(text) => check_size(text, path),
        _ => Some(wrong_type(value, path, "'string'")),
    }
}

fn check_nullable_text(value: &Value, path: &[&'static str]) -> Option<Violation> {
    match value {
        Value::Null => None,
        Value::String(text) => check_size(text, path),
        _ => Some(wrong_type(value, path, "'string', 'null'")),
    }
}

/// Our own limit, so in our own words: a text of that length is not repeated.
fn check_size(text: &str, path: &[&'static str]) -> Option<Violation> {
    let name = path.last().copied().unwrap_or("body");
    (text.len() > TEXT_BYTES).then(|| {
        violation(format!("'{name}' is longer than {TEXT_BYTES} bytes"), "maxLength", path)
    })
}

fn check_length(
    value: &Value,
    path: &[&'static str],
    shortest: usize,
    longest: usize,
) -> Option<Violation> {
    let Value::String(text) = value else { return Some(wrong_type(value, path, "'string'")) };
    let length = text.chars().count();
    let (keyword, words) = if length < shortest {
        ("minLength", "is too short")
    } else if length > longest {
        ("maxLength", "is too long")
    } else {
        return None;
    };
    Some(violation(format!("{} {words}", python_repr(value)), keyword, path))
}

fn check_choice(
    value: &Value,
    path: &[&'static str],
    choices: &[&str],
    nullable: bool,
) -> Option<Violation> {
    let text = match value {
        Value::String(text) => text,
        Value::Null if nullable => return None,
        _ if nullable => return Some(wrong_type(value, path, "'string', 'null'")),
        _ => return Some(wrong_type(value, path, "'string'")),
    };
    if choices.contains(&text.as_str()) {
        return None;
    }
    let quoted = choices.iter().map(|choice| format!("'{choice}'"));
    let choices: Vec<String> = quoted.chain(nullable.then(|| "None".into())).collect();
    let message = format!("{} is not one of [{}]", python_repr(value), choices.join(", "));
    Some(violation(message, "enum", path))
}

fn check_number(
    value: &Value,
    path: &[&'static str],
    minimum: Option<i64>,
    whole: bool,
) -> Option<Violation> {
    let number = value.as_f64().filter(|number| !whole || number.fract() == 0.0);
    let Some(number) = number else {
        let types = if whole { "'integer'" } else { "'number'" };
        return Some(wrong_type(value, path, types));
    };
    #[expect(clippy::cast_precision_loss, reason = "minima are small")]
    let minimum = minimum.filter(|minimum| number < *minimum as f64)?;
    let message = format!("{} is less than the minimum of {minimum}", python_repr(value));
    Some(violation(message, "minimum", path))
}

fn is_whole(value: &Value) -> bool {
    value.as_f64().is_some_and(|number| number.fract() == 0.0)
}

fn wrong_type(value: &Value, path: &[&'static str], types: &str) -> Violation {
    violation(format!("{} is not of type {types}", python_repr(value)), "type", path)
}

fn violation(message: String, keyword: &'static str, path: &[&'static str]) -> Violation {
    Violation { message, keyword, path: path.to_vec() }
}

/// How much of a value a message repeats, in bytes.
const LONGEST_REPEATED: usize = 1_024;

/// A value in Python's notation (`repr`); of a long one the beginning, with a mark.
#[must_use]
pub fn python_repr(value: &Value) -> String {
    let mut repr = String::new();
    write_python(value, &mut repr);
    if repr.len() > LONGEST_REPEATED {
        let end = (0..=LONGEST_REPEATED).rev().find(|end| repr.is_char_boundary(*end));
        repr.truncate(end.unwrap_or_default());
        repr.push('…');
    }
    repr
}

/// Writes a value, or as much of it as is repeated and a little more.
fn write_python(value: &Value, repr: &mut String) {
    match value {
        Value::Null => repr.push_str("None"),
        Value::Bool(true) => repr.push_str("True"),
        Value::Bool(false) => repr.push_str("False"),
        Value::Number(number) => match number.as_f64().filter(|_| number.is_f64()) {
            Some(float) => repr.push_str(&python_float(float)),
            None => repr.push_str(&number.to_string()),
        },
        Value::String(text) => repr.push_str(&python_string(text)),
        Value::Array(items) => {
            repr.push('[');
            separated(items, repr, write_python);
            repr.push(']');
        }
        Value::Object(members) => {
            repr.push('{');
            separated(members, repr, |(name, value), repr| {
                repr.push_str(&python_string(name));
                repr.push_str(": ");
                write_python(value, repr);
            });
            repr.push('}');
        }
    }
}

fn separated<T>(
    items: impl IntoIterator<Item = T>,
    repr: &mut String,
    mut write: impl FnMut(T, &mut String),
) {
    for (position, item) in items.into_iter().enumerate() {
        if repr.len() > LONGEST_REPEATED {
            return;
        }
        if position > 0 {
            repr.push_str(", ");
        }
        write(item, repr);
    }
}

/// The shortest digits that mean the number; scientific below 1e-4 and from 1e16 on.
fn python_float(float: f64) -> String {
    let scientific = format!("{float:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..16).contains(&exponent) {
        return format!("{float:?}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

fn python_string(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut repr = String::from(quote);
    for character in text.chars().take(LONGEST_REPEATED + 1) {
        match character {
            '\n' => repr.push_str("\\n"),
            '\r' => repr.push_str("\\r"),
            '\t' => repr.push_str("\\t"),
            '\\' => repr.push_str("\\\\"),
            _ if character == quote => repr.extend(['\\', quote]),
            _ if is_printable(character) => repr.push(character),
            _ => repr.push_str(&match u32::from(character) {
                code @ ..0x100 => format!("\\x{code:02x}"),
                code @ ..0x1_0000 => format!("\\u{code:04x}"),
                code => format!("\\U{code:08x}"),
            }),
        }
    }
    repr.push(quote);
    repr
}

/// Whether Python prints the character as it is: the categories that Rust does not escape either. Behind another one, so
/// that what combines with it counts as printable.
fn is_printable(character: char) -> bool {
    !format!("-{character}").escape_debug().any(|escaped| escaped == '{')
        || matches!(character, '{' | '"' | '\'')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{Choice, Integer, Json, Patch};

    #[derive(Choice)]
    enum Role {
        Member,
        Admin,
    }

    #[derive(Json)]
    struct Inner {
        _name: String,
    }

    #[derive(Json)]
    struct Test {
        _role: Role,
        #[json(minimum = 0)]
        _count: Option<Integer>,
        _note: Patch<String>,
        #[json(length(1, 3))]
        _title: Option<String>,
        _inner: Option<Inner>,
        _last: bool,
    }

    fn first_line(body: serde_json::Value) -> String {
        match Test::SCHEMA.check(&body) {
            Ok(()) => "ok".into(),
            Err(violation) => violation.text().lines().next().unwrap_or_default().to_owned(),
        }
    }

    #[test]
    fn messages_are_the_contract_s() {
        let good = json!({"role": "admin", "last": true, "count": 5.0, "note": null, "more": [1]});
        assert_eq!(first_line(good), "ok");
        for (body, message) in [
            (json!([]), "[] is not of type 'object'"),
            (json!({"role": 5}), "'last' is a required property"),
            (json!({"role": 5, "last": true}), "5 is not of type 'string'"),
            (json!({"role": "x", "last": true}), "'x' is not one of ['member', 'admin']"),
            (json!({"role": "admin", "last": null}), "None is not of type 'boolean'"),
            (
                json!({"role": "admin", "last": true, "note": 5}),
                "5 is not of type 'string', 'null'",
            ),
            (
                json!({"role": "admin", "last": true, "count": -5}),
                "-5 is less than the minimum of 0",
            ),
            (
                json!({"role": "admin", "last": true, "count": true}),
                "True is not of type 'integer'",
            ),
            (json!({"role": "admin", "last": true, "title": ""}), "'' is too short"),
            (json!({"role": "admin", "last": true, "title": "yyyy"}), "'yyyy' is too long"),
            (json!({"role": "admin", "last": true, "inner": {}}), "'name' is a required property"),
            (
                json!({"role": "admin", "last": 1, "inner": {"name": {"a": "it's"}}}),
                "1 is not of type 'boolean'",
            ),
        ] {
            assert_eq!(first_line(body), message);
        }
    }

    #[test]
    fn python_numbers() {
        for (json, repr) in [
            ("1e-5", "1e-05"),
            ("0.0001", "0.0001"),
            ("1.5e-7", "1.5e-07"),
            ("1e5", "100000.0"),
            ("123456789012345.6", "123456789012345.6"),
            ("1e15", "1000000000000000.0"),
            ("1e16", "1e+16"),
            ("1e300", "1e+300"),
            ("-2.50", "-2.5"),
            ("18446744073709551615", "18446744073709551615"),
        ] {
            assert_eq!(python_repr(&serde_json::from_str(json).expect("JSON")), repr);
        }
    }

    #[test]
    fn python_escapes_what_it_does_not_print() {
        assert_eq!(
            python_repr(&json!(
                "{a}\u{a0}\u{ad}\u{7f}\u{378}\u{200b}\u{2028}\u{3000}\u{feff}\u{e0001} e\u{301}é中"
            )),
            r"'{a}\xa0\xad\x7f\u0378\u200b\u2028\u3000\ufeff\U000e0001 e\u0301é中'"
                .replace(r"\u0301", "\u{301}")
        );
    }

    #[test]
    fn python_repeats_the_beginning_of_what_is_long() {
        let long = python_repr(&json!({ "a": vec![json!({ "": 0 }); 100_000] }));
        assert!(long.starts_with("{'a': [{'': 0}, {'': 0}, ") && long.ends_with('…'), "{long}");
        for value in [json!("ü".repeat(500_000)), json!([["x".repeat(500_000)]])] {
            assert!(python_repr(&value).len() <= LONGEST_REPEATED + '…'.len_utf8());
        }
    }

    #[test]
    fn python_quotes() {
        assert_eq!(
            python_repr(&json!({"a": ["it's", "\"", "ü\n", 1.5]})),
            r#"{'a': ["it's", '"', 'ü\n', 1.5]}"#
        );
    }
}
