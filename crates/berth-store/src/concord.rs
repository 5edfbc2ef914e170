//! Organizations as Concord's API sees them: the same rows as Quay's, with owner, visibility, meta and cfg
//! (`docs/contract/concord.md` 4.2).

use berth_access::{Authenticated, ConcordCreate, ConcordUpdate, Facts, Grant};
use berth_domain::limits::{LISTED_DOCUMENTS_BYTES, LISTED_DOCUMENTS_IN_ALL_BYTES};
use berth_domain::{Namespace, NamespaceKind, TeamRole, Timestamp};

use crate::db::{Database, FromRow, Query, StoreError, Transaction};
use crate::listing::{Key, List, Listed, Order, Original, Slice, Window};
use crate::organizations::FIRST_TEAM;
use crate::params;

/// The team that every organization of Concord's begins with.
pub const DEFAULT_TEAM: &str = "default";

/// The description of [`DEFAULT_TEAM`].
pub const DEFAULT_TEAM_DESCRIPTION: &str = "Default team";

/// The most organizations that one list shows; Concord itself has no limit.
pub const LONGEST_LIST: i64 = 10_000;

/// A person who owns an organization.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Owner {
    /// Row id.
    pub id: i64,
    /// Stable id.
    pub uuid: String,
    /// User name.
    pub name: String,
}

/// An organization.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Entry {
    /// Row id.
    pub id: i64,
    /// Stable id.
    pub uuid: String,
    /// Name.
    pub name: String,
    /// `PUBLIC` or `PRIVATE`.
    pub visibility: String,
    /// JSON text.
    pub meta: Option<String>,
    /// JSON text.
    pub cfg: Option<String>,
    /// Whether the caller is in a team of it or owns it.
    pub viewer_belongs: bool,
    /// Who owns it.
    #[row(nested)]
    pub owner: Option<Owner>,
}

/// The columns of an entry, with the owner by default where none is recorded; `?1` is the caller.
macro_rules! entries {
    ($rest:literal) => {
        entries!("", "", "", "account o", $rest)
    };
    ($position:literal, $before_document:literal, $behind_document:literal, $from:literal, $rest:literal) => {
        concat!(
            "SELECT ",
            $position,
            " o.id, o.uuid, o.name, o.visibility, ",
            $before_document,
            " o.meta ",
            $behind_document,
            " AS meta, ",
            $before_document,
            " o.cfg ",
            $behind_document,
            " AS cfg,
                coalesce(p.id = ?1, 0) OR EXISTS (SELECT 1 FROM team_member m
                    WHERE m.account_id = ?1 AND m.organization_id = o.id) AS viewer_belongs,
                p.id AS owner_id, p.uuid AS owner_uuid, p.name AS owner_name
            FROM ",
            $from,
            " LEFT JOIN account p ON p.id = coalesce(o.owner_id, (
                SELECT account_id FROM team_member WHERE id = (SELECT min((SELECT m.id FROM team_member m
                    WHERE m.team_id = t.id AND m.account_kind = 'user' ORDER BY m.id LIMIT 1))
                FROM team t WHERE t.organization_id = o.id AND t.role = 'admin'))) ",
            $rest
        )
    };
}

/// The organizations of Concord.
pub struct Organizations;

impl Listed for Organizations {
    const LIST: List = List {
        orders: &[
            Order { name: "name", keys: &[Key("o.name COLLATE BINARY", "o.id")] },
            Order { name: "created", keys: &[Key("o.id", "o.id")] },
        ],
        default: "name",
        searched: "the name",
        texts: &[&["o.name"]],
        long: &[],
        original: Original::Offset,
    };
}

/// Which organizations a list shows.
#[derive(Debug)]
pub struct Listing<'a> {
    /// Whether to list only the organizations that they own or are in a team of.
    pub only_own: bool,
    /// A part of the name, in any case; empty for all.
    pub filter: &'a str,
}

