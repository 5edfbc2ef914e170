-- Which tags of a namespace go by themselves.
CREATE TABLE autoprune_policy (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid TEXT NOT NULL UNIQUE,
    namespace_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    method TEXT NOT NULL CHECK (method IN ('number_of_tags', 'creation_date')),
    -- A number of tags or an age such as 7d, as JSON.
    value TEXT NOT NULL CHECK (json_valid(value)),
    -- Empty: every tag.
    tag_pattern TEXT NOT NULL DEFAULT '',
    tag_pattern_matches INTEGER NOT NULL DEFAULT 1 CHECK (tag_pattern_matches IN (0, 1)),
    UNIQUE (namespace_id, method, value, tag_pattern, tag_pattern_matches)
);
