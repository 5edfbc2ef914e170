//! What is there before, and the request of each row for one more.

use berth_domain::limits::Limit;
use berth_test::{App, Reply, TcpClient};
use berth_tests::surface::BEHIND;
use berth_web::Method;
use serde_json::{Value, json};

use crate::step::{Content, EVENTS_SECRET, Step, Who};

/// How many requests come at once.
pub(crate) const AT_ONCE: usize = 16;

/// How many there are of everything that a request needs one of.
const ENOUGH: usize = AT_ONCE;

const CALLBACK: &str = "http%3A%2F%2F127.0.0.1%3A8888%2Fcallback";

const ACME: &str = "/api/v1/organization/acme";

/// An application with everything that the rows need.
pub(crate) struct Scene {
    pub(crate) app: App,
    pub(crate) things: Things,
}

/// What requests name, in any thread.
pub(crate) struct Things {
    /// Who sends most requests; the owner of `acme`.
    caller: &'static str,
    /// How the names begin of those who are invited.
    invited: &'static str,
    client_id: String,
    client_secret: String,
    /// The codes of their invitations.
    invitations: Vec<String>,
    /// Codes of the OAuth flow.
    codes: Vec<String>,
}

/// Whether the row makes the owner too, with some of its own: then no request makes one more of it.
pub(crate) fn is_of_a_new_owner(row: &str, limit: &Limit) -> bool {
    matches!(
        (row, limit.name),
        ("createOrUpdateOrg", "teams" | "memberships")
            | (
                "createRepo" | "getRegistryToken" | "postRegistryToken" | "getRegistryManifest",
                "repository_permissions"
            )
    )
}

/// How much a request adds: robots have `{}` as metadata.
pub(crate) fn unit(limit: &Limit) -> i64 {
    if limit.name == "robot_metadata" { 2 } else { 1 }
}

/// What is counted otherwise than it is.
pub(crate) const DISAGREEMENTS: &str = "
    WITH counted (holder_id, kind, number) AS (
        SELECT creator_id, 'organizations', count(*) FROM account WHERE creator_id IS NOT NULL GROUP BY 1
        UNION ALL SELECT namespace_id, 'robots', count(*) FROM account WHERE kind = 'robot' GROUP BY 1
        UNION ALL SELECT account.namespace_id, 'robot_metadata', sum(octet_length(metadata))
            FROM robot JOIN account ON account.id = account_id GROUP BY 1
        UNION ALL SELECT organization_id, 'teams', count(*) FROM team GROUP BY 1
        UNION ALL SELECT team_id, 'team_members', count(*) FROM team_member GROUP BY 1
        UNION ALL SELECT organization_id, 'memberships', count(*) FROM team_member GROUP BY 1
        UNION ALL SELECT organization_id, 'invitations', count(*) FROM team_invitation GROUP BY 1
        UNION ALL SELECT inviter_id, 'inviter_invitations', count(*) FROM team_invitation
            WHERE inviter_id IS NOT NULL GROUP BY 1
        UNION ALL SELECT namespace_id, 'repositories', count(*) FROM repository GROUP BY 1
        UNION ALL SELECT repository_id, 'repository_permissions', count(*) FROM repository_permission GROUP BY 1
        UNION ALL SELECT namespace_id, 'namespace_permissions', count(*) FROM repository_permission GROUP BY 1
        UNION ALL SELECT repository_id, 'manifests', count(*) FROM manifest GROUP BY 1
        UNION ALL SELECT repository_id, 'tags', count(*) FROM tag GROUP BY 1
        UNION ALL SELECT organization_id, 'default_permissions', count(*) FROM default_permission GROUP BY 1
        UNION ALL SELECT account_id, 'stars', count(*) FROM star GROUP BY 1
        UNION ALL SELECT namespace_id, 'autoprune_policies', count(*) FROM autoprune_policy
            WHERE repository_id IS NULL GROUP BY 1
        UNION ALL SELECT repository_id, 'repository_autoprune_policies', count(*) FROM autoprune_policy
            WHERE repository_id IS NOT NULL GROUP BY 1
        UNION ALL SELECT namespace_id, 'applications', count(*) FROM oauth_application GROUP BY 1
        UNION ALL SELECT application_id, 'tokens', count(*) FROM access_token GROUP BY 1
        UNION ALL SELECT application_id, 'assignments', count(*) FROM assigned_authorization GROUP BY 1
        UNION ALL SELECT account_id, 'app_tokens', count(*) FROM app_token GROUP BY 1
        UNION ALL SELECT account_id, 'notifications', count(*) FROM notification GROUP BY 1
        UNION ALL SELECT 0, 'messages', count(*) FROM message HAVING count(*) > 0)
    SELECT * FROM (SELECT * FROM counted EXCEPT SELECT * FROM owned)
    UNION ALL SELECT * FROM (SELECT * FROM owned EXCEPT SELECT * FROM counted)";

