//! JSON bodies and their members: a type says what they may be.

use std::ops::Deref;

use berth_access::Address;
use berth_domain::limits::BODY_BYTES;
use berth_domain::{RepositoryRole, TeamRole};
use serde_json::{Map, Number, Value};

use crate::schema::{Kind, Schema};

/// The members of a JSON object.
pub type Members = Map<String, Value>;

/// A JSON body with a schema, or an object in one. Derived: reader and schema are one and the same type.
pub trait Json: Sized {
    /// The schema that a body is held against before it is read.
    const SCHEMA: &'static Schema;

    /// How long it may be, in bytes. What is longer is 413.
    const LIMIT: usize = BODY_BYTES;

    /// Reads what the schema let through. None: something fits the schema and not its type.
    fn of_members(members: Members) -> Option<Self>;

    /// See [`crate::Body::say`].
    fn say(&self, _address: &mut Address) {}
}

/// A member of a JSON body.
pub trait Member: Sized {
    /// What it may be.
    const KIND: Kind;

    /// Whether it must be there.
    const REQUIRED: bool = true;

    /// Reads what the schema let through. None: it does not fit all the same.
    fn of(value: Value) -> Option<Self>;

    /// Takes the member `name` out of `members`. None: it does not fit, or is missing and must be there.
    fn take(members: &mut Members, name: &str) -> Option<Self> {
        Self::of(members.remove(name)?)
    }
}

/// May be left out; null is nothing that it may be.
impl<T: Member> Member for Option<T> {
    const KIND: Kind = T::KIND;
    const REQUIRED: bool = false;

    fn of(value: Value) -> Option<Self> {
        T::of(value).map(Some)
    }

    fn take(members: &mut Members, name: &str) -> Option<Self> {
        members.remove(name).map_or(Some(None), Self::of)
    }
}

/// What may be left out, be null, or have a value: of a change, keep it, take it away, set it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patch<T> {
    /// Left out.
    Absent,
    /// Null.
    Null,
    /// A value.
    Value(T),
}

impl<T> Patch<T> {
    /// The value, where null is as good as nothing.
    pub fn value(self) -> Option<T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }

    /// What to set, if anything: none takes it away.
    pub fn change(self) -> Option<Option<T>> {
        match self {
            Self::Absent => None,
            Self::Null => Some(None),
            Self::Value(value) => Some(Some(value)),
        }
    }

    /// The same, borrowed.
    pub fn as_deref(&self) -> Patch<&T::Target>
    where
        T: Deref,
    {
        match self {
            Self::Absent => Patch::Absent,
            Self::Null => Patch::Null,
            Self::Value(value) => Patch::Value(value),
        }
    }
}

impl<T: Member> Member for Patch<T> {
    const KIND: Kind = T::KIND.or_null();
    const REQUIRED: bool = false;

    fn of(value: Value) -> Option<Self> {
        if value.is_null() { Some(Self::Null) } else { T::of(value).map(Self::Value) }
    }

    fn take(members: &mut Members, name: &str) -> Option<Self> {
        members.remove(name).map_or(Some(Self::Absent), Self::of)
    }
}

impl<T: Json> Member for T {
    const KIND: Kind = Kind::Object(T::SCHEMA);

    fn of(value: Value) -> Option<Self> {
        match value {
            Value::Object(members) => Self::of_members(members),
            _ => None,
        }
    }
}

/// A whole number as it was written: `5`, or `5.0`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Integer(pub Number);

/// A whole number or a text, as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntegerOrString(pub Value);

/// Types that are JSON's: their kind, and how a value is one.
macro_rules! members {
    ($($type:ty, $kind:expr, $pattern:pat => $read:expr;)+) => {$(
        impl Member for $type {
            const KIND: Kind = $kind;

            fn of(value: Value) -> Option<Self> {
                match value {
                    $pattern => $read,
                    _ => None,
                }
            }
        }
    )+};
}

members! {
    String, Kind::String, Value::String(text) => Some(text);
    bool, Kind::Boolean, Value::Bool(flag) => Some(flag);
    Number, Kind::Number(None), Value::Number(number) => Some(number);
    Integer, Kind::Integer(None), Value::Number(number) => Some(Self(number));
    Members, Kind::AnyObject, Value::Object(members) => Some(members);
    RepositoryRole, Kind::Enum(Self::NAMES), Value::String(name) => name.parse().ok();
    TeamRole, Kind::Enum(Self::NAMES), Value::String(name) => name.parse().ok();
}

