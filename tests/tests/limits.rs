//! Everything that somebody can own, grown to thousands with the largest possible texts: then every list answers to every
//! reader, and no answer is larger than it may be.

use std::collections::{BTreeMap, BTreeSet};

use berth_domain::limits::{LIST_BYTES, OWNED};
use berth_test::{App, As};
use berth_tests::components::rows;
use berth_tests::lists::acme;
use berth_web::{Method, Route};
use serde_json::{Value, json};

/// No answer is larger, in bytes: a list ends at half of it.
const LARGEST_ANSWER: usize = 2 * LIST_BYTES;

/// `INSERT INTO table (columns) SELECT values FROM n …` for `i` from 1 to `count`.
fn insert(app: &App, into: &str, count: usize, select: &str) {
    app.execute(&format!(
        "INSERT INTO {into}
        WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
        SELECT {select}"
    ));
}

/// SQL for the worst text of `length` characters: as JSON each of them has six bytes.
fn worst(length: usize) -> String {
    format!("replace(hex(zeroblob({length})), '00', char(1))")
}

const ACME: &str = "(SELECT id FROM account WHERE name = 'acme')";
const ANA: &str = "(SELECT id FROM account WHERE name = 'ana')";

fn people(app: &App) {
    insert(
        app,
        "account (uuid, kind, name, email, created_at)",
        3_000,
        "'person ' || i, 'user', printf('p%0254d', i), printf('%0240d@example.com', i), 0 FROM n",
    );
    insert(
        app,
        "user_profile (account_id, verified)",
        1,
        "id, 1 FROM account WHERE uuid LIKE 'person %'",
    );
    let long = worst(60_000);
    app.execute(&format!(
        "UPDATE user_profile SET given_name = {long}, family_name = {long}, company = {long},
            location = {long} WHERE account_id = {ANA}"
    ));
}

#[expect(clippy::too_many_lines, reason = "a row for each table")]
fn organizations_and_teams(app: &App) {
    // 300 of them with documents of the largest size, the others with as much as a list shows.
    insert(
        app,
        "account (uuid, kind, name, email, created_at, creator_id, meta, cfg)",
        998,
        &format!(
            "'o ' || i, 'organization', printf('o%0254d', i), printf('%0240d@example.com', i), 0, {ANA},
            '{{\"a\":\"' || hex(zeroblob(CASE WHEN i <= 300 THEN 32000 ELSE 1000 END)) || '\"}}',
            '{{\"a\":\"' || hex(zeroblob(CASE WHEN i <= 300 THEN 32000 ELSE 1000 END)) || '\"}}' FROM n"
        ),
    );
    insert(
        app,
        "team (organization_id, name, role)",
        1,
        "id, 'owners', 'admin' FROM account WHERE uuid LIKE 'o %'",
    );
    insert(
        app,
        "team_member (team_id, organization_id, account_id, account_kind)",
        1,
        &format!(
            "id, organization_id, {ANA}, 'user' FROM team
            WHERE name = 'owners' AND organization_id <> {ACME}"
        ),
    );
    insert(
        app,
        "team (organization_id, name, role, description)",
        2_998,
        &format!(
            "{ACME}, CASE i WHEN 1 THEN 'big' ELSE printf('t%0254d', i) END, 'member', {} FROM n",
            worst(65_000)
        ),
    );
    insert(
        app,
        "team_member (team_id, organization_id, account_id, account_kind)",
        1,
        &format!(
            "t.id, {ACME}, a.id, 'user' FROM team t, account a
            WHERE t.organization_id = {ACME} AND a.kind = 'user' AND t.name <> 'owners'
                AND ((t.name = 'big' AND a.name <> 'ana') OR (a.name = 'bob'))
            ORDER BY t.id LIMIT 7500"
        ),
    );
    app.execute(&format!(
        "INSERT INTO team_member (team_id, organization_id, account_id, account_kind)
        SELECT t.id, {ACME}, a.id, 'user' FROM team t, account a
        WHERE t.organization_id = {ACME} AND t.name NOT IN ('owners', 'big')
            AND a.uuid LIKE 'person %' AND a.uuid < 'person 14'
        LIMIT 14999 - (SELECT count(*) FROM team_member WHERE organization_id = {ACME})"
    ));
}

