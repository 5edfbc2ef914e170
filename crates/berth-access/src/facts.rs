//! What the policy decides by, besides the caller.

use berth_domain::{
    Application, Namespace, NamespaceKind, Repository, RepositoryRole, Team, TeamRole,
};

/// What the database says of the thing that a call addresses, and of the caller's place in it.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The namespace, a user's or an organization's.
    pub namespace: Option<Namespace>,
    /// Whether the path names an organization: a user of that name is not what it means.
    pub names_organization: bool,
    /// The highest role among the caller's teams in the namespace.
    pub team_role: Option<TeamRole>,
    /// The team.
    pub team: Option<Team>,
    /// Whether the caller is in that team.
    pub caller_in_team: bool,
    /// Whether the caller is in another team with role admin of the same organization.
    pub caller_admin_elsewhere: bool,
    /// Whether the caller owns the organization, in Concord's sense.
    pub caller_is_owner: bool,
    /// Whether others than administrators create organizations through Concord's API (a setting).
    pub anybody_creates: bool,
    /// The repository.
    pub repository: Option<Repository>,
    /// The highest role on the repository that the permissions of the caller and of their teams give.
    pub repository_role: Option<RepositoryRole>,
    /// Whether the namespace is a proxy cache: an organization that fetches what it lacks from an upstream registry.
    pub is_proxy_cache: bool,
    /// Whether the namespace holds so much that its quota lets nobody push.
    pub is_full: bool,
    /// The name of the repository in the path of a registry.
    pub registry_name: Option<String>,
    /// The application.
    pub application: Option<Application>,
    /// The scopes of the caller's living tokens of that application, a text for each.
    pub granted_scopes: Vec<String>,
}

impl Facts {
    /// The facts, with what the path says of their names: whether it means an organization, and what a registry calls the repository.
    #[must_use]
    pub fn named(self, names_organization: bool, registry_name: Option<String>) -> Self {
        Self { names_organization, registry_name, ..self }
    }

    /// The facts of an organization that was found otherwise than by the path. `caller_is_owner` is in Concord's sense.
    #[must_use]
    pub fn of_organization(organization: Option<Namespace>, caller_is_owner: bool) -> Self {
        Self { namespace: organization, caller_is_owner, ..Self::default() }
    }

    /// The facts of an organization that the caller made just now, with themselves in its team.
    #[must_use]
    pub fn of_made_organization(organization: Namespace) -> Self {
        Self { namespace: Some(organization), team_role: Some(TeamRole::Admin), ..Self::default() }
    }

    /// The facts of a repository that the caller made just now, and administers.
    #[must_use]
    pub fn of_made_repository(namespace: Namespace, repository: Repository) -> Self {
        Self {
            namespace: Some(namespace),
            repository: Some(repository),
            repository_role: Some(RepositoryRole::Admin),
            ..Self::default()
        }
    }

    /// The facts of an organization that is to be made through Concord's API.
    #[must_use]
    pub fn of_new_organization(anybody_creates: bool) -> Self {
        Self { anybody_creates, ..Self::default() }
    }

    /// Whether the path names an organization, but the name is a user's.
    pub(crate) fn have_user_in_place(&self) -> bool {
        let kind = self.namespace.as_ref().map(|namespace| namespace.kind);
        self.names_organization && kind == Some(NamespaceKind::User)
    }

    /// The facts where the path names an organization, but the name is a user's: as if nobody had the name, except that the
    /// caller may be that user.
    pub(crate) fn without_user_in_place(self) -> Self {
        if !self.have_user_in_place() {
            return self;
        }
        Self {
            namespace: self.namespace,
            names_organization: true,
            anybody_creates: self.anybody_creates,
            ..Self::default()
        }
    }
}
