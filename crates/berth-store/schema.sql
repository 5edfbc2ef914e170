-- The whole schema of Berth, as a new database gets it. `src/migrate.rs` says how it changes.
--
-- Every rule of the data that must hold whatever two requests do at the same moment is here: as UNIQUE, CHECK or FOREIGN KEY,
-- or as a trigger that refuses (RAISE) or follows. Texts that begin with `berth:` are read by `src/db/error.rs`.
--
-- No trigger removes anything because of its age, but for names and addresses that must be free: `src/retention.rs` does, a
-- few rows at a time.
--
-- Spin runs one statement at a time: each ends with a semicolon before an empty line, and no trigger has such a line in it.
--
--   _at, _until    microseconds since 1970; `signs_from` too
--   _s             seconds
--   _hash          a SHA-256: the text itself is stored nowhere
--   sealed_        encrypted under `secret_key` and bound to its row
--   _kind          beside an id: a foreign key to `account (id, kind)` says with it which kind of account may be there
--   uuid           the stable id that clients see
--   AUTOINCREMENT  no id is given twice: the log and caches outlive what they name

-- The version of this schema, and the oldest code that works with it, as the version of that code's schema. Every migration
-- writes both. An instance continues on a newer schema until `oldest_reader` exceeds its version.
CREATE TABLE schema_version (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    version INTEGER NOT NULL,
    oldest_reader INTEGER NOT NULL
);

----------------------------------------------------------------------------------------------------------------------------
-- Accounts: users, organizations and robots
----------------------------------------------------------------------------------------------------------------------------

-- They share one name space, so they share one table.
CREATE TABLE account (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('user', 'organization', 'robot')),
    name TEXT NOT NULL COLLATE NOCASE UNIQUE,
    -- The address, or a random UUID where there is none.
    email TEXT NOT NULL,
    enabled INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
    -- A robot's namespace: a robot goes with it.
    namespace_id INTEGER REFERENCES account (id) ON DELETE CASCADE,
    -- The user who made an organization, for whom it counts; NULL once they are gone.
    creator_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    invoice_email INTEGER NOT NULL DEFAULT 0 CHECK (invoice_email IN (0, 1)),
    invoice_email_address TEXT,
    tag_expiration_s INTEGER NOT NULL DEFAULT 1209600 CHECK (tag_expiration_s >= 0),
    created_at INTEGER NOT NULL,
    -- What Concord's API knows of an organization besides Quay's. It is in this row because both APIs show the same
    -- organizations.
    visibility TEXT NOT NULL DEFAULT 'PUBLIC' CHECK (visibility IN ('PUBLIC', 'PRIVATE')),
    -- The owner, when one was named. NULL where Quay's API made the organization or the owner is gone: then the owner is the
    -- first person in a team with role admin at the time.
    owner_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    -- JSON text, or NULL for never set.
    meta TEXT,
    cfg TEXT,
    -- How large the blobs of its repositories are, each digest counted once. Triggers of `blob` keep it.
    stored_bytes INTEGER NOT NULL DEFAULT 0,
    UNIQUE (id, kind),
    CHECK ((kind = 'robot') = (namespace_id IS NOT NULL))
);

CREATE INDEX account_by_namespace ON account (namespace_id) WHERE namespace_id IS NOT NULL;

CREATE INDEX account_robot_by_name ON account (namespace_id, name COLLATE BINARY)
WHERE namespace_id IS NOT NULL;

-- Two users never share an address, whatever its case. Organizations may.
CREATE UNIQUE INDEX account_user_email ON account (email COLLATE NOCASE) WHERE kind = 'user';

CREATE INDEX account_by_owner ON account (owner_id) WHERE owner_id IS NOT NULL;

-- Lists are in the order of exact names.
CREATE INDEX account_organization_by_name ON account (name COLLATE BINARY) WHERE kind = 'organization';

CREATE INDEX account_organization ON account (id) WHERE kind = 'organization';

CREATE INDEX account_organization_public ON account (name COLLATE BINARY)
WHERE kind = 'organization' AND visibility = 'PUBLIC';

CREATE INDEX account_organization_public_by_id ON account (id)
WHERE kind = 'organization' AND visibility = 'PUBLIC';

CREATE INDEX account_user_by_name ON account (name COLLATE BINARY) WHERE kind = 'user';

CREATE INDEX account_by_creator ON account (creator_id) WHERE creator_id IS NOT NULL;

-- What only people have.
CREATE TABLE user_profile (
    account_id INTEGER PRIMARY KEY,
    account_kind TEXT NOT NULL DEFAULT 'user' CHECK (account_kind = 'user'),
    -- argon2id, unlike the other hashes. NULL: they have no password.
    password_hash TEXT,
    -- Whether they may sign in. Whether they have shown that an address is theirs is another fact: `proven_email`.
    verified INTEGER NOT NULL DEFAULT 0 CHECK (verified IN (0, 1)),
    -- The first user of an installation is a superuser, whatever the settings say.
    is_first INTEGER NOT NULL DEFAULT 0 CHECK (is_first IN (0, 1)),
    -- Sessions carry the number that was here when the password was checked; raising it ends them all.
    session_epoch INTEGER NOT NULL DEFAULT 0,
    given_name TEXT,
    family_name TEXT,
    company TEXT,
    location TEXT,
    -- The address that a returned code has proven. It counts while it is the address of the account.
    proven_email TEXT,
    -- Until when an account that somebody signed up for waits for its confirmation. After that it reserves neither name nor
    -- address.
    unconfirmed_until INTEGER,
    -- Codes that mails carry. A person has at most one of each kind, so asking again replaces it.
    -- What the first code confirms: the address of the account, or the new one here.
    new_email TEXT,
    email_code_hash BLOB,
    email_code_expires_at INTEGER CHECK ((email_code_expires_at IS NULL) = (email_code_hash IS NULL)),
    -- This code allows setting a new password.
    recovery_code_hash BLOB,
    recovery_code_expires_at INTEGER CHECK ((recovery_code_expires_at IS NULL) = (recovery_code_hash IS NULL)),
    FOREIGN KEY (account_id, account_kind) REFERENCES account (id, kind) ON DELETE CASCADE
);

CREATE UNIQUE INDEX user_profile_first ON user_profile (is_first) WHERE is_first = 1;

CREATE UNIQUE INDEX user_profile_email_code ON user_profile (email_code_hash)
WHERE email_code_hash IS NOT NULL;

CREATE UNIQUE INDEX user_profile_recovery_code ON user_profile (recovery_code_hash)
WHERE recovery_code_hash IS NOT NULL;

CREATE INDEX user_profile_email_code_expiry ON user_profile (email_code_expires_at)
WHERE email_code_expires_at IS NOT NULL;

CREATE INDEX user_profile_recovery_code_expiry ON user_profile (recovery_code_expires_at)
WHERE recovery_code_expires_at IS NOT NULL;

CREATE INDEX user_profile_unconfirmed ON user_profile (unconfirmed_until)
WHERE unconfirmed_until IS NOT NULL;

-- Sessions of people who signed in; how many an account may have is a setting. The row of one that is over is given to a new one.
CREATE TABLE session (
    id INTEGER PRIMARY KEY,
    token_hash BLOB NOT NULL UNIQUE,
    account_id INTEGER NOT NULL,
    account_kind TEXT NOT NULL DEFAULT 'user' CHECK (account_kind = 'user'),
    -- It counts while it is that of the account.
    epoch INTEGER NOT NULL,
    -- How often the password was given again: each time the CSRF token changes.
    renewals INTEGER NOT NULL DEFAULT 0,
    -- When the password was last given.
    signed_in_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    FOREIGN KEY (account_id, account_kind) REFERENCES account (id, kind) ON DELETE CASCADE
);

CREATE INDEX session_by_account ON session (account_id, signed_in_at);

CREATE INDEX session_by_expiry ON session (expires_at);

CREATE TRIGGER sessions_end AFTER UPDATE OF session_epoch ON user_profile
WHEN NEW.session_epoch <> OLD.session_epoch
BEGIN
    DELETE FROM session WHERE account_id = NEW.account_id;
END;

-- Accounts that wait for their confirmation. An account that was made a member of something, or that owns anything, stays.
CREATE VIEW unconfirmed_account AS
SELECT account.id AS id, account.name AS name, account.email AS email, unconfirmed_until
FROM user_profile JOIN account ON account.id = user_profile.account_id
WHERE unconfirmed_until IS NOT NULL AND verified = 0
    AND NOT EXISTS (SELECT 1 FROM team_member WHERE team_member.account_id = account.id)
    AND NOT EXISTS (SELECT 1 FROM repository WHERE repository.namespace_id = account.id)
    AND NOT EXISTS (SELECT 1 FROM account owned WHERE owned.namespace_id = account.id);

-- A name or an address is free once the time of its unconfirmed holder is over. A hundred are deleted at a time.
CREATE TRIGGER account_needs_room BEFORE INSERT ON account
WHEN NEW.kind <> 'robot'
BEGIN
    DELETE FROM account WHERE id IN (
        SELECT id FROM unconfirmed_account WHERE unconfirmed_until <= NEW.created_at
        ORDER BY (name = NEW.name OR email = NEW.email COLLATE NOCASE) DESC LIMIT 100
    );
END;

-- A change of an account has no time among its values, so this trigger uses the database's clock.
CREATE TRIGGER changed_account_needs_room BEFORE UPDATE OF name, email ON account
WHEN NEW.kind <> 'robot' AND (NEW.name <> OLD.name OR NEW.email <> OLD.email)
BEGIN
    DELETE FROM account WHERE id <> NEW.id AND id IN (
        SELECT id FROM unconfirmed_account
        WHERE unconfirmed_until <= strftime('%s', 'now') * 1000000
            AND (name = NEW.name OR email = NEW.email COLLATE NOCASE)
    );
END;

-- A changed address is unproven, unless it is the one that was just proven. Codes that were sent to the former address, and
-- those for another new one, become invalid.
CREATE TRIGGER changed_address AFTER UPDATE OF email ON account
WHEN NEW.kind = 'user' AND OLD.email <> NEW.email
BEGIN
    UPDATE user_profile SET
        proven_email = CASE WHEN proven_email = NEW.email COLLATE NOCASE THEN proven_email END,
        new_email = NULL, email_code_hash = NULL, email_code_expires_at = NULL,
        recovery_code_hash = NULL, recovery_code_expires_at = NULL
    WHERE account_id = NEW.id;
END;

-- An address that somebody proves is taken from an account that holds it unproven: that account gets a random UUID instead.
CREATE TRIGGER proven_address_leaves_others AFTER UPDATE OF proven_email ON user_profile
WHEN NEW.proven_email IS NOT NULL AND NEW.proven_email IS NOT OLD.proven_email
BEGIN
    UPDATE account SET email = lower(printf('%s-%s-4%s-a%s-%s', hex(randomblob(4)), hex(randomblob(2)),
        substr(hex(randomblob(2)), 2), substr(hex(randomblob(2)), 2), hex(randomblob(6))))
    WHERE kind = 'user' AND id <> NEW.account_id AND email = NEW.proven_email COLLATE NOCASE
        AND NOT EXISTS (
            SELECT 1 FROM user_profile held
            WHERE held.account_id = account.id AND held.proven_email = account.email COLLATE NOCASE
        );
