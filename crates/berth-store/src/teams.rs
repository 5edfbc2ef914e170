//! Teams: made, changed, deleted; who is in them, and what they may do on repositories.

use berth_access::{
    ExistingTeamAdmin, ExistingTeamRef, Grant, Permit, TeamAdmin, TeamAdminView, TeamView,
};
use berth_domain::{RepositoryRole, Team, TeamName, TeamRole, Timestamp};

use crate::db::{Database, Row, StoreError, Transaction};
use crate::organizations::{TeamSummary, read_team_summary, team_summary};
use crate::params;

/// Makes a team in the grant's organization, with nobody in it; false when one of that name was made at the same moment.
/// One statement.
///
/// # Errors
/// [`StoreError`].
pub fn create(
    tx: &Transaction<'_>,
    grant: &Grant<TeamAdmin>,
    name: &TeamName,
    description: &str,
    role: TeamRole,
) -> Result<bool, StoreError> {
    let organization_id = grant.target().organization.as_ref().map(|organization| organization.id);
    let rows = tx.execute(
        "INSERT INTO team (organization_id, name, description, role) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT DO NOTHING RETURNING id",
        params![organization_id, name.as_str(), description, role],
    )?;
    Ok(!rows.is_empty())
}

/// The grant's team as it is at this moment, for who is about to change it; none when it is gone. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn current(tx: &Transaction<'_>, grant: &Grant<TeamAdmin>) -> Result<Option<Team>, StoreError> {
    let rows = tx.execute(
        "SELECT id, name, description, role FROM team WHERE id = ?1",
        params![team_id(grant)],
    )?;
    rows.into_iter().next().map(read_team).transpose()
}

fn read_team(mut row: Row) -> Result<Team, StoreError> {
    Ok(Team { id: row.read()?, name: row.read()?, description: row.read()?, role: row.read()? })
}

/// Changes what is given of the grant's team; returns what it is then, if it is there. One statement.
///
/// # Errors
/// [`StoreError::NoOwnerLeft`] when the last people who administer the organization would lose that.
pub fn update(
    tx: &Transaction<'_>,
    grant: &Grant<TeamAdmin>,
    description: Option<&str>,
    role: Option<TeamRole>,
) -> Result<Option<Team>, StoreError> {
    let rows = tx.execute(
        "UPDATE team SET description = coalesce(?2, description), role = coalesce(?3, role)
        WHERE id = ?1 RETURNING id, name, description, role",
        params![team_id(grant), description, role],
    )?;
    rows.into_iter().next().map(read_team).transpose()
}

/// Deletes the grant's team and everything of it; returns whether it was there. One statement: the schema's foreign keys take
/// the rest along.
///
/// # Errors
/// [`StoreError::NoOwnerLeft`] when the last people who administer the organization would lose that.
pub fn delete(tx: &Transaction<'_>, grant: &Grant<TeamAdmin>) -> Result<bool, StoreError> {
    let rows = tx.execute("DELETE FROM team WHERE id = ?1 RETURNING 1", params![team_id(grant)])?;
    Ok(!rows.is_empty())
}

/// The row id of the grant's team; none, which no row has, when there is no such team.
fn team_id(grant: &Grant<TeamAdmin>) -> Option<i64> {
    grant.target().team.as_ref().map(|team| team.id)
}

/// The grant's team with its counts, as the caller sees it. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn summary<P: Permit<Target = ExistingTeamRef>>(
    db: &dyn Database,
    grant: &Grant<P>,
) -> Result<Option<TeamSummary>, StoreError> {
    let rows = db.execute(
        team_summary!("description", "WHERE id = ?1"),
        params![grant.target().team.id, grant.caller_id()],
    )?;
    rows.into_iter().next().map(read_team_summary).transpose()
}

/// Somebody in a team, or on the way there.
#[derive(Debug)]
pub enum TeamMember {
    /// An account.
    Account {
        /// Name.
        name: String,
        /// E-mail address, or the UUID in its place.
        email: String,
        /// Whether it is a robot.
        is_robot: bool,
        /// Whether it is invited and no member yet.
        invited: bool,
    },
    /// An invited e-mail address.
    Address(String),
}

/// The members of the grant's team in the order of their memberships, then, where they are asked for, the invited ones in
/// the order of their invitations. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn members(
    db: &dyn Database,
    grant: &Grant<TeamView>,
    with_invited: bool,
    now: Timestamp,
) -> Result<Vec<TeamMember>, StoreError> {
    let rows = db.execute(
        "SELECT NULL, a.name, a.email, a.kind = 'robot', 0, 1 AS part, m.id AS position
        FROM team_member m JOIN account a ON a.id = m.account_id
        WHERE m.team_id = ?1
        UNION ALL
        SELECT i.email, a.name, a.email, 0, 1, 2, i.id
        FROM team_invitation i LEFT JOIN account a ON a.id = i.account_id
        WHERE ?2 AND i.team_id = ?1 AND i.expires_at > ?3
        ORDER BY part, position",
        params![grant.target().team.id, with_invited, now],
    )?;
    rows.into_iter().map(read_member).collect()
}

