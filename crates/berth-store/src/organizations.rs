//! Organizations: creating, changing, deleting; the views are read here too.

use berth_access::{
    CreateOrganization, DeletesOrganization, Grant, OrganizationAdmin, OrganizationRef,
    OrganizationRepositoryCreate, Permit, SuperuserOrganization,
};
use berth_domain::limits::{LISTED_TEAM_TEXTS, PAGE_ROWS};
use berth_domain::{Namespace, NamespaceName, Quota, TeamRole, Timestamp};

use crate::db::{Database, FromRow, Query, StoreError, Transaction};
use crate::listing::{Key, List, Listed, Order, Original, Slice, Window};
use crate::params;
use crate::quotas::quota_json;

/// The statement that reads team summaries: `?2` is the viewer, and the last part begins with FROM.
macro_rules! team_summary {
    ($position:literal, $description:literal, $rest:literal) => {
        concat!(
            "SELECT ",
            $position,
            "name, ",
            $description,
            " AS description, role,
                (SELECT count(*) FROM repository_permission p WHERE p.team_id = team.id)
                    AS repository_count,
                coalesce((SELECT number FROM owned WHERE holder_id = team.id AND kind = 'team_members'), 0)
                    AS member_count,
                EXISTS (SELECT 1 FROM team_member m
                    WHERE m.team_id = team.id AND m.account_id = ?2) AS has_viewer ",
            $rest
        )
    };
}

pub(crate) use team_summary;

/// An organization to be made.
#[derive(Debug)]
pub struct NewOrganization<'a> {
    /// Stable id.
    pub uuid: &'a str,
    /// Name.
    pub name: &'a NamespaceName,
    /// Address, or a random UUID.
    pub email: &'a str,
    /// How long deleted tags can be restored, in seconds.
    pub tag_expiration_s: i64,
    /// The account of the first owner.
    pub owner_id: i64,
    /// When.
    pub at: Timestamp,
}

/// The name of the team that a new organization starts with.
pub const FIRST_TEAM: &str = "owners";

/// Makes an organization with its team `owners` and the owner in it; returns its row id. Three statements.
///
/// # Errors
/// [`StoreError::UniqueViolation`] of `account.name` when the name is taken.
pub fn create(
    tx: &Transaction<'_>,
    grant: &Grant<CreateOrganization>,
    new: &NewOrganization<'_>,
) -> Result<i64, StoreError> {
    let id: i64 = tx.one(
        "INSERT INTO account (uuid, kind, name, email, tag_expiration_s, created_at, creator_id)
        VALUES (?1, 'organization', ?2, ?3, ?4, ?5, ?6) RETURNING id",
        params![
            new.uuid,
            new.name.as_str(),
            new.email,
            new.tag_expiration_s,
            new.at,
            grant.caller_id()
        ],
    )?;
    tx.defer(
        "INSERT INTO team (organization_id, name, role) VALUES (?1, ?2, ?3)",
        params![id, FIRST_TEAM, TeamRole::Admin],
    )?;
    tx.defer(
        "INSERT INTO team_member (team_id, organization_id, account_id, account_kind)
        SELECT id, organization_id, ?2, 'user' FROM team WHERE organization_id = ?1",
        params![id, new.owner_id],
    )?;
    Ok(id)
}

/// A change of an organization: `None` changes nothing.
#[derive(Debug, Default)]
pub struct OrganizationChange<'a> {
    /// Address, or a random UUID.
    pub email: Option<&'a str>,
    /// Whether invoices are mailed.
    pub invoice_email: Option<bool>,
    /// Where to; `Some(None)` removes it.
    pub invoice_email_address: Option<Option<&'a str>>,
    /// How long deleted tags can be restored, in seconds.
    pub tag_expiration_s: Option<i64>,
}

/// The organization as it is now, for a change of it; `None` when it is gone. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn current<P: Permit<Target = OrganizationRef>>(
    tx: &Transaction<'_>,
    grant: &Grant<P>,
) -> Result<Option<Namespace>, StoreError> {
    let before = grant.organization();
    let current: Option<Current> = tx.optional(
        "SELECT name, email, invoice_email, invoice_email_address, tag_expiration_s
        FROM account WHERE id = ?1 AND kind = 'organization'",
        params![before.id],
    )?;
    Ok(current.map(|current| current.of(before)))
}

/// The fields of an organization that may change.
#[derive(FromRow)]
struct Current {
    name: String,
    email: String,
    invoice_email: bool,
    invoice_email_address: Option<String>,
    tag_expiration_s: i64,
}

impl Current {
    fn of(self, before: &Namespace) -> Namespace {
        Namespace {
            name: self.name,
            email: self.email,
            invoice_email: self.invoice_email,
            invoice_email_address: self.invoice_email_address,
            tag_expiration_s: self.tag_expiration_s,
            ..before.clone()
        }
    }
}

/// Changes the given fields of an organization; returns the result, if it exists. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn update(
    tx: &Transaction<'_>,
    grant: &Grant<OrganizationAdmin>,
    change: &OrganizationChange<'_>,
) -> Result<Option<Namespace>, StoreError> {
    let before = grant.organization();
    let current: Option<Current> = tx.optional(
        "UPDATE account SET email = coalesce(?2, email),
            invoice_email = coalesce(?3, invoice_email),
            invoice_email_address = CASE WHEN ?4 THEN ?5 ELSE invoice_email_address END,
            tag_expiration_s = coalesce(?6, tag_expiration_s)
        WHERE id = ?1
        RETURNING name, email, invoice_email, invoice_email_address, tag_expiration_s",
        params![
            before.id,
            change.email,
            change.invoice_email,
            change.invoice_email_address.is_some(),
            change.invoice_email_address.flatten(),
            change.tag_expiration_s
        ],
    )?;
    Ok(current.map(|current| current.of(before)))
}

