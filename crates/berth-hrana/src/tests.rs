//! What goes to the server, and what comes of its answers. The answers are those of sqld 0.24.32.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use serde_json::{Value as Json, json};

use super::*;

/// A server that was asked these things, and gives these answers.
#[derive(Default)]
struct Script {
    answers: VecDeque<Result<Response<Vec<u8>>, DatabaseError>>,
    asked: Vec<Request<Vec<u8>>>,
}

#[derive(Clone, Default)]
struct Scripted(Rc<RefCell<Script>>);

impl HttpClient for Scripted {
    fn send(&self, request: &Request<Vec<u8>>) -> Result<Response<Vec<u8>>, DatabaseError> {
        let mut script = self.0.borrow_mut();
        script.asked.push(request.clone());
        script.answers.pop_front().expect("no further request")
    }
}

impl Scripted {
    fn answer(self, status: u16, body: &Json) -> Self {
        let response = Response::builder().status(status).body(body.to_string().into_bytes());
        self.0.borrow_mut().answers.push_back(Ok(response.expect("an answer")));
        self
    }

    fn fail(self, message: &str) -> Self {
        self.0.borrow_mut().answers.push_back(Err(DatabaseError(message.into())));
        self
    }

    fn database(&self) -> Hrana<Self> {
        let configure = || {
            let (url, token) = ("https://db.example.com".to_owned(), "t0ken".to_owned());
            Ok(Server { url, token })
        };
        Hrana::new(self.clone(), configure)
    }

    /// The address and the body of each request.
    fn asked(&self) -> Vec<(String, Json)> {
        let script = self.0.borrow();
        let body = |request: &Request<Vec<u8>>| {
            (request.uri().to_string(), serde_json::from_slice(request.body()).expect("JSON"))
        };
        script.asked.iter().map(body).collect()
    }

    /// What was asked in each round trip, in short: the baton, the statements, and whether the stream was closed.
    fn in_short(&self) -> Vec<String> {
        let short = |(_, body): (String, Json)| {
            let requests = body["requests"].as_array().expect("a list").clone();
            let part = |request: &Json| match request["type"].as_str() {
                Some("batch") => {
                    let steps = request["batch"]["steps"].as_array().expect("a list");
                    let sql = |step: &Json| step["stmt"]["sql"].as_str().expect("SQL").to_owned();
                    steps.iter().map(sql).collect::<Vec<_>>().join(", ")
                }
                other => other.expect("a type").to_owned(),
            };
            let parts: Vec<String> = requests.iter().map(part).collect();
            format!("{}: {}", body["baton"].as_str().unwrap_or("-"), parts.join("; "))
        };
        self.asked().into_iter().map(short).collect()
    }
}

/// The answer to a batch; a step is a row of one integer, or an error.
fn answer(baton: Option<&str>, steps: &[Result<i64, (&str, &str)>]) -> Json {
    let result = |step: &Result<i64, (&str, &str)>| {
        step.map_or(Json::Null, |integer| {
            json!({ "cols": [{ "name": "a", "decltype": null }], "affected_row_count": 0,
                "last_insert_rowid": null, "rows": [[{ "type": "integer", "value": integer.to_string() }]] })
        })
    };
    let error = |step: &Result<i64, (&str, &str)>| match step {
        Err((message, code)) => json!({ "message": message, "code": code }),
        Ok(_) => Json::Null,
    };
    let batch = json!({
        "step_results": steps.iter().map(result).collect::<Vec<_>>(),
        "step_errors": steps.iter().map(error).collect::<Vec<_>>(),
        "replication_index": "4",
    });
    json!({ "baton": baton, "base_url": null, "results": [
        { "type": "ok", "response": { "type": "batch", "result": batch } },
        { "type": "ok", "response": { "type": "close" } },
    ]})
}

fn statement(sql: &'static str) -> Statement {
    Statement { sql: sql.into(), parameters: Vec::new() }
}

fn integers(rows: Vec<Row>) -> Vec<Value> {
    rows.into_iter().flat_map(Row::into_values).collect()
}

