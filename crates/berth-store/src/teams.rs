//! Teams: made, changed, deleted; their members, and their permissions on repositories.

use berth_access::{
    ExistingTeamAdmin, ExistingTeamRef, Grant, OrganizationRef, Permit, TeamAdmin, TeamAdminView,
    TeamView,
};
use berth_domain::limits::LISTED_TEAM_TEXTS;
use berth_domain::{Team, TeamName, TeamRole, Timestamp};

use crate::db::{Database, FromRow, Query, Row, StoreError, Transaction, disagreement};
use crate::listing::{Key, List, Listed, Order, Original, Slice, Window};
use crate::organizations::{TeamSummary, team_summary};
use crate::params;
use crate::permissions::RepositoryPermission;

/// Makes a team without members in the grant's organization; `false` when one of that name was made at the same moment. One
/// statement.
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
    tx.any(
        "INSERT INTO team (organization_id, name, description, role) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT DO NOTHING RETURNING id",
        params![organization_id, name.as_str(), description, role],
    )
}

/// The grant's team as it is now, for a change of it; `None` when it is gone. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn current(tx: &Transaction<'_>, grant: &Grant<TeamAdmin>) -> Result<Option<Team>, StoreError> {
    tx.optional(
        "SELECT id, name, description, role FROM team WHERE id = ?1",
        params![team_id(grant)],
    )
}

/// Changes the given fields of the grant's team; returns the result, if it exists. One statement.
///
/// # Errors
/// [`StoreError::NoOwnerLeft`] when the last people who administer the organization would lose that.
pub fn update(
    tx: &Transaction<'_>,
    grant: &Grant<TeamAdmin>,
    description: Option<&str>,
    role: Option<TeamRole>,
) -> Result<Option<Team>, StoreError> {
    tx.optional(
        "UPDATE team SET description = coalesce(?2, description), role = coalesce(?3, role)
        WHERE id = ?1 RETURNING id, name, description, role",
        params![team_id(grant), description, role],
    )
}

/// Deletes the grant's team and everything of it; returns whether it was there. One statement: the schema's foreign keys take
/// the rest along.
///
/// # Errors
/// [`StoreError::NoOwnerLeft`] when the last people who administer the organization would lose that.
pub fn delete(tx: &Transaction<'_>, grant: &Grant<TeamAdmin>) -> Result<bool, StoreError> {
    tx.any("DELETE FROM team WHERE id = ?1 RETURNING 1", params![team_id(grant)])
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
    db.optional(
        team_summary!("", "description", "FROM team WHERE id = ?1"),
        params![grant.target().team.id, grant.caller_id()],
    )
}

/// Somebody in a team, or on the way there.
#[derive(Debug)]
pub enum TeamMember {
    /// An account.
    Account(AccountInTeam),
    /// An invited e-mail address.
    Address(String),
}

/// A user or a robot in a team, or on the way there.
#[derive(Debug, FromRow)]
pub struct AccountInTeam {
    /// Name.
    pub name: String,
    /// E-mail address, or the UUID in its place.
    pub email: String,
    /// Whether it is a robot.
    pub is_robot: bool,
    /// Whether it is invited and no member yet.
    pub invited: bool,
}

/// Who is in a team; behind them, or in front where the order is from the end, those who are invited.
pub struct TeamMembers;

impl Listed for TeamMembers {
    const LIST: List = List {
        orders: &[
            Order { name: "created", keys: &[Key("m.id", "m.id"), Key("i.position", "i.id")] },
            Order {
                name: "name",
                keys: &[Key("m.account_name", "m.id"), Key("i.addressee", "i.id")],
            },
        ],
        default: "created",
        searched: "the name or address",
        texts: &[&["m.account_name"], &["i.addressee"]],
        long: &[],
        original: Original::Whole,
    };
}

/// The members of the grant's team, and those who are invited into it, where they are asked for. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn members(
    db: &dyn Database,
    grant: &Grant<TeamView>,
    with_invited: bool,
    now: Timestamp,
    window: &Window,
) -> Result<Slice<TeamMember>, StoreError> {
    let team_id = grant.target().team.id;
    if !with_invited {
        let list = "SELECT {position}, NULL AS address, a.name, a.email, a.kind = 'robot' AS is_robot, 0 AS invited
            FROM team_member m CROSS JOIN account a ON a.id = m.account_id
            WHERE m.team_id = ?1{window}";
        return window.read(db, list, params![team_id]);
    }
    // No id is as large as the position of an invitation, and no name sorts as high as the mark before an addressee.
    let list = "SELECT * FROM (
            SELECT {position}, NULL AS address, a.name, a.email, a.kind = 'robot' AS is_robot, 0 AS invited
            FROM team_member m CROSS JOIN account a ON a.id = m.account_id
            WHERE m.team_id = ?1{window})
        UNION ALL
        SELECT * FROM (
            SELECT {position2}, i.email, i.name, i.account_email, 0, 1
            FROM (SELECT i.id, i.id + 0x4000000000000000 AS position, i.email, a.name,
                    a.email AS account_email, char(0x10FFFD) || coalesce(a.name, i.email) AS addressee
                FROM team_invitation i LEFT JOIN account a ON a.id = i.account_id
                WHERE i.team_id = ?1 AND i.expires_at > ?2) i
            WHERE TRUE{window2})
        {order}";
    window.read(db, list, params![team_id, now])
}