fn robots(app: &App) {
    for namespace in ["acme", "ana"] {
        insert(
            app,
            "account (uuid, kind, name, email, namespace_id, created_at)",
            9_999,
            &format!(
                "'r {namespace}' || i, 'robot', '{namespace}+' || CASE i WHEN 1 THEN 'big'
                    ELSE printf('r%0240d', i) END, 'none ' || i, a.id, 0
                FROM n, account a WHERE a.name = '{namespace}'"
            ),
        );
    }
    insert(
        app,
        "robot (account_id, description, metadata, federation, sealed_token)",
        1,
        &format!(
            "id, {}, CASE WHEN name LIKE '%+big' THEN '{{\"a\":\"' || hex(zeroblob(500000)) || '\"}}'
                ELSE '{{}}' END, '[]', zeroblob(100) FROM account WHERE kind = 'robot'",
            worst(255)
        ),
    );
}

fn repositories(app: &App) {
    for (namespace, count) in [("acme", 49_999), ("ana", 300)] {
        insert(
            app,
            "repository (namespace_id, name, description, is_public, created_at)",
            count,
            &format!(
                "a.id, CASE i WHEN 1 THEN 'big' ELSE printf('r%0250d', i) END,
                CASE WHEN i < 300 THEN {} ELSE '' END, 1, 0
                FROM n, account a WHERE a.name = '{namespace}'",
                worst(65_000)
            ),
        );
    }
    let big = format!("repository r WHERE r.namespace_id = {ACME} AND r.name = 'big'");
    // On one repository as many accounts as possible, one robot on as many repositories as possible.
    insert(
        app,
        "repository_permission (repository_id, namespace_id, account_id, role)",
        1,
        &format!("r.id, {ACME}, a.id, 'write' FROM account a, {big} AND a.kind = 'user'"),
    );
    insert(
        app,
        "repository_permission (repository_id, namespace_id, account_id, role)",
        1,
        &format!(
            "r.id, {ACME}, a.id, 'write' FROM account a, {big} AND a.namespace_id = {ACME}
            ORDER BY a.id LIMIT 9999"
        ),
    );
    app.execute(&format!(
        "INSERT INTO repository_permission (repository_id, namespace_id, account_id, role)
        SELECT r.id, {ACME}, a.id, 'write' FROM account a, repository r
        WHERE r.namespace_id = {ACME} AND r.name <> 'big' AND a.name IN ('acme+big', 'bob')
        LIMIT 24999 - (SELECT count(*) FROM repository_permission WHERE namespace_id = {ACME})"
    ));
    app.execute(&format!(
        "INSERT INTO repository_permission (repository_id, namespace_id, team_id, role)
        SELECT r.id, {ACME}, t.id, 'write' FROM team t, {big} AND t.organization_id = {ACME}"
    ));
    app.execute(&format!(
        "INSERT INTO repository_permission (repository_id, namespace_id, team_id, role)
        SELECT r.id, {ACME}, t.id, 'write' FROM team t, repository r
        WHERE t.organization_id = {ACME} AND t.name = 'big' AND r.namespace_id = {ACME}
            AND r.name <> 'big'"
    ));
    app.execute(&format!(
        "INSERT INTO star (account_id, repository_id) SELECT {ANA}, id FROM repository LIMIT 2000"
    ));
}

