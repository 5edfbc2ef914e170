//! Resolves names to addresses: those of `--resolve`, and the others with the resolver of the system.
//!
//! An instance looks each name up once ([`CachingResolver`]): it connects to the addresses that it has checked, even if the name
//! server gives others by then.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::pin::Pin;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::vec;

use berth_net::is_public;
use ipnet::IpNet;
use tokio::sync::OnceCell;
use wasmtime_wasi::p2::Pollable;
use wasmtime_wasi::runtime::AbortOnDropJoinHandle;

/// One `--resolve NAME=ADDRESS`, where ADDRESS is an IP address, or an IP address and a port that replaces
/// the one of the request.
#[derive(Clone, Debug)]
pub(crate) struct HostOverride {
    name: String,
    address: IpAddr,
    port: Option<u16>,
}

impl FromStr for HostOverride {
    type Err = String;

    fn from_str(argument: &str) -> Result<Self, Self::Err> {
        let (name, address) = argument.split_once('=').ok_or("expected NAME=ADDRESS")?;
        let name = name.to_ascii_lowercase();
        if let Ok(address) = address.parse() {
            return Ok(Self { name, address, port: None });
        }
        let address: SocketAddr =
            address.parse().map_err(|_| format!("{address:?} is no IP address, nor IP:PORT"))?;
        Ok(Self { name, address: address.ip(), port: Some(address.port()) })
    }
}

/// One item of `--block-networks`, as in Spin's `block_networks`.
#[derive(Clone, Debug)]
pub(crate) enum BlockedNetwork {
    /// All addresses that are not public.
    Private,
    Network(IpNet),
}

impl FromStr for BlockedNetwork {
    type Err = String;

    fn from_str(argument: &str) -> Result<Self, Self::Err> {
        if argument == "private" {
            return Ok(Self::Private);
        }
        let network = argument.parse().or_else(|_| argument.parse().map(IpAddr::into));
        let network = network.map_err(|_| format!("{argument:?} is no CIDR, nor `private`"))?;
        Ok(Self::Network(network))
    }
}

impl BlockedNetwork {
    fn contains(&self, address: IpAddr) -> bool {
        match self {
            Self::Private => !is_public(address),
            Self::Network(network) => network.contains(&address),
        }
    }
}

/// What resolves the names without an override.
pub(crate) trait NameService: Send + Sync {
    /// The addresses of `host`, best first.
    fn look_up<'a>(&'a self, host: &'a str, guard: &CallGuard) -> Resolving<'a>;
}

/// Kept until the system's resolver has finished, so that the call which needs it counts until then.
pub(crate) type CallGuard = Arc<dyn Send + Sync>;

pub(crate) type Resolving<'a> = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send + 'a>>;

/// The resolver of the operating system.
struct SystemResolver;

impl NameService for SystemResolver {
    fn look_up<'a>(&'a self, host: &'a str, guard: &CallGuard) -> Resolving<'a> {
        let (host, guard) = (host.to_owned(), guard.clone());
        let look_up = move || {
            let found = (host.as_str(), 0).to_socket_addrs();
            drop(guard);
            Ok(found?.map(|address| address.ip()).collect())
        };
        Box::pin(async move { tokio::task::spawn_blocking(look_up).await? })
    }
}

/// Finds the addresses of names.
pub(crate) struct Resolver {
    overrides: HashMap<String, HostOverride>,
    blocked: Vec<BlockedNetwork>,
    service: Box<dyn NameService>,
}

impl Resolver {
    pub(crate) fn new(overrides: Vec<HostOverride>, blocked: Vec<BlockedNetwork>) -> Arc<Self> {
        Self::with_service(overrides, blocked, SystemResolver)
    }

    fn with_service(
        overrides: Vec<HostOverride>,
        blocked: Vec<BlockedNetwork>,
        service: impl NameService + 'static,
    ) -> Arc<Self> {
        let overrides = overrides.into_iter().map(|it| (normalize(&it.name), it)).collect();
        Arc::new(Self { overrides, blocked, service: Box::new(service) })
    }

    /// Whether connections to `address` are blocked. It is asked for the address of the connection itself, so that a name server
    /// which changes its answer does not get around it.
    pub(crate) fn blocks(&self, address: IpAddr) -> bool {
        self.blocked.iter().any(|network| network.contains(address.to_canonical()))
    }

    async fn resolve(&self, host: &str, guard: &CallGuard) -> io::Result<Vec<Address>> {
        if let Some(HostOverride { address, port, .. }) = self.overrides.get(host) {
            return Ok(vec![Address { ip: *address, port: *port }]);
        }
        let found = match host.parse::<IpAddr>() {
            Ok(address) => vec![address],
            Err(_) => self.service.look_up(host, guard).await?,
        };
        Ok(found.into_iter().map(|ip| Address { ip, port: None }).collect())
    }
}

/// An address of a name, and the port of an override.
#[derive(Clone, Copy)]
struct Address {
    ip: IpAddr,
    port: Option<u16>,
}

/// A host in the form in which names are compared: in lower case, without the brackets of an IPv6 address and without the dot at
/// the end.
fn normalize(host: &str) -> String {
    let host = host.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
    host.strip_suffix('.').map(str::to_owned).unwrap_or(host)
}

/// The look-ups of one instance: each name is looked up once, and its addresses stay the same until the instance ends.
#[derive(Clone)]
pub(crate) struct CachingResolver {
    resolver: Arc<Resolver>,
    cache: Arc<Mutex<HashMap<String, Addresses>>>,
}

/// The addresses of a name, once they are known. Look-ups of one name at the same time are one.
type Addresses = Arc<OnceCell<Vec<Address>>>;

