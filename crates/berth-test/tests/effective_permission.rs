//! The verdict of the store and the policy together, compared with a model that knows neither.
//!
//! A world is made at random through the store: two organizations with teams, robots and default permissions; repositories
//! in them and in people's namespaces; direct permissions and permissions of teams; callers with tokens and sessions. The
//! verdict of [`access::load`] and [`authorize`] must be that of [`World::expected`], which is written from
//! `docs/contract/quay.md` 0.10 and 6.5 as plain sets and loops.

use std::sync::Arc;

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use berth_access::{
    Address, Authority, Caller, Facts, Grant, OrganizationAdmin, OrganizationAdminView,
    OrganizationMemberView, Permit, Principal, RepositoryAdmin, RepositoryAdminView,
    RepositoryCreate, RepositoryView, RepositoryWrite, Scope, ScopeSet, SuperuserPowers, Target,
    TargetKind, Token, authorize,
};
use berth_domain::{RepositoryName, RepositoryRole, TeamRole, Timestamp};
use berth_store::access::{self, CallerRow, Credential};
use berth_store::default_permissions::{self, DefaultPermission, Delegate};
use berth_store::repositories::{self, NewRepository};
use berth_store::{Database, StoreError, grantees, params, permissions, returned, transaction};
use berth_test::App;
use proptest::prelude::*;

const USERS: usize = 4;
const ROBOTS: usize = 2;
const ORGANIZATIONS: usize = 2;

/// An account that can have a role: a user, or a robot of the organization in which it has the role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Account {
    User(usize),
    Robot(usize),
}

/// A holder of a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Given {
    To(Account),
    /// The team of that number among the organization's, counted round.
    Team(usize),
}

#[derive(Debug, Clone)]
struct Team {
    organization: usize,
    role: TeamRole,
    members: BTreeSet<Account>,
}

/// A default permission.
#[derive(Debug, Clone)]
struct Rule {
    organization: usize,
    creator: Option<usize>,
    given: Given,
    role: RepositoryRole,
}

/// A repository: of an organization, or of its creator.
#[derive(Debug, Clone)]
struct Repository {
    organization: Option<usize>,
    creator: usize,
    is_public: bool,
    /// In order; a later one replaces an earlier one.
    permissions: Vec<(Given, RepositoryRole)>,
}

#[derive(Debug, Clone)]
struct Call {
    user: usize,
    /// The scopes of the token; none is a session.
    scopes: Option<Vec<Scope>>,
    powers: SuperuserPowers,
    restricted: bool,
}

#[derive(Debug, Clone)]
struct World {
    teams: Vec<Team>,
    rules: Vec<Rule>,
    repositories: Vec<Repository>,
    calls: Vec<Call>,
}

/// What a caller may do with a repository and its namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Allowed {
    view: bool,
    write: bool,
    admin_view: bool,
    admin: bool,
    create: bool,
    organization: Option<OrganizationAllowed>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct OrganizationAllowed {
    member_view: bool,
    admin_view: bool,
    admin: bool,
}

// The model.

impl Repository {
    /// The accounts that can have a role on it.
    fn accounts(&self) -> impl Iterator<Item = Account> {
        let robots = if self.organization.is_some() { ROBOTS } else { 0 };
        (0..USERS).map(Account::User).chain((0..robots).map(Account::Robot))
    }
}

impl World {
    /// The teams of an organization; their numbers are their positions.
    fn teams_of(&self, organization: usize) -> Vec<&Team> {
        self.teams.iter().filter(|team| team.organization == organization).collect()
    }

    /// The same with the number of a team that there is.
    fn normal(&self, organization: usize, given: Given) -> Given {
        match given {
            Given::Team(number) => Given::Team(number % self.teams_of(organization).len()),
            to => to,
        }
    }

