-- The application `automation` is known by the name of its user, and follows them when they are renamed: what they do later is
-- not logged under a name that somebody else has by then. Where that is taken it gets a random one, as every other application.
CREATE TRIGGER automation_follows AFTER UPDATE OF name ON account
WHEN OLD.kind <> 'robot' AND OLD.name <> NEW.name COLLATE BINARY
BEGIN
    UPDATE oauth_application SET client_id = CASE
        WHEN EXISTS (SELECT 1 FROM oauth_application WHERE client_id = NEW.name) THEN hex(randomblob(10))
        ELSE NEW.name END
    WHERE namespace_id = NEW.id AND name = 'automation' AND client_id = OLD.name;
END;

-- Those whose users were renamed before. None has the name of another's user, so that the next statement can take it.
UPDATE oauth_application SET client_id = hex(randomblob(10))
WHERE name = 'automation' AND sealed_secret IS NULL
    AND client_id <> (SELECT account.name FROM account WHERE account.id = oauth_application.namespace_id);

UPDATE OR IGNORE oauth_application
SET client_id = (SELECT account.name FROM account WHERE account.id = oauth_application.namespace_id)
WHERE name = 'automation' AND sealed_secret IS NULL;