END;

-- The account of a person may become an organization: what only people have is deleted, repositories and robots stay. Every
-- table that references (id, kind) of an account must be named here. An owner is a person, so the new organization owns
-- none.
CREATE TRIGGER user_becomes_organization AFTER UPDATE OF kind ON account
WHEN OLD.kind = 'user' AND NEW.kind = 'organization'
BEGIN
    DELETE FROM user_profile WHERE account_id = OLD.id;
    DELETE FROM session WHERE account_id = OLD.id;
    DELETE FROM access_token WHERE account_id = OLD.id;
    DELETE FROM app_token WHERE account_id = OLD.id;
    DELETE FROM team_member WHERE account_id = OLD.id;
    DELETE FROM team_invitation WHERE account_id = OLD.id;
    DELETE FROM authorization_code WHERE account_id = OLD.id;
    DELETE FROM assigned_authorization WHERE account_id = OLD.id;
    DELETE FROM star WHERE account_id = OLD.id;
    DELETE FROM notification WHERE account_id = OLD.id;
    DELETE FROM account_search WHERE account_id = OLD.id;
    UPDATE account SET owner_id = NULL WHERE owner_id = OLD.id;
    INSERT INTO team (organization_id, name, role) VALUES (OLD.id, 'owners', 'admin');
END;

-- No other change of kind is possible.
CREATE TRIGGER account_kind_stays BEFORE UPDATE OF kind ON account
WHEN OLD.kind <> NEW.kind AND NOT (OLD.kind = 'user' AND NEW.kind = 'organization')
BEGIN
    SELECT RAISE(ABORT, 'berth: an account stays what it is');
END;

-- Where a text is in the name or the address of a person, one of their endings begins with it: an index finds it. Of each ending,
-- the beginning is here.
CREATE TABLE account_search (
    is_address INTEGER NOT NULL CHECK (is_address IN (0, 1)),
    part TEXT NOT NULL,
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    PRIMARY KEY (is_address, part, account_id)
) WITHOUT ROWID;

CREATE INDEX account_search_by_account ON account_search (account_id);

CREATE TRIGGER person_is_searched AFTER INSERT ON account
WHEN NEW.kind = 'user'
BEGIN
    INSERT OR IGNORE INTO account_search (is_address, part, account_id)
    SELECT is_address, substr(part, 1, 32), NEW.id FROM (
        WITH RECURSIVE ending (is_address, part) AS (
            SELECT 0, lower(NEW.name)
            UNION ALL
            SELECT 1, lower(NEW.email) WHERE instr(NEW.email, '@') > 0
            UNION ALL
            SELECT is_address, substr(part, 2) FROM ending WHERE length(part) > 1)
        SELECT is_address, part FROM ending);
END;

CREATE TRIGGER changed_person_is_searched AFTER UPDATE OF name, email ON account
WHEN NEW.kind = 'user' AND (NEW.name <> OLD.name COLLATE BINARY OR NEW.email <> OLD.email)
BEGIN
    DELETE FROM account_search WHERE account_id = NEW.id;
    INSERT OR IGNORE INTO account_search (is_address, part, account_id)
    SELECT is_address, substr(part, 1, 32), NEW.id FROM (
        WITH RECURSIVE ending (is_address, part) AS (
            SELECT 0, lower(NEW.name)
            UNION ALL
            SELECT 1, lower(NEW.email) WHERE instr(NEW.email, '@') > 0
            UNION ALL
            SELECT is_address, substr(part, 2) FROM ending WHERE length(part) > 1)
        SELECT is_address, part FROM ending);
END;

-- An owner is a person.
CREATE TRIGGER owner_is_a_person BEFORE UPDATE OF owner_id ON account
WHEN NEW.owner_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM account WHERE id = NEW.owner_id AND kind = 'user')
BEGIN
    SELECT RAISE(ABORT, 'berth: an owner is a person');
END;

-- A new owner is in a team of the organization. The present owner may stay; the creator is put into its teams by the same
-- transaction.
CREATE TRIGGER owner_is_a_member BEFORE UPDATE OF owner_id ON account
WHEN NEW.owner_id IS NOT NULL AND NEW.owner_id IS NOT OLD.owner_id
    AND EXISTS (SELECT 1 FROM account WHERE id = NEW.owner_id AND kind = 'user')
    AND NOT EXISTS (
        SELECT 1 FROM team_member WHERE account_id = NEW.owner_id AND organization_id = NEW.id
    )
BEGIN
    SELECT RAISE(ABORT, 'berth: an owner is a member');
END;

----------------------------------------------------------------------------------------------------------------------------
-- How much somebody may own
----------------------------------------------------------------------------------------------------------------------------

-- The database counts in the statement that inserts, so that concurrent requests cannot exceed a limit. Every table of limited
-- things has two triggers: `…_limited` counts up, by `owned_more`, which refuses; `…_counted` counts down. What is limited is in
-- `berth_domain::limits`.

-- How many there may be. The numbers are those of the settings: a request that makes such things, and finds another number
-- here than its settings have, writes it down first. Those below are the defaults.
CREATE TABLE owned_limit (
    kind TEXT PRIMARY KEY,
    most INTEGER NOT NULL
) WITHOUT ROWID;

INSERT INTO owned_limit (kind, most) VALUES
    ('organizations', 10000),
    ('robots', 20000),
    ('robot_metadata', 67108864),
    ('teams', 10000),
    ('team_members', 100000),
    ('memberships', 1000000),
    ('invitations', 10000),
    ('inviter_invitations', 10000),
    ('repositories', 100000),
    ('repository_permissions', 20000),
    ('namespace_permissions', 1000000),
    ('manifests', 20000),
    ('tags', 20000),
    ('default_permissions', 1000),
    ('stars', 10000),
    ('autoprune_policies', 100),
    ('repository_autoprune_policies', 100),
    ('applications', 3000),
    ('tokens', 100000),
    ('assignments', 10000),
    ('app_tokens', 1000),
    ('notifications', 1000),
    ('messages', 100);

-- How many there are, so that no request counts rows. The kind says whose id the holder is: of an account, a team, a
-- repository or an application; 0 is the installation. A row goes with the last thing that it counts, and so with its holder.
CREATE TABLE owned (
    holder_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (holder_id, kind)
) WITHOUT ROWID;

CREATE TRIGGER owned_no_more AFTER UPDATE OF number ON owned
WHEN NEW.number <= 0
BEGIN
    DELETE FROM owned WHERE holder_id = NEW.holder_id AND kind = NEW.kind;
END;

-- What triggers insert here is added. Three are not refused here: of notifications the oldest go, and tags and manifests beyond
-- the limit are ignored, since a registry has stored them already.
CREATE VIEW owned_more (holder_id, kind, number) AS
SELECT holder_id, kind, number FROM owned;

CREATE TRIGGER owned_limited INSTEAD OF INSERT ON owned_more
BEGIN
    INSERT INTO owned (holder_id, kind, number) VALUES (NEW.holder_id, NEW.kind, NEW.number)
    ON CONFLICT DO UPDATE SET number = number + excluded.number;
    SELECT CASE kind
        WHEN 'organizations' THEN RAISE(ABORT, 'berth: limit of organizations')
        WHEN 'robots' THEN RAISE(ABORT, 'berth: limit of robots')
        WHEN 'robot_metadata' THEN RAISE(ABORT, 'berth: limit of robot_metadata')
        WHEN 'teams' THEN RAISE(ABORT, 'berth: limit of teams')
        WHEN 'team_members' THEN RAISE(ABORT, 'berth: limit of team_members')
        WHEN 'memberships' THEN RAISE(ABORT, 'berth: limit of memberships')
        WHEN 'invitations' THEN RAISE(ABORT, 'berth: limit of invitations')
        WHEN 'inviter_invitations' THEN RAISE(ABORT, 'berth: limit of inviter_invitations')
        WHEN 'repositories' THEN RAISE(ABORT, 'berth: limit of repositories')
        WHEN 'repository_permissions' THEN RAISE(ABORT, 'berth: limit of repository_permissions')
        WHEN 'namespace_permissions' THEN RAISE(ABORT, 'berth: limit of namespace_permissions')
        WHEN 'default_permissions' THEN RAISE(ABORT, 'berth: limit of default_permissions')
        WHEN 'stars' THEN RAISE(ABORT, 'berth: limit of stars')
        WHEN 'autoprune_policies' THEN RAISE(ABORT, 'berth: limit of autoprune_policies')
        WHEN 'repository_autoprune_policies' THEN RAISE(ABORT, 'berth: limit of repository_autoprune_policies')
        WHEN 'applications' THEN RAISE(ABORT, 'berth: limit of applications')
        WHEN 'tokens' THEN RAISE(ABORT, 'berth: limit of tokens')
        WHEN 'assignments' THEN RAISE(ABORT, 'berth: limit of assignments')
        WHEN 'app_tokens' THEN RAISE(ABORT, 'berth: limit of app_tokens')
        WHEN 'messages' THEN RAISE(ABORT, 'berth: limit of messages')
        END
    FROM owned JOIN owned_limit USING (kind)
    WHERE holder_id = NEW.holder_id AND kind = NEW.kind AND number > most;
END;

CREATE TRIGGER organizations_limited AFTER INSERT ON account
WHEN NEW.creator_id IS NOT NULL
BEGIN
    INSERT INTO owned_more VALUES (NEW.creator_id, 'organizations', 1);
END;

CREATE TRIGGER organizations_counted AFTER DELETE ON account
WHEN OLD.creator_id IS NOT NULL
BEGIN
    UPDATE owned SET number = number - 1 WHERE holder_id = OLD.creator_id AND kind = 'organizations';
END;

-- The account of a person becomes an organization, or who made it is deleted.
CREATE TRIGGER organizations_limited_later AFTER UPDATE OF creator_id ON account
WHEN NEW.creator_id IS NOT OLD.creator_id
BEGIN
    UPDATE owned SET number = number - 1 WHERE holder_id = OLD.creator_id AND kind = 'organizations';
    INSERT INTO owned_more SELECT NEW.creator_id, 'organizations', 1 WHERE NEW.creator_id IS NOT NULL;
END;

----------------------------------------------------------------------------------------------------------------------------
-- Robots
----------------------------------------------------------------------------------------------------------------------------

-- What only robots have; the account itself has the namespace and the name.
CREATE TABLE robot (
    account_id INTEGER PRIMARY KEY,
    account_kind TEXT NOT NULL DEFAULT 'robot' CHECK (account_kind = 'robot'),
    description TEXT NOT NULL DEFAULT '',
    -- A JSON object of the client.
    metadata TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(metadata)),
    -- A JSON array: which tokens of other issuers are accepted for this robot.
    federation TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(federation)),
    sealed_token BLOB NOT NULL,
    -- When its token was last used, to the minute.
    last_accessed INTEGER,
    -- That of the account: lists are in the order of use.
    namespace_id INTEGER NOT NULL DEFAULT 0,
    FOREIGN KEY (account_id, account_kind) REFERENCES account (id, kind) ON DELETE CASCADE
);

CREATE INDEX robot_by_use ON robot (namespace_id, -coalesce(last_accessed, 0), account_id);

