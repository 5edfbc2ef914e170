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
    -- PKCE (S256); clients that show their secret may do without.
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