/// The organizations that the caller sees, at most [`LONGEST_LIST`]. Documents are left out where they are long, and behind
/// the first [`LISTED_DOCUMENTS_IN_ALL_BYTES`] of them, so that no answer is too large: clients get them with the organization.
/// One statement.
///
/// # Errors
/// [`StoreError`].
pub fn list(
    db: &dyn Database,
    grant: &Grant<Authenticated>,
    listing: &Listing<'_>,
    window: &Window,
) -> Result<Slice<Entry>, StoreError> {
    window.read(
        db,
        concat!(
            "WITH visible AS (
                SELECT * FROM (SELECT {position} FROM account o
                    WHERE o.kind = 'organization' AND ?2 AND instr(lower(o.name), lower(?4)) > 0{window})
                UNION
                SELECT * FROM (SELECT {position} FROM account o
                    WHERE o.kind = 'organization' AND o.visibility = 'PUBLIC' AND NOT ?2 AND NOT ?3
                        AND instr(lower(o.name), lower(?4)) > 0{window})
                UNION
                SELECT * FROM (SELECT {position} FROM affiliation f CROSS JOIN account o ON o.id = f.namespace_id
                    WHERE f.account_id = ?1 AND f.teams > 0 AND NOT ?2
                        AND instr(lower(o.name), lower(?4)) > 0{window})
                UNION
                SELECT * FROM (SELECT {position} FROM account o
                    WHERE o.owner_id = ?1 AND NOT ?2 AND instr(lower(o.name), lower(?4)) > 0{window})
                {order})
            SELECT position_key, position_tie, id, uuid, name, visibility,
                CASE WHEN total <= ?6 THEN meta END AS meta, CASE WHEN total <= ?6 THEN cfg END AS cfg,
                viewer_belongs, owner_id, owner_uuid, owner_name
            FROM (SELECT *, sum(coalesce(octet_length(meta), 0) + coalesce(octet_length(cfg), 0))
                    OVER ({ordered} ROWS UNBOUNDED PRECEDING) AS total
                FROM (",
            entries!(
                "visible.position_key, visible.position_tie,",
                "CASE WHEN coalesce(octet_length(o.meta), 0) + coalesce(octet_length(o.cfg), 0) <= ?5 THEN",
                "END",
                "visible CROSS JOIN account o ON o.id = visible.position_tie",
                ""
            ),
            ")) {ordered}"
        ),
        params![
            grant.caller_id(),
            grant.rights().sees_every_organization(),
            listing.only_own,
            listing.filter,
            LISTED_DOCUMENTS_BYTES,
            LISTED_DOCUMENTS_IN_ALL_BYTES
        ],
    )
}

/// The organization of that exact name. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn find(
    db: &dyn Database,
    grant: &Grant<Authenticated>,
    name: &str,
) -> Result<Option<Entry>, StoreError> {
    db.optional(
        entries!("WHERE o.kind = 'organization' AND o.name = ?2 AND o.name = ?2 COLLATE BINARY"),
        params![grant.caller_id(), name],
    )
}

/// How a request names a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestedOwner {
    /// By stable id.
    Uuid(String),
    /// By user name, in any case.
    Name(String),
    /// By their name in a directory or a domain. None is stored here, so it matches nobody.
    Foreign(String),
}

/// The subjects of a request.
#[derive(Debug, FromRow)]
pub struct Resolved {
    /// The owner that it names.
    #[row(nested)]
    pub owner: Option<Owner>,
    /// Whether a user has the name that it gives, whatever its case.
    pub is_user_name: bool,
    /// The organization.
    #[row(nested)]
    pub entry: Option<Target>,
}

/// An organization that is to be changed.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Target {
    /// Row id.
    pub id: i64,
    /// Stable id.
    pub uuid: String,
    /// Who owns it.
    #[row(nested)]
    pub owner: Option<Owner>,
}

/// The subjects of a request: the organization by id, or else by exact name. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn resolve(
    db: &dyn Database,
    uuid: Option<&str>,
    name: Option<&str>,
    owner: Option<&RequestedOwner>,
) -> Result<Resolved, StoreError> {
    let (owner_uuid, owner_name) = match owner {
        Some(RequestedOwner::Uuid(uuid)) => (Some(uuid.as_str()), None),
        Some(RequestedOwner::Name(name)) => (None, Some(name.as_str())),
        Some(RequestedOwner::Foreign(_)) | None => (None, None),
    };
    db.one(
        "SELECT w.id, w.uuid, w.name,
            EXISTS (SELECT 1 FROM account WHERE name = ?2 AND kind = 'user') AS is_user_name,
            o.id, o.uuid, p.id, p.uuid, p.name
        FROM (SELECT 1)
        LEFT JOIN account w ON w.kind = 'user'
            AND w.id = CASE WHEN ?3 IS NULL THEN (SELECT id FROM account WHERE name = ?4)
                ELSE (SELECT id FROM account WHERE uuid = ?3) END
        LEFT JOIN account o ON o.kind = 'organization'
            AND o.id = CASE WHEN ?1 IS NULL
                THEN (SELECT id FROM account WHERE name = ?2 AND name = ?2 COLLATE BINARY)
                ELSE (SELECT id FROM account WHERE uuid = ?1) END
        LEFT JOIN account p ON p.id = coalesce(o.owner_id, (
            SELECT account_id FROM team_member WHERE id = (SELECT min((SELECT m.id FROM team_member m
                WHERE m.team_id = t.id AND m.account_kind = 'user' ORDER BY m.id LIMIT 1))
            FROM team t WHERE t.organization_id = o.id AND t.role = 'admin')))",
        params![uuid, name, owner_uuid, owner_name],
    )
}

