//! The schema of this code, and the way to a schema by made-up ones.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use berth_domain::secret::hash_token;

use super::Compatibility::{Contracts, Expands};
use super::*;
use crate::db::{Row, Value};

/// A database that remembers its statements.
struct Sqlite {
    connection: rusqlite::Connection,
    statements: RefCell<Vec<String>>,
}

impl Database for Sqlite {
    fn execute(&self, sql: &str, parameters: &[Value]) -> Result<Vec<Row>, DatabaseError> {
        self.statements.borrow_mut().push(sql.to_owned());
        let run = || -> rusqlite::Result<Vec<Row>> {
            let mut statement = self.connection.prepare(sql)?;
            let columns = statement.column_count();
            let integer = |value: &Value| match value {
                Value::Integer(integer) => *integer,
                other => unreachable!("versions are integers: {other:?}"),
            };
            let rows = statement.query_map(
                rusqlite::params_from_iter(parameters.iter().map(integer)),
                |row| {
                    let value = |at| Ok(row.get::<_, Option<i64>>(at)?.into());
                    (0..columns).map(value).collect::<rusqlite::Result<_>>().map(Row::new)
                },
            )?;
            rows.collect()
        };
        run().map_err(|error| DatabaseError(error.to_string()))
    }
}

impl Sqlite {
    fn on(connection: rusqlite::Connection) -> Self {
        Self { connection, statements: RefCell::default() }
    }

    fn empty() -> Self {
        Self::on(rusqlite::Connection::open_in_memory().unwrap())
    }

    fn with(sql: &str) -> Self {
        let db = Self::empty();
        db.connection.execute_batch(sql).unwrap();
        db
    }

    fn made_by(schema: &Schema) -> Self {
        let db = Self::empty();
        schema.migrate(&db).unwrap();
        db
    }

    fn texts(&self, sql: &str) -> Vec<String> {
        let mut statement = self.connection.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.collect::<rusqlite::Result<_>>().unwrap()
    }

    /// All that is in it: how each thing was made, and the rows of each table.
    fn contents(&self) -> BTreeMap<String, Vec<String>> {
        let made = self.texts("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL");
        let mut all: BTreeMap<_, _> = made.iter().map(|sql| (normal(sql), Vec::new())).collect();
        for table in self.texts("SELECT name FROM sqlite_schema WHERE type = 'table'") {
            let columns = format!(
                "SELECT group_concat('quote(' || name || ')', ' || '','' || ')
                FROM pragma_table_info('{table}')"
            );
            let columns = self.texts(&columns).remove(0);
            let rows = self.texts(&format!("SELECT {columns} FROM {table} ORDER BY 1"));
            all.insert(format!("rows of {table}"), rows);
        }
        all
    }
}

/// SQL without its insignificant parts: comments, blanks, quotes around names.
fn normal(sql: &str) -> String {
    let code = sql.lines().map(|line| line.split("--").next().unwrap_or_default());
    let words = code.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ");
    let mut text = words.replace('"', "");
    for mark in ["(", ")", ","] {
        text = text.replace(&format!(" {mark}"), mark).replace(&format!("{mark} "), mark);
    }
    text
}

/// What only one of two databases has.
fn difference(one: &Sqlite, other: &Sqlite) -> Vec<String> {
    let (one, other) = (one.contents(), other.contents());
    let all = one.iter().chain(&other);
    all.filter(|(what, rows)| one.get(*what) != Some(rows) || other.get(*what) != Some(rows))
        .map(|(what, rows)| format!("{what} {rows:?}"))
        .collect()
}

/// How a new database differs from one that begins with `first` and sees every migration.
fn disagreement(first: &'static str, schema: &Schema) -> Vec<String> {
    let migrated = Sqlite::made_by(&Schema { whole: first, migrations: &[], ..*schema });
    schema.migrate(&migrated).unwrap();
    difference(&Sqlite::made_by(schema), &migrated)
}

