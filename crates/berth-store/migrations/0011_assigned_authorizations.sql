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

-- Whatever ends an assignment withdraws what the user was told of it.
CREATE TRIGGER assigned_authorization_deleted_withdraws AFTER DELETE ON assigned_authorization
BEGIN
    DELETE FROM notification WHERE subject = OLD.uuid AND kind = 'assigned_authorization';
END;
