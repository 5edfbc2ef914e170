-- Codes that mails carry, as SHA-256: the text itself is kept nowhere. A person has at most one of each kind, so asking
-- again replaces it.
-- What the first code confirms: the address of the account, or the new one here.
ALTER TABLE user_profile ADD COLUMN new_email TEXT;

ALTER TABLE user_profile ADD COLUMN email_code_hash BLOB;

ALTER TABLE user_profile ADD COLUMN email_code_expires_at INTEGER
    CHECK ((email_code_expires_at IS NULL) = (email_code_hash IS NULL));

CREATE UNIQUE INDEX user_profile_email_code ON user_profile (email_code_hash)
WHERE email_code_hash IS NOT NULL;

-- Who brings the second one may set a new password.
ALTER TABLE user_profile ADD COLUMN recovery_code_hash BLOB;

ALTER TABLE user_profile ADD COLUMN recovery_code_expires_at INTEGER
    CHECK ((recovery_code_expires_at IS NULL) = (recovery_code_hash IS NULL));

CREATE UNIQUE INDEX user_profile_recovery_code ON user_profile (recovery_code_hash)
WHERE recovery_code_hash IS NOT NULL;
