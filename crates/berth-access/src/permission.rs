//! The permissions that routes ask for, as types.
//!
//! A route row and its handler name the same marker type, or they do not compile. The marker says what is addressed; the
//! policy (`policy.rs`) says who may.

use berth_domain::{Application, Namespace, NamespaceKind, Repository, Team, TeamRole};

use crate::address::{
    ApplicationPath, ClientPath, NamedOrganization, NamespacePath, OrganizationPath,
    OrganizationRepository, OwnRepository, Path, RepositoryPath, TeamPath, UserPath,
};
use crate::policy::{Denied, Facts, authorize};
use crate::principal::Principal;

/// A permission, as a value: the policy matches on it, tables print it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// Anybody.
    Public,
    /// Anybody who is signed in or has a token of any scope.
    Authenticated,
    /// Reading the account of the caller.
    UserView,
    /// Administering the account of the caller.
    UserAdmin,
    /// Making, changing and deleting what acts for the account of the caller: as [`Self::UserAdmin`], but not for global
    /// readers.
    OwnNamespaceAdmin,
    /// Creating an organization.
    CreateOrganization,
    /// Creating an organization through Concord's API.
    ConcordCreate,
    /// Changing an organization through Concord's API.
    ConcordUpdate,
    /// Deleting an organization through Concord's API.
    ConcordDelete,
    /// Seeing that an organization exists; how much of it is shown depends on the caller.
    OrganizationView,
    /// Reading what members of an organization may read.
    MemberView,
    /// Reading what administrators of an organization may read.
    AdminView,
    /// Changing an organization.
    Admin,
    /// Changing what an organization may hold: superusers with full access only.
    QuotaAdmin,
    /// Reading a team: its members, and those who may read as administrators.
    TeamView,
    /// Reading the permissions of an organization's robots: the organization's administrator with `user:admin` too.
    RobotPermissionsView,
    /// Creating a repository in a namespace.
    RepositoryCreate,
    /// Starring a repository: for callers who may read it and administer their own account.
    RepositoryStar,
    /// Reading a repository.
    RepositoryView,
    /// Changing the content or description of a repository.
    RepositoryWrite,
    /// Reading what only administrators of a repository may read.
    RepositoryAdminView,
    /// Administering a repository.
    RepositoryAdmin,
    /// Reading what only superusers may read.
    SuperuserView,
    /// Acting as a superuser.
    Superuser,
}

impl Permission {
    /// Who has it, for the table of endpoints.
    #[must_use]
    pub const fn who(self) -> &'static str {
        match self {
            Self::Public => "anybody",
            Self::Authenticated => "any user",
            Self::UserView => "the user themselves, `user:read`",
            Self::UserAdmin => "the user themselves, `user:admin`",
            Self::QuotaAdmin => "superusers with full access",
            Self::OwnNamespaceAdmin => "the user themselves, `user:admin`, but no global reader",
            Self::CreateOrganization => "any user, `user:admin`",
            Self::OrganizationView => "anybody; more for members",
            Self::MemberView => "members of the organization",
            Self::AdminView => "organization admins, superuser views",
            Self::Admin => "organization admins",
            Self::TeamView => "members of the team, organization admins",
            Self::RobotPermissionsView => "organization admins, `user:admin` too",
            Self::RepositoryCreate => "creators in the namespace",
            Self::RepositoryStar => "readers of the repository, `user:admin`",
            Self::RepositoryView => "readers of the repository",
            Self::RepositoryWrite => "writers of the repository",
            Self::RepositoryAdminView => "repository admins, superuser views",
            Self::RepositoryAdmin => "repository admins",
            Self::SuperuserView => "superusers, also read-only ones",
            Self::Superuser | Self::ConcordDelete => "superusers",
            Self::ConcordCreate => {
                "superusers, and if so set everybody who may create organizations"
            }
            Self::ConcordUpdate => "superusers and the owner",
        }
    }
}

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

