-- What superusers tell everybody.
CREATE TABLE message (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid TEXT NOT NULL UNIQUE,
    content TEXT NOT NULL,
    severity TEXT NOT NULL CHECK (severity IN ('info', 'warning', 'error')),
    media_type TEXT NOT NULL CHECK (media_type IN ('text/plain', 'text/markdown')),
    created_at INTEGER NOT NULL
);
