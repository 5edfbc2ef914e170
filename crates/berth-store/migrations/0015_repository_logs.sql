-- The repository that an entry tells of, by its name in the namespace of the entry.
ALTER TABLE log_entry ADD COLUMN repository TEXT GENERATED ALWAYS AS (
    CASE WHEN instr(kind, '_repo') > 0 THEN json_extract(metadata, '$.repo') END
) VIRTUAL;

CREATE INDEX log_entry_by_repository ON log_entry (namespace_id, repository, created_at)
WHERE repository IS NOT NULL;
