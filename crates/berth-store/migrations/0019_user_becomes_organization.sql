-- An account of a person may become an organization: what only people have goes, repositories and robots stay. Whatever
-- references (id, kind) of an account must be named here.
CREATE TRIGGER user_becomes_organization AFTER UPDATE OF kind ON account
WHEN OLD.kind = 'user' AND NEW.kind = 'organization'
BEGIN
    DELETE FROM user_profile WHERE account_id = OLD.id;
    DELETE FROM access_token WHERE account_id = OLD.id;
    DELETE FROM team_member WHERE account_id = OLD.id;
    DELETE FROM team_invitation WHERE account_id = OLD.id;
    DELETE FROM authorization_code WHERE account_id = OLD.id;
    DELETE FROM assigned_authorization WHERE account_id = OLD.id;
    DELETE FROM star WHERE account_id = OLD.id;
    DELETE FROM notification WHERE account_id = OLD.id;
    INSERT INTO team (organization_id, name, role) VALUES (OLD.id, 'owners', 'admin');
END;

-- And nothing else becomes anything else.
CREATE TRIGGER account_kind_stays BEFORE UPDATE OF kind ON account
WHEN OLD.kind <> NEW.kind AND NOT (OLD.kind = 'user' AND NEW.kind = 'organization')
BEGIN
    SELECT RAISE(ABORT, 'berth: an account stays what it is');
END;
