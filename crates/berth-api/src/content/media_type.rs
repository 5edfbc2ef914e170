//! Media types of manifests, and whether a client takes one.

use berth_web::{Request, header};

/// Whether the client takes a manifest of that type: it names it, or `*/*`, or nothing at all (`docs/contract/registry.md` D.2).
pub(super) fn is_accepted(request: &Request, media_type: &str) -> bool {
    let mut accepted = request.headers().get_all(header::ACCEPT).iter().peekable();
    if accepted.peek().is_none() {
        return true;
    }
    let ranges = accepted.filter_map(|value| value.to_str().ok()).flat_map(|line| line.split(','));
    ranges.map(essence).any(|range| range == "*/*" || range.eq_ignore_ascii_case(media_type))
}

/// A media type without its parameters.
pub(super) fn essence(text: &str) -> &str {
    text.split(';').next().unwrap_or_default().trim()
}
