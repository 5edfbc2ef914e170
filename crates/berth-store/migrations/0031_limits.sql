-- What somebody may own has a limit. The database counts in the statement that inserts, so no two requests at once get
-- past it. The numbers are those of `berth_domain::limits`.
CREATE TABLE owned_limit (
    kind TEXT PRIMARY KEY,
    most INTEGER NOT NULL
) WITHOUT ROWID;

INSERT INTO owned_limit (kind, most) VALUES
    ('organizations', 1000),
    ('robots', 10000),
    ('robot_metadata', 67108864),
    ('teams', 3000),
    ('team_members', 15000),
    ('invitations', 1000),
    ('repositories', 50000),
    ('account_permissions', 25000),
    ('team_permissions', 100000),
    ('applications', 1000),
    ('assignments', 1000),
    ('default_permissions', 1000),
    ('autoprune_policies', 100),
    ('messages', 100);

-- How much an account owns of what there may be much of: kept up by triggers, so that nobody counts.
CREATE TABLE owned (
    holder_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (holder_id, kind)
) WITHOUT ROWID;

-- Who made an organization by himself; NULL for those of superusers and of earlier versions.
ALTER TABLE account ADD COLUMN creator_id INTEGER REFERENCES account (id) ON DELETE SET NULL;

CREATE INDEX account_by_creator ON account (creator_id) WHERE creator_id IS NOT NULL;

INSERT INTO owned (holder_id, kind, number)
SELECT namespace_id, 'robots', count(*) FROM account WHERE namespace_id IS NOT NULL GROUP BY namespace_id;

INSERT INTO owned (holder_id, kind, number)
SELECT a.namespace_id, 'robot_metadata', sum(octet_length(r.metadata))
FROM robot r JOIN account a ON a.id = r.account_id GROUP BY a.namespace_id;

INSERT INTO owned (holder_id, kind, number)
SELECT organization_id, 'teams', count(*) FROM team GROUP BY organization_id;

INSERT INTO owned (holder_id, kind, number)
SELECT organization_id, 'team_members', count(*) FROM team_member GROUP BY organization_id;

INSERT INTO owned (holder_id, kind, number)
SELECT namespace_id, 'repositories', count(*) FROM repository GROUP BY namespace_id;

INSERT INTO owned (holder_id, kind, number)
SELECT namespace_id, 'account_permissions', count(*) FROM repository_permission WHERE account_id IS NOT NULL GROUP BY namespace_id;

INSERT INTO owned (holder_id, kind, number)
SELECT namespace_id, 'team_permissions', count(*) FROM repository_permission WHERE team_id IS NOT NULL GROUP BY namespace_id;

CREATE TRIGGER teams_limited AFTER INSERT ON team
BEGIN
    INSERT INTO owned (holder_id, kind, number)
    SELECT NEW.organization_id, 'teams', 0
    WHERE NOT EXISTS (SELECT 1 FROM owned WHERE holder_id = NEW.organization_id AND kind = 'teams');
    UPDATE owned SET number = number + 1 WHERE holder_id = NEW.organization_id AND kind = 'teams';
    SELECT RAISE(ABORT, 'berth: limit of teams')
    FROM owned JOIN owned_limit USING (kind)
    WHERE holder_id = NEW.organization_id AND kind = 'teams' AND number > most;
END;

CREATE TRIGGER teams_counted AFTER DELETE ON team
BEGIN
    UPDATE owned SET number = number - 1 WHERE holder_id = OLD.organization_id AND kind = 'teams';
END;

CREATE TRIGGER team_members_limited AFTER INSERT ON team_member
BEGIN
    INSERT INTO owned (holder_id, kind, number)
    SELECT NEW.organization_id, 'team_members', 0
    WHERE NOT EXISTS (SELECT 1 FROM owned WHERE holder_id = NEW.organization_id AND kind = 'team_members');
    UPDATE owned SET number = number + 1 WHERE holder_id = NEW.organization_id AND kind = 'team_members';
    SELECT RAISE(ABORT, 'berth: limit of team_members')
    FROM owned JOIN owned_limit USING (kind)
    WHERE holder_id = NEW.organization_id AND kind = 'team_members' AND number > most;
