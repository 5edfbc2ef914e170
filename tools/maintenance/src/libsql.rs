//! The database on a libSQL server, through this program's own HTTP.

use std::time::Duration;

use berth_hrana::{Hrana, HttpClient, Server};
use berth_store::DatabaseError;
use http::{Request, Response};

/// How long a round trip may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The database on `server`. Nothing is asked of it yet.
pub(crate) fn connect(server: Server) -> Hrana<Http> {
    let config = ureq::Agent::config_builder()
        .timeout_global(Some(TIMEOUT))
        .http_status_as_error(false)
        .max_redirects(0)
        .build();
    Hrana::at(Http(config.into()), server)
}

pub(crate) struct Http(ureq::Agent);

impl HttpClient for Http {
    fn send(&self, request: &Request<Vec<u8>>) -> Result<Response<Vec<u8>>, DatabaseError> {
        let failed = |error: ureq::Error| DatabaseError(format!("http error: {error}"));
        let (head, mut body) = self.0.run(request.clone()).map_err(failed)?.into_parts();
        Ok(Response::from_parts(head, body.read_to_vec().map_err(failed)?))
    }
}
