CREATE TABLE repository (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    namespace_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    description TEXT NOT NULL DEFAULT '',
    is_public INTEGER NOT NULL DEFAULT 0 CHECK (is_public IN (0, 1)),
    created_at INTEGER NOT NULL,
    UNIQUE (namespace_id, name),
    UNIQUE (id, namespace_id)
);

-- A role on one repository, for an account or for a team of the repository's own organization.
CREATE TABLE repository_permission (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    repository_id INTEGER NOT NULL,
    namespace_id INTEGER NOT NULL,
    account_id INTEGER REFERENCES account (id) ON DELETE CASCADE,
    team_id INTEGER,
    role TEXT NOT NULL CHECK (role IN ('read', 'write', 'admin')),
    CHECK ((account_id IS NULL) <> (team_id IS NULL)),
    UNIQUE (repository_id, account_id),
    UNIQUE (repository_id, team_id),
    FOREIGN KEY (repository_id, namespace_id)
        REFERENCES repository (id, namespace_id) ON DELETE CASCADE,
    FOREIGN KEY (team_id, namespace_id) REFERENCES team (id, organization_id) ON DELETE CASCADE
);

CREATE INDEX repository_permission_by_account ON repository_permission (account_id)
WHERE account_id IS NOT NULL;

CREATE INDEX repository_permission_by_namespace ON repository_permission (namespace_id, account_id)
WHERE account_id IS NOT NULL;

CREATE INDEX repository_permission_by_team ON repository_permission (team_id)
WHERE team_id IS NOT NULL;