CREATE TRIGGER robot_is_of_a_namespace AFTER INSERT ON robot
BEGIN
    UPDATE robot SET namespace_id = (SELECT namespace_id FROM account WHERE id = NEW.account_id)
    WHERE account_id = NEW.account_id;
END;

-- The name of a robot begins with that of its namespace, and "+".
CREATE TRIGGER robot_bears_its_namespace BEFORE INSERT ON account
WHEN NEW.kind = 'robot' AND NOT EXISTS (
    SELECT 1 FROM account n
    WHERE n.id = NEW.namespace_id AND n.kind <> 'robot' AND instr(NEW.name, n.name || '+') = 1
)
BEGIN
    SELECT RAISE(ABORT, 'berth: a robot bears the name of its namespace');
END;

-- A robot is renamed with its namespace.
CREATE TRIGGER robots_follow AFTER UPDATE OF name ON account
WHEN OLD.kind <> 'robot' AND OLD.name <> NEW.name COLLATE BINARY
BEGIN
    UPDATE account SET name = NEW.name || substr(name, instr(name, '+')) WHERE namespace_id = NEW.id;
END;

CREATE TRIGGER robots_limited AFTER INSERT ON account
WHEN NEW.kind = 'robot'
BEGIN
    INSERT INTO owned_more VALUES (NEW.namespace_id, 'robots', 1);
END;

CREATE TRIGGER robot_metadata_limited AFTER INSERT ON robot
BEGIN
    INSERT INTO owned_more
    SELECT namespace_id, 'robot_metadata', octet_length(NEW.metadata) FROM account WHERE id = NEW.account_id;
END;

-- BEFORE, because the row of the robot is deleted with its account.
CREATE TRIGGER robots_counted BEFORE DELETE ON account
WHEN OLD.kind = 'robot'
BEGIN
    UPDATE owned SET number = number - 1 WHERE holder_id = OLD.namespace_id AND kind = 'robots';
    UPDATE owned SET number = number - coalesce(
        (SELECT octet_length(metadata) FROM robot WHERE account_id = OLD.id), 0)
    WHERE holder_id = OLD.namespace_id AND kind = 'robot_metadata';
END;

----------------------------------------------------------------------------------------------------------------------------
-- Teams and their members
----------------------------------------------------------------------------------------------------------------------------

CREATE TABLE team (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id INTEGER NOT NULL,
    organization_kind TEXT NOT NULL DEFAULT 'organization'
        CHECK (organization_kind = 'organization'),
    name TEXT NOT NULL,
    description TEXT NOT NULL DEFAULT '',
    role TEXT NOT NULL CHECK (role IN ('member', 'creator', 'admin')),
    UNIQUE (organization_id, name),
    UNIQUE (id, organization_id),
    FOREIGN KEY (organization_id, organization_kind)
        REFERENCES account (id, kind) ON DELETE CASCADE
);

CREATE INDEX team_by_organization ON team (organization_id);

CREATE INDEX team_of_admins ON team (organization_id) WHERE role = 'admin';

-- A membership belongs to a team of the same organization; its account is a user or a robot.
CREATE TABLE team_member (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    team_id INTEGER NOT NULL,
    organization_id INTEGER NOT NULL,
    account_id INTEGER NOT NULL,
    account_kind TEXT NOT NULL CHECK (account_kind IN ('user', 'robot')),
    -- That of the account: lists are in its order.
    account_name TEXT NOT NULL DEFAULT '',
    UNIQUE (team_id, account_id),
    FOREIGN KEY (team_id, organization_id) REFERENCES team (id, organization_id) ON DELETE CASCADE,
    FOREIGN KEY (account_id, account_kind) REFERENCES account (id, kind) ON DELETE CASCADE
);

CREATE INDEX team_member_by_team ON team_member (team_id);

CREATE INDEX team_member_by_name ON team_member (team_id, account_name);

CREATE INDEX team_member_by_account ON team_member (account_id, organization_id);

CREATE INDEX team_member_by_organization ON team_member (organization_id);

-- No organization is without an owner: at least one person is in a team with role admin. Whatever would remove the last one
-- fails, unless the organization itself is deleted (its row is gone when the rows below it are deleted).
CREATE TRIGGER team_member_deleted_keeps_an_owner AFTER DELETE ON team_member
WHEN OLD.account_kind = 'user'
    AND EXISTS (SELECT 1 FROM account WHERE id = OLD.organization_id)
    AND NOT EXISTS (
        SELECT 1 FROM team
        JOIN team_member ON team_member.team_id = team.id AND team_member.account_kind = 'user'
        WHERE team.organization_id = OLD.organization_id AND team.role = 'admin'
    )
BEGIN
    SELECT RAISE(ABORT, 'berth: organization without owner');
END;

CREATE TRIGGER team_demoted_keeps_an_owner AFTER UPDATE OF role ON team
WHEN OLD.role = 'admin' AND NEW.role <> 'admin'
    AND NOT EXISTS (
        SELECT 1 FROM team
        JOIN team_member ON team_member.team_id = team.id AND team_member.account_kind = 'user'
        WHERE team.organization_id = OLD.organization_id AND team.role = 'admin'
    )
BEGIN
    SELECT RAISE(ABORT, 'berth: organization without owner');
END;

-- An UPDATE would bypass the two triggers above.
CREATE TRIGGER team_member_never_moves BEFORE UPDATE OF team_id, organization_id, account_id, account_kind ON team_member
BEGIN
    SELECT RAISE(ABORT, 'berth: a membership does not move');
END;

-- People who leave an organization no longer own it. An owner who never was in a team of it does not leave.
CREATE TRIGGER owner_leaves AFTER DELETE ON team_member
WHEN OLD.account_kind = 'user' AND NOT EXISTS (
    SELECT 1 FROM team_member
    WHERE account_id = OLD.account_id AND organization_id = OLD.organization_id
)
BEGIN
    UPDATE account SET owner_id = NULL
    WHERE id = OLD.organization_id AND owner_id = OLD.account_id;
END;

-- What a person has to do with a namespace: in how many of its teams they are, on how many of its repositories they have a
-- role themselves. Triggers maintain it, so that members and collaborators are found in the order of a list.
CREATE TABLE affiliation (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    namespace_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    -- That of the person.
    account_name TEXT NOT NULL,
    teams INTEGER NOT NULL DEFAULT 0,
    repositories INTEGER NOT NULL DEFAULT 0,
    UNIQUE (account_id, namespace_id)
);

CREATE INDEX affiliation_by_account ON affiliation (account_id, id) WHERE teams > 0;

CREATE INDEX affiliation_member ON affiliation (namespace_id) WHERE teams > 0;

CREATE INDEX affiliation_member_by_name ON affiliation (namespace_id, account_name) WHERE teams > 0;

CREATE INDEX affiliation_collaborator ON affiliation (namespace_id) WHERE teams = 0;

CREATE INDEX affiliation_collaborator_by_name ON affiliation (namespace_id, account_name) WHERE teams = 0;

CREATE TRIGGER membership_affiliates AFTER INSERT ON team_member
BEGIN
    UPDATE team_member SET account_name = (SELECT name FROM account WHERE id = NEW.account_id)
    WHERE id = NEW.id;
    INSERT INTO affiliation (namespace_id, account_id, account_name, teams)
    SELECT NEW.organization_id, id, name, 1 FROM account WHERE id = NEW.account_id AND kind = 'user'
    ON CONFLICT DO UPDATE SET teams = teams + 1;
END;

CREATE TRIGGER membership_deleted AFTER DELETE ON team_member
WHEN OLD.account_kind = 'user'
BEGIN
    UPDATE affiliation SET teams = teams - 1
    WHERE account_id = OLD.account_id AND namespace_id = OLD.organization_id;
    DELETE FROM affiliation
    WHERE account_id = OLD.account_id AND namespace_id = OLD.organization_id AND teams = 0 AND repositories = 0;
END;

-- What bears the name of an account bears its new one.
CREATE TRIGGER names_follow AFTER UPDATE OF name ON account
WHEN OLD.name <> NEW.name COLLATE BINARY
BEGIN
    UPDATE team_member SET account_name = NEW.name WHERE account_id = NEW.id;
    UPDATE affiliation SET account_name = NEW.name WHERE account_id = NEW.id;
    UPDATE repository_permission SET grantee = NEW.name WHERE account_id = NEW.id;
END;

CREATE TRIGGER teams_limited AFTER INSERT ON team
BEGIN
    INSERT INTO owned_more VALUES (NEW.organization_id, 'teams', 1);
END;

CREATE TRIGGER teams_counted AFTER DELETE ON team
BEGIN
    UPDATE owned SET number = number - 1 WHERE holder_id = OLD.organization_id AND kind = 'teams';
END;

CREATE TRIGGER team_members_limited AFTER INSERT ON team_member
BEGIN
    INSERT INTO owned_more VALUES
        (NEW.team_id, 'team_members', 1),
        (NEW.organization_id, 'memberships', 1);
END;

CREATE TRIGGER team_members_counted AFTER DELETE ON team_member
BEGIN
    UPDATE owned SET number = number - 1 WHERE holder_id = OLD.team_id AND kind = 'team_members';
    UPDATE owned SET number = number - 1 WHERE holder_id = OLD.organization_id AND kind = 'memberships';
END;

----------------------------------------------------------------------------------------------------------------------------
-- Mail
----------------------------------------------------------------------------------------------------------------------------

-- The outbox: a mail is written in the transaction of what causes it, and sent after the commit.
CREATE TABLE mail (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid TEXT NOT NULL UNIQUE,
    -- The account that it is for or about: the mail is deleted with it.
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    -- Who causes it: a user, or the address of an unknown client. Limits count by it.
    sender TEXT,
    recipient TEXT NOT NULL,
    subject TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    -- When it is tried next; NULL when it is not to be tried.
    due_at INTEGER,
    -- A mail that was written while there was no gateway is sent when there is one, until this time: not with an expired
    -- code. The mark stays, because superusers may have read the held mail, so that its code proves no address.
    held_until INTEGER,
    delivered_at INTEGER,
    created_at INTEGER NOT NULL,
    last_error TEXT,
    -- Text and HTML, sealed because links in them give access. NULL once delivered.
    sealed_content BLOB,
    CHECK (delivered_at IS NULL OR (due_at IS NULL AND sealed_content IS NULL))
);

CREATE INDEX mail_due ON mail (due_at) WHERE due_at IS NOT NULL;

CREATE INDEX mail_by_account ON mail (account_id);

CREATE INDEX mail_by_time ON mail (created_at);

CREATE INDEX mail_by_recipient ON mail (recipient COLLATE NOCASE, created_at);

CREATE INDEX mail_by_sender ON mail (sender, created_at) WHERE sender IS NOT NULL;

CREATE INDEX mail_held ON mail (held_until) WHERE held_until IS NOT NULL AND attempts = 0;

-- Mails that were sent, or may have been, count for an hour even when the account that they were about is deleted: making
-- and deleting organizations circumvents no limit.
CREATE TABLE gone_mail (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    recipient TEXT NOT NULL,
    subject TEXT NOT NULL,
    sender TEXT NOT NULL,
    created_at INTEGER NOT NULL
);

CREATE INDEX gone_mail_by_recipient ON gone_mail (recipient COLLATE NOCASE, created_at);

