-- What left, or may have, counts for an hour although what it was about is gone: whoever makes and deletes organizations sends
-- no more than others.
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
    DELETE FROM gone_mail WHERE created_at < (SELECT max(created_at) FROM gone_mail) - 3600 * 1000000;
END;

CREATE VIEW limited_mail AS
SELECT recipient, subject, sender, created_at FROM mail WHERE sender IS NOT NULL
UNION ALL
SELECT recipient, subject, sender, created_at FROM gone_mail;
