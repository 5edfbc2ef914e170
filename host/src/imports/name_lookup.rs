//! `wasi:sockets/ip-name-lookup`, with which a component checks an address before it connects. Only a component with
//! `allowed_outbound_hosts` may use it.

use std::net::IpAddr;

use wasmtime::component::Resource;
use wasmtime_wasi::p2::{DynPollable, Network, subscribe};

use crate::bindings::wasi::sockets::ip_name_lookup::{Host, HostResolveAddressStream};
use crate::bindings::wasi::sockets::network::{ErrorCode, IpAddress};
use crate::instance::State;
use crate::resolve::{Lookup, NotFound};

impl Host for State {
    fn resolve_addresses(
        &mut self,
        _network: Resource<Network>,
        name: String,
    ) -> wasmtime::Result<Result<Resource<Lookup>, ErrorCode>> {
        if self.component.outbound.allowed.is_empty() {
            return Ok(Err(ErrorCode::AccessDenied));
        }
        let resolver = self.resolver.clone();
        let Some(call) = self.calls.begin() else {
            return Ok(Err(ErrorCode::TemporaryResolverFailure));
        };
        Ok(Ok(self.table.push(Lookup::start(resolver, name, call))?))
    }
}

impl HostResolveAddressStream for State {
    fn resolve_next_address(
        &mut self,
        lookup: Resource<Lookup>,
    ) -> wasmtime::Result<Result<Option<IpAddress>, ErrorCode>> {
        Ok(match self.table.get_mut(&lookup)?.next() {
            None => Err(ErrorCode::WouldBlock),
            Some(Ok(address)) => Ok(address.map(to_wit)),
            Some(Err(NotFound)) => Err(ErrorCode::NameUnresolvable),
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
