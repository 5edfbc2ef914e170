//! The policy: one function, one match (`docs/contract/quay.md` 0.10).

use berth_domain::{Namespace, NamespaceKind, Repository, RepositoryRole, TeamRole};
use thiserror::Error;

use crate::facts::Facts;
use crate::permission::{Permission, Permit};
use crate::principal::{Caller, Principal, TokenHolder};
use crate::scope::{Scope, ScopeSet};
use crate::target::{
    MaybeOrganizationRef, NamespaceTarget, OrganizationRef, RepositoryRef, Target, UserRef,
};

/// Why a call is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Denied {
    /// The caller is unknown.
    #[error("the caller is unknown")]
    Unauthenticated,
    /// The caller may not, or their token lacks the scope.
    #[error("the caller may not")]
    Unauthorized,
    /// The caller may administer their own account, as the operation wants, but not the namespace: the contract answers this
    /// differently.
    #[error("the caller may not")]
    Forbidden,
    /// Superusers alone may, as this installation is set up: found out only when the body makes sense, by the contract.
    #[error("the caller may not")]
    SuperusersOnly,
    /// The caller may, but the thing does not exist.
    #[error("the thing does not exist")]
    NotFound,
}

/// Proof that the policy allowed `P` on a target. Only [`authorize`] makes one.
#[derive(Debug)]
pub struct Grant<P: Permit> {
    principal: Principal,
    target: P::Target,
    rights: Rights,
}

impl<P: Permit> Grant<P> {
    /// The caller, if known.
    #[must_use]
    pub fn caller(&self) -> Option<&Caller> {
        self.principal.caller()
    }

    /// The row id of the caller's account, also where they show a token for a registry; `None`, which no row has, for an unknown caller.
    #[must_use]
    pub fn caller_id(&self) -> Option<i64> {
        self.principal.account_id()
    }

    /// Who shows a token for a registry, if somebody does.
    #[must_use]
    pub fn token_holder(&self) -> Option<&TokenHolder> {
        self.principal.token_holder()
    }

    /// What the grant is about.
    #[must_use]
    pub const fn target(&self) -> &P::Target {
        &self.target
    }

    /// The caller's rights, for answers that show more to some than to others.
    #[must_use]
    pub const fn rights(&self) -> &Rights {
        &self.rights
    }

    /// What the caller may do in an organization where `role` is the highest role of their teams: for lists of
    /// organizations.
    #[must_use]
    pub fn rights_by_role(&self, role: Option<TeamRole>) -> Rights {
        Rights::of(&self.principal, &Facts { team_role: role, ..Facts::default() })
    }

    /// Asks the policy again, about what is found out later.
    ///
    /// # Errors
    /// [`Denied`].
    pub fn authorize<Q: Permit>(&self, facts: Facts) -> Result<Grant<Q>, Denied> {
        authorize(&self.principal, facts)
    }
}

impl<P: Permit<Target: NamespaceTarget>> Grant<P> {
    /// The namespace, if it exists.
    #[must_use]
    pub fn namespace(&self) -> Option<&Namespace> {
        self.target.namespace()
    }

    /// The row id of the namespace; no row has the id of one that does not exist.
    #[must_use]
    pub fn namespace_id(&self) -> Option<i64> {
        self.namespace().map(|namespace| namespace.id)
    }
}

impl<P: Permit<Target = MaybeOrganizationRef>> Grant<P> {
    /// The organization, if it exists.
    #[must_use]
    pub const fn organization_if_any(&self) -> Option<&Namespace> {
        self.target.0.as_ref()
    }

    /// Its facts, for further questions to the policy.
    #[must_use]
    pub fn facts(&self) -> Facts {
        Facts::of_organization(self.target.0.clone(), false)
    }
}

impl<P: Permit<Target = UserRef>> Grant<P> {
    /// The account.
    #[must_use]
    pub const fn user(&self) -> &Namespace {
        &self.target.0
    }
}

impl<P: Permit<Target = OrganizationRef>> Grant<P> {
    /// The organization.
    #[must_use]
    pub const fn organization(&self) -> &Namespace {
        &self.target.0
    }
}