    /// Every role on a repository: those that it was made with, and later ones.
    fn roles(&self, repository: &Repository) -> BTreeMap<Given, RepositoryRole> {
        let mut roles = BTreeMap::new();
        let creator = Given::To(Account::User(repository.creator));
        let Some(organization) = repository.organization else {
            roles.insert(creator, RepositoryRole::Admin);
            roles.extend(
                repository
                    .permissions
                    .iter()
                    .filter(|(given, _)| self.fits(repository, *given))
                    .copied(),
            );
            return roles;
        };
        let rules = || self.rules.iter().filter(|rule| rule.organization == organization);
        // For everybody: the first rule for each counts.
        for rule in rules().rev().filter(|rule| rule.creator.is_none()) {
            roles.insert(self.normal(organization, rule.given), rule.role);
        }
        // For this creator: the last, and before those for everybody.
        for rule in rules().filter(|rule| rule.creator == Some(repository.creator)) {
            roles.insert(self.normal(organization, rule.given), rule.role);
        }
        roles.insert(creator, RepositoryRole::Admin);
        for (given, role) in &repository.permissions {
            roles.insert(self.normal(organization, *given), *role);
        }
        roles
    }

    /// Whether a role can be given: a person's namespace has neither teams nor robots here, and its owner's role is fixed.
    fn fits(&self, repository: &Repository, given: Given) -> bool {
        repository.organization.is_some()
            || matches!(given, Given::To(Account::User(user)) if user != repository.creator)
    }

    /// The roles of an account: its own, and its teams'.
    fn roles_of(&self, repository: &Repository, account: Account) -> Vec<RepositoryRole> {
        let holds = |given: &Given| match given {
            Given::To(holder) => *holder == account,
            Given::Team(number) => repository.organization.is_some_and(|organization| {
                self.teams_of(organization)[*number].members.contains(&account)
            }),
        };
        let roles = self.roles(repository);
        roles.iter().filter(|(given, _)| holds(given)).map(|(_, role)| *role).collect()
    }

    /// The caller's role in the namespace: the highest of their teams, or admin in their own.
    fn namespace_role(&self, call: &Call, repository: &Repository) -> Option<TeamRole> {
        let Some(organization) = repository.organization else {
            return (repository.creator == call.user).then_some(TeamRole::Admin);
        };
        let mine = |team: &&&Team| team.members.contains(&Account::User(call.user));
        self.teams_of(organization).iter().filter(mine).map(|team| team.role).max()
    }

    fn expected(&self, call: &Call, repository: &Repository) -> Allowed {
        let has = |scope: Scope| match &call.scopes {
            None => true,
            Some(scopes) => scopes.contains(&scope),
        };
        let reader = call.powers.global_reader;
        let superuser = call.powers.superuser && !reader && has(Scope::SuperUser);
        let all = superuser && call.powers.full_access;

        let namespace_role = self.namespace_role(call, repository);
        let owner = namespace_role == Some(TeamRole::Admin);
        let carries_creation = has(Scope::OrgAdmin) || has(Scope::RepoCreate);
        let administers = has(Scope::OrgAdmin) && owner;
        let belongs = carries_creation && namespace_role.is_some();
        let at_home = repository.organization.is_none() && owner;
        let creates = carries_creation
            && matches!(namespace_role, Some(TeamRole::Creator | TeamRole::Admin))
            && !(at_home && call.restricted && !superuser);

        let given = self.roles_of(repository, Account::User(call.user)).into_iter().max();
        let role = if owner { Some(RepositoryRole::Admin) } else { given };
        let carries_admin = has(Scope::RepoAdmin);
        let carries_write = carries_admin || has(Scope::RepoWrite);
        let carries_read = carries_write || has(Scope::RepoRead);
        let reads = carries_read && role.is_some();
        let writes = carries_write && role >= Some(RepositoryRole::Write);
        let admins = carries_admin && role == Some(RepositoryRole::Admin);

        Allowed {
            view: repository.is_public || reads || all || reader,
            write: (writes || all) && !reader,
            admin_view: admins || all || reader,
            admin: (admins || all) && !reader,
            create: (creates || all) && !reader,
            organization: repository.organization.map(|_| OrganizationAllowed {
                member_view: belongs || all || reader,
                admin_view: administers || all || reader,
                admin: (administers || all) && !reader,
            }),
        }
    }
}

