//! Outgoing HTTP: which hosts a component may call (`allowed_outbound_hosts`, in Spin's syntax),
//! and the call itself.

use std::net::IpAddr;
use std::ops::Range;
use std::pin::Pin;
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use bytes::Bytes;
use http::uri::Scheme;
use http_body::Frame;
use http_body_util::BodyExt;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

use crate::client::Client;
use crate::deadline::Progress;
use crate::quota::{Quota, Reservation};
use crate::resolve::{CachingResolver, CallGuard};
use crate::variables::Values;

/// How long to wait for a connection if the component sets no time-out of its own. The request's
/// deadline bounds the rest.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long to wait for a response, or between two parts of it, likewise.
const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// How long to wait for a response of a request that streams, likewise: most come after a body of any length, and the request's progress
/// bounds that.
const STREAMED_READ_TIMEOUT: Duration = Duration::from_secs(7 * 24 * 3600);
/// The largest piece of a body that a component which streams writes at a time, in bytes. Two are on their way at most.
const STREAMED_PIECE_BYTES: usize = 256 * 1024;
/// How much of a response is read ahead for such a component, in bytes.
const STREAMED_READ_BYTES: usize = 64 * 1024;

/// The outgoing calls that a component may make.
pub(crate) struct Outbound {
    /// The name of the component, for the log.
    pub(crate) component: String,
    pub(crate) allowed: Vec<AllowedHost>,
    /// A permit for each call that this component may have at a time.
    pub(crate) calls: Arc<Semaphore>,
}

/// The outgoing calls of an instance. Each counts until its response has been read: for the client of the request, for the
/// component, and in all. A call beyond a limit fails at once, since what occupies the others is the speed of other servers.
#[derive(Clone)]
pub(crate) struct Calls {
    pub(crate) outbound: Arc<Outbound>,
    client: Client,
    quota: Arc<Quota>,
}

/// A call or a look-up in progress.
pub(crate) struct Call {
    _of_client: Reservation,
    _of_component: OwnedSemaphorePermit,
}

impl Calls {
    pub(crate) fn new(outbound: &Arc<Outbound>, client: Client, quota: &Arc<Quota>) -> Self {
        Self { outbound: outbound.clone(), client, quota: quota.clone() }
    }

    /// Begins a call. `None`: a limit is reached.
    pub(crate) fn begin(&self) -> Option<Arc<Call>> {
        let of_component = self.outbound.calls.clone().try_acquire_owned().ok();
        let of_client = self.quota.try_reserve(self.client, 1);
        let call = of_client.zip(of_component).map(|(of_client, of_component)| {
            Arc::new(Call { _of_client: of_client, _of_component: of_component })
        });
        if call.is_none() {
            tracing::debug!("component {:?} makes too many calls", self.outbound.component);
        }
        call
    }
}

impl Outbound {
    fn allows(&self, scheme: &str, host: &str, port: u16) -> bool {
        self.allowed.iter().any(|allowed| allowed.matches(scheme, host, port))
    }
}

/// One entry of `allowed_outbound_hosts`: `https://*.example.com:443`.
#[derive(Debug, PartialEq)]
pub(crate) struct AllowedHost {
    /// `None` is any.
    scheme: Option<String>,
    host: HostPattern,
    ports: Range<u32>,
}

#[derive(Debug, PartialEq)]
enum HostPattern {
    Any,
    Exactly(String),
    /// With the dot: `.example.com`.
    SubdomainOf(String),
    Network(ipnet::IpNet),
}

impl AllowedHost {
    /// Parses one entry of the manifest. With a template it may become a whole address, such as
    /// that of a mail gateway, of which the host counts; or an empty text, which allows nothing.
    pub(crate) fn of_template(entry: &str, values: &Values) -> Result<Option<Self>> {
        let expanded = values.expand(entry)?;
        if expanded == entry {
            return Self::parse(entry).map(Some);
        }
        let address = expanded.trim();
        if address.is_empty() {
            return Ok(None);
        }
        let host = address.find("://").map_or(0, |scheme| scheme + 3);
        let end = address[host..].find(['/', '?', '#']).map_or(address.len(), |path| host + path);
        Self::parse(&address[..end]).map(Some)
    }