impl FromRow for TeamMember {
    const WIDTH: usize = 1 + AccountInTeam::WIDTH;

    fn from_row(row: &mut Row) -> Result<Self, StoreError> {
        let address: Option<String> = row.column("address")?;
        let account = row.joined("account")?;
        let member = address.map(Self::Address).or_else(|| account.map(Self::Account));
        member.ok_or_else(|| disagreement("nobody is in the team".into()))
    }
}

/// A user or a robot who is to be put into a team or removed from it.
#[derive(Debug, FromRow)]
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

/// The user or robot of that name, and how they relate to the grant's team. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn candidate(
    tx: &Transaction<'_>,
    grant: &Grant<ExistingTeamAdmin>,
    name: &str,
) -> Result<Option<Candidate>, StoreError> {
    let target = grant.target();
    tx.optional(
        "SELECT id, name, email, kind = 'robot' AS is_robot, coalesce(namespace_id = ?2, 0) AS is_own_robot,
            EXISTS (SELECT 1 FROM team_member m WHERE m.team_id = ?3 AND m.account_id = account.id)
                AS in_team,
            EXISTS (SELECT 1 FROM team_member m
                WHERE m.organization_id = ?2 AND m.account_id = account.id) AS in_organization
        FROM account WHERE name = ?1 AND name = ?1 COLLATE BINARY AND kind <> 'organization'",
        params![name, target.organization.id, target.team.id],
    )
}

/// Puts somebody into the grant's team. One statement.
///
/// # Errors
/// [`StoreError::UniqueViolation`] of `team_member.team_id` when they are in it.
pub fn add_member(
    tx: &Transaction<'_>,
    grant: &Grant<ExistingTeamAdmin>,
    candidate: &Candidate,
) -> Result<(), StoreError> {
    let (target, kind) = (grant.target(), if candidate.is_robot { "robot" } else { "user" });
    tx.run(
        "INSERT INTO team_member (team_id, organization_id, account_id, account_kind)
        VALUES (?1, ?2, ?3, ?4)",
        params![target.team.id, target.organization.id, candidate.id, kind],
    )
}

/// Removes somebody from the grant's team; returns whether they were in it. One statement.
///
/// # Errors
/// [`StoreError::NoOwnerLeft`] when they are the last person who administers the organization.
pub fn remove_member(
    tx: &Transaction<'_>,
    grant: &Grant<ExistingTeamAdmin>,
    candidate: &Candidate,
) -> Result<bool, StoreError> {
    tx.any(
        "DELETE FROM team_member WHERE team_id = ?1 AND account_id = ?2 RETURNING id",
        params![grant.target().team.id, candidate.id],
    )
}

/// The repository permissions of the grant's team. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn permissions(
    db: &dyn Database,
    grant: &Grant<TeamAdminView>,
    window: &Window,
) -> Result<Slice<RepositoryPermission>, StoreError> {
    window.read(
        db,
        "SELECT {position}, p.repository, r.is_public, p.role
        FROM repository_permission p CROSS JOIN repository r ON r.id = p.repository_id
        WHERE p.team_id = ?1{window}",
        params![grant.target().team.id],
    )
}

/// The teams of an organization.
pub struct Teams;

impl Listed for Teams {
    const LIST: List = List {
        orders: &[
            Order { name: "created", keys: &[Key("team.id", "team.id")] },
            Order { name: "name", keys: &[Key("team.name", "team.id")] },
        ],
        default: "created",
        searched: "the name",
        texts: &[&["team.name"]],
        long: &[],
        original: Original::Whole,
    };
}

/// The teams of an organization, as the caller sees them. Where there are many, long descriptions are cut: each has its share
/// of what one answer holds. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn list<P: Permit<Target = OrganizationRef>>(
    db: &dyn Database,
    grant: &Grant<P>,
    window: &Window,
) -> Result<Slice<TeamSummary>, StoreError> {
    window.read(
        db,
        team_summary!(
            "{position}, ",
            "CASE WHEN length(description) <= share THEN description
                ELSE substr(description, 1, share) || '…' END",
            "FROM (SELECT max(128, ?3 / max(1, min(?4, number))) AS share
                FROM owned WHERE holder_id = ?1 AND kind = 'teams')
            CROSS JOIN team WHERE team.organization_id = ?1{window}"
        ),
        params![grant.organization().id, grant.caller_id(), LISTED_TEAM_TEXTS, window.rows],
    )
}
