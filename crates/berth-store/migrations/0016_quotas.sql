-- How much a namespace may hold, and what happens when it fills up.
CREATE TABLE quota (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    namespace_id INTEGER NOT NULL UNIQUE REFERENCES account (id) ON DELETE CASCADE,
    limit_bytes INTEGER NOT NULL CHECK (limit_bytes >= 0)
);

CREATE TABLE quota_limit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    quota_id INTEGER NOT NULL REFERENCES quota (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('Warning', 'Reject')),
    percent INTEGER NOT NULL CHECK (percent BETWEEN 1 AND 100),
    UNIQUE (quota_id, kind, percent)
);
