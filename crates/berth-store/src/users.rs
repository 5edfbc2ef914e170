//! People as answers show them: their accounts, and the organizations that they are in.

use berth_domain::limits::{LISTED_MEMBERSHIPS, PAGE_ROWS};
use berth_domain::{Quota, TeamRole};

use crate::db::{Database, FromRow, Query, StoreError};
use crate::listing::{
    Key, List, Listed, Order, Original, Slice, Window, people_found, replace_marks,
};
use crate::params;
use crate::quotas::quota_json;

/// A person's account, without secrets.
#[derive(Debug, Clone, FromRow)]
pub struct UserAccount {
    /// Row id.
    pub id: i64,
    /// Name.
    pub name: String,
    /// Address, or the random UUID in its place.
    pub email: String,
    /// Whether the address was confirmed.
    pub verified: bool,
    /// Whether there is a password.
    pub has_password: bool,
    /// Whether invoices are mailed.
    pub invoice_email: bool,
    /// Where to, if elsewhere.
    pub invoice_email_address: Option<String>,
    /// How long deleted tags can be restored, in seconds.
    pub tag_expiration_s: i64,
    /// How much their namespace holds.
    pub stored_bytes: i64,
    /// The storage quota, if there is one.
    pub quota: Option<Quota>,
    /// What the person says of themselves.
    #[row(nested)]
    pub metadata: Metadata,
    /// The epoch of new sessions.
    pub session_epoch: i64,
    /// The organizations that they are in, in the order of their ids: at most [`LISTED_MEMBERSHIPS`].
    #[row(default)]
    pub organizations: Vec<Membership>,
}

/// A row of a person's account: one for each of their organizations, or one without.
#[derive(FromRow)]
struct AccountRow {
    #[row(nested)]
    account: UserAccount,
    #[row(nested)]
    organization: Option<Membership>,
}

/// What a person says of themselves.
#[derive(Debug, Clone, Default, PartialEq, Eq, FromRow)]
pub struct Metadata {
    /// Given name.
    pub given_name: Option<String>,
    /// Family name.
    pub family_name: Option<String>,
    /// Company.
    pub company: Option<String>,
    /// Location.
    pub location: Option<String>,
}

/// An organization that a person is in.
#[derive(Debug, Clone, FromRow)]
pub struct Membership {
    /// The organization's name.
    pub name: String,
    /// The organization's address, or the random UUID in its place.
    pub email: String,
    /// The highest role of their teams there.
    pub role: Option<TeamRole>,
}

/// The account of a person with their organizations; `None` when there is no such person. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn account(db: &dyn Database, account_id: i64) -> Result<Option<UserAccount>, StoreError> {
    let rows: Vec<AccountRow> = db.all(
        // Long fields are in the first row alone.
        concat!("SELECT u.id, u.name, u.email, p.verified, p.password_hash IS NOT NULL AS has_password, u.invoice_email,
            CASE row_number() OVER w WHEN 1 THEN (SELECT invoice_email_address FROM account WHERE id = u.id) END AS invoice_email_address, u.tag_expiration_s, u.stored_bytes,
            CASE row_number() OVER w WHEN 1 THEN ", quota_json!("u.id"), " END AS quota,
            CASE row_number() OVER w WHEN 1 THEN (SELECT given_name FROM user_profile WHERE account_id = u.id) END AS given_name,
            CASE row_number() OVER w WHEN 1 THEN (SELECT family_name FROM user_profile WHERE account_id = u.id) END AS family_name,
            CASE row_number() OVER w WHEN 1 THEN (SELECT company FROM user_profile WHERE account_id = u.id) END AS company,
            CASE row_number() OVER w WHEN 1 THEN (SELECT location FROM user_profile WHERE account_id = u.id) END AS location, p.session_epoch, o.name, o.email, max(CASE t.role
                WHEN 'admin' THEN 3 WHEN 'creator' THEN 2 WHEN 'member' THEN 1 END) AS role
        FROM account u
        JOIN user_profile p ON p.account_id = u.id
        LEFT JOIN team_member m ON m.account_id = u.id
        LEFT JOIN team t ON t.id = m.team_id
        LEFT JOIN account o ON o.id = m.organization_id
        WHERE u.id = ?1
        GROUP BY o.id WINDOW w AS (ORDER BY o.id) ORDER BY o.id LIMIT ?2"),
        params![account_id, LISTED_MEMBERSHIPS],
    )?;
    let mut account: Option<UserAccount> = None;
    for row in rows {
        account.get_or_insert(row.account).organizations.extend(row.organization);
    }
    Ok(account)
}

