-- Users, organizations and robots share one name space, so they share one table.
-- AUTOINCREMENT: log entries outlive accounts, so an id must never be given twice.
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
    invoice_email INTEGER NOT NULL DEFAULT 0 CHECK (invoice_email IN (0, 1)),
    invoice_email_address TEXT,
    tag_expiration_s INTEGER NOT NULL DEFAULT 1209600 CHECK (tag_expiration_s >= 0),
    created_at INTEGER NOT NULL,
    UNIQUE (id, kind),
    CHECK ((kind = 'robot') = (namespace_id IS NOT NULL))
);

CREATE INDEX account_by_namespace ON account (namespace_id) WHERE namespace_id IS NOT NULL;

-- Two users never share an address; organizations may.
CREATE UNIQUE INDEX account_user_email ON account (email) WHERE kind = 'user';

-- What only people have.
CREATE TABLE user_profile (
    account_id INTEGER PRIMARY KEY,
    account_kind TEXT NOT NULL DEFAULT 'user' CHECK (account_kind = 'user'),
    password_hash TEXT,
    verified INTEGER NOT NULL DEFAULT 0 CHECK (verified IN (0, 1)),
    -- The first user of an installation is a superuser whatever the settings say.
    is_first INTEGER NOT NULL DEFAULT 0 CHECK (is_first IN (0, 1)),
    -- Sessions carry the number that stood here when they began; raising it ends them all.
    session_epoch INTEGER NOT NULL DEFAULT 0,
    given_name TEXT,
    family_name TEXT,
    company TEXT,
    location TEXT,
    FOREIGN KEY (account_id, account_kind) REFERENCES account (id, kind) ON DELETE CASCADE
);

CREATE UNIQUE INDEX user_profile_first ON user_profile (is_first) WHERE is_first = 1;
