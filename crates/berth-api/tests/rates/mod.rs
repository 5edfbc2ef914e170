//! What may be asked for only so often, at every row that is limited.

use std::collections::BTreeSet;

use berth_api::RESOURCES;
use berth_domain::settings::{self, AnySetting as _};
use berth_test::{App, Reply};
use serde_json::{Value, json};

use crate::oauth::{asking, text};
use crate::proxy_cache::registry;

/// The limit in all cases.
const LIMIT: usize = 3;

/// A limited row.
struct Rated {
    row: &'static str,
    setting: &'static str,
    /// What is sent the last time, in the fixture of [`app`]: by one of two callers, with a number that no other request has.
    send: fn(&App, usize, usize) -> Reply,
    /// What is answered within the limit.
    status: u16,
}

const RATED: &[Rated] = &[
    Rated { row: "createNewUser", setting: "sign_ups_per_hour", send: sign_up, status: 200 },
    Rated { row: "initializeUser", setting: "sign_ups_per_hour", send: initialize, status: 200 },
    Rated {
        row: "requestRecoveryEmail",
        setting: "recoveries_per_hour",
        send: recovery,
        status: 200,
    },
    Rated {
        row: "validateProxyCacheConfig",
        setting: "registry_checks_per_minute",
        send: |app, caller, number| {
            let path = format!("{}/validateproxycache", organization(caller));
            let body = json!({ "upstream_registry": format!("docker.io/number{number}") });
            app.as_user(USERS[caller]).post(&path, body)
        },
        status: 202,
    },
    Rated {
        row: "createOrganizationApplicationToken",
        setting: "tokens_per_minute",
        send: |app, caller, number| {
            let client_id = application(app, caller)["client_id"].clone();
            let path = format!(
                "{}/applications/{}/tokens",
                organization(caller),
                client_id.as_str().unwrap_or_default()
            );
            let body = json!({ "name": format!("token{number}"), "scope": "repo:read" });
            app.as_user(USERS[caller]).post(&path, body)
        },
        status: 200,
    },
    Rated {
        row: "oauthAllow",
        setting: "tokens_per_minute",
        send: |app, caller, _| authorize(app, caller, "token"),
        status: 302,
    },
    Rated {
        row: "oauthAllow",
        setting: "tokens_per_minute",
        send: |app, caller, _| authorize(app, caller, "code"),
        status: 302,
    },
    Rated {
        row: "oauthAuthorize",
        setting: "tokens_per_minute",
        send: |app, caller, _| {
            let query = asking(&application(app, caller), "token", "repo%3Aread");
            app.with_session(USERS[caller]).get(&format!("/oauth/authorize?{query}"))
        },
        status: 302,
    },
    Rated {
        row: "inviteTeamMemberEmail",
        setting: "mails_per_hour",
        send: |app, caller, number| invite(app, caller, &format!("number{number}")),
        status: 200,
    },
    // The other caller is the other address here.
    Rated {
        row: "changeUserDetails",
        setting: "mails_to_address_per_hour",
        send: |app, caller, _| {
            app.advance(60);
            let body = json!({ "email": format!("address{caller}@corp.example") });
            app.with_session("ana").put("/api/v1/user/", body)
        },
        status: 200,
    },
    Rated {
        row: "signinUser",
        setting: "sign_in_failures_per_minute",
        send: |app, caller, number| {
            let body = json!({ "username": format!("nobody{number}"), "password": "wrong" });
            browser(app, caller).post("/api/v1/signin", body)
        },
        status: 403,
    },
];

const USERS: [&str; 2] = ["ana", "bob"];

/// Two users with an organization each, in which `ana` and `bob` have an application and a token of it.
fn app() -> App {
    let app = registry::app().with_organization("bobs", "bob");
    for (caller, user) in USERS.into_iter().enumerate() {
        let body = json!({ "name": "one", "redirect_uri": "http://127.0.0.1:8888/callback" });
        let path = format!("{}/applications", organization(caller));
        assert_eq!(app.as_user(user).post(&path, body).status(), 200);
        assert_eq!(authorize(&app, caller, "token").status(), 302);
    }
    app.advance(3_600);
    app.set("mail_gateway_url", "https://mail.example/send");
    app
}

fn organization(caller: usize) -> String {
    format!("/api/v1/organization/{}", ["acme", "bobs"][caller])
}

