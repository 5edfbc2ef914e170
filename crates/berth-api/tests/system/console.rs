//! What a console reads of the installation: configuration, discovery, the registry itself.

use berth_test::App;
use insta::assert_snapshot;

fn app() -> App {
    App::new().with_user("ana").with_user("root").with("super_users", "root")
}

#[test]
fn the_configuration_is_the_settings() {
    let app = app()
        .with("tag_expiration_options", "0s,36h,14d")
        .with("feature_proxy_cache", "false")
        .with("registry_state", "readonly")
        .with("robots_disallow", "true");
    assert_snapshot!(app.anonymous().get("/config"), @r#"
    200
    {
      "config": {
        "AUTHENTICATION_TYPE": "Database",
        "AVATAR_KIND": "local",
        "BRANDING": {
          "logo": "/static/img/berth-logo.svg",
          "logo_dark": "/static/img/berth-logo.svg",
          "footer_img": null,
          "footer_url": null
        },
        "CONTACT_INFO": [],
        "DEBUG": false,
        "DEFAULT_NAMESPACE_AUTOPRUNE_POLICY": null,
        "DEFAULT_TAG_EXPIRATION": "2w",
        "LOCAL_OAUTH_HANDLER": "/oauth/localapp",
        "PREFERRED_URL_SCHEME": "http",
        "REGISTRY_TITLE": "Berth",
        "REGISTRY_TITLE_SHORT": "Berth",
        "ROBOTS_DISALLOW": true,
        "SERVER_HOSTNAME": "localhost:3000",
        "SESSION_TIMEOUT": "31d",
        "SETUP_COMPLETE": true,
        "TAG_EXPIRATION_OPTIONS": [
          "0s",
          "36h",
          "2w"
        ]
      },
      "features": {
        "ACTION_LOG_ROTATION": false,
        "AGGREGATED_LOG_COUNT_RETRIEVAL": true,
        "ANONYMOUS_ACCESS": true,
        "APP_SPECIFIC_TOKENS": true,
        "ASSIGN_OAUTH_TOKEN": true,
        "AUTO_PRUNE": false,
        "BILLING": false,
        "BITBUCKET_BUILD": false,
        "BUILD_SUPPORT": false,
        "CHANGE_TAG_EXPIRATION": true,
        "CONSOLE": true,
        "DIRECT_LOGIN": true,
        "EDIT_QUOTA": true,
        "EXTENDED_REPOSITORY_NAMES": true,
        "GENERAL_OCI_SUPPORT": false,
        "GITHUB_BUILD": false,
        "GITHUB_LOGIN": false,
        "GITLAB_BUILD": false,
        "GOOGLE_LOGIN": false,
        "HELM_OCI_SUPPORT": false,
        "IMMUTABLE_TAGS": false,
        "INVITE_ONLY_USER_CREATION": false,
        "LIBRARY_SUPPORT": false,
        "LOG_EXPORT": true,
        "MAILING": true,
        "NONSUPERUSER_TEAM_SYNCING_SETUP": false,
        "ORG_MIRROR": false,
        "ORG_SHARED_EMAIL": false,
        "PROGRAMMATIC_BOOTSTRAP": false,
        "PROXY_CACHE": false,
        "PUBLIC_CATALOG": false,
        "PULL_LOGS": true,
        "QUOTA_MANAGEMENT": false,
        "QUOTA_NOTIFICATIONS": false,
        "RECAPTCHA": false,
        "REPO_MIRROR": false,
        "REQUIRE_TEAM_INVITE": false,
        "RESTRICTED_USERS": false,
        "SECURITY_NOTIFICATIONS": false,
        "SECURITY_SCANNER": false,
        "SIGNING": false,
        "STORAGE_PROXY": false,
        "STORAGE_REPLICATION": false,
        "SUPERUSERS_FULL_ACCESS": false,
        "SUPERUSERS_ORG_CREATION_ONLY": false,
        "SUPER_USERS": true,
        "TEAM_SYNCING": false,
        "UI_MODELCARD": false,
        "USER_CREATION": true,
        "USER_EVENTS": false,
        "USER_INITIALIZE": true,
        "USER_LOG_ACCESS": false,
        "USER_METADATA": false,
        "USER_RENAME": false
      },
      "registry_state": "readonly",
      "external_login": [],
      "account_recovery_mode": false,
      "oauth": {},
      "version_number": "Berth 0.1.0"
    }
    "#);
}

#[test]
fn no_secret_is_in_the_configuration() {
    let app = app();
    for row in berth_domain::settings::ALL.iter().filter(|row| row.secret) {
        app.set(row.name, "hunter2hunter2");
    }
    assert!(!app.anonymous().get("/config").to_string().contains("hunter2"));
}

#[test]
fn the_logo_is_where_the_configuration_says() {
    let anonymous = app().with("feature_anonymous_access", "false").anonymous().get("/config");
    let path = anonymous.json()["config"]["BRANDING"]["logo"].as_str().expect("a path").to_owned();
    let logo = app().anonymous().get(&path);
    assert_eq!(logo.status(), 200);
    assert_eq!(logo.header("content-type"), Some("image/svg+xml"));
    assert_eq!(logo.header("cache-control"), Some("public, max-age=86400"));
    let picture = String::from_utf8_lossy(logo.body()).into_owned();
    assert!(picture.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" "), "{picture}");
    assert!(!picture.contains("<script"), "a picture runs nothing");
}

