//! How a path is logged: without what is secret in it.

use std::borrow::Cow;
use std::ops::Range;

/// Replaces what is secret.
const MASK: &str = "***";

/// `path`, percent-encoded as a request has it, with what is secret replaced: of a segment that begins with one of
/// `prefixes` (ASCII, in any case), everything after its last colon. An encoded slash ends a segment as a plain one does.
#[must_use]
pub fn mask_path<'a>(path: &'a str, prefixes: &[impl AsRef<str>]) -> Cow<'a, str> {
    let decoded = decode(path);
    let mut masked = String::new();
    // How much of `path` is in `masked`.
    let mut copied = 0;
    for segment in decoded.split(|(byte, _)| *byte == b'/') {
        let Some(secret) = secret_of(segment, prefixes) else { continue };
        masked.push_str(&path[copied..secret.start]);
        masked.push_str(MASK);
        copied = secret.end;
    }
    if copied == 0 {
        return Cow::Borrowed(path);
    }
    masked.push_str(&path[copied..]);
    Cow::Owned(masked)
}

/// Where the secret of a segment is, if it has one.
fn secret_of(segment: &[(u8, Range<usize>)], prefixes: &[impl AsRef<str>]) -> Option<Range<usize>> {
    let begins_with = |prefix: &str| {
        segment.len() >= prefix.len()
            && segment
                .iter()
                .zip(prefix.bytes())
                .all(|((byte, _), own)| byte.eq_ignore_ascii_case(&own))
    };
    if !prefixes.iter().any(|prefix| begins_with(prefix.as_ref())) {
        return None;
    }
    let colon = segment.iter().rposition(|(byte, _)| *byte == b':')?;
    let secret = segment.get(colon + 1..)?;
    Some(secret.first()?.1.start..secret.last()?.1.end)
}

/// The decoded bytes of a path, each with its place in `path`.
fn decode(path: &str) -> Vec<(u8, Range<usize>)> {
    let mut decoded = Vec::with_capacity(path.len());
    let mut at = 0;
    while let Some(plain) = path.as_bytes().get(at) {
        let encoded = path.get(at + 1..at + 3).filter(|_| *plain == b'%');
        let encoded = encoded.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        let length = if encoded.is_some() { 3 } else { 1 };
        decoded.push((encoded.unwrap_or(*plain), at..at + length));
        at += length;
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_masked_however_it_is_written() {
        for (path, logged) in [
            ("/api/v1/teaminvite/urn:teaminvite:s3cret", "/api/v1/teaminvite/urn:teaminvite:***"),
            (
                "/api/v1/teaminvite/urn%3Ateaminvite%3As3cret/",
                "/api/v1/teaminvite/urn%3Ateaminvite%3A***/",
            ),
            (
                "/api/v1/teaminvite%2furn%3ateaminvite:s3c%2Fret",
                "/api/v1/teaminvite%2furn%3ateaminvite:***%2Fret",
            ),
            ("/x/%55rn:s3cret", "/x/%55rn:***"),
            ("urn:a:1/urn:b:2", "urn:a:***/urn:b:***"),
            ("/urn:a:s3crét", "/urn:a:***"),
            ("/KEY-a:b/urnx", "/KEY-a:***/urnx"),
        ] {
            assert_eq!(mask_path(path, &["key-", "urn:"]), logged, "{path}");
        }
    }

    #[test]
    fn any_other_path_stays_as_it_is() {
        for path in [
            "",
            "/",
            "/api/v1/organization/acme",
            "/x:y",
            "/turn:x",
            "/urn",
            "/urn:a:",
            "/%",
            "/%zz%2",
            "/é%",
        ] {
            assert!(
                matches!(mask_path(path, &["urn:"]), Cow::Borrowed(same) if same == path),
                "{path}"
            );
        }
    }
}
