-- "May sign in" (`verified`) and "has shown that this address is theirs" are two facts. This is the second: the address to
-- which a code was sent that came back. It counts while it is the address of the account. Of the accounts that are there
-- already nobody knows.
ALTER TABLE user_profile ADD COLUMN proven_email TEXT;

-- Until when an account that somebody made for themselves waits for its confirmation. Then it holds neither name nor address.
ALTER TABLE user_profile ADD COLUMN unconfirmed_until INTEGER;

CREATE INDEX user_profile_unconfirmed ON user_profile (unconfirmed_until)
WHERE unconfirmed_until IS NOT NULL;

-- Those that a superuser made wait as long as it takes.
UPDATE user_profile SET unconfirmed_until = email_code_expires_at
WHERE verified = 0 AND new_email IS NULL AND email_code_hash IS NOT NULL
    AND NOT EXISTS (
        SELECT 1 FROM log_entry
        WHERE log_entry.namespace_id = user_profile.account_id AND log_entry.kind = 'user_create'
            AND instr(log_entry.metadata, '"superuser"') > 0
    );

-- Accounts that wait for their confirmation. One that somebody made a member of something, or that has anything, stays.
CREATE VIEW unconfirmed_account AS
SELECT account.id AS id, account.name AS name, account.email AS email, unconfirmed_until
FROM user_profile JOIN account ON account.id = user_profile.account_id
WHERE unconfirmed_until IS NOT NULL AND verified = 0
    AND NOT EXISTS (SELECT 1 FROM team_member WHERE team_member.account_id = account.id)
    AND NOT EXISTS (SELECT 1 FROM repository WHERE repository.namespace_id = account.id)
    AND NOT EXISTS (SELECT 1 FROM account owned WHERE owned.namespace_id = account.id);

-- Two users never share an address, whatever the case of its letters. Those that do so from before stay as they are: hence
-- triggers and no UNIQUE.
CREATE INDEX account_user_email_nocase ON account (email COLLATE NOCASE) WHERE kind = 'user';

-- Whoever wants a name or an address finds it free once its unconfirmed holder's time is over. A hundred others go along.
CREATE TRIGGER account_needs_room BEFORE INSERT ON account
WHEN NEW.kind <> 'robot'
BEGIN
    DELETE FROM account WHERE id IN (
        SELECT id FROM unconfirmed_account WHERE unconfirmed_until <= NEW.created_at
        ORDER BY (name = NEW.name OR email = NEW.email COLLATE NOCASE) DESC LIMIT 100
    );
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: account.email')
    WHERE NEW.kind = 'user' AND EXISTS (
        SELECT 1 FROM account WHERE kind = 'user' AND email = NEW.email COLLATE NOCASE
    );
END;

-- Of an account that changes, nothing tells the time but the database's own clock.
CREATE TRIGGER changed_account_needs_room BEFORE UPDATE OF name, email ON account
WHEN NEW.kind <> 'robot' AND (NEW.name <> OLD.name OR NEW.email <> OLD.email)
BEGIN
    DELETE FROM account WHERE id <> NEW.id AND id IN (
        SELECT id FROM unconfirmed_account
        WHERE unconfirmed_until <= strftime('%s', 'now') * 1000000
            AND (name = NEW.name OR email = NEW.email COLLATE NOCASE)
    );
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: account.email')
    WHERE NEW.kind = 'user' AND NEW.email <> OLD.email AND EXISTS (
        SELECT 1 FROM account
        WHERE kind = 'user' AND id <> NEW.id AND email = NEW.email COLLATE NOCASE
    );
END;

-- A changed address is unproven, unless it is the one that was just proven; codes that were sent to the former one, and those
-- for another new one, end.
CREATE TRIGGER changed_address AFTER UPDATE OF email ON account
WHEN NEW.kind = 'user' AND OLD.email <> NEW.email
BEGIN
    UPDATE user_profile SET
        proven_email = CASE WHEN proven_email = NEW.email COLLATE NOCASE THEN proven_email END,
        new_email = NULL, email_code_hash = NULL, email_code_expires_at = NULL,
        recovery_code_hash = NULL, recovery_code_expires_at = NULL
    WHERE account_id = NEW.id;
END;

-- An address that somebody proves leaves the account that holds it unproven, which gets a random UUID in its place.
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

-- Who causes a mail: a user, or the address of a client that nobody knows. Limits count by it.
ALTER TABLE mail ADD COLUMN sender TEXT;

CREATE INDEX mail_by_recipient ON mail (recipient COLLATE NOCASE, created_at);

CREATE INDEX mail_by_sender ON mail (sender, created_at) WHERE sender IS NOT NULL;

-- A mail that somebody began to deliver stays on record, or limits would not count it.
DROP TRIGGER team_invitation_deleted;

DROP TRIGGER team_invitation_renewed;

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

-- Strangers fill nobody's notifications without end: beyond a thousand the oldest go, dismissed ones first, then those of
-- whoever sends the new one.
CREATE TRIGGER notifications_are_limited AFTER INSERT ON notification
WHEN (SELECT count(*) FROM notification WHERE account_id = NEW.account_id) > 1000
BEGIN
    DELETE FROM notification WHERE id IN (
        SELECT n.id FROM notification n LEFT JOIN team_invitation i ON i.id = n.invitation_id
        WHERE n.account_id = NEW.account_id AND n.id <> NEW.id
        ORDER BY n.dismissed DESC,
            i.inviter_id IS (SELECT inviter_id FROM team_invitation WHERE id = NEW.invitation_id) DESC,
            n.id
        LIMIT 1
    );
END;
