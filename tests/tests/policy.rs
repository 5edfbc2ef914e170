//! The permitted callers, as a table: `tests/policy/matrix.txt`, to be read as a diff.
//!
//! Every kind of caller with a session and with each single scope, against every permission that there is. When the policy
//! changes on purpose, `cargo xtask accept` writes the table anew.

use std::sync::Arc;

use berth_access::{
    AppToken, Authority, Caller, Denied, Facts, PERMITS, Principal, RepositoryAccess, Scope,
    ScopeSet, SuperuserPowers, Token, TokenHolder, Verdict,
};
use berth_domain::{
    Application, Namespace, NamespaceKind, Repository, RepositoryRole, Team, TeamRole, Timestamp,
};

const CALLER: i64 = 1;
const SOMEBODY_ELSE: i64 = 2;

/// A kind of caller, by what the database says of them.
struct Role {
    name: &'static str,
    known: bool,
    team_role: Option<TeamRole>,
    repository_role: Option<RepositoryRole>,
    namespace: (i64, NamespaceKind),
    names_organization: bool,
    concord_owner: bool,
    anybody_creates: bool,
    restricted: bool,
    in_proxy_cache: bool,
    is_full: bool,
    powers: SuperuserPowers,
}

const NOBODY: Role = Role {
    name: "anonymous",
    known: false,
    team_role: None,
    repository_role: None,
    namespace: (SOMEBODY_ELSE, NamespaceKind::Organization),
    names_organization: false,
    concord_owner: false,
    anybody_creates: false,
    restricted: false,
    in_proxy_cache: false,
    is_full: false,
    powers: SuperuserPowers {
        superuser: false,
        full_access: false,
        alone_create_organizations: false,
        global_reader: false,
    },
};

fn roles() -> Vec<Role> {
    [everyday_roles(), proxy_cache_roles(), full_roles(), superuser_roles(), concord_roles()]
        .into_iter()
        .flatten()
        .collect()
}

fn outsider(name: &'static str) -> Role {
    Role { name, known: true, ..NOBODY }
}

fn everyday_roles() -> Vec<Role> {
    let write = Some(RepositoryRole::Write);
    vec![
        NOBODY,
        outsider("outsider"),
        Role { repository_role: write, ..outsider("collaborator") },
        Role { team_role: Some(TeamRole::Member), ..outsider("member") },
        Role { team_role: Some(TeamRole::Creator), ..outsider("creator") },
        Role { team_role: Some(TeamRole::Admin), ..outsider("admin") },
        Role { namespace: (CALLER, NamespaceKind::User), ..outsider("own namespace") },
        Role {
            namespace: (CALLER, NamespaceKind::User),
            restricted: true,
            ..outsider("own, restricted")
        },
        Role {
            namespace: (CALLER, NamespaceKind::User),
            names_organization: true,
            ..outsider("own, in a path")
        },
    ]
}

/// People at an organization that caches an upstream registry.
fn proxy_cache_roles() -> Vec<Role> {
    let of = |role| Role { in_proxy_cache: true, ..role };
    vec![
        of(Role { team_role: Some(TeamRole::Member), ..outsider("member, proxy cache") }),
        of(Role { team_role: Some(TeamRole::Admin), ..outsider("admin, proxy cache") }),
        of(outsider("outsider, proxy cache")),
    ]
}

/// People at a namespace that holds more than its quota lets it.
fn full_roles() -> Vec<Role> {
    let of = |role| Role { is_full: true, ..role };
    vec![
        of(Role { repository_role: Some(RepositoryRole::Write), ..outsider("collaborator, full") }),
        of(Role { team_role: Some(TeamRole::Creator), ..outsider("creator, full") }),
        of(Role { team_role: Some(TeamRole::Admin), ..outsider("admin, full") }),
    ]
}

const SUPERUSER: SuperuserPowers = SuperuserPowers { superuser: true, ..NOBODY.powers };
const READER: SuperuserPowers = SuperuserPowers { global_reader: true, ..NOBODY.powers };

