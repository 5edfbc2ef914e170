//! Accounts of people: made, found, changed.

use berth_domain::Timestamp;

use crate::db::{Constraint, Database, FromRow, Query, StoreError, Transaction};
use crate::params;
use crate::users::Metadata;

/// A user to be made.
#[derive(Debug)]
pub struct NewUser<'a> {
    /// Stable id.
    pub uuid: &'a str,
    /// Name; its form was checked.
    pub name: &'a str,
    /// Address, or a random UUID.
    pub email: &'a str,
    /// The argon2id hash of the password, when there is one.
    pub password_hash: Option<&'a str>,
    /// Whether they may sign in.
    pub verified: bool,
    /// Whether a code that was sent to the address has proven it.
    pub proven: bool,
    /// The code that confirms the address, when one was sent.
    pub email_code: Option<EmailCode<'a>>,
    /// Until when the account waits for its confirmation before others may have its name and its address.
    pub unconfirmed_until: Option<Timestamp>,
    /// Whether this is the first user of the installation.
    pub is_first: bool,
    /// How long deleted tags can be restored, in seconds.
    pub tag_expiration_s: i64,
    /// When.
    pub at: Timestamp,
}

/// A code that a mail carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EmailCode<'a> {
    /// SHA-256 of the code.
    pub hash: &'a [u8],
    /// When it stops working.
    pub expires_at: Timestamp,
}

/// Makes a user; returns their row id. Two statements.
///
/// # Errors
/// [`StoreError::UniqueViolation`] of `account.name` or `account.email`; of `user_profile.is_first` when they are to be the
/// first user and there are users already.
pub fn create(tx: &Transaction<'_>, new: &NewUser<'_>) -> Result<i64, StoreError> {
    insert(tx, new, false)
}

/// As [`create`], of a user who may only be made after others.
///
/// # Errors
/// As there; [`StoreError::NotFound`] when there are none.
pub fn create_beside_others(tx: &Transaction<'_>, new: &NewUser<'_>) -> Result<i64, StoreError> {
    insert(tx, new, true)
}

fn insert(tx: &Transaction<'_>, new: &NewUser<'_>, needs_others: bool) -> Result<i64, StoreError> {
    let made: Option<i64> = tx.optional(
        "INSERT INTO account (uuid, kind, name, email, tag_expiration_s, created_at)
        SELECT ?1, 'user', ?2, ?3, ?4, ?5
        WHERE CASE WHEN ?6 OR ?7
                THEN ?7 = EXISTS (SELECT 1 FROM account WHERE kind = 'user') ELSE 1 END
        RETURNING id",
        params![
            new.uuid,
            new.name,
            new.email,
            new.tag_expiration_s,
            new.at,
            new.is_first,
            needs_others
        ],
    )?;
    let id = made.ok_or(match needs_others {
        true => StoreError::NotFound,
        false => StoreError::UniqueViolation(Constraint::FirstUser),
    })?;
    tx.run(
        "INSERT INTO user_profile (account_id, password_hash, verified, is_first,
            email_code_hash, email_code_expires_at, proven_email, unconfirmed_until)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![
            id,
            new.password_hash,
            new.verified,
            new.is_first,
            new.email_code.map(|code| code.hash),
            new.email_code.map(|code| code.expires_at),
            new.proven.then_some(new.email),
            new.unconfirmed_until
        ],
    )?;
    Ok(id)
}

/// Whether any user exists.
///
/// # Errors
/// [`StoreError`].
pub fn any_user(db: &dyn Database) -> Result<bool, StoreError> {
    db.one("SELECT EXISTS (SELECT 1 FROM account WHERE kind = 'user')", &[])
}

/// What signing in needs of an account.
#[derive(Debug, Clone, FromRow)]
pub struct SignInRow {
    /// Row id.
    pub id: i64,
    /// Stable id.
    pub uuid: String,
    /// User name.
    pub name: String,
    /// Address, or the UUID in its place.
    pub email: String,
    /// argon2id, as a PHC string.
    pub password_hash: Option<String>,
    /// Whether they may sign in: their address was confirmed, or need not be.
    pub verified: bool,
    /// Whether the account may be used.
    pub enabled: bool,
    /// The epoch of new sessions.
    pub session_epoch: i64,
}

