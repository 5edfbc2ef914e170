//! What is read of a registry through Berth: who may, and what there is without the registry behind. What that answers is in
//! `tests/tests/content`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use berth_test::{App, As, Reply, TcpClient};
use serde_json::json;

const MANIFEST: &str = "/v2/acme/app/manifests/latest";

/// The organization `acme` of *ana*, with the repositories `app` and, public, `pub`; *rhea* reads `app`, *otto* does not.
fn app() -> App {
    let app = ["ana", "rhea", "otto"].into_iter().fold(App::new(), App::with_user);
    let app = app.with_organization("acme", "ana").with_streaming(TcpClient);
    for (name, visibility) in [("app", "private"), ("pub", "public")] {
        let body = json!({
            "namespace": "acme", "repository": name, "visibility": visibility, "description": "",
        });
        assert_eq!(app.as_user("ana").post("/api/v1/repository", body).status(), 201);
    }
    let rhea = "/api/v1/repository/acme/app/permissions/user/rhea";
    assert_eq!(app.as_user("ana").put(rhea, json!({ "role": "read" })).status(), 200);
    app
}

/// A token of a user for scopes; of nobody for `-`.
fn token(app: &App, who: &str, scopes: &[&str]) -> String {
    let query: String = scopes.iter().map(|scope| format!("&scope=repository:{scope}")).collect();
    let client = match who {
        "-" => app.anonymous(),
        name => {
            let encoded = STANDARD.encode(format!("{name}:password"));
            app.anonymous().header("authorization", &format!("Basic {encoded}"))
        }
    };
    let reply = client.get(&format!("/v2/auth?service=localhost:3000{query}"));
    reply.json()["token"].as_str().unwrap_or_else(|| panic!("{reply}")).to_owned()
}

fn bearer<'a>(app: &'a App, token: &str) -> As<'a> {
    app.anonymous().header("authorization", &format!("Bearer {token}"))
}

fn with<'a>(app: &'a App, who: &str, scopes: &[&str]) -> As<'a> {
    bearer(app, &token(app, who, scopes))
}

/// The status, and what is wrong.
fn told(reply: &Reply) -> String {
    let body = reply.json();
    let error = &body["errors"][0];
    let text = error["code"].as_str().or(body["error"].as_str()).unwrap_or_default();
    format!("{} {text}", reply.status())
}

fn challenge(reply: &Reply) -> &str {
    reply.header("www-authenticate").unwrap_or_default()
}

const REALM: &str = "Bearer realm=\"http://localhost:3000/v2/auth\",service=\"localhost:3000\"";

#[test]
fn the_version_is_told_to_whoever_has_a_token() {
    let app = app();
    for path in ["/v2/", "/v2"] {
        let refused = app.anonymous().get(path);
        assert_eq!(told(&refused), "401 UNAUTHORIZED", "138");
        assert_eq!(challenge(&refused), REALM, "138");
        let told = with(&app, "otto", &["acme/app:pull"]).get(path);
        assert_eq!((told.status(), told.text().trim()), (200, "{}"), "138");
        for reply in [refused, told] {
            let version = reply.header("docker-distribution-api-version");
            assert_eq!(version, Some("registry/2.0"));
        }
    }
    assert_eq!(with(&app, "-", &["acme/pub:pull"]).head("/v2/").status(), 200);
}

#[test]
fn nothing_but_a_token_of_ours_counts() {
    let app = app();
    let good = token(&app, "ana", &["acme/app:pull"]);
    let (signed, signature) = good.rsplit_once('.').expect("a signature");
    let forged = format!("{signed}.{}", signature.replace(|_| true, "A"));
    let elsewhere =
        app.anonymous().get("/v2/auth?service=elsewhere&scope=repository:acme/pub:pull");
    let elsewhere = elsewhere.json()["token"].as_str().expect("a token").to_owned();
    for (token, why) in [
        ("nonsense", "the token is malformed"),
        (&*forged, "the token is not signed by a key of ours"),
        (&*elsewhere, "the token is for another service"),
    ] {
        let refused = bearer(&app, token).get(MANIFEST);
        assert_eq!(told(&refused), format!("401 {why}"));
        let expected = format!("{REALM},scope=\"repository:acme/app:pull\"");
        assert_eq!(challenge(&refused), expected);
    }
    // Neither a password nor what counts elsewhere.
    let password = STANDARD.encode("ana:password");
    let password = app.anonymous().header("authorization", &format!("Basic {password}"));
    for (client, expected) in [
        (password, "401 UNAUTHORIZED"),
        (app.with_session("ana"), "401 UNAUTHORIZED"),
        (app.as_user("ana"), "401 the token is malformed"),
    ] {
        assert_eq!(told(&client.get(MANIFEST)), expected);
    }
    app.advance(359);
    assert_eq!(bearer(&app, &good).get("/v2/").status(), 200, "clocks may differ by a minute");
    app.advance(1);
    assert_eq!(told(&bearer(&app, &good).get("/v2/")), "401 the token has expired");
}

