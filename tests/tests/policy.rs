//! Who may do what, as a table: `tests/policy/matrix.txt`, to be read as a diff.
//!
//! Every kind of caller with a session and with each single scope, against every permission. When the policy changes on
//! purpose, `UPDATE_MATRIX=1` writes the table anew.

use berth_access as access;
use berth_access::{
    Authority, Caller, Denied, Facts, Principal, Scope, ScopeSet, SuperuserPowers, Token, authorize,
};
use berth_domain::{
    Namespace, NamespaceKind, Repository, RepositoryRole, Team, TeamRole, Timestamp,
};

const CALLER: i64 = 1;

/// A kind of caller, by what the database says of him.
struct Role {
    name: &'static str,
    known: bool,
    team_role: Option<TeamRole>,
    repository_role: Option<RepositoryRole>,
    own_namespace: bool,
    powers: SuperuserPowers,
}

const NOBODY: Role = Role {
    name: "anonymous",
    known: false,
    team_role: None,
    repository_role: None,
    own_namespace: false,
    powers: SuperuserPowers {
        superuser: false,
        full_access: false,
        alone_create_organizations: false,
        global_reader: false,
    },
};

fn roles() -> Vec<Role> {
    let outsider = || Role { name: "outsider", known: true, ..NOBODY };
    let superuser = SuperuserPowers { superuser: true, ..SuperuserPowers::default() };
    vec![
        NOBODY,
        outsider(),
        Role { name: "collaborator", repository_role: Some(RepositoryRole::Write), ..outsider() },
        Role { name: "member", team_role: Some(TeamRole::Member), ..outsider() },
        Role { name: "creator", team_role: Some(TeamRole::Creator), ..outsider() },
        Role { name: "admin", team_role: Some(TeamRole::Admin), ..outsider() },
        Role { name: "own namespace", own_namespace: true, ..outsider() },
        Role { name: "superuser", powers: superuser, ..outsider() },
        Role {
            name: "full access",
            powers: SuperuserPowers { full_access: true, ..superuser },
            ..outsider()
        },
        Role {
            name: "global reader",
            powers: SuperuserPowers { global_reader: true, ..SuperuserPowers::default() },
            ..outsider()
        },
        Role {
            name: "admin and global reader",
            team_role: Some(TeamRole::Admin),
            powers: SuperuserPowers { global_reader: true, full_access: true, ..superuser },
            ..outsider()
        },
    ]
}

impl Role {
    fn principal(&self, authority: Authority) -> Principal {
        if !self.known {
            return Principal::Anonymous;
        }
        Principal::User(Box::new(Caller {
            id: CALLER,
            uuid: "00000000-0000-4000-8000-000000000001".into(),
            name: "caller".into(),
            email: "caller@example.com".into(),
            verified: true,
            authority,
            powers: self.powers,
            restricted: false,
        }))
    }

    fn facts(&self) -> Facts {
        Facts {
            namespace: Some(self.namespace()),
            team_role: self.team_role,
            team: Some(Team {
                id: 3,
                name: "team".into(),
                description: String::new(),
                role: self.team_role.unwrap_or(TeamRole::Member),
            }),
            caller_in_team: self.team_role.is_some(),
            caller_admin_elsewhere: false,
            repository: Some(Repository {
                id: 4,
                name: "repository".into(),
                description: String::new(),
                is_public: false,
            }),
            repository_role: self.repository_role,
            ..Facts::default()
        }
    }

