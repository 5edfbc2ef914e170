//! What of a request may stand in a log.

use std::borrow::Cow;
use std::ops::Range;

/// Stands for what is secret.
const MASK: &str = "***";

/// `path`, percent-encoded as a request has it, without the codes in it: of a segment that begins with `urn:`, what
/// stands behind its last colon is masked. (Whoever knows the code of an invitation, `urn:teaminvite:CODE`, can accept it.)
#[must_use]
pub fn loggable_path(path: &str) -> Cow<'_, str> {
    let decoded = decode(path);
    let mut masked = String::new();
    // How much of `path` is in `masked`.
    let mut copied = 0;
    for segment in decoded.split(|(byte, _)| *byte == b'/') {
        let Some(secret) = secret_of(segment) else { continue };
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

/// The place of what is secret in a segment.
fn secret_of(segment: &[(u8, Range<usize>)]) -> Option<Range<usize>> {
    let begin = segment.iter().map(|(byte, _)| byte.to_ascii_lowercase()).take(4);
    if !begin.eq(*b"urn:") {
        return None;
    }
    let colon = segment.iter().rposition(|(byte, _)| *byte == b':')?;
    let secret = segment.get(colon + 1..)?;
    Some(secret.first()?.1.start..secret.last()?.1.end)
}

/// The bytes that a path stands for, each with its place: an encoded slash separates as a plain one does.
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
    fn the_code_of_an_invitation_is_masked_however_it_is_written() {
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
        ] {
            assert_eq!(loggable_path(path), logged, "{path}");
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
            assert!(matches!(loggable_path(path), Cow::Borrowed(same) if same == path), "{path}");
        }
    }
}
