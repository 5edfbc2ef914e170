//! `meta` and `cfg`: JSON of the client's own (`docs/contract/concord.md` 4.2), kept as text. Numbers are never read: they stay as
//! they were written, whatever their size. Of members with one name the last counts, and their order is not kept.

use std::collections::BTreeMap;

use serde::de::Error as _;
use serde_json::value::RawValue;
use serde_json::{Error, Value, from_str};

/// How deep objects and arrays may nest.
const DEEPEST: usize = 128;

/// A document as it is kept: members that are null are dropped, at every depth of objects, and so is NUL in texts.
///
/// # Errors
/// It nests too deep, or a text of it is no Unicode.
pub(super) fn cleaned(document: &RawValue) -> Result<String, Error> {
    let mut text = String::with_capacity(document.get().len());
    Reader { rest: document.get() }.value(DEEPEST)?.write(&mut text);
    Ok(text)
}

/// A value of a document.
enum Node<'a> {
    /// A number, true, false or null, as it was written.
    Plain(&'a str),
    Text(String),
    Array(Vec<Self>),
    Object(BTreeMap<String, Self>),
}

impl Node<'_> {
    fn write(&self, text: &mut String) {
        match self {
            Self::Plain(written) => text.push_str(written),
            Self::Text(unquoted) => write_text(unquoted, text),
            Self::Array(items) => {
                text.push('[');
                for (position, item) in items.iter().enumerate() {
                    text.push_str(if position > 0 { "," } else { "" });
                    item.write(text);
                }
                text.push(']');
            }
            Self::Object(members) => {
                text.push('{');
                for (position, (name, member)) in members.iter().enumerate() {
                    text.push_str(if position > 0 { "," } else { "" });
                    write_text(name, text);
                    text.push(':');
                    member.write(text);
                }
                text.push('}');
            }
        }
    }
}

fn write_text(unquoted: &str, text: &mut String) {
    text.push_str(&Value::String(unquoted.replace('\0', "")).to_string());
}

/// Reads text that is known to be JSON, each byte once.
struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn value(&mut self, levels: usize) -> Result<Node<'a>, Error> {
        let inner = levels.checked_sub(1).ok_or_else(|| Error::custom("recursion limit exceeded"));
        match self.peek() {
            b'{' => self.object(inner?),
            b'[' => self.array(inner?),
            b'"' => self.text().map(Node::Text),
            _ => {
                let ends = |byte: u8| b",]} \t\r\n".contains(&byte);
                let length = self.rest.bytes().position(ends).unwrap_or(self.rest.len());
                Ok(Node::Plain(self.take(length)))
            }
        }
    }

    /// Of members with one name the last counts, also when it is null.
    fn object(&mut self, levels: usize) -> Result<Node<'a>, Error> {
        let mut members = BTreeMap::new();
        self.take(1);
        while self.peek() != b'}' {
            let name = self.text()?;
            self.skip(b':');
            members.insert(name, self.value(levels)?);
            self.skip(b',');
        }
        self.take(1);
        let given = members.into_iter().filter(|(_, value)| !matches!(value, Node::Plain("null")));
        Ok(Node::Object(given.map(|(name, value)| (name.replace('\0', ""), value)).collect()))
    }

    fn array(&mut self, levels: usize) -> Result<Node<'a>, Error> {
        let mut items = Vec::new();
        self.take(1);
        while self.peek() != b']' {
            items.push(self.value(levels)?);
            self.skip(b',');
        }
        self.take(1);
        Ok(Node::Array(items))
    }

    fn text(&mut self) -> Result<String, Error> {
        self.peek();
        let mut escaped = true;
        let end = self.rest.bytes().position(|byte| {
            let ends = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            ends
        });
        from_str(self.take(end.map_or(self.rest.len(), |end| end + 1)))
    }

    /// The next byte that is not space; `]` where the text ends, which ends whatever is read.
    fn peek(&mut self) -> u8 {
        self.rest = self.rest.trim_ascii_start();
        self.rest.bytes().next().unwrap_or(b']')
    }

    /// Goes past a separator, if it is there.
    fn skip(&mut self, separator: u8) {
        if self.peek() == separator {
            self.take(1);
        }
    }

    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }
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
