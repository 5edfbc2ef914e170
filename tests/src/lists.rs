//! Every list of the route tables, and how a test fills it: entries that bear a number, which their answers show.

use berth_test::{App, Reply};
use berth_web::{Method, Route};
use serde_json::Value;

use crate::components::rows;

/// An application with all that lists are about: `ana` owns `acme`, `bob` is nobody in it, `root` is a superuser, `reader` reads everything.
#[must_use]
pub fn acme() -> App {
    App::new()
        .with("super_users", "root")
        .with("global_readonly_super_users", "reader")
        .with("feature_auto_prune", "true")
        .with("feature_quota_management", "true")
        .with("feature_edit_quota", "true")
        .with_user("root")
        .with_user("ana")
        .with_user("bob")
        .with_user("reader")
        .with_organization("acme", "ana")
}

/// The same, where nothing is limited.
#[must_use]
pub fn app() -> App {
    let app = acme();
    app.execute("UPDATE owned_limit SET most = 1000000");
    app
}

/// The rows that are lists, with what fills them.
///
/// # Panics
/// When a list has no filling.
pub fn lists() -> impl Iterator<Item = (&'static Route, Filling)> {
    let is_list =
        |route: &Route| route.endpoint.query().iter().any(|query| query.name == "page_token");
    let lists = rows().map(|(_, route)| route).filter(move |route| is_list(route));
    lists.map(|route| {
        assert_eq!(route.method, Method::GET, "{}", route.name);
        let filling = filling(route.name);
        (route, filling.unwrap_or_else(|| panic!("{}: nothing fills the list", route.name)))
    })
}

/// The orders of a list: what `sort` may be.
///
/// # Panics
/// When the row is no list.
#[must_use]
pub fn orders(route: &Route) -> Vec<String> {
    let mut query = route.endpoint.query().into_iter();
    query.find(|query| query.name == "sort").expect("it is a list").choices
}

/// The path with more parameters.
#[must_use]
pub fn with_query(path: &str, query: &str) -> String {
    format!("{path}{}{query}", if path.contains('?') { '&' } else { '?' })
}

/// The address in `Link` of what stands so to the page.
#[must_use]
pub fn link(reply: &Reply, relation: &str) -> Option<String> {
    linked(reply.header("link").unwrap_or_default(), relation)
}

/// The same, in the header's text.
#[must_use]
pub fn linked(links: &str, relation: &str) -> Option<String> {
    let link = links.split(", ").find(|link| link.ends_with(&format!("; rel=\"{relation}\"")))?;
    Some(link.split_once('>')?.0.trim_start_matches('<').to_owned())
}

/// How a list is filled.
pub struct Filling {
    /// The path, with its query.
    pub path: &'static str,
    /// Who reads it.
    pub reader: &'static str,
    /// What must be there before: statements.
    before: &'static str,
    /// How entries are made: what is inserted for each `i` of `n`, with `{x}` for the mark of an entry.
    entries: &'static str,
    /// How the entry with the mark `{x}` is deleted.
    deletion: &'static str,
    /// How many there may be, where that is less than usual.
    pub most: Option<usize>,
    /// A text to search for, and of which entries it is: those whose number leaves this rest, or whose mark has it.
    pub search: (&'static str, Option<usize>),
}

/// The mark of an entry.
#[must_use]
pub fn mark(number: usize) -> String {
    format!("x{number:05}")
}

/// The number of the entry that an answer shows; none where it is no entry of the filling.
#[must_use]
pub fn number(entry: &Value) -> Option<usize> {
    if let Some(percent) = entry["limit_percent"].as_u64() {
        let half = usize::try_from(percent - 1).ok()? * 2;
        return Some(half + usize::from(entry["type"] == "Warning"));
    }
    let text = entry.to_string();
    let marks = text.match_indices('x').filter_map(|(at, _)| text.get(at + 1..at + 6));
    let mut numbers = marks.filter(|mark| mark.bytes().all(|byte| byte.is_ascii_digit()));
    numbers.next()?.parse().ok()
}

/// The entries of an answer: of its list, or its object of entries by name.
#[must_use]
pub fn entries(answer: &Value) -> Vec<Value> {
    let list = answer.as_array().or_else(|| answer.as_object()?.values().find_map(Value::as_array));
    let by_name = || answer.as_object()?.values().find_map(Value::as_object);
    match (list, by_name()) {
        (Some(list), _) => list.clone(),
        (None, Some(object)) => object.values().cloned().collect(),
        (None, None) => Vec::new(),
    }
}

impl Filling {
    const fn new(path: &'static str, reader: &'static str) -> Self {
        let search = ("7", None);
        Self { path, reader, before: "", entries: "", deletion: "", most: None, search }
    }