#[test]
fn a_token_of_the_registry_counts_nowhere_else() {
    let app = app();
    let token = token(&app, "ana", &["acme/app:pull,push,*"]);
    for path in ["/api/v1/user/", "/api/v1/repository/acme/app", "/api/v1/organization/acme/logs"] {
        assert_eq!(bearer(&app, &token).get(path).status(), 401, "{path}");
    }
}

#[test]
fn a_token_allows_what_it_says_and_nothing_else() {
    let app = app();
    let blob = format!("/v2/acme/app/blobs/sha256:{}", "0".repeat(64));
    let paths = [MANIFEST, &*blob, "/v2/acme/app/tags/list"];
    for (who, scopes, status) in [
        ("ana", ["acme/app:pull"].as_slice(), 404),
        ("rhea", &["acme/app:pull,push"], 404),
        ("ana", &["acme/app:*"], 404),
        ("ana", &["acme/pub:pull", "acme/app:pull"], 404),
        ("ana", &["acme/app:push"], 401),
        ("ana", &["acme/pub:pull"], 401),
        ("ana", &["acme/app2:pull"], 401),
        ("ana", &[], 401),
        ("otto", &["acme/app:pull"], 401),
        ("-", &["acme/pub:pull"], 401),
    ] {
        for path in paths {
            let reply = with(&app, who, scopes).get(path);
            assert_eq!(reply.status(), status, "{who} {scopes:?} {path}: {reply}");
            if status == 401 {
                let scope = ",scope=\"repository:acme/app:pull\"";
                assert_eq!(challenge(&reply), format!("{REALM}{scope}"));
            }
        }
    }
    // Rights that are withdrawn end with the token: nothing is asked in between.
    let token = token(&app, "rhea", &["acme/app:pull"]);
    let rhea = "/api/v1/repository/acme/app/permissions/user/rhea";
    assert_eq!(app.as_user("ana").delete(rhea).status(), 204);
    assert_eq!(bearer(&app, &token).get(MANIFEST).status(), 404);
}

#[test]
fn writes_go_to_the_registry_itself() {
    let app = app();
    let (pull, push) = (["acme/app:pull"], ["acme/app:pull,push"]);
    let blob = format!("/v2/acme/app/blobs/sha256:{}", "0".repeat(64));
    let requests = [
        ("POST", "/v2/acme/app/blobs/uploads/"),
        ("PUT", MANIFEST),
        ("DELETE", MANIFEST),
        ("DELETE", &*blob),
    ];
    for (method, path) in requests {
        let send = |client: As<'_>| {
            client.send(method.parse().expect("a method"), path, None, b"some bytes".to_vec())
        };
        let refused = send(with(&app, "ana", &pull));
        assert_eq!(told(&refused), "401 UNAUTHORIZED", "139");
        let scope = ",scope=\"repository:acme/app:pull,push\"";
        assert_eq!(challenge(&refused), format!("{REALM}{scope}"), "139");
        assert_eq!(told(&send(app.anonymous())), "401 UNAUTHORIZED");
        let told = told(&send(with(&app, "ana", &push)));
        assert_eq!(told, "405 UNSUPPORTED", "{method} {path}");
    }
    let patched = with(&app, "ana", &push).send(
        "PATCH".parse().expect("a method"),
        MANIFEST,
        None,
        Vec::new(),
    );
    assert_eq!(told(&patched), "405 UNSUPPORTED");
}

#[test]
fn without_a_registry_behind_nothing_is_read() {
    let app = app();
    let client = with(&app, "ana", &["acme/app:pull"]);
    for path in [MANIFEST, "/v2/acme/app/tags/list"] {
        let refused = client.get(path);
        assert_eq!(told(&refused), "404 UNSUPPORTED");
        assert!(refused.text().contains("registry_url"), "{refused}");
    }
    // Nobody listens there.
    app.set("registry_url", "http://127.0.0.1:1");
    for path in [MANIFEST, "/v2/acme/app/tags/list"] {
        assert_eq!(told(&client.get(path)), "502 UNKNOWN");
    }
    assert_eq!(app.log().matches("pull_repo").count(), 0);
}

