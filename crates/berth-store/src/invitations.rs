//! Invitations into teams, for users and for e-mail addresses.
//!
//! For each team and person there is at most one; asking again renews it, with a new code. An expired one counts as none.

use berth_access::{ExistingTeamAdmin, Grant, OrganizationAdminView};
use berth_domain::Timestamp;

use crate::db::{Database, Row, StoreError, Transaction, returned};
use crate::mail::Delivery;
use crate::params;

/// Who is invited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Invited {
    /// A user, by row id.
    User(i64),
    /// Whoever shows that the address is his.
    Email(String),
}

/// An invitation to be made or renewed.
#[derive(Debug)]
pub struct NewInvitation<'a> {
    /// Who is invited.
    pub invited: &'a Invited,
    /// Who invites.
    pub inviter_id: i64,
    /// SHA-256 of the code.
    pub code_hash: &'a [u8],
    /// The code, sealed.
    pub sealed_code: &'a [u8],
    /// The mail that tells of it, where there is an address to write to.
    pub mail_id: Option<i64>,
    /// The stable id of the notification, for a user.
    pub notification_uuid: &'a str,
    /// When.
    pub at: Timestamp,
    /// Until when it can be accepted.
    pub expires_at: Timestamp,
}

/// Makes an invitation into the grant's team, or renews it; a user finds a notification. One statement, for users two.
///
/// # Errors
/// [`StoreError`].
pub fn invite(
    tx: &Transaction<'_>,
    grant: &Grant<ExistingTeamAdmin>,
    new: &NewInvitation<'_>,
) -> Result<(), StoreError> {
    let (account_id, email) = match new.invited {
        Invited::User(id) => (Some(*id), None),
        Invited::Email(email) => (None, Some(email)),
    };
    let target = grant.target();
    let id: i64 = returned(tx.execute(
        "INSERT INTO team_invitation (team_id, organization_id, account_id, email, inviter_id,
            code_hash, sealed_code, mail_id, created_at, expires_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
        ON CONFLICT DO UPDATE SET inviter_id = excluded.inviter_id, code_hash = excluded.code_hash,
            sealed_code = excluded.sealed_code, mail_id = excluded.mail_id,
            created_at = excluded.created_at, expires_at = excluded.expires_at
        RETURNING id",
        params![
            target.team.id,
            target.organization.id,
            account_id,
            email,
            new.inviter_id,
            new.code_hash,
            new.sealed_code,
            new.mail_id,
            new.at,
            new.expires_at
        ],
    )?)?;
    if let Some(account_id) = account_id {
        tx.execute(
            "INSERT INTO notification (uuid, account_id, kind, invitation_id, created_at)
            VALUES (?1, ?2, 'org_team_invite', ?3, ?4)
            ON CONFLICT (invitation_id) DO UPDATE
                SET dismissed = 0, created_at = excluded.created_at",
            params![new.notification_uuid, account_id, id, new.at],
        )?;
    }
    Ok(())
}

/// Withdraws an invitation into the grant's team; whether there was one. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn withdraw(
    tx: &Transaction<'_>,
    grant: &Grant<ExistingTeamAdmin>,
    invited: &Invited,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let (account_id, email) = match invited {
        Invited::User(id) => (Some(*id), None),
        Invited::Email(email) => (None, Some(email)),
    };
    let rows = tx.execute(
        "DELETE FROM team_invitation
        WHERE team_id = ?1 AND (account_id = ?2 OR email = ?3) AND expires_at > ?4 RETURNING id",
        params![grant.target().team.id, account_id, email, now],
    )?;
    Ok(!rows.is_empty())
}

/// A pending invitation, for the administrators of the organization.
#[derive(Debug)]
pub struct PendingInvitation {
    /// The team.
    pub team: String,
    /// The invited user: name, and e-mail address or the UUID in its place.
    pub user: Option<(String, String)>,
    /// The invited address.
    pub email: Option<String>,
    /// Who invites; none when he is gone.
    pub inviter: Option<String>,
    /// The code, sealed.
    pub sealed_code: Vec<u8>,
    /// When it was made or renewed.
    pub created_at: Timestamp,
    /// Until when it can be accepted.
    pub expires_at: Timestamp,
    /// How far the mail is that tells of it.
    pub delivery: Option<Delivery>,
}

/// The pending invitations of an organization, in the order of their ids. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn pending(
    db: &dyn Database,
    grant: &Grant<OrganizationAdminView>,
    now: Timestamp,
) -> Result<Vec<PendingInvitation>, StoreError> {
    let rows = db.execute(
        "SELECT t.name, a.name, a.email, i.email, inviter.name, i.sealed_code, i.created_at,
            i.expires_at, m.attempts, m.due_at, m.delivered_at, m.last_error
        FROM team_invitation i
        JOIN team t ON t.id = i.team_id
        LEFT JOIN account a ON a.id = i.account_id
        LEFT JOIN account inviter ON inviter.id = i.inviter_id
        LEFT JOIN mail m ON m.id = i.mail_id
        WHERE i.organization_id = ?1 AND i.expires_at > ?2
        ORDER BY i.id",
        params![grant.organization().id, now],
    )?;
    rows.into_iter().map(read_pending).collect()
}