impl CachingResolver {
    pub(crate) fn new(resolver: &Arc<Resolver>) -> Self {
        Self { resolver: resolver.clone(), cache: Arc::default() }
    }

    /// The addresses for a connection to `host:port`, best first. `guard` is dropped when the look-up has ended, even if this
    /// future is dropped before.
    ///
    /// # Errors
    /// The name cannot be resolved.
    pub(crate) async fn resolve(
        &self,
        host: &str,
        port: u16,
        guard: &CallGuard,
    ) -> io::Result<Vec<SocketAddr>> {
        let host = normalize(host);
        let addresses = {
            let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
            cache.entry(host.clone()).or_default().clone()
        };
        let found = addresses.get_or_try_init(|| self.resolver.resolve(&host, guard)).await?;
        let with_port = |address: &Address| (address.ip, address.port.unwrap_or(port)).into();
        Ok(found.iter().map(with_port).collect())
    }

    /// Whether connections to `address` are blocked.
    pub(crate) fn blocks(&self, address: IpAddr) -> bool {
        self.resolver.blocks(address)
    }
}

/// A look-up of a component, running or done.
#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct Lookup(Progress);

enum Progress {
    Running(AbortOnDropJoinHandle<Result<Vec<IpAddr>, NotFound>>),
    Done(Result<vec::IntoIter<IpAddr>, NotFound>),
}

/// The name cannot be resolved.
#[derive(Clone, Copy)]
pub(crate) struct NotFound;

impl Lookup {
    /// Looks `name` up. `guard` is dropped when that has ended.
    pub(crate) fn start(resolver: CachingResolver, name: String, guard: CallGuard) -> Self {
        Self(Progress::Running(wasmtime_wasi::runtime::spawn(async move {
            let found = resolver.resolve(&name, 0, &guard).await.map_err(|error| {
                tracing::debug!("cannot resolve {name:?}: {error}");
                NotFound
            })?;
            Ok(found.into_iter().map(|address| address.ip().to_canonical()).collect())
        })))
    }

    /// The next address; `None` as long as the look-up is running.
    pub(crate) fn next(&mut self) -> Option<Result<Option<IpAddr>, NotFound>> {
        match &mut self.0 {
            Progress::Running(_) => None,
            Progress::Done(Ok(addresses)) => Some(Ok(addresses.next())),
            Progress::Done(Err(error)) => Some(Err(*error)),
        }
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Lookup {
    async fn ready(&mut self) {
        if let Progress::Running(task) = &mut self.0 {
            self.0 = Progress::Done(task.await.map(Vec::into_iter));
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
pub(crate) mod tests {
    use std::sync::atomic::{AtomicU8, Ordering};

    use super::*;

    /// A name server that gives another address each time: 127.0.0.1, 127.0.0.2, …
    #[derive(Default)]
    struct Rebinding(AtomicU8);

    impl NameService for Rebinding {
        fn look_up<'a>(&'a self, _host: &'a str, _guard: &CallGuard) -> Resolving<'a> {
            let last = self.0.fetch_add(1, Ordering::Relaxed) + 1;
            Box::pin(async move { Ok(vec![IpAddr::from([127, 0, 0, last])]) })
        }
    }

    fn no_guard() -> CallGuard {
        Arc::new(())
    }

    /// A resolver whose name server gives another address each time.
    pub(crate) fn rebinding() -> CachingResolver {
        let overrides = vec!["Pinned.example.=127.0.0.9:99".parse().unwrap()];
        CachingResolver::new(&Resolver::with_service(overrides, Vec::new(), Rebinding::default()))
    }

    #[tokio::test]
    async fn an_instance_connects_to_what_it_looked_up() {
        let resolver = rebinding();
        let first = resolver.resolve("rebind.example", 0, &no_guard()).await.unwrap();
        assert_eq!(first, ["127.0.0.1:0".parse().unwrap()]);
        for spelling in ["rebind.example", "REBIND.example", "rebind.example.", "Rebind.Example."] {
            let again = resolver.resolve(spelling, 80, &no_guard()).await.unwrap();
            assert_eq!(again, ["127.0.0.1:80".parse().unwrap()], "{spelling}");
        }
        let other = resolver.resolve("other.example", 80, &no_guard()).await.unwrap();
        assert_eq!(other, ["127.0.0.2:80".parse().unwrap()]);
        // Another instance looks it up itself.
        let another = CachingResolver::new(&resolver.resolver)
            .resolve("rebind.example", 80, &no_guard())
            .await
            .unwrap();
        assert_eq!(another, ["127.0.0.3:80".parse().unwrap()]);
    }

    #[tokio::test]
    async fn look_ups_of_one_name_at_the_same_time_are_one() {
        let resolver = rebinding();
        let guard = no_guard();
        let (one, other) = tokio::join!(
            resolver.resolve("a.example", 1, &guard),
            resolver.resolve("A.example", 1, &guard)
        );
        assert_eq!(one.unwrap(), other.unwrap());
    }

    #[tokio::test]
    async fn addresses_and_overrides_are_not_looked_up() {
        let resolver = rebinding();
        for (host, address) in [
            ("[::1]", "[::1]:80"),
            ("::1", "[::1]:80"),
            ("192.0.2.7", "192.0.2.7:80"),
            ("PINNED.example", "127.0.0.9:99"),
            ("pinned.example.", "127.0.0.9:99"),
            ("x.example", "127.0.0.1:80"),
        ] {
            let found = resolver.resolve(host, 80, &no_guard()).await.unwrap();
            assert_eq!(found, [address.parse().unwrap()], "{host}");
        }
    }
}
