//! A repository at the registry behind: what Berth asks of it, in its own name.

use berth_domain::settings::{self, Settings};
use berth_web::outbound::distribution::{
    Descriptor, Distribution, Failure, Manifest, Repository, TagPage,
};
use berth_web::registry_token;
use berth_web::{ApiError, ErrorType, Services};
use serde_json::json;

/// The media type of a [placeholder](BehindRepository::delete_tag): an index, which may name nothing.
const PLACEHOLDER: &str = "application/vnd.oci.image.index.v1+json";

/// What rows declare that ask the registry.
pub(super) const SETTINGS: Settings = &[
    &settings::REGISTRY_URL,
    &settings::REGISTRY_SERVICE,
    &settings::REGISTRY_TOKEN_ISSUER,
    &settings::SERVER_HOSTNAME,
];

/// A repository at the registry behind.
pub(super) struct BehindRepository<'a> {
    distribution: &'a dyn Distribution,
    services: &'a Services<'a>,
    base_url: String,
    name: String,
    token: String,
}

impl<'a> BehindRepository<'a> {
    /// The repository, for these actions. One statement; outside of a transaction. For rows that declare [`SETTINGS`].
    ///
    /// # Errors
    /// 400 where there is no registry; [`ApiError`] when no token can be signed.
    pub(super) fn open(
        services: &'a Services<'a>,
        namespace: &str,
        repository: &str,
        actions: &[&str],
    ) -> Result<Self, ApiError> {
        let base_url = services.setting(&settings::REGISTRY_URL);
        if base_url.is_empty() {
            return Err(ApiError::invalid_request(
                "No registry is configured: the operator names it by the setting registry_url",
            ));
        }
        let name = format!("{namespace}/{repository}");
        let token = registry_token::sign_own(services, &name, actions)?;
        Ok(Self { distribution: services.distribution()?, services, base_url, name, token })
    }

    /// The tags behind `last`: none where the registry does not know the repository.
    ///
    /// # Errors
    /// [`ApiError`] when the registry does not answer it.
    pub(super) fn tags(&self, last: &str) -> Result<TagPage, ApiError> {
        let last = Some(last).filter(|last| !last.is_empty());
        match self.distribution.tags(&self.repository(), last) {
            Err(Failure::NotFound) => Ok(TagPage { names: Vec::new(), has_more: false }),
            page => page.map_err(|failure| self.error("tags", &failure)),
        }
    }

    /// What a tag leads to; none where there is no such tag.
    ///
    /// # Errors
    /// As [`Self::tags`].
    pub(super) fn head(&self, tag: &str) -> Result<Option<Descriptor>, ApiError> {
        self.found("head", self.distribution.head(&self.repository(), tag))
    }

    /// A manifest; none where there is no such one.
    ///
    /// # Errors
    /// As [`Self::tags`].
    pub(super) fn manifest(&self, reference: &str) -> Result<Option<Manifest>, ApiError> {
        self.found("get", self.distribution.get(&self.repository(), reference))
    }

    /// As [`Self::manifest`], none also where it cannot be used.
    ///
    /// # Errors
    /// As [`Self::tags`].
    pub(super) fn readable_manifest(&self, digest: &str) -> Result<Option<Manifest>, ApiError> {
        match self.distribution.get(&self.repository(), digest) {
            Err(Failure::TooLarge | Failure::Malformed(_)) => Ok(None),
            found => self.found("get", found),
        }
    }

    /// Deletes a tag, and nothing else: its manifest stays, with all its other tags. Nothing is to be done where there is no such tag.
    ///
    /// Distribution 2.8 deletes manifests alone, each with all its tags. There the tag is moved to a placeholder before, a manifest that no
    /// other tag leads to, and that is deleted.
    ///
    /// # Errors
    /// 400 where the registry is configured to delete nothing; as [`Self::tags`].
    pub(super) fn delete_tag(&self, tag: &str) -> Result<(), ApiError> {
        match self.distribution.delete(&self.repository(), tag) {
            Ok(()) | Err(Failure::NotFound) => Ok(()),
            Err(Failure::Status(400)) => self.delete_with_placeholder(tag),
            Err(failure) => Err(self.error("delete", &failure)),
        }
    }

    fn delete_with_placeholder(&self, tag: &str) -> Result<(), ApiError> {
        let repository = self.repository();
        let Some(before) = self.manifest(tag)? else { return Ok(()) };
        let placeholder = json!({
            "schemaVersion": 2,
            "mediaType": PLACEHOLDER,
            "manifests": [],
            "annotations": { "io.berth.deleted-tag": self.services.random().uuid() },
        });
        let placeholder = placeholder.to_string();
        let put = self.distribution.put(&repository, tag, PLACEHOLDER, placeholder.as_bytes());
        let digest = put.map_err(|failure| self.error("put", &failure))?;
        match self.distribution.delete(&repository, &digest) {
            Ok(()) | Err(Failure::NotFound) => Ok(()),
            Err(failure) => {
                // Nobody shall pull the placeholder.
                let Manifest { media_type, content, .. } = &before;
                if let Err(failure) = self.distribution.put(&repository, tag, media_type, content) {
                    let (name, digest) = (&self.name, &before.digest);
                    eprintln!(
                        "error: {name}:{tag} at the registry is no longer {digest}: {failure}"
                    );
                }
                Err(self.error("delete", &failure))
            }
        }
    }

    fn found<T>(&self, operation: &str, found: Result<T, Failure>) -> Result<Option<T>, ApiError> {
        match found {
            Ok(found) => Ok(Some(found)),
            Err(Failure::NotFound) => Ok(None),
            Err(failure) => Err(self.error(operation, &failure)),
        }
    }

    fn repository(&self) -> Repository<'_> {
        Repository { base_url: &self.base_url, name: &self.name, token: &self.token }
    }

    /// What the caller is told. The log has the cause.
    fn error(&self, operation: &str, failure: &Failure) -> ApiError {
        eprintln!("error: the registry, {operation} in {}: {failure}", self.name);
        match failure {
            Failure::Unsupported => ApiError::invalid_request(
                "The registry is configured to delete nothing (storage.delete.enabled)",
            ),
            Failure::Refused(_) => ApiError::typed(
                ErrorType::DownstreamIssue,
                "The registry does not take the token of this server: its operator can tell why",
            ),
            Failure::TimeOut => ApiError::typed(
                ErrorType::ExternalServiceTimeout,
                "The registry did not answer in time. Please try again.",
            ),
            Failure::Unreachable(_) => {
                ApiError::typed(ErrorType::DownstreamIssue, "The registry cannot be reached")
            }
            Failure::TooLarge => ApiError::typed(
                ErrorType::DownstreamIssue,
                "The answer of the registry is too large",
            ),
            Failure::NotFound | Failure::Status(_) | Failure::Malformed(_) => ApiError::typed(
                ErrorType::DownstreamIssue,
                "The registry did not do what it was asked for: its operator can tell why",
            ),
        }
    }
}
