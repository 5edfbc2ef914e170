-- The same as `robots_follow`: each rename of a namespace wrote its robots twice.
DROP TRIGGER IF EXISTS account_renamed_renames_robots;
