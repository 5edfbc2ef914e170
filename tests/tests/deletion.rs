//! Deleting an organization deletes all of it, or nothing. The organization is the one of the surface: it has at least one
//! record of every kind.

use std::collections::BTreeMap;

use berth_test::App;
use berth_tests::surface::{Ask, Fixture, Script};
use serde_json::json;

/// Operations that delete `acme`.
const DELETIONS: [&str; 3] = ["deleteAdminedOrganization", "deleteOrg", "deleteOrganization"];

fn deletion<'a>(script: &'a Script, operation: &str) -> &'a Ask {
    script.case(operation).probe().expect("a request")
}

/// All rows of all tables.
fn contents(app: &App) -> BTreeMap<String, Vec<Vec<String>>> {
    let tables = app.rows("SELECT name FROM sqlite_schema WHERE type = 'table'");
    let rows = |table: String| {
        let columns = app.rows(&format!("SELECT name FROM pragma_table_info('{table}')"));
        let columns: Vec<String> = columns.into_iter().flatten().collect();
        let rows = app.rows(&format!("SELECT {} FROM {table}", columns.join(", ")));
        (table, rows)
    };
    tables.into_iter().flatten().map(rows).collect()
}

/// Whichever statement fails, of whichever deletion: the organization is as it was.
#[test]
fn an_interrupted_deletion_leaves_the_whole_organization() {
    let script = Script::read();
    let base = Fixture::set(&script);
    let before = contents(&base.app);
    for operation in DELETIONS {
        let ask = deletion(&script, operation);
        let mut done = base.copy();
        assert!(done.send(ask).status() < 300, "{operation}");
        let statements = done.app.latest_statements();
        let begin = statements.iter().position(|sql| sql.starts_with("BEGIN"));
        let commit = statements.iter().position(|sql| sql == "COMMIT");
        let of_transaction = &statements[begin.expect("a transaction")..=commit.expect("its end")];
        assert!(of_transaction.len() >= 4, "{of_transaction:?}");
        for statement in of_transaction {
            let mut fixture = base.copy();
            fixture.app.fail_on(Some(statement));
            assert_eq!(fixture.send(ask).status(), 500, "{operation}, {statement}");
            fixture.app.fail_on(None);
            assert!(contents(&fixture.app) == before, "{operation} left a part: {statement}");
            assert!(fixture.send(ask).status() < 300, "{operation} works afterwards: {statement}");
        }
    }
}

/// Nothing of the organization is left except its log entries; invited people have no notification of it any more.
#[test]
fn a_deletion_leaves_nothing() {
    let script = Script::read();
    let base = Fixture::set(&script);
    let id = &base.app.rows("SELECT id FROM account WHERE name = 'acme'")[0][0];
    let columns = columns_of_organizations(&base.app);
    assert!(columns.len() > 10, "{columns:?}");
    for operation in DELETIONS {
        let mut fixture = base.copy();
        assert!(fixture.send(deletion(&script, operation)).status() < 300, "{operation}");
        let app = &fixture.app;
        for (table, column) in &columns {
            let left = app.rows(&format!("SELECT count(*) FROM {table} WHERE {column} = {id}"));
            assert_eq!(left, [["0"]], "{operation} left rows of {table}");
        }
        assert!(app.rows("SELECT \"table\" FROM pragma_foreign_key_check").is_empty());
        let outsider = app.as_user("outsider");
        let notifications = outsider.get("/api/v1/user/notifications").json();
        assert_eq!(notifications["notifications"], json!([]), "{operation}");
        let assigned = outsider.get("/api/v1/user/assignedauthorization").json();
        assert_eq!(assigned["authorizations"], json!([]), "{operation}");
    }
}

/// The columns that name an organization, except the log's: the log outlives organizations.
fn columns_of_organizations(app: &App) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let tables = app.rows("SELECT name FROM sqlite_schema WHERE type = 'table'");
    for table in tables.into_iter().flatten().filter(|table| !table.starts_with("log_")) {
        let columns = app.rows(&format!("SELECT name FROM pragma_table_info('{table}')"));
        let named = ["organization_id", "namespace_id", "account_id"];
        let columns = columns.into_iter().flatten();
        found.extend(
            columns
                .filter(|column| named.contains(&column.as_str()))
                .map(|column| (table.clone(), column)),
        );
    }
    found.push(("account".into(), "id".into()));
    found
}