macro_rules! sign_in_rows {
    ($condition:literal) => {
        concat!(
            "SELECT account.id, uuid, name, email, password_hash, verified, enabled, session_epoch
            FROM account JOIN user_profile ON user_profile.account_id = account.id WHERE ",
            $condition
        )
    };
}

/// The user with that name, or else with that e-mail address. Addresses that differ in case are the same.
///
/// # Errors
/// [`StoreError`].
pub fn for_sign_in(
    db: &dyn Database,
    name_or_email: &str,
) -> Result<Option<SignInRow>, StoreError> {
    db.optional(
        sign_in_rows!(
            "account.id = coalesce(
                (SELECT id FROM account
                    WHERE name = ?1 AND name = ?1 COLLATE BINARY AND kind = 'user'),
                (SELECT id FROM account WHERE kind = 'user' AND email = ?1 COLLATE NOCASE))"
        ),
        params![name_or_email],
    )
}

/// As [`for_sign_in`], of a user who is known. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn sign_in_row(db: &dyn Database, account_id: i64) -> Result<Option<SignInRow>, StoreError> {
    db.optional(sign_in_rows!("account.id = ?1"), params![account_id])
}

/// Ends all sessions of a user; whether there were any of that epoch, where one is given. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn end_sessions(
    tx: &Transaction<'_>,
    account_id: i64,
    epoch: Option<i64>,
) -> Result<bool, StoreError> {
    tx.any(
        "UPDATE user_profile SET session_epoch = session_epoch + 1
        WHERE account_id = ?1 AND session_epoch = coalesce(?2, session_epoch) RETURNING 1",
        params![account_id, epoch],
    )
}

/// A change of an account; `None` changes nothing.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct AccountChange<'a> {
    /// Name; robots follow.
    pub name: Option<&'a str>,
    /// Address.
    pub email: Option<&'a str>,
    /// Whether it may be used.
    pub enabled: Option<bool>,
    /// Whether invoices are mailed.
    pub invoice_email: Option<bool>,
    /// Where to.
    pub invoice_email_address: Option<Option<&'a str>>,
    /// How long deleted tags can be restored, in seconds.
    pub tag_expiration_s: Option<i64>,
}

/// Changes the account of a person. One statement; none where nothing changes.
///
/// # Errors
/// [`StoreError::UniqueViolation`] of `account.name` or `account.email`.
pub fn change(
    tx: &Transaction<'_>,
    account_id: i64,
    change: &AccountChange<'_>,
) -> Result<(), StoreError> {
    if *change == AccountChange::default() {
        return Ok(());
    }
    tx.run(
        "UPDATE account SET email = coalesce(?2, email), enabled = coalesce(?3, enabled),
            invoice_email = coalesce(?4, invoice_email),
            invoice_email_address = CASE WHEN ?5 THEN ?6 ELSE invoice_email_address END,
            tag_expiration_s = coalesce(?7, tag_expiration_s), name = coalesce(?8, name)
        WHERE id = ?1 AND kind = 'user'",
        params![
            account_id,
            change.email,
            change.enabled,
            change.invoice_email,
            change.invoice_email_address.is_some(),
            change.invoice_email_address.flatten(),
            change.tag_expiration_s,
            change.name
        ],
    )
}

/// A change of what only people have; `None` changes nothing.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ProfileChange<'a> {
    /// The argon2id hash of the password.
    pub password_hash: Option<&'a str>,
    /// Whether they may sign in.
    pub verified: Option<bool>,
    /// The address, when a code that was sent there has proven it.
    pub proven_email: Option<&'a str>,
    /// Whether all sessions end.
    pub ends_sessions: bool,
    /// Whether the codes in earlier mails become invalid: those for a forgotten password and for a new address. The code
    /// that confirms the address of the account stays valid.
    pub withdraws_codes: bool,
    /// The address that the account gets once its code is used.
    pub new_address: Option<NewAddress<'a>>,
    /// What the person says of themselves.
    pub metadata: Option<&'a Metadata>,
}

/// An address that waits for its confirmation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewAddress<'a> {
    /// The address.
    pub email: &'a str,
    /// The code that was sent there.
    pub code: EmailCode<'a>,
}