impl<P: Permit<Target = RepositoryRef>> Grant<P> {
    /// The repository and its namespace.
    ///
    /// # Errors
    /// [`Denied::NotFound`] when there is no such repository.
    pub fn repository(&self) -> Result<(&Namespace, &Repository), Denied> {
        let namespace = self.target.namespace.as_ref().ok_or(Denied::NotFound)?;
        Ok((namespace, self.target.repository.as_ref().ok_or(Denied::NotFound)?))
    }
}

/// What a caller may do with the thing that they address, after the cap of their authority.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rights {
    known: bool,
    user_view: bool,
    user_admin: bool,
    may_own_organizations: bool,
    superusers_create: bool,
    barred_at_home: bool,
    namespace_role: Option<TeamRole>,
    in_admin_team: bool,
    in_team: bool,
    concord_owner: bool,
    anybody_creates: bool,
    repository_role: Option<RepositoryRole>,
    superuser: bool,
    full_access: bool,
    global_reader: bool,
    /// The scopes of the call; a session has all.
    scopes: ScopeSet,
    /// Whether the namespace is the account of the caller.
    at_own: bool,
    /// Whether the operation is about the account of the caller.
    by_own: bool,
    /// Whether the namespace is a proxy cache.
    in_proxy_cache: bool,
    /// Whether the quota of the namespace lets nobody push.
    in_full_namespace: bool,
    /// Whether the caller is in any team of the namespace, whatever the token leaves of that.
    in_any_team: bool,
    /// Whether the caller shows a token for a registry, and no other right counts.
    holds_token: bool,
    /// What the token allows with the repository.
    token_pulls: bool,
    token_pushes: bool,
}

/// Decides whether `principal` may do `P` with what `facts` describe.
///
/// # Errors
/// [`Denied`]: existence is tested only once the permission holds.
pub fn authorize<P: Permit>(principal: &Principal, mut facts: Facts) -> Result<Grant<P>, Denied> {
    if P::Target::OWN_NAME_IN_SESSIONS && is_own_in_session(principal, &facts) {
        facts.names_organization = false;
    }
    let mut facts = facts.without_user_in_place();
    let mut rights = Rights::of(principal, &facts);
    rights.by_own = P::PERMISSION == Permission::UserAdmin;
    if !allows(P::PERMISSION, &rights) {
        return Err(refusal(P::PERMISSION, &rights));
    }
    if facts.have_user_in_place() {
        if !P::Target::MAY_LACK_ORGANIZATION {
            return Err(Denied::NotFound);
        }
        facts = Facts::default();
    }
    let target = P::Target::take(facts).ok_or(Denied::NotFound)?;
    Ok(Grant { principal: principal.clone(), target, rights })
}

/// Whether the namespace is the caller's, and a session asks for it: `org:admin` gives no right over a user's account.
fn is_own_in_session(principal: &Principal, facts: &Facts) -> bool {
    principal.caller().is_some_and(|caller| caller.is_there_in_person() && is_own(caller, facts))
}

fn refusal(permission: Permission, rights: &Rights) -> Denied {
    match permission {
        _ if !rights.known => Denied::Unauthenticated,
        Permission::RobotPermissionsView if rights.user_admin => Denied::Forbidden,
        Permission::CreateOrganization if rights.may_create_organizations() => {
            Denied::SuperusersOnly
        }
        _ => Denied::Unauthorized,
    }
}