fn applications(app: &App) {
    insert(
        app,
        "oauth_application (client_id, namespace_id, name, description, application_uri, redirect_uri,
            avatar_email, created_at)",
        999,
        &format!(
            "CASE i WHEN 1 THEN 'big' ELSE 'client ' || i END, {ACME}, {}, {}, {uri}, {uri}, {}, 0 FROM n",
            worst(255),
            worst(65_000),
            worst(254),
            uri = worst(2_048),
        ),
    );
    insert(
        app,
        "access_token (uuid, token_hash, application_id, account_id, created_by, name, scope,
            created_at, expires_at)",
        3_000,
        &format!(
            "'token ' || i, CAST('hash ' || i AS BLOB), app.id, {ANA}, {ANA}, {},
            'repo:read' || replace(hex(zeroblob(400)), '00', ' repo:read'), 0, 9000000000000000
            FROM n, oauth_application app WHERE app.client_id = 'big'",
            worst(255)
        ),
    );
    insert(
        app,
        "assigned_authorization (uuid, application_id, account_id, redirect_uri, scope,
            response_type, created_at)",
        999,
        &format!(
            "'assigned ' || i || ' ' || app.id, app.id, {ANA}, {}, 'repo:read', 'token', 0
            FROM n, oauth_application app WHERE app.client_id IN ('big', 'client 2', 'client 3')",
            worst(4_096)
        ),
    );
}

#[expect(clippy::too_many_lines, reason = "a row for each table")]
fn the_rest(app: &App) {
    insert(
        app,
        "default_permission (uuid, organization_id, creator_id, account_id, role)",
        999,
        &format!(
            "'default ' || i, {ACME}, p.id, p.id, 'read' FROM n
            JOIN account p ON p.uuid = 'person ' || i"
        ),
    );
    insert(
        app,
        "autoprune_policy (uuid, namespace_id, repository_id, method, value, tag_pattern)",
        99,
        &format!(
            "'policy ' || i || o.name || coalesce(r.id, ''), o.id, r.id, 'number_of_tags', i, {}
            FROM n, account o LEFT JOIN repository r ON r.namespace_id = o.id AND r.name = 'big'
            WHERE o.name IN ('acme', 'ana')",
            worst(4_096)
        ),
    );
    insert(
        app,
        "autoprune_policy (uuid, namespace_id, method, value, tag_pattern)",
        99,
        &format!(
            "'policy ' || i || ' ' || o.name, o.id, 'number_of_tags', i, {}
            FROM n, account o WHERE o.name IN ('acme', 'ana')",
            worst(4_096)
        ),
    );
    insert(
        app,
        "team_invitation (team_id, organization_id, email, inviter_id, code_hash, sealed_code,
            created_at, expires_at)",
        999,
        &format!(
            "t.id, {ACME}, i || {}, {ANA}, CAST('code ' || i AS BLOB), zeroblob(90),
            1795328950000000, 9000000000000000
            FROM n, team t WHERE t.organization_id = {ACME} AND t.name = 'big'",
            worst(3_900)
        ),
    );
    insert(
        app,
        "notification (uuid, account_id, kind, metadata, created_at)",
        3_000,
        &format!(
            "'notification ' || i, {ANA}, 'assigned_authorization',
            json_object('username', {}), 0 FROM n",
            worst(2_000)
        ),
    );
    insert(
        app,
        "app_token (uuid, account_id, title, token_hash, sealed_token, created_at)",
        999,
        &format!(
            "'app token ' || i, {ANA}, {}, CAST('app token ' || i AS BLOB), zeroblob(140), 0 FROM n",
            worst(255)
        ),
    );
    insert(
        app,
        "message (uuid, content, severity, media_type, created_at)",
        99,
        &format!("'message ' || i, {}, 'info', 'text/plain', 0 FROM n", worst(10_000)),
    );
    insert(app, "quota (namespace_id, limit_bytes)", 1, &format!("{ACME}, 1 FROM n"));
    insert(
        app,
        "quota_limit (quota_id, kind, percent)",
        100,
        "quota.id, kind.kind, i FROM n, quota, (SELECT 'Warning' AS kind UNION SELECT 'Reject') kind",
    );
    long_entries(app);
}

/// Entries of an earlier version: as long as a body.
fn long_entries(app: &App) {
    insert(
        app,
        "log_entry (kind, namespace_id, performer_id, metadata, created_at)",
        60,
        &format!(
            "'create_robot', CASE i % 3 WHEN 0 THEN {ACME} ELSE {ANA} END, {ANA}, CASE i % 20
                WHEN 7 THEN 'no JSON ' || hex(zeroblob(40000)) WHEN 8 THEN 'no JSON'
                ELSE '{{\"robot\": \"r' || i || '\", \"unstructured_metadata\": {{\"a\": [1'
                    || replace(hex(zeroblob(100000)), '00', ',{{\"\":0}}') || ']}}}}' END,
            {} FROM n",
            app.time() * 1_000_000
        ),
    );
}