/// Changes what only people have. One statement; none where nothing changes.
///
/// # Errors
/// [`StoreError::UniqueViolation`] of `account.email` when the new address is a user's already.
pub fn change_profile(
    tx: &Transaction<'_>,
    account_id: i64,
    change: &ProfileChange<'_>,
) -> Result<(), StoreError> {
    if *change == ProfileChange::default() {
        return Ok(());
    }
    let (address, metadata) = (change.new_address, change.metadata);
    let changed = tx.any(
        "UPDATE user_profile SET password_hash = coalesce(?2, password_hash),
            verified = coalesce(?3, verified), session_epoch = session_epoch + ?4,
            new_email = CASE WHEN ?5 OR ?9 THEN ?6 ELSE new_email END,
            email_code_hash = CASE WHEN ?5 OR (?9 AND new_email IS NOT NULL) THEN ?7
                ELSE email_code_hash END,
            email_code_expires_at = CASE WHEN ?5 OR (?9 AND new_email IS NOT NULL) THEN ?8
                ELSE email_code_expires_at END,
            recovery_code_hash = CASE WHEN ?9 THEN NULL ELSE recovery_code_hash END,
            recovery_code_expires_at = CASE WHEN ?9 THEN NULL ELSE recovery_code_expires_at END,
            given_name = CASE WHEN ?10 THEN ?11 ELSE given_name END,
            family_name = CASE WHEN ?10 THEN ?12 ELSE family_name END,
            company = CASE WHEN ?10 THEN ?13 ELSE company END,
            location = CASE WHEN ?10 THEN ?14 ELSE location END,
            proven_email = coalesce(?15, proven_email),
            unconfirmed_until = CASE WHEN ?3 THEN NULL ELSE unconfirmed_until END
        WHERE account_id = ?1
            AND (?6 IS NULL OR NOT EXISTS (SELECT 1 FROM account
                JOIN user_profile held ON held.account_id = account.id
                    AND held.proven_email = account.email COLLATE NOCASE
                WHERE kind = 'user' AND account.id <> ?1 AND email = ?6 COLLATE NOCASE))
        RETURNING account_id",
        params![
            account_id,
            change.password_hash,
            change.verified,
            change.ends_sessions,
            address.is_some(),
            address.map(|address| address.email),
            address.map(|address| address.code.hash),
            address.map(|address| address.code.expires_at),
            change.withdraws_codes,
            metadata.is_some(),
            metadata.and_then(|metadata| metadata.given_name.as_deref()),
            metadata.and_then(|metadata| metadata.family_name.as_deref()),
            metadata.and_then(|metadata| metadata.company.as_deref()),
            metadata.and_then(|metadata| metadata.location.as_deref()),
            change.proven_email
        ],
    )?;
    if !changed && address.is_some() {
        return Err(StoreError::UniqueViolation(Constraint::AccountEmail));
    }
    Ok(())
}

/// The user whose code confirms an address.
#[derive(Debug, Clone, FromRow)]
pub struct CodeOwner {
    /// Row id.
    pub id: i64,
    /// Stable id.
    pub uuid: String,
    /// User name.
    pub name: String,
    /// Address, or the UUID in its place.
    pub email: String,
    /// The address that the code confirms, when it is a new one.
    pub new_email: Option<String>,
    /// The epoch of new sessions.
    pub session_epoch: i64,
}

/// Whose code has that hash, if anybody's: enabled accounts and unexpired codes only. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn by_email_code(
    db: &dyn Database,
    code_hash: &[u8],
    now: Timestamp,
) -> Result<Option<CodeOwner>, StoreError> {
    db.optional(
        "SELECT account.id, uuid, name, email, new_email, session_epoch
        FROM user_profile JOIN account ON account.id = account_id
        WHERE email_code_hash = ?1 AND email_code_expires_at > ?2 AND enabled = 1",
        params![code_hash, now],
    )
}

/// As [`by_email_code`], of the code for a forgotten password.
///
/// # Errors
/// [`StoreError`].
pub fn by_recovery_code(
    db: &dyn Database,
    code_hash: &[u8],
    now: Timestamp,
) -> Result<Option<CodeOwner>, StoreError> {
    db.optional(
        "SELECT account.id, uuid, name, email, NULL AS new_email, session_epoch
        FROM user_profile JOIN account ON account.id = account_id
        WHERE recovery_code_hash = ?1 AND recovery_code_expires_at > ?2 AND enabled = 1",
        params![code_hash, now],
    )
}

