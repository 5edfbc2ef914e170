//! Upstream registries, as the component that is plugged in answers for them.

use std::net::IpAddr;

use berth_web::outbound::registry::{Failure, LookUpError, Registry, Upstream, Verdict};

use bindings::berth::outbound::registry as wit;

#[allow(unsafe_code, unreachable_pub, clippy::all, reason = "generated")]
mod bindings {
    wit_bindgen::generate!({ path: "../../wit", world: "registry-user" });
}

/// The dependency `berth:outbound/registry` of `spin.toml`.
pub struct Imported;

impl Registry for Imported {
    fn resolve(&self, name: &str) -> Result<Vec<IpAddr>, LookUpError> {
        let found = wit::resolve(name).map_err(|error| match error {
            wit::LookUpError::NotFound => LookUpError::NotFound,
            wit::LookUpError::TimeOut => LookUpError::TimeOut,
            wit::LookUpError::Unavailable => LookUpError::Unavailable,
        })?;
        // A resolver that writes addresses in another form has found none.
        found.iter().map(|address| address.parse().map_err(|_| LookUpError::NotFound)).collect()
    }

    fn check(&self, upstream: &Upstream<'_>) -> Result<Verdict, Failure> {
        let credentials = upstream.credentials.map(|(username, password)| wit::Credentials {
            username: username.to_owned(),
            password: password.to_owned(),
        });
        let verdict = wit::check(&wit::Upstream {
            name: upstream.name.to_owned(),
            insecure: upstream.insecure,
            credentials,
            allowed: upstream.allowed.to_vec(),
            without_look_up: upstream.without_look_up.to_vec(),
            host_blocks: upstream.host_blocks,
        });
        match verdict {
            Ok(wit::Verdict::Valid) => Ok(Verdict::Valid),
            Ok(wit::Verdict::Anonymous) => Ok(Verdict::Anonymous),
            Err(failure) => Err(failure_of(failure)),
        }
    }
}

fn failure_of(failure: wit::Failure) -> Failure {
    match failure {
        wit::Failure::NameNotResolved(name) => Failure::NameNotResolved(name),
        wit::Failure::AddressNotAllowed(name) => Failure::AddressNotAllowed(name),
        wit::Failure::NotChecked(name) => Failure::NotChecked(name),
        wit::Failure::ConnectionRefused => Failure::ConnectionRefused,
        wit::Failure::TimeOut => Failure::TimeOut,
        wit::Failure::Tls => Failure::Tls,
        wit::Failure::AuthenticationRefused => Failure::AuthenticationRefused,
        wit::Failure::NotARegistry => Failure::NotARegistry,
        wit::Failure::TooManyRedirects => Failure::TooManyRedirects,
        wit::Failure::AnswerTooLarge => Failure::AnswerTooLarge,
        wit::Failure::RateLimited(seconds) => Failure::RateLimited(seconds),
        wit::Failure::UpstreamError(status) => Failure::UpstreamError(status),
        wit::Failure::Unreachable => Failure::Unreachable,
    }
}
