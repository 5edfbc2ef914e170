//! Hosts allow 1,024 keys of 255 bytes in a key-value store, and values of 1 MB: what Berth keeps there does not grow with accounts,
//! sign-ins or guesses.

use berth_test::App;
use serde_json::json;

/// The most keys there are, whatever happens.
const MOST_KEYS: usize = 600;

const ACCOUNTS: usize = 100;
const SIGN_INS: usize = 10_000;
const GUESSES: usize = 10_000;

/// An address for each number.
fn address(number: usize) -> String {
    format!("10.{}.{}.{}", number / 65_536, number / 256 % 256, number % 256)
}

/// Signs in, or guesses, over and over in a browser that stays anonymous.
fn sign_in(app: &App, attempts: impl Iterator<Item = (String, String, &'static str, u16)>) {
    let browser = app.browser();
    for (address, username, password, status) in attempts {
        let body = json!({ "username": username, "password": password });
        let reply = browser.clone().from(&address).post("/api/v1/signin", body);
        assert_eq!(reply.status(), status, "{username} from {address}: {reply}");
    }
}

#[test]
fn ten_thousand_sign_ins_and_guesses_make_few_keys() {
    let app = (0..ACCOUNTS).fold(App::new(), |app, number| app.with_user(&format!("user{number}")));
    // The others have the cheap hash of tests too: guessing is then as costly as signing in.
    app.execute(&format!(
        "WITH RECURSIVE n(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < {GUESSES} - 1)
        INSERT INTO account (uuid, kind, name, email, created_at)
        SELECT 'guessed' || n, 'user', 'guessed' || n, 'guessed' || n, 0 FROM n"
    ));
    app.execute(
        "INSERT INTO user_profile (account_id, password_hash, verified)
        SELECT id, (SELECT min(password_hash) FROM user_profile), 1
        FROM account WHERE name LIKE 'guessed%'",
    );
    app.set("action_log_audit_logins", "false");
    app.set("sessions_per_account", "20");
    sign_in(
        &app,
        (0..SIGN_INS).map(|number| {
            let user = format!("user{}", number % ACCOUNTS);
            (address(number / 10), user, "password", 200)
        }),
    );
    let rows = app.rows("SELECT count(*), count(DISTINCT account_id) FROM session");
    assert_eq!(rows, [["2000", "100"]]);
    sign_in(
        &app,
        (0..GUESSES)
            .map(|number| (address(20_000 + number), format!("guessed{number}"), "wrong", 403)),
    );
    let stored = app.stored();
    assert!((100..=MOST_KEYS).contains(&stored.len()), "{} keys", stored.len());
    for (key, length) in stored {
        assert!(key.len() <= 255 && length <= 65_536, "{key}: {length} bytes");
    }
}
