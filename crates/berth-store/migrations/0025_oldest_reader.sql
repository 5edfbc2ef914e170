-- How old code may be that works with this schema, as the version of its own; written by whoever migrates. An instance goes on
-- serving on a newer schema until this exceeds its version.
ALTER TABLE schema_version ADD COLUMN oldest_reader INTEGER NOT NULL DEFAULT 0;
