-- What Concord's API knows of an organization besides Quay's. It stands in the row of the account, since an organization
-- made by either API is the same one.
ALTER TABLE account ADD COLUMN visibility TEXT NOT NULL DEFAULT 'PUBLIC' CHECK (visibility IN ('PUBLIC', 'PRIVATE'));

-- The owner, when one was named; NULL where the organization was made by Quay's API or the owner is gone: then it is the
-- first person in a team with role admin, whoever that is at the time.
ALTER TABLE account ADD COLUMN owner_id INTEGER REFERENCES account (id) ON DELETE SET NULL;

-- JSON text, or NULL for never set.
ALTER TABLE account ADD COLUMN meta TEXT;

ALTER TABLE account ADD COLUMN cfg TEXT;

CREATE INDEX account_by_owner ON account (owner_id) WHERE owner_id IS NOT NULL;

-- Lists are in the order of exact names.
CREATE INDEX account_organization_by_name ON account (name COLLATE BINARY) WHERE kind = 'organization';

-- Who leaves an organization owns it no more. An owner who never was in a team of it does not leave.
CREATE TRIGGER owner_leaves AFTER DELETE ON team_member
WHEN OLD.account_kind = 'user' AND NOT EXISTS (
    SELECT 1 FROM team_member
    WHERE account_id = OLD.account_id AND organization_id = OLD.organization_id
)
BEGIN
    UPDATE account SET owner_id = NULL
    WHERE id = OLD.organization_id AND owner_id = OLD.account_id;
END;

-- An owner is a person, and whoever becomes an organization owns none.
CREATE TRIGGER owner_is_a_person BEFORE UPDATE OF owner_id ON account
WHEN NEW.owner_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM account WHERE id = NEW.owner_id AND kind = 'user')
BEGIN
    SELECT RAISE(ABORT, 'berth: an owner is a person');
END;

CREATE TRIGGER owner_becomes_organization AFTER UPDATE OF kind ON account
WHEN OLD.kind = 'user' AND NEW.kind <> 'user'
BEGIN
    UPDATE account SET owner_id = NULL WHERE owner_id = OLD.id;
END;
