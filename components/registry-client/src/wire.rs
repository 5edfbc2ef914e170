//! HTTP and name look-up on WASI. Everything together ends after 10 seconds, however the other side behaves; of an answer no
//! more is read than was asked for.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Position, Url};
use wasi::clocks::monotonic_clock;
use wasi::http::outgoing_handler;
use wasi::http::types::{
    ErrorCode, Fields, IncomingResponse, Method, OutgoingBody, OutgoingRequest, RequestOptions,
    Scheme, http_error_code,
};
use wasi::io::poll::{Pollable, poll};
use wasi::io::streams::StreamError;
use wasi::sockets::instance_network::instance_network;
use wasi::sockets::ip_name_lookup::{self, IpAddress};
use wasi::sockets::network::ErrorCode as NetworkError;

use crate::browser::Web;
use crate::reply::Reply;
use crate::{Failure, LookUpError};

const SECOND: u64 = 1_000_000_000;

/// For a connection.
const CONNECT: u64 = 5 * SECOND;

/// In all.
const ALL: u64 = 10 * SECOND;

/// How much of a body is read at a time.
const PIECE: u64 = 16 * 1024;

/// The host, until the time is up.
pub(crate) struct Wire {
    ends_at: u64,
    deadline: Pollable,
}

/// The time is up.
struct TimeUp;

impl From<TimeUp> for Failure {
    fn from(_: TimeUp) -> Self {
        Self::TimeOut
    }
}

impl Wire {
    /// From now on.
    pub(crate) fn open() -> Self {
        let ends_at = monotonic_clock::now() + ALL;
        Self { ends_at, deadline: monotonic_clock::subscribe_instant(ends_at) }
    }

    fn left(&self) -> u64 {
        self.ends_at.saturating_sub(monotonic_clock::now())
    }

    fn wait(&self, pollable: &Pollable) -> Result<(), TimeUp> {
        let ready = poll(&[pollable, &self.deadline]);
        if ready.contains(&1) { Err(TimeUp) } else { Ok(()) }
    }

    fn options(&self) -> RequestOptions {
        let options = RequestOptions::new();
        let left = self.left();
        // A host that knows no such options still meets our deadline.
        let _ = options.set_connect_timeout(Some(CONNECT.min(left)));
        let _ = options.set_first_byte_timeout(Some(left));
        let _ = options.set_between_bytes_timeout(Some(left));
        options
    }

    fn send(&self, request: OutgoingRequest) -> Result<IncomingResponse, Failure> {
        let body = request.body().map_err(|()| Failure::Unreachable)?;
        let pending =
            outgoing_handler::handle(request, Some(self.options())).map_err(failure_of)?;
        OutgoingBody::finish(body, None).map_err(failure_of)?;
        loop {
            match pending.get() {
                Some(Ok(answer)) => return answer.map_err(failure_of),
                Some(Err(())) => return Err(Failure::Unreachable),
                None => self.wait(&pending.subscribe())?,
            }
        }
    }

    fn read(&self, response: &IncomingResponse, limit: usize) -> Result<Vec<u8>, Failure> {
        let body = response.consume().map_err(|()| Failure::Unreachable)?;
        let stream = body.stream().map_err(|()| Failure::Unreachable)?;
        let mut read = Vec::new();
        loop {
            match stream.read(PIECE) {
                Ok(piece) if piece.is_empty() => self.wait(&stream.subscribe())?,
                Ok(piece) => read.extend(piece),
                Err(StreamError::Closed) => return Ok(read),
                Err(StreamError::LastOperationFailed(error)) => {
                    return Err(http_error_code(&error).map_or(Failure::Unreachable, failure_of));
                }
            }
            if read.len() > limit {
                return Err(Failure::AnswerTooLarge);
            }
            if self.left() == 0 {
                return Err(Failure::TimeOut);
            }
        }
    }
}