CREATE INDEX gone_mail_by_sender ON gone_mail (sender, created_at);

CREATE INDEX gone_mail_by_age ON gone_mail (created_at);

CREATE TRIGGER mail_is_gone AFTER DELETE ON mail
WHEN OLD.sender IS NOT NULL AND (OLD.attempts > 0 OR OLD.delivered_at IS NOT NULL)
BEGIN
    INSERT INTO gone_mail (recipient, subject, sender, created_at)
    VALUES (OLD.recipient, OLD.subject, OLD.sender, OLD.created_at);
END;

CREATE VIEW limited_mail AS
SELECT recipient, subject, sender, created_at FROM mail WHERE sender IS NOT NULL
UNION ALL
SELECT recipient, subject, sender, created_at FROM gone_mail;

----------------------------------------------------------------------------------------------------------------------------
-- Invitations and notifications
----------------------------------------------------------------------------------------------------------------------------

-- An invitation into a team, for a user or for an e-mail address: never two of the same, whatever their case.
CREATE TABLE team_invitation (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    team_id INTEGER NOT NULL,
    organization_id INTEGER NOT NULL,
    account_id INTEGER,
    account_kind TEXT NOT NULL DEFAULT 'user' CHECK (account_kind = 'user'),
    email TEXT COLLATE NOCASE,
    inviter_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    -- The code is found by its SHA-256, and kept sealed because the invited person is shown it.
    code_hash BLOB NOT NULL UNIQUE,
    sealed_code BLOB NOT NULL,
    mail_id INTEGER REFERENCES mail (id) ON DELETE SET NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    CHECK ((account_id IS NULL) <> (email IS NULL)),
    UNIQUE (team_id, account_id),
    UNIQUE (team_id, email),
    FOREIGN KEY (team_id, organization_id) REFERENCES team (id, organization_id) ON DELETE CASCADE,
    FOREIGN KEY (account_id, account_kind) REFERENCES account (id, kind) ON DELETE CASCADE
);

CREATE INDEX team_invitation_by_organization ON team_invitation (organization_id, expires_at);

CREATE INDEX team_invitation_by_time ON team_invitation (organization_id, id);

CREATE INDEX team_invitation_by_team ON team_invitation (team_id, id);

CREATE INDEX team_invitation_by_account ON team_invitation (account_id);

CREATE INDEX team_invitation_by_inviter ON team_invitation (inviter_id, expires_at);

CREATE INDEX team_invitation_by_mail ON team_invitation (mail_id);

-- Expired ones leave room for new ones, a hundred at a time. One that is to be renewed stays.
CREATE TRIGGER team_invitation_needs_room BEFORE INSERT ON team_invitation
BEGIN
    DELETE FROM team_invitation WHERE id IN (
        SELECT id FROM (SELECT id FROM team_invitation
            WHERE organization_id = NEW.organization_id AND expires_at <= NEW.created_at
            ORDER BY expires_at LIMIT 100)
        UNION ALL
        SELECT id FROM (SELECT id FROM team_invitation
            WHERE inviter_id = NEW.inviter_id AND expires_at <= NEW.created_at
            ORDER BY expires_at LIMIT 100)
    ) AND NOT (team_id = NEW.team_id AND account_id IS NEW.account_id AND email IS NEW.email);
END;

CREATE INDEX team_invitation_by_expiry ON team_invitation (expires_at);

-- Members of the team need no invitation into it.
CREATE TRIGGER team_member_was_invited AFTER INSERT ON team_member
BEGIN
    DELETE FROM team_invitation WHERE team_id = NEW.team_id AND account_id = NEW.account_id;
END;

-- A mail whose link no longer works is not sent. A mail whose delivery began stays on record: otherwise limits would not
-- count it.
CREATE TRIGGER team_invitation_deleted AFTER DELETE ON team_invitation
BEGIN
    DELETE FROM mail WHERE id = OLD.mail_id AND delivered_at IS NULL AND attempts = 0;
    UPDATE mail SET due_at = NULL WHERE id = OLD.mail_id AND delivered_at IS NULL;
END;

CREATE TRIGGER team_invitation_renewed AFTER UPDATE OF mail_id ON team_invitation
WHEN OLD.mail_id IS NOT NEW.mail_id
BEGIN
    DELETE FROM mail WHERE id = OLD.mail_id AND delivered_at IS NULL AND attempts = 0;
    UPDATE mail SET due_at = NULL WHERE id = OLD.mail_id AND delivered_at IS NULL;
END;

CREATE TRIGGER invitations_limited AFTER INSERT ON team_invitation
BEGIN
    INSERT INTO owned_more VALUES (NEW.organization_id, 'invitations', 1);
    INSERT INTO owned_more SELECT NEW.inviter_id, 'inviter_invitations', 1 WHERE NEW.inviter_id IS NOT NULL;
END;

CREATE TRIGGER invitations_counted AFTER DELETE ON team_invitation
BEGIN
    UPDATE owned SET number = number - 1 WHERE holder_id = OLD.organization_id AND kind = 'invitations';
    UPDATE owned SET number = number - 1 WHERE holder_id = OLD.inviter_id AND kind = 'inviter_invitations';
END;

-- Somebody else renews it, or the inviter is deleted.
CREATE TRIGGER invitations_limited_later AFTER UPDATE OF inviter_id ON team_invitation
WHEN NEW.inviter_id IS NOT OLD.inviter_id
BEGIN
    UPDATE owned SET number = number - 1 WHERE holder_id = OLD.inviter_id AND kind = 'inviter_invitations';
    INSERT INTO owned_more SELECT NEW.inviter_id, 'inviter_invitations', 1 WHERE NEW.inviter_id IS NOT NULL;
END;

-- The notifications of a user in the web console.
CREATE TABLE notification (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid TEXT NOT NULL UNIQUE,
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    -- The id by which the code that made it finds it again.
    subject TEXT,
    metadata TEXT NOT NULL DEFAULT '{}',
    -- The notification of an invitation is deleted with it, and shows what the invitation says.
    invitation_id INTEGER UNIQUE REFERENCES team_invitation (id) ON DELETE CASCADE,
    dismissed INTEGER NOT NULL DEFAULT 0 CHECK (dismissed IN (0, 1)),
    created_at INTEGER NOT NULL,
    CHECK ((kind = 'org_team_invite') = (invitation_id IS NOT NULL))
);

CREATE INDEX notification_by_account ON notification (account_id, created_at);

CREATE INDEX notification_by_subject ON notification (subject) WHERE subject IS NOT NULL;

CREATE INDEX notification_dismissed ON notification (created_at) WHERE dismissed = 1;

-- Strangers cannot fill a user's notifications without end: where there are too many the dismissed ones go first, then those by
-- the sender of the new one, then the oldest. A hundred go at a time, where the limit was lowered.
CREATE TRIGGER notifications_limited AFTER INSERT ON notification
BEGIN
    INSERT INTO owned_more VALUES (NEW.account_id, 'notifications', 1);
    DELETE FROM notification WHERE id IN (
        SELECT n.id FROM notification n LEFT JOIN team_invitation i ON i.id = n.invitation_id
        WHERE n.account_id = NEW.account_id AND n.id <> NEW.id
        ORDER BY n.dismissed DESC,
            i.inviter_id IS (SELECT inviter_id FROM team_invitation WHERE id = NEW.invitation_id) DESC,
            n.id
        LIMIT (SELECT max(0, min(100, number - most)) FROM owned JOIN owned_limit USING (kind)
            WHERE holder_id = NEW.account_id AND kind = 'notifications')
    );
END;

CREATE TRIGGER notifications_counted AFTER DELETE ON notification
BEGIN
    UPDATE owned SET number = number - 1 WHERE holder_id = OLD.account_id AND kind = 'notifications';
END;

----------------------------------------------------------------------------------------------------------------------------
-- Repositories
----------------------------------------------------------------------------------------------------------------------------

CREATE TABLE repository (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    namespace_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    description TEXT NOT NULL DEFAULT '',
    is_public INTEGER NOT NULL DEFAULT 0 CHECK (is_public IN (0, 1)),
    created_at INTEGER NOT NULL,
    -- An opaque value that answers carry for badges of private repositories.
    status_token TEXT NOT NULL DEFAULT '',
    -- When the newest tag of all was pushed; NULL: none ever was.
    last_pushed_at INTEGER,
    -- How large its blobs are. Triggers of `blob` keep it.
    stored_bytes INTEGER NOT NULL DEFAULT 0,
    UNIQUE (namespace_id, name),
    UNIQUE (id, namespace_id)
);

-- Lists go by id or by name, in one namespace or over all public repositories.
CREATE INDEX repository_by_namespace ON repository (namespace_id, id);

CREATE INDEX repository_by_name ON repository (name);

CREATE INDEX repository_public ON repository (id) WHERE is_public = 1;

CREATE INDEX repository_public_by_name ON repository (name) WHERE is_public = 1;

CREATE INDEX repository_public_of_namespace ON repository (namespace_id, id) WHERE is_public = 1;

CREATE INDEX repository_public_of_namespace_by_name ON repository (namespace_id, name) WHERE is_public = 1;

CREATE TRIGGER repositories_limited AFTER INSERT ON repository
BEGIN
    INSERT INTO owned_more VALUES (NEW.namespace_id, 'repositories', 1);
END;

CREATE TRIGGER repositories_counted AFTER DELETE ON repository
BEGIN
    UPDATE owned SET number = number - 1 WHERE holder_id = OLD.namespace_id AND kind = 'repositories';
END;

-- A role on one repository, for an account or for a team of the repository's organization.
CREATE TABLE repository_permission (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    repository_id INTEGER NOT NULL,
    namespace_id INTEGER NOT NULL,
    account_id INTEGER REFERENCES account (id) ON DELETE CASCADE,
    team_id INTEGER,
    role TEXT NOT NULL CHECK (role IN ('read', 'write', 'admin')),
    -- The names of the account or team, and of the repository: lists are in their order. Neither a team nor a repository gets
    -- another name.
    grantee TEXT NOT NULL DEFAULT '',
    repository TEXT NOT NULL DEFAULT '',
    CHECK ((account_id IS NULL) <> (team_id IS NULL)),
    UNIQUE (repository_id, account_id),
    UNIQUE (repository_id, team_id),
    FOREIGN KEY (repository_id, namespace_id)
        REFERENCES repository (id, namespace_id) ON DELETE CASCADE,
    FOREIGN KEY (team_id, namespace_id) REFERENCES team (id, organization_id) ON DELETE CASCADE
);

CREATE INDEX repository_permission_by_account ON repository_permission (account_id, namespace_id)
WHERE account_id IS NOT NULL;

CREATE INDEX repository_permission_by_account_and_name
ON repository_permission (account_id, namespace_id, repository) WHERE account_id IS NOT NULL;

CREATE INDEX repository_permission_by_team ON repository_permission (team_id)
WHERE team_id IS NOT NULL;

CREATE INDEX repository_permission_by_team_and_name ON repository_permission (team_id, repository)
WHERE team_id IS NOT NULL;

CREATE INDEX repository_permission_of_account ON repository_permission (repository_id)
WHERE account_id IS NOT NULL;

CREATE INDEX repository_permission_of_account_by_name ON repository_permission (repository_id, grantee)
WHERE account_id IS NOT NULL;

