//! The callers that every operation is tried with: the roles of the policy, and an administrator's token with each
//! single scope.

use berth_access::Scope;
use berth_web::Method;
use serde_json::Value;

use crate::app::{ALL_SCOPES, App, As, Reply};

/// The people that [`App::with_roles`] adds.
const PEOPLE: [&str; 6] = ["outsider", "member", "creator", "admin", "superuser", "reader"];

/// A caller to try: a person with scopes, or nobody.
struct Tried {
    /// Its name in the statuses.
    label: String,
    person: Option<&'static str>,
    scope: &'static str,
}

impl App {
    /// The organization `acme` and people with a role in it: `admin` (its owner), `creator`, `member`, `outsider`; and
    /// `superuser`, who has full access, and `reader`, who reads everything.
    #[must_use]
    pub fn with_roles(self) -> Self {
        let app = ["admin", "creator", "member", "outsider", "superuser", "reader"]
            .into_iter()
            .fold(self, Self::with_user)
            .with_organization("acme", "admin")
            .with("super_users", "superuser")
            .with("feature_superusers_full_access", "true")
            .with("global_readonly_super_users", "reader");
        for role in ["creator", "member"] {
            app.execute(&format!(
                "INSERT INTO team (organization_id, name, role)
                SELECT id, '{role}s', '{role}' FROM account WHERE name = 'acme'"
            ));
            app.execute(&format!(
                "INSERT INTO team_member (team_id, organization_id, account_id, account_kind)
                SELECT team.id, organization_id, account.id, 'user' FROM team, account
                WHERE team.name = '{role}s' AND account.name = '{role}'"
            ));
        }
        app
    }

    /// The statuses of requests, as [`Self::statuses`], below method and path. Neighbours with the same statuses share them.
    #[must_use]
    pub fn matrix(&self, requests: &[(Method, &str, Value)]) -> String {
        let of_one = |(method, path, body): &(Method, &str, Value)| {
            let statuses = self.statuses(|caller| match body {
                Value::Null => caller.send(method.clone(), path, None, Vec::new()),
                body => {
                    let body = body.to_string().into_bytes();
                    caller.send(method.clone(), path, Some("application/json"), body)
                }
            });
            (format!("{} {path}\n", method.as_str()), statuses)
        };
        let rows: Vec<(String, String)> = requests.iter().map(of_one).collect();
        let alike = rows.chunk_by(|(_, statuses), (_, next)| statuses == next);
        let shown = alike.map(|rows| {
            let names: String = rows.iter().map(|(name, _)| name.as_str()).collect();
            names + &rows[0].1
        });
        shown.collect()
    }

    /// The statuses of a request, and which callers get them: an unknown one, everybody of [`Self::with_roles`] with a
    /// token of all scopes, `admin` with each single scope, `superuser` and `reader` with the scopes that decide about
    /// them. Each is tried on a copy of the application, so that no try sees the effect of another.
    #[must_use]
    pub fn statuses(&self, request: impl Fn(&As<'_>) -> Reply) -> String {
        self.statuses_of(request, |app, person, scope| match person {
            Some(name) => app.with_scope(name, scope),
            None => app.anonymous(),
        })
    }

    /// The same with browsers: callers with all scopes are signed in instead, and an unknown one has an anonymous
    /// session, which `GET /csrf_token` began.
    #[must_use]
    pub fn statuses_in_browsers(&self, request: impl Fn(&As<'_>) -> Reply) -> String {
        self.statuses_of(request, |app, person, scope| match person {
            Some(name) if scope == ALL_SCOPES => app.with_session(name),
            Some(name) => app.with_scope(name, scope),
            None => app.browser(),
        })
    }

    fn statuses_of(
        &self,
        request: impl Fn(&As<'_>) -> Reply,
        as_one: impl for<'a> Fn(&'a Self, Option<&str>, &str) -> As<'a>,
    ) -> String {
        let mut by_status = std::collections::BTreeMap::<u16, Vec<String>>::new();
        for Tried { label, person, scope } in tried() {
            let app = self.copy();
            let status = request(&as_one(&app, person, scope)).status();
            by_status.entry(status).or_default().push(label);
        }
        by_status
            .iter()
            .map(|(status, labels)| format!("  {status} {}\n", labels.join(" ")))
            .collect()
    }
}

fn tried() -> Vec<Tried> {
    let mut tried = vec![Tried { label: "anonymous".into(), person: None, scope: "" }];
    tried.extend(PEOPLE.map(|name| Tried {
        label: name.to_owned(),
        person: Some(name),
        scope: ALL_SCOPES,
    }));
    let single = Scope::ALL.iter().map(|scope| ("admin", *scope));
    let deciding = [
        ("superuser", Scope::SuperUser),
        ("superuser", Scope::OrgAdmin),
        ("superuser", Scope::UserAdmin),
        ("reader", Scope::RepoRead),
    ];
    tried.extend(single.into_iter().chain(deciding).map(|(name, scope)| Tried {
        label: format!("{name}[{}]", scope.as_str()),
        person: Some(name),
        scope: scope.as_str(),
    }));
    tried
}
