//! Two requests that change the same thing at once: one of them is stopped before each of its statements in turn while the
//! other runs to its end. Whatever the order, both changes are there afterwards, or one was refused; and the log says what
//! happened.

mod failing;
mod ground;
mod interleaved;

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;

use berth_test::{App, As, Reply};
use berth_web::Method;
use serde_json::{Value, json};

use ground::{BEYOND_EVERY_REQUEST, Ground, IN_THE_MIDDLE};

/// A change.
struct Edit {
    who: &'static str,
    method: Method,
    path: String,
    body: Value,
    /// One value, and what it is once the change is made.
    sql: String,
    value: &'static str,
    /// The log entry of the change alone.
    log: &'static str,
    /// Whether there is nothing to change afterwards.
    ends: bool,
}

impl Edit {
    fn new(
        who: &'static str,
        (method, path): (Method, impl Into<String>),
        body: Value,
        (sql, value): (impl Into<String>, &'static str),
        log: &'static str,
    ) -> Self {
        let (path, sql) = (path.into(), sql.into());
        Self { who, method, path, body, sql, value, log, ends: false }
    }

    /// A deletion, after which `table` has nothing where `condition` holds.
    fn end(
        who: &'static str,
        path: impl Into<String>,
        from_where: &str,
        log: &'static str,
    ) -> Self {
        let count = (format!("SELECT count(*) FROM {from_where}"), "0");
        Self { ends: true, ..Self::new(who, (Method::DELETE, path), Value::Null, count, log) }
    }

    fn send(&self, app: &App) -> Reply {
        let client: As<'_> = app.as_user(self.who);
        match &self.body {
            Value::Null => client.send(self.method.clone(), &self.path, None, Vec::new()),
            body => {
                let body = body.to_string().into_bytes();
                client.send(self.method.clone(), &self.path, Some("application/json"), body)
            }
        }
    }

    fn is_made(&self, app: &App) -> bool {
        app.rows(&self.sql).first().is_some_and(|row| row[0] == self.value)
    }

    /// The log entries about it.
    fn entries(&self, app: &App, skip: usize) -> Vec<usize> {
        let log = app.log();
        let lines = log.lines().enumerate().skip(skip);
        lines.filter(|(_, line)| line.contains(self.log)).map(|(position, _)| position).collect()
    }
}

impl Ground {
    /// Every pair, each way round, stopped before every statement.
    fn try_all(&self, edits: Vec<Edit>) {
        let edits: Vec<Rc<Edit>> = edits.into_iter().map(Rc::new).collect();
        for edit in &edits {
            assert!(!edit.is_made(&self.fixture.app), "{} changes nothing", edit.log);
        }
        for first in &edits {
            for second in edits.iter().filter(|second| !Rc::ptr_eq(first, second)) {
                for at in IN_THE_MIDDLE..BEYOND_EVERY_REQUEST {
                    if !self.try_one(first, second, at) {
                        break;
                    }
                }
            }
        }
    }

    /// `second` in the middle of `first`; whether `first` had so many statements.
    fn try_one(&self, first: &Edit, second: &Rc<Edit>, at: usize) -> bool {
        let path = self.copy();
        let stopped = self.fixture.app.over(&path);
        let skip = stopped.log().lines().count();
        let answer = Rc::new(RefCell::new(None));
        let (reply, interrupted) =
            stopped.interrupted(at, self.other(&path, second, &answer), |app| first.send(app));
        if !interrupted {
            return false;
        }
        let other = answer.take().expect("the other one was answered");
        let what = format!("{} at {at} of {}: {other}\n{reply}", second.log, first.log);
        let refused = |reply: &Reply| matches!(reply.status(), 400 | 404 | 409 | 503);
        assert!(reply.status() < 300 || refused(&reply), "{what}");
        assert!(other.status() < 300 || refused(&other), "{what}");
        let made = [(first, reply.status() < 300), (&**second, other.status() < 300)];
        let ended = made.iter().any(|(edit, made)| edit.ends && *made);
        assert!(made.iter().any(|(_, made)| *made), "both are refused: {what}");
        for (edit, made) in made {
            assert!(ended && !edit.ends || edit.is_made(&stopped) == made, "{}: {what}", edit.log);
            assert_eq!(edit.entries(&stopped, skip).len(), usize::from(made), "log: {what}");
        }
        if ended && made.iter().all(|(_, made)| *made) {
            let [change, end] = if first.ends { [&**second, first] } else { [first, &**second] };
            let order = [change, end].map(|edit| edit.entries(&stopped, skip)[0]);
            assert!(order[0] < order[1], "something was changed that was gone: {what}");
        }
        true
    }