// The world, in the database.

thread_local! {
    static APP: App = App::new();
    static WORLDS: Cell<u32> = const { Cell::new(0) };
}

const NOW: Timestamp = Timestamp::from_micros(1_795_328_887_000_000);

/// A world in the database; its names contain its number, so that worlds can share a database.
struct Ground<'a> {
    world: &'a World,
    db: &'a dyn Database,
    number: u32,
}

impl Ground<'_> {
    fn user(&self, user: usize) -> String {
        format!("user{user}-{}", self.number)
    }

    fn organization(&self, organization: usize) -> String {
        format!("org{organization}-{}", self.number)
    }

    fn account(&self, organization: Option<usize>, account: Account) -> String {
        match account {
            Account::User(user) => self.user(user),
            Account::Robot(robot) => {
                format!("{}+robot{robot}", self.organization(organization.unwrap_or(0)))
            }
        }
    }

    fn namespace(&self, repository: &Repository) -> String {
        match repository.organization {
            Some(organization) => self.organization(organization),
            None => self.user(repository.creator),
        }
    }

    fn build(&self) -> Result<(), StoreError> {
        for user in 0..USERS {
            self.insert("user", &self.user(user), None)?;
        }
        for organization in 0..ORGANIZATIONS {
            let id = self.insert("organization", &self.organization(organization), None)?;
            for robot in 0..ROBOTS {
                let name = self.account(Some(organization), Account::Robot(robot));
                self.insert("robot", &name, Some(id))?;
            }
            for (number, team) in self.world.teams_of(organization).into_iter().enumerate() {
                self.build_team(id, number, team)?;
            }
        }
        for (position, rule) in self.world.rules.iter().enumerate() {
            self.build_rule(position, rule)?;
        }
        for (position, repository) in self.world.repositories.iter().enumerate() {
            self.build_repository(position, repository)?;
        }
        Ok(())
    }

    fn insert(&self, kind: &str, name: &str, namespace: Option<i64>) -> Result<i64, StoreError> {
        returned(self.db.execute(
            "INSERT INTO account (uuid, kind, name, email, namespace_id, created_at)
            VALUES (?1, ?2, ?1, ?1, ?3, 0) RETURNING id",
            params![name, kind, namespace],
        )?)
    }

    fn build_team(&self, organization: i64, number: usize, team: &Team) -> Result<(), StoreError> {
        let id: i64 = returned(self.db.execute(
            "INSERT INTO team (organization_id, name, role) VALUES (?1, ?2, ?3) RETURNING id",
            params![organization, format!("team{number}"), team.role],
        )?)?;
        for member in &team.members {
            self.db.execute(
                "INSERT INTO team_member (team_id, organization_id, account_id, account_kind)
                SELECT ?1, ?2, id, kind FROM account WHERE name = ?3",
                params![id, organization, self.account(Some(team.organization), *member)],
            )?;
        }
        Ok(())
    }

    fn build_rule(&self, position: usize, rule: &Rule) -> Result<(), StoreError> {
        let name = self.organization(rule.organization);
        let grant = self.grant::<OrganizationAdmin>(&name, None);
        let id = grant.organization().id;
        let find = |account: Account| -> Result<grantees::Account, StoreError> {
            let account = self.account(Some(rule.organization), account);
            let found = grantees::accounts(self.db, id, [Some(&account), None])?;
            Ok(found.into_iter().next().expect("the account is there"))
        };
        let creator = rule.creator.map(|user| find(Account::User(user))).transpose()?;
        let delegate = match rule.given {
            Given::To(account) => Delegate::Account(find(account)?),
            team => {
                let name = self.team_name(rule.organization, team);
                let id = grantees::team(self.db, id, &name)?.expect("the team is there");
                Delegate::Team { id, name }
            }
        };
        let uuid = format!("{name}-rule{position}");
        let rule = DefaultPermission { uuid, creator, delegate, role: rule.role };
        transaction(self.db, |tx| default_permissions::create(tx, &grant, &rule))
    }

    fn team_name(&self, organization: usize, given: Given) -> String {
        match self.world.normal(organization, given) {
            Given::Team(number) => format!("team{number}"),
            Given::To(account) => unreachable!("{account:?} is no team"),
        }
    }

    fn build_repository(&self, position: usize, repository: &Repository) -> Result<(), StoreError> {
        let (namespace, name) = (self.namespace(repository), format!("repo{position}"));
        let grant = self.grant::<RepositoryCreate>(&namespace, Some(&name));
        let new = NewRepository {
            name: &RepositoryName::try_from(name.as_str()).expect("a valid name"),
            description: "",
            is_public: repository.is_public,
            status_token: "",
            creator_id: self.id(&self.user(repository.creator))?,
            at: NOW,
        };
        transaction(self.db, |tx| repositories::create(tx, &grant, &new))?;
        let grant = self.grant::<RepositoryAdmin>(&namespace, Some(&name));
        let permissions = repository.permissions.iter();
        for (given, role) in permissions.filter(|(given, _)| self.world.fits(repository, *given)) {
            let set = match (given, repository.organization) {
                (Given::To(account), organization) => {
                    let id = self.id(&self.account(organization, *account))?;
                    transaction(self.db, |tx| permissions::set_account(tx, &grant, id, *role))?
                }
                (team, organization) => {
                    let team = self.team_name(organization.unwrap_or(0), *team);
                    transaction(self.db, |tx| permissions::set_team(tx, &grant, &team, *role))?
                }
            };
            assert!(set, "{given:?}");
        }
        Ok(())
    }

    fn id(&self, name: &str) -> Result<i64, StoreError> {
        returned(self.db.execute("SELECT id FROM account WHERE name = ?1", params![name])?)
    }

    /// A grant for a caller who may do everything.
    fn grant<P: Permit>(&self, namespace: &str, repository: Option<&str>) -> Grant<P> {
        let credential = self.session(&self.user(0)).expect("the user is there");
        let (row, facts) = self.load(&credential, P::Target::KIND, namespace, repository);
        let powers =
            SuperuserPowers { superuser: true, full_access: true, ..SuperuserPowers::default() };
        let principal = principal(row, powers, false);
        authorize::<P>(&principal, facts).expect("who has full access may")
    }

    fn load(
        &self,
        credential: &Credential,
        kind: TargetKind,
        namespace: &str,
        repository: Option<&str>,
    ) -> (CallerRow, Facts) {
        let address = Address {
            namespace: Some(namespace.to_owned()),
            repository: repository.map(str::to_owned),
            ..Address::default()
        };
        let loaded = access::load(self.db, credential, kind, &address, &[], NOW);
        let loaded = loaded.expect("the database answers");
        (loaded.caller.expect("the credential is good"), loaded.facts)
    }

    /// A session that begins.
    fn session(&self, user: &str) -> Result<Credential, StoreError> {
        Ok(Credential::Session(returned(self.db.execute(
            "INSERT INTO session (token_hash, account_id, epoch, signed_in_at, expires_at)
            SELECT randomblob(32), id, 0, 0, ?2 FROM account WHERE name = ?1 RETURNING token_hash",
            params![user, NOW.plus_seconds(60)],
        )?)?))
    }

    /// The credential of a call; a token is stored.
    fn credential(&self, call: &Call) -> Result<Credential, StoreError> {
        let name = self.user(call.user);
        let Some(scopes) = &call.scopes else { return self.session(&name) };
        let scopes: Vec<&str> = scopes.iter().map(|scope| scope.as_str()).collect();
        self.db.execute(
            "INSERT OR IGNORE INTO oauth_application (client_id, namespace_id, name, created_at)
            SELECT ?1, id, 'tokens', 0 FROM account WHERE name = ?1",
            params![&name],
        )?;
        Ok(Credential::Token(returned(self.db.execute(
            "INSERT INTO access_token (uuid, token_hash, application_id, account_id, scope,
                created_at, expires_at)
            SELECT lower(hex(randomblob(16))), randomblob(32), id, namespace_id, ?2, 0, ?3
            FROM oauth_application WHERE client_id = ?1 RETURNING token_hash",
            params![&name, scopes.join(" "), NOW.plus_seconds(60)],
        )?)?))
    }

    /// The verdict of store and policy.
    fn found(&self, call: &Call, position: usize, repository: &Repository) -> Allowed {
        let credential = self.credential(call).expect("a token can be made");
        let (namespace, name) = (self.namespace(repository), format!("repo{position}"));
        let load = |kind, name| self.load(&credential, kind, &namespace, name);
        let here = load(TargetKind::Repository, Some(name.as_str()));
        let new = load(TargetKind::Repository, Some("new"));
        let organization = || load(TargetKind::Namespace, None);
        Allowed {
            view: may::<RepositoryView>(call, &here),
            write: may::<RepositoryWrite>(call, &here),
            admin_view: may::<RepositoryAdminView>(call, &here),
            admin: may::<RepositoryAdmin>(call, &here),
            create: may::<RepositoryCreate>(call, &new),
            organization: repository.organization.map(|_| organization()).map(|loaded| {
                OrganizationAllowed {
                    member_view: may::<OrganizationMemberView>(call, &loaded),
                    admin_view: may::<OrganizationAdminView>(call, &loaded),
                    admin: may::<OrganizationAdmin>(call, &loaded),
                }
            }),
        }
    }

    /// The roles that the store finds for every account by itself and by its teams, sorted.
    fn transitive(
        &self,
        position: usize,
        repository: &Repository,
    ) -> Vec<(Account, Vec<RepositoryRole>)> {
        let (namespace, name) = (self.namespace(repository), format!("repo{position}"));
        let grant = self.grant::<RepositoryAdminView>(&namespace, Some(&name));
        let roles = |account| {
            let account = self.account(repository.organization, account);
            let found = permissions::transitive(self.db, &grant, &account);
            let mut found = found.expect("the database answers");
            found.sort();
            found
        };
        repository.accounts().map(|account| (account, roles(account))).collect()
    }

    /// Takes the world away: organizations and users go with all that is theirs.
    fn destroy(&self) -> Result<(), StoreError> {
        let organizations = (0..ORGANIZATIONS).map(|organization| self.organization(organization));
        for name in organizations.chain((0..USERS).map(|user| self.user(user))) {
            self.db.execute("DELETE FROM account WHERE name = ?1", params![name])?;
        }
        Ok(())
    }
}

