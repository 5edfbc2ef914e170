//! Invitations into teams, for users and for e-mail addresses.
//!
//! For each team and person there is at most one; asking again renews it, with a new code. An expired one counts as none.

use berth_access::{ExistingTeamAdmin, Grant, OrganizationAdminView};
use berth_domain::{Timestamp, is_same_address};

use crate::db::{Database, FromRow, Query, StoreError, Transaction};
use crate::listing::{Key, List, Listed, Order, Original, Slice, Window};
use crate::mails::Delivery;
use crate::params;

/// Who is invited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Invited {
    /// A user, by row id.
    User(i64),
    /// A person who shows that the address is theirs.
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
    /// The mail that carries it, where there is an address to write to.
    pub mail_id: Option<i64>,
    /// The stable id of the notification, for a user.
    pub notification_uuid: &'a str,
    /// Whether an existing invitation keeps its code and its mail: nobody would learn a new code.
    pub keeps_code: bool,
    /// When.
    pub at: Timestamp,
    /// Until when it can be accepted.
    pub expires_at: Timestamp,
}

/// Makes an invitation into the grant's team, or renews it; a user finds a notification. Addresses that differ in case are
/// the same. Whether the code is the new one. One statement, for users two.
///
/// # Errors
/// [`StoreError`].
pub fn invite(
    tx: &Transaction<'_>,
    grant: &Grant<ExistingTeamAdmin>,
    new: &NewInvitation<'_>,
) -> Result<bool, StoreError> {
    let (account_id, email) = match new.invited {
        Invited::User(id) => (Some(*id), None),
        Invited::Email(email) => (None, Some(email)),
    };
    let target = grant.target();
    let made: Option<(i64, bool)> = tx.optional(
        "INSERT INTO team_invitation (team_id, organization_id, account_id, email, inviter_id,
            code_hash, sealed_code, mail_id, created_at, expires_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
        ON CONFLICT DO UPDATE SET inviter_id = excluded.inviter_id, email = excluded.email,
            code_hash = CASE WHEN ?11 THEN code_hash ELSE excluded.code_hash END,
            sealed_code = CASE WHEN ?11 THEN sealed_code ELSE excluded.sealed_code END,
            mail_id = CASE WHEN ?11 THEN mail_id ELSE excluded.mail_id END,
            created_at = excluded.created_at, expires_at = excluded.expires_at
        RETURNING id, code_hash = ?6",
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
            new.expires_at,
            new.keeps_code
        ],
    )?;
    let (id, has_new_code) = made.ok_or(StoreError::NotFound)?;
    if let Some(account_id) = account_id {
        tx.defer(
            "INSERT INTO notification (uuid, account_id, kind, invitation_id, created_at)
            VALUES (?1, ?2, 'org_team_invite', ?3, ?4)
            ON CONFLICT (invitation_id) DO UPDATE
                SET dismissed = 0, created_at = excluded.created_at",
            params![new.notification_uuid, account_id, id, new.at],
        )?;
    }
    Ok(has_new_code)
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
    tx.any(
        "DELETE FROM team_invitation
        WHERE team_id = ?1 AND (account_id = ?2 OR email = ?3) AND expires_at > ?4
        RETURNING id",
        params![grant.target().team.id, account_id, email, now],
    )
}

/// A pending invitation, for the administrators of the organization.
#[derive(Debug, FromRow)]
pub struct PendingInvitation {
    /// The team.
    pub team: String,
    /// The invited user: name, and e-mail address or the UUID in its place.
    #[row(nested)]
    pub user: Option<(String, String)>,
    /// The invited address.
    pub email: Option<String>,
    /// Who invites; `None` when they are gone.
    pub inviter: Option<String>,
    /// The code, sealed.
    pub sealed_code: Vec<u8>,
    /// When it was made or renewed.
    pub created_at: Timestamp,
    /// Until when it can be accepted.
    pub expires_at: Timestamp,
    /// The state of its mail.
    #[row(nested)]
    pub delivery: Option<Delivery>,
}

/// The pending invitations of an organization.
pub struct Pending;

impl Listed for Pending {
    const LIST: List = List {
        orders: &[
            Order { name: "created", keys: &[Key("i.id", "i.id")] },
            Order { name: "expires", keys: &[Key("i.expires_at", "i.id")] },
        ],
        default: "created",
        searched: "the name or address of the invited",
        texts: &[&["coalesce(a.name, '')", "coalesce(i.email, '')"]],
        long: &["email"],
        original: Original::Whole,
    };
}