/// Whether code from before a migration misses something after it.
fn takes_away(sql: &str) -> bool {
    let words = normal(sql).to_ascii_uppercase();
    ["DROP TABLE", "DROP COLUMN", "RENAME ", "DROP VIEW"].iter().any(|word| words.contains(word))
}

mod this_schema {
    use super::*;

    fn directory() -> PathBuf {
        concat!(env!("CARGO_MANIFEST_DIR"), "/migrations").into()
    }

    /// The schema of the first release: the whole one, until a migration changes that.
    fn first() -> &'static str {
        match SCHEMA.migrations {
            [] => SCHEMA.whole,
            _ => fs::read_to_string(directory().join("first.sql")).unwrap().leak(),
        }
    }

    #[test]
    fn is_what_its_migrations_make() {
        assert_eq!(disagreement(first(), &SCHEMA), [""; 0]);
    }

    /// A database that was made by this version must have this schema. A change of the first schema without another
    /// version (until the first release) or a migration (afterwards) would leave databases that are not as the code
    /// expects.
    #[test]
    fn has_another_version_than_any_other() {
        let made: Vec<_> = statements(first()).map(normal).collect();
        let hash: String =
            hash_token(&made.join("\n")).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let known = (36, "8e2965199959c7fc");
        assert_eq!((FIRST_VERSION, hash.as_str()), known, "another schema needs another version");
    }

    #[test]
    fn lists_each_file_under_the_version_that_it_leads_to() {
        let entries = fs::read_dir(directory()).into_iter().flatten();
        let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        files.retain(|file| !file.ends_with("first.sql"));
        files.sort();
        assert_eq!(files.len(), SCHEMA.migrations.len(), "{files:?}");
        for ((version, (sql, _)), file) in (FIRST_VERSION + 1..).zip(SCHEMA.migrations).zip(files) {
            let name = file.file_name().unwrap().to_string_lossy();
            assert!(name.starts_with(&format!("{version:04}_")), "{name} leads to {version}");
            assert_eq!(*sql, fs::read_to_string(&file).unwrap(), "{name}");
        }
    }

    #[test]
    fn takes_nothing_away_where_it_only_expands() {
        for (sql, _) in SCHEMA.migrations.iter().filter(|(_, kind)| *kind == Expands) {
            assert!(!takes_away(sql), "{sql}");
        }
    }

    /// Builds from before the first release numbered their schemas from 1 to 32, the earliest without an oldest reader.
    #[test]
    fn is_not_made_from_those_of_builds_before_the_release() {
        let versions = |column, value| {
            format!(
                "CREATE TABLE schema_version (only INTEGER PRIMARY KEY, version INTEGER {column});
                CREATE TABLE account (name TEXT);
                INSERT INTO account VALUES ('ana');
                INSERT INTO schema_version VALUES (1, {value});"
            )
        };
        for database in [
            versions(", oldest_reader INTEGER NOT NULL DEFAULT 0", "32, 25"),
            versions(", oldest_reader INTEGER NOT NULL DEFAULT 0", "25, 25"),
            versions("", "24"),
            versions("", "1"),
            versions(", oldest_reader INTEGER NOT NULL DEFAULT 0", "-1, 0"),
        ] {
            let (db, before) = (Sqlite::with(&database), Sqlite::with(&database));
            assert_eq!(schema_state(&db), Err(StoreError::SchemaUnreleased), "{database}");
            assert_eq!(migrate(&db), Err(StoreError::SchemaUnreleased), "{database}");
            assert_eq!(difference(&db, &before), [""; 0]);
        }
        let sentence = StoreError::SchemaUnreleased.to_string();
        assert!(sentence.contains("begin with an empty database"), "{sentence}");
    }

    #[test]
    fn only_the_missing_table_is_an_empty_database() {
        let says = |text: &str| says_that_nothing_is_there(&DatabaseError(text.into()));
        assert!(says("no such table: schema_version"));
        assert!(says("no such table: schema_version in SELECT version at offset 20"));
        assert!(says("Hrana: `cursor error: `SQLite error: no such table: schema_version``"));
        for other in ["no such table: schema_versions", "no such table: mail", "no such column: x"]
        {
            assert!(!says(other), "{other}");
        }
    }
}

