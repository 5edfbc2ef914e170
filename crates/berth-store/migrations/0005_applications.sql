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
    sealed_secret BLOB,
    created_at INTEGER NOT NULL
);

CREATE INDEX oauth_application_by_namespace ON oauth_application (namespace_id);

-- A token is found by the SHA-256 of its text; the text itself is kept nowhere.
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

CREATE INDEX access_token_by_account ON access_token (account_id);

CREATE INDEX access_token_by_creator ON access_token (created_by);
