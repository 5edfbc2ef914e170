//! Names to addresses: the pins of `--resolve`, and the system's resolver for the rest.
//!
//! An instance looks each name up once ([`Names`]): it connects to the addresses that it has checked,
//! although the name server may say something else by then.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::pin::Pin as Pinned;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::vec;

use berth_net::is_public;
use ipnet::IpNet;
use tokio::sync::OnceCell;
use wasmtime_wasi::p2::Pollable;
use wasmtime_wasi::runtime::AbortOnDropJoinHandle;

/// One `--resolve NAME=ADDRESS`, ADDRESS being an IP address, or an IP address and a port that
/// replaces the one asked for.
#[derive(Clone, Debug)]
pub(crate) struct Pin {
    name: String,
    address: IpAddr,
    port: Option<u16>,
}

impl FromStr for Pin {
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
    /// All networks that are not the Internet's.
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

/// Whoever is asked for names that are not pinned.
pub(crate) trait NameService: Send + Sync {
    /// The addresses of `host`, best first.
    fn look_up<'a>(&'a self, host: &'a str, held: &Held) -> LookingUp<'a>;
}

/// What counts as in use while the system's resolver works, such as the call that it is a part of.
pub(crate) type Held = Arc<dyn Send + Sync>;

pub(crate) type LookingUp<'a> =
    Pinned<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send + 'a>>;

/// The machine's own resolver.
struct System;

impl NameService for System {
    fn look_up<'a>(&'a self, host: &'a str, held: &Held) -> LookingUp<'a> {
        let (host, held) = (host.to_owned(), held.clone());
        let look_up = move || {
            let found = (host.as_str(), 0).to_socket_addrs();
            drop(held);
            Ok(found?.map(|address| address.ip()).collect())
        };
        Box::pin(async move { tokio::task::spawn_blocking(look_up).await? })
    }
}

/// Finds the addresses of names.
pub(crate) struct Resolver {
    pins: HashMap<String, Pin>,
    blocked: Vec<BlockedNetwork>,
    service: Box<dyn NameService>,
}

impl Resolver {
    pub(crate) fn new(pins: Vec<Pin>, blocked: Vec<BlockedNetwork>) -> Arc<Self> {
        Self::asking(pins, blocked, System)
    }

    fn asking(
        pins: Vec<Pin>,
        blocked: Vec<BlockedNetwork>,
        service: impl NameService + 'static,
    ) -> Arc<Self> {
        let pins = pins.into_iter().map(|pin| (plain(&pin.name), pin)).collect();
        Arc::new(Self { pins, blocked, service: Box::new(service) })
    }

    /// Whether a connection to `address` must not be made. Asked of the very address that is connected to, so that no name
    /// server gets around it by changing its mind.
    pub(crate) fn blocks(&self, address: IpAddr) -> bool {
        self.blocked.iter().any(|network| network.contains(address.to_canonical()))
    }

    async fn resolve(&self, host: &str, held: &Held) -> io::Result<Vec<Address>> {
        if let Some(Pin { address, port, .. }) = self.pins.get(host) {
            return Ok(vec![Address { ip: *address, port: *port }]);
        }
        let found = match host.parse::<IpAddr>() {
            Ok(address) => vec![address],
            Err(_) => self.service.look_up(host, held).await?,
        };
        Ok(found.into_iter().map(|ip| Address { ip, port: None }).collect())
    }
}

/// An address of a name, and the port that a pin has in place of the one asked for.
#[derive(Clone, Copy)]
struct Address {
    ip: IpAddr,
    port: Option<u16>,
}

/// A host as names are compared, however it was spelled: in lower case, without the brackets of an IPv6 address and without
/// the dot at the end.
fn plain(host: &str) -> String {
    let host = host.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
    host.strip_suffix('.').map(str::to_owned).unwrap_or(host)
}

/// What one instance knows of names: each is looked up once, and its first answer holds until the instance ends.
#[derive(Clone)]
pub(crate) struct Names {
    resolver: Arc<Resolver>,
    known: Arc<Mutex<HashMap<String, Answer>>>,
}

/// The answer to a look-up, once it has come. Those who ask at the same time wait for the same.
type Answer = Arc<OnceCell<Vec<Address>>>;

impl Names {
    pub(crate) fn new(resolver: &Arc<Resolver>) -> Self {
        Self { resolver: resolver.clone(), known: Arc::default() }
    }

