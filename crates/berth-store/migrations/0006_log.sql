-- Entries outlive what they tell of: no foreign keys, ids are never given twice.
CREATE TABLE log_entry (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    namespace_id INTEGER,
    performer_id INTEGER,
    ip TEXT,
    metadata TEXT NOT NULL,
    created_at INTEGER NOT NULL
);

CREATE INDEX log_entry_by_namespace ON log_entry (namespace_id, created_at);

CREATE INDEX log_entry_by_time ON log_entry (created_at);

CREATE INDEX log_entry_by_performer ON log_entry (performer_id, created_at);
