//! What manifests and blobs are named by in paths.

use berth_web::ApiError;

use super::failure::{blob_unknown, manifest_unknown};

/// The most characters of a tag (the distribution specification, "Pulling manifests").
const LONGEST_TAG: usize = 128;

/// What names a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reference {
    /// A tag.
    Tag(String),
    /// A digest.
    Digest(String),
}

impl Reference {
    /// Reads the last part of a path.
    ///
    /// # Errors
    /// 404 for what is neither a tag nor a digest: no manifest has such a name.
    pub(super) fn parse(text: &str) -> Result<Self, ApiError> {
        if is_digest(text) {
            Ok(Self::Digest(text.to_owned()))
        } else if is_tag(text) {
            Ok(Self::Tag(text.to_owned()))
        } else {
            Err(manifest_unknown())
        }
    }

    /// As paths have it.
    pub(super) fn as_str(&self) -> &str {
        match self {
            Self::Tag(text) | Self::Digest(text) => text,
        }
    }
}

/// The digest of a blob.
///
/// # Errors
/// 404 for what is none.
pub(super) fn blob_digest(text: &str) -> Result<&str, ApiError> {
    if is_digest(text) { Ok(text) } else { Err(blob_unknown()) }
}

/// Whether it is a digest by an algorithm that registries know.
pub(super) fn is_digest(text: &str) -> bool {
    let Some((algorithm, hash)) = text.split_once(':') else { return false };
    let length = match algorithm {
        "sha256" => 64,
        "sha512" => 128,
        _ => return false,
    };
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    hash.len() == length && hash.bytes().all(is_hex)
}

/// Whether it can be a tag.
pub(super) fn is_tag(text: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let may_follow = |byte: u8| is_word(byte) || byte == b'.' || byte == b'-';
    text.len() <= LONGEST_TAG
        && text.bytes().next().is_some_and(is_word)
        && text.bytes().all(may_follow)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_digests() {
        let hash = "a".repeat(64);
        assert_eq!(
            Reference::parse(&format!("sha256:{hash}")).ok(),
            Some(Reference::Digest(format!("sha256:{hash}")))
        );
        assert_eq!(Reference::parse("v1.0_x-y").ok(), Some(Reference::Tag("v1.0_x-y".into())));
        for bad in ["", ".x", "-x", "a/b", "a:b", "sha256:ABC", "..", "a?b", &"a".repeat(129)] {
            assert!(Reference::parse(bad).is_err(), "{bad}");
        }
        assert!(blob_digest(&format!("sha512:{hash}{hash}")).is_ok());
        for bad in [&*hash, "sha256:", "md5:aaaa", &format!("sha256:{}", "A".repeat(64))] {
            assert!(blob_digest(bad).is_err(), "{bad}");
        }
    }
}