fn may<P: Permit>(call: &Call, (row, facts): &(CallerRow, Facts)) -> bool {
    let principal = principal(row.clone(), call.powers, call.restricted);
    authorize::<P>(&principal, facts.clone()).is_ok()
}

/// The caller, with the authority of the token that was found, or else of a session.
fn principal(row: CallerRow, powers: SuperuserPowers, restricted: bool) -> Principal {
    let authority = match row.token {
        Some(token) => Authority::Token(Token {
            id: token.id,
            scopes: ScopeSet::parse(&token.scope).ok(),
            client_id: token.client_id,
            application: token.application,
        }),
        None => Authority::Session { signed_in_at: NOW },
    };
    Principal::User(Arc::new(Caller {
        id: row.id,
        uuid: row.uuid,
        name: row.name,
        email: row.email,
        verified: row.verified,
        authority,
        powers,
        restricted,
    }))
}

// Worlds at random.

fn accounts() -> impl Strategy<Value = Account> {
    prop_oneof![3 => (0..USERS).prop_map(Account::User), 1 => (0..ROBOTS).prop_map(Account::Robot)]
}

fn given() -> impl Strategy<Value = Given> {
    prop_oneof![accounts().prop_map(Given::To), (0..4_usize).prop_map(Given::Team)]
}