fn superuser_roles() -> Vec<Role> {
    let full_access = SuperuserPowers { full_access: true, ..SUPERUSER };
    let everything = SuperuserPowers { global_reader: true, ..full_access };
    let admin = Some(TeamRole::Admin);
    let users = (SOMEBODY_ELSE, NamespaceKind::User);
    vec![
        Role { powers: SUPERUSER, ..outsider("superuser") },
        Role { powers: SUPERUSER, namespace: users, ..outsider("superuser at a user") },
        Role { powers: full_access, ..outsider("full access") },
        Role { powers: READER, ..outsider("global reader") },
        Role { powers: READER, namespace: users, ..outsider("global reader at a user") },
        Role { powers: everything, team_role: admin, ..outsider("admin and global reader") },
    ]
}

/// Owners of an organization in the sense of Concord's API, and people who create one where not only administrators do.
fn concord_roles() -> Vec<Role> {
    let alone = SuperuserPowers { alone_create_organizations: true, ..NOBODY.powers };
    let creating = |name| Role { anybody_creates: true, ..outsider(name) };
    vec![
        Role { concord_owner: true, ..outsider("Concord's owner") },
        Role { concord_owner: true, powers: READER, ..outsider("owner, global reader") },
        creating("anybody creates"),
        Role { restricted: true, ..creating("anybody, restricted") },
        Role { powers: alone, ..creating("superusers alone") },
        Role {
            powers: SuperuserPowers { superuser: true, ..alone },
            ..creating("alone, superuser")
        },
        Role { powers: READER, ..creating("creates, global reader") },
    ]
}

impl Role {
    fn principal(&self, authority: Authority) -> Principal {
        if !self.known {
            return Principal::Anonymous;
        }
        Principal::User(Arc::new(Caller {
            id: CALLER,
            uuid: "00000000-0000-4000-8000-000000000001".into(),
            name: "caller".into(),
            email: "caller@example.com".into(),
            verified: true,
            authority,
            powers: self.powers,
            restricted: self.restricted,
        }))
    }

    fn facts(&self) -> Facts {
        Facts {
            namespace: Some(self.namespace()),
            names_organization: self.names_organization,
            team_role: self.team_role,
            team: Some(Team {
                id: 3,
                name: "team".into(),
                description: String::new(),
                role: self.team_role.unwrap_or(TeamRole::Member),
            }),
            caller_in_team: self.team_role.is_some(),
            caller_admin_elsewhere: false,
            caller_is_owner: self.concord_owner,
            anybody_creates: self.anybody_creates,
            repository: Some(Repository {
                id: 4,
                name: "repository".into(),
                description: String::new(),
                is_public: false,
            }),
            repository_role: self.repository_role,
            is_proxy_cache: self.in_proxy_cache,
            is_full: self.is_full,
            registry_name: Some("namespace/repository".into()),
            application: Some(Application {
                id: 6,
                client_id: "client".into(),
                name: "app".into(),
                description: String::new(),
                application_uri: String::new(),
                redirect_uri: String::new(),
                avatar_email: None,
                sealed_secret: None,
            }),
            granted_scopes: Vec::new(),
        }
    }

    fn namespace(&self) -> Namespace {
        let (id, kind) = self.namespace;
        Namespace {
            id,
            uuid: "00000000-0000-4000-8000-000000000002".into(),
            kind,
            name: "namespace".into(),
            email: "namespace@example.com".into(),
            invoice_email: false,
            invoice_email_address: None,
            tag_expiration_s: 0,
            stored_bytes: 0,
            quota: None,
        }
    }
}

fn token(scopes: &[Scope]) -> Authority {
    let scopes = Some(ScopeSet::of(scopes));
    Authority::Token(Token { id: 5, scopes, client_id: "client".into(), application: "app".into() })
}

fn authorities() -> Vec<(String, Authority)> {
    let session = Authority::Session { signed_in_at: Timestamp::from_micros(0) };
    let mut all = vec![("session".to_owned(), session)];
    for &scope in Scope::ALL {
        all.push((scope.as_str().to_owned(), token(&[scope])));
    }
    all.push(("app token".into(), Authority::AppToken(AppToken { id: 7, title: "cli".into() })));
    all.push(("robot".into(), Authority::Robot { owner_id: SOMEBODY_ELSE }));
    all.push(("user:admin + org:admin".into(), token(&[Scope::UserAdmin, Scope::OrgAdmin])));
    all.push((
        "unreadable scope".into(),
        match token(&[]) {
            Authority::Token(token) => Authority::Token(Token { scopes: None, ..token }),
            session => session,
        },
    ));
    all
}

