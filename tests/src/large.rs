//! A large organization, made in bulk: tests hold it against the statement budget, the benchmark times its end.

/// How many repositories it has.
pub const REPOSITORIES: u32 = 10_000;

/// How many teams, besides the one of its owners.
pub const TEAMS: u32 = 2_000;

/// How many permissions on each repository: three of teams, two of people.
const TEAM_PERMISSIONS: u32 = 3;
const USER_PERMISSIONS: u32 = 2;

/// How many permissions on repositories in all.
pub const PERMISSIONS: u32 = REPOSITORIES * (TEAM_PERMISSIONS + USER_PERMISSIONS);

/// How many people there are. Those with an even number are in five teams each, the others only have permissions.
pub const PEOPLE: u32 = 1_000;

/// The statements that give `organization`, which exists, its teams, people and repositories.
#[must_use]
pub fn statements(organization: &str) -> Vec<String> {
    let numbers = |count: u32| {
        format!(
            "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {count})"
        )
    };
    let of_it = format!("(SELECT id FROM account WHERE name = '{organization}')");
    vec![
        format!(
            "INSERT INTO account (uuid, kind, name, email, created_at)
            {} SELECT 'crowd ' || i, 'user', 'crowd-' || i, 'crowd-' || i || '@example.com', 0 FROM n",
            numbers(PEOPLE)
        ),
        format!(
            "INSERT INTO team (organization_id, name, role)
            {} SELECT {of_it}, 'team-' || i, 'member' FROM n",
            numbers(TEAMS)
        ),
        format!(
            "INSERT INTO team_member (team_id, organization_id, account_id, account_kind)
            {} SELECT team.id, {of_it}, account.id, 'user' FROM n
            JOIN team ON team.organization_id = {of_it} AND team.name = 'team-' || ((i + i / {half}) % {TEAMS})
            JOIN account ON account.name = 'crowd-' || (i * 2 % {PEOPLE})",
            numbers(PEOPLE / 2 * 5),
            half = PEOPLE / 2,
        ),
        format!(
            "INSERT INTO repository (namespace_id, name, created_at)
            {} SELECT {of_it}, 'repository-' || i, 0 FROM n",
            numbers(REPOSITORIES)
        ),
        format!(
            "INSERT INTO repository_permission (repository_id, namespace_id, team_id, role)
            {} SELECT repository.id, {of_it}, team.id, 'write' FROM n
            JOIN repository ON repository.namespace_id = {of_it} AND repository.name = 'repository-' || (i / {TEAM_PERMISSIONS})
            JOIN team ON team.organization_id = {of_it} AND team.name = 'team-' || (i % {TEAMS})",
            numbers(REPOSITORIES * TEAM_PERMISSIONS)
        ),
        format!(
            "INSERT INTO repository_permission (repository_id, namespace_id, account_id, role)
            {} SELECT repository.id, {of_it}, account.id, 'read' FROM n
            JOIN repository ON repository.namespace_id = {of_it} AND repository.name = 'repository-' || (i / {USER_PERMISSIONS})
            JOIN account ON account.name = 'crowd-' || (i % {PEOPLE})",
            numbers(REPOSITORIES * USER_PERMISSIONS)
        ),
    ]
}