/// The policy.
fn allows(permission: Permission, rights: &Rights) -> bool {
    match permission {
        Permission::Public | Permission::OrganizationView => true,
        Permission::Authenticated => rights.known,
        Permission::UserView => rights.user_view,
        Permission::UserAdmin => rights.user_admin,
        Permission::OwnNamespaceAdmin => rights.user_admin && !rights.global_reader,
        Permission::CreateOrganization => {
            rights.may_create_organizations() && !rights.superusers_create
        }
        Permission::ConcordCreate => rights.superuser || rights.may_create_at_concord(),
        Permission::ConcordUpdate => rights.superuser || rights.owns_at_concord(),
        Permission::ConcordDelete => rights.superuser,
        Permission::MemberView => rights.sees_as_member(),
        Permission::AdminView => rights.sees_as_admin(),
        Permission::Admin => rights.is_admin(),
        Permission::QuotaAdmin => rights.full_access,
        Permission::TeamView => rights.sees_as_admin() || rights.sees_own_team(),
        Permission::RobotPermissionsView => rights.sees_as_admin() && rights.user_admin,
        Permission::RepositoryCreate => rights.may_create_repositories(),
        Permission::RepositoryStar => {
            rights.user_admin && rights.repository_at_least(RepositoryRole::Read)
        }
        Permission::RepositoryView => rights.repository_at_least(RepositoryRole::Read),
        Permission::RepositoryWrite => rights.writes_repository(),
        Permission::RepositoryAdminView => rights.sees_repository_as_admin(),
        Permission::RepositoryAdmin => rights.administers_repository(),
        Permission::RegistryPull => rights.pulls(),
        Permission::RegistryPush => rights.pushes(),
        Permission::RegistryCreate => rights.creates_by_pushing(),
        Permission::RegistryDelete => rights.deletes(),
        Permission::RegistryAdmin => rights.does_everything(),
        Permission::RegistryTokenHolder | Permission::RegistryCatalog => rights.holds_token,
        Permission::RegistryRead => rights.token_pulls,
        Permission::RegistryWrite => rights.token_pushes,
        Permission::SuperuserView => rights.superuser || rights.global_reader,
        Permission::SuperuserAuditView => rights.full_access || rights.global_reader,
        Permission::Superuser => rights.superuser,
    }
}

impl Rights {
    fn of(principal: &Principal, facts: &Facts) -> Self {
        if let Some(holder) = principal.token_holder() {
            return Self::of_token(holder, facts);
        }
        let public = facts.repository.as_ref().is_some_and(|repository| repository.is_public);
        let public_role = public.then_some(RepositoryRole::Read);
        let Some(caller) = principal.caller() else {
            return Self { repository_role: public_role, ..Self::default() };
        };
        let role = uncapped_role(caller, facts);
        let superuser = caller.is_superuser();
        let global_reader = caller.is_global_reader();
        Self {
            known: true,
            user_view: caller.has_scope(Scope::UserRead) || caller.has_scope(Scope::UserAdmin),
            user_admin: caller.has_scope(Scope::UserAdmin),
            may_own_organizations: superuser || !caller.restricted,
            superusers_create: caller.powers.alone_create_organizations && !superuser,
            barred_at_home: caller.restricted && !superuser && is_own(caller, facts),
            namespace_role: role.min(organization_cap(caller)),
            in_admin_team: role == Some(TeamRole::Admin),
            in_team: facts.caller_in_team,
            concord_owner: facts.caller_is_owner && caller.has_scope(Scope::OrgAdmin),
            anybody_creates: facts.anybody_creates,
            repository_role: repository_role(caller, role, facts).max(public_role),
            superuser,
            full_access: superuser && caller.powers.full_access,
            global_reader,
            scopes: caller.scopes(),
            at_own: is_own(caller, facts),
            by_own: false,
            in_proxy_cache: facts.is_proxy_cache,
            in_full_namespace: facts.is_full,
            in_any_team: facts.team_role.is_some(),
            holds_token: false,
            token_pulls: false,
            token_pushes: false,
        }
    }

    /// What a token for a registry allows: what it says of the repository that the path names, and no right of its account.
    fn of_token(holder: &TokenHolder, facts: &Facts) -> Self {
        let named = facts.registry_name.as_deref();
        let of_it = || holder.access.iter().filter(|entry| Some(&*entry.repository) == named);
        let lists = if holder.lists_repositories { &[Scope::RepoRead][..] } else { &[] };
        Self {
            holds_token: true,
            token_pulls: of_it().any(|entry| entry.pull),
            token_pushes: of_it().any(|entry| entry.push),
            scopes: ScopeSet::of(lists),
            ..Self::default()
        }
    }