    fn namespace(&self) -> Namespace {
        let (id, kind) = match self.own_namespace {
            true => (CALLER, NamespaceKind::User),
            false => (2, NamespaceKind::Organization),
        };
        Namespace {
            id,
            uuid: "00000000-0000-4000-8000-000000000002".into(),
            kind,
            name: "namespace".into(),
            email: "namespace@example.com".into(),
            invoice_email: false,
            invoice_email_address: None,
            tag_expiration_s: 0,
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
    for scope in Scope::ALL {
        all.push((scope.as_str().to_owned(), token(&[scope])));
    }
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

type Test = fn(&Principal, Facts) -> char;

macro_rules! permissions {
    ($($marker:ident),+ $(,)?) => {
        &[$((stringify!($marker), |principal, facts| {
            match authorize::<access::$marker>(principal, facts) {
                Ok(_) => 'Y',
                Err(Denied::Unauthenticated) => '?',
                Err(Denied::Unauthorized | Denied::SuperusersOnly) => '.',
                Err(Denied::Forbidden) => 'x',
                Err(Denied::NotFound) => '0',
            }
        })),+]
    };
}

const PERMISSIONS: &[(&str, Test)] = permissions![
    Public,
    Authenticated,
    UserView,
    UserAdmin,
    CreateOrganization,
    ConcordCreate,
    ConcordUpdate,
    ConcordDelete,
    OrganizationView,
    OrganizationMemberView,
    OrganizationAdminView,
    OrganizationAdmin,
    OrganizationRepositoryCreate,
    NamespaceMemberView,
    NamespaceAdminView,
    NamespaceAdmin,
    NamespaceQuotaAdmin,
    SuperuserNamespaceView,
    SuperuserNamespace,
    OwnNamespaceView,
    OwnNamespaceAdmin,
    RobotPermissionsView,
    TeamView,
    TeamAdminView,
    TeamAdmin,
    RepositoryCreate,
    RepositoryStar,
    RepositoryView,
    RepositoryWrite,
    RepositoryAdminView,
    RepositoryAdmin,
    SuperuserView,
    Superuser,
];

fn matrix() -> String {
    let mut text = String::from(
        "Who may do what. Y: may; .: 403; ?: 401; x: 403 of another form; 0: may, but a user's namespace is no organization.\n\n",
    );
    for (position, (name, _)) in PERMISSIONS.iter().enumerate() {
        text += &format!("{:<48}{}{name}\n", "", "| ".repeat(position));
    }
    for role in roles() {
        let authorities = authorities();
        let count = if role.known { authorities.len() } else { 1 };
        for (authority_name, authority) in authorities.into_iter().take(count) {
            let authority_name = if role.known { authority_name.as_str() } else { "nothing" };
            let principal = role.principal(authority);
            let cells =
                PERMISSIONS.iter().map(|(_, test)| test(&principal, role.facts()).to_string());
            let cells: Vec<String> = cells.collect();
            text += &format!("{:<24}{authority_name:<24}{}\n", role.name, cells.join(" "));
        }
    }
    text
}

#[test]
fn the_policy_is_the_matrix() {
    let path = berth_tests::repository_root().join("tests/policy/matrix.txt");
    let now = matrix();
    if std::env::var_os("UPDATE_MATRIX").is_some() {
        std::fs::write(&path, &now).expect("the repository can be written to");
    }
    let reviewed = std::fs::read_to_string(&path).expect("the matrix is checked in");
    for (reviewed, now) in reviewed.lines().zip(now.lines()) {
        assert_eq!(reviewed, now, "the policy changed; UPDATE_MATRIX=1 writes the table anew");
    }
    assert_eq!(reviewed.lines().count(), now.lines().count());
}

/// A token never allows what a session of the same person does not.
#[test]
fn a_token_caps_and_never_adds() {
    for role in roles() {
        let session = Authority::Session { signed_in_at: Timestamp::from_micros(0) };
        for (name, test) in PERMISSIONS {
            let by_session = test(&role.principal(session.clone()), role.facts());
            for scope in Scope::ALL {
                let by_token = test(&role.principal(token(&[scope])), role.facts());
                let adds = by_token == 'Y' && by_session != 'Y';
                assert!(!adds, "{} of {} by {}", name, role.name, scope.as_str());
            }
        }
    }
}
