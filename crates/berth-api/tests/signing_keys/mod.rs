//! Keys that sign tokens for registries: making, publishing, changing, losing.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use berth_access::{Public, path};
use berth_api::signing_keys;
use berth_domain::signing_key::{PublicKey, SigningKey};
use berth_test::{App, Reply};
use berth_web::registry_token::{self, AccessEntry, Claims, SETTINGS, VerifyError};
use berth_web::{
    ApiError, Context, HandlerResult, JsonResponse, Logs, Route, WithPath, WithoutBody,
};
use insta::assert_snapshot;
use serde_json::{Value, json};

const LIST: &str = "/keys/services/berth/keys";
const DAY_S: i64 = 86_400;

/// What signs, and what verifies, as rows do it.
const TOKENS: &[Route] = &[
    Route::get("/test/token", "getToken", &WithoutBody::<Public, _>(sign))
        .changes(Logs::Nothing("a test"))
        .works_read_only()
        .open(),
    Route::get("/test/claims/:token", "getClaims", &WithPath::<Public, _, _>(verify))
        .settings(&[SETTINGS]),
];

path! {
    struct TokenPath { token }
}

fn sign(cx: &Context<'_, Public>) -> HandlerResult<JsonResponse<String>> {
    let entry = AccessEntry {
        kind: "repository".into(),
        name: "acme/app".into(),
        actions: vec!["push".into(), "pull".into()],
    };
    let claims = Claims {
        issuer: "berth".into(),
        subject: "acme+ci".into(),
        audience: Some("localhost:3000".into()),
        access: vec![entry],
        lists: false,
    };
    let signed = registry_token::sign(cx.services(), &claims).inspect_err(|error| {
        let cause = error.cause().expect("the log says why");
        assert!(cause.contains("cannot be opened with `secret_key`"), "{cause}");
    })?;
    assert_eq!(signed.issued_at, cx.services().now());
    Ok(JsonResponse(signed.token))
}

fn verify(cx: &Context<'_, Public>, path: TokenPath) -> HandlerResult<JsonResponse<String>> {
    match registry_token::verify(cx.services(), &path.token) {
        Ok(claims) => Ok(JsonResponse(format!(
            "{} {:?} until {}",
            claims.subject,
            claims.access,
            claims.expires_at.as_seconds()
        ))),
        Err(VerifyError::Refused(why)) => Err(ApiError::invalid_request(why)),
        Err(VerifyError::Failed(error)) => Err(error),
    }
}

fn app() -> App {
    App::new()
        .serving(&[TOKENS, signing_keys::ROUTES])
        .with_user("ana")
        .with_user("root")
        .with_user("auditor")
        .with("super_users", "root")
        .with("global_readonly_super_users", "auditor")
}

fn token(app: &App) -> String {
    let reply = app.anonymous().get("/test/token");
    assert_eq!(reply.status(), 200, "{reply}");
    reply.json().as_str().expect("a text").to_owned()
}

fn verified(app: &App, token: &str) -> Reply {
    app.anonymous().get(&format!("/test/claims/{token}"))
}

/// Why a token is refused.
fn refusal(app: &App, token: &str) -> String {
    let reply = verified(app, token);
    assert_eq!(reply.status(), 400, "{reply}");
    reply.json()["error_message"].as_str().expect("a text").to_owned()
}

/// The ids of the published keys, in their order.
fn kids(app: &App) -> Vec<String> {
    let set = app.anonymous().get(LIST).json();
    let keys = set["keys"].as_array().expect("a list");
    keys.iter().map(|key| key["kid"].as_str().expect("a text").to_owned()).collect()
}

/// A part of a token: its header, or its claims.
fn part(token: &str, place: usize) -> Value {
    let part = token.split('.').nth(place).expect("three parts");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("JSON")
}

fn kid_of(token: &str) -> String {
    part(token, 0)["kid"].as_str().expect("a text").to_owned()
}

/// A token of other parts that a key signed.
fn signed_by(key: &SigningKey, header: &Value, claims: &Value) -> String {
    let parts = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    let signed = parts.join(".");
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(key.sign(signed.as_bytes())))
}

