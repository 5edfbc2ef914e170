//! What permissions are about, as types: what must be read for them, the paths that lead to them, and what they hold.

use berth_domain::{Application, Namespace, NamespaceKind, Repository, Team, TeamRole};

use crate::address::{
    ApplicationPath, ClientPath, NamedOrganization, NamespacePath, OrganizationPath,
    OrganizationRepository, OwnRepository, Path, RegistryPath, RepositoryPath, TeamPath, UserPath,
};
use crate::facts::Facts;

/// What a route addresses: decides what the one statement of authentication also reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetKind {
    /// Nothing in particular.
    None,
    /// A namespace: the caller's where neither path nor body names one.
    Namespace,
    /// A team of an organization.
    Team,
    /// A repository of a namespace.
    Repository,
    /// An application of an organization.
    Application,
    /// An application of any namespace, whose client id is in the path, the query, the form or the client's credentials.
    Client,
}

/// What a grant is about.
pub trait Target: Sized {
    /// What must be read before the policy is asked.
    const KIND: TargetKind;

    /// The path that leads to it, where a row does not name another ([`LeadsTo`]).
    type Path: Path;

    /// Whether an organization's path may also have the user name of the caller, in a session: consoles send such requests.
    const OWN_NAME_IN_SESSIONS: bool = false;

    /// Whether the operation has a special answer where the organization of the path does not exist. It gives the same
    /// answer where a user has that name; every other operation answers that nothing is there.
    const MAY_LACK_ORGANIZATION: bool = false;

    /// Takes the target from the facts; none when it does not exist. Asked only after the permission was found to hold, so
    /// that existence stays hidden from everybody else.
    fn take(facts: Facts) -> Option<Self>;
}

impl Target for () {
    const KIND: TargetKind = TargetKind::None;
    type Path = ();
    const MAY_LACK_ORGANIZATION: bool = true;

    fn take(_facts: Facts) -> Option<Self> {
        Some(())
    }
}

/// A target that is a namespace, which may be missing: some lists answer for any name.
pub trait NamespaceTarget: Target {
    /// The namespace, if it exists.
    fn namespace(&self) -> Option<&Namespace>;
}

