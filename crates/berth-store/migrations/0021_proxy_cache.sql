-- Which registry an organization caches: at most one. User name and password are sealed.
CREATE TABLE proxy_cache_config (
    organization_id INTEGER PRIMARY KEY,
    organization_kind TEXT NOT NULL DEFAULT 'organization'
        CHECK (organization_kind = 'organization'),
    upstream_registry TEXT NOT NULL,
    sealed_username BLOB,
    sealed_password BLOB,
    -- 0 or less: cached tags do not expire.
    expiration_s INTEGER NOT NULL,
    insecure INTEGER NOT NULL CHECK (insecure IN (0, 1)),
    FOREIGN KEY (organization_id, organization_kind)
        REFERENCES account (id, kind) ON DELETE CASCADE
);