fn read_pending(mut row: Row) -> Result<PendingInvitation, StoreError> {
    let team = row.read()?;
    let (name, account_email): (Option<String>, Option<String>) = (row.read()?, row.read()?);
    Ok(PendingInvitation {
        team,
        user: name.zip(account_email),
        email: row.read()?,
        inviter: row.read()?,
        sealed_code: row.read()?,
        created_at: row.read()?,
        expires_at: row.read()?,
        delivery: Delivery::read(&mut row)?,
    })
}

/// An invitation as its code finds it. Whoever knows the code may know this much.
#[derive(Debug, Clone)]
pub struct Invitation {
    /// Row id.
    pub id: i64,
    /// The organization's row id.
    pub organization_id: i64,
    /// The organization's name.
    pub organization: String,
    /// The team's name.
    pub team: String,
    /// Who is invited.
    pub invited: Invited,
    /// The invited user's name, or the invited address.
    pub addressee: String,
    /// Who invites; none when he is gone.
    pub inviter: Option<String>,
}

impl Invitation {
    /// Whether it is for this person: for his account, or for his address once he has shown that it is his. Addresses that
    /// differ in case are the same.
    #[must_use]
    pub fn is_for(&self, account_id: i64, email: &str, verified: bool) -> bool {
        match &self.invited {
            Invited::User(id) => *id == account_id,
            Invited::Email(_) => verified && self.is_for_address(email),
        }
    }

    /// Whether that address is invited: who knows the code, which was sent there, has shown that it is his.
    #[must_use]
    pub fn is_for_address(&self, email: &str) -> bool {
        matches!(&self.invited, Invited::Email(address) if address.eq_ignore_ascii_case(email))
    }
}

macro_rules! invitation_columns {
    () => {
        "SELECT i.id, i.organization_id, o.name, t.name, i.account_id, coalesce(i.email, a.name),
            inviter.name
        FROM team_invitation i
        JOIN account o ON o.id = i.organization_id
        JOIN team t ON t.id = i.team_id
        LEFT JOIN account a ON a.id = i.account_id
        LEFT JOIN account inviter ON inviter.id = i.inviter_id "
    };
}

fn read_invitation(mut row: Row) -> Result<Invitation, StoreError> {
    let (id, organization_id) = (row.read()?, row.read()?);
    let (organization, team) = (row.read()?, row.read()?);
    let (account_id, addressee): (Option<i64>, String) = (row.read()?, row.read()?);
    let invited = match account_id {
        Some(id) => Invited::User(id),
        None => Invited::Email(addressee.clone()),
    };
    let inviter = row.read()?;
    Ok(Invitation { id, organization_id, organization, team, invited, addressee, inviter })
}

/// The pending invitation with that code. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn find(
    db: &dyn Database,
    code_hash: &[u8],
    now: Timestamp,
) -> Result<Option<Invitation>, StoreError> {
    let rows = db.execute(
        concat!(invitation_columns!(), "WHERE i.code_hash = ?1 AND i.expires_at > ?2"),
        params![code_hash, now],
    )?;
    rows.into_iter().next().map(read_invitation).transpose()
}

/// Who answers an invitation.
#[derive(Debug, Clone, Copy)]
pub struct Invitee<'a> {
    /// Row id of the account.
    pub account_id: i64,
    /// His address, when he has shown that it is his.
    pub verified_email: Option<&'a str>,
}

/// Puts the invitee into every team of the organization of `found` that he is invited into, and removes those invitations;
/// returns them in the order of their ids. Three statements.
///
/// # Errors
/// [`StoreError`].
pub fn accept(
    tx: &Transaction<'_>,
    found: &Invitation,
    invitee: Invitee<'_>,
    now: Timestamp,
) -> Result<Vec<Invitation>, StoreError> {
    let his = params![found.organization_id, invitee.account_id, invitee.verified_email, now];
    let rows = tx.execute(
        concat!(
            invitation_columns!(),
            "WHERE i.organization_id = ?1 AND i.expires_at > ?4
                AND (i.account_id = ?2 OR i.email = ?3 COLLATE NOCASE)
            ORDER BY i.id"
        ),
        his,
    )?;
    let accepted: Vec<Invitation> =
        rows.into_iter().map(read_invitation).collect::<Result<_, _>>()?;
    tx.execute(
        "INSERT INTO team_member (team_id, organization_id, account_id, account_kind)
        SELECT DISTINCT team_id, organization_id, ?2, 'user' FROM team_invitation
        WHERE organization_id = ?1 AND expires_at > ?4
            AND (account_id = ?2 OR email = ?3 COLLATE NOCASE)
        ON CONFLICT DO NOTHING",
        his,
    )?;
    tx.execute(
        "DELETE FROM team_invitation
        WHERE organization_id = ?1 AND expires_at > ?4
            AND (account_id = ?2 OR email = ?3 COLLATE NOCASE)",
        his,
    )?;
    Ok(accepted)
}

/// Removes an invitation that its invitee does not want. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn decline(tx: &Transaction<'_>, found: &Invitation) -> Result<(), StoreError> {
    tx.execute("DELETE FROM team_invitation WHERE id = ?1", params![found.id])?;
    Ok(())
}