CREATE INDEX repository_permission_of_team ON repository_permission (repository_id)
WHERE team_id IS NOT NULL;

CREATE INDEX repository_permission_of_team_by_name ON repository_permission (repository_id, grantee)
WHERE team_id IS NOT NULL;

CREATE TRIGGER permission_affiliates AFTER INSERT ON repository_permission
BEGIN
    UPDATE repository_permission SET
        repository = (SELECT name FROM repository WHERE id = NEW.repository_id),
        grantee = CASE WHEN NEW.team_id IS NULL THEN (SELECT name FROM account WHERE id = NEW.account_id)
            ELSE (SELECT name FROM team WHERE id = NEW.team_id) END
    WHERE id = NEW.id;
    INSERT INTO affiliation (namespace_id, account_id, account_name, repositories)
    SELECT NEW.namespace_id, id, name, 1 FROM account WHERE id = NEW.account_id AND kind <> 'robot'
    ON CONFLICT DO UPDATE SET repositories = repositories + 1;
END;

CREATE TRIGGER permission_deleted AFTER DELETE ON repository_permission
WHEN OLD.account_id IS NOT NULL
BEGIN
    UPDATE affiliation SET repositories = repositories - 1
    WHERE account_id = OLD.account_id AND namespace_id = OLD.namespace_id;
    DELETE FROM affiliation
    WHERE account_id = OLD.account_id AND namespace_id = OLD.namespace_id AND teams = 0 AND repositories = 0;
END;

CREATE TRIGGER permissions_limited AFTER INSERT ON repository_permission
BEGIN
    INSERT INTO owned_more VALUES
        (NEW.repository_id, 'repository_permissions', 1),
        (NEW.namespace_id, 'namespace_permissions', 1);
END;

CREATE TRIGGER permissions_counted AFTER DELETE ON repository_permission
BEGIN
    UPDATE owned SET number = number - 1 WHERE holder_id = OLD.repository_id AND kind = 'repository_permissions';
    UPDATE owned SET number = number - 1 WHERE holder_id = OLD.namespace_id AND kind = 'namespace_permissions';
END;

-- What a new repository of an organization gets: a role for an account or a team, for every creator or for one.
CREATE TABLE default_permission (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid TEXT NOT NULL UNIQUE,
    organization_id INTEGER NOT NULL,
    organization_kind TEXT NOT NULL DEFAULT 'organization'
        CHECK (organization_kind = 'organization'),
    creator_id INTEGER REFERENCES account (id) ON DELETE CASCADE,
    account_id INTEGER REFERENCES account (id) ON DELETE CASCADE,
    team_id INTEGER,
    role TEXT NOT NULL CHECK (role IN ('read', 'write', 'admin')),
    CHECK ((account_id IS NULL) <> (team_id IS NULL)),
    FOREIGN KEY (organization_id, organization_kind)
        REFERENCES account (id, kind) ON DELETE CASCADE,
    FOREIGN KEY (team_id, organization_id) REFERENCES team (id, organization_id) ON DELETE CASCADE
);

CREATE INDEX default_permission_by_organization ON default_permission (organization_id);

CREATE INDEX default_permission_by_creator ON default_permission (creator_id)
WHERE creator_id IS NOT NULL;

CREATE INDEX default_permission_by_account ON default_permission (account_id)
WHERE account_id IS NOT NULL;

CREATE INDEX default_permission_by_team ON default_permission (team_id) WHERE team_id IS NOT NULL;

CREATE TRIGGER default_permissions_limited AFTER INSERT ON default_permission
BEGIN
    INSERT INTO owned_more VALUES (NEW.organization_id, 'default_permissions', 1);
END;

CREATE TRIGGER default_permissions_counted AFTER DELETE ON default_permission
BEGIN
    UPDATE owned SET number = number - 1 WHERE holder_id = OLD.organization_id AND kind = 'default_permissions';
END;

-- Repositories that a person marked as their favourites.
CREATE TABLE star (
    account_id INTEGER NOT NULL,
    account_kind TEXT NOT NULL DEFAULT 'user' CHECK (account_kind = 'user'),
    repository_id INTEGER NOT NULL REFERENCES repository (id) ON DELETE CASCADE,
    PRIMARY KEY (account_id, repository_id),
    FOREIGN KEY (account_id, account_kind) REFERENCES account (id, kind) ON DELETE CASCADE
) WITHOUT ROWID;

CREATE INDEX star_by_repository ON star (repository_id);

CREATE TRIGGER stars_limited AFTER INSERT ON star
BEGIN
    INSERT INTO owned_more VALUES (NEW.account_id, 'stars', 1);
END;

CREATE TRIGGER stars_counted AFTER DELETE ON star
BEGIN
    UPDATE owned SET number = number - 1 WHERE holder_id = OLD.account_id AND kind = 'stars';
END;

----------------------------------------------------------------------------------------------------------------------------
-- Images: what the registry behind has, as it tells, and what a proxy cache has
----------------------------------------------------------------------------------------------------------------------------

-- Configurations and layers. They count for sizes: once in a repository, once in its namespace. A blob goes with the last
-- manifest that names it.
CREATE TABLE blob (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    namespace_id INTEGER NOT NULL,
    repository_id INTEGER NOT NULL,
    digest TEXT NOT NULL,
    -- As manifests say. A TiB at most, so that sums are numbers.
    size_bytes INTEGER NOT NULL CHECK (size_bytes BETWEEN 0 AND 1099511627776),
    UNIQUE (repository_id, digest),
    FOREIGN KEY (repository_id, namespace_id)
        REFERENCES repository (id, namespace_id) ON DELETE CASCADE
);

CREATE INDEX blob_by_digest ON blob (namespace_id, digest);

-- A digest has one size in a namespace, whatever manifests say: what was added is what is subtracted.
CREATE TRIGGER blobs_are_added AFTER INSERT ON blob
BEGIN
    UPDATE blob SET size_bytes = coalesce(
        (SELECT size_bytes FROM blob other
            WHERE other.namespace_id = NEW.namespace_id AND other.digest = NEW.digest AND other.id <> NEW.id LIMIT 1),
        size_bytes)
    WHERE id = NEW.id;
    UPDATE repository SET stored_bytes = stored_bytes + (SELECT size_bytes FROM blob WHERE id = NEW.id)
    WHERE id = NEW.repository_id;
    UPDATE account SET stored_bytes = stored_bytes + NEW.size_bytes
    WHERE id = NEW.namespace_id AND NOT EXISTS (
        SELECT 1 FROM blob WHERE namespace_id = NEW.namespace_id AND digest = NEW.digest AND id <> NEW.id);
END;

CREATE TRIGGER blobs_are_subtracted AFTER DELETE ON blob
BEGIN
    UPDATE repository SET stored_bytes = stored_bytes - OLD.size_bytes WHERE id = OLD.repository_id;
    UPDATE account SET stored_bytes = stored_bytes - OLD.size_bytes
    WHERE id = OLD.namespace_id AND NOT EXISTS (
        SELECT 1 FROM blob WHERE namespace_id = OLD.namespace_id AND digest = OLD.digest);
END;

-- Manifests of images, and indexes of manifests.
CREATE TABLE manifest (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    repository_id INTEGER NOT NULL REFERENCES repository (id) ON DELETE CASCADE,
    digest TEXT NOT NULL,
    media_type TEXT NOT NULL,
    -- Of the manifest itself. It counts for no size.
    size_bytes INTEGER NOT NULL CHECK (size_bytes >= 0),
    -- Of its layers together, as they are stored; NULL of an index.
    layers_bytes INTEGER,
    -- When it was last pushed, with a tag or without.
    pushed_at INTEGER NOT NULL,
    -- Since when neither a tag, an ended one included, nor an index names it; NULL while one does. The original collects such
    -- manifests, and so does a registry that is told to.
    untagged_at INTEGER,
    UNIQUE (repository_id, digest)
);

CREATE INDEX manifest_untagged ON manifest (untagged_at) WHERE untagged_at IS NOT NULL;

-- A registry cannot be refused what it has: what is beyond the limit is not written down.
CREATE TRIGGER manifests_ignored BEFORE INSERT ON manifest
WHEN (SELECT number >= most FROM owned JOIN owned_limit USING (kind)
        WHERE holder_id = NEW.repository_id AND kind = 'manifests')
    AND NOT EXISTS (SELECT 1 FROM manifest WHERE repository_id = NEW.repository_id AND digest = NEW.digest)
BEGIN
    SELECT RAISE(IGNORE);
END;

CREATE TRIGGER manifests_limited AFTER INSERT ON manifest
BEGIN
    INSERT INTO owned_more VALUES (NEW.repository_id, 'manifests', 1);
    UPDATE manifest SET untagged_at = CASE WHEN NOT EXISTS (
        SELECT 1 FROM manifest_child WHERE repository_id = NEW.repository_id AND digest = NEW.digest) THEN pushed_at END
    WHERE id = NEW.id;
END;

CREATE TRIGGER manifests_counted AFTER DELETE ON manifest
BEGIN
    UPDATE owned SET number = number - 1 WHERE holder_id = OLD.repository_id AND kind = 'manifests';
END;

-- Which blobs a manifest names.
CREATE TABLE manifest_blob (
    manifest_id INTEGER NOT NULL REFERENCES manifest (id) ON DELETE CASCADE,
    blob_id INTEGER NOT NULL REFERENCES blob (id) ON DELETE CASCADE,
    PRIMARY KEY (manifest_id, blob_id)
) WITHOUT ROWID;

CREATE INDEX manifest_blob_by_blob ON manifest_blob (blob_id);

CREATE TRIGGER blob_goes_with_its_last_manifest AFTER DELETE ON manifest_blob
BEGIN
    DELETE FROM blob WHERE id = OLD.blob_id
        AND NOT EXISTS (SELECT 1 FROM manifest_blob WHERE blob_id = OLD.blob_id);
END;

-- Which manifests an index names, whether or not they are there.
CREATE TABLE manifest_child (
    manifest_id INTEGER NOT NULL REFERENCES manifest (id) ON DELETE CASCADE,
    digest TEXT NOT NULL,
    -- That of the index.
    repository_id INTEGER NOT NULL,
    media_type TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    PRIMARY KEY (manifest_id, digest)
) WITHOUT ROWID;

CREATE INDEX manifest_child_by_digest ON manifest_child (repository_id, digest);

CREATE TRIGGER child_is_held AFTER INSERT ON manifest_child
BEGIN
    UPDATE manifest SET untagged_at = NULL WHERE repository_id = NEW.repository_id AND digest = NEW.digest;
END;

CREATE TRIGGER child_is_released AFTER DELETE ON manifest_child
BEGIN
    UPDATE manifest SET untagged_at = strftime('%s', 'now') * 1000000
    WHERE repository_id = OLD.repository_id AND digest = OLD.digest AND untagged_at IS NULL
        AND NOT EXISTS (SELECT 1 FROM tag WHERE manifest_id = manifest.id)
        AND NOT EXISTS (
            SELECT 1 FROM manifest_child WHERE repository_id = OLD.repository_id AND digest = OLD.digest);
END;

