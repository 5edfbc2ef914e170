//! How large things may become, and how many of them somebody may own: so many that ordinary use reaches no limit, and so
//! few that what one account owns makes no answer too large.
//!
//! `docs/limits.md` is made from the two tables here, of the limits that no setting changes and of those that a setting is.

use std::fmt;

use crate::settings::{self, Setting};

/// A limit that no setting changes.
pub struct FixedLimit {
    /// What is limited; a sentence.
    pub about: &'static str,
    /// To how many or how much.
    pub most: i64,
    /// Of what: `bytes`.
    pub unit: &'static str,
}

macro_rules! fixed {
    ($(#[$about_all:meta])* $all:ident; $($constant:ident: $type:ty = $most:literal $unit:ident, $about:literal;)+) => {
        $(#[doc = $about]
        #[doc = concat!("In ", stringify!($unit), ".")]
        pub const $constant: $type = $most;)+

        $(#[$about_all])*
        pub const $all: &[FixedLimit] = &[$(FixedLimit {
            about: $about,
            most: $most,
            unit: stringify!($unit),
        }),+];
    };
}

fixed! {
    /// The limits that no setting changes, in the order of the documentation.
    FIXED;
    PATH_BYTES: usize = 4_096 bytes, "How long the path of a request may be, before it is decoded. The longest names that go into one are 255 characters.";
    LARGEST_BODY_BYTES: usize = 1_114_112 bytes, "How long any body may be: what it holds is kept in memory several times over. A little more than the notes of robots, which the contract refuses in words of its own.";
    BODY_BYTES: usize = 262_144 bytes, "How long a JSON body may be, where its type says nothing else.";
    REGISTRY_EVENTS_BYTES: usize = 8_388_608 bytes, "How long the notifications of the registry may be in one request. A manifest has 4 MiB at most there, and they repeat what it names. Longer ones are taken and have no effect: a refused one would be sent for ever.";
    REGISTRY_EVENTS_READ_BYTES: usize = 67_108_864 bytes, "How much of longer notifications is read, to no effect, before they are refused all the same. JSON makes up to six bytes of one, so that a manifest of 4 MiB is told of in 24.";
    REGISTRY_EVENTS: usize = 100 events, "How many notifications of the registry one request may have. Those beyond have no effect; registries send one.";
    MANIFEST_CONTENTS: usize = 1_000 entries, "How much of what one manifest names is known (configuration and layers, or the manifests of an index): of more, the largest.";
    FORM_BYTES: usize = 65_536 bytes, "How long a form may be: it is read before it is known who calls.";
    TEXT_BYTES: usize = 65_536 bytes, "How long a text in a body may be, where nothing says less: of every one there are lists.";
    LOG_METADATA_BYTES: usize = 8_192 bytes, "How long the metadata of an entry of the log is at most, as JSON text. What is longer is shortened when it is written.";
    LOG_MEMBER_BYTES: usize = 1_024 bytes, "How long a member of an entry's metadata may be, as JSON text, once the entry has to be shortened.";
    LOG_METADATA_READ_BYTES: i64 = 65_536 bytes, "How long the metadata of an entry is read at most: entries of earlier versions may be longer and are shortened on the way.";
    LOG_PAGE_BYTES: i64 = 262_144 bytes, "How long the metadata of a page of the log is: a page ends before it is more, and has one entry at least.";
    LIST_BYTES: usize = 4_194_304 bytes, "How long the entries of a list are in one answer. A list that is longer ends there and names its next page.";
    LISTED_TEXT: i64 = 1_024 characters, "How much of a long text (a description) a list shows.";
    LISTED_TEAM_TEXTS: i64 = 524_288 characters, "How much the descriptions of all teams of an organization have together in one answer; each has its share.";
    LISTED_DOCUMENTS_BYTES: i64 = 4_096 bytes, "How long Concord's `meta` and `cfg` of one organization may be, together, to be shown in a list.";
    LISTED_DOCUMENTS_IN_ALL_BYTES: i64 = 2_097_152 bytes, "How long the documents of all organizations of such a list may be: behind that, none are shown.";
    LISTED_MEMBERSHIPS: i64 = 5_000 organizations, "How many organizations the view of a user names.";
    LISTED_ROWS: i64 = 25_000 entries, "How many entries an answer has at most that is a whole list. A longer one names its next page.";
    LISTED_ROW_BYTES: i64 = 16_777_216 bytes, "How long the rows are at most that a page is made of, where they may be long. A page ends before it is more, and has one entry at least.";
    SEARCHED_TEXT: usize = 255 characters, "How long the text may be that a list is searched for.";
    PAGE_ROWS: i64 = 100 entries, "How many entries a page of a list has at most whose pages a request may size.";
    FEDERATION_ENTRIES: usize = 100 entries, "How many entries the federation of a robot may have.";
    FEDERATION_BYTES: usize = 65_536 bytes, "How long a body with the federation of a robot may be.";
    APPLICATION_NAME_BYTES: i64 = 1_024 bytes, "How long the name of an application and the address of its avatar may be.";
    APPLICATION_URI_BYTES: i64 = 2_048 bytes, "How long a URI of an application may be.";
    TAG_PATTERN_BYTES: usize = 4_096 bytes, "How long the pattern of an auto-prune policy may be.";
}

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

/// A limit on how many things of a kind somebody owns. The database counts, in the statement that inserts, so that concurrent
/// requests cannot exceed it.
#[derive(Clone, Copy)]
pub struct Limit {
    /// Its name in the database.
    pub name: &'static str,
    /// How many there may be, or how many bytes.
    pub setting: &'static Setting<i64>,
    /// Whose they are, for messages: `An organization`.
    pub owner: &'static str,
    /// What is counted, for messages: `teams`.
    pub what: &'static str,
    /// What happens beyond it.
    pub beyond: Beyond,
}

/// What happens to a request for one more than there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beyond {
    /// It is refused.
    Refused,
    /// It succeeds, and the oldest is deleted: for what strangers make for somebody.
    OldestDeleted,
    /// It succeeds, and nothing is written down: for what a registry has stored already.
    Ignored,
}

impl Limit {
    /// How many there may be where the setting says nothing else.
    #[must_use]
    pub fn default(&self) -> i64 {
        self.setting.parse(self.setting.default).unwrap_or_default()
    }

    /// The message for a request that exceeds it, where the setting is `most`.
    #[must_use]
    pub fn sentence(&self, most: i64) -> String {
        format!(
            "{} can have at most {most} {} (setting `{}`)",
            self.owner, self.what, self.setting.name
        )
    }
}

// A limit is its name.
impl PartialEq for Limit {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Limit {}

impl fmt::Debug for Limit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name)
    }
}

