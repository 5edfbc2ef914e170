//! What a manifest says: OCI image-spec 1.1 (manifest, index), Docker's schema 2 with its list, and schema 1, which says no sizes.

use serde::{Deserialize, Serialize};

use crate::limits::MANIFEST_CONTENTS;

/// The largest size of something that a manifest names, in bytes, that is believed: a TiB.
const LARGEST_BYTES: i64 = 1 << 40;

/// The largest manifest, in bytes: registries take no larger one.
pub const MANIFEST_BYTES: usize = 4 * 1024 * 1024;

/// The types of manifests that are asked for, as `Accept` says them: OCI's, and Docker's schema 2. A registry gives what is not named in
/// another form, or not at all.
pub const ACCEPT: &str = "application/vnd.oci.image.manifest.v1+json, \
    application/vnd.oci.image.index.v1+json, \
    application/vnd.docker.distribution.manifest.v2+json, \
    application/vnd.docker.distribution.manifest.list.v2+json";

/// The same of Docker's schema 1, which nothing makes any more.
pub const ACCEPT_SCHEMA_1: &str = "application/vnd.docker.distribution.manifest.v1+prettyjws, \
    application/vnd.docker.distribution.manifest.v1+json";

/// How long a digest or a media type may be, in bytes.
const WORD: usize = 255;

/// Manifests of images.
const IMAGES: &[&str] = &[
    "application/vnd.docker.distribution.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v1+prettyjws",
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
];

/// Indexes: manifests that name others, for several platforms.
const INDEXES: &[&str] = &[
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
];

/// What something is to the manifest that names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ContentKind {
    /// The configuration of an image.
    Config,
    /// A layer of an image.
    Layer,
    /// A manifest that an index names.
    Manifest,
}

/// Something that a manifest names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Content {
    /// Its digest.
    pub digest: String,
    /// Its media type; empty where none is said.
    pub media_type: String,
    /// In bytes.
    pub size_bytes: i64,
    /// What it is.
    pub kind: ContentKind,
}

/// A layer, as far as its manifest describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// Its digest.
    pub digest: String,
    /// In bytes, compressed; none where it is not said.
    pub size_bytes: Option<i64>,
    /// Where else it may be had.
    pub urls: Vec<String>,
}

/// A manifest that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// Whether it is an index.
    pub is_index: bool,
    /// The media type of the configuration; none of an index.
    pub config_media_type: Option<String>,
    /// The layers of an image, the lowest first.
    pub layers: Vec<Layer>,
    /// What it names with a size that can be believed: [`MANIFEST_CONTENTS`] at most.
    pub contents: Vec<Content>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    config: Option<Descriptor>,
    #[serde(default)]
    layers: Vec<Descriptor>,
    #[serde(default)]
    manifests: Vec<Descriptor>,
    #[serde(default)]
    fs_layers: Vec<FsLayer>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    digest: String,
    #[serde(default)]
    media_type: String,
    #[serde(default)]
    size: i64,
    #[serde(default)]
    urls: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FsLayer {
    blob_sum: String,
}

/// Whether manifests of that media type are indexes.
#[must_use]
pub fn is_index(media_type: &str) -> bool {
    INDEXES.contains(&media_type)
}

/// Whether it is the media type of manifests, indexes included.
#[must_use]
pub fn is_manifest(media_type: &str) -> bool {
    IMAGES.contains(&media_type) || is_index(media_type)
}

/// Whether a size that a manifest says is believed.
#[must_use]
pub fn is_size(bytes: i64) -> bool {
    (0..=LARGEST_BYTES).contains(&bytes)
}

/// What is known of what a manifest names: [`MANIFEST_CONTENTS`] at most, of more the largest.
#[must_use]
pub fn known(mut contents: Vec<Content>) -> Vec<Content> {
    if contents.len() > MANIFEST_CONTENTS {
        contents.sort_by_key(|content| std::cmp::Reverse(content.size_bytes));
        contents.truncate(MANIFEST_CONTENTS);
    }
    contents
}

/// Whether it is a digest as registries write them today: SHA-256, in small letters.
#[must_use]
pub fn is_digest(text: &str) -> bool {
    let is_hexadecimal = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    text.strip_prefix("sha256:")
        .is_some_and(|digits| digits.len() == 64 && digits.bytes().all(is_hexadecimal))
}