-- Tags, and those that there were: a tag that is moved to another manifest ends, and another one begins.
CREATE TABLE tag (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    repository_id INTEGER NOT NULL REFERENCES repository (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    digest TEXT NOT NULL,
    -- NULL: an ended tag whose manifest is gone.
    manifest_id INTEGER REFERENCES manifest (id) ON DELETE SET NULL,
    -- When it was last pushed.
    started_at INTEGER NOT NULL,
    -- NULL while there is such a tag.
    ended_at INTEGER,
    -- Until when it is shown among the ended ones: for the time of its namespace. A trigger sets it.
    shown_until INTEGER,
    -- The request to the registry that ended it, which notifies of it several times.
    ended_by TEXT
);

CREATE UNIQUE INDEX tag_active ON tag (repository_id, name) WHERE ended_at IS NULL;

CREATE INDEX tag_by_name ON tag (repository_id, name, started_at);

CREATE INDEX tag_by_start ON tag (repository_id, started_at);

CREATE INDEX tag_by_manifest ON tag (manifest_id) WHERE manifest_id IS NOT NULL;

CREATE INDEX tag_ended ON tag (shown_until) WHERE shown_until IS NOT NULL;

CREATE INDEX tag_ended_of_repository ON tag (repository_id, ended_at) WHERE ended_at IS NOT NULL;

-- Ended ones leave room for new ones, a hundred at a time.
CREATE TRIGGER tag_needs_room BEFORE INSERT ON tag
WHEN (SELECT number >= most FROM owned JOIN owned_limit USING (kind)
    WHERE holder_id = NEW.repository_id AND kind = 'tags')
BEGIN
    DELETE FROM tag WHERE id IN (
        SELECT id FROM tag WHERE repository_id = NEW.repository_id AND ended_at IS NOT NULL
        ORDER BY ended_at LIMIT 100
    );
    SELECT RAISE(IGNORE) FROM owned JOIN owned_limit USING (kind)
    WHERE holder_id = NEW.repository_id AND kind = 'tags' AND number >= most;
END;

CREATE TRIGGER tags_limited AFTER INSERT ON tag
BEGIN
    INSERT INTO owned_more VALUES (NEW.repository_id, 'tags', 1);
    UPDATE manifest SET untagged_at = NULL WHERE id = NEW.manifest_id;
END;

CREATE TRIGGER tags_counted AFTER DELETE ON tag
BEGIN
    UPDATE owned SET number = number - 1 WHERE holder_id = OLD.repository_id AND kind = 'tags';
    UPDATE manifest SET untagged_at = strftime('%s', 'now') * 1000000
    WHERE id = OLD.manifest_id AND untagged_at IS NULL
        AND NOT EXISTS (SELECT 1 FROM tag WHERE manifest_id = OLD.manifest_id)
        AND NOT EXISTS (
            SELECT 1 FROM manifest_child c WHERE c.repository_id = manifest.repository_id AND c.digest = manifest.digest);
END;

CREATE TRIGGER ended_tag_is_shown AFTER UPDATE OF ended_at ON tag
BEGIN
    UPDATE tag SET shown_until = NEW.ended_at + (
        SELECT tag_expiration_s FROM repository r JOIN account n ON n.id = r.namespace_id
        WHERE r.id = NEW.repository_id) * 1000000
    WHERE id = NEW.id;
END;

-- No tag outlives its manifest.
CREATE TRIGGER tags_end_with_their_manifest BEFORE DELETE ON manifest
BEGIN
    UPDATE tag SET ended_at = max(started_at, strftime('%s', 'now') * 1000000)
    WHERE manifest_id = OLD.id AND ended_at IS NULL;
END;

-- What is inserted here was pushed, or is found in the registry: writes down the manifest, and what it names. `contents` is a JSON
-- array of `{"digest", "media_type", "size_bytes", "kind"}`, where the kind is config, layer or manifest.
CREATE VIEW pushed_manifest (namespace_id, repository_id, digest, media_type, size_bytes, contents, pushed_at) AS
SELECT namespace_id, repository_id, digest, media_type, size_bytes, '[]', pushed_at
FROM manifest JOIN repository ON repository.id = repository_id;

CREATE TRIGGER manifest_pushed INSTEAD OF INSERT ON pushed_manifest
BEGIN
    INSERT INTO manifest (repository_id, digest, media_type, size_bytes, layers_bytes, pushed_at)
    VALUES (NEW.repository_id, NEW.digest, NEW.media_type, NEW.size_bytes, (
        SELECT CASE WHEN total(value ->> 'kind' = 'manifest') = 0
            THEN coalesce(sum(value ->> 'size_bytes') FILTER (WHERE value ->> 'kind' = 'layer'), 0) END
        FROM json_each(NEW.contents)), NEW.pushed_at)
    ON CONFLICT DO UPDATE SET pushed_at = max(pushed_at, excluded.pushed_at);
    INSERT INTO blob (namespace_id, repository_id, digest, size_bytes)
    SELECT NEW.namespace_id, NEW.repository_id, value ->> 'digest', value ->> 'size_bytes'
    FROM json_each(NEW.contents)
    WHERE value ->> 'kind' IN ('config', 'layer')
        AND EXISTS (SELECT 1 FROM manifest WHERE repository_id = NEW.repository_id AND digest = NEW.digest)
    ON CONFLICT DO NOTHING;
    INSERT INTO manifest_blob (manifest_id, blob_id)
    SELECT manifest.id, blob.id FROM json_each(NEW.contents)
    CROSS JOIN blob ON blob.repository_id = NEW.repository_id AND blob.digest = value ->> 'digest'
    CROSS JOIN manifest ON manifest.repository_id = NEW.repository_id AND manifest.digest = NEW.digest
    WHERE value ->> 'kind' IN ('config', 'layer')
    ON CONFLICT DO NOTHING;
    INSERT INTO manifest_child (manifest_id, digest, repository_id, media_type, size_bytes)
    SELECT manifest.id, value ->> 'digest', NEW.repository_id, value ->> 'media_type', value ->> 'size_bytes'
    FROM json_each(NEW.contents)
    CROSS JOIN manifest ON manifest.repository_id = NEW.repository_id AND manifest.digest = NEW.digest
    WHERE value ->> 'kind' = 'manifest'
    ON CONFLICT DO NOTHING;
END;

-- What is inserted here is a tag that names a manifest since then, unless later is known of that tag: pushes are told in any order.
CREATE VIEW pushed_tag (repository_id, name, digest, pushed_at) AS
SELECT repository_id, name, digest, started_at FROM tag WHERE ended_at IS NULL;

CREATE TRIGGER tag_pushed INSTEAD OF INSERT ON pushed_tag
WHEN EXISTS (SELECT 1 FROM manifest WHERE repository_id = NEW.repository_id AND digest = NEW.digest)
    AND NOT EXISTS (
        SELECT 1 FROM tag WHERE repository_id = NEW.repository_id AND name = NEW.name
            AND coalesce(ended_at, started_at) > NEW.pushed_at)
BEGIN
    UPDATE tag SET ended_at = NEW.pushed_at
    WHERE repository_id = NEW.repository_id AND name = NEW.name AND ended_at IS NULL AND digest <> NEW.digest;
    INSERT INTO tag (repository_id, name, digest, manifest_id, started_at)
    SELECT NEW.repository_id, NEW.name, NEW.digest, id, NEW.pushed_at FROM manifest
    WHERE repository_id = NEW.repository_id AND digest = NEW.digest
        AND NOT EXISTS (
            SELECT 1 FROM tag WHERE repository_id = NEW.repository_id AND name = NEW.name AND ended_at IS NULL);
    UPDATE tag SET started_at = NEW.pushed_at
    WHERE repository_id = NEW.repository_id AND name = NEW.name AND ended_at IS NULL;
    UPDATE repository SET last_pushed_at = max(coalesce(last_pushed_at, 0), NEW.pushed_at)
    WHERE id = NEW.repository_id;
END;

----------------------------------------------------------------------------------------------------------------------------
-- Notifications of the registry
----------------------------------------------------------------------------------------------------------------------------

-- Those that were taken. A registry sends the same one again until it hears that it was.
CREATE TABLE registry_event (
    id TEXT PRIMARY KEY,
    seen_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX registry_event_by_time ON registry_event (seen_at);

-- What is inserted here happened in the registry: its effects, its entry in the log, and that it is known. Once known it has no
-- effect. `by_berth`: Berth itself did it, and logged what there was to log. `log_kind` is NULL where nothing is to be logged.
CREATE VIEW notified_event (
    id, seen_at, at, action, by_berth, namespace_id, repository_id, digest, tag, media_type, size_bytes, contents, request_id,
    log_kind, performer_id, ip, metadata
) AS
SELECT id, seen_at, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM registry_event;

CREATE TRIGGER event_notified INSTEAD OF INSERT ON notified_event
BEGIN
    SELECT RAISE(IGNORE) FROM registry_event WHERE id = NEW.id;
    INSERT INTO registry_event (id, seen_at) VALUES (NEW.id, NEW.seen_at);
    INSERT INTO pushed_manifest (namespace_id, repository_id, digest, media_type, size_bytes, contents, pushed_at)
    SELECT NEW.namespace_id, NEW.repository_id, NEW.digest, NEW.media_type, NEW.size_bytes, NEW.contents, NEW.at
    WHERE NEW.action = 'push';
    INSERT INTO pushed_tag (repository_id, name, digest, pushed_at)
    SELECT NEW.repository_id, NEW.tag, NEW.digest, NEW.at
    WHERE NEW.action = 'push' AND NEW.tag IS NOT NULL AND NOT NEW.by_berth;
    INSERT INTO log_entry (kind, namespace_id, performer_id, ip, metadata, created_at)
    SELECT NEW.log_kind, NEW.namespace_id, NEW.performer_id, NEW.ip, NEW.metadata, NEW.at
    WHERE NEW.action IN ('push', 'pull') AND NEW.log_kind IS NOT NULL;
    -- A manifest is deleted with its tags, unless it was pushed again later. One entry for each of them.
    INSERT INTO log_entry (kind, namespace_id, performer_id, ip, metadata, created_at)
    SELECT NEW.log_kind, NEW.namespace_id, NEW.performer_id, NEW.ip,
        json_set(NEW.metadata, '$.tag', tag.name, '$.digest', NEW.digest), NEW.at
    FROM manifest JOIN tag ON tag.manifest_id = manifest.id AND tag.ended_at IS NULL
    WHERE NEW.action = 'delete' AND NEW.log_kind IS NOT NULL
        AND manifest.repository_id = NEW.repository_id AND manifest.digest = NEW.digest AND pushed_at <= NEW.at
    ORDER BY tag.name;
    UPDATE tag SET ended_at = NEW.at, ended_by = NEW.request_id
    WHERE NEW.action = 'delete' AND ended_at IS NULL AND manifest_id = (
        SELECT id FROM manifest
        WHERE repository_id = NEW.repository_id AND digest = NEW.digest AND pushed_at <= NEW.at);
    DELETE FROM manifest
    WHERE NEW.action = 'delete' AND repository_id = NEW.repository_id AND digest = NEW.digest AND pushed_at <= NEW.at;
    -- A tag alone. What its manifest took with it is logged already.
    INSERT INTO log_entry (kind, namespace_id, performer_id, ip, metadata, created_at)
    SELECT NEW.log_kind, NEW.namespace_id, NEW.performer_id, NEW.ip, json_set(NEW.metadata, '$.tag', NEW.tag), NEW.at
    WHERE NEW.action = 'delete' AND NEW.log_kind IS NOT NULL AND NEW.tag IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM tag WHERE repository_id = NEW.repository_id AND name = NEW.tag
            AND (ended_by = NEW.request_id OR (ended_at IS NULL AND started_at > NEW.at)));
    UPDATE tag SET ended_at = NEW.at, ended_by = NEW.request_id
    WHERE NEW.action = 'delete' AND ended_at IS NULL AND started_at <= NEW.at
        AND repository_id = NEW.repository_id AND name = NEW.tag;
END;

----------------------------------------------------------------------------------------------------------------------------
-- Quotas and auto-prune policies
----------------------------------------------------------------------------------------------------------------------------

-- How much a namespace may hold, and what happens when it fills up.
CREATE TABLE quota (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    namespace_id INTEGER NOT NULL UNIQUE REFERENCES account (id) ON DELETE CASCADE,
    limit_bytes INTEGER NOT NULL CHECK (limit_bytes >= 0)
);

CREATE TABLE quota_limit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    quota_id INTEGER NOT NULL REFERENCES quota (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('Warning', 'Reject')),
    percent INTEGER NOT NULL CHECK (percent BETWEEN 1 AND 100),
    UNIQUE (quota_id, kind, percent)
);

