//! Tokens and keys of ours at Debian's `docker-registry` (`docs/contract/registry.md` G, 72 to 90, but for zot's 78 and 86).

#![cfg(feature = "end-to-end")]

use std::io::Write as _;
use std::process::Stdio;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use berth_access::{Public, path};
use berth_api::signing_keys;
use berth_domain::secret::{Purpose, SecretKeys};
use berth_domain::signing_key::SigningKey;
use berth_test::App;
use berth_tests::registry::{Registry, SERVICE, upload};
use berth_tests::{Reply, packages};
use berth_web::registry_token::{self, AccessEntry, Claims};
use berth_web::{Context, HandlerResult, JsonResponse, Logs, Route, WithPath};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// What hands out tokens here.
const TOKENS: &[Route] =
    &[Route::get("/test/token/:access", "getToken", &WithPath::<Public, _, _>(sign))
        .changes(Logs::Nothing("a test"))];

path! {
    struct AccessPath { access }
}

/// Signs a token with the access of the path: JSON in base64url.
fn sign(cx: &Context<'_, Public>, path: AccessPath) -> HandlerResult<JsonResponse<String>> {
    let json = URL_SAFE_NO_PAD.decode(path.access).expect("base64url");
    let access: Vec<AccessEntry> = serde_json::from_slice(&json).expect("entries");
    let claims = Claims {
        issuer: "berth".into(),
        subject: "acme+ci".into(),
        audience: Some(SERVICE.into()),
        access,
        lists: false,
    };
    Ok(JsonResponse(registry_token::sign(cx.services(), &claims)?.token))
}

fn app() -> App {
    let app = App::new()
        .serving(&[TOKENS, signing_keys::ROUTES])
        .with("super_users", "root")
        .with("registry_service", SERVICE)
        .with_user("root");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    app.advance(i64::try_from(now).expect("not so late") - app.time());
    app
}

/// A token with such access: `acme/app pull,push`.
fn token(app: &App, access: &[&str]) -> String {
    let entry = |text: &&str| {
        let (name, actions) = text.split_once(' ').expect("a name and actions");
        let actions: Vec<&str> = actions.split(',').collect();
        json!({ "type": "repository", "name": name, "actions": actions })
    };
    let access = Value::Array(access.iter().map(entry).collect()).to_string();
    let reply = app.anonymous().get(&format!("/test/token/{}", URL_SAFE_NO_PAD.encode(access)));
    reply.json().as_str().expect("a text").to_owned()
}

fn certificates(app: &App) -> String {
    app.anonymous().get("/registry/certificates.pem").text().to_string()
}

fn registry(app: &App) -> Registry {
    Registry::start("http://127.0.0.1:1/v2/auth", &certificates(app))
}

/// The private key, as the database has it.
fn key(app: &App) -> SigningKey {
    let sealed = app.rows("SELECT hex(sealed_private_key) FROM signing_key")[0][0].clone();
    let byte = |at| u8::from_str_radix(&sealed[at..at + 2], 16).expect("hexadecimal");
    let sealed: Vec<u8> = (0..sealed.len()).step_by(2).map(byte).collect();
    let opened = SecretKeys::new("a key for tests").open(Purpose::SigningKey, &sealed);
    let bytes = URL_SAFE_NO_PAD.decode(opened.expect("the present key").text).expect("base64url");
    SigningKey::from_bytes(&bytes.try_into().expect("32 bytes")).expect("a key")
}

fn part(token: &str, place: usize) -> Value {
    let part = token.split('.').nth(place).expect("three parts");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("JSON")
}

fn signed(key: &SigningKey, header: &Value, claims: &str) -> String {
    let header = URL_SAFE_NO_PAD.encode(header.to_string());
    let signed = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims));
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(key.sign(signed.as_bytes())))
}

/// The registry writes the actions in any order.
fn challenge(reply: &Reply) -> String {
    let challenge = reply.header("www-authenticate").unwrap_or_default();
    challenge.replace(":push,pull", ":pull,push")
}

