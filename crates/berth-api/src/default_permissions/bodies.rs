//! Bodies about default permissions (`docs/contract/quay.md` 6.5).

use berth_domain::RepositoryRole;
use berth_web::{Choice, Json};

/// Description of a new prototype
///
/// `POST …/prototypes`.
#[derive(Json)]
pub(crate) struct NewPrototype {
    /// Role that should be applied to the delegate
    pub(super) role: RepositoryRole,
    /// The creator of repositories to whom the rule applies
    pub(super) activating_user: Option<ActivatingUser>,
    /// Who gets the role
    pub(super) delegate: NewDelegate,
}

/// The creator of repositories to whom the rule applies
#[derive(Json)]
pub(super) struct ActivatingUser {
    /// The user's name
    pub(super) name: String,
}

/// Who gets the role
#[derive(Json)]
#[json(name = "Delegate")]
pub(super) struct NewDelegate {
    /// The name of the user or team
    pub(super) name: String,
    /// Which of both
    pub(super) kind: DelegateKind,
}

#[derive(Choice)]
pub(super) enum DelegateKind {
    User,
    Team,
}

/// Description of a the new prototype role
///
/// `PUT …/prototypes/<prototypeid>`.
#[derive(Json)]
pub(crate) struct PrototypeUpdate {
    /// Role that should be applied
    pub(super) role: RepositoryRole,
}
