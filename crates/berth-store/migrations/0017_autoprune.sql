-- Which tags of a namespace, or of one repository of it, go by themselves.
CREATE TABLE autoprune_policy (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid TEXT NOT NULL UNIQUE,
    namespace_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    -- Null: of all repositories of the namespace.
    repository_id INTEGER,
    method TEXT NOT NULL CHECK (method IN ('number_of_tags', 'creation_date')),
    -- A number of tags or an age such as 7d, as JSON.
    value TEXT NOT NULL CHECK (json_valid(value)),
    -- Empty: every tag.
    tag_pattern TEXT NOT NULL DEFAULT '',
    tag_pattern_matches INTEGER NOT NULL DEFAULT 1 CHECK (tag_pattern_matches IN (0, 1)),
    FOREIGN KEY (repository_id, namespace_id)
        REFERENCES repository (id, namespace_id) ON DELETE CASCADE
);

CREATE UNIQUE INDEX autoprune_policy_of_namespace
ON autoprune_policy (namespace_id, method, value, tag_pattern, tag_pattern_matches)
WHERE repository_id IS NULL;

CREATE UNIQUE INDEX autoprune_policy_of_repository
ON autoprune_policy (repository_id, method, value, tag_pattern, tag_pattern_matches)
WHERE repository_id IS NOT NULL;
