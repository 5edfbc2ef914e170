//! What counts as a password.

/// The fewest characters of a password.
const SHORTEST: usize = 8;

/// Whether `text` may be a password (`docs/contract/quay.md` 5.3): at least 8 characters, none of them white space.
#[must_use]
pub fn is_acceptable_password(text: &str) -> bool {
    text.chars().count() >= SHORTEST && !text.contains(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use super::is_acceptable_password;

    #[test]
    fn passwords() {
        for good in ["password", "üüüüüüüü", "a-much-longer-one"] {
            assert!(is_acceptable_password(good), "{good}");
        }
        for bad in ["", "passwor", "pass word", "password\n", "password\u{a0}", "ü\t123456"] {
            assert!(!is_acceptable_password(bad), "{bad:?}");
        }
    }
}