fn grown() -> App {
    let app = acme();
    people(&app);
    organizations_and_teams(&app);
    robots(&app);
    repositories(&app);
    applications(&app);
    the_rest(&app);
    app
}

/// The path of a row with the parameters of the grown objects.
fn path(pattern: &str, namespace: &str) -> String {
    let segment = |segment: &str| match segment {
        ":orgname" | ":namespace" => namespace.to_owned(),
        ":teamname" | ":robot_shortname" => "big".into(),
        ":client_id" => "big".into(),
        ":username" | ":membername" | ":name" => "bob".into(),
        ":access_token_uuid" => "token 1".into(),
        ":token_uuid" => "app token 1".into(),
        ":prefix" => "p0".into(),
        ":quota_id" | ":limit_id" => "1".into(),
        "*repository" => format!("{namespace}/big"),
        parameter if parameter.starts_with(':') => "notification 1".into(),
        other => other.into(),
    };
    pattern.split('/').map(segment).collect::<Vec<_>>().join("/").replace(' ', "%20")
}

/// Reads a list, at most so many answers of it; how many there were.
fn read(client: &As<'_>, path: &str, most: usize) -> usize {
    let (mut answers, mut next) = (0, String::new());
    loop {
        let reply = client.get(&format!("{path}{next}"));
        let length = reply.body().len();
        assert!(reply.status() < 500, "{path}: {}", reply.status());
        assert!(length <= LARGEST_ANSWER, "{path} has {length} bytes");
        answers += 1;
        let body: Value = serde_json::from_slice(reply.body()).unwrap_or_default();
        match body["next_page"].as_str() {
            Some(page) if answers < most => {
                let mark = if path.contains('?') { '&' } else { '?' };
                next = format!("{mark}next_page={page}");
            }
            _ => return answers,
        }
    }
}

/// The queries that make lists longer.
fn queries(route: &Route) -> Vec<&'static str> {
    let more = [
        ("public", "?public=true"),
        ("permissions", "?permissions=true"),
        ("includePending", "?includePending=true"),
        ("limit", "?limit=100"),
    ];
    let known = |name: &str| route.endpoint.query().iter().any(|query| query.name == name);
    let asked = more.into_iter().filter(|(name, _)| known(name)).map(|(_, query)| query);
    std::iter::once("").chain(asked).collect()
}

#[test]
fn every_list_answers_whatever_somebody_owns() {
    let app = grown();
    let (ana, root, nobody) = (app.as_user("ana"), app.as_user("root"), app.anonymous());
    let mut lists = BTreeMap::new();
    for (_, route) in rows().filter(|(_, route)| route.method == Method::GET) {
        let paths = BTreeSet::from(["acme", "ana"].map(|namespace| path(route.path, namespace)));
        for (path, query) in
            paths.iter().flat_map(|path| queries(route).into_iter().map(move |query| (path, query)))
        {
            let path = format!("{path}{query}");
            let answers = read(&ana, &path, 2);
            read(&root, &path, 2);
            read(&nobody, &path, 1);
            lists.insert(path, answers);
        }
    }
    // A list that is longer than an answer continues, and ends.
    for long in [
        "/api/v1/organization/acme/robots",
        "/api/v1/organization/acme/members",
        "/api/v1/organization/acme/applications",
        "/api/v1/user/robots",
        "/api/v1/user/authorizations",
        "/api/v1/user/assignedauthorization",
        "/api/v1/repository/acme/big/permissions/user/",
    ] {
        assert_eq!(lists.get(long), Some(&2), "{long}");
    }
    let end = read(&ana, "/api/v1/organization/acme/members", 20);
    assert!((2..20).contains(&end), "{end} answers");
}

