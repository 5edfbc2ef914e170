//! Errors of this resource (`docs/contract/registry.md` A.5).

use berth_web::outbound::streaming::StreamingError;
use berth_web::registry::error;
use berth_web::{ApiError, StatusCode};

/// 404: no such manifest.
pub(super) fn manifest_unknown() -> ApiError {
    error(StatusCode::NOT_FOUND, "MANIFEST_UNKNOWN", "manifest unknown")
}

/// 404: no such blob.
pub(super) fn blob_unknown() -> ApiError {
    error(StatusCode::NOT_FOUND, "BLOB_UNKNOWN", "blob unknown to registry")
}

/// 404: no such repository.
pub(super) fn name_unknown() -> ApiError {
    error(StatusCode::NOT_FOUND, "NAME_UNKNOWN", "repository not found")
}

/// 404: there is a manifest, of a type that the client does not name.
pub(super) fn not_acceptable() -> ApiError {
    let message = "manifest is not acceptable by the client";
    error(StatusCode::NOT_FOUND, "MANIFEST_UNKNOWN", message)
}

/// 502: the registry behind does not answer, or not as a registry; `why` is for the log.
pub(super) fn behind_failed(why: &str) -> ApiError {
    eprintln!("error: the registry behind: {why}");
    let message = "the registry behind Berth does not answer as it should; the log says why";
    error(StatusCode::BAD_GATEWAY, "UNKNOWN", message)
}

/// 502, or 503 where the registry may answer in a moment.
pub(super) fn behind_unreachable(why: &StreamingError) -> ApiError {
    match why {
        StreamingError::TimedOut => {
            eprintln!("error: the registry behind: {why}");
            let message = "the registry behind Berth does not answer in time";
            error(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", message)
        }
        StreamingError::NotAllowed | StreamingError::Failed(_) => behind_failed(&why.to_string()),
    }
}
