-- An invitation into a team, for a user or for an e-mail address: never two of the same.
CREATE TABLE team_invitation (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    team_id INTEGER NOT NULL,
    organization_id INTEGER NOT NULL,
    account_id INTEGER,
    account_kind TEXT NOT NULL DEFAULT 'user' CHECK (account_kind = 'user'),
    email TEXT,
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

CREATE INDEX team_invitation_by_account ON team_invitation (account_id);

CREATE INDEX team_invitation_by_inviter ON team_invitation (inviter_id);

CREATE INDEX team_invitation_by_mail ON team_invitation (mail_id);

CREATE TRIGGER team_invitation_expired AFTER INSERT ON team_invitation
BEGIN
    DELETE FROM team_invitation
    WHERE organization_id = NEW.organization_id AND expires_at <= NEW.created_at;
END;

-- Whoever is in the team needs no invitation into it.
CREATE TRIGGER team_member_was_invited AFTER INSERT ON team_member
BEGIN
    DELETE FROM team_invitation WHERE team_id = NEW.team_id AND account_id = NEW.account_id;
END;

-- A link that leads nowhere any more is not sent.
CREATE TRIGGER team_invitation_deleted AFTER DELETE ON team_invitation
BEGIN
    DELETE FROM mail WHERE id = OLD.mail_id AND delivered_at IS NULL;
END;

CREATE TRIGGER team_invitation_renewed AFTER UPDATE OF mail_id ON team_invitation
WHEN OLD.mail_id IS NOT NEW.mail_id
BEGIN
    DELETE FROM mail WHERE id = OLD.mail_id AND delivered_at IS NULL;
END;