macro_rules! returning_bearer {
    ($new_email:literal) => {
        concat!(
            " RETURNING account_id AS id, (SELECT uuid FROM account WHERE id = account_id) AS uuid,
                (SELECT name FROM account WHERE id = account_id) AS name,
                (SELECT email FROM account WHERE id = account_id) AS email, ",
            $new_email,
            " AS new_email, session_epoch"
        )
    };
}

/// Uses up the code that confirms an address, which proves the address, and returns whose it was. An account that holds the
/// address unproven loses it. A new address is still to be written into the account ([`change`]). One statement.
///
/// # Errors
/// [`StoreError`].
pub fn use_email_code(
    tx: &Transaction<'_>,
    code_hash: &[u8],
    now: Timestamp,
) -> Result<Option<CodeOwner>, StoreError> {
    tx.optional(
        concat!(
            "UPDATE user_profile SET verified = 1, unconfirmed_until = NULL,
                proven_email = coalesce(new_email, (SELECT email FROM account WHERE id = account_id)),
                email_code_hash = NULL, email_code_expires_at = NULL,
                recovery_code_hash = NULL, recovery_code_expires_at = NULL
            WHERE email_code_hash = ?1 AND email_code_expires_at > ?2
                AND EXISTS (SELECT 1 FROM account WHERE id = account_id AND enabled = 1)",
            returning_bearer!("new_email")
        ),
        params![code_hash, now],
    )
}

/// Uses up the code for a forgotten password and sets the new one; returns whose it was. All sessions end, other codes
/// become invalid, and tokens end where nobody had proven the address before. The address is proven if the code was mailed
/// there, at `sent_since` or later: superusers can read the text of a mail that was only held. Three statements.
///
/// # Errors
/// [`StoreError`].
pub fn use_recovery_code(
    tx: &Transaction<'_>,
    code_hash: &[u8],
    password_hash: &str,
    now: Timestamp,
    sent_since: Timestamp,
) -> Result<Option<CodeOwner>, StoreError> {
    // A former holder of the account, before its address was proven, may have left tokens.
    for deletion in ["DELETE FROM access_token", "DELETE FROM app_token"] {
        tx.defer(
            format!(
                "{deletion} WHERE account_id = (
                    SELECT account_id FROM user_profile JOIN account ON account.id = account_id
                    WHERE recovery_code_hash = ?1 AND recovery_code_expires_at > ?2
                        AND proven_email IS NOT email COLLATE NOCASE)"
            ),
            params![code_hash, now],
        )?;
    }
    tx.optional(
        concat!(
            "UPDATE user_profile SET password_hash = ?3, session_epoch = session_epoch + 1,
                verified = 1, unconfirmed_until = NULL,
                proven_email = coalesce((SELECT email FROM account WHERE id = user_profile.account_id
                    AND EXISTS (SELECT 1 FROM mail WHERE mail.account_id = account.id
                        AND recipient = email COLLATE NOCASE AND delivered_at IS NOT NULL
                        AND held_until IS NULL AND created_at >= ?4)), proven_email),
                new_email = NULL, email_code_hash = NULL, email_code_expires_at = NULL,
                recovery_code_hash = NULL, recovery_code_expires_at = NULL
            WHERE recovery_code_hash = ?1 AND recovery_code_expires_at > ?2
                AND EXISTS (SELECT 1 FROM account WHERE id = account_id AND enabled = 1)",
            returning_bearer!("NULL")
        ),
        params![code_hash, now, password_hash, sent_since],
    )
}

/// Who gets the mail when somebody asks for a new password for an address.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Addressee {
    /// Row id of the account.
    pub id: i64,
    /// Name.
    pub name: String,
    /// The address, as the account has it.
    pub email: String,
    /// Whether it is an organization.
    pub is_organization: bool,
}

/// The enabled user with that address, or else an organization with it; where there are several, the one with its exact
/// letters, or else the oldest. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn with_address(db: &dyn Database, email: &str) -> Result<Option<Addressee>, StoreError> {
    db.optional(
        "SELECT id, name, email, kind = 'organization' AS is_organization FROM account
        WHERE email = ?1 COLLATE NOCASE AND kind IN ('user', 'organization')
            AND (enabled = 1 OR kind = 'organization')
        ORDER BY kind = 'organization', email = ?1 DESC, id LIMIT 1",
        params![email],
    )
}

