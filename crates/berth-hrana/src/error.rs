//! What went wrong, in words. `berth-store` reads them (`Temporary::of` and what else is in its `db/error.rs`), so they keep the
//! codes and the messages of the server.

use berth_store::DatabaseError;
use http::StatusCode;

use crate::protocol::ErrorBody;

/// How much of a message is kept that is not the protocol's, in characters.
const MESSAGE_LENGTH: usize = 200;

pub(crate) fn of_server(error: &ErrorBody) -> DatabaseError {
    DatabaseError(format!("Hrana: {}{}", code(error), error.message))
}

/// An answer that is no success. What a proxy or a page says is kept too.
pub(crate) fn of_status(status: StatusCode, body: &[u8]) -> DatabaseError {
    let error = serde_json::from_slice(body).unwrap_or_else(|_| ErrorBody {
        message: String::from_utf8_lossy(body).chars().take(MESSAGE_LENGTH).collect(),
        code: None,
    });
    let meaning = match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            "the server does not accept `database_token`: "
        }
        StatusCode::NOT_FOUND => "at `database_url` there is no libSQL server: ",
        _ => "",
    };
    let (code, message) = (code(&error), error.message);
    DatabaseError(format!("Hrana: status={}: {meaning}{code}{message}", status.as_u16()))
}

/// An answer that is none of the protocol. Whether the statements were run is not known. What is in it is not repeated: it may
/// be rows.
pub(crate) fn unreadable(what: &str) -> DatabaseError {
    DatabaseError(format!("Hrana: unreadable answer: {what}"))
}

fn code(error: &ErrorBody) -> String {
    error.code.as_ref().map_or_else(String::new, |code| format!("{code}: "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_keep_what_the_server_says() {
        for (body, text) in [
            (
                r#"{"message":"SQLite error: UNIQUE constraint failed: account.name","code":"SQLITE_CONSTRAINT"}"#,
                "Hrana: SQLITE_CONSTRAINT: SQLite error: UNIQUE constraint failed: account.name",
            ),
            (r#"{"message":"interrupted"}"#, "Hrana: interrupted"),
            (r#"{"message":"x","code":null}"#, "Hrana: x"),
        ] {
            let error = serde_json::from_str(body).expect("an error");
            assert_eq!(of_server(&error).0, text);
        }
    }

    #[test]
    fn statuses_say_what_is_wrong() {
        for (status, body, text) in [
            (
                400,
                r#"{"message":"The stream has expired due to inactivity","code":"STREAM_EXPIRED"}"#,
                "Hrana: status=400: STREAM_EXPIRED: The stream has expired due to inactivity",
            ),
            (400, "Received an invalid baton", "Hrana: status=400: Received an invalid baton"),
            (
                401,
                r#"{"error":"Unauthorized: `The JWT is invalid`"}"#,
                "Hrana: status=401: the server does not accept `database_token`: Unauthorized: `The JWT is \
                invalid`",
            ),
            (404, "", "Hrana: status=404: at `database_url` there is no libSQL server: "),
            (502, "<html>Bad Gateway</html>", "Hrana: status=502: <html>Bad Gateway</html>"),
        ] {
            let status = StatusCode::from_u16(status).expect("a status");
            assert_eq!(of_status(status, body.as_bytes()).0, text);
        }
        let long = of_status(StatusCode::BAD_GATEWAY, "ä".repeat(500).as_bytes());
        assert_eq!(long.0.chars().count(), "Hrana: status=502: ".len() + MESSAGE_LENGTH);
    }
}
