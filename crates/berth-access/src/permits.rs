//! The permissions that routes ask for, as types.
//!
//! A route row and its handler name the same marker type, or they do not compile. The marker says what is addressed; the
//! policy (`policy.rs`) says who may.

use crate::facts::Facts;
use crate::permission::{Permission, Permit};
use crate::policy::{Denied, authorize};
use crate::principal::Principal;
use crate::target::{
    ApplicationRef, ClientRef, ExistingRepositoryRef, ExistingTeamRef, MaybeOrganizationRef,
    NamespaceRef, NamespaceTarget, NewRepositoryRef, OrganizationNamespaceRef,
    OrganizationOrOwnRef, OrganizationRef, OwnNamespaceRef, RepositoryRef, TeamRef, UserRef,
};

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
    /// A repository that may be missing, to pull from.
    RegistryPull => RegistryPull on RepositoryRef;
    /// A repository, to push to.
    RegistryPush => RegistryPush on ExistingRepositoryRef;
    /// A repository, to delete from at a registry.
    RegistryDelete => RegistryDelete on ExistingRepositoryRef;
    /// A new repository, made by a push.
    RegistryCreate => RegistryCreate on NewRepositoryRef;
    /// A repository, for everything at a registry.
    RegistryAdmin => RegistryAdmin on ExistingRepositoryRef;
    /// A registry, with a token for it.
    RegistryTokenHolder => RegistryTokenHolder on ();
    /// The names of the repositories of a registry.
    RegistryCatalog => RegistryCatalog on ();
    /// A repository that may be missing, to read from with a token for it.
    RegistryRead => RegistryRead on RepositoryRef;
    /// A repository that is missing, to be made by reading from it with a token for it.
    RegistryCachedCreate => RegistryRead on NewRepositoryRef;
    /// A repository that may be missing, to write to with a token for it.
    RegistryWrite => RegistryWrite on RepositoryRef;
    /// An application of an organization, to read as an administrator.
    ApplicationAdminView => AdminView on ApplicationRef;
    /// An application of an organization, to change.
    ApplicationAdmin => Admin on ApplicationRef;
    /// An application, by its client id.
    Client => Public on ClientRef;
    /// The installation, to read as a superuser.
    SuperuserView => SuperuserView on ();
    /// The installation, to read what users keep for themselves.
    SuperuserAuditView => SuperuserAuditView on ();
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