#[test]
fn a_read_is_one_round_trip_and_leaves_no_stream() {
    let server = Scripted::default().answer(200, &answer(None, &[Ok(7)]));
    let rows = server.database().execute("SELECT ?1", &[Value::Integer(7)]).expect("a row");
    assert_eq!(integers(rows), [Value::Integer(7)]);
    let step =
        json!({ "stmt": { "sql": "SELECT ?1", "args": [{ "type": "integer", "value": "7" }] } });
    let requests = json!([{ "type": "batch", "batch": { "steps": [step] } }, { "type": "close" }]);
    let body = json!({ "baton": null, "requests": requests });
    assert_eq!(server.asked(), [("https://db.example.com/v3/pipeline".into(), body)]);
    let script = server.0.borrow();
    assert_eq!(script.asked[0].headers()["authorization"], "Bearer t0ken");
    assert_eq!(
        script.asked[0].headers()["content-length"],
        script.asked[0].body().len().to_string()
    );
}

#[test]
fn a_transaction_keeps_its_stream_until_it_ends() {
    let server = Scripted::default()
        .answer(200, &answer(Some("one"), &[Ok(0), Ok(1)]))
        .answer(200, &answer(Some("two"), &[Ok(2)]))
        .answer(200, &answer(None, &[Ok(3), Ok(4)]))
        .answer(200, &answer(None, &[Ok(5)]));
    let database = server.database();
    let rows = database.execute_all(&[statement("BEGIN IMMEDIATE"), statement("a")]);
    assert_eq!(rows.map(|rows| rows.len()), Ok(2));
    assert!(database.execute("b", &[]).is_ok());
    assert!(database.execute_all(&[statement("c"), statement("COMMIT")]).is_ok());
    assert!(database.execute("d", &[]).is_ok());
    drop(database);
    let asked = ["-: BEGIN IMMEDIATE, a", "one: b", "two: c, COMMIT; close", "-: d; close"];
    assert_eq!(server.in_short(), asked);
}

#[test]
fn the_first_statement_that_fails_is_named() {
    let unique = "SQLite error: UNIQUE constraint failed: account.name";
    let steps = [Ok(0), Err((unique, "SQLITE_CONSTRAINT"))];
    let mut body = answer(None, &steps);
    // What comes after it is not run.
    for list in ["step_results", "step_errors"] {
        let list = &mut body["results"][0]["response"]["result"][list];
        list.as_array_mut().expect("a list").push(Json::Null);
    }
    let server = Scripted::default().answer(200, &body);
    let statements = [statement("a"), statement("b"), statement("c")];
    let failed = server.database().execute_all(&statements).expect_err("a duplicate");
    let error = DatabaseError(format!("Hrana: SQLITE_CONSTRAINT: {unique}"));
    assert_eq!(failed, BatchError { index: 1, error });
}

#[test]
fn a_batch_that_is_refused_or_whose_answer_is_lost_failed_at_its_last_statement() {
    let refused = json!({ "message": "SQL string could not be parsed: syntax error", "code": "SQL_PARSE_ERROR" });
    let refused = json!({ "baton": null, "results": [{ "type": "error", "error": refused }] });
    let cut = json!({ "baton": null });
    let server = Scripted::default()
        .answer(200, &refused)
        .fail("http error: timed out")
        .answer(500, &json!({ "error": "internal" }))
        .answer(200, &cut)
        .answer(200, &json!({ "baton": null, "results": [] }));
    let database = server.database();
    for text in [
        "Hrana: SQL_PARSE_ERROR: SQL string could not be parsed: syntax error",
        "http error: timed out",
        "Hrana: status=500: internal",
        "Hrana: unreadable answer: (Data, 1, 14)",
        "Hrana: unreadable answer: no result",
    ] {
        let failed = database.execute_all(&[statement("a"), statement("COMMIT")]);
        let error = DatabaseError(text.into());
        assert_eq!(failed.map(drop), Err(BatchError { index: 1, error }));
    }
}

#[test]
fn a_transaction_whose_stream_the_server_closed_is_over() {
    let server = Scripted::default().answer(200, &answer(None, &[Ok(0), Ok(1)]));
    let database = server.database();
    let failed = database.execute_all(&[statement("BEGIN IMMEDIATE"), statement("a")]);
    assert_eq!(
        failed.map_err(|failed| failed.error.0).err(),
        Some("Hrana: stream closed by the server".into())
    );
}