macro_rules! namespace_targets {
    ($($(#[$doc:meta])* $name:ident by $path:ty, own name in sessions: $own:literal;)+) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone)]
            pub struct $name(Option<Namespace>);

            impl Target for $name {
                const KIND: TargetKind = TargetKind::Namespace;
                type Path = $path;
                const OWN_NAME_IN_SESSIONS: bool = $own;

                fn take(facts: Facts) -> Option<Self> {
                    Some(Self(facts.namespace))
                }
            }

            impl NamespaceTarget for $name {
                fn namespace(&self) -> Option<&Namespace> {
                    self.0.as_ref()
                }
            }
        )+
    };
}

namespace_targets! {
    /// A namespace, a user's or an organization's.
    NamespaceRef by NamespacePath, own name in sessions: false;
    /// The account of the caller, as the owner of what organizations own too.
    OwnNamespaceRef by (), own name in sessions: false;
    /// An organization, as the owner of what users own too.
    OrganizationNamespaceRef by OrganizationPath, own name in sessions: false;
    /// An organization, or in a session the account of the caller: consoles use the organization's path for it.
    OrganizationOrOwnRef by OrganizationPath, own name in sessions: true;
}

/// The namespace, if it is an organization.
fn organization(namespace: Option<Namespace>) -> Option<Namespace> {
    namespace.filter(|namespace| namespace.kind == NamespaceKind::Organization)
}

/// An organization that may be missing: the answer then depends on the operation (`docs/contract/quay.md` 3.2).
#[derive(Debug, Clone)]
pub struct MaybeOrganizationRef(pub Option<Namespace>);

impl Target for MaybeOrganizationRef {
    const KIND: TargetKind = TargetKind::Namespace;
    type Path = OrganizationPath;
    const MAY_LACK_ORGANIZATION: bool = true;

    fn take(facts: Facts) -> Option<Self> {
        Some(Self(organization(facts.namespace)))
    }
}

/// An organization that exists.
#[derive(Debug, Clone)]
pub struct OrganizationRef(pub Namespace);

impl Target for OrganizationRef {
    const KIND: TargetKind = TargetKind::Namespace;
    type Path = OrganizationPath;

    fn take(facts: Facts) -> Option<Self> {
        organization(facts.namespace).map(Self)
    }
}

/// A person's account that exists.
#[derive(Debug, Clone)]
pub struct UserRef(pub Namespace);

impl Target for UserRef {
    const KIND: TargetKind = TargetKind::Namespace;
    type Path = UserPath;

    fn take(facts: Facts) -> Option<Self> {
        facts.namespace.filter(|namespace| namespace.kind == NamespaceKind::User).map(Self)
    }
}

/// An organization that exists, and a team of it that may not: the answer for a missing team depends on the operation.
#[derive(Debug, Clone)]
pub struct TeamRef {
    /// The organization; `None` only for callers who have rights although it does not exist.
    pub organization: Option<Namespace>,
    /// The team.
    pub team: Option<Team>,
    /// Whether the caller is in that team.
    pub caller_in_team: bool,
    /// Whether the caller is in another team with role admin of the same organization.
    pub caller_admin_elsewhere: bool,
}

impl Target for TeamRef {
    const KIND: TargetKind = TargetKind::Team;
    type Path = TeamPath;
    const MAY_LACK_ORGANIZATION: bool = true;

    fn take(facts: Facts) -> Option<Self> {
        Some(Self {
            organization: organization(facts.namespace),
            team: facts.team,
            caller_in_team: facts.caller_in_team,
            caller_admin_elsewhere: facts.caller_admin_elsewhere,
        })
    }
}

impl TeamRef {
    /// Whether the caller administers the organization by this team alone.
    #[must_use]
    pub fn is_only_admin_team_of_caller(&self) -> bool {
        self.caller_in_team && self.is_admin_team_without_other()
    }

    /// Whether the team has role admin, and the caller is in no other team that has.
    #[must_use]
    pub fn is_admin_team_without_other(&self) -> bool {
        let role = self.team.as_ref().map(|team| team.role);
        role == Some(TeamRole::Admin) && !self.caller_admin_elsewhere
    }
}

/// A team that exists, and its organization.
#[derive(Debug, Clone)]
pub struct ExistingTeamRef {
    /// The organization.
    pub organization: Namespace,
    /// The team.
    pub team: Team,
    /// Whether the caller is in that team.
    pub caller_in_team: bool,
    /// Whether the caller is in another team with role admin of the same organization.
    pub caller_admin_elsewhere: bool,
}

impl Target for ExistingTeamRef {
    const KIND: TargetKind = TargetKind::Team;
    type Path = TeamPath;

    fn take(facts: Facts) -> Option<Self> {
        let TeamRef { organization, team, caller_in_team, caller_admin_elsewhere } =
            TeamRef::take(facts)?;
        let (organization, team) = organization.zip(team)?;
        Some(Self { organization, team, caller_in_team, caller_admin_elsewhere })
    }
}

impl ExistingTeamRef {
    /// Whether the caller administers the organization by this team alone.
    #[must_use]
    pub fn is_only_admin_team_of_caller(&self) -> bool {
        self.team.role == TeamRole::Admin && self.caller_in_team && !self.caller_admin_elsewhere
    }
}

/// A namespace and a repository of it, either of which may be missing.
#[derive(Debug, Clone)]
pub struct RepositoryRef {
    /// The namespace.
    pub namespace: Option<Namespace>,
    /// The repository.
    pub repository: Option<Repository>,
    /// Whether the namespace is a proxy cache, where a registry's client addresses it.
    pub is_proxy_cache: bool,
}

impl Target for RepositoryRef {
    const KIND: TargetKind = TargetKind::Repository;
    type Path = RepositoryPath;

    fn take(facts: Facts) -> Option<Self> {
        let is_proxy_cache = facts.is_proxy_cache;
        Some(Self { namespace: facts.namespace, repository: facts.repository, is_proxy_cache })
    }
}

impl RepositoryRef {
    /// The facts of it once more, as a registry calls it.
    #[must_use]
    pub fn facts(&self, registry_name: Option<String>) -> Facts {
        Facts {
            namespace: self.namespace.clone(),
            repository: self.repository.clone(),
            is_proxy_cache: self.is_proxy_cache,
            registry_name,
            ..Facts::default()
        }
    }
}

/// A repository that exists. Callers learn by what they are granted whether it does.
#[derive(Debug, Clone)]
pub struct ExistingRepositoryRef {
    /// The namespace.
    pub namespace: Namespace,
    /// The repository.
    pub repository: Repository,
}

impl Target for ExistingRepositoryRef {
    const KIND: TargetKind = TargetKind::Repository;
    type Path = RepositoryPath;

    fn take(facts: Facts) -> Option<Self> {
        Some(Self { namespace: facts.namespace?, repository: facts.repository? })
    }
}

/// An application of an organization, both of which exist.
#[derive(Debug, Clone)]
pub struct ApplicationRef {
    /// The organization.
    pub organization: Namespace,
    /// The application.
    pub application: Application,
}

impl Target for ApplicationRef {
    const KIND: TargetKind = TargetKind::Application;
    type Path = ApplicationPath;

    fn take(facts: Facts) -> Option<Self> {
        let organization = organization(facts.namespace)?;
        Some(Self { organization, application: facts.application? })
    }
}

/// An application as the OAuth endpoints see it: it may be missing, and each endpoint has its own rule and message for who
/// may use it.
#[derive(Debug, Clone)]
pub struct ClientRef {
    /// The namespace of the application.
    pub namespace: Option<Namespace>,
    /// The application.
    pub application: Option<Application>,
    /// The scopes of the caller's living tokens of it, a text for each.
    pub granted_scopes: Vec<String>,
}

impl Target for ClientRef {
    const KIND: TargetKind = TargetKind::Client;
    type Path = ();

    fn take(facts: Facts) -> Option<Self> {
        Some(Self {
            namespace: facts.namespace,
            application: facts.application,
            granted_scopes: facts.granted_scopes,
        })
    }
}

/// A namespace that exists, and whether it has a repository of the name that a new one is to have.
#[derive(Debug, Clone)]
pub struct NewRepositoryRef {
    /// The namespace.
    pub namespace: Namespace,
    /// Whether the name is taken.
    pub is_taken: bool,
}

impl Target for NewRepositoryRef {
    const KIND: TargetKind = TargetKind::Repository;
    type Path = ();

    fn take(facts: Facts) -> Option<Self> {
        let namespace = facts.namespace?;
        Some(Self { namespace, is_taken: facts.repository.is_some() })
    }
}

/// Paths that lead to a target, besides [`Target::Path`], which every row of it has unless it says otherwise.
pub trait LeadsTo<T: Target>: Path {}

impl LeadsTo<OrganizationRef> for NamedOrganization {}
impl LeadsTo<NamespaceRef> for UserPath {}
impl LeadsTo<RepositoryRef> for OrganizationRepository {}
impl LeadsTo<RepositoryRef> for OwnRepository {}
impl LeadsTo<RepositoryRef> for RegistryPath {}
impl LeadsTo<ClientRef> for ClientPath {}
// The body names it, or the team of it.
impl LeadsTo<NamespaceRef> for () {}
impl LeadsTo<RepositoryRef> for () {}
impl LeadsTo<ExistingTeamRef> for OrganizationPath {}
