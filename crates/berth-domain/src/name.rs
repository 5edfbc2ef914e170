//! Names of namespaces (users and organizations), teams, robots and repositories.
//!
//! One newtype a kind of name; a value of it has passed the rule (`docs/contract/quay.md` 0.8). Uniqueness is the schema's.

use std::fmt;

use crate::invalid::Invalid;

/// The shortest and the longest name. A name that breaks both rules is refused for the pattern.
const LENGTH: std::ops::RangeInclusive<usize> = 2..=255;

/// Whether `text` matches [`NAMESPACE_PATTERN`]. Unlike the original's, the end is the end of the text: a trailing newline
/// is no part of a name.
#[must_use]
pub fn has_namespace_form(text: &str) -> bool {
    let mut after_letter = false;
    for byte in text.bytes() {
        after_letter = match byte {
            b'a'..=b'z' | b'0'..=b'9' => true,
            b'.' | b'_' | b'-' if after_letter => false,
            _ => return false,
        };
    }
    after_letter
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $pattern:expr, $length:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $type(String);

        impl $type {
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<&str> for $type {
            type Error = Invalid;

            fn try_from(text: &str) -> Result<Self, Invalid> {
                if !has_namespace_form(text) {
                    return Err($pattern(text.to_owned()));
                }
                if !LENGTH.contains(&text.len()) {
                    return Err($length(text.to_owned()));
                }
                Ok(Self(text.to_owned()))
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    };
}

name!(
    /// The name of a user or an organization.
    NamespaceName, Invalid::NamespacePattern, Invalid::NamespaceLength
);
name!(
    /// The name of a team, unique in its organization.
    TeamName, Invalid::TeamPattern, Invalid::TeamLength
);

/// The full name of a robot: `namespace+short`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RobotName {
    full: String,
    namespace_length: usize,
}

impl RobotName {
    /// The robot `short` of `namespace`.
    ///
    /// # Errors
    /// [`Invalid::RobotPattern`] or [`Invalid::RobotLength`] when the short name breaks the rule of names.
    pub fn new(namespace: &str, short: &str) -> Result<Self, Invalid> {
        if !has_namespace_form(short) {
            return Err(Invalid::RobotPattern(short.to_owned()));
        }
        if !LENGTH.contains(&short.len()) {
            return Err(Invalid::RobotLength(short.to_owned()));
        }
        Ok(Self { full: format!("{namespace}+{short}"), namespace_length: namespace.len() })
    }

    /// `namespace+short`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.full
    }

    /// The part before the plus sign.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.full[..self.namespace_length]
    }
}

/// The name of a repository inside its namespace; may contain slashes (Quay's extended names).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepositoryName(String);

impl RepositoryName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<&str> for RepositoryName {
    type Error = Invalid;

    fn try_from(text: &str) -> Result<Self, Invalid> {
        let valid_part = |part: &str| {
            part.starts_with(|first: char| first.is_ascii_lowercase() || first.is_ascii_digit())
                && part
                    .bytes()
                    .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-'))
        };
        if text.len() <= 255 && text.split('/').all(valid_part) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Invalid::RepositoryName)
        }
    }
}

/// Whether a registry takes the text between two slashes of a repository's name: `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`
/// (OCI's distribution specification).
#[must_use]
pub fn is_registry_component(component: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let mut rest = component.as_bytes();
    loop {
        let plain = rest.iter().take_while(|byte| is_plain(**byte)).count();
        if plain == 0 {
            return false;
        }
        rest = &rest[plain..];
        if rest.is_empty() {
            return true;
        }
        let between = rest.iter().take_while(|byte| !is_plain(**byte)).count();
        let (separator, after) = rest.split_at(between);
        let is_separator =
            matches!(separator, b"." | b"_" | b"__") || separator.iter().all(|byte| *byte == b'-');
        if !is_separator {
            return false;
        }
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn namespaces() {
        for good in ["ab", "a1", "a.b", "a-b_c", "0x", "acme-2.eu"] {
            assert_eq!(NamespaceName::try_from(good).map(|name| name.0), Ok(good.to_owned()));
        }
        for bad in ["", "a--b", ".ab", "ab.", "Ab", "a b", "ab\n", "äb", "a+b", "a/b"] {
            assert_eq!(NamespaceName::try_from(bad), Err(Invalid::NamespacePattern(bad.into())));
        }
        for bad in ["a".to_owned(), "a".repeat(256)] {
            assert_eq!(NamespaceName::try_from(&*bad), Err(Invalid::NamespaceLength(bad.clone())));
        }
    }

    #[test]
    fn repositories() {
        for good in ["a", "a/b", "a..b", "0-_.", "lib/x/y"] {
            assert!(RepositoryName::try_from(good).is_ok(), "{good}");
        }
        for bad in ["", "/a", "a/", "a//b", "-a", "A", "a b", "a\n", &"a".repeat(256)] {
            assert!(RepositoryName::try_from(bad).is_err(), "{bad}");
        }
    }

    proptest::proptest! {
        /// The hand-written matcher is the pattern: letters and digits in runs, single separators between them.
        #[test]
        fn form_is_the_pattern(text in "[a-c0._\\-A\n]{0,8}") {
            let model = !text.is_empty()
                && text.split(['.', '_', '-']).all(|run| {
                    !run.is_empty() && run.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
                });
            proptest::prop_assert_eq!(has_namespace_form(&text), model);
        }
    }
}
