//! Databases in bulk, made by SQL, not through HTTP: organizations of ten members and two applications each, or one that has many
//! members and a long log.

use std::sync::Arc;

use berth_domain::secret::hash_token;
use berth_sqlite::Sqlite;
use berth_tests::{Host, HostOptions, large};
use tempfile::TempDir;

/// The token of the administrator of every organization: all scopes.
pub(crate) const TOKEN: &str = "benchbenchbenchbenchbenchbenchbenchbench";

/// The user who signs in.
pub(crate) const USER: &str = "user-1";

/// Members of an organization besides the administrator.
const MEMBERS: u32 = 9;

/// A state directory with a database in it.
pub(crate) struct Seeded {
    state: Arc<TempDir>,
    /// How many organizations it has.
    pub(crate) organizations: u32,
}

impl Seeded {
    /// A host of it. One person makes all organizations here.
    pub(crate) fn host(&self) -> HostOptions {
        let limit = ("limit_organizations_per_user", MOST_ORGANIZATIONS.to_string());
        Host::options().state(Arc::clone(&self.state)).variable(limit.0, &limit.1)
    }
}

/// How many organizations a person may make here.
const MOST_ORGANIZATIONS: u32 = 1_000_000_000;

/// The size of an organization, `org-1`, whose lists are long. Beside it is one of ten members, `org-2`, in whose log the same people
/// have a thousand entries.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ListSizes {
    /// How many members it has: everybody.
    pub(crate) members: u32,
    /// How many entries its log has.
    pub(crate) entries: u32,
    /// Over how many days they are spread evenly, the last of which is [`LOG_ENDS`].
    pub(crate) days: u32,
}

/// What a row of a long list takes in the file, with what is kept because of it: indexes, counts. Bytes.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct RowBytes {
    /// An account of a person.
    pub(crate) account: f64,
    /// A membership of a team.
    pub(crate) member: f64,
    /// An entry of a log.
    pub(crate) entry: f64,
}

/// The last day that has entries.
pub(crate) const LOG_ENDS: &str = "2026-10-31";

/// How many people the entries of a log are by, in turns.
const PERFORMERS: u32 = 50;

/// Makes a database of that many organizations, named `org-1` and so on.
pub(crate) fn make(organizations: u32) -> Seeded {
    let users = (organizations / 10).max(100);
    let (state, file) = empty();
    fill(&file, organizations, users).expect("the bulk statements are right");
    done(&file);
    Seeded { state, organizations }
}

/// Makes a database of one organization, `org-1`, with 10,000 repositories, 2,000 teams and 50,000 permissions.
pub(crate) fn make_one_large() -> Seeded {
    let (state, file) = empty();
    fill(&file, 1, 100).expect("the bulk statements are right");
    for statement in large::statements("org-1") {
        file.execute_batch(&statement).expect("the bulk statements are right");
    }
    done(&file);
    Seeded { state, organizations: 1 }
}

/// Makes a database of an organization with long lists, and one beside it.
pub(crate) fn make_lists(sizes: ListSizes) -> (Seeded, RowBytes) {
    let (state, file) = empty();
    let mut bytes = bytes_of(&file);
    let mut row = |count: u32| {
        let before = std::mem::replace(&mut bytes, bytes_of(&file));
        (bytes - before) / f64::from(count)
    };
    fill(&file, 2, sizes.members).expect("the bulk statements are right");
    let account = row(sizes.members);
    file.execute_batch(&members(sizes)).expect("the bulk statements are right");
    let member = row(sizes.members);
    file.execute_batch(&log("org-1", sizes.entries, sizes.days))
        .expect("the bulk statements are right");
    let entry = row(sizes.entries);
    file.execute_batch(&log("org-2", 1_000, 31)).expect("the bulk statements are right");
    done(&file);
    (Seeded { state, organizations: 2 }, RowBytes { account, member, entry })
}

/// A state directory and the database in it, which has the schema.
fn empty() -> (Arc<TempDir>, rusqlite::Connection) {
    let state = Host::new_state();
    let path = state.path().join("sqlite_db.db");
    let file = Sqlite(rusqlite::Connection::open(path).expect("the state directory is ours"));
    let fast = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -200000";
    file.0.execute_batch(fast).expect("pragmas");
    berth_store::migrate(&file).expect("the schema is made");
    let limit =
        format!("UPDATE owned_limit SET most = {MOST_ORGANIZATIONS} WHERE kind = 'organizations'");
    file.0.execute_batch(&limit).expect("the limits are there");
    (state, file.0)
}