    /// Parses one entry whose templates are expanded.
    fn parse(entry: &str) -> Result<Self> {
        Self::parse_parts(entry).with_context(|| format!("allowed_outbound_hosts: {entry:?}"))
    }

    fn parse_parts(entry: &str) -> Result<Self> {
        let (scheme, rest) = entry.split_once("://").context("write it as SCHEME://HOST:PORT")?;
        let scheme = match scheme {
            "*" => None,
            "http" | "https" => Some(scheme.to_owned()),
            _ => bail!("scheme {scheme:?} is not supported, only http, https and *"),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = split_port(rest);
        let ports = match (port, scheme.as_deref()) {
            (Some(port), _) => parse_ports(port)?,
            (None, Some("http")) => 80..81,
            (None, Some(_)) => 443..444,
            (None, None) => bail!("scheme * needs a port, or :*"),
        };
        Ok(Self { scheme, host: HostPattern::parse(host)?, ports })
    }

    fn matches(&self, scheme: &str, host: &str, port: u16) -> bool {
        self.scheme.as_deref().is_none_or(|own| own == scheme)
            && self.ports.contains(&u32::from(port))
            && self.host.matches(host)
    }
}

/// Splits `host:port`, where the host may be `[::1]` or a network like `10.0.0.0/8`.
fn split_port(host_and_port: &str) -> (&str, Option<&str>) {
    match host_and_port.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (host_and_port, None),
    }
}

fn parse_ports(ports: &str) -> Result<Range<u32>> {
    let number = |text: &str| {
        text.parse::<u16>().map(u32::from).with_context(|| format!("{text:?} is no port"))
    };
    Ok(match ports.split_once("..") {
        _ if ports == "*" => 0..65_536,
        Some((first, end)) => number(first)?..number(end)?,
        None => number(ports)?..number(ports)? + 1,
    })
}

impl HostPattern {
    fn parse(host: &str) -> Result<Self> {
        let host = host.to_ascii_lowercase();
        ensure!(!host.is_empty(), "there is no host");
        let internal =
            host == "self" || host.starts_with("self.") || host.ends_with(".spin.internal");
        ensure!(!internal, "calls to the application itself are not supported");
        if host == "*" {
            return Ok(Self::Any);
        }
        if let Some(domain) = host.strip_prefix("*.") {
            ensure!(!domain.contains('*'), "* may only be the first part of a name");
            return Ok(Self::SubdomainOf(format!(".{domain}")));
        }
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        if let Ok(network) = bare.parse() {
            return Ok(Self::Network(network));
        }
        ensure!(!host.contains(['*', '/', '?', '#', '@']), "{host:?} is no host");
        Ok(Self::Exactly(host))
    }

    fn matches(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        match self {
            Self::Any => true,
            Self::Exactly(own) => *own == host,
            Self::SubdomainOf(suffix) => host.ends_with(suffix),
            Self::Network(network) => host
                .trim_start_matches('[')
                .trim_end_matches(']')
                .parse::<IpAddr>()
                .is_ok_and(|address| network.contains(&address)),
        }
    }
}

/// How `wasi:http/outgoing-handler` sends for one instance.
pub(crate) struct Hooks {
    pub(crate) calls: Calls,
    pub(crate) resolver: CachingResolver,
    /// Of a component that streams.
    pub(crate) progress: Option<Progress>,
}

type Sent =
    Result<(http::Response<WasiBody>, Box<dyn Future<Output = Result<(), Error>> + Send>), Error>;