    const fn before(self, before: &'static str) -> Self {
        Self { before, ..self }
    }

    const fn entries(self, entries: &'static str, deletion: &'static str) -> Self {
        Self { entries, deletion, ..self }
    }

    /// Makes what must be there.
    pub fn prepare(&self, app: &App) {
        self.run(app, self.before, 0, 1, "");
    }

    /// Makes entries with these numbers.
    pub fn fill(&self, app: &App, from: usize, count: usize) {
        self.run(app, self.entries, from, count, "printf('x%05d', i)");
    }

    /// Deletes an entry.
    pub fn delete(&self, app: &App, number: usize) {
        self.run(app, self.deletion, number, 1, &format!("'{}'", mark(number)));
    }

    /// Whether the search finds the entry.
    #[must_use]
    pub fn finds(&self, number: usize) -> bool {
        match self.search {
            (text, None) => mark(number).contains(text),
            (_, Some(rest)) => number % 2 == rest,
        }
    }

    fn run(&self, app: &App, statements: &str, from: usize, count: usize, mark: &str) {
        let last = from + count - 1;
        let numbers = format!(
            "(WITH RECURSIVE n (i) AS (SELECT {from} UNION ALL SELECT i + 1 FROM n WHERE i < {last})
            SELECT i FROM n) n"
        );
        for statement in statements.split(';').map(str::trim).filter(|text| !text.is_empty()) {
            let statement = statement
                .replace("{n}", &numbers)
                .replace("{x}", mark)
                .replace("{i}", &from.to_string())
                .replace("{acme}", "(SELECT id FROM account WHERE name = 'acme')")
                .replace("{ana}", "(SELECT id FROM account WHERE name = 'ana')")
                .replace("{now}", &(app.time() * 1_000_000).to_string());
            app.execute(&statement);
        }
    }
}

const APP_TOKENS: &str = "
    INSERT INTO app_token (uuid, account_id, title, token_hash, sealed_token, created_at)
        SELECT {x}, {ana}, {x}, CAST({x} AS BLOB), zeroblob(140), 0 FROM {n}";

const APP_TOKEN: &str = "DELETE FROM app_token WHERE uuid = {x}";

const PEOPLE: &str = "
    INSERT INTO account (uuid, kind, name, email, created_at)
        SELECT {x}, 'user', {x}, {x} || '@example.com', 0 FROM {n};
    INSERT INTO user_profile (account_id, verified)
        SELECT id, 1 FROM {n} JOIN account ON name = {x};";

