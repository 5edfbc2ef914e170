//! `wit/registry.wit` and what its world exports besides, in Rust.
#![allow(unsafe_code, missing_docs, unreachable_pub, clippy::all, reason = "generated")]

wit_bindgen::generate!({
    path: "../../wit",
    world: "registry-provider",
    additional_derives: [PartialEq],
});

pub use exports::berth::outbound::callback::Destination;
pub use exports::berth::outbound::distribution::{
    Descriptor, Failure as DistributionFailure, Manifest, Repository, TagPage,
};
pub use exports::berth::outbound::registry::{
    Credentials, Failure, LookUpError, Upstream, Verdict,
};