impl Web for Wire {
    fn look_up(&self, name: &str) -> Result<Vec<IpAddr>, LookUpError> {
        let network = instance_network();
        let found = ip_name_lookup::resolve_addresses(&network, name).map_err(look_up_error)?;
        let mut addresses = Vec::new();
        loop {
            match found.resolve_next_address() {
                Ok(Some(address)) => addresses.push(address_of(address)),
                Ok(None) => return Ok(addresses),
                Err(NetworkError::WouldBlock) => {
                    self.wait(&found.subscribe()).map_err(|TimeUp| LookUpError::TimeOut)?;
                }
                Err(error) => return Err(look_up_error(error)),
            }
        }
    }

    fn get(&self, url: &Url, authorization: Option<&str>, limit: usize) -> Result<Reply, Failure> {
        let response = self.send(request(url, authorization)?)?;
        let headers = response.headers().entries();
        let body = if limit == 0 { Vec::new() } else { self.read(&response, limit)? };
        Ok(Reply { status: response.status(), headers, body })
    }
}

fn request(url: &Url, authorization: Option<&str>) -> Result<OutgoingRequest, Failure> {
    let headers = Fields::new();
    let agent = concat!("berth/", env!("CARGO_PKG_VERSION"));
    let set = |name: &str, value: &str| {
        // A token that fits into no header is none.
        headers
            .set(&name.to_owned(), &[value.as_bytes().to_vec()])
            .map_err(|_| Failure::NotARegistry)
    };
    set("user-agent", agent)?;
    set("accept", "application/json")?;
    if let Some(authorization) = authorization {
        set("authorization", authorization)?;
    }
    let scheme = if url.scheme() == "https" { Scheme::Https } else { Scheme::Http };
    let request = OutgoingRequest::new(headers);
    request
        .set_method(&Method::Get)
        .and_then(|()| request.set_scheme(Some(&scheme)))
        .and_then(|()| request.set_authority(Some(&url[Position::BeforeHost..Position::AfterPort])))
        .and_then(|()| {
            request.set_path_with_query(Some(&url[Position::BeforePath..Position::AfterQuery]))
        })
        .map_err(|()| Failure::NotARegistry)?;
    Ok(request)
}

fn address_of(address: IpAddress) -> IpAddr {
    match address {
        IpAddress::Ipv4((a, b, c, d)) => Ipv4Addr::new(a, b, c, d).into(),
        IpAddress::Ipv6((a, b, c, d, e, f, g, h)) => Ipv6Addr::new(a, b, c, d, e, f, g, h).into(),
    }
}

fn look_up_error(error: NetworkError) -> LookUpError {
    match error {
        // The last is what wasmtime, and so Spin, says where look-up is not granted.
        NetworkError::AccessDenied
        | NetworkError::NotSupported
        | NetworkError::PermanentResolverFailure => LookUpError::Unavailable,
        NetworkError::Timeout | NetworkError::TemporaryResolverFailure => LookUpError::TimeOut,
        _ => LookUpError::NotFound,
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
fn failure_of(error: ErrorCode) -> Failure {
    match error {
        ErrorCode::DnsTimeout
        | ErrorCode::ConnectionTimeout
        | ErrorCode::ConnectionReadTimeout
        | ErrorCode::ConnectionWriteTimeout
        | ErrorCode::HttpResponseTimeout => Failure::TimeOut,
        ErrorCode::DnsError(_) | ErrorCode::DestinationNotFound => {
            Failure::NameNotResolved("the host".into())
        }
        ErrorCode::DestinationIpProhibited | ErrorCode::HttpRequestDenied => {
            Failure::AddressNotAllowed("the host".into())
        }
        ErrorCode::ConnectionRefused
        | ErrorCode::ConnectionTerminated
        | ErrorCode::DestinationUnavailable => Failure::ConnectionRefused,
        ErrorCode::TlsProtocolError
        | ErrorCode::TlsCertificateError
        | ErrorCode::TlsAlertReceived(_) => Failure::Tls,
        ErrorCode::HttpProtocolError
        | ErrorCode::HttpResponseHeaderSectionSize(_)
        | ErrorCode::HttpResponseHeaderSize(_)
        | ErrorCode::HttpResponseTransferCoding(_)
        | ErrorCode::HttpResponseContentCoding(_) => Failure::NotARegistry,
        other => {
            eprintln!("error: an upstream registry was not reached: {other:?}");
            Failure::Unreachable
        }
    }
}