impl Scene {
    /// `acme` is the caller's. `u…` are users, `s…` superusers.
    pub(crate) fn of(caller: &'static str) -> Self {
        let mut app = with_settings(App::new()).with_user("ana").with_user("root");
        for n in 0..ENOUGH {
            app = app.with_user(&format!("u{n}")).with_user(&format!("s{n}"));
        }
        let app = app.with_organization("acme", caller);
        // Each with a repository whose first image is too much for it.
        let full = |app: App, n| app.with_organization(&format!("full{n}"), "s1");
        let app = (0..ENOUGH).fold(app, full);
        app.execute(
            "INSERT INTO repository (namespace_id, name, created_at)
            SELECT id, 'app', 0 FROM account WHERE name LIKE 'full%'",
        );
        let things = Things {
            caller,
            invited: if caller == "root" { "s" } else { "u" },
            client_id: String::new(),
            client_secret: String::new(),
            invitations: Vec::new(),
            codes: Vec::new(),
        };
        for name in ["ana", "root"] {
            let _ = app.as_user(name);
        }
        let things = things.with_repositories(&app).with_cache(&app);
        let things = things.with_invitations(&app).with_client(&app);
        Self { app, things }
    }
}

fn with_settings(app: App) -> App {
    let superusers: Vec<String> = (0..ENOUGH).map(|n| format!("s{n}")).collect();
    app.with("super_users", &format!("root,{}", superusers.join(",")))
        .with("feature_superusers_full_access", "true")
        .with("feature_auto_prune", "true")
        .with("concord_admin_only_create", "false")
        .with("create_namespace_on_push", "true")
        .with("registry_events_secret", EVENTS_SECRET)
        .with("feature_quota_management", "true")
        .with("default_system_reject_quota_bytes", "1")
        .with("registry_url", &BEHIND)
        .with("ssrf_allowed_hosts", "127.0.0.1")
        .with_streaming(TcpClient)
}

fn account(name: &str) -> String {
    format!("SELECT id FROM account WHERE name = '{name}'")
}

impl Things {
    /// An application with the settings of all.
    pub(crate) fn settings_on(&self, app: App) -> App {
        with_settings(app)
    }

    fn with_repositories(self, app: &App) -> Self {
        let client = app.as_user(self.caller);
        for (namespace, name) in [("acme", "shared"), (self.caller, "own")] {
            let body = json!({ "namespace": namespace, "repository": name, "visibility": "private", "description": "" });
            assert_eq!(client.post("/api/v1/repository", body).status(), 201);
        }
        let acme = account("acme");
        for n in 0..ENOUGH {
            app.execute(&format!(
                "INSERT INTO repository (namespace_id, name, created_at) VALUES (({acme}), 'r{n}', 0)"
            ));
            app.execute(&format!(
                "INSERT INTO team (organization_id, name, role) VALUES (({acme}), 's{n}', 'member')"
            ));
            for namespace in [ACME, "/api/v1/user"] {
                let path = format!("{namespace}/robots/b{n}");
                assert_eq!(client.put(&path, json!({})).status(), 201);
            }
        }
        self
    }

    /// The organization `cache` caches the registry behind, which has every image.
    fn with_cache(self, app: &App) -> Self {
        let client = app.as_user(self.caller);
        let made = client.post("/api/v1/organization/", json!({ "name": "cache" }));
        assert_eq!(made.status(), 201, "{made}");
        let body = json!({ "namespace": "cache", "repository": "cached", "visibility": "private", "description": "" });
        assert_eq!(client.post("/api/v1/repository", body).status(), 201);
        let (cache, upstream) = (account("cache"), BEHIND.trim_start_matches("http://"));
        app.execute(&format!(
            "INSERT INTO proxy_cache_config (organization_id, upstream_registry, expiration_s, insecure)
            VALUES (({cache}), '{upstream}', 3600, 1)"
        ));
        app.execute(&format!(
            "INSERT INTO quota (namespace_id, limit_bytes) VALUES (({cache}), 1000000)"
        ));
        self
    }

