//! The recorded cases of a real Quay.
//!
//! A case that fails is either a bug or a difference that somebody decided: `cargo xtask accept --end-to-end` writes the present
//! answers of failing cases into `tests/quay/differences.jsonl` with the reason `?`, which is then filled in by hand with a
//! letter of `docs/compatibility.md`, or the bug is fixed.
#![cfg(feature = "end-to-end")]

use std::sync::Arc;

use berth_tests::HostOptions;
use berth_tests::quay::{Start, Upstreams, differences, recorded_settings, replay, seed};

/// A variant that starts from the seeded state, under other settings.
fn replay_variant(variant: &str, change: impl FnOnce(HostOptions) -> HostOptions) {
    let upstreams = Upstreams::start();
    let seeded = recorded_settings(&upstreams).start();
    let start = seed(seeded.client());
    let state = seeded.kill();
    let host = change(recorded_settings(&upstreams).state(state)).start();
    replay(variant, host.client(), start, &upstreams);
}

/// A variant that starts from an empty host.
fn replay_empty(variant: &str, change: impl FnOnce(HostOptions) -> HostOptions) {
    let upstreams = Upstreams::start();
    let host = change(recorded_settings(&upstreams)).start();
    replay(variant, host.client(), Start::default(), &upstreams);
}

/// Some configurations were recorded without quotas.
fn without_quotas(host: HostOptions) -> HostOptions {
    host.variable("feature_quota_management", "false")
}

#[test]
fn main() {
    let upstreams = Upstreams::start();
    let host = recorded_settings(&upstreams).start();
    let start = seed(host.client());
    replay("main", host.client(), start, &upstreams);
}

#[test]
fn init() {
    replay_empty("init", |host| host);
    replay_empty("init-no-token", |host| host);
    replay_empty("init-nomail", |host| without_quotas(host).variable("feature_mailing", "false"));
    replay_empty("init-off", |host| {
        host.variable("feature_user_initialize", "false")
            .variable("feature_proxy_cache", "false")
            .variable("feature_user_creation", "false")
    });
}

#[test]
fn nomail() {
    replay_variant("nomail", |host| without_quotas(host).variable("feature_mailing", "false"));
}

#[test]
fn defaults() {
    replay_variant("defaults", |host| {
        host.variable("feature_superusers_full_access", "false")
            .variable("feature_quota_management", "false")
    });
}

#[test]
fn billing() {
    replay_variant("billing", |host| without_quotas(host).variable("feature_billing", "true"));
}

#[test]
fn anonoff() {
    replay_variant("anonoff", |host| {
        host.variable("feature_anonymous_access", "false")
            .variable("feature_superusers_full_access", "false")
            .variable("feature_quota_management", "false")
    });
}

#[test]
fn readonly() {
    replay_variant("readonly", |host| without_quotas(host).variable("registry_state", "readonly"));
}

#[test]
fn stale_login() {
    replay_variant("stale-login", |host| host.variable("fresh_login_timeout", "3s"));
}

#[test]
fn superusers_org_creation_only() {
    replay_variant("superusers-org-creation-only", |host| {
        host.variable("feature_superusers_org_creation_only", "true")
    });
}

#[test]
fn restricted_users() {
    replay_variant("restricted-users", |host| {
        without_quotas(host)
            .variable("feature_restricted_users", "true")
            .variable("restricted_users_whitelist", "coadmin")
    });
}

#[test]
fn cors() {
    replay_variant("cors", |host| host.variable("cors_origin", "http://good.example"));
}

#[test]
fn no_team_invite() {
    replay_variant("no-team-invite", |host| {
        host.variable("require_team_invite", "false").variable("robots_disallow", "true")
    });
}

/// Every difference was decided: it names a row of `docs/compatibility.md`.
#[test]
fn differences_are_explained() {
    let page =
        std::fs::read_to_string(berth_tests::repository_root().join("docs/compatibility.md"));
    let page = Arc::new(page.unwrap_or_default());
    for difference in differences().values() {
        let row = format!("| {} |", difference.why);
        assert!(
            page.contains(&row),
            "{}: no row {} in docs/compatibility.md",
            difference.id,
            difference.why
        );
    }
}
