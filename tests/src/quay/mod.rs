//! Recorded answers of a real Quay, replayed against a host.
//!
//! `tests/quay/cases.jsonl` holds the requests and answers as they were recorded; they are facts and are not edited.
//! `tests/quay/state.json` is the state that they were recorded on; [`seed`] builds it through public requests.
//! Where Berth differs on purpose, `tests/quay/differences.jsonl` holds its own answer beside the recorded one, with the row
//! of `docs/compatibility.md` that explains it.

#[cfg_attr(
    not(feature = "end-to-end"),
    expect(dead_code, reason = "only a host is compared whole")
)]
mod case;
#[cfg(feature = "end-to-end")]
mod compare;
#[cfg(feature = "end-to-end")]
mod replay;
#[cfg(feature = "end-to-end")]
mod seed;
#[cfg(feature = "end-to-end")]
mod upstream;

pub use case::{Case, Difference, cases, differences, recorded_body};
#[cfg(feature = "end-to-end")]
pub use replay::replay;
#[cfg(feature = "end-to-end")]
pub use seed::{Start, seed};
#[cfg(feature = "end-to-end")]
pub use upstream::Upstreams;

#[cfg(feature = "end-to-end")]
use crate::host::{Host, HostOptions};

#[cfg(feature = "end-to-end")]
/// A host with the settings of the recording.
#[must_use]
pub fn recorded_settings(upstreams: &Upstreams) -> HostOptions {
    Host::options()
        .variable("super_users", "superuser")
        .variable("global_readonly_super_users", "globalreader")
        .variable("feature_superusers_full_access", "true")
        .variable("feature_quota_management", "true")
        .variable("tag_expiration_options", "0s,1s,1d,1w,2w,4w")
        .variable("ssrf_allowed_hosts", "127.0.0.1,localhost")
        .variable("mail_gateway_url", &upstreams.mail_url())
        .variable("mails_per_hour", "10000")
        .flag("--resolve")
        .flag("docker.io=1.1.1.1")
        .flag("--resolve")
        .flag("quay.io=1.1.1.1")
}
