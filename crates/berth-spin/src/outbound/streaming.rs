//! Bodies that pass piece by piece, on the host's outgoing HTTP.

use berth_http_client::streaming as client;
use berth_http_client::{Error, ErrorCode};
use berth_web::outbound::streaming::{
    StreamedBody, StreamedResponse, StreamingClient, StreamingError, Timeouts, Upload,
};
use http::{Request, Response};

/// `wasi:http`, for what `allowed_outbound_hosts` of `spin.toml` lets the component call.
pub struct Imported;

impl StreamingClient for Imported {
    fn send(
        &self,
        request: Request<Vec<u8>>,
        timeouts: Timeouts,
    ) -> Result<StreamedResponse, StreamingError> {
        client::send(request, of_client(timeouts)).map(boxed).map_err(in_words)
    }

    fn upload(
        &self,
        request: Request<()>,
        timeouts: Timeouts,
    ) -> Result<Box<dyn Upload>, StreamingError> {
        let upload = client::begin(&request, of_client(timeouts)).map_err(in_words)?;
        Ok(Box::new(HostUpload(upload)))
    }
}

struct HostUpload(client::Upload);

impl Upload for HostUpload {
    fn write(&mut self, piece: &[u8]) -> Result<(), StreamingError> {
        self.0.write(piece).map_err(in_words)
    }

    fn finish(self: Box<Self>) -> Result<StreamedResponse, StreamingError> {
        self.0.finish().map(boxed).map_err(in_words)
    }
}

struct HostBody(client::Body);

impl StreamedBody for HostBody {
    fn read(&mut self) -> Result<Option<Vec<u8>>, StreamingError> {
        self.0.read().map_err(in_words)
    }
}

fn boxed(response: Response<client::Body>) -> StreamedResponse {
    response.map(|body| -> Box<dyn StreamedBody> { Box::new(HostBody(body)) })
}

fn of_client(Timeouts { head, pause }: Timeouts) -> client::Timeouts {
    client::Timeouts { head, pause }
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
fn in_words(error: Error) -> StreamingError {
    match error {
        Error::TimedOut => StreamingError::TimedOut,
        Error::Http(ErrorCode::HttpRequestDenied | ErrorCode::DestinationIpProhibited) => {
            StreamingError::NotAllowed
        }
        Error::Http(code) => StreamingError::Failed(format!("{code:?}")),
        Error::Closed => StreamingError::Failed("the connection was closed".into()),
        Error::InvalidRequest => StreamingError::Failed("this is no request".into()),
        Error::BodyTooLarge => StreamingError::Failed("the body is too large".into()),
    }
}
