-- What only robots have; the account itself has the namespace and the name.
CREATE TABLE robot (
    account_id INTEGER PRIMARY KEY,
    account_kind TEXT NOT NULL DEFAULT 'robot' CHECK (account_kind = 'robot'),
    description TEXT NOT NULL DEFAULT '',
    -- A JSON object of the client's own.
    metadata TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(metadata)),
    -- A JSON array: which tokens of other issuers may stand for this robot's.
    federation TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(federation)),
    sealed_token BLOB NOT NULL,
    last_accessed INTEGER,
    FOREIGN KEY (account_id, account_kind) REFERENCES account (id, kind) ON DELETE CASCADE
);

-- A robot is called after its namespace and follows it when it is renamed.
CREATE TRIGGER account_renamed_renames_robots AFTER UPDATE OF name ON account
WHEN OLD.kind <> 'robot' AND NEW.name <> OLD.name COLLATE BINARY
BEGIN
    UPDATE account SET name = NEW.name || substr(name, instr(name, '+'))
    WHERE namespace_id = NEW.id;
END;

CREATE TRIGGER robot_bears_its_namespace BEFORE INSERT ON account
WHEN NEW.kind = 'robot' AND NOT EXISTS (
    SELECT 1 FROM account n
    WHERE n.id = NEW.namespace_id AND n.kind <> 'robot' AND instr(NEW.name, n.name || '+') = 1
)
BEGIN
    SELECT RAISE(ABORT, 'berth: a robot bears the name of its namespace');
END;
