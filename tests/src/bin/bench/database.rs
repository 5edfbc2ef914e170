//! A database in bulk: organizations of ten members and two applications each, made by SQL, not through HTTP.

use std::sync::Arc;

use berth_domain::secret::hash_token;
use berth_sqlite::Sqlite;
use berth_tests::{Host, large};
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
    pub(crate) fn state(&self) -> Arc<TempDir> {
        Arc::clone(&self.state)
    }
}

/// Makes a database of that many organizations, named `org-1` and so on.
pub(crate) fn make(organizations: u32) -> Seeded {
    make_with(organizations, &[])
}

/// Makes a database of one organization, `org-1`, with 10,000 repositories, 2,000 teams and 50,000 permissions.
pub(crate) fn make_one_large() -> Seeded {
    make_with(1, &large::statements("org-1"))
}

fn make_with(organizations: u32, further: &[String]) -> Seeded {
    let state = Host::new_state();
    let path = state.path().join("sqlite_db.db");
    let connection = rusqlite::Connection::open(path).expect("the state directory is ours");
    let file = Sqlite(connection);
    file.0.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF").expect("pragmas");
    berth_store::migrate(&file).expect("the schema is made");
    // One person makes all of them here.
    let limit = "UPDATE owned_limit SET most = 1000000000 WHERE kind = 'organizations'";
    file.0.execute_batch(limit).expect("the limits are there");
    fill(&file.0, organizations).expect("the bulk statements are right");
    for statement in further {
        file.0.execute_batch(statement).expect("the bulk statements are right");
    }
    Seeded { state, organizations }
}

/// Accounts 1 to `users` are people, those after them organizations.
fn fill(connection: &rusqlite::Connection, organizations: u32) -> rusqlite::Result<()> {
    let users = (organizations / 10).max(100);
    let password = berth_domain::secret::hash_password("password", *b"salt for a bench");
    let numbers = |count: u32| {
        format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})")
    };
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
    connection.execute_batch("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)")
}