    /// Administers the organization.
    #[must_use]
    pub fn is_admin(&self) -> bool {
        !self.global_reader && (self.full_access || self.namespace_role == Some(TeamRole::Admin))
    }

    /// May let applications of the namespace act in their name: its administrators. A global reader who administers it may
    /// too: their tokens change nothing, as they change nothing themselves.
    #[must_use]
    pub fn may_authorize_applications(&self) -> bool {
        self.full_access || self.namespace_role == Some(TeamRole::Admin)
    }

    /// Reads everything of the organization, secrets aside.
    #[must_use]
    pub fn sees_as_admin(&self) -> bool {
        self.is_admin() || self.global_reader
    }

    /// Whether the answer says that the caller may view every team, where they see the teams at all. The original looks only
    /// at the role there, not at what a token leaves of it.
    #[must_use]
    pub fn views_every_team(&self) -> bool {
        self.sees_as_admin() || self.in_admin_team
    }

    /// Is in a team of the organization, or sees it as a member does.
    #[must_use]
    pub fn sees_as_member(&self) -> bool {
        self.sees_as_admin() || self.namespace_role.is_some()
    }

    /// May create repositories in the namespace.
    #[must_use]
    pub fn may_create_repositories(&self) -> bool {
        !self.global_reader && self.creates_repositories()
    }

    fn creates_repositories(&self) -> bool {
        let may = self.namespace_role >= Some(TeamRole::Creator) && !self.barred_at_home;
        self.full_access || may
    }

    /// Pulls from the repository, at a registry (`docs/contract/registry.md` A.4): its readers, whoever administers its
    /// namespace although there is no such repository yet, and of a proxy cache the members of the organization, since
    /// what they pull is there afterwards.
    fn pulls(&self) -> bool {
        let through =
            self.in_proxy_cache && self.in_any_team && self.scopes.allows(Scope::RepoRead);
        through || self.repository_at_least(RepositoryRole::Read)
    }

    /// Pushes to the repository, at a registry. There global readers push what anybody with their roles pushes. Nobody pushes
    /// into a proxy cache: the next pull would bring the upstream's; nor into a namespace that is full.
    fn pushes(&self) -> bool {
        !self.in_full_namespace && self.deletes()
    }

    /// Deletes tags and manifests, at a registry: who pushes there, and where the namespace is full too.
    fn deletes(&self) -> bool {
        !self.in_proxy_cache && self.repository_at_least(RepositoryRole::Write)
    }

    /// Does everything with the repository, at a registry: its administrators, where they push.
    fn does_everything(&self) -> bool {
        !self.in_full_namespace && self.repository_at_least(RepositoryRole::Admin)
    }

    /// Makes a repository by pushing to it; otherwise as [`Self::may_create_repositories`], and as [`Self::pushes`].
    fn creates_by_pushing(&self) -> bool {
        !self.in_proxy_cache && !self.in_full_namespace && self.creates_repositories()
    }

    /// Changes the content or the description of the repository.
    #[must_use]
    pub fn writes_repository(&self) -> bool {
        self.repository_at_least(RepositoryRole::Write) && !self.global_reader
    }

    /// Administers the repository.
    #[must_use]
    pub fn administers_repository(&self) -> bool {
        self.repository_at_least(RepositoryRole::Admin) && !self.global_reader
    }

    /// Reads what only administrators of the repository read.
    #[must_use]
    pub fn sees_repository_as_admin(&self) -> bool {
        self.repository_at_least(RepositoryRole::Admin) || self.global_reader
    }

    /// Has at least `role` on the repository.
    #[must_use]
    pub fn repository_at_least(&self, role: RepositoryRole) -> bool {
        self.full_access
            || self.repository_role >= Some(role)
            || (self.global_reader && role == RepositoryRole::Read)
    }

    /// Sees the tokens of a namespace's robots: of their own, or as an administrator.
    #[must_use]
    pub fn sees_robot_tokens(&self) -> bool {
        self.by_own || self.is_admin()
    }