/// The pending invitations of an organization. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn pending(
    db: &dyn Database,
    grant: &Grant<OrganizationAdminView>,
    now: Timestamp,
    window: &Window,
) -> Result<Slice<PendingInvitation>, StoreError> {
    window.read(
        db,
        "SELECT {position}, t.name AS team, a.name AS user_name, a.email AS user_email, i.email,
            inviter.name AS inviter, i.sealed_code, i.created_at,
            i.expires_at, m.attempts, m.due_at, m.delivered_at, m.last_error
        FROM team_invitation i
        CROSS JOIN team t ON t.id = i.team_id
        LEFT JOIN account a ON a.id = i.account_id
        LEFT JOIN account inviter ON inviter.id = i.inviter_id
        LEFT JOIN mail m ON m.id = i.mail_id
        WHERE i.organization_id = ?1 AND {lower i.expires_at} > ?2{window}",
        params![grant.organization().id, now],
    )
}

/// An invitation as found by its code. Everybody who knows the code may see this.
#[derive(Debug, Clone, FromRow)]
pub struct Invitation {
    /// Row id.
    pub id: i64,
    /// The organization's row id.
    pub organization_id: i64,
    /// The organization's name.
    pub organization: String,
    /// The team's name.
    pub team: String,
    /// The row id of the invited user; none for an address.
    pub account_id: Option<i64>,
    /// The invited user's name, or the invited address.
    pub addressee: String,
    /// Who invites; `None` when they are gone.
    pub inviter: Option<String>,
    /// Whether its code was sent to the invited address by mail at once: of one that was held administrators had the link.
    pub was_mailed: bool,
}

impl Invitation {
    /// Whether it is for this person, who brings its code: for their account, or for their address. An address in an account
    /// proves nothing; the code does, because it was sent to that address.
    #[must_use]
    pub fn is_for(&self, account_id: i64, email: &str) -> bool {
        match self.account_id {
            Some(id) => id == account_id,
            None => is_same_address(&self.addressee, email),
        }
    }

    /// The invited address.
    #[must_use]
    pub fn address(&self) -> Option<&str> {
        self.account_id.is_none().then_some(&self.addressee)
    }

    /// Whether the code proves that its bearer reads the mail of `email`: it was mailed there and shown nowhere else.
    #[must_use]
    pub fn proves(&self, email: &str) -> bool {
        self.was_mailed && self.address().is_some_and(|address| is_same_address(address, email))
    }
}

macro_rules! invitation_columns {
    () => {
        "SELECT i.id, i.organization_id, o.name AS organization, t.name AS team,
            i.account_id, coalesce(i.email, a.name) AS addressee, inviter.name AS inviter,
            EXISTS (SELECT 1 FROM mail WHERE mail.id = i.mail_id
                AND delivered_at IS NOT NULL AND held_until IS NULL AND recipient = i.email COLLATE NOCASE)
                AS was_mailed
        FROM team_invitation i
        JOIN account o ON o.id = i.organization_id
        JOIN team t ON t.id = i.team_id
        LEFT JOIN account a ON a.id = i.account_id
        LEFT JOIN account inviter ON inviter.id = i.inviter_id "
    };
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
    db.optional(
        concat!(invitation_columns!(), "WHERE i.code_hash = ?1 AND i.expires_at > ?2"),
        params![code_hash, now],
    )
}

/// Puts a user into every team of the organization of `found` that their account is invited into, and, if `found` is for an
/// address, into those that this address is invited into; removes these invitations and returns them in the order of their
/// ids. Two statements.
///
/// # Errors
/// [`StoreError`].
pub fn accept(
    tx: &Transaction<'_>,
    found: &Invitation,
    account_id: i64,
    now: Timestamp,
) -> Result<Vec<Invitation>, StoreError> {
    let mut accepted: Vec<(Invitation, i64)> = tx.all(
        "DELETE FROM team_invitation
        WHERE organization_id = ?1 AND expires_at > ?4
            AND (account_id = ?2 OR email = ?3)
        RETURNING id, organization_id,
            (SELECT name FROM account WHERE id = organization_id) AS organization,
            (SELECT name FROM team WHERE id = team_id) AS team, account_id,
            coalesce(email, (SELECT name FROM account WHERE id = account_id)) AS addressee,
            (SELECT name FROM account WHERE id = inviter_id) AS inviter, 0 AS was_mailed, team_id",
        params![found.organization_id, account_id, found.address(), now],
    )?;
    accepted.sort_by_key(|(invitation, _)| invitation.id);
    let (accepted, teams): (Vec<_>, Vec<_>) = accepted.into_iter().unzip();
    tx.defer(
        "INSERT INTO team_member (team_id, organization_id, account_id, account_kind)
        SELECT team.id, team.organization_id, ?1, 'user'
        FROM json_each(?2) wanted JOIN team ON team.id = wanted.value
        WHERE true ORDER BY wanted.key
        ON CONFLICT DO NOTHING",
        params![account_id, serde_json::json!(teams).to_string()],
    )?;
    Ok(accepted)
}

/// Removes an invitation that its invitee does not want. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn decline(tx: &Transaction<'_>, found: &Invitation) -> Result<(), StoreError> {
    tx.defer("DELETE FROM team_invitation WHERE id = ?1", params![found.id])
}
