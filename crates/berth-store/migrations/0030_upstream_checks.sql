-- Upstream registries that are being tried right now, so that they can be counted. Who ends normally takes the row away; what
-- the host has ended expires.
CREATE TABLE upstream_check (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    caller_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    expires_at INTEGER NOT NULL
);

CREATE INDEX upstream_check_by_organization ON upstream_check (organization_id);

CREATE INDEX upstream_check_by_caller ON upstream_check (caller_id);