/// The key of an application, as the database has it.
fn key_of(app: &App) -> SigningKey {
    use berth_domain::secret::{Purpose, SecretKeys};
    let sealed =
        app.rows("SELECT hex(sealed_private_key) FROM signing_key ORDER BY id")[0][0].clone();
    let sealed: Vec<u8> = (0..sealed.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&sealed[at..at + 2], 16).expect("hexadecimal"))
        .collect();
    let opened = SecretKeys::new("a key for tests").open(Purpose::SigningKey, &sealed);
    let bytes = URL_SAFE_NO_PAD.decode(opened.expect("the present key").text).expect("base64url");
    SigningKey::from_bytes(&bytes.try_into().expect("32 bytes")).expect("a key")
}

#[test]
fn a_token_names_its_key_and_is_good_for_five_minutes() {
    let app = app();
    let made = token(&app);
    let now = app.time();
    let (header, claims) = (part(&made, 0), part(&made, 1));
    let certificate = STANDARD.decode(header["x5c"][0].as_str().expect("a text")).expect("base64");
    assert_eq!(
        header,
        json!({ "typ": "JWT", "alg": "ES256", "kid": kid_of(&made), "x5c": header["x5c"] })
    );
    assert_eq!(certificate[..2], [0x30, 0x82]);
    let jti = &claims["jti"];
    assert_eq!(
        claims,
        json!({
            "iss": "berth", "sub": "acme+ci", "aud": "localhost:3000",
            "exp": now + 300, "nbf": now - 5, "iat": now - 5, "jti": jti,
            "access": [{ "type": "repository", "name": "acme/app", "actions": ["push", "pull"] }],
            "lists": false,
        })
    );
    let reply = verified(&app, &made);
    assert!(reply.text().contains("acme+ci"), "{reply}");
    let again = token(&app);
    assert_eq!(app.latest_statements().len(), 2, "{:?}", app.latest_statements());
    assert_ne!(part(&again, 1)["jti"], *jti);
    assert_eq!(kid_of(&again), kid_of(&made));
}

#[test]
fn only_tokens_of_ours_for_this_service_and_this_time_count() {
    let app = app();
    let made = token(&app);
    let (header, claims) = (part(&made, 0), part(&made, 1));
    let (ours, other) = (key_of(&app), SigningKey::from_bytes(&[7; 32]).expect("a key"));
    let with = |name: &str, value: Value| {
        let mut changed = claims.clone();
        changed[name] = value;
        signed_by(&ours, &header, &changed)
    };
    let now = app.time();
    assert_eq!(verified(&app, &with("sub", json!("ana"))).status(), 200);
    assert_eq!(verified(&app, &with("nbf", json!(now + 60))).status(), 200);
    assert_eq!(verified(&app, &with("exp", json!(now - 59))).status(), 200);
    let mut unnamed = header.clone();
    unnamed["kid"] = json!("AAAA");
    let mut none = header.clone();
    none["alg"] = json!("none");
    let (signed, _) = made.rsplit_once('.').expect("a signature");
    let refused = [
        ("malformed", "x".to_owned()),
        ("malformed", format!("{signed}.!")),
        ("malformed", with("exp", json!(1.5))),
        ("malformed", with("access", json!(null))),
        ("another algorithm", signed_by(&ours, &none, &claims)),
        ("not signed by a key of ours", format!("{signed}.")),
        ("not signed by a key of ours", signed_by(&other, &header, &claims)),
        ("not signed by a key of ours", signed_by(&ours, &unnamed, &claims)),
        ("another issuer", with("iss", json!("quay"))),
        ("another service", with("aud", json!("elsewhere"))),
        ("another service", with("aud", json!(null))),
        ("does not count yet", with("nbf", json!(now + 61))),
        ("has expired", with("exp", json!(now - 60))),
    ];
    for (why, token) in refused {
        let said = refusal(&app, &token);
        assert!(said.ends_with(why), "{said}: {token}");
    }
    app.set("registry_service", "registry.example.com");
    assert!(refusal(&app, &made).ends_with("another service"));
    let aud = with("aud", json!("registry.example.com"));
    assert_eq!(verified(&app, &aud).status(), 200);
}

