//! Bodies and queries about repositories (`docs/contract/quay.md` 6.1).

use berth_store::repositories::Repositories;
use berth_web::{Choice, Json, ListQuery, Patch, Query};

/// Description of a new repository
///
/// `POST /api/v1/repository`.
#[derive(Json)]
pub(crate) struct NewRepo {
    /// Repository name
    #[json(repository)]
    pub(super) repository: String,
    /// Visibility to begin with
    pub(super) visibility: Visibility,
    /// Namespace of the repository; left out, the caller's own
    #[json(namespace)]
    namespace: Option<String>,
    /// Description, in Markdown
    pub(super) description: String,
    /// Kind of repository
    _repo_kind: Patch<RepositoryKind>,
}

/// Who sees a repository.
#[derive(Choice, PartialEq, Eq)]
pub(super) enum Visibility {
    Public,
    Private,
}

#[derive(Choice)]
enum RepositoryKind {
    Image,
}

/// Fields which can be updated in a repository.
///
/// `PUT /api/v1/repository/<path>`.
#[derive(Json)]
pub(crate) struct RepoUpdate {
    /// Description, in Markdown
    pub(super) description: String,
}

/// Change the visibility for the repository.
///
/// `POST /api/v1/repository/<path>/changevisibility`.
#[derive(Json)]
pub(crate) struct ChangeVisibility {
    /// The new visibility
    pub(super) visibility: Visibility,
}

/// A repository to star
///
/// `POST /api/v1/user/starred`.
#[derive(Json)]
#[json(name = "NewStarredRepository")]
pub(crate) struct NewStar {
    /// Namespace of the repository
    #[json(namespace)]
    pub(super) namespace: String,
    /// Name of the repository
    #[json(repository)]
    pub(super) repository: String,
}

/// The query of a list of repositories.
#[derive(Query)]
pub(crate) struct RepositoriesQuery {
    /// Only those of this namespace
    pub(super) namespace: String,
    /// Only those that the caller starred
    pub(super) starred: bool,
    /// Public ones too
    pub(super) public: bool,
    #[query(flatten)]
    pub(super) members: MembersQuery,
}

/// What a list of repositories shows of them.
#[derive(Query)]
pub(crate) struct MembersQuery {
    /// With the time of the last change
    pub(super) last_modified: bool,
    /// With the popularity
    pub(super) popularity: bool,
    /// Only those of this kind
    pub(super) repo_kind: String,
    #[query(flatten)]
    pub(super) page: ListQuery<Repositories>,
}

/// The query of one repository.
#[derive(Query)]
pub(crate) struct RepositoryQuery {
    /// With tags, unless it is `false`
    #[query(name = "includeTags", default = true)]
    pub(super) tags: bool,
    /// With statistics
    #[query(name = "includeStats")]
    pub(super) stats: bool,
}