fn read_member(mut row: Row) -> Result<TeamMember, StoreError> {
    if let Some(address) = row.read()? {
        return Ok(TeamMember::Address(address));
    }
    Ok(TeamMember::Account {
        name: row.read()?,
        email: row.read()?,
        is_robot: row.read()?,
        invited: row.read()?,
    })
}

/// A user or a robot who is to be put into a team or out of it.
#[derive(Debug)]
pub struct Candidate {
    /// Row id.
    pub id: i64,
    /// Name.
    pub name: String,
    /// E-mail address, or the UUID in its place.
    pub email: String,
    /// Whether it is a robot.
    pub is_robot: bool,
    /// Whether it is a robot of the team's organization.
    pub is_own_robot: bool,
    /// Whether it is in the team.
    pub in_team: bool,
    /// Whether it is in any team of the organization.
    pub in_organization: bool,
}

/// The user or robot of that name, as he stands to the grant's team. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn candidate(
    db: &dyn Database,
    grant: &Grant<ExistingTeamAdmin>,
    name: &str,
) -> Result<Option<Candidate>, StoreError> {
    let target = grant.target();
    let rows = db.execute(
        "SELECT id, name, email, kind = 'robot', coalesce(namespace_id = ?2, 0),
            EXISTS (SELECT 1 FROM team_member m WHERE m.team_id = ?3 AND m.account_id = account.id),
            EXISTS (SELECT 1 FROM team_member m
                WHERE m.organization_id = ?2 AND m.account_id = account.id)
        FROM account WHERE name = ?1 AND name = ?1 COLLATE BINARY AND kind <> 'organization'",
        params![name, target.organization.id, target.team.id],
    )?;
    rows.into_iter().next().map(read_candidate).transpose()
}

fn read_candidate(mut row: Row) -> Result<Candidate, StoreError> {
    Ok(Candidate {
        id: row.read()?,
        name: row.read()?,
        email: row.read()?,
        is_robot: row.read()?,
        is_own_robot: row.read()?,
        in_team: row.read()?,
        in_organization: row.read()?,
    })
}

/// Puts somebody into the grant's team. One statement.
///
/// # Errors
/// [`StoreError::UniqueViolation`] of `team_member.team_id` when he is in it.
pub fn add_member(
    tx: &Transaction<'_>,
    grant: &Grant<ExistingTeamAdmin>,
    candidate: &Candidate,
) -> Result<(), StoreError> {
    let (target, kind) = (grant.target(), if candidate.is_robot { "robot" } else { "user" });
    tx.execute(
        "INSERT INTO team_member (team_id, organization_id, account_id, account_kind)
        VALUES (?1, ?2, ?3, ?4)",
        params![target.team.id, target.organization.id, candidate.id, kind],
    )?;
    Ok(())
}

/// Takes somebody out of the grant's team; whether he was in it. One statement.
///
/// # Errors
/// [`StoreError::NoOwnerLeft`] when he is the last person who administers the organization.
pub fn remove_member(
    tx: &Transaction<'_>,
    grant: &Grant<ExistingTeamAdmin>,
    candidate: &Candidate,
) -> Result<bool, StoreError> {
    let rows = tx.execute(
        "DELETE FROM team_member WHERE team_id = ?1 AND account_id = ?2 RETURNING id",
        params![grant.target().team.id, candidate.id],
    )?;
    Ok(!rows.is_empty())
}

/// What a team may do on a repository.
#[derive(Debug)]
pub struct TeamPermission {
    /// The repository's name.
    pub repository: String,
    /// Whether everybody may pull it.
    pub is_public: bool,
    /// What the team may do.
    pub role: RepositoryRole,
}

/// The repository permissions of the grant's team, in the order of their ids. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn permissions(
    db: &dyn Database,
    grant: &Grant<TeamAdminView>,
) -> Result<Vec<TeamPermission>, StoreError> {
    let rows = db.execute(
        "SELECT r.name, r.is_public, p.role FROM repository_permission p
        JOIN repository r ON r.id = p.repository_id
        WHERE p.team_id = ?1 ORDER BY p.id",
        params![grant.target().team.id],
    )?;
    rows.into_iter()
        .map(|mut row| {
            Ok(TeamPermission {
                repository: row.read()?,
                is_public: row.read()?,
                role: row.read()?,
            })
        })
        .collect()
}