#[test]
fn a_registry_takes_our_token_and_no_worse_one() {
    let app = app();
    let made = token(&app, &["acme/app pull"]);
    let (registry, key) = (registry(&app), key(&app));
    let (header, claims) = (part(&made, 0), part(&made, 1));
    let with_header = |changed: Value| signed(&key, &changed, &claims.to_string());
    let with_claim = |name: &str, value: Value| {
        let mut changed = claims.clone();
        changed[name] = value;
        signed(&key, &header, &changed.to_string())
    };
    let now = app.time();
    let mut other_kid = header.clone();
    other_kid["kid"] = json!("nonsense");
    let kid_alone = json!({ "typ": "JWT", "alg": "ES256", "kid": header["kid"] });
    let thumbprint = json!({ "typ": "JWT", "alg": "ES256", "kid": thumbprint(&key) });
    let integer = format!("\"exp\":{}", now + 300);
    let decimal = claims.to_string().replace(&integer, &format!("{integer}.0"));
    let cases = [
        ("as we sign it", made.clone(), 200),
        ("72: a nonsense kid", with_header(other_kid), 200),
        ("73: the kid alone", with_header(kid_alone), 200),
        ("74: the thumbprint of RFC 7638 alone", with_header(thumbprint), 401),
        ("75: aud is a list", with_claim("aud", json!([SERVICE])), 401),
        ("another aud", with_claim("aud", json!("elsewhere")), 401),
        ("another iss", with_claim("iss", json!("quay")), 401),
        ("76: expired 70 s ago", with_claim("exp", json!(now - 70)), 401),
        ("counts in 90 s", with_claim("nbf", json!(now + 90)), 401),
        ("77: exp with a decimal point", signed(&key, &header, &decimal), 401),
        ("signed by somebody else", signed(&other_key(), &header, &claims.to_string()), 401),
    ];
    assert!(decimal.contains(".0,"), "{decimal}");
    for (what, token, status) in cases {
        let reply = registry.client().bearer(&token).get("/v2/");
        assert_eq!(reply.status, status, "{what}: {reply}\n{}", registry.log());
        let expected = if status == 401 { "error=\"invalid_token\"" } else { "" };
        assert!(challenge(&reply).contains(expected), "{what}: {}", challenge(&reply));
    }
    let refused = registry.client().get("/v2/");
    assert_eq!(refused.status, 401, "no token: {refused}");
}

fn other_key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32]).expect("a key")
}

/// The thumbprint of RFC 7638.
fn thumbprint(key: &SigningKey) -> String {
    let (x, y) = key.public_key().coordinates();
    let [x, y] = [x, y].map(|coordinate| URL_SAFE_NO_PAD.encode(coordinate));
    let members = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
    URL_SAFE_NO_PAD.encode(Sha256::digest(members))
}

