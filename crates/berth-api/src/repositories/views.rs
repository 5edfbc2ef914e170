//! Repositories as answers show them.

use std::collections::BTreeMap;

use berth_domain::{Namespace, NamespaceKind, Repository, Timestamp};
use berth_store::repositories::{NewestTag, RepositoryDetails, RepositoryLine};
use schemars::JsonSchema;
use serde::Serialize;

use crate::quotas::views::{Quotas, RepositoryQuotaReport};

/// The kind of every repository.
pub(crate) const KIND: &str = "image";

/// The state of every repository.
const STATE: &str = "NORMAL";

/// A repository that was made.
#[derive(JsonSchema, Serialize)]
pub(crate) struct NewRepositoryView {
    namespace: String,
    name: String,
    kind: &'static str,
}

impl NewRepositoryView {
    /// A repository of that name.
    pub(super) fn new(namespace: &str, name: &str) -> Self {
        Self { namespace: namespace.to_owned(), name: name.to_owned(), kind: KIND }
    }
}

/// A repository (`docs/contract/quay.md` 6.1).
#[derive(JsonSchema, Serialize)]
pub(crate) struct RepositoryView {
    namespace: String,
    name: String,
    kind: &'static str,
    description: String,
    is_public: bool,
    is_organization: bool,
    is_starred: bool,
    /// Empty where the repository is public.
    status_token: String,
    trust_enabled: bool,
    tag_expiration_s: i64,
    is_free_account: bool,
    state: &'static str,
    /// The newest ones by name, 500 at most; left out where `includeTags` is false.
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<BTreeMap<String, RepositoryTag>>,
    pub(super) can_write: bool,
    pub(super) can_admin: bool,
    /// Three months of pulls and pushes, where `includeStats` asks for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) stats: Option<Vec<DayOfActivity>>,
}

/// A tag, as the view of its repository has it.
#[derive(JsonSchema, Serialize)]
pub(crate) struct RepositoryTag {
    name: String,
    /// Of its layers together, in bytes; null of an index.
    size: Option<i64>,
    last_modified: String,
    manifest_digest: String,
}

impl From<NewestTag> for RepositoryTag {
    fn from(tag: NewestTag) -> Self {
        let NewestTag { name, digest, layers_bytes, started_at } = tag;
        let last_modified = Timestamp::from_micros(started_at).to_rfc2822();
        Self { name, size: layers_bytes, last_modified, manifest_digest: digest }
    }
}

/// Who is told about images: nobody.
#[derive(JsonSchema, Serialize)]
pub(crate) struct Nothing {}

impl RepositoryView {
    /// A repository for somebody who may only read it, with what every view has.
    pub(super) fn new(
        namespace: &Namespace,
        repository: &Repository,
        details: RepositoryDetails,
    ) -> Self {
        Self {
            namespace: namespace.name.clone(),
            name: repository.name.clone(),
            kind: KIND,
            description: repository.description.clone(),
            is_public: repository.is_public,
            is_organization: namespace.kind == NamespaceKind::Organization,
            is_starred: details.is_starred,
            status_token: if repository.is_public { String::new() } else { details.status_token },
            trust_enabled: false,
            tag_expiration_s: namespace.tag_expiration_s,
            is_free_account: true,
            state: STATE,
            tags: details
                .tags
                .map(|tags| tags.into_iter().map(|tag| (tag.name.clone(), tag.into())).collect()),
            can_write: false,
            can_admin: false,
            stats: None,
        }
    }
}

/// How often a repository was pulled from and pushed to on a day.
#[derive(JsonSchema, Serialize)]
pub(crate) struct DayOfActivity {
    date: String,
    count: i64,
}

/// Three months of pulls and pushes, of which there are none.
pub(super) fn no_activity(now: Timestamp) -> Vec<DayOfActivity> {
    let days = (1..=91).map(|days| now.plus_seconds(-86_400 * days).to_date());
    days.map(|date| DayOfActivity { date, count: 0 }).collect()
}

/// Which further members the entries of a list have.
#[derive(Clone, Copy)]
pub(super) struct ListMembers {
    pub(super) last_modified: bool,
    pub(super) popularity: bool,
    pub(super) is_starred: bool,
    pub(super) quotas: Quotas,
}

/// A repository in a list (`docs/contract/quay.md` 6.1).
#[derive(JsonSchema, Serialize)]
pub(crate) struct ListedRepository {
    namespace: String,
    name: String,
    description: String,
    is_public: bool,
    kind: &'static str,
    state: &'static str,
    /// When an image was last pushed, in seconds since 1970. Null: none ever was.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_modified: Option<Option<i64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    popularity: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_starred: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quota_report: Option<RepositoryQuotaReport>,
}

impl ListedRepository {
    /// An entry with the further members that `more` names.
    pub(super) fn new(line: RepositoryLine, more: ListMembers) -> Self {
        Self {
            namespace: line.namespace,
            name: line.name,
            description: line.description,
            is_public: line.is_public,
            kind: KIND,
            state: STATE,
            last_modified: more
                .last_modified
                .then_some(line.last_pushed_at.map(Timestamp::as_seconds)),
            popularity: more.popularity.then_some(0.0),
            is_starred: more.is_starred.then_some(line.is_starred),
            quota_report: more.quotas.repository_report(line.quota_bytes, line.stored_bytes),
        }
    }
}

berth_web::lists! {
    /// A page of repositories.
    pub(crate) struct Repositories { repositories: Vec<ListedRepository> }
}

/// A repository that the caller has starred.
#[derive(JsonSchema, Serialize)]
pub(crate) struct StarredRepository {
    namespace: String,
    name: String,
    description: String,
    is_public: bool,
}

impl From<RepositoryLine> for StarredRepository {
    fn from(line: RepositoryLine) -> Self {
        let RepositoryLine { namespace, name, description, is_public, .. } = line;
        Self { namespace, name, description, is_public }
    }
}

berth_web::lists! {
    /// A page of the repositories that the caller has starred.
    pub(crate) struct StarredRepositories { repositories: Vec<StarredRepository> }
}

/// A repository that was starred.
#[derive(JsonSchema, Serialize)]
pub(crate) struct Star {
    pub(super) namespace: String,
    pub(super) repository: String,
}

/// Who is told what happens to the images of a repository: nobody.
#[derive(JsonSchema, Serialize)]
pub(crate) struct RepositoryNotifications {
    pub(super) notifications: [Nothing; 0],
}
