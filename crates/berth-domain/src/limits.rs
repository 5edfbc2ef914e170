//! How large things may become, and how many of them somebody may own: so many that ordinary use reaches no limit, and so
//! few that what one account owns makes no answer too large.
//!
//! Texts in a body are limited where bodies are read; the limits here are for what is stored.

/// How long the metadata of an entry of the log is at most, as JSON text, in bytes. What is longer is shortened when it is
/// written.
pub const LOG_METADATA_BYTES: usize = 8_192;

/// How long a member of an entry's metadata may be, as JSON text, in bytes, once the entry has to be shortened.
pub const LOG_MEMBER_BYTES: usize = 1_024;

/// How long the metadata of an entry is read at most, in bytes: entries of earlier versions may be longer and are shortened
/// on the way.
pub const LOG_METADATA_READ_BYTES: i64 = 65_536;

/// How long the metadata of a page of the log is, in bytes: a page ends before it is more, and has one entry at least.
pub const LOG_PAGE_BYTES: i64 = 262_144;

/// How long the entries of a list are in one answer, in bytes. A list that is longer ends there and names its next page.
pub const LIST_BYTES: usize = 4 << 20;

/// How many characters of a long text (a description) a list shows.
pub const LISTED_TEXT: i64 = 1_024;

/// A text as lists show it: the beginning of a long one, with a mark.
#[must_use]
pub fn listed_text(mut text: String) -> String {
    if let Some((end, _)) =
        text.char_indices().nth(usize::try_from(LISTED_TEXT).unwrap_or(usize::MAX))
    {
        text.truncate(end);
        text.push('…');
    }
    text
}

/// How many characters the descriptions of all teams of an organization have together in one answer; each has its share.
pub const LISTED_TEAM_TEXTS: i64 = 1 << 19;

/// How long Concord's `meta` and `cfg` of one organization may be, together and in bytes, to be shown in a list.
pub const LISTED_DOCUMENTS_BYTES: i64 = 4_096;

/// How long the documents of all organizations of such a list may be, in bytes: behind that, none are shown.
pub const LISTED_DOCUMENTS_IN_ALL_BYTES: i64 = 2 << 20;

/// How many organizations the view of a user names.
pub const LISTED_MEMBERSHIPS: i64 = 5_000;

/// How many rows an answer has at most that is a whole list; a longer one names its next page.
pub const LISTED_ROWS: i64 = 25_000;

/// How many rows a page of a list has at most whose pages a request may size.
pub const PAGE_ROWS: i64 = 100;

/// How long the text is at most that a list is searched for, in characters.
pub const SEARCHED_TEXT: usize = 255;

/// How many entries the federation of a robot may have.
pub const FEDERATION_ENTRIES: usize = 100;

/// How long a body with the federation of a robot may be, in bytes.
pub const FEDERATION_BYTES: usize = 65_536;

/// How long the name of an application and the address of its avatar may be, in bytes.
pub const APPLICATION_NAME_BYTES: i64 = 1_024;

/// How long a URI of an application may be, in bytes.
pub const APPLICATION_URI_BYTES: i64 = 2_048;

/// How long the pattern of an auto-prune policy may be, in bytes.
pub const TAG_PATTERN_BYTES: usize = 4_096;

/// A limit on what somebody owns. The database counts, in the statement that inserts, so that concurrent requests cannot
/// exceed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// Its name in the database.
    pub name: &'static str,
    /// How many there may be, or how many bytes.
    pub most: i64,
    /// Whose they are, for messages: `An organization`.
    pub owner: &'static str,
    /// What is counted, for messages: `teams`.
    pub what: &'static str,
}

impl Limit {
    const fn new(name: &'static str, most: i64, owner: &'static str, what: &'static str) -> Self {
        Self { name, most, owner, what }
    }

    /// The message for a request that exceeds it.
    #[must_use]
    pub fn sentence(&self) -> String {
        format!("{} can have at most {} {}", self.owner, self.most, self.what)
    }
}

/// How much somebody may own. The numbers are in the table `owned_limit` too, where the triggers read them: a change of the
/// schema changes both.
pub const OWNED: &[Limit] = &[
    Limit::new("organizations", 1_000, "A user", "organizations that they made"),
    Limit::new("robots", 10_000, "A namespace", "robots"),
    Limit::new("robot_metadata", 64 << 20, "A namespace", "bytes of metadata of robots"),
    Limit::new("teams", 3_000, "An organization", "teams"),
    Limit::new("team_members", 15_000, "An organization", "memberships in teams"),
    Limit::new("invitations", 1_000, "An organization", "pending invitations"),
    Limit::new("repositories", 50_000, "A namespace", "repositories"),
    Limit::new("account_permissions", 25_000, "A namespace", "repository permissions of accounts"),
    Limit::new("team_permissions", 100_000, "A namespace", "repository permissions of teams"),
    Limit::new("applications", 1_000, "A namespace", "applications"),
    Limit::new("assignments", 1_000, "An application", "assigned tokens that wait for their users"),
    Limit::new("default_permissions", 1_000, "An organization", "default permissions"),
    Limit::new("autoprune_policies", 100, "A namespace or repository", "auto-prune policies"),
    Limit::new("messages", 100, "An installation", "messages to everybody"),
];
