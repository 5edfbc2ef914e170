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

-- A membership belongs to a team of the same organization; its account is a user or a robot.
CREATE TABLE team_member (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    team_id INTEGER NOT NULL,
    organization_id INTEGER NOT NULL,
    account_id INTEGER NOT NULL,
    account_kind TEXT NOT NULL CHECK (account_kind IN ('user', 'robot')),
    UNIQUE (team_id, account_id),
    FOREIGN KEY (team_id, organization_id) REFERENCES team (id, organization_id) ON DELETE CASCADE,
    FOREIGN KEY (account_id, account_kind) REFERENCES account (id, kind) ON DELETE CASCADE
);

CREATE INDEX team_member_by_account ON team_member (account_id, organization_id);

CREATE INDEX team_member_by_organization ON team_member (organization_id);
