//! What manifests name, and digests.

use berth_domain::limits::MANIFEST_CONTENTS;
use berth_domain::manifest::{Content, ContentKind, is_size};
use serde_json::Value;
use sha2::{Digest as _, Sha256, Sha512};
use std::fmt::Write as _;

/// What a manifest of an image, or an index, names. None for anything else, one that names more than [`MANIFEST_CONTENTS`] or with a size
/// that none can have among them: what a cache serves it has to know wholly.
#[must_use]
pub fn contents(manifest: &[u8]) -> Option<Vec<Content>> {
    let manifest: Value = serde_json::from_slice(manifest).ok()?;
    let members = [("layers", ContentKind::Layer), ("manifests", ContentKind::Manifest)];
    let listed =
        members.iter().find_map(|(name, kind)| Some((manifest.get(name)?.as_array()?, *kind)));
    let (listed, kind) = listed?;
    let config = manifest.get("config").filter(|_| kind == ContentKind::Layer);
    let config = config.into_iter().map(|config| content(config, ContentKind::Config));
    let contents = config.chain(listed.iter().map(|listed| content(listed, kind)));
    let contents = contents.collect::<Option<Vec<_>>>()?;
    (contents.len() <= MANIFEST_CONTENTS).then_some(contents)
}

fn content(descriptor: &Value, kind: ContentKind) -> Option<Content> {
    let text = |name: &str| descriptor.get(name).and_then(Value::as_str);
    Some(Content {
        digest: text("digest")?.to_owned(),
        media_type: text("mediaType").unwrap_or_default().to_owned(),
        size_bytes: descriptor.get("size")?.as_i64().filter(|size| is_size(*size))?,
        kind,
    })
}

/// Makes the digest of bytes that come piece by piece.
pub struct Hasher(Algorithm);

enum Algorithm {
    Sha256(Sha256),
    Sha512(Box<Sha512>),
}

impl Hasher {
    /// By the algorithm of another digest; by SHA-256 where that names none that is known.
    #[must_use]
    pub fn like(digest: &str) -> Self {
        Self(match digest.split_once(':') {
            Some(("sha512", _)) => Algorithm::Sha512(Box::default()),
            _ => Algorithm::Sha256(Sha256::default()),
        })
    }

    /// The next piece.
    pub fn update(&mut self, piece: &[u8]) {
        match &mut self.0 {
            Algorithm::Sha256(hash) => hash.update(piece),
            Algorithm::Sha512(hash) => hash.update(piece),
        }
    }

    /// The digest of the pieces so far.
    #[must_use]
    pub fn digest(&self) -> String {
        let (algorithm, hash) = match &self.0 {
            Algorithm::Sha256(hash) => ("sha256", hash.clone().finalize().to_vec()),
            Algorithm::Sha512(hash) => ("sha512", hash.clone().finalize().to_vec()),
        };
        let mut text = format!("{algorithm}:");
        for byte in hash {
            let _ = write!(text, "{byte:02x}");
        }
        text
    }
}

/// The digest of bytes, by the algorithm of another one.
#[must_use]
pub fn digest_of(bytes: &[u8], like: &str) -> String {
    let mut hasher = Hasher::like(like);
    hasher.update(bytes);
    hasher.digest()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_and_indexes_are_read() {
        let part = |digest: &str, size: i64| {
            format!(r#"{{"mediaType":"t","digest":"{digest}","size":{size}}}"#)
        };
        let image = format!(
            r#"{{"config":{},"layers":[{},{}]}}"#,
            part("c", 1),
            part("l", 10),
            part("l", 10)
        );
        let named = contents(image.as_bytes()).expect("an image");
        let named: Vec<_> = named.iter().map(|named| (named.kind, named.size_bytes)).collect();
        let layer = (ContentKind::Layer, 10);
        assert_eq!(named, [(ContentKind::Config, 1), layer, layer]);
        let index = format!(r#"{{"manifests":[{}]}}"#, part("m", 5));
        let named = contents(index.as_bytes()).expect("an index");
        assert_eq!((named[0].kind, named[0].size_bytes), (ContentKind::Manifest, 5));
        let huge = format!(r#"{{"layers":[{}]}}"#, part("l", (1 << 40) + 1));
        let many = format!(r#"{{"layers":[{}]}}"#, vec![part("l", 1); 1_001].join(","));
        for bad in
            ["", "{}", "[]", r#"{"layers":[{"digest":"d"}]}"#, r#"{"fsLayers":[]}"#, &huge, &many]
        {
            assert_eq!(contents(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn digests_are_those_of_their_algorithm() {
        let sha256 = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(digest_of(b"", "latest"), sha256);
        assert_eq!(digest_of(b"", sha256), sha256);
        assert!(digest_of(b"", "sha512:x").starts_with("sha512:cf83e1357eefb8bd"));
    }
}