END;

CREATE TRIGGER team_members_counted AFTER DELETE ON team_member
BEGIN
    UPDATE owned SET number = number - 1 WHERE holder_id = OLD.organization_id AND kind = 'team_members';
END;

CREATE TRIGGER repositories_limited AFTER INSERT ON repository
BEGIN
    INSERT INTO owned (holder_id, kind, number)
    SELECT NEW.namespace_id, 'repositories', 0
    WHERE NOT EXISTS (SELECT 1 FROM owned WHERE holder_id = NEW.namespace_id AND kind = 'repositories');
    UPDATE owned SET number = number + 1 WHERE holder_id = NEW.namespace_id AND kind = 'repositories';
    SELECT RAISE(ABORT, 'berth: limit of repositories')
    FROM owned JOIN owned_limit USING (kind)
    WHERE holder_id = NEW.namespace_id AND kind = 'repositories' AND number > most;
END;

CREATE TRIGGER repositories_counted AFTER DELETE ON repository
BEGIN
    UPDATE owned SET number = number - 1 WHERE holder_id = OLD.namespace_id AND kind = 'repositories';
END;

CREATE TRIGGER account_permissions_limited AFTER INSERT ON repository_permission
WHEN NEW.account_id IS NOT NULL
BEGIN
    INSERT INTO owned (holder_id, kind, number)
    SELECT NEW.namespace_id, 'account_permissions', 0
    WHERE NOT EXISTS (SELECT 1 FROM owned WHERE holder_id = NEW.namespace_id AND kind = 'account_permissions');
    UPDATE owned SET number = number + 1 WHERE holder_id = NEW.namespace_id AND kind = 'account_permissions';
    SELECT RAISE(ABORT, 'berth: limit of account_permissions')
    FROM owned JOIN owned_limit USING (kind)
    WHERE holder_id = NEW.namespace_id AND kind = 'account_permissions' AND number > most;
END;

CREATE TRIGGER account_permissions_counted AFTER DELETE ON repository_permission
WHEN OLD.account_id IS NOT NULL
BEGIN
    UPDATE owned SET number = number - 1 WHERE holder_id = OLD.namespace_id AND kind = 'account_permissions';
END;

CREATE TRIGGER team_permissions_limited AFTER INSERT ON repository_permission
WHEN NEW.team_id IS NOT NULL
BEGIN
    INSERT INTO owned (holder_id, kind, number)
    SELECT NEW.namespace_id, 'team_permissions', 0
    WHERE NOT EXISTS (SELECT 1 FROM owned WHERE holder_id = NEW.namespace_id AND kind = 'team_permissions');
    UPDATE owned SET number = number + 1 WHERE holder_id = NEW.namespace_id AND kind = 'team_permissions';
    SELECT RAISE(ABORT, 'berth: limit of team_permissions')
    FROM owned JOIN owned_limit USING (kind)
    WHERE holder_id = NEW.namespace_id AND kind = 'team_permissions' AND number > most;
END;

CREATE TRIGGER team_permissions_counted AFTER DELETE ON repository_permission
WHEN OLD.team_id IS NOT NULL
BEGIN
    UPDATE owned SET number = number - 1 WHERE holder_id = OLD.namespace_id AND kind = 'team_permissions';
END;

CREATE TRIGGER robots_limited AFTER INSERT ON account
WHEN NEW.kind = 'robot'
BEGIN
    INSERT INTO owned (holder_id, kind, number)
    SELECT NEW.namespace_id, 'robots', 0
    WHERE NOT EXISTS (SELECT 1 FROM owned WHERE holder_id = NEW.namespace_id AND kind = 'robots');
    UPDATE owned SET number = number + 1 WHERE holder_id = NEW.namespace_id AND kind = 'robots';
    SELECT RAISE(ABORT, 'berth: limit of robots')
    FROM owned JOIN owned_limit USING (kind)
    WHERE holder_id = NEW.namespace_id AND kind = 'robots' AND number > most;
