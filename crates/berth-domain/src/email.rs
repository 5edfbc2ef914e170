//! What counts as an e-mail address.

/// Whether `text` is an e-mail address by the registry's lenient rule (`contract/quay.md` 0.8): at most 254 characters,
/// exactly one `@`, something before it, and a domain of at least two non-empty labels. Spaces pass.
#[must_use]
pub fn is_email_address(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else {
        return false;
    };
    text.chars().count() <= 254
        && !local.is_empty()
        && !domain.contains('@')
        && domain.contains('.')
        && domain.split('.').all(|label| !label.is_empty())
}

#[cfg(test)]
mod tests {
    use super::is_email_address;

    #[test]
    fn addresses() {
        for good in ["a@b.c", "two words@example.com", "ü@example.org"] {
            assert!(is_email_address(good), "{good}");
        }
        for bad in ["", "a", "a@b", "@b.c", "a@b.", "a@.c", "a@b@c.d", "a@b..c"] {
            assert!(!is_email_address(bad), "{bad}");
        }
        assert!(!is_email_address(&format!("{}@example.com", "a".repeat(250))));
    }
}
