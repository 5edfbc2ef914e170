//! Answers about sessions and forgotten passwords.

use schemars::JsonSchema;
use serde::Serialize;

/// The CSRF token of a session.
#[derive(JsonSchema, Serialize)]
pub(crate) struct CsrfToken {
    pub(super) csrf_token: String,
}

/// What became of a request for a new password (`docs/contract/quay.md` 5.4).
#[derive(JsonSchema, Serialize)]
pub(crate) struct RecoveryAnswer {
    status: RecoveryStatus,
    /// The address, where an organization has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    orgemail: Option<String>,
    /// The name of that organization, with most of it hidden.
    #[serde(skip_serializing_if = "Option::is_none")]
    orgname: Option<String>,
}

#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "lowercase")]
enum RecoveryStatus {
    Sent,
    Org,
}

impl RecoveryAnswer {
    /// A mail was sent, if a user has the address.
    pub(crate) const SENT: Self =
        Self { status: RecoveryStatus::Sent, orgemail: None, orgname: None };

    /// The address is that of an organization, which has no password.
    pub(crate) fn of_organization(email: String, name: &str) -> Self {
        Self { status: RecoveryStatus::Org, orgemail: Some(email), orgname: Some(redacted(name)) }
    }
}

/// A name with all but its beginning and its end hidden, as the original shows it to whoever asks.
fn redacted(name: &str) -> String {
    // As many as a third of the name less one, at least one: `at < length / 3 - 1`, in whole numbers.
    let length = name.chars().count();
    let is_shown =
        |at: usize| 3 * at + 3 < length || at == 0 || 3 * at >= 2 * length + 3 || at + 1 >= length;
    let characters = name.chars().enumerate();
    characters.map(|(at, character)| if is_shown(at) { character } else { '\u{2022}' }).collect()
}

#[cfg(test)]
mod tests {
    use super::redacted;

    #[test]
    fn a_redacted_name_shows_its_ends() {
        for (name, shown) in [
            ("ab", "ab"),
            ("abc", "a•c"),
            ("acme", "a••e"),
            ("abcdef", "a••••f"),
            ("buynlarge", "bu•••••ge"),
            ("abcdefghij", "abc•••••ij"),
        ] {
            assert_eq!(redacted(name), shown);
        }
    }
}