#[test]
fn what_can_name_nothing_is_not_looked_for() {
    let app = app();
    let client = with(&app, "ana", &["acme/app:pull"]);
    for reference in [".x", "sha256:abc", &"a".repeat(129)] {
        let reply = client.get(&format!("/v2/acme/app/manifests/{reference}"));
        assert_eq!(told(&reply), "404 MANIFEST_UNKNOWN", "{reference}");
    }
    for digest in ["latest", "sha256:abc", "md5:d41d8cd98f00b204e9800998ecf8427e"] {
        let reply = client.get(&format!("/v2/acme/app/blobs/{digest}"));
        assert_eq!(told(&reply), "404 BLOB_UNKNOWN", "{digest}");
        let reply = client.get(&format!("/v2/acme/app/referrers/{digest}"));
        assert_eq!(told(&reply), "404 MANIFEST_UNKNOWN", "{digest}");
    }
    for n in ["-1", "many"] {
        let reply = client.get(&format!("/v2/acme/app/tags/list?n={n}"));
        assert_eq!(told(&reply), "400 INVALID_REQUEST", "{n}");
    }
    assert_eq!(told(&client.get("/v2/acme/app/nothing")), "404 NAME_UNKNOWN");
}

#[test]
fn the_catalog_has_what_its_reader_has_a_role_on() {
    let app = app();
    let names = |client: &As<'_>, path: &str| {
        let reply = client.get(path);
        let next = reply.header("link").map(|link| {
            let link = link.strip_suffix(">; rel=\"next\"").expect("the next page");
            link.trim_start_matches('<').to_owned()
        });
        (reply.json()["repositories"].clone(), next)
    };
    let all = "/v2/_catalog";
    let (ana, rhea) = (with(&app, "ana", &[]), with(&app, "rhea", &[]));
    let otto = with(&app, "otto", &[]);
    assert_eq!(names(&ana, all), (json!(["acme/app", "acme/pub"]), None));
    assert_eq!(names(&rhea, all), (json!(["acme/app"]), None));
    assert_eq!(names(&otto, all), (json!([]), None));
    assert_eq!(names(&with(&app, "-", &["acme/pub:pull"]), all), (json!([]), None));
    assert_eq!(told(&app.anonymous().get(all)), "401 UNAUTHORIZED");
    let (first, next) = names(&ana, "/v2/_catalog?n=1");
    assert_eq!(first, json!(["acme/app"]));
    let (second, end) = names(&ana, &next.expect("another page"));
    assert_eq!((second, end), (json!(["acme/pub"]), None));
    assert_eq!(names(&ana, "/v2/_catalog?n=0"), (json!([]), None));
    assert_eq!(told(&ana.get("/v2/_catalog?next_page=2")), "400 INVALID_REQUEST");
    // A token of OAuth that may not list them gives none that may.
    let oauth = app.with_scope("ana", "user:read");
    let oauth = oauth.headers()[0].1.trim_start_matches("Bearer ").to_owned();
    let encoded = STANDARD.encode(format!("$oauthtoken:{oauth}"));
    let client = app.anonymous().header("authorization", &format!("Basic {encoded}"));
    let made = client.get("/v2/auth?service=localhost:3000");
    let capped = bearer(&app, made.json()["token"].as_str().expect("a token"));
    assert_eq!(names(&capped, all), (json!([]), None));
    app.set("feature_public_catalog", "true");
    assert_eq!(names(&otto, all), (json!(["acme/pub"]), None));
}

#[test]
fn where_nobody_is_anonymous_a_client_learns_where_to_sign_in() {
    let app = app();
    let nobody = token(&app, "-", &["acme/pub:pull"]);
    app.set("feature_anonymous_access", "false");
    let refused = app.anonymous().get("/v2/");
    assert_eq!((told(&refused), challenge(&refused)), ("401 UNAUTHORIZED".into(), REALM));
    assert_eq!(bearer(&app, &nobody).get("/v2/").status(), 401);
    assert_eq!(with(&app, "otto", &[]).get("/v2/").status(), 200);
}
