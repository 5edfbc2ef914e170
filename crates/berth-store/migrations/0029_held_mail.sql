-- A mail that was written while there was no gateway leaves when there is one, until then: not with a code that has expired.
-- Those that are held already stay where they are.
-- The mark stays: what was held may have been read in the outbox, so that its code proves no address.
ALTER TABLE mail ADD COLUMN held_until INTEGER;

CREATE INDEX mail_held ON mail (held_until) WHERE held_until IS NOT NULL AND attempts = 0;
