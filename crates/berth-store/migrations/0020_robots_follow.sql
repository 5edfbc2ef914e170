-- The name of a robot begins with that of its namespace, whoever renames that.
CREATE TRIGGER robots_follow AFTER UPDATE OF name ON account
WHEN OLD.kind <> 'robot' AND OLD.name <> NEW.name COLLATE BINARY
BEGIN
    UPDATE account SET name = NEW.name || substr(name, instr(name, '+')) WHERE namespace_id = NEW.id;
END;