/// A permission as a type.
pub trait Permit: Sized + 'static {
    /// The permission, for the policy.
    const PERMISSION: Permission;
    /// What a grant of it is about.
    type Target: Target;
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

    /// Takes the target from the facts.
    ///
    /// # Errors
    /// [`Denied::NotFound`] when it does not exist. Asked only after the permission was found to hold, so that existence
    /// stays hidden from everybody else.
    fn take(facts: Facts) -> Result<Self, Denied>;
}

impl Target for () {
    const KIND: TargetKind = TargetKind::None;
    type Path = ();
    const MAY_LACK_ORGANIZATION: bool = true;

    fn take(_facts: Facts) -> Result<Self, Denied> {
        Ok(())
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

                fn take(facts: Facts) -> Result<Self, Denied> {
                    Ok(Self(facts.namespace))
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

/// An organization that may be missing: the answer then depends on the operation (`docs/contract/quay.md` 3.2).
#[derive(Debug, Clone)]
pub struct MaybeOrganizationRef(pub Option<Namespace>);

impl Target for MaybeOrganizationRef {
    const KIND: TargetKind = TargetKind::Namespace;
    type Path = OrganizationPath;
    const MAY_LACK_ORGANIZATION: bool = true;

    fn take(facts: Facts) -> Result<Self, Denied> {
        Ok(Self(facts.namespace.filter(|namespace| namespace.kind == NamespaceKind::Organization)))
    }
}

/// An organization that exists.
#[derive(Debug, Clone)]
pub struct OrganizationRef(pub Namespace);

impl Target for OrganizationRef {
    const KIND: TargetKind = TargetKind::Namespace;
    type Path = OrganizationPath;

    fn take(facts: Facts) -> Result<Self, Denied> {
        facts
            .namespace
            .filter(|namespace| namespace.kind == NamespaceKind::Organization)
            .map(Self)
            .ok_or(Denied::NotFound)
    }
}

/// A person's account that exists.
#[derive(Debug, Clone)]
pub struct UserRef(pub Namespace);

impl Target for UserRef {
    const KIND: TargetKind = TargetKind::Namespace;
    type Path = UserPath;

    fn take(facts: Facts) -> Result<Self, Denied> {
        facts
            .namespace
            .filter(|namespace| namespace.kind == NamespaceKind::User)
            .map(Self)
            .ok_or(Denied::NotFound)
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

    fn take(facts: Facts) -> Result<Self, Denied> {
        Ok(Self {
            organization: facts
                .namespace
                .filter(|namespace| namespace.kind == NamespaceKind::Organization),
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

    fn take(facts: Facts) -> Result<Self, Denied> {
        let TeamRef { organization, team, caller_in_team, caller_admin_elsewhere } =
            TeamRef::take(facts)?;
        let (organization, team) = organization.zip(team).ok_or(Denied::NotFound)?;
        Ok(Self { organization, team, caller_in_team, caller_admin_elsewhere })
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
}

impl Target for RepositoryRef {
    const KIND: TargetKind = TargetKind::Repository;
    type Path = RepositoryPath;

    fn take(facts: Facts) -> Result<Self, Denied> {
        Ok(Self { namespace: facts.namespace, repository: facts.repository })
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

    fn take(mut facts: Facts) -> Result<Self, Denied> {
        let application = facts.application.take();
        let OrganizationRef(organization) = OrganizationRef::take(facts)?;
        Ok(Self { organization, application: application.ok_or(Denied::NotFound)? })
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

    fn take(facts: Facts) -> Result<Self, Denied> {
        Ok(Self {
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

    fn take(facts: Facts) -> Result<Self, Denied> {
        let namespace = facts.namespace.ok_or(Denied::NotFound)?;
        Ok(Self { namespace, is_taken: facts.repository.is_some() })
    }
}

/// Paths that lead to a target, besides [`Target::Path`], which every row of it has unless it says otherwise.
pub trait LeadsTo<T: Target>: Path {}

impl LeadsTo<OrganizationRef> for NamedOrganization {}
impl LeadsTo<NamespaceRef> for UserPath {}
impl LeadsTo<RepositoryRef> for OrganizationRepository {}
impl LeadsTo<RepositoryRef> for OwnRepository {}
impl LeadsTo<ClientRef> for ClientPath {}
// The body names it, or the team of it.
impl LeadsTo<NamespaceRef> for () {}
impl LeadsTo<RepositoryRef> for () {}
impl LeadsTo<ExistingTeamRef> for OrganizationPath {}

/// What the policy says of a permission, for code that does not need the type of the grant.
pub type Verdict = fn(&Principal, Facts) -> Result<(), Denied>;

macro_rules! permits {
    ($($(#[$doc:meta])* $marker:ident => $permission:ident on $target:ty;)+) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy)]
            pub struct $marker;

            impl Permit for $marker {
                const PERMISSION: Permission = Permission::$permission;
                type Target = $target;
            }
        )+

        /// Every marker by name, for tables that must not forget one.
        pub const PERMITS: &[(&str, Verdict)] = &[
            $((stringify!($marker), |principal, facts| {
                authorize::<$marker>(principal, facts).map(drop)
            })),+
        ];
    };
}

permits! {
    /// Anybody.
    Public => Public on ();
    /// Anybody known.
    Authenticated => Authenticated on ();
    /// A namespace, as everybody sees it.
    PublicNamespace => Public on NamespaceRef;
    /// A namespace, as everybody known sees it.
    AuthenticatedNamespace => Authenticated on NamespaceRef;
    /// An organization that may be missing, as everybody known sees it.
    AuthenticatedOrganization => Authenticated on MaybeOrganizationRef;
    /// The account of the caller, to read.
    UserView => UserView on ();
    /// The account of the caller.
    UserAdmin => UserAdmin on ();
    /// The account of the caller as a namespace, to read as its administrator.
    OwnNamespaceView => UserAdmin on OwnNamespaceRef;
    /// The account of the caller as a namespace, to change what belongs to it.
    OwnNamespaceAdmin => OwnNamespaceAdmin on OwnNamespaceRef;
    /// The account of the caller as a namespace, to change how its tags are pruned.
    OwnAutopruneAdmin => UserAdmin on OwnNamespaceRef;
    /// A new organization.
    CreateOrganization => CreateOrganization on ();
    /// A new organization of Concord's.
    ConcordCreate => ConcordCreate on ();
    /// An organization, to change as Concord's owner.
    ConcordUpdate => ConcordUpdate on OrganizationRef;
    /// An organization, to delete as Concord's administrator.
    ConcordDelete => ConcordDelete on OrganizationRef;
    /// An organization, as much of it as the caller may see.
    OrganizationView => OrganizationView on OrganizationRef;
    /// An organization, to read as a member.
    OrganizationMemberView => MemberView on OrganizationRef;
    /// An organization, to read as an administrator.
    OrganizationAdminView => AdminView on OrganizationRef;
    /// An organization, to change.
    OrganizationAdmin => Admin on OrganizationRef;
    /// An organization, for callers who may create repositories in it.
    OrganizationRepositoryCreate => RepositoryCreate on OrganizationRef;
    /// What an organization owns as users do, to read as a member.
    NamespaceMemberView => MemberView on OrganizationNamespaceRef;
    /// What an organization owns as users do, to read as an administrator.
    NamespaceAdminView => AdminView on OrganizationNamespaceRef;
    /// What an organization owns as users do, to change.
    NamespaceAdmin => Admin on OrganizationNamespaceRef;
    /// The same, or in a session the account of the caller, to read as a member.
    NamespaceOrOwnMemberView => MemberView on OrganizationOrOwnRef;
    /// The same, or in a session the account of the caller, to read as an administrator.
    NamespaceOrOwnAdminView => AdminView on OrganizationOrOwnRef;
    /// The same, or in a session the account of the caller, to change.
    NamespaceOrOwnAdmin => Admin on OrganizationOrOwnRef;
    /// What an organization caches, to read as a member.
    ProxyCacheView => MemberView on MaybeOrganizationRef;
    /// What an organization caches, to change.
    ProxyCacheAdmin => Admin on MaybeOrganizationRef;
    /// An organization, to change how much it may hold.
    NamespaceQuotaAdmin => QuotaAdmin on OrganizationNamespaceRef;
    /// A namespace, to read as a superuser.
    SuperuserNamespaceView => SuperuserView on NamespaceRef;
    /// The permissions of a robot.
    RobotPermissionsView => RobotPermissionsView on OrganizationNamespaceRef;
    /// A team, to read as a member of its organization.
    TeamSummaryView => MemberView on ExistingTeamRef;
    /// A team, to read as a member of it.
    TeamView => TeamView on ExistingTeamRef;
    /// A team, to read as an administrator of its organization.
    TeamAdminView => AdminView on ExistingTeamRef;
    /// A team that may be missing, to make, change or delete.
    TeamAdmin => Admin on TeamRef;
    /// A team, to change its members.
    ExistingTeamAdmin => Admin on ExistingTeamRef;
    /// A new repository.
    RepositoryCreate => RepositoryCreate on NewRepositoryRef;
    /// A repository, to star.
    RepositoryStar => RepositoryStar on RepositoryRef;
    /// A repository, to read.
    RepositoryView => RepositoryView on RepositoryRef;
    /// A repository, to change its content or description.
    RepositoryWrite => RepositoryWrite on RepositoryRef;
    /// A repository, to read as its administrator.
    RepositoryAdminView => RepositoryAdminView on RepositoryRef;
    /// A repository, to administer.
    RepositoryAdmin => RepositoryAdmin on RepositoryRef;
    /// An application of an organization, to read as an administrator.
    ApplicationAdminView => AdminView on ApplicationRef;
    /// An application of an organization, to change.
    ApplicationAdmin => Admin on ApplicationRef;
    /// An application, by its client id.
    Client => Public on ClientRef;
    /// The installation, to read as a superuser.
    SuperuserView => SuperuserView on ();
    /// The installation, as a superuser.
    Superuser => Superuser on ();
    /// A namespace, as a superuser.
    SuperuserNamespace => Superuser on NamespaceRef;
    /// An organization, as a superuser.
    SuperuserOrganization => Superuser on OrganizationRef;
    /// Somebody's account, as a superuser.
    SuperuserUser => Superuser on UserRef;
    /// Somebody's account, to read as a superuser.
    SuperuserUserView => SuperuserView on UserRef;
}

/// A permission that deletes an organization with everything of it.
pub trait DeletesOrganization: Permit<Target = OrganizationRef> {}

impl DeletesOrganization for OrganizationAdmin {}

impl DeletesOrganization for ConcordDelete {}

impl DeletesOrganization for SuperuserOrganization {}

/// Permissions to change what belongs to a namespace; statements that do so want a grant of one, not of one that reads.
pub trait NamespaceChange: Permit<Target: NamespaceTarget> {}

impl NamespaceChange for NamespaceAdmin {}
impl NamespaceChange for NamespaceOrOwnAdmin {}
impl NamespaceChange for OwnNamespaceAdmin {}
impl NamespaceChange for NamespaceQuotaAdmin {}
impl NamespaceChange for SuperuserNamespace {}

/// Permissions to change auto-prune policies, of a namespace or of a repository.
pub trait AutopruneChange: Permit {}

impl AutopruneChange for NamespaceAdmin {}
impl AutopruneChange for OwnAutopruneAdmin {}
impl AutopruneChange for RepositoryAdmin {}
