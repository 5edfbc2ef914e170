//! The registry behind Berth: `berth:outbound/distribution` of `wit/distribution.wit`, which says what each word means.

use thiserror::Error;

/// Reads and changes tags and manifests of the registry behind.
pub trait Distribution {
    /// The tags behind `last`, or the first ones: a page.
    ///
    /// # Errors
    /// [`Failure`].
    fn tags(&self, repository: &Repository<'_>, last: Option<&str>) -> Result<TagPage, Failure>;

    /// What a tag or a digest leads to.
    ///
    /// # Errors
    /// [`Failure`].
    fn head(&self, repository: &Repository<'_>, reference: &str) -> Result<Descriptor, Failure>;

    /// A manifest by tag or digest.
    ///
    /// # Errors
    /// [`Failure`].
    fn get(&self, repository: &Repository<'_>, reference: &str) -> Result<Manifest, Failure>;

    /// Stores a manifest under a tag or its digest; gives the digest.
    ///
    /// # Errors
    /// [`Failure`].
    fn put(
        &self,
        repository: &Repository<'_>,
        reference: &str,
        media_type: &str,
        content: &[u8],
    ) -> Result<String, Failure>;

    /// Deletes a tag, or a manifest with all its tags.
    ///
    /// # Errors
    /// [`Failure`]; [`Failure::Status`] 400 for a tag where the registry deletes by digest alone.
    fn delete(&self, repository: &Repository<'_>, reference: &str) -> Result<(), Failure>;
}

/// A repository at the registry, and what lets us in.
#[derive(Debug, Clone, Copy)]
pub struct Repository<'a> {
    /// `http://` or `https://` with a host and maybe a port.
    pub base_url: &'a str,
    /// `namespace/name`.
    pub name: &'a str,
    /// The Bearer token, for this repository alone: a secret.
    pub token: &'a str,
}

/// A page of tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagPage {
    /// In the order of their bytes; 100 at most.
    pub names: Vec<String>,
    /// Whether others follow.
    pub has_more: bool,
}

/// What is known of a manifest without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Descriptor {
    /// `sha256:` and 64 hexadecimal digits.
    pub digest: String,
    /// Media type.
    pub media_type: String,
    /// In bytes.
    pub size: u64,
}

/// A manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// That of the content.
    pub digest: String,
    /// Media type.
    pub media_type: String,
    /// As it was pushed; 4 MiB at most.
    pub content: Vec<u8>,
}

/// Why the registry did not do what it was asked for. `Display` is for the log.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Failure {
    /// No such repository, tag or manifest.
    #[error("it is not there")]
    NotFound,
    /// 401 or 403: it does not take our token.
    #[error("our token is refused with status {0}")]
    Refused(u16),
    /// 405: it is configured not to do this.
    #[error("it is configured not to do this")]
    Unsupported,
    /// Any other status.
    #[error("its status is {0}")]
    Status(u16),
    /// Slower than we wait.
    #[error("it takes too long")]
    TimeOut,
    /// More than we read.
    #[error("its answer is too large")]
    TooLarge,
    /// It does not speak the distribution API.
    #[error("its answer cannot be used: {0}")]
    Malformed(String),
    /// Anything else between us and the registry.
    #[error("it cannot be reached: {0}")]
    Unreachable(String),
}