END;

CREATE TRIGGER robot_metadata_limited AFTER INSERT ON robot
BEGIN
    INSERT INTO owned (holder_id, kind, number)
    SELECT namespace_id, 'robot_metadata', 0 FROM account
    WHERE id = NEW.account_id AND NOT EXISTS (
        SELECT 1 FROM owned WHERE holder_id = account.namespace_id AND kind = 'robot_metadata');
    UPDATE owned SET number = number + octet_length(NEW.metadata)
    WHERE holder_id = (SELECT namespace_id FROM account WHERE id = NEW.account_id)
        AND kind = 'robot_metadata';
    SELECT RAISE(ABORT, 'berth: limit of robot_metadata')
    FROM account JOIN owned ON holder_id = account.namespace_id JOIN owned_limit ON owned_limit.kind = owned.kind
    WHERE account.id = NEW.account_id AND owned.kind = 'robot_metadata' AND number > most;
END;

-- Before: the row of the robot goes with its account.
CREATE TRIGGER robots_counted BEFORE DELETE ON account
WHEN OLD.kind = 'robot'
BEGIN
    UPDATE owned SET number = number - 1 WHERE holder_id = OLD.namespace_id AND kind = 'robots';
    UPDATE owned SET number = number - coalesce(
        (SELECT octet_length(metadata) FROM robot WHERE account_id = OLD.id), 0)
    WHERE holder_id = OLD.namespace_id AND kind = 'robot_metadata';
END;

-- Of what there is little of, the rows are counted.
CREATE TRIGGER organizations_limited AFTER INSERT ON account
WHEN NEW.kind = 'organization' AND NEW.creator_id IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'berth: limit of organizations')
    FROM owned_limit WHERE kind = 'organizations' AND most < (
        SELECT count(*) FROM account WHERE creator_id = NEW.creator_id);
END;

CREATE TRIGGER applications_limited AFTER INSERT ON oauth_application
BEGIN
    SELECT RAISE(ABORT, 'berth: limit of applications')
    FROM owned_limit WHERE kind = 'applications' AND most < (
        SELECT count(*) FROM oauth_application WHERE namespace_id = NEW.namespace_id);
END;

CREATE TRIGGER invitations_limited AFTER INSERT ON team_invitation
BEGIN
    SELECT RAISE(ABORT, 'berth: limit of invitations')
    FROM owned_limit WHERE kind = 'invitations' AND most < (
        SELECT count(*) FROM team_invitation
    WHERE organization_id = NEW.organization_id AND expires_at > NEW.created_at);
END;

CREATE TRIGGER assignments_limited AFTER INSERT ON assigned_authorization
BEGIN
    SELECT RAISE(ABORT, 'berth: limit of assignments')
    FROM owned_limit WHERE kind = 'assignments' AND most < (
        SELECT count(*) FROM assigned_authorization WHERE application_id = NEW.application_id);
END;

CREATE TRIGGER default_permissions_limited AFTER INSERT ON default_permission
BEGIN
    SELECT RAISE(ABORT, 'berth: limit of default_permissions')
    FROM owned_limit WHERE kind = 'default_permissions' AND most < (
        SELECT count(*) FROM default_permission WHERE organization_id = NEW.organization_id);
END;

CREATE TRIGGER messages_limited AFTER INSERT ON message
BEGIN
    SELECT RAISE(ABORT, 'berth: limit of messages')
    FROM owned_limit WHERE kind = 'messages' AND most < (
        SELECT count(*) FROM message);
END;

CREATE TRIGGER autoprune_policies_limited AFTER INSERT ON autoprune_policy
BEGIN
    SELECT RAISE(ABORT, 'berth: limit of autoprune_policies')
    FROM owned_limit WHERE kind = 'autoprune_policies' AND most < (
        SELECT count(*) FROM autoprune_policy
        WHERE namespace_id = NEW.namespace_id AND repository_id IS NEW.repository_id);
END;

CREATE INDEX autoprune_policy_by_owner ON autoprune_policy (namespace_id, repository_id);
