//! What a transaction sends, and what it makes of failures.

use super::*;

/// A database that notes what it is sent, a batch as one entry.
struct Recorder {
    sent: RefCell<Vec<String>>,
    /// A statement with this text fails, with that message.
    failing: Option<(&'static str, &'static str)>,
}

impl Recorder {
    fn new(failing: Option<(&'static str, &'static str)>) -> Self {
        Self { sent: RefCell::default(), failing }
    }

    fn answer(&self, sql: &str) -> Result<Vec<Row>, DatabaseError> {
        match self.failing {
            Some((text, message)) if text == sql => Err(DatabaseError(message.into())),
            _ => Ok(Vec::new()),
        }
    }

    fn sent(&self) -> Vec<String> {
        self.sent.take()
    }
}

impl Database for Recorder {
    fn execute(&self, sql: &str, _: &[Value]) -> Result<Vec<Row>, DatabaseError> {
        self.sent.borrow_mut().push(sql.to_owned());
        self.answer(sql)
    }

    fn execute_all(&self, statements: &[Statement]) -> Result<Vec<Vec<Row>>, BatchError> {
        let texts: Vec<&str> = statements.iter().map(|statement| &*statement.sql).collect();
        self.sent.borrow_mut().push(texts.join("; "));
        let answers = texts.iter().enumerate();
        answers
            .map(|(index, sql)| self.answer(sql).map_err(|error| BatchError { index, error }))
            .collect()
    }
}

fn change(tx: &Transaction<'_>) -> Result<(), StoreError> {
    tx.defer("INSERT a", &[])?;
    tx.defer("INSERT b", &[])?;
    tx.execute("SELECT c", &[])?;
    tx.defer("INSERT d", &[])
}

#[test]
fn statements_whose_rows_nobody_reads_go_with_the_next() {
    let db = Recorder::new(None);
    assert_eq!(transaction(&db, change), Ok(()));
    assert_eq!(db.sent(), ["BEGIN IMMEDIATE; INSERT a; INSERT b; SELECT c", "INSERT d; COMMIT"]);
}

#[test]
fn a_transaction_without_a_statement_sends_nothing() {
    let db = Recorder::new(None);
    assert_eq!(transaction(&db, |_| Ok::<_, StoreError>(())), Ok(()));
    assert!(db.sent().is_empty());
}

/// What came after it in the batch was not run: a caller that goes on must not commit the rest.
#[test]
fn after_a_deferred_statement_that_failed_nothing_is_committed() {
    let db = Recorder::new(Some(("INSERT a", "FOREIGN KEY constraint failed")));
    let result = transaction(&db, |tx| {
        tx.defer("INSERT a", &[])?;
        let _ = tx.execute("SELECT c", &[]);
        Ok::<_, StoreError>(())
    });
    assert!(matches!(result, Err(StoreError::Unavailable(_))), "{result:?}");
    assert_eq!(db.sent(), ["BEGIN IMMEDIATE; INSERT a; SELECT c", "ROLLBACK"]);
}

/// A statement whose error the caller may read, and go on.
#[test]
fn after_a_last_statement_that_failed_the_rest_can_be_committed() {
    let db = Recorder::new(Some(("SELECT c", "UNIQUE constraint failed: account.name")));
    let result = transaction(&db, |tx| {
        let _ = tx.execute("SELECT c", &[]);
        Ok::<_, StoreError>(())
    });
    assert_eq!(result, Ok(()));
    assert_eq!(db.sent(), ["BEGIN IMMEDIATE; SELECT c", "COMMIT"]);
}

#[test]
fn a_locked_database_is_asked_again_and_then_nothing_is_run() {
    let db = Recorder::new(Some(("BEGIN IMMEDIATE", "database is locked")));
    assert_eq!(transaction(&db, change), Err(StoreError::Busy));
    let sent = db.sent();
    let batches = sent.iter().filter(|sent| sent.starts_with("BEGIN IMMEDIATE")).count();
    assert_eq!(batches, 4, "{sent:?}");
    assert!(!sent.iter().any(|sent| sent.contains("COMMIT")), "{sent:?}");
}

/// In doubt is only what was sent and not answered.
#[test]
fn only_a_lost_answer_to_commit_leaves_a_doubt() {
    for (text, in_doubt) in [("COMMIT", true), ("INSERT d", false), ("SELECT c", false)] {
        let db = Recorder::new(Some((text, "connection reset by peer")));
        let error = transaction(&db, change).expect_err("the connection broke");
        assert_eq!(matches!(error, StoreError::InDoubt(_)), in_doubt, "{text}: {error:?}");
    }
}
