-- The outbox: a mail is written in the transaction of what causes it, and leaves after the commit.
CREATE TABLE mail (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid TEXT NOT NULL UNIQUE,
    -- Whom or what it is about: the mail goes with the account.
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    recipient TEXT NOT NULL,
    subject TEXT NOT NULL,
    -- Text and HTML, sealed: links in them let people in. Of a delivered mail they are not kept.
    sealed_content BLOB,
    attempts INTEGER NOT NULL DEFAULT 0,
    -- When it is tried next; none when it is not to be.
    due_at INTEGER,
    delivered_at INTEGER,
    last_error TEXT,
    created_at INTEGER NOT NULL,
    CHECK (delivered_at IS NULL OR (due_at IS NULL AND sealed_content IS NULL))
);

CREATE INDEX mail_due ON mail (due_at) WHERE due_at IS NOT NULL;

CREATE INDEX mail_by_account ON mail (account_id);

CREATE INDEX mail_by_time ON mail (created_at);

-- A month is long enough to look into what became of a mail.
CREATE TRIGGER mail_is_forgotten AFTER INSERT ON mail
BEGIN
    DELETE FROM mail WHERE created_at < NEW.created_at - 2592000000000;
END;