impl WasiHttpHooks for Hooks {
    fn send_request(
        &mut self,
        request: http::Request<WasiBody>,
        options: Option<RequestOptions>,
        _sent: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Sent> + Send> {
        let (calls, resolver) = (self.calls.clone(), self.resolver.clone());
        let (progress, options) = (self.progress.clone(), options.unwrap_or_default());
        Box::new(async move { send(&calls, &resolver, request, options, progress).await })
    }

    fn p2_outgoing_body_buffer_chunks(&mut self) -> usize {
        // Enough for nearly every response to be complete before the first byte is sent, so that it leaves in one piece. wasmtime adds one.
        if self.progress.is_some() { 1 } else { 8 }
    }

    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        let usual = wasmtime_wasi_http::p2::DEFAULT_OUTGOING_BODY_CHUNK_SIZE;
        if self.progress.is_some() { STREAMED_PIECE_BYTES } else { usual }
    }
}

async fn send(
    calls: &Calls,
    resolver: &CachingResolver,
    mut request: http::Request<WasiBody>,
    options: RequestOptions,
    progress: Option<Progress>,
) -> Sent {
    let outbound = &calls.outbound;
    let target = Target::of(request.uri())?;
    if !outbound.allows(target.scheme(), &target.host, target.port) {
        let name = &outbound.component;
        tracing::warn!(
            "component {name:?} may not call {target}: add {:?} to its allowed_outbound_hosts",
            target.to_string()
        );
        return Err(Error::HttpRequestDenied);
    }
    let call = calls.begin().ok_or(Error::ConnectionLimitReached)?;
    let connect_timeout = options.connect_timeout.unwrap_or(CONNECT_TIMEOUT);
    let guard: CallGuard = call.clone();
    let connected = tokio::time::timeout(connect_timeout, target.connect(resolver, &guard)).await;
    let stream = connected.map_err(|_| Error::ConnectionTimeout)??;
    let mut client = hyper::client::conn::http1::Builder::new();
    if progress.is_some() {
        client.max_buf_size(STREAMED_READ_BYTES);
    }
    let (mut sender, connection) = client.handshake(TokioIo::new(stream)).await?;
    let driver = wasmtime_wasi::runtime::spawn(connection);

    // Absolute only towards a proxy.
    *request.uri_mut() =
        request.uri().path_and_query().map_or(http::Uri::default(), |path| path.clone().into());
    let read_timeout = progress.as_ref().map_or(READ_TIMEOUT, |_| STREAMED_READ_TIMEOUT);
    let first_byte_timeout = options.first_byte_timeout.unwrap_or(read_timeout);
    let request = request.map(|body| Observed { body, progress: progress.clone() }.boxed_unsync());
    let answered = tokio::time::timeout(first_byte_timeout, sender.send_request(request)).await;
    let response = answered.map_err(|_| Error::ConnectionReadTimeout)??;
    let default_pause = progress.as_ref().map_or(READ_TIMEOUT, Progress::pause);
    let pause = options.between_bytes_timeout.unwrap_or(default_pause);
    let response = response.map(|body| {
        let body = TimedBody { body, pause, timer: None, _call: call };
        Observed { body, progress }.boxed_unsync()
    });
    Ok((response, Box::new(async move { driver.await.map_err(Error::from) })))
}

/// A body whose pieces are progress.
struct Observed<B> {
    body: B,
    progress: Option<Progress>,
}

impl<B: http_body::Body<Data = Bytes> + Unpin> http_body::Body for Observed<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        if let (Some(Ok(_)), Some(progress)) = (&frame, &self.progress) {
            progress.made();
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.body.size_hint()
    }
}

/// Where a request goes.
struct Target {
    tls: bool,
    host: String,
    port: u16,
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}://{}:{}", self.scheme(), self.host, self.port)
    }
}

impl Target {
    fn of(uri: &http::Uri) -> Result<Self, Error> {
        let host = uri.host().ok_or(Error::HttpRequestUriInvalid)?.to_owned();
        let tls = uri.scheme() == Some(&Scheme::HTTPS);
        Ok(Self { tls, host, port: uri.port_u16().unwrap_or(if tls { 443 } else { 80 }) })
    }

