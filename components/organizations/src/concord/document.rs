//! `meta` and `cfg`: JSON of the client's own (`contract/concord.md` 4.2), kept as text. Numbers are never read: they stay as
//! they were written, whatever their size. Of members with one name the last counts, and their order is not kept.

use std::collections::BTreeMap;

use serde::de::Error as _;
use serde_json::value::RawValue;
use serde_json::{Error, Value, from_str};

/// How deep objects and arrays may nest. Every level costs another look at what is in it.
const DEEPEST: usize = 128;

/// A document as it is kept: members that are null are dropped, at every depth of objects, and so is NUL in texts.
///
/// # Errors
/// It nests too deep, or a text of it is no Unicode.
pub(super) fn cleaned(document: &RawValue) -> Result<String, Error> {
    let mut text = String::with_capacity(document.get().len());
    write(document, DEEPEST, &mut text)?;
    Ok(text)
}

fn write(value: &RawValue, levels: usize, text: &mut String) -> Result<(), Error> {
    let written = value.get();
    match (written.as_bytes().first(), levels.checked_sub(1)) {
        (Some(b'{' | b'['), None) => Err(Error::custom("recursion limit exceeded")),
        (Some(b'{'), Some(levels)) => write_object(from_str(written)?, levels, text),
        (Some(b'['), Some(levels)) => write_array(&from_str::<Vec<_>>(written)?, levels, text),
        (Some(b'"'), _) => {
            write_text(&from_str::<String>(written)?, text);
            Ok(())
        }
        _ => {
            text.push_str(written);
            Ok(())
        }
    }
}

fn write_object(
    members: BTreeMap<String, &RawValue>,
    levels: usize,
    text: &mut String,
) -> Result<(), Error> {
    let given = members.into_iter().filter(|(_, member)| member.get() != "null");
    let named: BTreeMap<_, _> =
        given.map(|(name, member)| (name.replace('\0', ""), member)).collect();
    text.push('{');
    for (position, (name, member)) in named.iter().enumerate() {
        if position > 0 {
            text.push(',');
        }
        write_text(name, text);
        text.push(':');
        write(member, levels, text)?;
    }
    text.push('}');
    Ok(())
}

fn write_array(items: &[&RawValue], levels: usize, text: &mut String) -> Result<(), Error> {
    text.push('[');
    for (position, item) in items.iter().enumerate() {
        if position > 0 {
            text.push(',');
        }
        write(item, levels, text)?;
    }
    text.push(']');
    Ok(())
}

fn write_text(unquoted: &str, text: &mut String) {
    text.push_str(&Value::String(unquoted.replace('\0', "")).to_string());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(document: &str) -> String {
        let document = from_str(document).expect("JSON");
        cleaned(document).unwrap_or_else(|error| error.to_string())
    }

    #[test]
    fn numbers_stay_as_they_are_written() {
        for number in ["123.0", "1.10", "-0", "1e400", "-1E-400", "123456789012345678901234567890"]
        {
            let document = format!(r#"{{"a":[{number}],"b":{number}}}"#);
            assert_eq!(kept(&document), document);
        }
    }

    #[test]
    fn nulls_are_dropped_from_objects_alone() {
        assert_eq!(
            kept(r#"{ "a": null, "b": [null, {"c": null, "d": true}], "e": {"f": null} }"#),
            r#"{"b":[null,{"d":true}],"e":{}}"#
        );
    }

    #[test]
    fn the_last_of_one_name_counts() {
        assert_eq!(kept(r#"{"a":1,"b":2,"\u0061":3,"b":null}"#), r#"{"a":3}"#);
    }

    #[test]
    fn nul_goes_and_other_characters_stay() {
        assert_eq!(kept(r#"{"a\u0000b":"\u0000c\\u0000\"\n\u00e9"}"#), r#"{"ab":"c\\u0000\"\né"}"#);
    }

    #[test]
    fn nesting_has_a_limit() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(kept(&nested(128)), nested(128));
        assert_eq!(kept(&nested(129)), "recursion limit exceeded");
        assert_eq!(kept(&nested(100_000)), "recursion limit exceeded");
    }
}