-- Which tags of a namespace, or of one repository of it, are deleted automatically.
CREATE TABLE autoprune_policy (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid TEXT NOT NULL UNIQUE,
    namespace_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    -- NULL: of all repositories of the namespace.
    repository_id INTEGER,
    method TEXT NOT NULL CHECK (method IN ('number_of_tags', 'creation_date')),
    -- A number of tags or an age such as 7d, as JSON.
    value TEXT NOT NULL CHECK (json_valid(value)),
    -- Empty: every tag.
    tag_pattern TEXT NOT NULL DEFAULT '',
    tag_pattern_matches INTEGER NOT NULL DEFAULT 1 CHECK (tag_pattern_matches IN (0, 1)),
    FOREIGN KEY (repository_id, namespace_id)
        REFERENCES repository (id, namespace_id) ON DELETE CASCADE
);

CREATE UNIQUE INDEX autoprune_policy_of_namespace
ON autoprune_policy (namespace_id, method, value, tag_pattern, tag_pattern_matches)
WHERE repository_id IS NULL;

CREATE UNIQUE INDEX autoprune_policy_of_repository
ON autoprune_policy (repository_id, method, value, tag_pattern, tag_pattern_matches)
WHERE repository_id IS NOT NULL;

CREATE INDEX autoprune_policy_by_owner ON autoprune_policy (namespace_id, repository_id);

CREATE TRIGGER autoprune_policies_limited AFTER INSERT ON autoprune_policy
WHEN NEW.repository_id IS NULL
BEGIN
    INSERT INTO owned_more VALUES (NEW.namespace_id, 'autoprune_policies', 1);
END;

CREATE TRIGGER autoprune_policies_counted AFTER DELETE ON autoprune_policy
WHEN OLD.repository_id IS NULL
BEGIN
    UPDATE owned SET number = number - 1 WHERE holder_id = OLD.namespace_id AND kind = 'autoprune_policies';
END;

CREATE TRIGGER repository_autoprune_policies_limited AFTER INSERT ON autoprune_policy
WHEN NEW.repository_id IS NOT NULL
BEGIN
    INSERT INTO owned_more VALUES (NEW.repository_id, 'repository_autoprune_policies', 1);
END;

CREATE TRIGGER repository_autoprune_policies_counted AFTER DELETE ON autoprune_policy
WHEN OLD.repository_id IS NOT NULL
BEGIN
    UPDATE owned SET number = number - 1 WHERE holder_id = OLD.repository_id AND kind = 'repository_autoprune_policies';
END;

----------------------------------------------------------------------------------------------------------------------------
-- Applications (OAuth) and their tokens
----------------------------------------------------------------------------------------------------------------------------

CREATE TABLE oauth_application (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    client_id TEXT NOT NULL UNIQUE,
    -- The organization, or the user whose first token the installation made.
    namespace_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    description TEXT NOT NULL DEFAULT '',
    application_uri TEXT NOT NULL DEFAULT '',
    redirect_uri TEXT NOT NULL DEFAULT '',
    avatar_email TEXT,
    -- NULL for the application `automation` of a user.
    sealed_secret BLOB,
    created_at INTEGER NOT NULL
);

CREATE INDEX oauth_application_by_namespace ON oauth_application (namespace_id);

CREATE INDEX oauth_application_by_name ON oauth_application (namespace_id, name);

-- The application `automation` has the name of its user as client id, and is renamed with them, so that their later actions
-- are not logged under a name that somebody else has by then. If that name is taken it gets a random one, as every other
-- application.
CREATE TRIGGER automation_follows AFTER UPDATE OF name ON account
WHEN OLD.kind <> 'robot' AND OLD.name <> NEW.name COLLATE BINARY
BEGIN
    UPDATE oauth_application SET client_id = CASE
        WHEN EXISTS (SELECT 1 FROM oauth_application WHERE client_id = NEW.name) THEN hex(randomblob(10))
        ELSE NEW.name END
    WHERE namespace_id = NEW.id AND name = 'automation' AND client_id = OLD.name;
END;

CREATE TRIGGER applications_limited AFTER INSERT ON oauth_application
BEGIN
    INSERT INTO owned_more VALUES (NEW.namespace_id, 'applications', 1);
END;

CREATE TRIGGER applications_counted AFTER DELETE ON oauth_application
BEGIN
    UPDATE owned SET number = number - 1 WHERE holder_id = OLD.namespace_id AND kind = 'applications';
END;

-- A token is found by the SHA-256 of its text; the text itself is stored nowhere.
CREATE TABLE access_token (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid TEXT NOT NULL UNIQUE,
    token_hash BLOB NOT NULL UNIQUE,
    application_id INTEGER NOT NULL REFERENCES oauth_application (id) ON DELETE CASCADE,
    account_id INTEGER NOT NULL,
    account_kind TEXT NOT NULL DEFAULT 'user' CHECK (account_kind = 'user'),
    created_by INTEGER REFERENCES account (id) ON DELETE SET NULL,
    name TEXT,
    scope TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    -- When it was last used, to the minute.
    accessed_at INTEGER,
    FOREIGN KEY (account_id, account_kind) REFERENCES account (id, kind) ON DELETE CASCADE
);

CREATE INDEX access_token_by_application ON access_token (application_id);

CREATE INDEX access_token_of_application_by_expiry ON access_token (application_id, expires_at);

CREATE INDEX access_token_by_account ON access_token (account_id);

CREATE INDEX access_token_by_creator ON access_token (created_by);

CREATE INDEX access_token_by_expiry ON access_token (expires_at);

-- Expired ones leave room for new ones, a hundred at a time. Until the limit is reached their users see that there were some.
CREATE TRIGGER access_token_needs_room BEFORE INSERT ON access_token
WHEN (SELECT number >= most FROM owned JOIN owned_limit USING (kind)
    WHERE holder_id = NEW.application_id AND kind = 'tokens')
BEGIN
    DELETE FROM access_token WHERE id IN (
        SELECT id FROM access_token
        WHERE application_id = NEW.application_id AND expires_at <= NEW.created_at
        ORDER BY expires_at LIMIT 100
    );
END;

CREATE TRIGGER tokens_limited AFTER INSERT ON access_token
BEGIN
    INSERT INTO owned_more VALUES (NEW.application_id, 'tokens', 1);
END;

CREATE TRIGGER tokens_counted AFTER DELETE ON access_token
BEGIN
    UPDATE owned SET number = number - 1 WHERE holder_id = OLD.application_id AND kind = 'tokens';
END;

-- Codes of the OAuth code flow. A code is found by its SHA-256. A used one is kept until it expires, so that a second use is
-- noticed and ends the token that the first one gave.
CREATE TABLE authorization_code (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    code_hash BLOB NOT NULL UNIQUE,
    application_id INTEGER NOT NULL REFERENCES oauth_application (id) ON DELETE CASCADE,
    account_id INTEGER NOT NULL,
    account_kind TEXT NOT NULL DEFAULT 'user' CHECK (account_kind = 'user'),
    redirect_uri TEXT NOT NULL,
    scope TEXT NOT NULL,
    -- PKCE (S256); optional for clients that authenticate with their secret.
    code_challenge TEXT,
    expires_at INTEGER NOT NULL,
    used INTEGER NOT NULL DEFAULT 0 CHECK (used IN (0, 1)),
    token_id INTEGER REFERENCES access_token (id) ON DELETE SET NULL,
    FOREIGN KEY (account_id, account_kind) REFERENCES account (id, kind) ON DELETE CASCADE
);

CREATE INDEX authorization_code_by_application ON authorization_code (application_id);

CREATE INDEX authorization_code_by_account ON authorization_code (account_id);

CREATE INDEX authorization_code_by_token ON authorization_code (token_id) WHERE token_id IS NOT NULL;

CREATE INDEX authorization_code_by_expiry ON authorization_code (expires_at);

-- Tokens that an administrator assigned to a user, who must still accept them.
CREATE TABLE assigned_authorization (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid TEXT NOT NULL UNIQUE,
    application_id INTEGER NOT NULL REFERENCES oauth_application (id) ON DELETE CASCADE,
    account_id INTEGER NOT NULL,
    account_kind TEXT NOT NULL DEFAULT 'user' CHECK (account_kind = 'user'),
    redirect_uri TEXT NOT NULL,
    scope TEXT NOT NULL,
    response_type TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    FOREIGN KEY (account_id, account_kind) REFERENCES account (id, kind) ON DELETE CASCADE
);

CREATE INDEX assigned_authorization_by_application ON assigned_authorization (application_id);

CREATE INDEX assigned_authorization_by_account ON assigned_authorization (account_id);

-- Whatever ends an assignment withdraws its notification.
CREATE TRIGGER assigned_authorization_deleted_withdraws AFTER DELETE ON assigned_authorization
BEGIN
    DELETE FROM notification WHERE subject = OLD.uuid AND kind = 'assigned_authorization';
END;

CREATE TRIGGER assignments_limited AFTER INSERT ON assigned_authorization
BEGIN
    INSERT INTO owned_more VALUES (NEW.application_id, 'assignments', 1);
END;

CREATE TRIGGER assignments_counted AFTER DELETE ON assigned_authorization
BEGIN
    UPDATE owned SET number = number - 1 WHERE holder_id = OLD.application_id AND kind = 'assignments';
END;

-- What people give programs in the place of their password: an app-specific token. It is found by its SHA-256, and sealed too, since
-- its owner can be shown it again.
CREATE TABLE app_token (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid TEXT NOT NULL UNIQUE,
    account_id INTEGER NOT NULL,
    account_kind TEXT NOT NULL DEFAULT 'user' CHECK (account_kind = 'user'),
    title TEXT NOT NULL,
    token_hash BLOB NOT NULL UNIQUE,
    sealed_token BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    -- NULL: it does not end.
    expires_at INTEGER,
    -- When it was last used, to the minute.
    accessed_at INTEGER,
    FOREIGN KEY (account_id, account_kind) REFERENCES account (id, kind) ON DELETE CASCADE
);