    fn scheme(&self) -> &'static str {
        if self.tls { "https" } else { "http" }
    }

    async fn connect(
        &self,
        resolver: &CachingResolver,
        guard: &CallGuard,
    ) -> Result<Box<dyn Stream>, Error> {
        let addresses = resolver.resolve(&self.host, self.port, guard).await.map_err(|error| {
            tracing::info!("cannot resolve {:?}: {error}", self.host);
            Error::DnsError { rcode: None, info_code: None }
        })?;
        let addresses: Vec<_> =
            addresses.into_iter().filter(|address| !resolver.blocks(address.ip())).collect();
        if addresses.is_empty() {
            tracing::warn!("no connection to {self}: its addresses are in blocked networks");
            return Err(Error::DestinationIpProhibited);
        }
        let tcp = TcpStream::connect(&*addresses).await.map_err(Error::Connect)?;
        tcp.set_nodelay(true).map_err(Error::Connect)?;
        begin_tls(self.tls, &self.host, tcp).await.map_err(Error::Tls)
    }
}

/// The stream for HTTP on a TCP connection to `host`: with TLS if `tls`.
///
/// # Errors
/// TLS fails, or `host` is no name for it.
pub(crate) async fn begin_tls(
    tls: bool,
    host: &str,
    tcp: TcpStream,
) -> std::io::Result<Box<dyn Stream>> {
    if !tls {
        return Ok(Box::new(tcp));
    }
    let name = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let name = ServerName::try_from(name).map_err(std::io::Error::other)?;
    Ok(Box::new(TlsConnector::from(TLS.clone()).connect(name, tcp).await?))
}

pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Trusts Mozilla's list of authorities, whatever the machine trusts.
static TLS: LazyLock<Arc<ClientConfig>> = LazyLock::new(|| {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.into() };
    Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth())
});

/// A response body with a time-out between two parts. It runs while the next part is waited for, and not while the component does
/// something else.
struct TimedBody {
    body: hyper::body::Incoming,
    pause: Duration,
    timer: Option<Pin<Box<tokio::time::Sleep>>>,
    _call: Arc<Call>,
}