/// Gives an enabled user a recovery code, unless the last one still lives at `not_after`; whether there is a new one. One
/// statement.
///
/// # Errors
/// [`StoreError`].
pub fn set_recovery_code(
    tx: &Transaction<'_>,
    account_id: i64,
    code: EmailCode<'_>,
    not_after: Timestamp,
) -> Result<bool, StoreError> {
    tx.any(
        "UPDATE user_profile SET recovery_code_hash = ?2, recovery_code_expires_at = ?3
        WHERE account_id = (SELECT id FROM account WHERE id = ?1 AND enabled = 1)
            AND coalesce(recovery_code_expires_at, 0) < ?4
        RETURNING account_id",
        params![account_id, code.hash, code.expires_at, not_after],
    )
}

/// Takes an address, which somebody else is about to prove, from the user who holds it unproven. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn leave_address(tx: &Transaction<'_>, email: &str, no_email: &str) -> Result<(), StoreError> {
    tx.defer(
        "UPDATE account SET email = ?2
        WHERE kind = 'user' AND email = ?1 COLLATE NOCASE AND NOT EXISTS (
            SELECT 1 FROM user_profile held
            WHERE held.account_id = account.id AND held.proven_email = ?1 COLLATE NOCASE)",
        params![email, no_email],
    )
}

/// What a sign-up needs to know of existing accounts.
#[derive(Debug, Clone, Copy, Default, FromRow)]
pub struct SignUpFacts {
    /// Whether the user with the wanted name did not confirm in time.
    pub name_is_free: bool,
    /// Whether the code is that of an invitation of the address.
    pub is_invited: bool,
    /// Whether it was also mailed there, so that its bearer reads the mail of the address.
    pub proves_address: bool,
    /// Whether a user has the address, whose time to confirm it is not over.
    pub address_is_held: bool,
    /// Whether they have shown that it is theirs.
    pub address_is_proven: bool,
}

/// Those facts. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn sign_up_facts(
    db: &dyn Database,
    name: &str,
    email: &str,
    code_hash: &[u8],
    now: Timestamp,
) -> Result<SignUpFacts, StoreError> {
    db.one(
        "SELECT EXISTS (SELECT 1 FROM unconfirmed_account
                WHERE name = ?1 AND unconfirmed_until <= ?4) AS name_is_free,
            i.id IS NOT NULL AS is_invited,
            coalesce(m.delivered_at IS NOT NULL AND m.held_until IS NULL AND m.recipient = i.email COLLATE NOCASE, 0)
                AS proves_address,
            EXISTS (SELECT 1 FROM account WHERE kind = 'user' AND email = ?2 COLLATE NOCASE
                AND id NOT IN (SELECT id FROM unconfirmed_account
                    WHERE email = ?2 COLLATE NOCASE AND unconfirmed_until <= ?4)) AS address_is_held,
            EXISTS (SELECT 1 FROM account JOIN user_profile ON account_id = account.id
                WHERE kind = 'user' AND email = ?2 COLLATE NOCASE
                    AND proven_email = email COLLATE NOCASE) AS address_is_proven
        FROM (SELECT 1) LEFT JOIN team_invitation i
            ON i.code_hash = ?3 AND i.expires_at > ?4 AND i.email = ?2
        LEFT JOIN mail m ON m.id = i.mail_id",
        params![name, email, code_hash, now],
    )
}

/// Deletes a person's account and everything of it; the name is free at once. Returns whether it was there. One statement: the
/// schema's foreign keys take the rest along.
///
/// # Errors
/// [`StoreError::NoOwnerLeft`] when they are the last person in a team with role admin of an organization.
pub fn delete(tx: &Transaction<'_>, account_id: i64) -> Result<bool, StoreError> {
    tx.any("DELETE FROM account WHERE id = ?1 AND kind = 'user' RETURNING 1", params![account_id])
}

/// The names of the organizations that only this person administers. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn administered_alone(db: &dyn Database, account_id: i64) -> Result<Vec<String>, StoreError> {
    db.all(
        "SELECT o.name FROM account o
        WHERE o.id IN (SELECT m.organization_id FROM team_member m JOIN team t ON t.id = m.team_id
                WHERE m.account_id = ?1 AND t.role = 'admin')
            AND NOT EXISTS (SELECT 1 FROM team_member m JOIN team t ON t.id = m.team_id
                WHERE m.organization_id = o.id AND t.role = 'admin'
                    AND m.account_kind = 'user' AND m.account_id <> ?1)
        ORDER BY o.id",
        params![account_id],
    )
}