/// Even without a session where anonymous access is off, as in the original.
#[test]
fn everybody_may_read_the_registry_s_capabilities() {
    let app = app().with("feature_anonymous_access", "false");
    assert_snapshot!(app.anonymous().get("/api/v1/registry/capabilities"), @r#"
    200
    {
      "sparse_manifests": {
        "supported": false,
        "required_architectures": [],
        "optional_architectures_allowed": false
      },
      "mirror_architectures": []
    }
    "#);
}

#[test]
fn there_are_no_service_keys() {
    let app = app();
    assert_snapshot!(app.as_user("root").get("/api/v1/superuser/keys"), @r#"
    200
    {
      "keys": []
    }
    "#);
    assert_eq!(app.as_user("ana").get("/api/v1/superuser/keys").status(), 403);
    assert_eq!(app.anonymous().get("/api/v1/superuser/keys").status(), 401);
    app.set("feature_super_users", "false");
    assert_eq!(app.as_user("root").get("/api/v1/superuser/keys").status(), 404);
}

#[test]
fn superusers_ask_about_the_registry() {
    let app = app();
    let root = app.as_user("root");
    assert_snapshot!(root.get("/api/v1/superuser/registrysize/"), @r#"
    200
    {
      "size_bytes": 0,
      "last_ran": null,
      "running": false,
      "queued": false
    }
    "#);
    assert_snapshot!(root.post_empty("/api/v1/superuser/registrysize/"), @r#"
    201
    ""
    "#);
    assert_snapshot!(root.get("/api/v1/superuser/registrystatus"), @r#"
    200
    {
      "status": "ready"
    }
    "#);
    assert!(root.get("/api/v1/superuser/changelog/").to_string().contains("Unreleased"));
    for path in ["registrysize/", "registrystatus", "changelog/"] {
        let path = format!("/api/v1/superuser/{path}");
        assert_eq!(app.as_user("ana").get(&path).status(), 403, "{path}");
        assert_eq!(app.anonymous().get(&path).status(), 401, "{path}");
    }
}

#[test]
fn whoever_runs_it_reads_the_settings_in_force() {
    let app = app()
        .with("registry_title", "Harbour")
        .with("setup_token", "laid-down-on-monday")
        .with("mail_gateway_url", "https://me:opensesame@mail.example/send")
        .with("global_readonly_super_users", "ana");
    for reader in ["root", "ana"] {
        let reply = app.as_user(reader).get("/api/v1/superuser/settings");
        assert_eq!(reply.status(), 200, "{reply}");
        let settings = reply.json()["settings"].as_array().cloned().unwrap_or_default();
        assert_eq!(settings.len(), berth_domain::settings::ALL.len());
        let named = |name: &str| {
            settings.iter().find(|setting| setting["name"] == name).cloned().unwrap_or_default()
        };
        assert_eq!(named("registry_title")["value"], "Harbour");
        assert_eq!(named("registry_title")["default"], "Berth");
        assert_eq!(named("registry_title")["changed"], true);
        assert_eq!(named("mails_per_hour")["changed"], false);
        assert_eq!(named("setup_token")["value"], serde_json::Value::Null);
        assert_eq!(named("setup_token")["changed"], true);
        assert_eq!(named("mail_gateway_url")["value"], "https://…@mail.example/send");
        let text = reply.text();
        assert!(!text.contains("laid-down") && !text.contains("opensesame"), "{text}");
    }
    assert_eq!(app.with_user("eve").as_user("eve").get("/api/v1/superuser/settings").status(), 403);
}

#[test]
fn discovery_shows_what_is_on_and_not_internal() {
    let app = app().with("feature_anonymous_access", "false");
    let anonymous = app.anonymous();
    let public = anonymous.get("/api/v1/discovery").json();
    let keys: Vec<&String> = public.as_object().expect("an object").keys().collect();
    assert_eq!(
        keys,
        [
            "swagger",
            "host",
            "basePath",
            "schemes",
            "consumes",
            "produces",
            "info",
            "securityDefinitions",
            "paths",
            "definitions",
            "responses",
            "tags"
        ]
    );
    let messages = &public["paths"]["/api/v1/messages"];
    assert_eq!(messages["post"]["security"][0]["oauth2_implicit"][0], "super:user");
    assert!(!public.to_string().contains("x-feature"), "marks are not shown");
    let size = "/api/v1/superuser/registrysize/";
    assert!(public["paths"].get(size).is_none());
    let all = anonymous.get("/api/v1/discovery?internal=true").json();
    assert_eq!(all["paths"][size]["get"]["operationId"], "getRegistrySize");
    app.set("feature_super_users", "false");
    let without = anonymous.get("/api/v1/discovery?internal=true").json();
    assert!(!without.to_string().contains("super:user"));
    let messages = &without["paths"]["/api/v1/messages"];
    assert!(messages.get("post").is_none() && messages["get"].is_object(), "{messages}");
}