impl http_body::Body for TimedBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let this = &mut *self;
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(cx) {
            this.timer = None;
            return Poll::Ready(frame.map(|frame| frame.map_err(Error::from)));
        }
        let timer = this.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep(this.pause)));
        ready!(timer.as_mut().poll(cx));
        Poll::Ready(Some(Err(Error::ConnectionReadTimeout)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn allows(entry: &str, url: &str) -> bool {
        let target = Target::of(&url.parse().unwrap()).unwrap();
        AllowedHost::parse(entry).unwrap().matches(target.scheme(), &target.host, target.port)
    }

    #[test]
    fn an_entry_allows_what_it_says() {
        for (entry, url) in [
            ("https://example.com", "https://example.com/x"),
            ("https://example.com/", "https://EXAMPLE.com:443/x"),
            ("http://example.com", "http://example.com:80"),
            ("https://*.example.com:443", "https://a.b.example.com"),
            ("*://*:*", "http://10.0.0.1:9"),
            ("https://*", "https://anything"),
            ("http://127.0.0.1:8000..9000", "http://127.0.0.1:8999"),
            ("http://10.0.0.0/8:80", "http://10.1.2.3"),
            ("http://[::1]:8080", "http://[::1]:8080"),
            ("http://[fd00::/8]:*", "http://[fd12::1]:1"),
        ] {
            assert!(allows(entry, url), "{entry} {url}");
        }
    }

    #[test]
    fn an_entry_allows_nothing_else() {
        for (entry, url) in [
            ("https://example.com", "http://example.com:443"),
            ("https://example.com", "https://example.com:444"),
            ("https://example.com", "https://example.com.evil.test"),
            ("https://*.example.com", "https://example.com"),
            ("https://*.example.com", "https://evilexample.com"),
            ("http://127.0.0.1:8000..9000", "http://127.0.0.1:9000"),
            ("http://10.0.0.0/8:80", "http://11.1.2.3"),
            ("http://10.0.0.0/8:80", "http://10.example.com"),
            ("https://*", "https://anything:8443"),
        ] {
            assert!(!allows(entry, url), "{entry} {url}");
        }
    }

    /// Whether an entry with a template allows a call, once its variable has this value.
    fn template_allows(value: &str, url: &str) -> Result<bool> {
        let declared = toml::from_str("gateway = { default = '' }").unwrap();
        let values = Values::resolve(&declared, &[("gateway".into(), value.into())], |_| None)?;
        let target = Target::of(&url.parse().unwrap()).unwrap();
        let allowed = AllowedHost::of_template("{{ gateway }}", &values)?;
        Ok(allowed.is_some_and(|it| it.matches(target.scheme(), &target.host, target.port)))
    }

    #[test]
    fn of_an_address_in_a_variable_the_host_counts() {
        let gateway = "https://mail.example/v1/send?to=http://10.0.0.1:*";
        for (value, url, allowed) in [
            (gateway, "https://mail.example/other", true),
            (gateway, "http://mail.example/v1/send", false),
            (gateway, "https://mail.example:8443/v1/send", false),
            (gateway, "http://10.0.0.1/", false),
            (" http://127.0.0.1:8025 ", "http://127.0.0.1:8025/send", true),
            ("http://[::1]:8025/send", "http://[::1]:8025/send", true),
            ("", "https://mail.example/", false),
            (" ", "https://mail.example/", false),
        ] {
            assert_eq!(template_allows(value, url).unwrap(), allowed, "{value:?} {url}");
        }
        for nonsense in ["mail.example", "ftp://mail.example/", "https:///send"] {
            let error = format!("{:#}", template_allows(nonsense, "http://x/").unwrap_err());
            assert!(error.contains("allowed_outbound_hosts"), "{nonsense}: {error}");
        }
    }

    /// Two servers on one port of two addresses: the name server gives the address of the second when it is asked again.
    #[tokio::test]
    async fn a_request_goes_to_the_address_that_was_looked_up() {
        let checked = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = checked.local_addr().unwrap().port();
        let internal = tokio::net::TcpListener::bind(("127.0.0.2", port)).await.unwrap();
        let resolver = crate::resolve::tests::rebinding();
        let guard: CallGuard = Arc::new(());
        let seen = resolver.resolve("rebind.example", 0, &guard).await.unwrap();
        assert_eq!(seen, ["127.0.0.1:0".parse().unwrap()]);
        for spelling in ["rebind.example", "REBIND.Example."] {
            let url = format!("http://{spelling}:{port}/token").parse().unwrap();
            Target::of(&url).unwrap().connect(&resolver, &guard).await.unwrap();
            tokio::select! {
                accepted = checked.accept() => drop(accepted.unwrap()),
                _ = internal.accept() => panic!("{spelling} was looked up again"),
            }
        }
    }

    #[test]
    fn what_is_no_entry_is_refused_with_a_reason() {
        for (entry, said) in [
            ("example.com", "SCHEME://HOST:PORT"),
            ("insecure:allow-all", "SCHEME://HOST:PORT"),
            ("postgres://example.com", "scheme \"postgres\" is not supported"),
            ("*://example.com", "scheme * needs a port"),
            ("https://self", "calls to the application itself"),
            ("http://x.spin.internal", "calls to the application itself"),
            ("https://a.*.com", "is no host"),
            ("https://example.com/path", "is no host"),
            ("https://example.com:http", "\"http\" is no port"),
            ("https://", "there is no host"),
        ] {
            let error = format!("{:#}", AllowedHost::parse(entry).unwrap_err());
            assert!(error.contains(said), "{entry}: {error}");
        }
    }
}