/// The filling of the list that is the operation of that name; none where it is none.
#[expect(clippy::too_many_lines, reason = "a row for each list")]
fn filling(operation: &str) -> Option<Filling> {
    let ana = |path| Filling::new(path, "ana");
    let root = |path| Filling::new(path, "root");
    let person = "DELETE FROM account WHERE name = {x}";
    Some(match operation {
        "getOrganizationApplications" => ana("/api/v1/organization/acme/applications").entries(
            "INSERT INTO oauth_application (client_id, namespace_id, name, created_at)
                SELECT {x}, {acme}, {x}, 0 FROM {n}",
            "DELETE FROM oauth_application WHERE name = {x}",
        ),
        "listOrganizationApplicationTokens" => {
            ana("/api/v1/organization/acme/applications/big/tokens")
                .before(
                    "INSERT INTO oauth_application (client_id, namespace_id, name, created_at)
                    SELECT 'big', {acme}, 'big', 0",
                )
                .entries(
                    "INSERT INTO access_token (uuid, token_hash, application_id, account_id, name, scope,
                        created_at, expires_at)
                    SELECT {x}, CAST({x} AS BLOB), app.id, {ana}, {x}, 'repo:read', 0, 8000000000000000 + i * 7919 % 97
                    FROM {n} JOIN oauth_application app ON app.client_id = 'big'",
                    "DELETE FROM access_token WHERE uuid = {x}",
                )
        }
        "listUserAuthorizations" => ana("/api/v1/user/authorizations").entries(
            "INSERT INTO oauth_application (client_id, namespace_id, name, created_at)
                SELECT {x}, {acme}, {x}, 0 FROM {n};
            INSERT INTO access_token (uuid, token_hash, application_id, account_id, scope, created_at, expires_at)
                SELECT {x}, CAST({x} AS BLOB), app.id, {ana}, 'repo:read', 0, 8000000000000000
                FROM {n} JOIN oauth_application app ON app.client_id = {x}",
            "DELETE FROM access_token WHERE uuid = {x}",
        ),
        "listAssignedAuthorizations" => ana("/api/v1/user/assignedauthorization").entries(
            "INSERT INTO oauth_application (client_id, namespace_id, name, created_at)
                SELECT {x}, {acme}, {x}, 0 FROM {n};
            INSERT INTO assigned_authorization (uuid, application_id, account_id, redirect_uri, scope,
                    response_type, created_at)
                SELECT {x}, app.id, {ana}, 'https://a.example', 'repo:read', 'token', 0
                FROM {n} JOIN oauth_application app ON app.client_id = {x}",
            "DELETE FROM assigned_authorization WHERE uuid = {x}",
        ),
        "listAppTokens" => ana("/api/v1/user/apptoken").entries(APP_TOKENS, APP_TOKEN),
        "listAllAppTokens" => {
            Filling::new("/api/v1/superuser/apptokens", "reader").entries(APP_TOKENS, APP_TOKEN)
        }
        "listAllUsers" => root("/api/v1/superuser/users/").entries(PEOPLE, person),
        "listUserNotifications" => Filling {
            most: Some(900),
            ..ana("/api/v1/user/notifications").entries(
                "INSERT INTO notification (uuid, account_id, kind, metadata, created_at)
                    SELECT {x}, {ana}, 'assigned_authorization', json_object('username', {x}), i * 7919 % 97
                    FROM {n}",
                "DELETE FROM notification WHERE uuid = {x}",
            )
        },
        "getMatchingEntities" => {
            ana("/api/v1/entities/x?namespace=acme&includeTeams=true&includeOrgs=true").entries(
                "INSERT INTO account (uuid, kind, name, email, created_at)
                    SELECT {x}, 'user', {x}, {x} || '@example.com', 0 FROM {n} WHERE i % 2;
                INSERT INTO team (organization_id, name, role)
                    SELECT {acme}, {x}, 'member' FROM {n} WHERE NOT i % 2",
                "DELETE FROM account WHERE name = {x}; DELETE FROM team WHERE name = {x}",
            )
        }
        "listMails" => root("/api/v1/superuser/mails").entries(
            "INSERT INTO mail (uuid, account_id, recipient, subject, created_at)
                SELECT 'mail ' || i, {ana}, {x} || '@example.com', 'hello', {now} FROM {n}",
            "DELETE FROM mail WHERE recipient = {x} || '@example.com'",
        ),
        "listAllOrganizations" => root("/api/v1/superuser/organizations/").entries(
            "INSERT INTO account (uuid, kind, name, email, created_at)
                SELECT {x}, 'organization', {x}, {x} || '@example.com', 0 FROM {n}",
            "DELETE FROM account WHERE name = {x}",
        ),
        "listUserOrganizations" => ana("/api/v1/user/organizations").entries(
            "INSERT INTO account (uuid, kind, name, email, created_at)
                SELECT {x}, 'organization', {x}, {x} || '@example.com', 0 FROM {n};
            INSERT INTO team (organization_id, name, role)
                SELECT id, 'owners', 'admin' FROM {n} JOIN account ON name = {x};
            INSERT INTO team_member (team_id, organization_id, account_id, account_kind)
                SELECT t.id, a.id, {ana}, 'user' FROM {n} JOIN account a ON a.name = {x}
                JOIN team t ON t.organization_id = a.id",
            "DELETE FROM account WHERE name = {x}",
        ),
        // A third of them is public, of another third they are a member, of the last they are the owner.
        "listOrgs" => ana("/api/v1/org").entries(
            "INSERT INTO account (uuid, kind, name, email, created_at, visibility)
                SELECT {x}, 'organization', {x}, {x} || '@example.com', 0,
                    iif(i % 3, 'PRIVATE', 'PUBLIC') FROM {n};
            INSERT INTO team (organization_id, name, role)
                SELECT id, 'owners', 'admin' FROM {n} JOIN account ON name = {x} WHERE i % 3;
            INSERT INTO team_member (team_id, organization_id, account_id, account_kind)
                SELECT t.id, a.id, {ana}, 'user' FROM {n} JOIN account a ON a.name = {x}
                JOIN team t ON t.organization_id = a.id WHERE i % 3;
            UPDATE account SET owner_id = {ana}
                WHERE name IN (SELECT {x} FROM {n} WHERE i % 3 = 2)",
            "DELETE FROM account WHERE name = {x}",
        ),
        "listOrganizationQuotaLimit" => limits("/api/v1/organization/acme/quota/1/limit", "ana"),
        "listUserQuotaLimit" => Filling {
            before: "INSERT INTO quota (id, namespace_id, limit_bytes) SELECT 1, {ana}, 1",
            ..limits("/api/v1/user/quota/1/limit", "ana")
        },
        "listOrganizationQuota" => quota("/api/v1/organization/acme/quota", "ana"),
        "listOrganizationQuotaSuperUser" => quota("/api/v1/superuser/organization/acme/quota", "root"),
        "listUserQuota" => quota("/api/v1/user/quota", "ana"),
        "listUserQuotaSuperUser" => quota("/api/v1/superuser/users/ana/quota", "root"),
        "listOrganizationAutoPrunePolicies" => {
            ana("/api/v1/organization/acme/autoprunepolicy/").entries(
                "INSERT INTO autoprune_policy (uuid, namespace_id, method, value, tag_pattern)
                    SELECT {x}, {acme}, 'number_of_tags', 1, {x} FROM {n}",
                "DELETE FROM autoprune_policy WHERE uuid = {x}",
            )
        }
        "listUserAutoPrunePolicies" => ana("/api/v1/user/autoprunepolicy/").entries(
            "INSERT INTO autoprune_policy (uuid, namespace_id, method, value, tag_pattern)
                SELECT {x}, {ana}, 'number_of_tags', 1, {x} FROM {n}",
            "DELETE FROM autoprune_policy WHERE uuid = {x}",
        ),
        "listRepositoryAutoPrunePolicies" => ana("/api/v1/repository/acme/big/autoprunepolicy/")
            .before(REPOSITORY)
            .entries(
                "INSERT INTO autoprune_policy (uuid, namespace_id, repository_id, method, value, tag_pattern)
                    SELECT {x}, {acme}, r.id, 'number_of_tags', 1, {x} FROM {n} JOIN repository r ON r.name = 'big'",
                "DELETE FROM autoprune_policy WHERE uuid = {x}",
            ),
        "listRepoUserPermissions" => ana("/api/v1/repository/acme/big/permissions/user/")
            .before(REPOSITORY)
            .entries(
                "INSERT INTO account (uuid, kind, name, email, created_at)
                    SELECT {x}, 'user', {x}, {x} || '@example.com', 0 FROM {n};
                INSERT INTO repository_permission (repository_id, namespace_id, account_id, role)
                    SELECT r.id, {acme}, a.id, 'read' FROM {n} JOIN account a ON a.name = {x}
                    JOIN repository r ON r.name = 'big'",
                person,
            ),
        "listRepoTeamPermissions" => ana("/api/v1/repository/acme/big/permissions/team/")
            .before(REPOSITORY)
            .entries(
                "INSERT INTO team (organization_id, name, role) SELECT {acme}, {x}, 'member' FROM {n};
                INSERT INTO repository_permission (repository_id, namespace_id, team_id, role)
                    SELECT r.id, {acme}, t.id, 'read' FROM {n} JOIN team t ON t.name = {x}
                    JOIN repository r ON r.name = 'big'",
                "DELETE FROM team WHERE name = {x}",
            ),
        "getOrganizationTeamPermissions" => {
            ana("/api/v1/organization/acme/team/owners/permissions").entries(
                "INSERT INTO repository (namespace_id, name, created_at)
                    SELECT {acme}, {x}, 0 FROM {n};
                INSERT INTO repository_permission (repository_id, namespace_id, team_id, role)
                    SELECT r.id, {acme}, t.id, 'read' FROM {n} JOIN repository r ON r.name = {x}
                    JOIN team t ON t.organization_id = {acme} AND t.name = 'owners'",
                "DELETE FROM repository WHERE name = {x}",
            )
        }
        "getOrgRobotPermissions" => ana("/api/v1/organization/acme/robots/big/permissions")
            .before("INSERT INTO account (uuid, kind, name, email, namespace_id, created_at)
                SELECT 'big', 'robot', 'acme+big', 'none', {acme}, 0")
            .entries(
                "INSERT INTO repository (namespace_id, name, created_at)
                    SELECT {acme}, {x}, 0 FROM {n};
                INSERT INTO repository_permission (repository_id, namespace_id, account_id, role)
                    SELECT r.id, {acme}, a.id, 'read' FROM {n} JOIN repository r ON r.name = {x}
                    JOIN account a ON a.name = 'acme+big'",
                "DELETE FROM repository WHERE name = {x}",
            ),
        "getUserRobotPermissions" => ana("/api/v1/user/robots/big/permissions")
            .before("INSERT INTO account (uuid, kind, name, email, namespace_id, created_at)
                SELECT 'big', 'robot', 'ana+big', 'none', {ana}, 0")
            .entries(
                "INSERT INTO repository (namespace_id, name, created_at)
                    SELECT {ana}, {x}, 0 FROM {n};
                INSERT INTO repository_permission (repository_id, namespace_id, account_id, role)
                    SELECT r.id, {ana}, a.id, 'read' FROM {n} JOIN repository r ON r.name = {x}
                    JOIN account a ON a.name = 'ana+big'",
                "DELETE FROM repository WHERE name = {x}",
            ),
        "listRepoLogs" => Filling {
            search: ("create", Some(0)),
            ..ana("/api/v1/repository/acme/big/logs").before(REPOSITORY).entries(
                "INSERT INTO log_entry (kind, namespace_id, metadata, created_at)
                    SELECT iif(i % 2, 'change_repo_visibility', 'create_repo'), {acme},
                        json_object('repo', 'big', 'mark', {x}), {now} - i * 7919 % 97 FROM {n}",
                "DELETE FROM log_entry WHERE metadata ->> 'mark' = {x}",
            )
        },
        "listOrgLogs" => log("/api/v1/organization/acme/logs", "ana", ORG_LOG),
        "listUserLogs" => log("/api/v1/user/logs", "ana", USER_LOG),
        "listAllLogs" => log("/api/v1/superuser/logs", "root", ORG_LOG),
        "getOrganizationPrototypePermissions" => {
            ana("/api/v1/organization/acme/prototypes").entries(
                "INSERT INTO account (uuid, kind, name, email, created_at)
                    SELECT {x}, 'user', {x}, {x} || '@example.com', 0 FROM {n};
                INSERT INTO default_permission (uuid, organization_id, account_id, role)
                    SELECT 'd' || {x}, {acme}, a.id, 'read' FROM {n} JOIN account a ON a.name = {x}",
                person,
            )
        }
        "getOrgRobots" => ana("/api/v1/organization/acme/robots?token=false").entries(
            "INSERT INTO account (uuid, kind, name, email, namespace_id, created_at)
                SELECT {x}, 'robot', 'acme+' || {x}, {x}, {acme}, 0 FROM {n};
            INSERT INTO robot (account_id, sealed_token, last_accessed)
                SELECT id, zeroblob(90), iif(i % 5, i * 7919 % 97, NULL) FROM {n} JOIN account ON name = 'acme+' || {x}",
            "DELETE FROM account WHERE name = 'acme+' || {x}",
        ),
        "getUserRobots" => ana("/api/v1/user/robots?token=false").entries(
            "INSERT INTO account (uuid, kind, name, email, namespace_id, created_at)
                SELECT {x}, 'robot', 'ana+' || {x}, {x}, {ana}, 0 FROM {n};
            INSERT INTO robot (account_id, sealed_token, last_accessed)
                SELECT id, zeroblob(90), iif(i % 5, i * 7919 % 97, NULL) FROM {n} JOIN account ON name = 'ana+' || {x}",
            "DELETE FROM account WHERE name = 'ana+' || {x}",
        ),
        "listRepos" => repositories("/api/v1/repository?public=true", "bob"),
        "listOrganizationRepos" => repositories("/api/v1/organization/acme/repositories", "bob"),
        "listStarredRepos" => ana("/api/v1/user/starred").entries(
            "INSERT INTO repository (namespace_id, name, created_at, is_public)
                SELECT {acme}, {x}, 0, i % 2 FROM {n};
            INSERT INTO star (account_id, repository_id)
                SELECT {ana}, r.id FROM {n} JOIN repository r ON r.name = {x}",
            "DELETE FROM repository WHERE name = {x}",
        ),
        "getGlobalMessages" => ana("/api/v1/messages").entries(
            "INSERT INTO message (uuid, content, severity, media_type, created_at)
                SELECT {x}, {x}, 'info', 'text/plain', 0 FROM {n}",
            "DELETE FROM message WHERE uuid = {x}",
        ),
        "getOrganizationTeams" => ana("/api/v1/organization/acme/teams").entries(
            "INSERT INTO team (organization_id, name, role) SELECT {acme}, {x}, 'member' FROM {n}",
            "DELETE FROM team WHERE name = {x}",
        ),
        "getOrganizationTeamMembers" => {
            ana("/api/v1/organization/acme/team/owners/members?includePending=true").entries(
                "INSERT INTO account (uuid, kind, name, email, created_at)
                    SELECT {x}, 'user', {x}, {x} || '@example.com', 0 FROM {n} WHERE i % 2;
                INSERT INTO team_member (team_id, organization_id, account_id, account_kind)
                    SELECT t.id, {acme}, a.id, 'user' FROM {n} JOIN account a ON a.name = {x}
                    JOIN team t ON t.organization_id = {acme} AND t.name = 'owners' WHERE i % 2;
                INSERT INTO team_invitation (team_id, organization_id, email, code_hash, sealed_code,
                        created_at, expires_at)
                    SELECT t.id, {acme}, {x} || '@example.com', CAST({x} AS BLOB), zeroblob(90), 0, 8000000000000000
                    FROM {n} JOIN team t ON t.organization_id = {acme} AND t.name = 'owners' WHERE NOT i % 2",
                "DELETE FROM account WHERE name = {x};
                DELETE FROM team_invitation WHERE email = {x} || '@example.com'",
            )
        }
        "getOrganizationCollaborators" => ana("/api/v1/organization/acme/collaborators")
            .before(REPOSITORY)
            .entries(
                "INSERT INTO account (uuid, kind, name, email, created_at)
                    SELECT {x}, 'user', {x}, {x} || '@example.com', 0 FROM {n};
                INSERT INTO repository_permission (repository_id, namespace_id, account_id, role)
                    SELECT r.id, {acme}, a.id, 'read' FROM {n} JOIN account a ON a.name = {x}
                    JOIN repository r ON r.name = 'big'",
                person,
            ),
        "getOrganizationMembers" => ana("/api/v1/organization/acme/members").entries(
            "INSERT INTO account (uuid, kind, name, email, created_at)
                SELECT {x}, 'user', {x}, {x} || '@example.com', 0 FROM {n};
            INSERT INTO team_member (team_id, organization_id, account_id, account_kind)
                SELECT t.id, {acme}, a.id, 'user' FROM {n} JOIN account a ON a.name = {x}
                JOIN team t ON t.organization_id = {acme} AND t.name = 'owners'",
            person,
        ),
        "getOrganizationInvitations" => ana("/api/v1/organization/acme/invitations").entries(
            "INSERT INTO team_invitation (team_id, organization_id, email, code_hash, sealed_code,
                    created_at, expires_at)
                SELECT t.id, {acme}, {x} || '@example.com', CAST({x} AS BLOB), zeroblob(90), 0,
                    8000000000000000 + i * 7919 % 97
                FROM {n} JOIN team t ON t.organization_id = {acme} AND t.name = 'owners'",
            "DELETE FROM team_invitation WHERE email = {x} || '@example.com'",
        ),
        _ => return None,
    })
}

