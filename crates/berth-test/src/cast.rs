//! Who is tried at every operation: the roles of the policy, and an administrator's token with each single scope.

use berth_access::Scope;
use berth_web::Method;
use serde_json::Value;

use crate::app::{App, As};

impl App {
    /// The organization `acme` and who stands where in it: `admin` (its owner), `creator`, `member`, `outsider`; and
    /// `superuser`, who has full access, and `reader`, who reads everything.
    #[must_use]
    pub fn with_cast(self) -> Self {
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

    /// The statuses of requests, each made by nobody, by everybody of [`Self::with_cast`] with a token of all scopes, by
    /// `admin` with each single scope, and by `superuser` and `reader` with the scopes that decide about them. A request
    /// of a change should fail after the permission was asked, so that one caller does not meet what another has done.
    #[must_use]
    pub fn matrix(&self, requests: &[(Method, &str, Value)]) -> String {
        let callers = self.callers();
        requests.iter().map(|request| line(request, &callers)).collect()
    }

    fn callers(&self) -> Vec<(String, As<'_>)> {
        let mut callers = vec![("anonymous".to_owned(), self.anonymous())];
        for name in ["outsider", "member", "creator", "admin", "superuser", "reader"] {
            callers.push((name.to_owned(), self.as_user(name)));
        }
        let single = Scope::ALL.map(|scope| ("admin", scope));
        let deciding = [
            ("superuser", Scope::SuperUser),
            ("superuser", Scope::OrgAdmin),
            ("superuser", Scope::UserAdmin),
            ("reader", Scope::RepoRead),
        ];
        for (name, scope) in single.into_iter().chain(deciding) {
            let scope = scope.as_str();
            callers.push((format!("{name}[{scope}]"), self.with_scope(name, scope)));
        }
        callers
    }
}

/// A request, and its callers by the status that they get.
fn line((method, path, body): &(Method, &str, Value), callers: &[(String, As<'_>)]) -> String {
    let mut by_status = std::collections::BTreeMap::<u16, Vec<&str>>::new();
    for (name, caller) in callers {
        let reply = match body {
            Value::Null => caller.send(*method, path, None, Vec::new()),
            body => {
                let body = body.to_string().into_bytes();
                caller.send(*method, path, Some("application/json"), body)
            }
        };
        by_status.entry(reply.status()).or_default().push(name);
    }
    let lines = by_status.iter().map(|(status, names)| format!("  {status} {}\n", names.join(" ")));
    format!("{} {path}\n{}", method.as_str(), lines.collect::<String>())
}