    /// Sees in which teams and on which repositories the robots of a namespace are.
    #[must_use]
    pub fn sees_robot_places(&self) -> bool {
        self.by_own || self.sees_as_admin()
    }

    /// Finds the robots of the namespace, which is the caller's.
    #[must_use]
    pub const fn finds_own_robots(&self) -> bool {
        self.at_own && self.user_admin
    }

    /// Sees the repositories on which they have a role, whatever the namespace.
    #[must_use]
    pub fn reads_own_repositories(&self) -> bool {
        self.scopes.allows(Scope::RepoRead)
    }

    /// Sees every repository.
    #[must_use]
    pub const fn reads_every_repository(&self) -> bool {
        self.full_access || self.global_reader
    }

    /// Sees every organization of Concord's API.
    #[must_use]
    pub const fn sees_every_organization(&self) -> bool {
        self.superuser || self.global_reader
    }

    /// May make a token with these scopes: within their own authority, and superusers alone one of a superuser.
    #[must_use]
    pub fn may_hand_out(&self, scopes: ScopeSet) -> bool {
        self.scopes.covers(scopes) && (self.superuser || !scopes.allows(Scope::SuperUser))
    }

    /// Whether superuser powers count in this call.
    #[must_use]
    pub const fn is_superuser(&self) -> bool {
        self.superuser
    }

    /// Whether the caller reads everything and changes nothing.
    #[must_use]
    pub const fn is_global_reader(&self) -> bool {
        self.global_reader
    }

    /// Reads the outline of their own account.
    #[must_use]
    pub const fn is_user_reader(&self) -> bool {
        self.user_view
    }

    /// Reads their own account in full.
    #[must_use]
    pub const fn is_user_admin(&self) -> bool {
        self.user_admin
    }

    /// May create organizations, unless superusers alone may.
    fn may_create_organizations(&self) -> bool {
        self.user_admin && self.may_own_organizations && !self.global_reader
    }

    /// May create organizations by Quay's rule, and Concord's API is open to more than administrators.
    fn may_create_at_concord(&self) -> bool {
        self.anybody_creates && allows(Permission::CreateOrganization, self)
    }

    fn owns_at_concord(&self) -> bool {
        self.concord_owner && !self.global_reader
    }

    /// A team role is a right only as far as the token carries organization rights at all.
    fn sees_own_team(&self) -> bool {
        self.in_team && self.namespace_role.is_some()
    }
}

/// The caller's role in the namespace before the cap: the highest of their teams, or admin where the namespace is their
/// account.
fn uncapped_role(caller: &Caller, facts: &Facts) -> Option<TeamRole> {
    if is_own(caller, facts) { Some(TeamRole::Admin) } else { facts.team_role }
}

/// Whether the namespace is the account of the caller.
fn is_own(caller: &Caller, facts: &Facts) -> bool {
    facts
        .namespace
        .as_ref()
        .is_some_and(|namespace| namespace.kind == NamespaceKind::User && namespace.id == caller.id)
}

/// How much of an organization role the authority carries: `org:admin` all of it, `repo:create` up to creator.
fn organization_cap(caller: &Caller) -> Option<TeamRole> {
    if caller.has_scope(Scope::OrgAdmin) {
        Some(TeamRole::Admin)
    } else if caller.has_scope(Scope::RepoCreate) {
        Some(TeamRole::Creator)
    } else {
        None
    }
}

/// The role on the repository: the highest of permissions and of administering the namespace, capped by `repo:*` scopes.
fn repository_role(
    caller: &Caller,
    namespace_role: Option<TeamRole>,
    facts: &Facts,
) -> Option<RepositoryRole> {
    let by_namespace = (namespace_role == Some(TeamRole::Admin)).then_some(RepositoryRole::Admin);
    let cap = [
        (Scope::RepoAdmin, RepositoryRole::Admin),
        (Scope::RepoWrite, RepositoryRole::Write),
        (Scope::RepoRead, RepositoryRole::Read),
    ]
    .into_iter()
    .find_map(|(scope, role)| caller.has_scope(scope).then_some(role));
    facts.repository_role.max(by_namespace).min(cap)
}