mod made_up_schemas {
    use super::*;

    macro_rules! version_table {
        () => {
            "CREATE TABLE schema_version (
                only INTEGER PRIMARY KEY, version INTEGER NOT NULL, oldest_reader INTEGER NOT NULL
            );\n\n"
        };
    }

    const FIRST: Schema = Schema {
        whole: concat!(
            version_table!(),
            "CREATE TABLE pet (name TEXT NOT NULL, UNIQUE (name));\n\n",
            "CREATE TABLE cage (size INTEGER);\n\n",
            "INSERT INTO pet (name) VALUES ('cat');\n"
        ),
        first_version: 33,
        migrations: &[],
    };

    const ADDS: (&str, Compatibility) = (
        "ALTER TABLE pet ADD COLUMN owner TEXT;\n\nINSERT INTO pet (name, owner) VALUES ('dog', 'ana');\n",
        Expands,
    );

    const DROPS: (&str, Compatibility) = (
        "-- Nobody uses it.\nDROP TABLE cage;\n\nCREATE INDEX pet_by_owner ON pet (owner);\n",
        Contracts,
    );

    const SECOND: Schema = Schema {
        whole: concat!(
            version_table!(),
            "CREATE TABLE pet (\n  name TEXT NOT NULL,\n  -- Who feeds it.\n  owner TEXT,\n  UNIQUE (name)\n);\n\n",
            "CREATE TABLE cage (size INTEGER);\n\n",
            "INSERT INTO pet (name, owner) VALUES ('cat', NULL), ('dog', 'ana');\n"
        ),
        migrations: &[ADDS],
        ..FIRST
    };

    const THIRD: Schema = Schema {
        whole: concat!(
            version_table!(),
            "CREATE TABLE pet (name TEXT NOT NULL, owner TEXT, UNIQUE (name));\n\n",
            "CREATE INDEX pet_by_owner ON pet (owner);\n\n",
            "INSERT INTO pet (name, owner) VALUES ('cat', NULL), ('dog', 'ana');\n"
        ),
        migrations: &[ADDS, DROPS],
        ..FIRST
    };

    fn versions_in(db: &Sqlite) -> (i64, i64) {
        versions(db).unwrap()
    }

    #[test]
    fn are_made_whole_and_reached_by_migrations_alike() {
        for schema in [FIRST, SECOND, THIRD] {
            assert_eq!(disagreement(FIRST.whole, &schema), [""; 0], "{}", schema.version());
        }
        let db = Sqlite::made_by(&SECOND);
        assert_eq!(versions_in(&db), (34, 33));
        THIRD.migrate(&db).unwrap();
        assert_eq!(versions_in(&db), (35, 35));
        assert_eq!(difference(&db, &Sqlite::made_by(&THIRD)), [""; 0]);
    }

    #[test]
    fn that_disagree_with_their_migrations_are_found() {
        let without = |migrations| Schema { migrations, ..SECOND };
        for (schema, what) in [
            (without(&[("INSERT INTO pet (name) VALUES ('dog');", Expands)]), "pet(name TEXT"),
            (without(&[("ALTER TABLE pet ADD COLUMN owner TEXT;", Expands)]), "rows of pet"),
            (Schema { whole: SECOND.whole, ..THIRD }, "CREATE TABLE cage"),
            (Schema { whole: SECOND.whole, ..THIRD }, "CREATE INDEX pet_by_owner"),
        ] {
            let found = disagreement(FIRST.whole, &schema);
            assert!(found.iter().any(|line| line.contains(what)), "{what}: {found:?}");
        }
    }

    #[test]
    fn are_left_alone_the_second_time() {
        for made_by in [FIRST, SECOND, THIRD] {
            let db = Sqlite::made_by(&made_by);
            THIRD.migrate(&db).unwrap();
            db.statements.take();
            THIRD.migrate(&db).unwrap();
            let statements = db.statements.take();
            let reads = |sql: &String| {
                sql.starts_with("SELECT") || ["BEGIN IMMEDIATE", "COMMIT"].contains(&sql.as_str())
            };
            assert!(statements.iter().all(reads), "{statements:?}");
            assert_eq!(difference(&db, &Sqlite::made_by(&THIRD)), [""; 0]);
        }
    }

    /// Instances of the release before work with migrations that expand, and not with those that contract.
    #[test]
    fn say_who_may_read_them() {
        let db = Sqlite::made_by(&SECOND);
        FIRST.migrate(&db).unwrap();
        assert_eq!(versions_in(&db), (34, 33), "nobody takes it back");
        assert_eq!(FIRST.state(34, 33), Ok(SchemaState::Fits));
        let db = Sqlite::made_by(&THIRD);
        for older in [FIRST, SECOND] {
            let known = older.version();
            let too_new = StoreError::SchemaTooNew { version: 35, oldest_reader: 35, known };
            assert_eq!(older.migrate(&db), Err(too_new));
        }
        assert_eq!(THIRD.state(34, 33), Ok(SchemaState::Old));
        assert_eq!(THIRD.state(40, 35), Ok(SchemaState::Fits));
        let twice = Schema { migrations: &[DROPS, DROPS, ADDS], ..FIRST };
        assert_eq!(twice.oldest_reader(), 35);
        assert!(takes_away(DROPS.0) && !takes_away(ADDS.0));
    }

    #[test]
    fn that_fail_halfway_leave_the_one_before() {
        let fails: (&str, Compatibility) =
            ("CREATE TABLE new (a);\n\nCREATE TABLE pet (a);", Expands);
        let db = Sqlite::made_by(&FIRST);
        let failed = Schema { migrations: vec![ADDS, fails].leak(), ..FIRST }.migrate(&db);
        assert!(failed.is_err_and(|error| error.to_string().contains("pet already exists")));
        assert_eq!(difference(&db, &Sqlite::made_by(&FIRST)), [""; 0]);
        THIRD.migrate(&db).unwrap();
        assert_eq!(difference(&db, &Sqlite::made_by(&THIRD)), [""; 0]);
    }

    /// SQLite makes files with a rollback journal; the file keeps what it is told.
    #[test]
    fn are_made_in_files_with_a_write_ahead_log() {
        let directory = tempfile::tempdir().unwrap();
        let open = || rusqlite::Connection::open(directory.path().join("db")).unwrap();
        migrate(&Sqlite::on(open())).unwrap();
        let mode: String = open().query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap();
        assert_eq!(mode, "wal");
    }

    #[test]
    fn need_foreign_keys() {
        let db = Sqlite::with("PRAGMA foreign_keys = OFF");
        assert!(FIRST.migrate(&db).is_err());
        assert_eq!(difference(&db, &Sqlite::empty()), [""; 0]);
    }

    #[test]
    fn are_made_by_one_of_many_that_begin_at_once() {
        for before in [None, Some(FIRST)] {
            let directory = tempfile::tempdir().unwrap();
            let file = directory.path().join("db");
            let open = || {
                let connection = rusqlite::Connection::open(&file).unwrap();
                connection.busy_timeout(Duration::from_secs(5)).unwrap();
                Sqlite::on(connection)
            };
            before.iter().for_each(|schema| schema.migrate(&open()).unwrap());
            let migrate = || {
                let db = open();
                THIRD.migrate(&db).unwrap();
                db.statements.take().iter().any(|sql| sql.contains("CREATE"))
            };
            let made = thread::scope(|scope| {
                let threads: Vec<_> = (0..8).map(|_| scope.spawn(migrate)).collect();
                threads
                    .into_iter()
                    .map(|thread| thread.join().unwrap())
                    .filter(|made| *made)
                    .count()
            });
            assert_eq!(made, 1);
            assert_eq!(difference(&open(), &Sqlite::made_by(&THIRD)), [""; 0]);
        }
    }
}
