-- What a user is told in the web console.
CREATE TABLE notification (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid TEXT NOT NULL UNIQUE,
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    -- By what its maker finds it again.
    subject TEXT,
    metadata TEXT NOT NULL DEFAULT '{}',
    -- The notification of an invitation goes with it, and tells what the invitation says.
    invitation_id INTEGER UNIQUE REFERENCES team_invitation (id) ON DELETE CASCADE,
    dismissed INTEGER NOT NULL DEFAULT 0 CHECK (dismissed IN (0, 1)),
    created_at INTEGER NOT NULL,
    CHECK ((kind = 'org_team_invite') = (invitation_id IS NOT NULL))
);

CREATE INDEX notification_by_account ON notification (account_id);

CREATE INDEX notification_by_subject ON notification (subject) WHERE subject IS NOT NULL;