impl Member for IntegerOrString {
    const KIND: Kind = Kind::IntegerOrString;

    fn of(value: Value) -> Option<Self> {
        Some(Self(value))
    }
}

/// Anything, null too.
impl Member for Value {
    const KIND: Kind = Kind::Any;

    fn of(value: Value) -> Option<Self> {
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::schema::Property;
    use crate::{Choice, Json};

    /// What a test says,
    /// in one line.
    ///
    /// Not this.
    #[derive(Json, Debug, PartialEq)]
    #[json(name = "Test", limit = 100)]
    struct Body {
        /// A name
        #[json(length(1, 3), namespace)]
        name: String,
        #[json(team)]
        team: Option<String>,
        role: RepositoryRole,
        note: Patch<String>,
        color: Patch<Color>,
        #[json(minimum = 0)]
        count: Option<Integer>,
        #[json(minimum = 1)]
        share: Option<Number>,
        #[json(name = "isOn", default)]
        is_on: bool,
        r#type: Option<IntegerOrString>,
        any: Option<Value>,
        more: Option<Members>,
        inner: Option<Inner>,
        /// Not used
        _unused: Option<String>,
        #[json(sent)]
        sent: Members,
    }

    #[derive(Json, Debug, PartialEq)]
    struct Inner {
        color: Color,
    }

    #[derive(Choice, Debug, Clone, Copy, PartialEq)]
    enum Color {
        Red,
        #[choice("dark/green")]
        Green,
    }

    fn read(body: Value) -> Option<Body> {
        Body::SCHEMA.check(&body).expect("fits the schema");
        Body::of(body)
    }

    fn least() -> Value {
        json!({ "name": "a", "role": "read" })
    }

    fn with(name: &str, value: Value) -> Value {
        let mut body = least();
        body[name] = value;
        body
    }

    fn complaint(body: &Value) -> String {
        let violation = Body::SCHEMA.check(body).expect_err("a violation");
        violation.text().lines().next().unwrap_or_default().to_owned()
    }

    const fn property(
        required: bool,
        name: &'static str,
        kind: Kind,
        about: &'static str,
    ) -> Property {
        Property { name, kind, required, about }
    }

    fn said(body: &Body) -> Address {
        let mut address = Address::default();
        body.say(&mut address);
        address
    }

    #[test]
    fn the_schema_is_the_type_s() {
        const INNER: Schema = Schema {
            name: "Inner",
            about: "",
            properties: &[property(true, "color", Kind::Enum(&["red", "dark/green"]), "")],
        };
        let properties = [
            property(true, "name", Kind::StringOfLength(1, 3), "A name"),
            property(false, "team", Kind::String, ""),
            property(true, "role", Kind::Enum(&["read", "write", "admin"]), ""),
            property(false, "note", Kind::NullableString, ""),
            property(false, "color", Kind::NullableEnum(&["red", "dark/green"]), ""),
            property(false, "count", Kind::Integer(Some(0)), ""),
            property(false, "share", Kind::Number(Some(1)), ""),
            property(false, "isOn", Kind::Boolean, ""),
            property(false, "type", Kind::IntegerOrString, ""),
            property(false, "any", Kind::Any, ""),
            property(false, "more", Kind::AnyObject, ""),
            property(false, "inner", Kind::Object(&INNER), ""),
            property(false, "unused", Kind::String, "Not used"),
        ];
        assert_eq!(Body::SCHEMA.name, "Test");
        assert_eq!(Body::SCHEMA.about, "What a test says, in one line.");
        assert_eq!(format!("{:?}", Body::SCHEMA.properties), format!("{properties:?}"));
        assert_eq!((Body::LIMIT, Inner::LIMIT), (100, 262_144));
    }

    #[test]
    fn violations_are_those_of_the_type() {
        for (body, message) in [
            (json!({ "role": "read" }), "'name' is a required property"),
            (with("name", json!("abcd")), "'abcd' is too long"),
            (with("role", json!("owner")), "'owner' is not one of ['read', 'write', 'admin']"),
            (with("team", Value::Null), "None is not of type 'string'"),
            (with("note", json!(5)), "5 is not of type 'string', 'null'"),
            (with("color", json!("blue")), "'blue' is not one of ['red', 'dark/green', None]"),
            (with("count", json!(-1)), "-1 is less than the minimum of 0"),
            (with("inner", json!({})), "'color' is a required property"),
        ] {
            assert_eq!(complaint(&body), message);
        }
    }

    #[test]
    fn absent_null_and_a_value_differ() {
        for (body, note, value, change) in [
            (least(), Patch::Absent, None, None),
            (with("note", Value::Null), Patch::Null, None, Some(None)),
            (with("note", json!("")), Patch::Value(""), Some(""), Some(Some(""))),
        ] {
            let body = read(body).expect("a body");
            assert_eq!(body.note.as_deref(), note);
            assert_eq!(body.note.as_deref().value(), value);
            assert_eq!(body.note.as_deref().change(), change);
        }
    }

    #[test]
    fn fields_are_what_was_sent() {
        let body = least();
        let read_of_least = read(body.clone()).expect("a body");
        assert!(!read_of_least.is_on);
        assert_eq!(read_of_least.any, None);
        let namespace = Some("a".to_owned());
        assert_eq!(said(&read_of_least), Address { namespace, ..Address::default() });
        assert_eq!(Value::Object(read_of_least.sent), body);
        let sent = json!({
            "unknown": 1, "name": "abc", "team": "t", "role": "admin", "color": "dark/green", "count": 5.0,
            "share": 1.5, "isOn": true, "type": "7d", "any": null, "more": { "a": [] },
            "inner": { "color": "red" }, "unused": "x",
        });
        let body = read(sent.clone()).expect("a body");
        let expected = Body {
            name: "abc".into(),
            team: Some("t".into()),
            role: RepositoryRole::Admin,
            note: Patch::Absent,
            color: Patch::Value(Color::Green),
            count: Some(Integer(Number::from_f64(5.0).expect("a number"))),
            share: Number::from_f64(1.5),
            is_on: true,
            r#type: Some(IntegerOrString(json!("7d"))),
            any: Some(Value::Null),
            more: json!({ "a": [] }).as_object().cloned(),
            inner: Some(Inner { color: Color::Red }),
            _unused: Some("x".into()),
            sent: sent.as_object().cloned().expect("an object"),
        };
        assert_eq!(body, expected);
        assert_eq!(said(&body).team.as_deref(), Some("t"));
        assert_eq!([Color::Red, Color::Green].map(|color| color.as_str()), ["red", "dark/green"]);
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let texts = ["", "a", "abcd", "read", "red", "dark/green", "color"];
        let leaf: BoxedStrategy<Value> = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (-2_i64..3).prop_map(Value::from),
            prop::sample::select(vec![0.5, 1.0, 1e300]).prop_map(Value::from),
            prop::sample::select(texts.to_vec()).prop_map(Value::from),
        ]
        .boxed();
        let members = prop::collection::hash_map("color|a", leaf.clone(), 0..3);
        prop_oneof![
            4 => leaf.clone(),
            1 => members.prop_map(|members| Value::Object(members.into_iter().collect())),
            1 => prop::collection::vec(leaf, 0..3).prop_map(Value::from),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1024))]

        #[test]
        fn what_the_schema_lets_through_is_read(
            at in 0..Body::SCHEMA.properties.len(),
            value in any_json(),
        ) {
            let body = with(Body::SCHEMA.properties[at].name, value);
            if Body::SCHEMA.check(&body).is_ok() {
                let read = Body::of(body.clone());
                prop_assert_eq!(read.map(|body| Value::Object(body.sent)), Some(body));
            }
        }

        #[test]
        fn a_value_comes_back(name in ".{1,3}", note in ".{0,9}", count in 0_i64.., is_on: bool, more: bool) {
            let color = if more { Color::Red } else { Color::Green };
            let sent = json!({
                "name": name, "role": "write", "note": note, "count": count, "isOn": is_on,
                "inner": { "color": color.as_str() },
            });
            let body = read(sent).expect("a body");
            prop_assert_eq!(body.name, name);
            prop_assert_eq!(body.role, RepositoryRole::Write);
            prop_assert_eq!(body.note, Patch::Value(note));
            prop_assert_eq!(body.count.map(|count| count.0), Some(count.into()));
            prop_assert_eq!(body.is_on, is_on);
            prop_assert_eq!(body.inner, Some(Inner { color }));
        }
    }
}
