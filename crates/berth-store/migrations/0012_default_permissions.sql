-- What a new repository of an organization gets: a role for an account or a team, whoever creates it or when one account
-- does.
CREATE TABLE default_permission (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid TEXT NOT NULL UNIQUE,
    organization_id INTEGER NOT NULL,
    organization_kind TEXT NOT NULL DEFAULT 'organization'
        CHECK (organization_kind = 'organization'),
    creator_id INTEGER REFERENCES account (id) ON DELETE CASCADE,
    account_id INTEGER REFERENCES account (id) ON DELETE CASCADE,
    team_id INTEGER,
    role TEXT NOT NULL CHECK (role IN ('read', 'write', 'admin')),
    CHECK ((account_id IS NULL) <> (team_id IS NULL)),
    FOREIGN KEY (organization_id, organization_kind)
        REFERENCES account (id, kind) ON DELETE CASCADE,
    FOREIGN KEY (team_id, organization_id) REFERENCES team (id, organization_id) ON DELETE CASCADE
);

CREATE INDEX default_permission_by_organization ON default_permission (organization_id);

CREATE INDEX default_permission_by_creator ON default_permission (creator_id)
WHERE creator_id IS NOT NULL;

CREATE INDEX default_permission_by_account ON default_permission (account_id)
WHERE account_id IS NOT NULL;

CREATE INDEX default_permission_by_team ON default_permission (team_id) WHERE team_id IS NOT NULL;
