-- Repositories that a person marked as his favourites.
CREATE TABLE star (
    account_id INTEGER NOT NULL,
    account_kind TEXT NOT NULL DEFAULT 'user' CHECK (account_kind = 'user'),
    repository_id INTEGER NOT NULL REFERENCES repository (id) ON DELETE CASCADE,
    PRIMARY KEY (account_id, repository_id),
    FOREIGN KEY (account_id, account_kind) REFERENCES account (id, kind) ON DELETE CASCADE
) WITHOUT ROWID;

CREATE INDEX star_by_repository ON star (repository_id);

-- An opaque value that answers carry for badges of private repositories.
ALTER TABLE repository ADD COLUMN status_token TEXT NOT NULL DEFAULT '';

-- Lists go by id, in one namespace or over all public repositories.
CREATE INDEX repository_by_namespace ON repository (namespace_id, id);

CREATE INDEX repository_public ON repository (id) WHERE is_public = 1;