const REPOSITORY: &str =
    "INSERT INTO repository (namespace_id, name, created_at) SELECT {acme}, 'big', 0";

const ORG_LOG: &str = "INSERT INTO log_entry (kind, namespace_id, metadata, created_at)
    SELECT iif(i % 2, 'org_delete_team', 'org_create_team'), {acme},
        json_object('mark', {x}), {now} - i * 7919 % 97 FROM {n}";

const USER_LOG: &str = "INSERT INTO log_entry (kind, namespace_id, metadata, created_at)
    SELECT iif(i % 2, 'delete_robot', 'create_robot'), {ana},
        json_object('mark', {x}), {now} - i * 7919 % 97 FROM {n}";

const fn log(path: &'static str, reader: &'static str, entries: &'static str) -> Filling {
    let filling = Filling::new(path, reader);
    let deletion = "DELETE FROM log_entry WHERE metadata ->> 'mark' = {x}";
    Filling { search: ("create", Some(0)), ..filling.entries(entries, deletion) }
}

/// A third of them is public, on another third the reader has a role, on the last a team of theirs.
const fn repositories(path: &'static str, reader: &'static str) -> Filling {
    Filling::new(path, reader)
        .before(
            "INSERT INTO team (organization_id, name, role) SELECT {acme}, 'big', 'member';
            INSERT INTO team_member (team_id, organization_id, account_id, account_kind)
                SELECT t.id, {acme}, a.id, 'user' FROM team t JOIN account a ON a.name = 'bob'
                WHERE t.name = 'big'",
        )
        .entries(
            "INSERT INTO repository (namespace_id, name, created_at, is_public)
                SELECT {acme}, {x}, 0, i % 3 = 0 FROM {n};
            INSERT INTO repository_permission (repository_id, namespace_id, account_id, role)
                SELECT r.id, {acme}, a.id, 'read' FROM {n} JOIN repository r ON r.name = {x}
                JOIN account a ON a.name = 'bob' WHERE i % 3 = 1;
            INSERT INTO repository_permission (repository_id, namespace_id, team_id, role)
                SELECT r.id, {acme}, t.id, 'read' FROM {n} JOIN repository r ON r.name = {x}
                JOIN team t ON t.name = 'big' WHERE i % 3 = 2",
            "DELETE FROM repository WHERE name = {x}",
        )
}

