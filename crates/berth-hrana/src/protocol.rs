//! What client and server say, as JSON: the part of Hrana 3 that is used here (`docs/HRANA_3_SPEC.md` of
//! `tursodatabase/libsql`), which is also part of Hrana 2.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use berth_store::{Row, Value};
use serde::{Deserialize, Serialize};

/// Servers write blobs without padding, and read them so; the protocol says neither.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The requests of one round trip on a stream.
#[derive(Serialize)]
pub(crate) struct Pipeline<'a> {
    /// Which stream; a new one without it.
    pub(crate) baton: Option<&'a str>,
    pub(crate) requests: Vec<StreamRequest<'a>>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum StreamRequest<'a> {
    Batch { batch: Batch<'a> },
    Close,
}

/// Statements, each of which runs only if the one before it succeeded.
#[derive(Serialize)]
pub(crate) struct Batch<'a> {
    steps: Vec<Step<'a>>,
}

#[derive(Serialize)]
struct Step<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    condition: Option<Condition>,
    stmt: Stmt<'a>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Condition {
    Ok { step: usize },
}

#[derive(Serialize)]
struct Stmt<'a> {
    sql: &'a str,
    args: Vec<WireValue>,
}

impl<'a> Batch<'a> {
    pub(crate) fn new(statements: impl Iterator<Item = (&'a str, &'a [Value])>) -> Self {
        let step = |(index, (sql, parameters)): (usize, (&'a str, &'a [Value]))| Step {
            condition: index.checked_sub(1).map(|step| Condition::Ok { step }),
            stmt: Stmt { sql, args: parameters.iter().map(WireValue::of).collect() },
        };
        Self { steps: statements.enumerate().map(step).collect() }
    }
}

/// A value of SQLite's. Integers are texts, since JSON's numbers are often read as floats.
#[derive(Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum WireValue {
    Null,
    Integer { value: String },
    Float { value: f64 },
    Text { value: String },
    Blob { base64: String },
}

impl WireValue {
    fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Integer(integer) => Self::Integer { value: integer.to_string() },
            Value::Real(real) => Self::Float { value: *real },
            Value::Text(text) => Self::Text { value: text.clone() },
            Value::Blob(bytes) => Self::Blob { base64: BASE64.encode(bytes) },
        }
    }

    /// `None`: it is no value.
    fn into_value(self) -> Option<Value> {
        Some(match self {
            Self::Null => Value::Null,
            Self::Integer { value } => Value::Integer(value.parse().ok()?),
            Self::Float { value } => Value::Real(value),
            Self::Text { value } => Value::Text(value),
            Self::Blob { base64 } => Value::Blob(BASE64.decode(base64).ok()?),
        })
    }
}

/// The server's answer to a [`Pipeline`].
#[derive(Deserialize)]
pub(crate) struct PipelineResponse {
    /// Where the stream goes on; `None` when it is closed.
    pub(crate) baton: Option<String>,
    /// Where its next requests go, if not to where this one went.
    pub(crate) base_url: Option<String>,
    /// One for each request.
    pub(crate) results: Vec<StreamResult>,
}

/// Either a response or an error. (The member `type` says no more.)
#[derive(Deserialize)]
pub(crate) struct StreamResult {
    pub(crate) response: Option<StreamResponse>,
    pub(crate) error: Option<ErrorBody>,
}

#[derive(Deserialize)]
pub(crate) struct StreamResponse {
    /// Of a batch.
    pub(crate) result: Option<BatchResult>,
}

/// For each step its result or its error, or neither where it was not run.
#[derive(Deserialize)]
pub(crate) struct BatchResult {
    pub(crate) step_results: Vec<Option<StmtResult>>,
    pub(crate) step_errors: Vec<Option<ErrorBody>>,
}

#[derive(Deserialize)]
pub(crate) struct StmtResult {
    rows: Vec<Vec<WireValue>>,
}

impl StmtResult {
    /// `None`: a value is none.
    pub(crate) fn into_rows(self) -> Option<Vec<Row>> {
        let row = |values: Vec<WireValue>| {
            let values: Option<Vec<Value>> =
                values.into_iter().map(WireValue::into_value).collect();
            values.map(Row::new)
        };
        self.rows.into_iter().map(row).collect()
    }
}

/// An error of a statement, or the body of an answer with an error's status, which servers write with either member.
#[derive(Default, Deserialize)]
pub(crate) struct ErrorBody {
    #[serde(default, alias = "error")]
    pub(crate) message: String,
    #[serde(default)]
    pub(crate) code: Option<String>,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn json(value: &Value) -> String {
        serde_json::to_string(&WireValue::of(value)).expect("it has JSON")
    }

    fn value(json: &str) -> Option<Value> {
        serde_json::from_str::<WireValue>(json).ok()?.into_value()
    }

    #[test]
    fn values_are_written_as_the_protocol_has_them() {
        for (value, written) in [
            (Value::Null, r#"{"type":"null"}"#),
            (Value::Integer(i64::MIN), r#"{"type":"integer","value":"-9223372036854775808"}"#),
            (Value::Real(1.5), r#"{"type":"float","value":1.5}"#),
            (Value::Text("ä\"\0".into()), r#"{"type":"text","value":"ä\"\u0000"}"#),
            (Value::Blob(vec![1, 2, 255, 0]), r#"{"type":"blob","base64":"AQL/AA"}"#),
        ] {
            assert_eq!(json(&value), written);
        }
    }

    #[test]
    fn values_are_read_as_servers_write_them() {
        for (written, read) in [
            (r#"{"type":"blob","base64":"AQI="}"#, Some(Value::Blob(vec![1, 2]))),
            (r#"{"type":"blob","base64":"AQI"}"#, Some(Value::Blob(vec![1, 2]))),
            (r#"{"value":2,"type":"float"}"#, Some(Value::Real(2.0))),
            (r#"{"type":"float","value":null}"#, None),
            (r#"{"type":"integer","value":"1.0"}"#, None),
            (r#"{"type":"integer","value":1}"#, None),
            (r#"{"type":"blob","base64":"?"}"#, None),
            (r#"{"type":"none"}"#, None),
        ] {
            assert_eq!(value(written), read, "{written}");
        }
    }

    fn values() -> impl Strategy<Value = Value> {
        prop_oneof![
            Just(Value::Null),
            any::<i64>().prop_map(Value::Integer),
            // Of others serde_json may read the last digit otherwise; the schema has no such column.
            any::<i32>().prop_map(|integer| Value::Real(f64::from(integer) / 8.0)),
            any::<String>().prop_map(Value::Text),
            any::<Vec<u8>>().prop_map(Value::Blob),
        ]
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(original in values()) {
            prop_assert_eq!(value(&json(&original)), Some(original));
        }
    }

    #[test]
    fn a_step_runs_only_if_the_one_before_it_succeeded() {
        let parameters = [Value::Integer(7)];
        let statements = [("BEGIN", &[][..]), ("SELECT ?1", &parameters[..]), ("COMMIT", &[][..])];
        let batch = serde_json::to_string(&Batch::new(statements.into_iter())).expect("JSON");
        let written = concat!(
            r#"{"steps":[{"stmt":{"sql":"BEGIN","args":[]}},"#,
            r#"{"condition":{"type":"ok","step":0},"stmt":{"sql":"SELECT ?1","args":[{"type":"integer","value":"7"}]}},"#,
            r#"{"condition":{"type":"ok","step":1},"stmt":{"sql":"COMMIT","args":[]}}]}"#
        );
        assert_eq!(batch, written);
    }
}
