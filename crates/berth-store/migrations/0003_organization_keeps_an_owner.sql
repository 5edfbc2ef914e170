-- Never an organization without an owner: at least one person is in a team with role admin. Whatever would take the last
-- one away fails, unless the organization itself goes (its row is gone when the rows below it are deleted).
CREATE TRIGGER team_member_deleted_keeps_an_owner AFTER DELETE ON team_member
WHEN OLD.account_kind = 'user'
    AND EXISTS (SELECT 1 FROM account WHERE id = OLD.organization_id)
    AND NOT EXISTS (
        SELECT 1 FROM team
        JOIN team_member ON team_member.team_id = team.id AND team_member.account_kind = 'user'
        WHERE team.organization_id = OLD.organization_id AND team.role = 'admin'
    )
BEGIN
    SELECT RAISE(ABORT, 'berth: organization without owner');
END;

CREATE TRIGGER team_demoted_keeps_an_owner AFTER UPDATE OF role ON team
WHEN OLD.role = 'admin' AND NEW.role <> 'admin'
    AND NOT EXISTS (
        SELECT 1 FROM team
        JOIN team_member ON team_member.team_id = team.id AND team_member.account_kind = 'user'
        WHERE team.organization_id = OLD.organization_id AND team.role = 'admin'
    )
BEGIN
    SELECT RAISE(ABORT, 'berth: organization without owner');
END;

CREATE TRIGGER team_member_never_moves BEFORE UPDATE OF team_id, organization_id, account_id, account_kind ON team_member
BEGIN
    SELECT RAISE(ABORT, 'berth: a membership does not move');
END;
