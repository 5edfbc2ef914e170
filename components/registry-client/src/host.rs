//! HTTP and name look-up of the host. Everything together ends after 10 seconds; of a response no more is read than was asked
//! for.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use berth_http_client::{Client, Error, ErrorCode};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, USER_AGENT};
use http::{Request, Response};
use url::{Position, Url};
use wasi::sockets::instance_network::instance_network;
use wasi::sockets::ip_name_lookup::{self, IpAddress};
use wasi::sockets::network::ErrorCode as NetworkError;

use crate::bindings::{Failure, LookUpError};
use crate::distribution;
use crate::upstream_client::HttpClient;

/// The host, until the deadline.
#[derive(Default)]
pub(crate) struct Host(Client);

impl HttpClient for Host {
    fn look_up(&self, name: &str) -> Result<Vec<IpAddr>, LookUpError> {
        let network = instance_network();
        let found = ip_name_lookup::resolve_addresses(&network, name).map_err(look_up_error)?;
        let mut addresses = Vec::new();
        loop {
            match found.resolve_next_address() {
                Ok(Some(address)) => addresses.push(address_of(address)),
                Ok(None) => return Ok(addresses),
                Err(NetworkError::WouldBlock) => {
                    self.0.wait(&found.subscribe()).map_err(|_| LookUpError::TimeOut)?;
                }
                Err(error) => return Err(look_up_error(error)),
            }
        }
    }

    fn get(
        &self,
        url: &Url,
        authorization: Option<&str>,
        limit: usize,
    ) -> Result<Response<Vec<u8>>, Failure> {
        let mut request = Request::get(&url[..Position::AfterQuery])
            .header(USER_AGENT, concat!("berth/", env!("CARGO_PKG_VERSION")))
            .header(ACCEPT, "application/json");
        if let Some(authorization) = authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        // A token that fits into no header is none.
        let request = request.body(Vec::new()).map_err(|_| Failure::NotARegistry)?;
        self.0.send(&request, limit).map_err(failure_of)
    }

    fn post(&self, url: &Url, json: &str) -> Result<Response<Vec<u8>>, Failure> {
        let request = Request::post(&url[..Position::AfterQuery])
            .header(USER_AGENT, concat!("berth/", env!("CARGO_PKG_VERSION")))
            .header(CONTENT_TYPE, "application/json")
            // Without a length the host sends chunks, which not every receiver reads.
            .header(CONTENT_LENGTH, json.len())
            .body(json.as_bytes().to_vec());
        let request = request.map_err(|_| Failure::NotARegistry)?;
        self.0.send(&request, 0).map_err(failure_of)
    }
}

impl distribution::Http for Host {
    fn send(&self, request: &Request<Vec<u8>>, limit: usize) -> Result<Response<Vec<u8>>, Failure> {
        self.0.send(request, limit).map_err(failure_of)
    }
}

fn address_of(address: IpAddress) -> IpAddr {
    match address {
        IpAddress::Ipv4((a, b, c, d)) => Ipv4Addr::new(a, b, c, d).into(),
        IpAddress::Ipv6((a, b, c, d, e, f, g, h)) => Ipv6Addr::new(a, b, c, d, e, f, g, h).into(),
    }
}

fn look_up_error(error: NetworkError) -> LookUpError {
    match error {
        // wasmtime, and so Spin, gives the last one where look-up is not granted.
        NetworkError::AccessDenied
        | NetworkError::NotSupported
        | NetworkError::PermanentResolverFailure => LookUpError::Unavailable,
        NetworkError::Timeout | NetworkError::TemporaryResolverFailure => LookUpError::TimeOut,
        _ => LookUpError::NotFound,
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
fn failure_of(error: Error) -> Failure {
    let code = match error {
        Error::Http(code) => code,
        Error::TimedOut => return Failure::TimeOut,
        Error::BodyTooLarge => return Failure::AnswerTooLarge,
        Error::InvalidRequest => return Failure::NotARegistry,
        Error::Closed => return Failure::Unreachable,
    };
    match code {
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
            eprintln!("error: a registry was not reached: {other:?}");
            Failure::Unreachable
        }
    }
}
