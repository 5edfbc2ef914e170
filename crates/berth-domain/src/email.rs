//! E-mail addresses: the one rule for them, used wherever somebody gives one.

use std::fmt;

use crate::invalid::Invalid;

/// The longest address, in characters.
const LONGEST: usize = 254;

/// Characters that make a mail server read something else than one address.
const SPECIAL: &str = "<>()[]\\,;:\"";

/// An e-mail address that can be written to: at most 254 characters, exactly one `@`, something before it, a domain of at
/// least two labels, and no white space, control character or mark of a mail header. Compared without regard to case.
#[derive(Debug, Clone)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// The address, as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl PartialEq for EmailAddress {
    fn eq(&self, other: &Self) -> bool {
        is_same_address(&self.0, &other.0)
    }
}

impl Eq for EmailAddress {}

impl fmt::Display for EmailAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> Self {
        address.0
    }
}

impl TryFrom<&str> for EmailAddress {
    type Error = Invalid;

    fn try_from(text: &str) -> Result<Self, Invalid> {
        let is_address = text.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty()
                && !domain.contains('@')
                && domain.contains('.')
                && domain.split('.').all(|label| !label.is_empty())
        });
        let is_plain = text.chars().count() <= LONGEST && !text.chars().any(is_special);
        match is_address && is_plain {
            true => Ok(Self(text.to_owned())),
            false => Err(Invalid::EmailAddress(text.to_owned())),
        }
    }
}

fn is_special(character: char) -> bool {
    character.is_whitespace() || character.is_control() || SPECIAL.contains(character)
}

/// Whether two texts are the same address: those that differ in the case of ASCII letters are, as in the database's `NOCASE`.
#[must_use]
pub fn is_same_address(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

#[cfg(test)]
mod tests {
    use super::EmailAddress;

    #[test]
    fn addresses() {
        for good in ["a@b.c", "a+b@example.com", "o'neil@example.com", "ü@example.org"] {
            assert!(EmailAddress::try_from(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "a",
            "a@b",
            "@b.c",
            "a@b.",
            "a@.c",
            "a@b@c.d",
            "a@b..c",
            "two words@b.c",
            "a@b.c ",
            "a@b.c\n",
            "x <a@b.c>",
            "<a@b.c>",
            "a@b.c,d@e.f",
            "a@b.c;",
            "\"a\"@b.c",
            "a@[1.2]",
            "(x)a@b.c",
            "a\\@b.c",
            "mailto:a@b.c",
            "a\u{a0}@b.c",
            "a\0@b.c",
        ] {
            assert!(EmailAddress::try_from(bad).is_err(), "{bad:?}");
        }
        let long = |length: usize| format!("{}@example.com", "a".repeat(length - 12));
        assert!(EmailAddress::try_from(long(254).as_str()).is_ok());
        assert!(EmailAddress::try_from(long(255).as_str()).is_err());
    }

    #[test]
    fn case_does_not_matter() {
        let address = |text| EmailAddress::try_from(text).expect("an address");
        assert_eq!(address("Ana@Example.com"), address("ana@example.COM"));
        assert_ne!(address("ana@example.com"), address("anna@example.com"));
    }
}
