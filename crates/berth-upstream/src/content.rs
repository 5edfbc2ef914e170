//! What manifests name.

use serde_json::Value;
use sha2::{Digest as _, Sha256, Sha512};
use std::fmt::Write as _;

/// The most entries that are read of a manifest: a store keeps no more.
const MOST: usize = 1_000;

/// The largest size that a part may have, in bytes: a TiB.
const LARGEST: i64 = 1 << 40;

/// What a manifest names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// Its configuration and layers, or the manifests of an index.
    pub parts: Vec<Part>,
}

/// What a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The configuration of an image.
    Config,
    /// A layer.
    Layer,
    /// A manifest of an index.
    Manifest,
}

/// A configuration, a layer, or a manifest of an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What it is.
    pub kind: Kind,
    /// Its digest.
    pub digest: String,
    /// Its media type.
    pub media_type: String,
    /// Its size, in bytes.
    pub size_bytes: i64,
}

impl Kind {
    /// Its word in the tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Layer => "layer",
            Self::Manifest => "manifest",
        }
    }
}

impl Contents {
    /// Reads a manifest of an image, or an index. None for anything else, one with more than 1,000 parts or with a size that none can have among them.
    #[must_use]
    pub fn read(manifest: &[u8]) -> Option<Self> {
        let manifest: Value = serde_json::from_slice(manifest).ok()?;
        let members = [("layers", Kind::Layer), ("manifests", Kind::Manifest)];
        let listed =
            members.iter().find_map(|(name, kind)| Some((manifest.get(name)?.as_array()?, *kind)));
        let (listed, kind) = listed?;
        let config = manifest.get("config").filter(|_| kind == Kind::Layer);
        let config = config.into_iter().map(|config| Part::read(config, Kind::Config));
        let parts = config.chain(listed.iter().map(|part| Part::read(part, kind)));
        let parts = parts.collect::<Option<Vec<_>>>()?;
        (parts.len() <= MOST).then_some(Self { parts })
    }

    /// How large its configuration and layers are together, each counted once, in bytes.
    #[must_use]
    pub fn size_bytes(&self) -> i64 {
        let blobs: std::collections::BTreeMap<_, _> = self
            .parts
            .iter()
            .filter(|part| part.kind != Kind::Manifest)
            .map(|part| (&part.digest, part.size_bytes))
            .collect();
        blobs.values().sum()
    }
}

impl Part {
    fn read(part: &Value, kind: Kind) -> Option<Self> {
        let text = |name: &str| part.get(name).and_then(Value::as_str);
        let size_bytes = part.get("size")?.as_i64().filter(|size| (0..=LARGEST).contains(size))?;
        Some(Self {
            kind,
            digest: text("digest")?.to_owned(),
            media_type: text("mediaType").unwrap_or_default().to_owned(),
            size_bytes,
        })
    }
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
        let contents = Contents::read(image.as_bytes()).expect("an image");
        assert_eq!(
            contents.parts.iter().map(|part| part.kind.as_str()).collect::<Vec<_>>(),
            ["config", "layer", "layer"]
        );
        assert_eq!(contents.size_bytes(), 11);
        let index = format!(r#"{{"manifests":[{}]}}"#, part("m", 5));
        let contents = Contents::read(index.as_bytes()).expect("an index");
        assert_eq!((contents.parts[0].kind, contents.size_bytes()), (Kind::Manifest, 0));
        let huge = format!(r#"{{"layers":[{}]}}"#, part("l", LARGEST + 1));
        let many = format!(r#"{{"layers":[{}]}}"#, vec![part("l", 1); 1_001].join(","));
        for bad in
            ["", "{}", "[]", r#"{"layers":[{"digest":"d"}]}"#, r#"{"fsLayers":[]}"#, &huge, &many]
        {
            assert_eq!(Contents::read(bad.as_bytes()), None, "{bad}");
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