    /// Where to connect for `host:port`, best first. `held` is let go when the look-up is over, whether or not anybody still
    /// waits for it.
    pub(crate) async fn resolve(
        &self,
        host: &str,
        port: u16,
        held: &Held,
    ) -> io::Result<Vec<SocketAddr>> {
        let host = plain(host);
        let answer = {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            known.entry(host.clone()).or_default().clone()
        };
        let found = answer.get_or_try_init(|| self.resolver.resolve(&host, held)).await?;
        let with_port = |address: &Address| (address.ip, address.port.unwrap_or(port)).into();
        Ok(found.iter().map(with_port).collect())
    }

    /// Whether a connection to `address` must not be made.
    pub(crate) fn blocks(&self, address: IpAddr) -> bool {
        self.resolver.blocks(address)
    }
}

/// A component's look-up, running or done.
#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct Lookup(Progress);

enum Progress {
    Running(AbortOnDropJoinHandle<Result<Vec<IpAddr>, NotFound>>),
    Done(Result<vec::IntoIter<IpAddr>, NotFound>),
}

/// The look-up gave no address.
#[derive(Clone, Copy)]
pub(crate) struct NotFound;

impl Lookup {
    /// Looks `name` up. `held` is let go when that is over.
    pub(crate) fn start(names: Names, name: String, held: Held) -> Self {
        Self(Progress::Running(wasmtime_wasi::runtime::spawn(async move {
            let found = names.resolve(&name, 0, &held).await.map_err(|error| {
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
        fn look_up<'a>(&'a self, _host: &'a str, _held: &Held) -> LookingUp<'a> {
            let last = self.0.fetch_add(1, Ordering::Relaxed) + 1;
            Box::pin(async move { Ok(vec![IpAddr::from([127, 0, 0, last])]) })
        }
    }

    fn nothing() -> Held {
        Arc::new(())
    }

    /// What instances know whose name server changes its mind.
    pub(crate) fn rebinding() -> Names {
        let pins = vec!["Pinned.example.=127.0.0.9:99".parse().unwrap()];
        Names::new(&Resolver::asking(pins, Vec::new(), Rebinding::default()))
    }

    #[tokio::test]
    async fn an_instance_connects_to_what_it_looked_up() {
        let names = rebinding();
        let first = names.resolve("rebind.example", 0, &nothing()).await.unwrap();
        assert_eq!(first, ["127.0.0.1:0".parse().unwrap()]);
        for spelling in ["rebind.example", "REBIND.example", "rebind.example.", "Rebind.Example."] {
            let again = names.resolve(spelling, 80, &nothing()).await.unwrap();
            assert_eq!(again, ["127.0.0.1:80".parse().unwrap()], "{spelling}");
        }
        let other = names.resolve("other.example", 80, &nothing()).await.unwrap();
        assert_eq!(other, ["127.0.0.2:80".parse().unwrap()]);
        // Another instance has an answer of its own.
        let another =
            Names::new(&names.resolver).resolve("rebind.example", 80, &nothing()).await.unwrap();
        assert_eq!(another, ["127.0.0.3:80".parse().unwrap()]);
    }

    #[tokio::test]
    async fn those_who_ask_at_the_same_time_get_the_same_answer() {
        let names = rebinding();
        let held = nothing();
        let (one, other) = tokio::join!(
            names.resolve("a.example", 1, &held),
            names.resolve("A.example", 1, &held)
        );
        assert_eq!(one.unwrap(), other.unwrap());
    }

    #[tokio::test]
    async fn addresses_and_pins_are_not_looked_up() {
        let names = rebinding();
        for (host, address) in [
            ("[::1]", "[::1]:80"),
            ("::1", "[::1]:80"),
            ("192.0.2.7", "192.0.2.7:80"),
            ("PINNED.example", "127.0.0.9:99"),
            ("pinned.example.", "127.0.0.9:99"),
            ("x.example", "127.0.0.1:80"),
        ] {
            let found = names.resolve(host, 80, &nothing()).await.unwrap();
            assert_eq!(found, [address.parse().unwrap()], "{host}");
        }
    }
}
