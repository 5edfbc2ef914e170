//! Default permissions: what new repositories of an organization get. Applied in [`crate::repositories::create`].

use berth_access::{Grant, OrganizationAdmin, OrganizationAdminView, OrganizationRef, Permit};
use berth_domain::RepositoryRole;

use crate::db::{Database, Row, StoreError, Transaction};
use crate::grantees::{Account, account_columns};
use crate::params;

/// A default permission.
#[derive(Debug, Clone)]
pub struct DefaultPermission {
    /// Stable id.
    pub uuid: String,
    /// It counts when this account creates the repository; none: when anybody does.
    pub creator: Option<Account>,
    /// Who gets the role.
    pub delegate: Delegate,
    /// The role.
    pub role: RepositoryRole,
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
    ($condition:literal) => {
        concat!(
            "SELECT d.uuid, d.role, t.id, t.name, ",
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

fn read(mut row: Row) -> Result<Option<DefaultPermission>, StoreError> {
    let (uuid, role) = (row.read()?, row.read()?);
    let team: (Option<i64>, Option<String>) = (row.read()?, row.read()?);
    let (account, creator) = (Account::read_joined(&mut row)?, Account::read_joined(&mut row)?);
    let delegate = match (team, account) {
        ((Some(id), Some(name)), _) => Delegate::Team { id, name },
        (_, Some(account)) => Delegate::Account(account),
        // The schema has one of the two.
        _ => return Ok(None),
    };
    Ok(Some(DefaultPermission { uuid, creator, delegate, role }))
}

/// All of an organization, in the order of their ids. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn list(
    db: &dyn Database,
    grant: &Grant<OrganizationAdminView>,
) -> Result<Vec<DefaultPermission>, StoreError> {
    let rows = db.execute(select!(" ORDER BY d.id"), params![grant.organization().id])?;
    rows.into_iter().filter_map(|row| read(row).transpose()).collect()
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
    let rows = db.execute(select!(" AND d.uuid = ?2"), params![grant.organization().id, uuid])?;
    rows.into_iter().next().map_or(Ok(None), read)
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
    tx.execute(
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
    )?;
    Ok(())
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
    tx.execute(
        "UPDATE default_permission SET role = ?3 WHERE organization_id = ?1 AND uuid = ?2",
        params![grant.organization().id, uuid, role],
    )?;
    Ok(())
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
    tx.execute(
        "DELETE FROM default_permission WHERE organization_id = ?1 AND uuid = ?2",
        params![grant.organization().id, uuid],
    )?;
    Ok(())
}