    /// Everybody who can be invited is, into the team `asked`.
    fn with_invitations(mut self, app: &App) -> Self {
        let client = app.as_user(self.caller);
        app.set("require_team_invite", "true");
        for team in ["asked", "dev"] {
            let reply = client.put(&format!("{ACME}/team/{team}"), json!({ "role": "member" }));
            assert_eq!(reply.status(), 200, "{reply}");
        }
        for n in 0..ENOUGH {
            let name = format!("{}{n}", self.invited);
            let reply = client.put(&format!("{ACME}/team/asked/members/{name}"), json!({}));
            assert_eq!(reply.status(), 200, "{reply}");
            let shown = app.as_user(&name).get("/api/v1/user/notifications").json();
            let code = shown["notifications"][0]["metadata"]["code"].as_str();
            self.invitations.push(code.expect("a code").to_owned());
            // All who act have their token by then.
            let _ = (app.as_user(&format!("u{n}")), app.as_user(&format!("s{n}")));
        }
        self
    }

    fn with_client(mut self, app: &App) -> Self {
        let body = json!({ "name": "one", "redirect_uri": "http://127.0.0.1:8888/callback" });
        let made = app.as_user(self.caller).post(&format!("{ACME}/applications"), body).json();
        let text = |name: &str| made[name].as_str().expect("a text").to_owned();
        (self.client_id, self.client_secret) = (text("client_id"), text("client_secret"));
        for n in 0..=ENOUGH {
            let flow = if n < ENOUGH { "code" } else { "token" };
            let browser = app.with_session(self.caller);
            let reply = browser.post_form("/oauth/authorizeapp", &self.asking(flow));
            assert_eq!(reply.status(), 302, "{reply}");
            let location = reply.header("location").expect("a location");
            if let Some((_, code)) = location.split_once("code=") {
                self.codes.push(code.to_owned());
            }
        }
        assert_eq!(self.codes.len(), ENOUGH);
        self
    }

    fn asking(&self, flow: &str) -> String {
        let client_id = &self.client_id;
        format!(
            "client_id={client_id}&redirect_uri={CALLBACK}&scope=repo%3Aread&response_type={flow}"
        )
    }

    /// Sets the limit, and what else decides about the row.
    pub(crate) fn set(&self, app: &App, row: &str, limit: &Limit, most: i64) {
        app.set(limit.setting.name, &most.to_string());
        let invites = matches!(limit.name, "invitations" | "inviter_invitations" | "notifications");
        app.set("require_team_invite", if invites { "true" } else { "false" });
        if limit.name == "repository_permissions" && is_of_a_new_owner(row, limit) && most == 1 {
            app.execute(&format!(
                "INSERT INTO default_permission (uuid, organization_id, account_id, role)
                VALUES ('one', ({}), ({}), 'read')",
                account(if row == "getRegistryManifest" { "cache" } else { "acme" }),
                account("u0")
            ));
        }
    }

    /// How many the database has counted.
    pub(crate) fn number(&self, app: &App, row: &str, limit: &Limit) -> i64 {
        let holder = self.holder(row, limit);
        let rows = app.rows(&format!(
            "SELECT number FROM owned WHERE kind = '{}' AND holder_id = ({holder})",
            limit.name
        ));
        rows.first().map_or(0, |row| row[0].parse().expect("a number"))
    }

    /// SQL for the id of whose they are.
    fn holder(&self, row: &str, limit: &Limit) -> String {
        let caller = match row {
            "takeOwnership" => "root",
            _ => self.caller,
        };
        let is_own = row.contains("User") && !row.starts_with("change");
        let (namespace, repository) = match row {
            "getRegistryManifest" => ("cache", "cached"),
            _ if is_own => (caller, "own"),
            _ => ("acme", "shared"),
        };
        match limit.name {
            "organizations" | "stars" | "inviter_invitations" | "app_tokens" => account(caller),
            "team_members" => {
                let team = match row {
                    "acceptOrganizationTeamInvite" | "answerTeamInvite" => "asked",
                    "takeOwnership" => "owners",
                    _ => "dev",
                };
                format!("SELECT id FROM team WHERE name = '{team}'")
            }
            "repository_permissions" | "repository_autoprune_policies" | "manifests" | "tags" => {
                format!("SELECT id FROM repository WHERE name = '{repository}'")
            }
            "tokens" | "assignments" => {
                "SELECT id FROM oauth_application WHERE name = 'one'".into()
            }
            "notifications" => account("s1"),
            "messages" => "0".into(),
            _ => account(namespace),
        }
    }

