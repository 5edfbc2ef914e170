-- What Concord's API knows of an organization besides Quay's. It stands in the row of the account, since an organization
-- made by either API is the same one.
ALTER TABLE account ADD COLUMN visibility TEXT NOT NULL DEFAULT 'PUBLIC' CHECK (visibility IN ('PUBLIC', 'PRIVATE'));

-- The owner; NULL where the organization was made by Quay's API or the owner is gone: then it is the first person in a team
-- with role admin.
ALTER TABLE account ADD COLUMN owner_id INTEGER REFERENCES account (id) ON DELETE SET NULL;

-- JSON text, or NULL for never set.
ALTER TABLE account ADD COLUMN meta TEXT;

ALTER TABLE account ADD COLUMN cfg TEXT;

CREATE INDEX account_by_owner ON account (owner_id) WHERE owner_id IS NOT NULL;

-- Lists are in the order of exact names.
CREATE INDEX account_organization_by_name ON account (name COLLATE BINARY) WHERE kind = 'organization';