/// What the host expects of the file.
fn done(file: &rusqlite::Connection) {
    file.execute_batch("PRAGMA journal_mode = WAL").expect("a pragma");
}

/// How large the database is.
fn bytes_of(file: &rusqlite::Connection) -> f64 {
    let bytes =
        "SELECT CAST(page_count * page_size AS REAL) FROM pragma_page_count, pragma_page_size";
    file.query_row(bytes, (), |row| row.get(0)).expect("pragmas")
}

/// A recursive common table expression, `n`, of the numbers `i` from 1 to `count`.
fn numbers(count: u32) -> String {
    format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})")
}

/// Puts everybody into another team of the organization.
fn members(ListSizes { members, .. }: ListSizes) -> String {
    format!(
        "INSERT INTO team (organization_id, name, role)
            SELECT id, 'everybody', 'member' FROM account WHERE name = 'org-1';
        INSERT INTO team_member (team_id, organization_id, account_id, account_kind)
            {} SELECT team.id, organization_id, i, 'user' FROM n, team WHERE name = 'everybody'",
        numbers(members)
    )
}

/// Writes the log of an organization, evenly over the days before the end: entries of four kinds, two of which are about
/// repositories.
fn log(organization: &str, entries: u32, days: u32) -> String {
    format!(
        "INSERT INTO log_entry (kind, namespace_id, performer_id, ip, metadata, created_at)
            {} SELECT
                CASE i / 7 % 4 WHEN 0 THEN 'org_create_team' WHEN 1 THEN 'org_set_team_role'
                    WHEN 2 THEN 'create_repo' ELSE 'change_repo_visibility' END,
                (SELECT id FROM account WHERE name = '{organization}'), 1 + i % {PERFORMERS}, '192.0.2.7',
                CASE WHEN i / 7 % 4 < 2
                    THEN json_object('team', 'team-' || i % 1000, 'role', 'member')
                    ELSE json_object('namespace', '{organization}', 'repo', 'repository-' || i % 1000) END,
                CAST((strftime('%s', '{LOG_ENDS}') + 86400 - 86400.0 * {days} * ({entries} - i + 1) / {entries})
                    * 1000000 AS INTEGER)
            FROM n",
        numbers(entries)
    )
}

/// Accounts 1 to `users` are people, those after them organizations.
fn fill(connection: &rusqlite::Connection, organizations: u32, users: u32) -> rusqlite::Result<()> {
    let password = berth_domain::secret::hash_password("password", *b"salt for a bench");
    let uuid = "lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-8'
        || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))";
    connection.execute_batch(&format!(
        "BEGIN;
        INSERT INTO account (id, uuid, kind, name, email, created_at)
            {n} SELECT i, {uuid}, 'user', 'user-' || i, 'user-' || i || '@example.com', 0 FROM n;
        INSERT INTO user_profile (account_id, password_hash, verified)
            SELECT id, '{password}', 1 FROM account;",
        n = numbers(users)
    ))?;
    connection.execute_batch(&format!(
        "INSERT INTO account (id, uuid, kind, name, email, created_at)
            {n} SELECT {users} + i, {uuid}, 'organization', 'org-' || i, 'org-' || i || '@example.com', 0
            FROM n;
        INSERT INTO team (organization_id, name, role)
            SELECT id, 'owners', 'admin' FROM account WHERE kind = 'organization';
        INSERT INTO team_member (team_id, organization_id, account_id, account_kind)
            SELECT id, organization_id, 1, 'user' FROM team;
        INSERT INTO team_member (team_id, organization_id, account_id, account_kind)
            {members} SELECT team.id, organization_id,
                2 + (organization_id * {MEMBERS} + i) % ({users} - 1), 'user' FROM team, n;
        INSERT INTO oauth_application (client_id, namespace_id, name, created_at)
            {two} SELECT 'CLIENT' || account.id || 'N' || i, account.id, 'application ' || i, 0
            FROM account, n WHERE kind = 'organization';",
        n = numbers(organizations),
        members = numbers(MEMBERS),
        two = numbers(2),
    ))?;
    connection.execute(
        "INSERT INTO access_token (uuid, token_hash, application_id, account_id, scope, created_at, expires_at)
        VALUES ('00000000-0000-4000-8000-000000000000', ?1, 1, 1,
            'repo:read repo:write repo:admin repo:create user:read user:admin org:admin', 0,
            9223372036854775807)",
        [hash_token(TOKEN)],
    )?;
    connection.execute_batch("COMMIT")
}