#[test]
fn whoever_asks_first_makes_the_key() {
    for first in [LIST, "/registry/certificates.pem", "/test/token"] {
        let app =
            app().with("registry_state", "readonly").with("feature_anonymous_access", "false");
        assert_eq!(app.anonymous().get(first).status(), 200);
        assert_eq!(app.rows("SELECT count(*) FROM signing_key"), [["1"]]);
        assert_eq!(app.anonymous().get(first).status(), 200);
        assert_eq!(app.latest_statements().len(), 2, "{:?}", app.latest_statements());
    }
    let app = app();
    assert_eq!(app.as_user("root").get("/registry/keys").json(), json!({ "keys": [] }));
    assert_eq!(app.rows("SELECT count(*) FROM signing_key"), [["0"]]);
}

#[test]
fn keys_are_published_as_sets_of_keys_and_as_certificates() {
    let app = app();
    let anonymous = app.anonymous();
    let set = anonymous.get(LIST).json();
    let key = &set["keys"][0];
    let coordinate = |name: &str| {
        let text = key[name].as_str().expect("a text");
        URL_SAFE_NO_PAD.decode(text).expect("base64url")
    };
    let point = [vec![4], coordinate("x"), coordinate("y")].concat();
    let public = PublicKey::from_point(&point).expect("a point");
    assert_eq!(public, key_of(&app).public_key());
    assert_eq!(
        set,
        json!({ "keys": [{
            "kty": "EC", "crv": "P-256", "x": key["x"], "y": key["y"], "kid": public.fingerprint(),
            "use": "sig", "alg": "ES256", "x5c": [key["x5c"][0]],
        }] })
    );
    let one = anonymous.get(&format!("{LIST}/{}", public.fingerprint()));
    assert_eq!((one.json(), one.header("cache-control")), (key.clone(), Some("max-age=86400")));
    let pem = anonymous.get("/registry/certificates.pem");
    assert_eq!(pem.header("content-type"), Some("application/x-pem-file"));
    let pem = pem.text().to_string();
    assert!(pem.lines().all(|line| line.len() <= 64), "{pem}");
    let inner: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    assert_eq!(inner, key["x5c"][0].as_str().expect("a text"));

    assert_eq!(anonymous.get("/keys/services/quay/keys").json(), json!({ "keys": [] }));
    for unknown in
        [format!("/keys/services/quay/keys/{}", public.fingerprint()), format!("{LIST}/x")]
    {
        assert_eq!(anonymous.get(&unknown).status(), 404);
    }
    app.set("registry_token_issuer", "quay");
    assert_eq!(anonymous.get("/keys/services/quay/keys").json(), set);
}