CREATE INDEX app_token_by_account ON app_token (account_id);

CREATE INDEX app_token_by_expiry ON app_token (expires_at) WHERE expires_at IS NOT NULL;

-- As with access tokens, expired ones leave room for new ones.
CREATE TRIGGER app_token_needs_room BEFORE INSERT ON app_token
WHEN (SELECT number >= most FROM owned JOIN owned_limit USING (kind)
    WHERE holder_id = NEW.account_id AND kind = 'app_tokens')
BEGIN
    DELETE FROM app_token WHERE id IN (
        SELECT id FROM app_token
        WHERE account_id = NEW.account_id AND expires_at <= NEW.created_at
        ORDER BY expires_at LIMIT 100
    );
END;

CREATE TRIGGER app_tokens_limited AFTER INSERT ON app_token
BEGIN
    INSERT INTO owned_more VALUES (NEW.account_id, 'app_tokens', 1);
END;

CREATE TRIGGER app_tokens_counted AFTER DELETE ON app_token
BEGIN
    UPDATE owned SET number = number - 1 WHERE holder_id = OLD.account_id AND kind = 'app_tokens';
END;

----------------------------------------------------------------------------------------------------------------------------
-- Proxy cache
----------------------------------------------------------------------------------------------------------------------------

-- Which registry an organization caches: at most one. User name and password are sealed.
CREATE TABLE proxy_cache_config (
    organization_id INTEGER PRIMARY KEY,
    organization_kind TEXT NOT NULL DEFAULT 'organization'
        CHECK (organization_kind = 'organization'),
    upstream_registry TEXT NOT NULL,
    sealed_username BLOB,
    sealed_password BLOB,
    -- 0 or less: cached tags do not expire.
    expiration_s INTEGER NOT NULL,
    insecure INTEGER NOT NULL CHECK (insecure IN (0, 1)),
    FOREIGN KEY (organization_id, organization_kind)
        REFERENCES account (id, kind) ON DELETE CASCADE
);

-- What proxy caches have done: a row once something was pulled.
CREATE TABLE proxy_cache_use (
    organization_id INTEGER PRIMARY KEY
        REFERENCES proxy_cache_config (organization_id) ON DELETE CASCADE,
    -- Manifests and blobs that were served from here or from the registry behind, and those that were fetched.
    hits INTEGER NOT NULL DEFAULT 0,
    misses INTEGER NOT NULL DEFAULT 0,
    -- How much was fetched.
    fetched_bytes INTEGER NOT NULL DEFAULT 0,
    -- When the upstream last gave what it was asked for, and when it last did not, and why.
    succeeded_at INTEGER,
    failed_at INTEGER,
    failure TEXT
);

-- The bytes of manifests that a proxy cache has fetched.
CREATE TABLE cached_manifest (
    manifest_id INTEGER PRIMARY KEY REFERENCES manifest (id) ON DELETE CASCADE,
    content BLOB NOT NULL,
    -- Since when the registry behind has it too, so that its collector keeps the blobs; NULL while it lacks some of them.
    stored_at INTEGER
);

-- Tags that a proxy cache has fetched.
CREATE TABLE cached_tag (
    tag_id INTEGER PRIMARY KEY REFERENCES tag (id) ON DELETE CASCADE,
    -- When the upstream last said that it names this manifest.
    checked_at INTEGER NOT NULL,
    -- Until when it is served while the upstream fails; NULL: for ever.
    expires_at INTEGER
);

CREATE INDEX cached_tag_by_end ON cached_tag (expires_at) WHERE expires_at IS NOT NULL;

CREATE TRIGGER cached_tag_ends AFTER DELETE ON cached_tag
BEGIN
    UPDATE tag SET ended_at = max(started_at, strftime('%s', 'now') * 1000000)
    WHERE id = OLD.tag_id AND ended_at IS NULL;
END;

-- Whether the registry behind has the blobs of a proxy cache.
CREATE TABLE cached_blob (
    blob_id INTEGER PRIMARY KEY REFERENCES blob (id) ON DELETE CASCADE,
    -- Since when somebody writes it there, or when they last said that they still do; NULL: nobody does.
    filling_since INTEGER,
    -- When it was seen there; NULL: never.
    stored_at INTEGER
);

-- What is inserted here was fetched from an upstream: writes down the manifest, what it names, its bytes, and the tag by which it was asked
-- for. Refused where the namespace would hold more than `most_bytes` then.
CREATE VIEW fetched_manifest (
    namespace_id, repository_id, digest, media_type, content, contents, tag, fetched_at, expires_at, most_bytes
) AS
SELECT namespace_id, repository_id, digest, media_type, content, '[]', NULL, pushed_at, NULL, NULL
FROM cached_manifest
JOIN manifest ON manifest.id = manifest_id
JOIN repository ON repository.id = repository_id;

CREATE TRIGGER manifest_fetched INSTEAD OF INSERT ON fetched_manifest
BEGIN
    INSERT INTO pushed_manifest (namespace_id, repository_id, digest, media_type, size_bytes, contents, pushed_at)
    VALUES (NEW.namespace_id, NEW.repository_id, NEW.digest, NEW.media_type, length(NEW.content), NEW.contents,
        NEW.fetched_at);
    SELECT RAISE(ABORT, 'berth: beyond the quota') FROM account
    WHERE id = NEW.namespace_id AND stored_bytes > NEW.most_bytes;
    INSERT INTO cached_manifest (manifest_id, content)
    SELECT id, NEW.content FROM manifest WHERE repository_id = NEW.repository_id AND digest = NEW.digest
    ON CONFLICT DO NOTHING;
    INSERT INTO pushed_tag (repository_id, name, digest, pushed_at)
    SELECT NEW.repository_id, NEW.tag, NEW.digest, NEW.fetched_at WHERE NEW.tag IS NOT NULL;
    INSERT INTO cached_tag (tag_id, checked_at, expires_at)
    SELECT id, NEW.fetched_at, NEW.expires_at FROM tag
    WHERE repository_id = NEW.repository_id AND name = NEW.tag AND digest = NEW.digest AND ended_at IS NULL
    ON CONFLICT DO UPDATE SET checked_at = excluded.checked_at, expires_at = excluded.expires_at;
    INSERT INTO proxy_cache_use (organization_id, misses, fetched_bytes, succeeded_at)
    VALUES (NEW.namespace_id, 1, length(NEW.content), NEW.fetched_at)
    ON CONFLICT DO UPDATE SET misses = misses + 1, fetched_bytes = fetched_bytes + excluded.fetched_bytes,
        succeeded_at = excluded.succeeded_at;
END;

-- Upstream registries that are being tried right now, to count them. A check that ends normally deletes its row; the row of
-- a check that the host ended expires.
CREATE TABLE upstream_check (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    caller_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    expires_at INTEGER NOT NULL
);

CREATE INDEX upstream_check_by_organization ON upstream_check (organization_id);

CREATE INDEX upstream_check_by_caller ON upstream_check (caller_id);

----------------------------------------------------------------------------------------------------------------------------
-- The log
----------------------------------------------------------------------------------------------------------------------------

-- Entries outlive what they are about: no foreign keys, ids are never reused.
CREATE TABLE log_entry (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    namespace_id INTEGER,
    performer_id INTEGER,
    ip TEXT,
    metadata TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    -- The repository that an entry is about, by its name in the namespace of the entry.
    repository TEXT GENERATED ALWAYS AS (
        CASE WHEN instr(kind, '_repo') > 0 OR instr(kind, '_tag') > 0 THEN json_extract(metadata, '$.repo') END
    ) VIRTUAL
);

CREATE INDEX log_entry_by_namespace ON log_entry (namespace_id, created_at);

CREATE INDEX log_entry_by_time ON log_entry (created_at);

-- What somebody did in all namespaces, and what they did in one: who does much elsewhere is found as quickly.
CREATE INDEX log_entry_by_performer ON log_entry (performer_id, created_at);

CREATE INDEX log_entry_by_performer_in_namespace ON log_entry (namespace_id, performer_id, created_at);

CREATE INDEX log_entry_by_repository ON log_entry (namespace_id, repository, created_at)
WHERE repository IS NOT NULL;

-- How many entries there are of each day and kind: in a namespace, and in all of them (0, which is no id). Counts of a long log
-- are read here. Entries never change.
CREATE TABLE log_count (
    namespace_id INTEGER NOT NULL,
    -- Since 1970, in UTC.
    day INTEGER NOT NULL,
    kind TEXT NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (namespace_id, day, kind)
) WITHOUT ROWID;

CREATE TRIGGER log_entries_counted_up AFTER INSERT ON log_entry
BEGIN
    INSERT INTO log_count (namespace_id, day, kind, number)
    SELECT column1, NEW.created_at / 86400000000, NEW.kind, 1 FROM (VALUES (0), (NEW.namespace_id))
    WHERE column1 IS NOT NULL
    ON CONFLICT DO UPDATE SET number = number + 1;
END;

CREATE TRIGGER log_entries_counted_down AFTER DELETE ON log_entry
BEGIN
    UPDATE log_count SET number = number - 1
    WHERE namespace_id IN (0, OLD.namespace_id) AND day = OLD.created_at / 86400000000 AND kind = OLD.kind;
    DELETE FROM log_count
    WHERE namespace_id IN (0, OLD.namespace_id) AND day = OLD.created_at / 86400000000 AND kind = OLD.kind
        AND number = 0;
END;

----------------------------------------------------------------------------------------------------------------------------
-- Keys that sign tokens for registries
----------------------------------------------------------------------------------------------------------------------------

CREATE TABLE signing_key (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- The id that tokens name it by.
    kid TEXT NOT NULL UNIQUE,
    sealed_private_key BLOB NOT NULL,
    -- A point, in the form of SEC 1.
    public_key BLOB NOT NULL,
    -- DER.
    certificate BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    -- From then on it signs, until the next one does.
    signs_from INTEGER NOT NULL,
    -- Until then it is published; NULL while no other follows it.
    published_until INTEGER CHECK (published_until > signs_from)
);

-- One key is the last: two requests that make the first at once, or the next, make one.
CREATE UNIQUE INDEX signing_key_last ON signing_key (published_until IS NULL) WHERE published_until IS NULL;

CREATE INDEX signing_key_by_end ON signing_key (published_until) WHERE published_until IS NOT NULL;

----------------------------------------------------------------------------------------------------------------------------
-- Messages
----------------------------------------------------------------------------------------------------------------------------

-- Messages of superusers for everybody.
CREATE TABLE message (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid TEXT NOT NULL UNIQUE,
    content TEXT NOT NULL,
    severity TEXT NOT NULL CHECK (severity IN ('info', 'warning', 'error')),
    media_type TEXT NOT NULL CHECK (media_type IN ('text/plain', 'text/markdown')),
    created_at INTEGER NOT NULL
);

CREATE TRIGGER messages_limited AFTER INSERT ON message
BEGIN
    INSERT INTO owned_more VALUES (0, 'messages', 1);
END;

CREATE TRIGGER messages_counted AFTER DELETE ON message
BEGIN
    UPDATE owned SET number = number - 1 WHERE holder_id = 0 AND kind = 'messages';
END;