fn roles() -> impl Strategy<Value = RepositoryRole> {
    proptest::sample::select(RepositoryRole::ALL)
}

prop_compose! {
    /// A team with role admin and a person in it, which every organization has.
    fn owners(organization: usize)(owner in 0..USERS) -> Team {
        let members = BTreeSet::from([Account::User(owner)]);
        Team { organization, role: TeamRole::Admin, members }
    }
}

prop_compose! {
    fn team()(
        organization in 0..ORGANIZATIONS,
        role in proptest::sample::select(TeamRole::ALL),
        members in proptest::collection::btree_set(accounts(), 0..4),
    ) -> Team {
        Team { organization, role, members }
    }
}

prop_compose! {
    fn rule()(
        organization in 0..ORGANIZATIONS,
        creator in proptest::option::of(0..USERS),
        given in given(),
        role in roles(),
    ) -> Rule {
        Rule { organization, creator, given, role }
    }
}

prop_compose! {
    fn repository()(
        organization in proptest::option::weighted(0.85, 0..ORGANIZATIONS),
        creator in 0..USERS,
        is_public in proptest::bool::weighted(0.2),
        permissions in proptest::collection::vec((given(), roles()), 0..4),
    ) -> Repository {
        Repository { organization, creator, is_public, permissions }
    }
}