#[test]
fn the_database_knows_the_same_numbers() {
    let known: Vec<_> =
        acme().rows("SELECT kind, most FROM owned_limit ORDER BY kind").into_iter().collect();
    let mut limits: Vec<_> = OWNED
        .iter()
        .map(|limit| vec![limit.name.to_owned(), limit.default().to_string()])
        .collect();
    limits.sort();
    assert_eq!(known, limits);
}

/// The calls that once made the log unreadable for everybody: bodies of the largest size, full of values that are costly
/// to read.
#[test]
fn nothing_that_is_logged_hides_the_log() {
    let app = acme();
    let ana = app.as_user("ana");
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    let notes = [
        format!("[{}]", vec![r#"{"":0}"#; 140_000].join(",")),
        format!(r#""{}""#, "\\u0000".repeat(170_000)),
        format!("[{}]", vec![deep.as_str(); 5_000].join(",")),
        format!("{{{}}}", vec![r#""same":1"#; 100_000].join(",")),
        format!("[{}]", vec!["1e308"; 160_000].join(",")),
    ];
    for (number, notes) in notes.iter().enumerate() {
        let body = format!(r#"{{"unstructured_metadata":{{"a":{notes}}}}}"#);
        let path = format!("/api/v1/user/robots/r{number}");
        let reply = ana.send(Method::PUT, &path, Some("application/json"), body.into_bytes());
        assert_eq!(reply.status(), 201, "{number}");
    }
    for odd in [
        &b"{\"unstructured_metadata\":{\"a\":1e400}}"[..],
        b"{\"unstructured_metadata\":{\"a\":\"\xff\"}}",
    ] {
        let reply = ana.send(
            Method::PUT,
            "/api/v1/user/robots/odd",
            Some("application/json"),
            odd.to_vec(),
        );
        assert!(reply.status() < 500, "{reply}");
        let _ = ana.delete("/api/v1/user/robots/odd");
    }
    let body =
        json!({ "repository": "x", "visibility": "public", "description": "\u{1}".repeat(32_000) });
    assert_eq!(ana.post("/api/v1/repository", body.clone()).status(), 201);
    assert_eq!(ana.put("/api/v1/repository/ana/x", body).status(), 200);
    for path in
        ["/api/v1/user/logs", "/api/v1/superuser/logs", "/api/v1/superuser/logs?performer=ana"]
    {
        let client = app.as_user(if path.contains("superuser") { "root" } else { "ana" });
        let reply = client.get(path);
        assert_eq!(reply.status(), 200);
        assert!(reply.body().len() < 200_000, "{path} has {} bytes", reply.body().len());
        let page = reply.json();
        let logs = page["logs"].as_array().expect("entries");
        for number in 0..notes.len() {
            let robot = format!("r{number}");
            let entry = logs.iter().find(|entry| entry["metadata"]["robot"] == robot.as_str());
            assert!(entry.is_some(), "{path}: {robot}");
        }
    }
}

/// Entries that an earlier version wrote do not hide others either, and a page of them is small.
#[test]
fn a_log_of_long_entries_is_read_to_its_end() {
    let app = acme();
    long_entries(&app);
    let (mut seen, mut next) = (Vec::new(), String::new());
    loop {
        let reply = app.as_user("root").get(&format!("/api/v1/superuser/logs?next_page={next}"));
        assert_eq!(reply.status(), 200);
        assert!(reply.body().len() < 400_000, "{} bytes", reply.body().len());
        let page = reply.json();
        let logs = page["logs"].as_array().expect("entries");
        let shown = logs.iter().map(|entry| {
            let metadata = ["robot", "unreadable"].map(|name| entry["metadata"][name].as_str());
            metadata.into_iter().flatten().next().unwrap_or("nothing but itself").to_owned()
        });
        seen.extend(shown);
        match page["next_page"].as_str() {
            Some(token) if !logs.is_empty() => next = token.to_owned(),
            _ => break,
        }
    }
    assert_eq!(seen.len(), 60);
    assert_eq!(seen[0], "r60");
    assert_eq!(seen.iter().filter(|shown| *shown == "no JSON").count(), 3);
    assert_eq!(seen.iter().filter(|shown| *shown == "nothing but itself").count(), 3);
}