macro_rules! limits {
    ($(#[$about_all:meta])* $all:ident; $($constant:ident = $name:literal, $setting:ident, $owner:literal, $what:literal, $beyond:ident;)+) => {
        $(#[doc = concat!("How many ", $what, " there may be.")]
        pub const $constant: Limit = Limit {
            name: $name,
            setting: &settings::$setting,
            owner: $owner,
            what: $what,
            beyond: Beyond::$beyond,
        };)+

        $(#[$about_all])*
        pub const $all: &[Limit] = &[$($constant),+];
    };
}

limits! {
    /// How much somebody may own, in the order of the documentation. The names are in the schema of the database too.
    OWNED;
    ORGANIZATIONS = "organizations", LIMIT_ORGANIZATIONS_PER_USER, "A user", "organizations that they made", Refused;
    TEAMS = "teams", LIMIT_TEAMS_PER_ORGANIZATION, "An organization", "teams", Refused;
    TEAM_MEMBERS = "team_members", LIMIT_MEMBERS_PER_TEAM, "A team", "members", Refused;
    MEMBERSHIPS = "memberships", LIMIT_MEMBERSHIPS_PER_ORGANIZATION, "An organization", "memberships in teams", Refused;
    ROBOTS = "robots", LIMIT_ROBOTS_PER_NAMESPACE, "A namespace", "robots", Refused;
    ROBOT_METADATA = "robot_metadata", LIMIT_ROBOT_METADATA_BYTES_PER_NAMESPACE, "A namespace", "bytes of metadata of robots", Refused;
    INVITATIONS = "invitations", LIMIT_INVITATIONS_PER_ORGANIZATION, "An organization", "pending invitations", Refused;
    INVITER_INVITATIONS = "inviter_invitations", LIMIT_INVITATIONS_PER_INVITER, "A user", "pending invitations that they sent", Refused;
    REPOSITORIES = "repositories", LIMIT_REPOSITORIES_PER_NAMESPACE, "A namespace", "repositories", Refused;
    REPOSITORY_PERMISSIONS = "repository_permissions", LIMIT_PERMISSIONS_PER_REPOSITORY, "A repository", "permissions", Refused;
    NAMESPACE_PERMISSIONS = "namespace_permissions", LIMIT_PERMISSIONS_PER_NAMESPACE, "A namespace", "permissions on repositories", Refused;
    MANIFESTS = "manifests", LIMIT_MANIFESTS_PER_REPOSITORY, "A repository", "manifests", Ignored;
    TAGS = "tags", LIMIT_TAGS_PER_REPOSITORY, "A repository", "tags, with those that ended lately", Ignored;
    DEFAULT_PERMISSIONS = "default_permissions", LIMIT_DEFAULT_PERMISSIONS_PER_ORGANIZATION, "An organization", "default permissions", Refused;
    AUTOPRUNE_POLICIES = "autoprune_policies", LIMIT_AUTOPRUNE_POLICIES_PER_NAMESPACE, "A namespace", "auto-prune policies", Refused;
    REPOSITORY_AUTOPRUNE_POLICIES = "repository_autoprune_policies", LIMIT_AUTOPRUNE_POLICIES_PER_REPOSITORY, "A repository", "auto-prune policies", Refused;
    STARS = "stars", LIMIT_STARS_PER_USER, "A user", "starred repositories", Refused;
    APPLICATIONS = "applications", LIMIT_APPLICATIONS_PER_NAMESPACE, "A namespace", "applications", Refused;
    TOKENS = "tokens", LIMIT_TOKENS_PER_APPLICATION, "An application", "unexpired tokens", Refused;
    ASSIGNMENTS = "assignments", LIMIT_ASSIGNED_TOKENS_PER_APPLICATION, "An application", "assigned tokens that wait for their users", Refused;
    APP_TOKENS = "app_tokens", LIMIT_APP_TOKENS_PER_USER, "A user", "app-specific tokens", Refused;
    NOTIFICATIONS = "notifications", LIMIT_NOTIFICATIONS_PER_USER, "A user", "notifications", OldestDeleted;
    MESSAGES = "messages", LIMIT_MESSAGES, "An installation", "messages to everybody", Refused;
}