impl Manifest {
    /// Reads a manifest of that media type; none where it is none.
    #[must_use]
    pub fn parse(media_type: &str, content: &[u8]) -> Option<Self> {
        let Written { config, layers, manifests, fs_layers } =
            serde_json::from_slice(content).ok()?;
        let is_index = is_index(media_type);
        let contents = match is_index {
            true => manifests.iter().map(|child| (child, ContentKind::Manifest)).collect(),
            false => images(config.as_ref(), &layers),
        };
        let contents = contents.into_iter().filter_map(|(named, kind)| named.content(kind));
        // Schema 1 names the highest one first.
        let oldest_first = fs_layers.into_iter().rev().map(FsLayer::layer);
        Some(Self {
            is_index,
            contents: known(contents.collect()),
            config_media_type: config.filter(|_| !is_index).map(|config| config.media_type),
            layers: layers.into_iter().map(Descriptor::layer).chain(oldest_first).collect(),
        })
    }
}

fn images<'a>(
    config: Option<&'a Descriptor>,
    layers: &'a [Descriptor],
) -> Vec<(&'a Descriptor, ContentKind)> {
    let config = config.map(|config| (config, ContentKind::Config));
    config.into_iter().chain(layers.iter().map(|layer| (layer, ContentKind::Layer))).collect()
}

impl Descriptor {
    fn content(&self, kind: ContentKind) -> Option<Content> {
        let fits = is_size(self.size) && self.digest.len() <= WORD && self.media_type.len() <= WORD;
        fits.then(|| Content {
            digest: self.digest.clone(),
            media_type: self.media_type.clone(),
            size_bytes: self.size,
            kind,
        })
    }

    fn layer(self) -> Layer {
        Layer { digest: self.digest, size_bytes: Some(self.size), urls: self.urls }
    }
}

impl FsLayer {
    fn layer(self) -> Layer {
        Layer { digest: self.blob_sum, size_bytes: None, urls: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IMAGE: &str = "application/vnd.oci.image.manifest.v1+json";

    fn parse(media_type: &str, text: &str) -> Manifest {
        Manifest::parse(media_type, text.as_bytes()).expect("a manifest")
    }

    #[test]
    fn an_image_has_a_configuration_and_layers() {
        let manifest = parse(
            IMAGE,
            r#"{"schemaVersion": 2,
            "config": {"mediaType": "config", "digest": "sha256:c", "size": 7},
            "layers": [{"mediaType": "layer", "digest": "sha256:l", "size": 10, "urls": ["https://a/"]},
                {"mediaType": "layer", "digest": "sha256:m", "size": 1099511627777},
                {"mediaType": "layer", "digest": "sha256:n", "size": -1}]}"#,
        );
        assert!(!manifest.is_index);
        assert_eq!(manifest.config_media_type.as_deref(), Some("config"));
        let contents: Vec<_> = manifest
            .contents
            .iter()
            .map(|content| (content.digest.as_str(), content.size_bytes, content.kind))
            .collect();
        let expected = [("sha256:c", 7, ContentKind::Config), ("sha256:l", 10, ContentKind::Layer)];
        assert_eq!(contents, expected, "sizes that cannot be are not believed");
        assert_eq!(manifest.layers.len(), 3);
        assert_eq!(manifest.layers[0].urls, ["https://a/"]);
    }

    #[test]
    fn an_index_names_manifests() {
        let text = r#"{"manifests": [{"mediaType": "m", "digest": "sha256:a", "size": 5}]}"#;
        for index in INDEXES {
            let manifest = parse(index, text);
            assert!(manifest.is_index && manifest.layers.is_empty());
            assert_eq!(manifest.contents[0].kind, ContentKind::Manifest);
        }
        assert!(parse(IMAGE, text).contents.is_empty());
    }

    #[test]
    fn schema_1_has_layers_without_sizes() {
        let text = r#"{"schemaVersion": 1, "fsLayers": [{"blobSum": "sha256:b"}, {"blobSum": "sha256:a"}]}"#;
        let manifest = parse("application/vnd.docker.distribution.manifest.v1+prettyjws", text);
        let layers: Vec<_> =
            manifest.layers.iter().map(|layer| (layer.digest.as_str(), layer.size_bytes)).collect();
        assert_eq!(layers, [("sha256:a", None), ("sha256:b", None)]);
        assert!(manifest.contents.is_empty());
    }

    #[test]
    fn what_is_no_manifest_is_none() {
        for text in ["", "[]", "{\"layers\": 7}", "\"x\"", "{\"layers\": [{}]}"] {
            assert_eq!(Manifest::parse(IMAGE, text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn contents_are_limited() {
        let one = r#"{"digest": "sha256:a", "size": 1}"#;
        let text = format!(r#"{{"layers": [{}]}}"#, vec![one; 2_000].join(","));
        let manifest = parse(IMAGE, &text);
        assert_eq!((manifest.contents.len(), manifest.layers.len()), (MANIFEST_CONTENTS, 2_000));
    }
}