prop_compose! {
    fn call()(
        user in 0..USERS,
        scopes in proptest::option::weighted(
            0.7,
            proptest::sample::subsequence(Scope::ALL.to_vec(), 1..4),
        ),
        superuser in proptest::bool::weighted(0.2),
        full_access in any::<bool>(),
        global_reader in proptest::bool::weighted(0.1),
        restricted in proptest::bool::weighted(0.2),
    ) -> Call {
        let powers =
            SuperuserPowers { superuser, full_access, global_reader, ..SuperuserPowers::default() };
        Call { user, scopes, powers, restricted }
    }
}

prop_compose! {
    fn worlds()(
        owners in (owners(0), owners(1)),
        teams in proptest::collection::vec(team(), 0..5),
        rules in proptest::collection::vec(rule(), 0..5),
        repositories in proptest::collection::vec(repository(), 1..4),
        calls in proptest::collection::vec(call(), 1..4),
    ) -> World {
        let teams = [owners.0, owners.1].into_iter().chain(teams).collect();
        World { teams, rules, repositories, calls }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2_048,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn is_what_the_model_says(world in worlds()) {
        APP.with(|app| {
            let number = WORLDS.replace(WORLDS.get() + 1);
            let ground = Ground { world: &world, db: app.database(), number };
            ground.build().expect("the world can be made");
            for (position, repository) in world.repositories.iter().enumerate() {
                for call in &world.calls {
                    let found = ground.found(call, position, repository);
                    let expected = world.expected(call, repository);
                    prop_assert_eq!(found, expected, "{:?} on repository {}", call, position);
                }
                let roles = |account| {
                    let mut roles = world.roles_of(repository, account);
                    roles.sort();
                    roles
                };
                let expected: Vec<_> =
                    repository.accounts().map(|account| (account, roles(account))).collect();
                prop_assert_eq!(ground.transitive(position, repository), expected);
            }
            ground.destroy().expect("the world can go");
            let left = app.rows("SELECT count(*) FROM repository_permission")[0][0].clone();
            prop_assert_eq!(left, "0", "something of the world is left");
            Ok(())
        })?;
    }
}
