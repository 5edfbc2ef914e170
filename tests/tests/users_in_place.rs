//! A path that names an organization means no user of that name: every row of every table, with a user's name in the place of
//! the organization's.

use berth_access::Scope;
use berth_tests::components::rows;
use berth_tests::surface::{Ask, Fixture, Script, Who};
use berth_web::Route;

/// A name that is not taken.
const NOBODY: &str = "nosuchorganization";

/// Callers for what belongs to `admin`, and how they authenticate.
fn callers() -> Vec<Who> {
    let who = |person: &str, scope: Option<&str>, browser| Who {
        label: format!("{person} {scope:?} {browser}"),
        person: Some(person.to_owned()),
        scope: scope.map(str::to_owned),
        browser,
    };
    let scopes = Scope::ALL.iter().map(|scope| who("admin", Some(scope.as_str()), false));
    let mut callers = vec![
        who("admin", None, true),
        who("admin", None, false),
        who("admin", Some("org:admin,user:admin,repo:admin"), false),
        who("outsider", None, true),
        who("outsider", None, false),
        who("superuser", None, false),
        who("reader", None, false),
    ];
    callers.extend(scopes);
    callers
}

/// The request of a row, about what belongs to the user `admin`, with `{org}` for the organization's name.
fn about_a_user(ask: &Ask) -> Ask {
    let mut ask = ask.clone();
    for (of_organization, of_user) in [
        ("/api/v1/organization/acme", "/api/v1/organization/{org}"),
        ("/api/v1/organization/bare", "/api/v1/organization/{org}"),
        ("/api/v1/org/acme", "/api/v1/org/{org}"),
        ("/robots/build", "/robots/mine"),
        ("{{quota}}", "{{own_quota}}"),
        ("{{limit}}", "{{own_limit}}"),
        ("{{policy}}", "{{own_policy}}"),
        ("/lib/app", "/own"),
    ] {
        ask.target = ask.target.replace(of_organization, of_user);
    }
    assert!(ask.target.contains("{org}"), "no organization is named: {}", ask.target);
    ask
}

/// Everything that anybody owns, and the log.
fn contents(fixture: &Fixture) -> Vec<Vec<Vec<String>>> {
    [
        "SELECT id, kind, name FROM account",
        "SELECT account_id, federation, sealed_token FROM robot",
        "SELECT id, limit_bytes FROM quota",
        "SELECT id, percent FROM quota_limit",
        "SELECT id, value FROM autoprune_policy",
        "SELECT id, role FROM repository_permission",
        "SELECT id, kind FROM log_entry",
    ]
    .map(|sql| fixture.app.rows(sql))
    .into()
}

/// The answer to somebody.
fn answer(fixture: &mut Fixture, ask: &Ask, who: &Who, name: &str) -> (u16, String) {
    let mut ask = fixture.fill(ask);
    ask.who = who.clone();
    ask.target = ask.target.replace("{org}", name);
    let reply = fixture.send(&ask);
    (reply.status(), String::from_utf8_lossy(reply.body()).into_owned())
}

/// The answer for a name that is not taken.
fn answer_of_nobody(fixture: &mut Fixture, ask: &Ask, who: &Who) -> (u16, String) {
    let (status, body) = answer(fixture, ask, who, NOBODY);
    (status, body.replace(NOBODY, "admin"))
}

/// Whether an answer, or an address in it, shows something of the user.
fn tells(body: &str) -> bool {
    ["mine", "battery", "creation_date", "2000000000", "admin@example"]
        .iter()
        .any(|secret| body.contains(secret))
}

fn rows_of_organizations() -> impl Iterator<Item = &'static Route> {
    rows().map(|(_, route)| route).filter(|route| route.path.contains(":orgname"))
}

/// Security finding A5 of the paths, code reading 6.1: a token with `org:admin` alone read the tokens of the robots of its
/// user and deleted them by `/organization/<their name>/robots`.
#[test]
fn a_path_of_organizations_means_no_user() {
    let script = Script::read();
    let base = Fixture::set(&script);
    for route in rows_of_organizations() {
        let case = script.case(route.name);
        let probe = case.probe().expect("a request");
        let mut fixture = base.with(case.before(probe));
        let ask = about_a_user(probe);
        let mut superuser = ask.who.clone();
        (superuser.person, superuser.scope, superuser.browser) =
            (Some("superuser".into()), None, false);
        let unknown = answer_of_nobody(&mut fixture.copy(), &ask, &superuser);
        let before = contents(&fixture);
        for who in callers() {
            let own = who.person.as_deref() == Some("admin");
            if own && who.browser && route.endpoint.own_name_in_sessions() {
                continue;
            }
            let label = format!("{}: {}", route.name, who.label);
            let (status, body) = answer(&mut fixture, &ask, &who, "admin");
            let hidden = matches!(status, 401 | 403 | 404);
            assert!(
                hidden || (status, &body) == (unknown.0, &unknown.1),
                "{label}: {status} {body}"
            );
            assert!(!tells(&body), "{label}: {body}");
            if !own && who.person.as_deref() == Some("outsider") {
                let nobody = answer_of_nobody(&mut fixture, &ask, &who);
                assert_eq!(
                    (status, body),
                    nobody,
                    "{label}: the answer shows that the user exists"
                );
            }
        }
        assert!(contents(&fixture) == before, "{}: something of the user changed", route.name);
    }
}

/// Quay's console deletes a user's robots by the path of organizations, and every user reads their log there: by their session.
#[test]
fn some_rows_mean_the_own_name_in_sessions() {
    let script = Script::read();
    let base = Fixture::set(&script);
    let marked: Vec<&Route> =
        rows_of_organizations().filter(|route| route.endpoint.own_name_in_sessions()).collect();
    let names: Vec<&str> = marked.iter().map(|route| route.name).collect();
    assert_eq!(
        names,
        ["getOrgRobots", "deleteOrgRobot", "listOrgLogs", "downloadOrgLogs", "getAggregateOrgLogs"]
    );
    for route in marked {
        let case = script.case(route.name);
        let mut fixture = base.copy();
        let ask = about_a_user(case.probe().expect("a request"));
        let [session, ..] = &callers()[..] else { unreachable!() };
        let (status, body) = answer(&mut fixture, &ask, session, "admin");
        assert!(route.statuses().contains(&status), "{}: {status} {body}", route.name);
        let others = answer(&mut fixture, &ask, session, "outsider");
        assert_eq!(others.0, 403, "{}: {}", route.name, others.1);
    }
}