/// Deletes an organization and everything of it; the name is free at once. Returns whether it was there, under the name by
/// which it was found. One statement: the schema's foreign keys take the rest along.
///
/// # Errors
/// [`StoreError`].
pub fn delete<P: DeletesOrganization>(
    tx: &Transaction<'_>,
    grant: &Grant<P>,
) -> Result<bool, StoreError> {
    let organization = grant.organization();
    tx.any(
        "DELETE FROM account WHERE id = ?1 AND name = ?2 AND kind = 'organization' RETURNING 1",
        params![organization.id, &organization.name],
    )
}

/// Gives an organization another name; its robots follow. Returns whether it is there. One statement.
///
/// # Errors
/// [`StoreError::UniqueViolation`] of `account.name` when the name is taken.
pub fn rename(
    tx: &Transaction<'_>,
    grant: &Grant<SuperuserOrganization>,
    name: &NamespaceName,
) -> Result<bool, StoreError> {
    tx.any(
        "UPDATE account SET name = ?2 WHERE id = ?1 RETURNING 1",
        params![grant.organization().id, name.as_str()],
    )
}

/// An organization in the list of all.
#[derive(Debug, Clone, FromRow)]
pub struct OrganizationLine {
    /// Name.
    pub name: String,
    /// Address, or the random UUID in its place.
    pub email: String,
    /// How much it holds.
    pub stored_bytes: i64,
    /// How much it may hold, where that is limited.
    pub quota: Option<Quota>,
}

/// The organizations of the installation.
pub struct AllOrganizations;

impl Listed for AllOrganizations {
    const LIST: List = List {
        orders: &[
            Order { name: "created", keys: &[Key("account.id", "account.id")] },
            Order { name: "name", keys: &[Key("account.name COLLATE BINARY", "account.id")] },
        ],
        default: "created",
        searched: "the name or address",
        texts: &[&["name", "email"]],
        long: &[],
        original: Original::SizedPages(PAGE_ROWS),
    };
}

/// The organizations of the installation. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn all(db: &dyn Database, window: &Window) -> Result<Slice<OrganizationLine>, StoreError> {
    window.read(
        db,
        concat!(
            "SELECT {position}, name, email, stored_bytes, ",
            quota_json!("account.id"),
            " AS quota FROM account WHERE kind = 'organization'{window}"
        ),
        &[],
    )
}

/// A team as the view of an organization shows it.
#[derive(Debug, Clone, FromRow)]
pub struct TeamSummary {
    /// Name.
    pub name: String,
    /// Description.
    pub description: String,
    /// Role.
    pub role: TeamRole,
    /// How many repository permissions it has.
    pub repository_count: i64,
    /// How many members, robots too, invitations not.
    pub member_count: i64,
    /// Whether the caller is in it.
    pub has_viewer: bool,
}

/// The teams of an organization in the order of their ids, as the caller sees them. Where there are many, long descriptions
/// are cut: each has its share of what one answer holds. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn teams<P: Permit<Target = OrganizationRef>>(
    db: &dyn Database,
    grant: &Grant<P>,
) -> Result<Vec<TeamSummary>, StoreError> {
    db.all(
        team_summary!(
            "",
            "CASE WHEN length(description) <= share THEN description
                ELSE substr(description, 1, share) || '…' END",
            // First, or SQLite counts all teams for each of them.
            "FROM (SELECT max(16, ?3 / max(1, count(*))) AS share
                FROM team WHERE organization_id = ?1)
            CROSS JOIN team WHERE organization_id = ?1 ORDER BY id"
        ),
        params![grant.organization().id, grant.caller_id(), LISTED_TEAM_TEXTS],
    )
}

/// How many private repositories it has. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn private_repositories(
    db: &dyn Database,
    grant: &Grant<OrganizationRepositoryCreate>,
) -> Result<i64, StoreError> {
    db.one(
        "SELECT count(*) FROM repository WHERE namespace_id = ?1 AND is_public = 0",
        params![grant.organization().id],
    )
}

/// What prevents a new organization.
#[derive(Debug, Clone, Copy, FromRow)]
pub struct Taken {
    /// A user or an organization has the name.
    pub name: bool,
    /// A user has the address.
    pub email_by_user: bool,
}

/// Whether name and address are taken. One whose unconfirmed holder's time is over is not. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn taken(
    db: &dyn Database,
    name: &str,
    email: Option<&str>,
    now: Timestamp,
) -> Result<Taken, StoreError> {
    db.one(
        "WITH expired AS (SELECT id FROM unconfirmed_account WHERE unconfirmed_until <= ?3)
        SELECT EXISTS (SELECT 1 FROM account
                WHERE name = ?1 AND name = ?1 COLLATE BINARY AND id NOT IN expired) AS name,
            EXISTS (SELECT 1 FROM account
                WHERE kind = 'user' AND email = ?2 COLLATE NOCASE AND id NOT IN expired) AS email_by_user",
        params![name, email, now],
    )
}