/// The organizations that a person is in.
pub struct OwnOrganizations;

impl Listed for OwnOrganizations {
    const LIST: List = List {
        orders: &[
            Order { name: "created", keys: &[Key("f.id", "f.id")] },
            Order { name: "name", keys: &[Key("o.name COLLATE BINARY", "f.id")] },
        ],
        default: "created",
        searched: "the name",
        texts: &[&["o.name"]],
        long: &[],
        original: Original::Whole,
    };
}

/// The organizations that a person is in. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn organizations(
    db: &dyn Database,
    account_id: i64,
    window: &Window,
) -> Result<Slice<Membership>, StoreError> {
    window.read(
        db,
        "SELECT {position}, o.name, o.email, (SELECT max(CASE t.role
                WHEN 'admin' THEN 3 WHEN 'creator' THEN 2 WHEN 'member' THEN 1 END)
            FROM team_member m JOIN team t ON t.id = m.team_id
            WHERE m.account_id = ?1 AND m.organization_id = o.id) AS role
        FROM affiliation f CROSS JOIN account o ON o.id = f.namespace_id
        WHERE f.account_id = ?1 AND f.teams > 0{window}",
        params![account_id],
    )
}

/// A person in the lists of superusers.
#[derive(Debug, Clone, FromRow)]
pub struct UserSummary {
    /// Row id.
    pub id: i64,
    /// Stable id.
    pub uuid: String,
    /// Name.
    pub name: String,
    /// Address, or the random UUID in its place.
    pub email: String,
    /// Whether the address was confirmed.
    pub verified: bool,
    /// Whether the account may be used.
    pub enabled: bool,
    /// Whether this is the first user of the installation.
    pub is_first: bool,
    /// How much their namespace holds.
    pub stored_bytes: i64,
    /// The storage quota, if there is one.
    pub quota: Option<Quota>,
}

macro_rules! summary {
    ($position:literal, $where:literal) => {
        concat!(
            "SELECT ",
            $position,
            "account.id, uuid, name, email, verified, enabled, is_first, stored_bytes, ",
            quota_json!("account.id"),
            " AS quota FROM account JOIN user_profile ON user_profile.account_id = account.id WHERE ",
            $where
        )
    };
}

/// The summary of a person. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn summary(db: &dyn Database, account_id: i64) -> Result<Option<UserSummary>, StoreError> {
    db.optional(summary!("", "account.id = ?1"), params![account_id])
}

/// The people of the installation.
pub struct AllUsers;

impl Listed for AllUsers {
    const LIST: List = List {
        orders: &[
            Order {
                name: "created",
                keys: &[Key("user_profile.account_id", "user_profile.account_id")],
            },
            Order { name: "name", keys: &[Key("account.name COLLATE BINARY", "account.id")] },
        ],
        default: "created",
        searched: "the name or address",
        texts: &[&["name", "email"]],
        long: &[],
        original: Original::SizedPages(PAGE_ROWS),
    };
}

/// The people of the installation. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn all(
    db: &dyn Database,
    with_disabled: bool,
    window: &Window,
) -> Result<Slice<UserSummary>, StoreError> {
    let list = match window.text {
        None => summary!("{position}, ", "{users} AND (?1 OR enabled = 1){window}"),
        Some(_) => concat!(
            people_found!("is_address IN (0, 1)", ", page AS (SELECT * FROM ("),
            summary!(
                "{position}, ",
                "account.id IN found AND (?1 OR enabled = 1){window}
                    * (SELECT count(*) <= 1000 FROM found)"
            ),
            ") UNION ALL SELECT * FROM (",
            summary!(
                "{position}, ",
                "{users} AND (?1 OR enabled = 1){window}
                    * (SELECT count(*) > 1000 FROM found)"
            ),
            ") {order}) SELECT * FROM page {ordered}"
        ),
    };
    // Only the order of names has the index of all users; for the other SQLite would sort what that gives.
    let is_by_name = window.order.name == "name";
    let users = if is_by_name { "account.kind = 'user'" } else { "+account.kind = 'user'" };
    let list = replace_marks(list, |mark| (mark == "users").then(|| users.into()));
    window.read(db, &list, params![with_disabled])
}