/// A tenth of them is public; on the others the reader has a role in three ways, and few enough to look up each of them.
#[must_use]
pub const fn repositories_seen_in_three_ways() -> Filling {
    let filling = Filling::new("/api/v1/organization/acme/repositories", "bob")
        .before(
            "INSERT INTO team (organization_id, name, role)
                SELECT {acme}, 'one', 'member' UNION SELECT {acme}, 'two', 'member';
            INSERT INTO team_member (team_id, organization_id, account_id, account_kind)
                SELECT t.id, {acme}, a.id, 'user' FROM team t JOIN account a ON a.name = 'bob'
                WHERE t.name IN ('one', 'two')",
        )
        .entries(
            "INSERT INTO repository (namespace_id, name, created_at, is_public)
                SELECT {acme}, {x}, 0, i % 10 = 0 FROM {n};
            INSERT INTO repository_permission (repository_id, namespace_id, account_id, role)
                SELECT r.id, {acme}, a.id, 'read' FROM {n} JOIN repository r ON r.name = {x}
                JOIN account a ON a.name = 'bob' WHERE i % 10;
            INSERT INTO repository_permission (repository_id, namespace_id, team_id, role)
                SELECT r.id, {acme}, t.id, 'read' FROM {n} JOIN repository r ON r.name = {x}
                JOIN team t ON t.name IN ('one', 'two') WHERE i % 10",
            "DELETE FROM repository WHERE name = {x}",
        );
    Filling { most: Some(300), ..filling }
}

/// What tells the limits of a quota apart is their kind and their percentage: there are two hundred.
const fn limits(path: &'static str, reader: &'static str) -> Filling {
    let filling = Filling::new(path, reader)
        .before("INSERT INTO quota (id, namespace_id, limit_bytes) SELECT 1, {acme}, 1")
        .entries(
            "INSERT INTO quota_limit (quota_id, kind, percent)
                SELECT 1, iif(i % 2, 'Warning', 'Reject'), i / 2 + 1 FROM {n}",
            "DELETE FROM quota_limit WHERE percent = {i} / 2 + 1 AND kind = iif({i} % 2, 'Warning', 'Reject')",
        );
    Filling { most: Some(180), search: ("warn", Some(1)), ..filling }
}

/// A namespace has one quota.
const fn quota(path: &'static str, reader: &'static str) -> Filling {
    Filling { most: Some(0), ..Filling::new(path, reader) }
}
