//! Default permissions: what new repositories of an organization get. Applied in [`crate::repositories::create`].

use berth_access::{Grant, OrganizationAdmin, OrganizationAdminView, OrganizationRef, Permit};
use berth_domain::RepositoryRole;

use crate::db::{Database, FromRow, Query, Row, StoreError, Transaction, disagreement};
use crate::grantees::{Account, account_columns};
use crate::listing::{Key, List, Listed, Order, Original, Slice, Window};
use crate::params;

/// A default permission.
#[derive(Debug, Clone, FromRow)]
pub struct DefaultPermission {
    /// Stable id.
    pub uuid: String,
    /// The role.
    pub role: RepositoryRole,
    /// Who gets the role.
    #[row(nested)]
    pub delegate: Delegate,
    /// It counts when this account creates the repository; `None`: for every creator.
    #[row(nested)]
    pub creator: Option<Account>,
}

/// Who gets a role by default.
#[derive(Debug, Clone)]
pub enum Delegate {
    /// A user or a robot.
    Account(Account),
    /// A team of the organization.
    Team {
        /// Row id.
        id: i64,
        /// Name.
        name: String,
    },
}

macro_rules! select {
    ($position:literal, $condition:literal) => {
        concat!(
            "SELECT ",
            $position,
            "d.uuid, d.role, t.id, t.name AS team, ",
            account_columns!("a", "?1"),
            ", ",
            account_columns!("c", "?1"),
            " FROM default_permission d
            LEFT JOIN team t ON t.id = d.team_id
            LEFT JOIN account a ON a.id = d.account_id
            LEFT JOIN account c ON c.id = d.creator_id
            WHERE d.organization_id = ?1",
            $condition
        )
    };
}

impl FromRow for Delegate {
    const WIDTH: usize = 2 + Account::WIDTH;

    fn from_row(row: &mut Row) -> Result<Self, StoreError> {
        let (team, account) = (row.joined("team")?, row.joined("account")?);
        match (team, account) {
            (Some((id, name)), _) => Ok(Self::Team { id, name }),
            (_, Some(account)) => Ok(Self::Account(account)),
            // The schema has one of the two.
            _ => Err(disagreement("a default permission is nobody's".into())),
        }
    }
}

/// The default permissions of an organization.
pub struct DefaultPermissions;

impl Listed for DefaultPermissions {
    const LIST: List = List {
        orders: &[Order { name: "created", keys: &[Key("d.id", "d.id")] }],
        default: "created",
        searched: "the names of who gets the role and of the creator",
        texts: &[&["coalesce(t.name, a.name)", "coalesce(c.name, '')"]],
        long: &[],
        original: Original::Whole,
    };
}

/// The default permissions of an organization. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn list(
    db: &dyn Database,
    grant: &Grant<OrganizationAdminView>,
    window: &Window,
) -> Result<Slice<DefaultPermission>, StoreError> {
    window.read(db, select!("{position}, ", "{window}"), params![grant.organization().id])
}

/// The one of that id. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn get<P: Permit<Target = OrganizationRef>>(
    db: &dyn Database,
    grant: &Grant<P>,
    uuid: &str,
) -> Result<Option<DefaultPermission>, StoreError> {
    db.optional(select!("", " AND d.uuid = ?2"), params![grant.organization().id, uuid])
}

/// Makes one. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn create(
    tx: &Transaction<'_>,
    grant: &Grant<OrganizationAdmin>,
    new: &DefaultPermission,
) -> Result<(), StoreError> {
    let (account_id, team_id) = match &new.delegate {
        Delegate::Account(account) => (Some(account.id), None),
        Delegate::Team { id, .. } => (None, Some(*id)),
    };
    tx.defer(
        "INSERT INTO default_permission (uuid, organization_id, creator_id, account_id, team_id, role)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            &new.uuid,
            grant.organization().id,
            new.creator.as_ref().map(|creator| creator.id),
            account_id,
            team_id,
            new.role
        ],
    )
}

/// Changes its role. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn set_role(
    tx: &Transaction<'_>,
    grant: &Grant<OrganizationAdmin>,
    uuid: &str,
    role: RepositoryRole,
) -> Result<(), StoreError> {
    tx.defer(
        "UPDATE default_permission SET role = ?3 WHERE organization_id = ?1 AND uuid = ?2",
        params![grant.organization().id, uuid, role],
    )
}

/// Deletes it. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn delete(
    tx: &Transaction<'_>,
    grant: &Grant<OrganizationAdmin>,
    uuid: &str,
) -> Result<(), StoreError> {
    tx.defer(
        "DELETE FROM default_permission WHERE organization_id = ?1 AND uuid = ?2",
        params![grant.organization().id, uuid],
    )
}