    /// The request of a row for one more, for its number. A row without one fails the test.
    pub(crate) fn step(&self, row: &str, limit: &Limit, n: usize) -> Step {
        let step = self
            .in_organizations(row, limit, n)
            .or_else(|| self.in_teams(row, limit, n))
            .or_else(|| self.in_repositories(row, n))
            .or_else(|| self.at_a_registry(row, limit, n))
            .or_else(|| Self::by_the_registry(row, limit, n))
            .or_else(|| self.through_a_cache(row, limit, n))
            .or_else(|| self.of_applications(row, limit, n));
        step.unwrap_or_else(|| panic!("{row} makes something that is limited and has no case here"))
    }

    fn post(&self, path: impl Into<String>, body: Value) -> Step {
        let who = Who::Token(self.caller.to_owned());
        Step { who, method: Method::POST, path: path.into(), content: Content::Json(body) }
    }

    fn put(&self, path: impl Into<String>, body: Value) -> Step {
        Step { method: Method::PUT, ..self.post(path, body) }
    }

    fn in_organizations(&self, row: &str, limit: &Limit, n: usize) -> Option<Step> {
        let policy = json!({ "method": "number_of_tags", "value": n + 1 });
        let message = json!({ "content": "x", "severity": "info", "media_type": "text/plain" });
        let delegate = json!({ "name": format!("u{n}"), "kind": "user" });
        let as_superuser = |step: Step, name: String| Step { who: Who::Token(name), ..step };
        let take =
            |name: &str| self.post(format!("/api/v1/superuser/takeownership/{name}"), json!({}));
        Some(match (row, limit.name) {
            ("createOrganization", _) => {
                self.post("/api/v1/organization/", json!({ "name": format!("one{n}") }))
            }
            ("createOrUpdateOrg", _) => {
                self.post("/api/v1/org", json!({ "name": format!("one{n}") }))
            }
            ("createOrgRobot", _) => self.put(format!("{ACME}/robots/r{n}"), json!({})),
            ("createUserRobot", _) => self.put(format!("/api/v1/user/robots/r{n}"), json!({})),
            ("createOrganizationAutoPrunePolicy", _) => {
                self.post(format!("{ACME}/autoprunepolicy/"), policy)
            }
            ("createUserAutoPrunePolicy", _) => self.post("/api/v1/user/autoprunepolicy/", policy),
            ("createOrganizationPrototypePermission", _) => self.post(
                format!("{ACME}/prototypes"),
                json!({ "role": "read", "delegate": delegate }),
            ),
            ("createGlobalMessage", _) => as_superuser(
                self.post("/api/v1/messages", json!({ "message": message })),
                "root".into(),
            ),
            ("takeOwnership", "organizations") => {
                as_superuser(take(&format!("u{n}")), "root".into())
            }
            ("takeOwnership", _) => as_superuser(take("acme"), format!("s{n}")),
            _ => return None,
        })
    }

    fn in_teams(&self, row: &str, limit: &Limit, n: usize) -> Option<Step> {
        // Notifications are those of one user, who is invited into many teams.
        let (team, name) = match limit.name {
            "notifications" => (format!("s{n}"), "s1".to_owned()),
            _ => ("dev".to_owned(), format!("u{n}")),
        };
        let invited = || Who::Token(format!("{}{n}", self.invited));
        let code = &self.invitations[n];
        Some(match row {
            "updateOrganizationTeam" => {
                self.put(format!("{ACME}/team/t{n}"), json!({ "role": "member" }))
            }
            "updateOrganizationTeamMember" => {
                self.put(format!("{ACME}/team/{team}/members/{name}"), json!({}))
            }
            "addOrganizationMember" => {
                self.put(format!("{ACME}/members/{name}"), json!({ "team": team }))
            }
            "inviteTeamMemberEmail" => {
                self.put(format!("{ACME}/team/dev/invite/a{n}%40b.example"), json!({}))
            }
            "acceptOrganizationTeamInvite" => {
                Step { who: invited(), ..self.put(format!("/api/v1/teaminvite/{code}"), json!({})) }
            }
            "answerTeamInvite" => Step {
                who: Who::Browser(format!("{}{n}", self.invited)),
                method: Method::POST,
                path: "/confirminvite".into(),
                content: Content::Form(format!("answer=accept&code={code}")),
            },
            _ => return None,
        })
    }