fn letter(verdict: Verdict, principal: &Principal, facts: Facts) -> char {
    match verdict(principal, facts) {
        Ok(()) => 'Y',
        Err(Denied::Unauthenticated) => '?',
        Err(Denied::Unauthorized) => '.',
        Err(Denied::Forbidden) => 'x',
        Err(Denied::SuperusersOnly) => 's',
        Err(Denied::NotFound) => '0',
    }
}

const LEGEND: &str = "Who may do what. Y: may; .: 403; ?: 401; x: 403 of another form; s: 403 once the body makes sense; 0: may, but what \
    is addressed is of another kind (a user for an organization, or an organization for a user).\n\n";

fn matrix() -> String {
    let mut text = LEGEND.to_owned();
    for (position, (name, _)) in PERMITS.iter().enumerate() {
        text += &format!("{:<48}{}{name}\n", "", "| ".repeat(position));
    }
    for role in roles() {
        let authorities = authorities();
        let count = if role.known { authorities.len() } else { 1 };
        for (authority_name, authority) in authorities.into_iter().take(count) {
            let authority_name = if role.known { authority_name.as_str() } else { "nothing" };
            let principal = role.principal(authority);
            let cells =
                PERMITS.iter().map(|(_, verdict)| letter(*verdict, &principal, role.facts()));
            let cells: Vec<String> = cells.map(String::from).collect();
            text += &format!("{:<24}{authority_name:<24}{}\n", role.name, cells.join(" "));
        }
    }
    text
}

#[test]
fn the_policy_is_the_matrix() {
    let path = berth_tests::repository_root().join("tests/policy/matrix.txt");
    let now = matrix();
    if berth_tests::accepts() {
        std::fs::write(&path, &now).expect("the repository can be written to");
    }
    let reviewed = std::fs::read_to_string(&path).expect("the matrix is checked in");
    for (reviewed, now) in reviewed.lines().zip(now.lines()) {
        assert_eq!(reviewed, now, "the policy changed; if on purpose: `cargo xtask accept`");
    }
    assert_eq!(reviewed.lines().count(), now.lines().count());
}

/// A token never allows what a session of the same person does not.
#[test]
fn a_token_caps_and_never_adds() {
    for role in roles() {
        let session = Authority::Session { signed_in_at: Timestamp::from_micros(0) };
        for (name, verdict) in PERMITS {
            let by_session = verdict(&role.principal(session.clone()), role.facts());
            for &scope in Scope::ALL {
                let by_token = verdict(&role.principal(token(&[scope])), role.facts());
                let adds = by_token.is_ok() && by_session.is_err();
                assert!(!adds, "{} of {} by {}", name, role.name, scope.as_str());
            }
        }
    }
}

/// A token for a registry allows what it says, and nothing that its account may do: whatever else is asked, it counts as nobody.
#[test]
fn a_token_for_a_registry_gives_no_other_right() {
    let holder = |pull, push| {
        let access = RepositoryAccess { repository: "namespace/repository".into(), pull, push };
        Principal::TokenHolder(Arc::new(TokenHolder {
            name: "caller".into(),
            is_of_nobody: false,
            account_id: Some(CALLER),
            access: vec![access],
            lists_repositories: true,
        }))
    };
    let facts = superuser_roles().pop().expect("a role").facts();
    let granted = |principal: &Principal| {
        let granted = PERMITS.iter().filter(|(_, may)| may(principal, facts.clone()).is_ok());
        granted.map(|(name, _)| *name).collect::<Vec<_>>()
    };
    let nobody = granted(&Principal::Anonymous);
    let beyond = |pull, push| {
        let mut granted = granted(&holder(pull, push));
        assert!(nobody.iter().all(|name| granted.contains(name)));
        granted.retain(|name| !nobody.contains(name));
        granted
    };
    let any = ["RegistryTokenHolder", "RegistryCatalog"];
    assert_eq!(beyond(false, false), any);
    assert_eq!(beyond(true, false), [&any[..], &["RegistryRead", "RegistryCachedCreate"]].concat());
    assert_eq!(beyond(false, true), [&any[..], &["RegistryWrite"]].concat());
    let elsewhere = Facts { registry_name: Some("namespace/other".into()), ..facts.clone() };
    let may = |name| PERMITS.iter().find(|(known, _)| *known == name).expect("a permit").1;
    for name in ["RegistryRead", "RegistryWrite"] {
        assert!(may(name)(&holder(true, true), elsewhere.clone()).is_err(), "{name}");
    }
}