#[test]
fn a_change_of_the_key_overlaps() {
    let app = app();
    let root = app.as_user("root");
    let old = token(&app);
    assert_snapshot!(root.post("/registry/keys", json!({ "signs_in": "12h" })), @r#"
    201
    {
      "kid": "<key id>",
      "created": "<start>",
      "signs_from": "<start+43200s>",
      "published_until": null,
      "state": "next"
    }
    "#);
    assert_snapshot!(app.log(), @r#"service_key_create - root {"kid":"<key id>","service":"berth","signs_from":"<start+43200s>"}"#);
    let next = kids(&app)[1].clone();
    assert_eq!(kids(&app), [kid_of(&old), next.clone()], "published at once");
    assert_snapshot!(app.as_user("auditor").get("/registry/keys"), @r#"
    200
    {
      "keys": [
        {
          "kid": "<key id>",
          "created": "<start>",
          "signs_from": "<start>",
          "published_until": "<start+47100s>",
          "state": "signing"
        },
        {
          "kid": "<key id>",
          "created": "<start>",
          "signs_from": "<start+43200s>",
          "published_until": null,
          "state": "next"
        }
      ]
    }
    "#);
    let reply = root.post("/registry/keys", json!({}));
    let said = reply.json()["error_message"].as_str().expect("a text").to_owned();
    assert_eq!(reply.status(), 400, "{reply}");
    assert!(said.starts_with("The key is being changed already"), "{said}");
    app.advance(DAY_S / 2 - 1);
    let last = token(&app);
    assert_eq!(kid_of(&last), kid_of(&old), "the former signs until the next does");
    app.advance(1);
    let new = token(&app);
    assert_eq!(kid_of(&new), next);
    for token in [&last, &new] {
        assert_eq!(verified(&app, token).status(), 200);
    }
    assert_eq!(kids(&app), [next.clone(), kid_of(&old)], "the one that signs is the first");
    let states = root.get("/registry/keys").json();
    assert_eq!(
        (&states["keys"][0]["state"], &states["keys"][1]["state"]),
        (&json!("signing"), &json!("former"))
    );
    app.advance(3_000);
    let kept = app.anonymous().get(&format!("{LIST}/{}", kid_of(&old)));
    assert_eq!(kept.header("cache-control"), Some("max-age=900"));
    app.advance(900);
    assert_eq!(kids(&app), std::slice::from_ref(&next));
    assert_eq!(app.anonymous().get(&format!("{LIST}/{}", kid_of(&old))).status(), 404);
    let reply = root.post("/registry/keys", json!({ "signs_in": 60 }));
    assert_eq!(reply.status(), 201, "{reply}");
    assert_eq!(
        app.rows("SELECT count(*) FROM signing_key"),
        [["2"]],
        "the former one is forgotten"
    );
}

#[test]
fn a_change_may_be_at_once_and_is_not_at_any_time() {
    let app = app();
    let root = app.as_user("root");
    let first = root.post("/registry/keys", json!({}));
    assert_eq!(
        (first.status(), &first.json()["state"]),
        (201, &json!("signing")),
        "nothing to overlap with"
    );
    assert_eq!(first.json()["kid"], kid_of(&token(&app)));
    for bad in [json!(-1), json!("1y"), json!(7_776_001), json!(1.5), json!("91d")] {
        let reply = root.post("/registry/keys", json!({ "signs_in": bad }));
        assert_eq!(reply.status(), 400, "{bad}: {reply}");
    }
    let second = root.post("/registry/keys", json!({ "signs_in": 0 }));
    assert_eq!((second.status(), &second.json()["state"]), (201, &json!("signing")));
    assert_eq!(second.json()["kid"], kid_of(&token(&app)));
    for user in ["ana", "auditor"] {
        assert_eq!(app.as_user(user).post("/registry/keys", json!({})).status(), 403);
    }
    assert_eq!(app.as_user("ana").get("/registry/keys").status(), 403);
    assert_eq!(app.anonymous().post("/registry/keys", json!({})).status(), 401);
}

/// A key that cannot be opened is replaced by nobody but a superuser: no registry would know the new one.
#[test]
fn a_key_that_no_secret_key_opens_stays() {
    let app = app();
    let before = token(&app);
    app.set("secret_key", "another");
    let reply = app.anonymous().get("/test/token");
    assert_eq!(reply.status(), 500, "{reply}");
    assert_eq!(kids(&app), [kid_of(&before)]);
    app.set("secret_key_previous", "a key for tests");
    assert_eq!(kid_of(&token(&app)), kid_of(&before));
    assert!(app.latest_statements().iter().any(|sql| sql.starts_with("UPDATE signing_key")));
    app.set("secret_key_previous", "");
    assert_eq!(kid_of(&token(&app)), kid_of(&before), "it is sealed under the new key");
    app.set("secret_key", "a third");
    let given_up = app.as_user("root").post("/registry/keys", json!({ "signs_in": 0 }));
    assert_eq!(given_up.status(), 201, "{given_up}");
    assert_eq!(given_up.json()["kid"], kid_of(&token(&app)));
    assert_eq!(verified(&app, &before).status(), 200, "its tokens count until they expire");
}

/// A key that waits is sealed anew with the one that signs.
#[test]
fn keys_that_wait_are_sealed_anew_too() {
    let app = app();
    token(&app);
    assert_eq!(app.as_user("root").post("/registry/keys", json!({})).status(), 201);
    app.set("secret_key", "another");
    app.set("secret_key_previous", "a key for tests");
    token(&app);
    app.set("secret_key_previous", "");
    app.advance(DAY_S);
    assert_eq!(kid_of(&token(&app)), kids(&app)[0]);
}