    fn in_repositories(&self, row: &str, n: usize) -> Option<Step> {
        let shared = "/api/v1/repository/acme/shared";
        let role = || json!({ "role": "read" });
        let policy = json!({ "method": "number_of_tags", "value": n + 1 });
        let repository = json!({
            "namespace": "acme", "repository": format!("one{n}"), "visibility": "public", "description": "",
        });
        Some(match row {
            "createRepo" => self.post("/api/v1/repository", repository),
            "createStar" => self.post(
                "/api/v1/user/starred",
                json!({ "namespace": "acme", "repository": format!("r{n}") }),
            ),
            "syncRepoTags" => self.post(format!("{shared}/tag/sync?last=t{n:02}"), json!({})),
            "createRepositoryAutoPrunePolicy" => {
                self.post(format!("{shared}/autoprunepolicy/"), policy)
            }
            "changeUserPermissions" => self.put(format!("{shared}/permissions/user/u{n}"), role()),
            "changeTeamPermissions" => self.put(format!("{shared}/permissions/team/s{n}"), role()),
            "setOrganizationTeamPermission" => {
                self.put(format!("{ACME}/team/s{n}/permissions/shared"), role())
            }
            "setOrgRobotPermission" => {
                self.put(format!("{ACME}/robots/b{n}/permissions/shared"), role())
            }
            "setUserRobotPermission" => {
                self.put(format!("/api/v1/user/robots/b{n}/permissions/own"), role())
            }
            _ => return None,
        })
    }

    /// The push of an image of its own, with a tag of its own; to be told of, in an organization of its own.
    fn by_the_registry(row: &str, limit: &Limit, n: usize) -> Option<Step> {
        let full = format!("full{n}/app");
        let repository = if limit.name == "notifications" { full.as_str() } else { "acme/shared" };
        let event = json!({
            "id": format!("event {n}"), "timestamp": "2026-11-22T06:28:00Z", "action": "push",
            "target": {
                "repository": repository, "digest": format!("sha256:{n:064}"), "tag": format!("t{n}"), "size": 1,
                "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "references": [{ "digest": "sha256:config", "size": 5 }],
            },
        });
        (row == "notifyOfRegistryEvents").then(|| Step {
            who: Who::Registry,
            method: Method::POST,
            path: "/registry/events".into(),
            content: Content::Json(json!({ "events": [event] })),
        })
    }

    /// A push to a repository that does not exist, in an organization that does or does not.
    fn at_a_registry(&self, row: &str, limit: &Limit, n: usize) -> Option<Step> {
        let name = match limit.name {
            "organizations" => format!("one{n}/app"),
            _ => format!("acme/one{n}"),
        };
        let scope = format!("scope=repository:{name}:push");
        let asking = |method: Method, path: String, content: Content| Step {
            who: Who::RegistryClient(self.caller.to_owned()),
            method,
            path,
            content,
        };
        Some(match row {
            "getRegistryToken" => {
                asking(Method::GET, format!("/v2/auth?{scope}"), Content::Nothing)
            }
            "postRegistryToken" => {
                let form = Content::Form(format!("grant_type=password&{scope}"));
                asking(Method::POST, "/v2/auth".into(), form)
            }
            _ => return None,
        })
    }

    /// A pull of an image that the cache does not have; where repositories count, of one that it does not have either.
    fn through_a_cache(&self, row: &str, limit: &Limit, n: usize) -> Option<Step> {
        let (name, tag) = match limit.name {
            "manifests" | "tags" => ("cache/cached".to_owned(), format!("t{n}")),
            _ => (format!("cache/one{n}"), "t".to_owned()),
        };
        (row == "getRegistryManifest").then(|| Step {
            who: Who::TokenHolder(self.caller.to_owned(), name.clone()),
            method: Method::GET,
            path: format!("/v2/{name}/manifests/{tag}"),
            content: Content::Nothing,
        })
    }

