//! `berth-store`'s interface on a libSQL server, which is reached through the host's outgoing HTTP.

use berth_domain::settings::{DATABASE_TOKEN, DATABASE_URL, Setting};
use berth_hrana::{Hrana, HttpClient, Server};
use berth_http_client::{Client, Error, ErrorCode};
use berth_store::DatabaseError;
use http::{Request, Response};

/// The largest answer, in bytes: what hosts at the edge allow.
const ANSWER_LIMIT: usize = 10 * 1024 * 1024;

pub(crate) type Database = Hrana<OutgoingHttp>;

/// The database of a request.
pub(crate) fn open() -> Database {
    Hrana::new(OutgoingHttp, server)
}

fn server() -> Result<Server, DatabaseError> {
    Ok(Server { url: read(&DATABASE_URL)?, token: read(&DATABASE_TOKEN)? })
}

fn read(setting: &Setting<String>) -> Result<String, DatabaseError> {
    let text = spin_sdk::variables::get(setting.name).map_err(|error| {
        DatabaseError(format!("the setting `{}` cannot be read: {error}", setting.name))
    })?;
    setting.parse(&text).map_err(|unusable| DatabaseError(unusable.to_string()))
}

/// Each round trip has 10 seconds, 5 of them for the connection.
pub(crate) struct OutgoingHttp;

impl HttpClient for OutgoingHttp {
    fn send(&self, request: &Request<Vec<u8>>) -> Result<Response<Vec<u8>>, DatabaseError> {
        Client::default()
            .send(request, ANSWER_LIMIT)
            .map_err(|error| DatabaseError(in_words(&error)))
    }
}

/// What passes by itself is an `http error`; the rest is a matter of configuration.
fn in_words(error: &Error) -> String {
    match error {
        Error::TimedOut => "http error: timed out".into(),
        Error::Closed => "http error: connection closed".into(),
        Error::BodyTooLarge => format!("the answer of the database is larger than {ANSWER_LIMIT} bytes"),
        Error::InvalidRequest | Error::Http(ErrorCode::HttpRequestUriInvalid) => {
            "the host takes no request to the address of the database".into()
        }
        Error::Http(ErrorCode::HttpRequestDenied | ErrorCode::DestinationIpProhibited) => {
            "the host does not let this component call the database: `allowed_outbound_hosts` in its manifest, or a \
            network that the host blocks"
                .into()
        }
        Error::Http(code) => format!("http error: {code:?}"),
    }
}
