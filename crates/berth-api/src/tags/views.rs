//! Tags and manifests as answers show them.

use berth_domain::manifest::{self, Layer};
use berth_store::tags::TagLine;
use berth_web::outbound::distribution::Manifest;
use schemars::JsonSchema;
use serde::Serialize;

/// A tag, or one that there was.
#[derive(JsonSchema, Serialize)]
pub(crate) struct TagView {
    name: String,
    /// Whether an earlier state was restored: none is here.
    reversion: bool,
    /// When it was pushed, in seconds since 1970.
    start_ts: i64,
    /// When it ended, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    end_ts: Option<i64>,
    manifest_digest: String,
    is_manifest_list: bool,
    /// Of its layers together, in bytes; null of an index.
    size: Option<i64>,
    last_modified: String,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration: Option<String>,
}

impl From<TagLine> for TagView {
    fn from(line: TagLine) -> Self {
        let TagLine { name, digest, is_index, layers_bytes, started_at, ended_at } = line;
        Self {
            name,
            reversion: false,
            start_ts: started_at.as_seconds(),
            end_ts: ended_at.map(|ended_at| ended_at.as_seconds()),
            manifest_digest: digest,
            is_manifest_list: is_index,
            size: layers_bytes,
            last_modified: started_at.to_rfc2822(),
            expiration: ended_at.map(|ended_at| ended_at.to_rfc2822()),
        }
    }
}

/// A page of tags.
#[derive(JsonSchema, Serialize)]
pub(crate) struct TagPage {
    pub(super) tags: Vec<TagView>,
    pub(super) page: i64,
    pub(super) has_additional: bool,
}

/// A manifest.
#[derive(JsonSchema, Serialize)]
pub(crate) struct ManifestView {
    digest: String,
    is_manifest_list: bool,
    /// The manifest as it was pushed.
    manifest_data: String,
    config_media_type: Option<String>,
    /// The lowest first; null of an index.
    layers: Option<Vec<LayerView>>,
}

/// A layer. What is in the configuration of its image is not shown.
#[derive(JsonSchema, Serialize)]
struct LayerView {
    index: usize,
    /// In bytes; null where the manifest does not say it.
    compressed_size: Option<i64>,
    is_remote: bool,
    urls: Option<Vec<String>>,
    #[schemars(with = "Option<Vec<String>>")]
    command: Option<()>,
    #[schemars(with = "Option<String>")]
    comment: Option<()>,
    #[schemars(with = "Option<String>")]
    author: Option<()>,
    blob_digest: String,
    #[schemars(with = "Option<String>")]
    created_datetime: Option<()>,
}

impl ManifestView {
    /// The manifest; none where its content is none.
    pub(super) fn of(found: Manifest) -> Option<Self> {
        let Manifest { digest, media_type, content } = found;
        let manifest = manifest::Manifest::parse(&media_type, &content)?;
        let layers = manifest.layers.into_iter().enumerate();
        Some(Self {
            digest,
            is_manifest_list: manifest.is_index,
            manifest_data: String::from_utf8(content).ok()?,
            config_media_type: manifest.config_media_type,
            layers: (!manifest.is_index).then(|| layers.map(LayerView::of).collect()),
        })
    }
}

impl LayerView {
    fn of((index, layer): (usize, Layer)) -> Self {
        Self {
            index,
            compressed_size: layer.size_bytes,
            is_remote: !layer.urls.is_empty(),
            urls: Some(layer.urls).filter(|urls| !urls.is_empty()),
            command: None,
            comment: None,
            author: None,
            blob_digest: layer.digest,
            created_datetime: None,
        }
    }
}

/// What a comparison with the registry found.
#[derive(JsonSchema, Serialize)]
pub(crate) struct SyncView {
    /// How many tags of the registry were looked at.
    pub(super) checked: usize,
    /// How many of them were not known, or lead to another manifest than was known.
    pub(super) changed: usize,
    /// How many were known that the registry does not have.
    pub(super) ended: usize,
    /// How many lead to a manifest that cannot be read.
    pub(super) unreadable: usize,
    /// The last tag that was looked at, where there are more: `last` of the next request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next: Option<String>,
}