    fn of_applications(&self, row: &str, limit: &Limit, n: usize) -> Option<Step> {
        let (client_id, secret) = (&self.client_id, &self.client_secret);
        let browser = |method: Method, path: String, content: Content| Step {
            who: Who::Browser(self.caller.to_owned()),
            method,
            path,
            content,
        };
        let name = if limit.name == "notifications" { "s1".into() } else { format!("u{n}") };
        Some(match row {
            "createOrganizationApplication" => {
                self.post(format!("{ACME}/applications"), json!({ "name": "two" }))
            }
            "createOrganizationApplicationToken" => self.post(
                format!("{ACME}/applications/{client_id}/tokens"),
                json!({ "name": "x", "scope": "repo:read" }),
            ),
            "createAppToken" => self.post("/api/v1/user/apptoken", json!({ "title": "x" })),
            "oauthAuthorize" => {
                let path = format!("/oauth/authorize?{}", self.asking("token"));
                browser(Method::GET, path, Content::Nothing)
            }
            "oauthAllow" => {
                let form = Content::Form(self.asking("token"));
                browser(Method::POST, "/oauth/authorizeapp".into(), form)
            }
            "oauthAssignToUser" => {
                let asking = self.asking("token");
                let path =
                    format!("/oauth/authorize/assignuser?username={name}&{asking}&format=json");
                browser(Method::POST, path, Content::Nothing)
            }
            "oauthExchangeCode" => Step {
                who: Who::Program,
                method: Method::POST,
                path: "/oauth/access_token".into(),
                content: Content::Form(format!(
                    "grant_type=authorization_code&client_id={client_id}&client_secret={secret}&\
                    redirect_uri={CALLBACK}&code={}",
                    self.codes[n]
                )),
            },
            _ => return None,
        })
    }

    /// The request that deletes the first, which `reply` answered.
    pub(crate) fn deletion(&self, app: &App, row: &str, limit: &Limit, reply: &Reply) -> Step {
        let step = self.step(row, limit, 0);
        let body: Value = serde_json::from_slice(reply.body()).unwrap_or_default();
        let id = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        let latest = |table: &str| {
            app.rows(&format!("SELECT uuid FROM {table} ORDER BY id DESC LIMIT 1"))[0][0].clone()
        };
        let below = |path: &str, id: String| {
            self.put(format!("{}/{id}", path.trim_end_matches('/')), Value::Null).deletion()
        };
        let organization =
            |name: &str| self.put(format!("/api/v1/organization/{name}"), Value::Null).deletion();
        let member = |team: &str, name: &str| {
            self.put(format!("{ACME}/team/{team}/members/{name}"), Value::Null).deletion()
        };
        let first = format!("{}0", self.invited);
        match (row, limit.name) {
            ("createOrganization" | "createOrUpdateOrg", _)
            | ("getRegistryToken" | "postRegistryToken", "organizations") => organization("one0"),
            ("takeOwnership", "organizations") => {
                Step { who: Who::Token("root".into()), ..organization("u0") }
            }
            ("takeOwnership", _) => member("owners", "s0"),
            ("acceptOrganizationTeamInvite" | "answerTeamInvite", _) => member("asked", &first),
            ("addOrganizationMember", _) => member("dev", "u0"),
            ("createRepo" | "getRegistryToken" | "postRegistryToken", _) => {
                below("/api/v1/repository/acme", "one0".into())
            }
            ("getRegistryManifest", _) => below("/api/v1/repository/cache", "one0".into()),
            ("createStar", _) => below("/api/v1/user/starred/acme", "r0".into()),
            ("createOrganizationApplication", _) => below(&step.path, id("client_id")),
            ("createGlobalMessage", _) => {
                Step { who: step.who, ..below("/api/v1/message", id("uuid")) }
            }
            ("createOrganizationPrototypePermission", _) => below(&step.path, id("id")),
            ("oauthAssignToUser", _) => {
                let uuid = app.rows("SELECT uuid FROM assigned_authorization ORDER BY id LIMIT 1");
                let path = format!("/api/v1/user/assignedauthorization/{}", uuid[0][0]);
                Step { who: Who::Token("u0".into()), ..self.put(path, Value::Null).deletion() }
            }
            (_, "app_tokens") => below(&step.path, latest("app_token")),
            (_, "tokens") => below(
                &format!("{ACME}/applications/{}/tokens", self.client_id),
                latest("access_token"),
            ),
            _ if step.method == Method::PUT => step.deletion(),
            _ => below(&step.path, id("uuid")),
        }
    }
}
