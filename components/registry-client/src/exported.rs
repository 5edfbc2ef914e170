//! The exports of the component.
#![allow(unsafe_code, reason = "generated")]

use crate::bindings::exports::berth::outbound::{callback, registry};
use crate::bindings::{self, Destination, Failure, LookUpError, Upstream, Verdict};
use crate::callback::post;
use crate::handshake;
use crate::host::Host;
use crate::upstream_client::HttpClient;

struct RegistryClient;

impl registry::Guest for RegistryClient {
    fn resolve(name: String) -> Result<Vec<String>, LookUpError> {
        let addresses = Host::default().look_up(&name)?;
        Ok(addresses.into_iter().map(|address| address.to_string()).collect())
    }

    fn check(upstream: Upstream) -> Result<Verdict, Failure> {
        handshake::check(&Host::default(), &upstream)
    }
}

impl callback::Guest for RegistryClient {
    fn post(destination: Destination, body: String) -> Result<u16, String> {
        post(&Host::default(), &destination, &body)
    }
}

bindings::export!(RegistryClient with_types_in bindings);