/// The present name of an organization, for a change of it; `None` when it is gone. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn current_name(
    tx: &Transaction<'_>,
    grant: &Grant<ConcordUpdate>,
) -> Result<Option<String>, StoreError> {
    tx.optional(
        "SELECT name FROM account WHERE id = ?1 AND kind = 'organization'",
        params![grant.organization().id],
    )
}

impl Target {
    /// The facts for the policy.
    #[must_use]
    pub fn facts(&self, caller_id: Option<i64>) -> Facts {
        let owner_id = self.owner.as_ref().map(|owner| owner.id);
        let organization = Namespace {
            id: self.id,
            uuid: self.uuid.clone(),
            kind: NamespaceKind::Organization,
            name: String::new(),
            email: String::new(),
            invoice_email: false,
            invoice_email_address: None,
            tag_expiration_s: 0,
            stored_bytes: 0,
            quota: None,
        };
        Facts::of_organization(Some(organization), owner_id.is_some() && owner_id == caller_id)
    }
}

/// An organization to be made.
#[derive(Debug)]
pub struct NewEntry<'a> {
    /// Stable id.
    pub uuid: &'a str,
    /// Name; its form was checked.
    pub name: &'a str,
    /// A random UUID, in place of an e-mail address.
    pub email: &'a str,
    /// How long deleted tags can be restored, in seconds.
    pub tag_expiration_s: i64,
    /// The account of the owner.
    pub owner_id: i64,
    /// `PUBLIC` or `PRIVATE`.
    pub visibility: &'a str,
    /// JSON text.
    pub meta: Option<&'a str>,
    /// JSON text.
    pub cfg: Option<&'a str>,
    /// When.
    pub at: Timestamp,
}

/// Makes an organization with Quay's team `owners` and Concord's team `default`, the owner in both; returns its row id.
/// Three statements.
///
/// # Errors
/// [`StoreError::UniqueViolation`] of `account.name` when the name is taken; [`StoreError::NotFound`] when the owner is no
/// longer a person.
pub fn create(
    tx: &Transaction<'_>,
    grant: &Grant<ConcordCreate>,
    new: &NewEntry<'_>,
) -> Result<i64, StoreError> {
    let id: i64 = tx.one(
        "INSERT INTO account (uuid, kind, name, email, tag_expiration_s, created_at, owner_id,
            visibility, meta, cfg, creator_id)
        VALUES (?1, 'organization', ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) RETURNING id",
        params![
            new.uuid,
            new.name,
            new.email,
            new.tag_expiration_s,
            new.at,
            new.owner_id,
            new.visibility,
            new.meta,
            new.cfg,
            grant.caller_id()
        ],
    )?;
    tx.defer(
        "INSERT INTO team (organization_id, name, description, role)
        VALUES (?1, ?2, '', ?3), (?1, ?4, ?5, ?6)",
        params![
            id,
            FIRST_TEAM,
            TeamRole::Admin,
            DEFAULT_TEAM,
            DEFAULT_TEAM_DESCRIPTION,
            TeamRole::Member
        ],
    )?;
    tx.defer(
        "INSERT INTO team_member (team_id, organization_id, account_id, account_kind)
        SELECT id, organization_id, ?2, 'user' FROM team WHERE organization_id = ?1 ORDER BY id",
        params![id, new.owner_id],
    )?;
    Ok(id)
}

/// A change of an organization: `None` changes nothing.
#[derive(Debug)]
pub struct EntryChange<'a> {
    /// Another name; its form was checked.
    pub name: Option<&'a str>,
    /// The account of another owner.
    pub owner_id: Option<i64>,
    /// `PUBLIC` or `PRIVATE`.
    pub visibility: Option<&'a str>,
    /// JSON text.
    pub meta: Option<&'a str>,
    /// JSON text.
    pub cfg: Option<&'a str>,
}

/// Changes an organization; its robots follow a new name. Returns whether it is still there. One statement.
///
/// # Errors
/// [`StoreError::UniqueViolation`] of `account.name` when the name is taken; [`StoreError::NotFound`] when the owner is no
/// longer a person; [`StoreError::NotMember`] when a new owner is in no team of it.
pub fn update(
    tx: &Transaction<'_>,
    grant: &Grant<ConcordUpdate>,
    change: &EntryChange<'_>,
) -> Result<bool, StoreError> {
    tx.any(
        "UPDATE account SET name = coalesce(?2, name), owner_id = coalesce(?3, owner_id),
            visibility = coalesce(?4, visibility), meta = coalesce(?5, meta),
            cfg = coalesce(?6, cfg)
        WHERE id = ?1 RETURNING 1",
        params![
            grant.organization().id,
            change.name,
            change.owner_id,
            change.visibility,
            change.meta,
            change.cfg
        ],
    )
}
