//! Upstream registries, from which a proxy cache pulls (`docs/contract/registry.md` D.1, D.5): where a repository is there, how they let
//! somebody in, what a manifest and a blob are.
//!
//! Every destination is checked by the rules of `berth_domain::destination` before it is called: the registry, its token server and
//! whatever they redirect to. Requests are sent by whoever implements [`Http`].

mod allowed;
mod challenge;
mod client;
mod content;
mod limits;
mod repository;

pub use allowed::{Allowed, NotCalled};
pub use challenge::{Challenge, challenge, retry_after, token_in};
pub use client::{Client, Failure, Http, Manifest, ManifestHead};
pub use content::{Hasher, contents, digest_of};
pub use limits::{REDIRECTS, TOKEN_BYTES};
pub use repository::{Repository, registry_url};
