//! What the component exports.
#![allow(unsafe_code, reason = "generated")]

use crate::bindings::exports::berth::outbound::registry::Guest;
use crate::browser::Web;
use crate::wire::Wire;
use crate::{Failure, LookUpError, Upstream, Verdict, bindings};

struct RegistryClient;

impl Guest for RegistryClient {
    fn resolve(name: String) -> Result<Vec<String>, LookUpError> {
        let addresses = Wire::open().look_up(&name)?;
        Ok(addresses.into_iter().map(|address| address.to_string()).collect())
    }

    fn check(upstream: Upstream) -> Result<Verdict, Failure> {
        crate::check(&Wire::open(), &upstream)
    }
}

bindings::export!(RegistryClient with_types_in bindings);