fn application(app: &App, caller: usize) -> Value {
    let path = format!("{}/applications", organization(caller));
    app.as_user(USERS[caller]).get(&path).json()["applications"][0].clone()
}

fn browser(app: &App, caller: usize) -> berth_test::As<'_> {
    app.browser().from(["192.0.2.77", "192.0.2.78"][caller])
}

fn sign_up(app: &App, caller: usize, number: usize) -> Reply {
    let name = format!("new{number}");
    let email = format!("{name}@example.com");
    let body = json!({ "username": name, "password": "password", "email": email });
    browser(app, caller).post("/api/v1/user/", body)
}

/// There is no first user any more each time.
fn initialize(app: &App, caller: usize, _: usize) -> Reply {
    app.execute("DELETE FROM account WHERE kind = 'organization'");
    app.execute("DELETE FROM account");
    let body = json!({ "username": "root", "password": "password", "email": "root@example.com" });
    let client = app.anonymous().from(["192.0.2.77", "192.0.2.78"][caller]);
    client.post("/api/v1/user/initialize", body)
}

fn recovery(app: &App, caller: usize, number: usize) -> Reply {
    let body = json!({ "email": format!("number{number}@example.com") });
    browser(app, caller).post("/api/v1/recovery", body)
}

fn authorize(app: &App, caller: usize, flow: &str) -> Reply {
    let form = asking(&application(app, caller), flow, "repo%3Aread");
    app.with_session(USERS[caller]).post_form("/oauth/authorizeapp", &form)
}

fn invite(app: &App, caller: usize, name: &str) -> Reply {
    let path = format!("{}/team/owners/invite/{name}@corp.example", organization(caller));
    app.as_user(USERS[caller]).put_empty(&path)
}

/// The one more is 429, with the limit and the wait in its headers; nobody else is held, and it is heard after the wait. 0 is no limit.
#[test]
fn one_more_than_the_limit_waits() {
    for rated in RATED {
        let (app, what) = (app(), format!("{} by {}", rated.row, rated.setting));
        app.set(rated.setting, &LIMIT.to_string());
        let send = |caller: usize, number: usize| (rated.send)(&app, caller, number);
        for number in 0..LIMIT {
            let reply = send(0, number);
            assert_eq!(reply.status(), rated.status, "{what}, {number}: {reply}");
        }
        let refused = send(0, LIMIT);
        assert_eq!(refused.status(), 429, "{what}: {refused}");
        let header = |name: &str| {
            let value = refused.header(name).unwrap_or_else(|| panic!("{what}: no {name}"));
            value.parse::<i64>().unwrap_or_else(|_| panic!("{what}: {name} is {value}"))
        };
        let wait_s = header("retry-after");
        assert!((1..=3_600).contains(&wait_s), "{what}: {wait_s}");
        let told = (header("ratelimit-limit"), header("ratelimit-remaining"));
        assert_eq!((told, header("ratelimit-reset")), ((3, 0), wait_s), "{what}");
        assert!(!text(&refused.json(), "message").is_empty(), "{what}");
        assert_eq!(send(1, LIMIT + 1).status(), rated.status, "{what}: another caller is held");
        app.advance(wait_s);
        assert_eq!(send(0, LIMIT + 2).status(), rated.status, "{what}: after {wait_s} s");
        app.set(rated.setting, "0");
        for number in 0..LIMIT + 1 {
            assert_eq!(send(0, LIMIT + 3 + number).status(), rated.status, "{what}: no limit");
        }
    }
}

/// A row that declares the setting of a rate is tried above.
#[test]
fn every_limited_row_is_tried() {
    let rates = [
        settings::SIGN_UPS_PER_HOUR.name(),
        settings::RECOVERIES_PER_HOUR.name(),
        settings::REGISTRY_CHECKS_PER_MINUTE.name(),
        settings::TOKENS_PER_MINUTE.name(),
    ];
    let tried: BTreeSet<_> = RATED.iter().map(|rated| (rated.row, rated.setting)).collect();
    for route in RESOURCES.iter().flat_map(|resource| resource.rows()) {
        // That row shows settings, and keeps to none.
        if route.name == "listSettings" {
            continue;
        }
        let declared = route.settings.iter().flat_map(|settings| settings.iter());
        for name in declared.map(|setting| setting.name()).filter(|name| rates.contains(name)) {
            assert!(tried.contains(&(route.name, name)), "{} by {name} is not tried", route.name);
        }
    }
}
