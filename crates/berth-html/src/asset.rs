//! The files that pages load. Their names change with their content.

use berth_web::{Response, ResponseExt, StatusCode, header, response};

/// A file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asset {
    /// Its path.
    pub path: &'static str,
    /// Its media type.
    pub media_type: &'static str,
    /// Its text.
    pub content: &'static str,
}

impl Asset {
    /// The answer with it. Its name changes with its content, so it may be kept for ever.
    #[must_use]
    pub fn response(self) -> Response {
        response::text(StatusCode::OK, self.media_type, self.content)
            .with_header(header::CACHE_CONTROL, "public, max-age=31536000, immutable")
            .with_header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
    }
}

/// The file at a path.
#[must_use]
pub fn asset(path: &str) -> Option<Asset> {
    [STYLE, SCRIPT, MARK].into_iter().find(|asset| asset.path == path)
}

/// The style sheet.
pub const STYLE: Asset = Asset {
    path: include_str!(concat!(env!("OUT_DIR"), "/style.path")),
    media_type: "text/css; charset=utf-8",
    content: include_str!("style.css"),
};

/// The script: what is nicer with it. Everything works without.
pub const SCRIPT: Asset = Asset {
    path: include_str!(concat!(env!("OUT_DIR"), "/script.path")),
    media_type: "text/javascript; charset=utf-8",
    content: include_str!("script.js"),
};

/// The mark in the place of a logo, where the installation has none of its own.
pub const MARK: Asset = Asset {
    path: include_str!(concat!(env!("OUT_DIR"), "/mark.path")),
    media_type: "image/svg+xml",
    content: include_str!("mark.svg"),
};
