//! Retention: requests that change anything remove what has had its time, a few rows at a time.

use berth_store::retention::{KINDS, ROWS};
use berth_test::App;
use serde_json::json;

use crate::common;

/// How many rows of a kind are due, and how many are not yet.
const DUE: i64 = 2 * ROWS + 50;
const LATER: i64 = 3;

/// How rows of a kind are made, `n` of them whose time was at `t`, and how those are counted.
struct Recipe {
    make: &'static str,
    count: &'static str,
    /// How long they are kept, in seconds.
    kept_s: i64,
}

const DAY_S: i64 = 86_400;

fn recipe(kind: &str) -> Recipe {
    let (make, count, kept_s) = match kind {
        "log entries" => (
            "INSERT INTO log_entry (kind, metadata, created_at)
            SELECT 'org_create', '{}', :t FROM number",
            "SELECT count(*) FROM log_entry WHERE kind = 'org_create'",
            90 * DAY_S,
        ),
        "expired authorization codes" => (
            "INSERT INTO authorization_code (code_hash, application_id, account_id, redirect_uri, scope, expires_at)
            SELECT :t || ' ' || n, (SELECT min(id) FROM oauth_application),
                (SELECT id FROM account WHERE name = 'admin'), '', '', :t FROM number",
            "SELECT count(*) FROM authorization_code",
            0,
        ),
        "expired access tokens" => (
            "INSERT INTO access_token (uuid, token_hash, application_id, account_id, scope, created_at, expires_at)
            SELECT :t || ' ' || n, :t || ' ' || n, (SELECT min(id) FROM oauth_application),
                (SELECT id FROM account WHERE name = 'admin'), '', 0, :t FROM number",
            "SELECT count(*) FROM access_token WHERE scope = ''",
            30 * DAY_S,
        ),
        "expired app-specific tokens" => (
            "INSERT INTO app_token (uuid, account_id, title, token_hash, sealed_token, created_at, expires_at)
            SELECT :t || ' ' || n, (SELECT id FROM account WHERE name = 'admin'), '', :t || ' ' || n, '', 0, :t
            FROM number",
            "SELECT count(*) FROM app_token",
            DAY_S,
        ),
        "expired codes to confirm an address" => (
            "INSERT INTO user_profile (account_id, email_code_hash, email_code_expires_at)
            SELECT id, 'e' || id, :t FROM account WHERE created_at = :t AND kind = 'user' AND id NOT IN (SELECT account_id FROM user_profile)",
            "SELECT count(email_code_hash) + count(new_email) FROM user_profile",
            0,
        ),
        "expired codes to replace a password" => (
            "INSERT INTO user_profile (account_id, recovery_code_hash, recovery_code_expires_at)
            SELECT id, 'e' || id, :t FROM account WHERE created_at = :t AND kind = 'user' AND id NOT IN (SELECT account_id FROM user_profile)",
            "SELECT count(recovery_code_hash) FROM user_profile",
            0,
        ),
        "expired sessions" => (
            "INSERT INTO session (token_hash, account_id, epoch, signed_in_at, expires_at)
            SELECT CAST('session ' || :t || ' ' || n AS BLOB), (SELECT id FROM account WHERE name = 'admin'), 0, 0, :t
            FROM number",
            "SELECT count(*) FROM session",
            0,
        ),
        "expired invitations" => (
            "INSERT INTO team_invitation (team_id, organization_id, email, code_hash, sealed_code, created_at, expires_at)
            SELECT id, organization_id, :t || '@' || n, :t || '@' || n, '', 0, :t
            FROM number, team WHERE team.id = (SELECT min(id) FROM team)",
            "SELECT count(*) FROM team_invitation",
            0,
        ),
        "dismissed notifications" => (
            "INSERT INTO notification (uuid, account_id, kind, dismissed, created_at)
            SELECT :t || '@' || n, (SELECT id FROM account WHERE name = 'admin'), 'test', 1, :t FROM number",
            "SELECT count(*) FROM notification",
            30 * DAY_S,
        ),
        "mails" => (
            "INSERT INTO mail (uuid, account_id, recipient, subject, created_at)
            SELECT :t || '@' || n, (SELECT id FROM account WHERE name = 'admin'), '', '', :t FROM number",
            "SELECT count(*) FROM mail",
            30 * DAY_S,
        ),
        "counts of deleted mails" => (
            "INSERT INTO gone_mail (recipient, subject, sender, created_at)
            SELECT '', '', '', :t FROM number",
            "SELECT count(*) FROM gone_mail",
            3_600,
        ),
        "keys that signed tokens for registries" => (
            "INSERT INTO signing_key (kid, sealed_private_key, public_key, certificate, created_at, signs_from, published_until)
            SELECT :t || '@' || n, '', '', '', 0, 0, :t FROM number",
            "SELECT count(*) FROM signing_key",
            0,
        ),
        "tags that ended" => (
            "INSERT INTO tag (repository_id, name, digest, started_at, ended_at, shown_until)
            SELECT (SELECT id FROM repository WHERE name = 'kept'), :t || '@' || n, '', 0, 0, :t FROM number",
            // Those of a proxy cache end when they have had their time.
            "SELECT count(*) FROM tag WHERE name LIKE '%@%'",
            DAY_S,
        ),
        "tags of proxy caches that have had their time" => (
            "INSERT INTO cached_tag (tag_id, checked_at, expires_at)
            SELECT id, 0, :t FROM tag WHERE name NOT LIKE '%@%' AND id NOT IN (SELECT tag_id FROM cached_tag)",
            "SELECT count(*) FROM cached_tag",
            DAY_S,
        ),
        "manifests that nothing names" => (
            "INSERT INTO manifest (repository_id, digest, media_type, size_bytes, pushed_at)
            SELECT (SELECT id FROM repository WHERE name = 'kept'), :t || '@' || n, '', 0, :t FROM number",
            "SELECT count(*) FROM manifest",
            DAY_S,
        ),
        "notifications of the registry" => (
            "INSERT INTO registry_event (id, seen_at) SELECT :t || '@' || n, :t FROM number",
            "SELECT count(*) FROM registry_event",
            14 * DAY_S,
        ),
        other => panic!("no recipe for {other}"),
    };
    Recipe { make, count, kept_s }
}

