-- A new owner is in a team of the organization. Whoever owns one already stays its owner; who makes one is put into its teams
-- by the same transaction.
CREATE TRIGGER owner_is_a_member BEFORE UPDATE OF owner_id ON account
WHEN NEW.owner_id IS NOT NULL AND NEW.owner_id IS NOT OLD.owner_id
    AND EXISTS (SELECT 1 FROM account WHERE id = NEW.owner_id AND kind = 'user')
    AND NOT EXISTS (
        SELECT 1 FROM team_member WHERE account_id = NEW.owner_id AND organization_id = NEW.id
    )
BEGIN
    SELECT RAISE(ABORT, 'berth: an owner is a member');
END;