/// What a registry lets somebody do who has such a token.
#[test]
fn a_token_allows_what_it_says() {
    let app = app();
    let registry = registry(&app);
    let blob = b"a layer";
    let pushing = registry.client().bearer(&token(&app, &["acme/base pull,push"]));
    let digest = upload(&pushing, "acme/base", blob).digest;
    let manifest = format!("/v2/acme/app/manifests/{digest}");
    let uploads = "/v2/acme/app/blobs/uploads/";
    let mount = format!("{uploads}?mount={digest}&from=acme/base");
    let of_app = "scope=\"repository:acme/app:";
    let cases = [
        ("79", ["acme/app pull"].as_slice(), "GET", "/v2/acme/app/tags/list", 404, ""),
        ("80", &["acme/app push"], "GET", "/v2/acme/app/tags/list", 401, "insufficient_scope"),
        ("81", &["acme/app push"], "POST", uploads, 401, "acme/app:pull,push\""),
        ("82", &["acme/app pull,push"], "POST", uploads, 202, ""),
        ("83", &["acme/app pull,push"], "DELETE", &manifest, 401, "acme/app:delete\""),
        ("84", &["acme/app delete"], "DELETE", &manifest, 404, ""),
        ("84", &["acme/app *"], "DELETE", &manifest, 404, ""),
        ("85", &["acme/app *"], "DELETE", "/v2/acme/app/manifests/v1", 400, ""),
        ("87", &["acme/app pull,push"], "POST", &mount, 401, "repository:acme/base:pull"),
        ("87", &["acme/app pull,push"], "POST", &mount, 401, "repository:acme/app:pull,push"),
        ("88", &["acme/app pull,push", "acme/base pull"], "POST", &mount, 201, ""),
        ("89", &["acme/other *"], "GET", "/v2/acme/app/tags/list", 401, of_app),
        ("90", &["acme/app *"], "GET", "/v2/_catalog", 401, "registry:catalog:*"),
    ];
    for (case, access, method, path, status, expected) in cases {
        let client = registry.client().bearer(&token(&app, access));
        let reply = client.send(method, path, None, &[]);
        assert_eq!(reply.status, status, "{case}: {reply}\n{}", registry.log());
        assert!(challenge(&reply).contains(expected), "{case}: {}", challenge(&reply));
    }
}

/// The steps of `docs/registry.md`: a registry with both certificates takes tokens of both keys, at any time.
#[test]
fn a_change_of_the_key_refuses_nobody() {
    let app = app();
    let mut registry = registry(&app);
    let (old, old_certificate) = (token(&app, &[]), certificates(&app));
    let made = app.as_user("root").post("/registry/keys", json!({ "signs_in": 0 }));
    assert_eq!(made.status(), 201, "{made}");
    let new = token(&app, &[]);
    assert_ne!(part(&new, 0)["kid"], part(&old, 0)["kid"]);
    let statuses = |registry: &Registry| {
        [&old, &new].map(|token| registry.client().bearer(token).get("/v2/").status)
    };
    assert_eq!(statuses(&registry), [200, 401], "it does not know the new one yet");
    let both = certificates(&app);
    assert!(both.ends_with(&old_certificate), "the one that signs is the first: {both}");
    registry.restart(&both);
    assert_eq!(statuses(&registry), [200, 200]);
    registry.restart(both.strip_suffix(&old_certificate).expect("another one before it"));
    assert_eq!(statuses(&registry), [401, 200], "the former one is given up");
}

/// What OpenSSL reads of a certificate, and what the documentation says of its key.
#[test]
fn openssl_reads_the_certificate() {
    let app = app();
    let (made, pem) = (token(&app, &[]), certificates(&app));
    let openssl = |script: &str| {
        let _openssl = packages::command("openssl", "openssl");
        let mut shell = packages::command("sh", "dash");
        let shell = shell.args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = shell.spawn().expect("sh can be run");
        child.stdin.take().expect("a pipe").write_all(pem.as_bytes()).expect("it reads");
        let output = child.wait_with_output().expect("it ends");
        String::from_utf8(output.stdout).expect("a text")
    };
    let documented = include_str!("../../docs/registry.md");
    let script = documented.lines().find(|line| line.starts_with("openssl x509 -in berth.pem"));
    let script = script.expect("docs/registry.md finds the kid").replace("-in berth.pem ", "");
    let kid = part(&made, 0)["kid"].as_str().expect("a text").to_owned();
    assert_eq!(openssl(&script).trim(), kid.replace(':', ""));
    let subject = openssl("openssl x509 -noout -subject -issuer");
    assert_eq!(subject, format!("subject=CN = {kid}\nissuer=CN = {kid}\n"));
    let text = openssl("openssl x509 -noout -text");
    for part in ["ecdsa-with-SHA256", "ASN1 OID: prime256v1", "Digital Signature", "Version: 3"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let x5c = part(&made, 0)["x5c"][0].as_str().expect("a text").to_owned();
    let lines: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    assert_eq!(x5c, lines);
}