    /// The answer to `second`, which is sent later.
    fn other(
        &self,
        path: &Path,
        second: &Rc<Edit>,
        answer: &Rc<RefCell<Option<Reply>>>,
    ) -> Rc<dyn Fn()> {
        let app = self.fixture.app.over(path);
        app.reseed(4711);
        let (second, answer) = (Rc::clone(second), Rc::clone(answer));
        Rc::new(move || *answer.borrow_mut() = Some(second.send(&app)))
    }
}

const ACME: &str = "/api/v1/organization/acme";

/// Code reading 6.2: of 60 pairs of changes of an organization 52 lost one, and both were answered 200.
#[test]
#[expect(clippy::too_many_lines, reason = "a table of changes")]
fn an_organization() {
    let ground = Ground::new();
    let id = ground.value("SELECT id FROM account WHERE name = 'acme'");
    let uuid = ground.value("SELECT uuid FROM account WHERE name = 'acme'");
    let column = |column: &str| format!("SELECT {column} FROM account WHERE id = {id}");
    let change = |body, name: &str, value, log| {
        Edit::new("admin", (Method::PUT, ACME), body, (column(name), value), log)
    };
    let concord = |body, name: &str, value, log| {
        Edit::new("superuser", (Method::POST, "/api/v1/org"), body, (column(name), value), log)
    };
    ground.try_all(vec![
        change(
            json!({ "email": "new@example.com" }),
            "email",
            "new@example.com",
            "org_change_email",
        ),
        change(json!({ "invoice_email": true }), "invoice_email", "1", r#""invoice_email":true"#),
        change(
            json!({ "invoice_email_address": "bills@example.com" }),
            "invoice_email_address",
            "bills@example.com",
            "bills@example.com",
        ),
        change(json!({ "tag_expiration_s": 86400 }), "tag_expiration_s", "86400", "tag_expiration"),
        concord(
            json!({ "id": uuid, "meta": { "a": 1 } }),
            "meta",
            r#"{"a":1}"#,
            "org_change_settings",
        ),
        Edit::new(
            "superuser",
            (Method::PUT, "/api/v1/superuser/organizations/acme"),
            json!({ "name": "acme-2" }),
            (column("name"), "acme-2"),
            "org_change_name",
        ),
        Edit::new(
            "admin",
            (Method::PUT, format!("{ACME}/robots/new")),
            json!({}),
            ("SELECT count(*) FROM account WHERE name IN ('acme+new', 'acme-2+new')", "1"),
            "create_robot ",
        ),
        Edit::new(
            "admin",
            (Method::PUT, format!("{ACME}/team/newest")),
            json!({ "role": "member" }),
            ("SELECT count(*) FROM team WHERE name = 'newest'", "1"),
            "org_create_team",
        ),
        Edit::new(
            "admin",
            (Method::POST, format!("{ACME}/applications")),
            json!({ "name": "newest" }),
            ("SELECT count(*) FROM oauth_application WHERE name = 'newest'", "1"),
            "create_application ",
        ),
        Edit::end("admin", ACME, &format!("account WHERE id = {id}"), "org_delete"),
    ]);
    // Of Concord's changes the log says only that there was one.
    ground.try_all(vec![
        concord(json!({ "id": uuid, "name": "acme-3" }), "name", "acme-3", r#""old_name":"acme""#),
        change(json!({ "tag_expiration_s": 86400 }), "tag_expiration_s", "86400", "tag_expiration"),
    ]);
}

#[test]
fn a_team() {
    let ground = Ground::new();
    let path = format!("{ACME}/team/members");
    let id = ground.value("SELECT id FROM team WHERE name = 'members'");
    let column = |column: &str| format!("SELECT {column} FROM team WHERE id = {id}");
    ground.try_all(vec![
        Edit::new(
            "admin",
            (Method::PUT, &*path),
            json!({ "role": "member", "description": "new" }),
            (column("description"), "new"),
            "org_set_team_description",
        ),
        Edit::new(
            "admin",
            (Method::PUT, &*path),
            json!({ "role": "creator" }),
            (column("role"), "creator"),
            "org_set_team_role",
        ),
        Edit::end("admin", &*path, &format!("team WHERE id = {id}"), "org_delete_team "),
    ]);
}

#[test]
fn a_proxy_cache() {
    let ground = Ground::new();
    let path = format!("{ACME}/proxycache");
    let change = |body, column: &str, value| {
        let sql = format!("SELECT {column} FROM proxy_cache_config");
        Edit::new(
            "admin",
            (Method::PUT, path.clone()),
            body,
            (sql, value),
            "change_proxy_cache_config",
        )
    };
    // The log says of each only that there was one.
    let edits = || {
        [
            change(json!({ "expiration_s": 5 }), "expiration_s", "5"),
            change(
                json!({ "insecure": true, "upstream_registry_password": "again" }),
                "insecure",
                "1",
            ),
            change(
                json!({ "upstream_registry": "quay.io/other" }),
                "upstream_registry",
                "quay.io/other",
            ),
            change(json!({ "upstream_registry_username": null }), "sealed_username IS NULL", "1"),
        ]
    };
    for first in edits() {
        for second in edits().into_iter().filter(|second| second.sql != first.sql) {
            let second = Rc::new(second);
            let mut at = IN_THE_MIDDLE;
            while ground.both_are_made(&first, &second, at) {
                at += 1;
            }
            assert!(at > 3, "the request has that many statements");
        }
    }
    for edit in edits() {
        let from = "proxy_cache_config";
        let end = Edit::end("admin", &*path, from, "delete_proxy_cache_config");
        ground.try_all(vec![edit, end]);
    }
}

impl Ground {
    /// As [`Self::try_one`], where the log cannot tell one change from the other.
    fn both_are_made(&self, first: &Edit, second: &Rc<Edit>, at: usize) -> bool {
        let path = self.copy();
        let stopped = self.fixture.app.over(&path);
        let answer = Rc::new(RefCell::new(None));
        let (reply, interrupted) =
            stopped.interrupted(at, self.other(&path, second, &answer), |app| first.send(app));
        if interrupted {
            let other = answer.take().expect("the other one was answered");
            for (edit, reply) in [(first, reply), (&**second, other)] {
                assert!(matches!(reply.status(), 200 | 503), "{reply}");
                assert_eq!(edit.is_made(&stopped), reply.status() == 200, "{} {at}", edit.sql);
            }
        }
        interrupted
    }
}

#[test]
fn a_quota() {
    let ground = Ground::new();
    let id = ground.value(
        "SELECT id FROM quota WHERE namespace_id = (SELECT id FROM account WHERE name = 'acme')",
    );
    let limit_id = ground.value(&format!("SELECT id FROM quota_limit WHERE quota_id = {id}"));
    let (quota, limit) =
        (format!("{ACME}/quota/{id}"), format!("{ACME}/quota/{id}/limit/{limit_id}"));
    let of_limit = |column: &str| format!("SELECT {column} FROM quota_limit WHERE id = {limit_id}");
    ground.try_all(vec![
        Edit::new(
            "superuser",
            (Method::PUT, &*quota),
            json!({ "limit_bytes": 4711 }),
            (format!("SELECT limit_bytes FROM quota WHERE id = {id}"), "4711"),
            "org_change_quota ",
        ),
        Edit::new(
            "superuser",
            (Method::PUT, &*limit),
            json!({ "threshold_percent": 50 }),
            (of_limit("percent"), "50"),
            r#""threshold_percent":50"#,
        ),
        Edit::end("superuser", &*quota, &format!("quota WHERE id = {id}"), "org_delete_quota "),
    ]);
    for (body, column, value) in [
        (json!({ "type": "Warning" }), "kind", "Warning"),
        (json!({ "threshold_percent": 50 }), "percent", "50"),
    ] {
        let change = Edit::new(
            "superuser",
            (Method::PUT, &*limit),
            body,
            (of_limit(column), value),
            "org_change_quota_limit",
        );
        let gone = format!("quota_limit WHERE id = {limit_id}");
        ground.try_all(vec![
            change,
            Edit::end("superuser", &*limit, &gone, "org_delete_quota_limit"),
        ]);
    }
}

#[test]
fn an_account() {
    let ground = Ground::new();
    let id = ground.value("SELECT id FROM account WHERE name = 'outsider'");
    let account = |column: &str| format!("SELECT {column} FROM account WHERE id = {id}");
    let profile =
        |column: &str| format!("SELECT {column} FROM user_profile WHERE account_id = {id}");
    let own =
        |body, state, log| Edit::new("outsider", (Method::PUT, "/api/v1/user/"), body, state, log);
    let metadata = "user_change_metadata";
    let tag_expiration = || {
        own(
            json!({ "tag_expiration_s": 86400 }),
            (account("tag_expiration_s"), "86400"),
            "user_change_tag_expiration",
        )
    };
    let by_superuser = |body, state, log| {
        Edit::new("superuser", (Method::PUT, "/api/v1/superuser/users/outsider"), body, state, log)
    };
    ground.try_all(vec![
        own(json!({ "given_name": "Olga" }), (profile("given_name"), "Olga"), metadata),
        own(
            json!({ "invoice_email": true }),
            (account("invoice_email"), "1"),
            "invoice_email\":true",
        ),
        tag_expiration(),
        by_superuser(
            json!({ "email": "other@example.com" }),
            (account("email"), "other@example.com"),
            "user_change_email",
        ),
    ]);
    let company = || own(json!({ "company": "ACME" }), (profile("company"), "ACME"), metadata);
    ground.try_all(vec![company(), tag_expiration()]);
    let location = own(json!({ "location": "Oslo" }), (profile("location"), "Oslo"), "never");
    for (first, second) in [(company(), Rc::new(location))] {
        let mut at = IN_THE_MIDDLE;
        while ground.both_are_made(&first, &second, at) {
            at += 1;
        }
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of changes")]
fn what_an_organization_has() {
    let ground = Ground::new();
    let client_id = ground.value("SELECT client_id FROM oauth_application WHERE name = 'ci'");
    let application = format!("{ACME}/applications/{client_id}");
    let of_application = |column: &str| {
        format!("SELECT {column} FROM oauth_application WHERE client_id = '{client_id}'")
    };
    let body = json!({ "name": "renamed", "redirect_uri": "", "application_uri": "" });
    let gone = format!("oauth_application WHERE client_id = '{client_id}'");
    ground.try_all(vec![
        Edit::new(
            "admin",
            (Method::PUT, &*application),
            body,
            (of_application("name"), "renamed"),
            "update_application ",
        ),
        Edit::end("admin", &*application, &gone, "delete_application "),
    ]);
    let repository = "/api/v1/repository/acme/lib/app";
    let of_repository =
        |column: &str| format!("SELECT {column} FROM repository WHERE name = 'lib/app'");
    ground.try_all(vec![
        Edit::new(
            "admin",
            (Method::PUT, repository),
            json!({ "description": "new" }),
            (of_repository("description"), "new"),
            "set_repo_description",
        ),
        Edit::new(
            "admin",
            (Method::POST, format!("{repository}/changevisibility")),
            json!({ "visibility": "public" }),
            (of_repository("is_public"), "1"),
            "change_repo_visibility",
        ),
    ]);
    let robot = format!("{ACME}/robots/build");
    let federation = (
        "SELECT federation FROM robot WHERE account_id = (SELECT id FROM account WHERE name = 'acme+build')",
        "[]",
    );
    ground.try_all(vec![
        Edit::new(
            "admin",
            (Method::DELETE, format!("{robot}/federation")),
            Value::Null,
            federation,
            "delete_robot_federation",
        ),
        Edit::end("admin", &*robot, "account WHERE name = 'acme+build'", "delete_robot "),
    ]);
    let uuid = ground.value("SELECT uuid FROM default_permission");
    let prototype = format!("{ACME}/prototypes/{uuid}");
    ground.try_all(vec![
        Edit::new(
            "admin",
            (Method::PUT, &*prototype),
            json!({ "role": "admin" }),
            (format!("SELECT role FROM default_permission WHERE uuid = '{uuid}'"), "admin"),
            "modify_prototype_permission",
        ),
        Edit::end("admin", &*prototype, "default_permission", "delete_prototype_permission"),
    ]);
}

/// Whoever needs the key that signs tokens for registries makes it where there is none: two at once get the same one.
#[test]
fn the_first_signing_key() {
    const PATH: &str = "/registry/certificates.pem";
    let ground = Ground::new();
    for at in 0..BEYOND_EVERY_REQUEST {
        let path = ground.copy();
        let [stopped, other] = [(); 2].map(|()| ground.fixture.app.over(&path));
        other.reseed(4711);
        stopped.execute("DELETE FROM signing_key");
        let answer = Rc::new(RefCell::new(None));
        let work: Rc<dyn Fn()> = {
            let answer = Rc::clone(&answer);
            Rc::new(move || *answer.borrow_mut() = Some(other.anonymous().get(PATH)))
        };
        let (reply, interrupted) = stopped.interrupted(at, work, |app| app.anonymous().get(PATH));
        if !interrupted {
            assert_eq!(at, 3, "it has a statement of the caller, one to look and one to store");
            return;
        }
        let other = answer.take().expect("the other one was answered");
        assert_eq!((reply.status(), reply.text()), (other.status(), other.text()), "at {at}");
        assert_eq!(stopped.rows("SELECT count(*) FROM signing_key"), [["1"]], "at {at}");
    }
}