#[test]
fn what_is_open_is_closed_and_nothing_else() {
    let server = Scripted::default()
        .answer(200, &answer(Some("one"), &[Ok(0)]))
        .answer(200, &json!({ "baton": null, "results": [] }))
        .answer(200, &answer(Some("two"), &[Ok(0)]))
        .answer(200, &answer(None, &[Ok(0)]))
        .answer(200, &answer(Some("three"), &[Ok(0)]))
        .answer(200, &json!({ "baton": null, "results": [] }));
    let database = server.database();
    assert!(database.execute("ROLLBACK", &[]).is_ok());
    assert!(database.execute("BEGIN IMMEDIATE", &[]).is_ok());
    database.reset();
    database.reset();
    assert!(database.execute("BEGIN IMMEDIATE", &[]).is_ok());
    assert!(database.execute("ROLLBACK", &[]).is_ok());
    assert!(database.execute("BEGIN IMMEDIATE", &[]).is_ok());
    // A request that ends in the middle of a transaction does not keep the write lock.
    drop(database);
    let asked = [
        "-: BEGIN IMMEDIATE",
        "one: close",
        "-: BEGIN IMMEDIATE",
        "two: ROLLBACK; close",
        "-: BEGIN IMMEDIATE",
        "three: close",
    ];
    assert_eq!(server.in_short(), asked);
}

#[test]
fn a_stream_goes_on_where_the_server_says() {
    let mut sticky = answer(Some("one"), &[Ok(0)]);
    sticky["base_url"] = json!("https://two.example.com/x/");
    let server = Scripted::default()
        .answer(200, &sticky)
        .answer(200, &answer(Some("two"), &[Ok(0)]))
        .answer(200, &answer(None, &[Ok(0)]))
        .answer(200, &answer(None, &[Ok(0)]));
    let database = server.database();
    for sql in ["BEGIN IMMEDIATE", "a", "COMMIT", "b"] {
        assert!(database.execute(sql, &[]).is_ok(), "{sql}");
    }
    let asked: Vec<String> = server.asked().into_iter().map(|(url, _)| url).collect();
    let (own, other) =
        ("https://db.example.com/v3/pipeline", "https://two.example.com/x/v3/pipeline");
    assert_eq!(asked, [own, other, other, own]);

    // The token does not go where everybody can read it.
    let mut clear = answer(Some("one"), &[Ok(0)]);
    clear["base_url"] = json!("http://two.example.com");
    let server = Scripted::default().answer(200, &clear);
    let error = server.database().execute("BEGIN IMMEDIATE", &[]).expect_err("not there");
    assert_eq!(error.0, "Hrana: the server names a `base_url` that cannot be used");
}

#[test]
fn a_server_of_the_version_before_is_asked_once_more() {
    let server = Scripted::default()
        .answer(404, &json!(""))
        .answer(200, &answer(None, &[Ok(0)]))
        .answer(200, &answer(None, &[Ok(0)]));
    let database = server.database();
    assert!(database.execute("a", &[]).is_ok());
    assert!(database.execute("b", &[]).is_ok());
    let asked: Vec<String> = server.asked().into_iter().map(|(url, _)| url).collect();
    let (three, two) = ("https://db.example.com/v3/pipeline", "https://db.example.com/v2/pipeline");
    assert_eq!(asked, [three, two, two]);

    let server = Scripted::default().answer(404, &json!("")).answer(404, &json!(""));
    let error = server.database().execute("a", &[]).expect_err("no server");
    assert!(error.0.contains("status=404") && error.0.contains("`database_url`"), "{error}");
}

#[test]
fn without_a_server_no_request_is_sent() {
    let server = Scripted::default();
    let database = Hrana::new(server.clone(), || Err(DatabaseError("no `database_url`".into())));
    assert_eq!(
        database.execute("a", &[]).map_err(|error| error.0).err(),
        Some("no `database_url`".into())
    );
    database.reset();
    assert_eq!(server.in_short(), [""; 0]);

    let configure = || Ok(Server { url: "https://x".into(), token: "two\nlines".into() });
    let error = Hrana::new(server.clone(), configure).execute("a", &[]).expect_err("no header");
    assert!(error.0.contains("`database_token`") && !error.0.contains("lines"), "{error}");
}