fn make(app: &App, recipe: &Recipe, number: i64, at_us: i64) {
    let numbers = format!(
        "WITH RECURSIVE number (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM number WHERE n < {number})"
    );
    if recipe.make.contains("user_profile") {
        app.execute(&format!(
            "{numbers} INSERT INTO account (uuid, kind, name, email, created_at)
            SELECT hex(randomblob(8)), 'user', hex(randomblob(8)), hex(randomblob(8)), {at_us} FROM number"
        ));
    }
    let of_cache = recipe.make.contains("cached_tag");
    if recipe.make.contains("'kept'") || of_cache {
        app.execute(
            "INSERT INTO repository (namespace_id, name, created_at)
            SELECT id, 'kept', 0 FROM account WHERE name = 'acme' ON CONFLICT DO NOTHING",
        );
    }
    if of_cache {
        app.execute(&format!(
            "{numbers} INSERT INTO tag (repository_id, name, digest, started_at)
            SELECT (SELECT id FROM repository WHERE name = 'kept'), hex(randomblob(8)), '', 0 FROM number"
        ));
    }
    app.execute(&format!("{numbers} {}", recipe.make.replace(":t", &at_us.to_string())));
}

fn count(app: &App, recipe: &Recipe) -> i64 {
    app.rows(recipe.count)[0][0].parse().expect("a number")
}

fn change(app: &App) {
    let reply = app.as_user("admin").put("/api/v1/organization/acme", json!({}));
    assert_eq!(reply.status(), 200, "{reply}");
}

#[test]
fn each_change_removes_a_few_rows_of_each_kind() {
    let app = common::app().with("log_retention", "90d");
    change(&app);
    let recipes: Vec<_> = KINDS.iter().map(|kind| recipe(kind.name)).collect();
    for recipe in &recipes {
        let over_us = (app.time() - recipe.kept_s) * 1_000_000;
        make(&app, recipe, DUE, over_us);
        make(&app, recipe, LATER, over_us + 2_000_000);
    }
    for expected in [DUE + LATER - ROWS, DUE + LATER - 2 * ROWS, LATER, LATER] {
        change(&app);
        for (kind, recipe) in KINDS.iter().zip(&recipes) {
            assert_eq!(count(&app, recipe), expected, "{}", kind.name);
        }
    }
    app.advance(2);
    change(&app);
    for (kind, recipe) in KINDS.iter().zip(&recipes) {
        assert_eq!(count(&app, recipe), 0, "{}", kind.name);
    }
}

/// All other kinds are small, so the log is the one that a setting keeps for ever.
#[test]
fn the_log_is_kept_for_ever_by_default() {
    let app = common::app();
    let recipe = recipe("log entries");
    make(&app, &recipe, 5, 1);
    change(&app);
    assert_eq!(count(&app, &recipe), 5);
}

#[test]
fn a_log_that_was_kept_for_ever_goes_a_few_rows_at_a_time() {
    let app = common::app();
    let recipe = recipe("log entries");
    make(&app, &recipe, 100_000, 1);
    app.set("log_retention", "1d");
    for requests in 1..=10 {
        change(&app);
        assert_eq!(count(&app, &recipe), 100_000 - requests * ROWS);
    }
}

#[test]
fn what_changes_nothing_removes_nothing() {
    let app = common::app().with("log_retention", "1d");
    let recipe = recipe("log entries");
    make(&app, &recipe, 5, 1);
    let admin = app.as_user("admin");
    assert_eq!(admin.get("/api/v1/organization/acme").status(), 200);
    assert_eq!(admin.put("/api/v1/organization/nobody", json!({})).status(), 403);
    app.set("registry_state", "readonly");
    assert_eq!(admin.put("/api/v1/organization/acme", json!({})).status(), 503);
    let superuser = app.as_user("superuser");
    assert_eq!(superuser.get("/api/v1/superuser/mails").status(), 200, "it writes an entry");
    assert_eq!(count(&app, &recipe), 5);
}

/// A removal reads no more rows than it removes, however many there are, and sorts none.
#[test]
fn every_statement_reads_its_index_alone() {
    let app = common::app().with("log_retention", "90d");
    for kind in KINDS {
        make(&app, &recipe(kind.name), 1, 1);
    }
    change(&app);
    let statements = app.latest_statements();
    let commit = statements.iter().position(|sql| sql == "COMMIT").expect("a change");
    let of_sweep = &statements[commit + 1..];
    let is_removal = |sql: &&String| sql.contains("RETURNING 1");
    assert_eq!(of_sweep.iter().filter(is_removal).count(), KINDS.len(), "{of_sweep:#?}");
    for sql in of_sweep {
        let given = (1..=9).fold(sql.clone(), |sql, n| sql.replace(&format!("?{n}"), "1"));
        let plan = app.rows(&format!("EXPLAIN QUERY PLAN {given}"));
        let steps: Vec<&str> =
            plan.iter().filter_map(|row| row.last()).map(String::as_str).collect();
        let reads_all = |step: &&str| {
            (step.starts_with("SCAN") && *step != "SCAN CONSTANT ROW")
                || step.contains("TEMP B-TREE")
        };
        assert!(!steps.iter().any(reads_all), "{sql}: {steps:#?}");
    }
}
