//! The exports of the component.
#![allow(unsafe_code, reason = "generated")]

use crate::bindings::exports::berth::outbound::{callback, distribution as wit, registry};
use crate::bindings::{
    self, Descriptor, Destination, DistributionFailure, Failure, LookUpError, Manifest, Repository,
    TagPage, Upstream, Verdict,
};
use crate::callback::post;
use crate::distribution;
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

impl wit::Guest for RegistryClient {
    fn tags(repository: Repository, last: Option<String>) -> Result<TagPage, DistributionFailure> {
        distribution::tags(&Host::default(), &repository, last.as_deref())
    }

    fn head(repository: Repository, reference: String) -> Result<Descriptor, DistributionFailure> {
        distribution::head(&Host::default(), &repository, &reference)
    }

    fn get(repository: Repository, reference: String) -> Result<Manifest, DistributionFailure> {
        distribution::get(&Host::default(), &repository, &reference)
    }

    fn put(
        repository: Repository,
        reference: String,
        media_type: String,
        content: Vec<u8>,
    ) -> Result<String, DistributionFailure> {
        distribution::put(&Host::default(), &repository, &reference, &media_type, content)
    }

    fn delete(repository: Repository, reference: String) -> Result<(), DistributionFailure> {
        distribution::delete(&Host::default(), &repository, &reference)
    }
}

bindings::export!(RegistryClient with_types_in bindings);
