//! Names to addresses: the pins of `--resolve`, the system's resolver for the rest, and
//! `wasi:sockets/ip-name-lookup`, by which a component looks before it connects. Only a component
//! with `allowed_outbound_hosts` may look.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::str::FromStr;
use std::sync::Arc;
use std::vec;

use berth_domain::destination::is_public;
use ipnet::IpNet;
use wasmtime::component::Resource;
use wasmtime_wasi::p2::{DynPollable, Network, Pollable, subscribe};
use wasmtime_wasi::runtime::AbortOnDropJoinHandle;

use crate::bindings::wasi::sockets::ip_name_lookup::{Host, HostResolveAddressStream};
use crate::bindings::wasi::sockets::network::{ErrorCode, IpAddress};
use crate::instance::State;
use crate::outbound::Call;

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

/// Finds the addresses of names.
#[derive(Default)]
pub(crate) struct Resolver {
    pins: HashMap<String, Pin>,
    blocked: Vec<BlockedNetwork>,
}

impl Resolver {
    pub(crate) fn new(pins: Vec<Pin>, blocked: Vec<BlockedNetwork>) -> Arc<Self> {
        let pins = pins.into_iter().map(|pin| (pin.name.clone(), pin)).collect();
        Arc::new(Self { pins, blocked })
    }

    /// Whether a connection to `address` must not be made. Asked of the very address that is connected to, so that no name
    /// server gets around it by changing its mind.
    pub(crate) fn blocks(&self, address: IpAddr) -> bool {
        self.blocked.iter().any(|network| network.contains(address.to_canonical()))
    }

    /// Where to connect for `host:port`, best first. It is a part of `call`, which is not over before the system's resolver
    /// is, whether or not anybody still waits for that.
    pub(crate) async fn resolve(
        &self,
        host: &str,
        port: u16,
        call: &Arc<Call>,
    ) -> std::io::Result<Vec<SocketAddr>> {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        if let Some(pin) = self.pins.get(&host.to_ascii_lowercase()) {
            return Ok(vec![SocketAddr::new(pin.address, pin.port.unwrap_or(port))]);
        }
        if let Ok(address) = host.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(address, port)]);
        }
        let (host, call) = (host.to_owned(), call.clone());
        let look_up = move || {
            let found = (host.as_str(), port).to_socket_addrs().map(Iterator::collect);
            drop(call);
            found
        };
        tokio::task::spawn_blocking(look_up).await?
    }
}

/// A component's look-up, running or done.
#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct Lookup(Progress);

enum Progress {
    Running(AbortOnDropJoinHandle<Result<Vec<IpAddr>, ErrorCode>>),
    Done(Result<vec::IntoIter<IpAddr>, ErrorCode>),
}

#[wasmtime_wasi::async_trait]
impl Pollable for Lookup {
    async fn ready(&mut self) {
        if let Progress::Running(task) = &mut self.0 {
            self.0 = Progress::Done(task.await.map(Vec::into_iter));
        }
    }
}

impl Host for State {
    fn resolve_addresses(
        &mut self,
        _network: Resource<Network>,
        name: String,
    ) -> wasmtime::Result<Result<Resource<Lookup>, ErrorCode>> {
        let outbound = &self.component.outbound;
        if outbound.allowed.is_empty() {
            return Ok(Err(ErrorCode::AccessDenied));
        }
        let Some(call) = self.calls.begin() else {
            return Ok(Err(ErrorCode::TemporaryResolverFailure));
        };
        let resolver = outbound.resolver.clone();
        let task = wasmtime_wasi::runtime::spawn(async move {
            let found = resolver.resolve(&name, 0, &call).await.map_err(|error| {
                tracing::debug!("cannot resolve {name:?}: {error}");
                ErrorCode::NameUnresolvable
            })?;
            Ok(found.into_iter().map(|address| address.ip().to_canonical()).collect())
        });
        Ok(Ok(self.table.push(Lookup(Progress::Running(task)))?))
    }
}

impl HostResolveAddressStream for State {
    fn resolve_next_address(
        &mut self,
        lookup: Resource<Lookup>,
    ) -> wasmtime::Result<Result<Option<IpAddress>, ErrorCode>> {
        Ok(match &mut self.table.get_mut(&lookup)?.0 {
            Progress::Running(_) => Err(ErrorCode::WouldBlock),
            Progress::Done(Ok(addresses)) => Ok(addresses.next().map(to_wit)),
            Progress::Done(Err(error)) => Err(*error),
        })
    }

    fn subscribe(&mut self, lookup: Resource<Lookup>) -> wasmtime::Result<Resource<DynPollable>> {
        subscribe(&mut self.table, lookup)
    }

    fn drop(&mut self, lookup: Resource<Lookup>) -> wasmtime::Result<()> {
        self.table.delete(lookup)?;
        Ok(())
    }
}

fn to_wit(address: IpAddr) -> IpAddress {
    match address {
        IpAddr::V4(address) => IpAddress::Ipv4(address.octets().into()),
        IpAddr::V6(address) => IpAddress::Ipv6(address.segments().into()),
    }
}
