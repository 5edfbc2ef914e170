//! The servers themselves do what the tests of replicas ask of them.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use berth_tests::{Client, Redis, Sqld};
use serde_json::json;

/// More than a server that runs takes to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Runs a statement; gives the first value of its rows.
fn execute(sqld: &Sqld, sql: &str) -> serde_json::Value {
    let statement = json!({ "type": "execute", "stmt": { "sql": sql } });
    let body = json!({ "requests": [statement, { "type": "close" }] });
    let reply = Client::new(&sqld.url()).post("/v2/pipeline", &body);
    assert_eq!(reply.status, 200, "{}", sqld.log());
    reply.json()["results"][0]["response"]["result"]["rows"][0][0]["value"].clone()
}

/// What Redis answers to a command, if it does.
fn answer(redis: &Redis, command: &str) -> std::io::Result<String> {
    let address = redis.url().replace("redis://", "");
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(format!("{command}\r\n").as_bytes())?;
    let mut answer = [0; 64];
    let length = stream.read(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer[..length]).into_owned())
}

#[test]
fn sqld_keeps_what_was_written_over_a_stop_and_a_kill() {
    let mut sqld = Sqld::start_new();
    execute(&sqld, "CREATE TABLE kept (value)");
    execute(&sqld, "INSERT INTO kept VALUES ('one')");
    sqld.stop();
    sqld.start();
    execute(&sqld, "INSERT INTO kept VALUES ('two')");
    sqld.kill();
    sqld.start();
    assert_eq!(execute(&sqld, "SELECT group_concat(value) FROM kept"), "one,two");
}

#[test]
fn redis_keeps_what_was_written_over_a_stop_and_a_kill() {
    let mut redis = Redis::start_new();
    let ok = |redis: &Redis, command: &str| answer(redis, command).expect("Redis answers");
    assert_eq!(ok(&redis, "SET one 1"), "+OK\r\n");
    redis.stop();
    assert!(answer(&redis, "PING").is_err());
    redis.start();
    assert_eq!(ok(&redis, "SET two 2"), "+OK\r\n");
    redis.kill();
    redis.start();
    assert_eq!(ok(&redis, "MGET one two"), "*2\r\n$1\r\n1\r\n$1\r\n2\r\n");
}

#[test]
fn a_frozen_server_does_not_answer_until_it_is_thawed() {
    let redis = Redis::start_new();
    redis.freeze();
    assert!(answer(&redis, "PING").is_err());
    redis.thaw();
    assert_eq!(answer(&redis, "PING").expect("Redis answers"), "+PONG\r\n");
}
