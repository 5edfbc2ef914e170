//! The permissions that the policy knows.

use crate::target::Target;

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
    /// Pulling from a repository, which may be missing.
    RegistryPull,
    /// Pushing to a repository.
    RegistryPush,
    /// Making a repository by pushing to it.
    RegistryCreate,
    /// Deleting from a repository at a registry.
    RegistryDelete,
    /// Everything with a repository at a registry (`*`).
    RegistryAdmin,
    /// Whatever any token for a registry allows.
    RegistryTokenHolder,
    /// Reading the names of repositories at a registry.
    RegistryCatalog,
    /// Reading from a repository at a registry, with a token that says so.
    RegistryRead,
    /// Writing to a repository at a registry, with a token that says so.
    RegistryWrite,
    /// Reading what only superusers may read.
    SuperuserView,
    /// Reading what users keep for themselves: superusers with full access, and read-only ones.
    SuperuserAuditView,
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
            Self::RegistryPull => {
                "readers of the repository; of a proxy cache members of its organization"
            }
            Self::RegistryPush => {
                "writers of the repository, but not of a proxy cache, nor beyond a quota"
            }
            Self::RegistryCreate => {
                "creators in the namespace, but not of a proxy cache, nor beyond a quota"
            }
            Self::RegistryDelete => "writers of the repository, but not of a proxy cache",
            Self::RegistryAdmin => "repository admins, but not beyond a quota",
            Self::RegistryTokenHolder => "anybody with a token of `/v2/auth`",
            Self::RegistryCatalog => {
                "anybody with a token of `/v2/auth`; the repositories that its user may read"
            }
            Self::RegistryRead => "whoever has a token of `/v2/auth` with `pull`",
            Self::RegistryWrite => "whoever has a token of `/v2/auth` with `push`",
            Self::SuperuserView => "superusers, also read-only ones",
            Self::SuperuserAuditView => "superusers with full access, and read-only ones",
            Self::Superuser | Self::ConcordDelete => "superusers",
            Self::ConcordCreate => {
                "superusers, and if so set everybody who may create organizations"
            }
            Self::ConcordUpdate => "superusers and the owner",
        }
    }
}

/// A permission as a type.
pub trait Permit: Sized + 'static {
    /// The permission, for the policy.
    const PERMISSION: Permission;
    /// What a grant of it is about.
    type Target: Target;
}
