//! The things that permissions are about: namespaces, teams, repositories, applications, as the database holds them.

use crate::quota::Quota;
use crate::role::TeamRole;

/// What kind of account a namespace is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamespaceKind {
    /// A person's account.
    User,
    /// An organization.
    Organization,
}

/// An account that repositories, teams and applications can belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Namespace {
    /// Row id; the order of every list that the contract leaves to the database.
    pub id: i64,
    /// The stable public id (Concord's organization id).
    pub uuid: String,
    /// A user or an organization.
    pub kind: NamespaceKind,
    /// The name, exact.
    pub name: String,
    /// The e-mail address, or the random UUID in its place.
    pub email: String,
    /// Whether invoices are mailed.
    pub invoice_email: bool,
    /// Where invoices are mailed, if elsewhere.
    pub invoice_email_address: Option<String>,
    /// How long deleted tags can be restored, in seconds.
    pub tag_expiration_s: i64,
    /// How much it holds: the blobs of its images, each once.
    pub stored_bytes: i64,
    /// How much it may hold, where that is limited.
    pub quota: Option<Quota>,
}

/// A team of an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Team {
    /// Row id.
    pub id: i64,
    /// Unique in the organization.
    pub name: String,
    /// Markdown; may be empty.
    pub description: String,
    /// What its members may do in the organization.
    pub role: TeamRole,
}

/// A repository: what is known of it, the registry behind stores the images.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    /// Row id.
    pub id: i64,
    /// The name inside the namespace.
    pub name: String,
    /// Markdown; may be empty.
    pub description: String,
    /// Whether everybody may pull.
    pub is_public: bool,
}

/// An OAuth application of a namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// Row id.
    pub id: i64,
    /// The public id that clients show.
    pub client_id: String,
    /// Any text; need not be unique.
    pub name: String,
    /// Markdown; may be empty.
    pub description: String,
    /// Its home page; may be empty, is not checked.
    pub application_uri: String,
    /// Where answers of the OAuth flows may go; may be empty, is not checked.
    pub redirect_uri: String,
    /// The address that the avatar is made from, if not the namespace's.
    pub avatar_email: Option<String>,
    /// The client secret, sealed; none where the installation made the application.
    pub sealed_secret: Option<Vec<u8>>,
}
