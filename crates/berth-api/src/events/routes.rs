//! The rows of this resource.

use berth_access::Public;
use berth_domain::{LogKind, limits, settings};
use berth_web::{Logs, Route, WithBody};

use super::handlers;
use crate::quotas;

/// The route table.
pub const ROUTES: &[Route] = &[Route::post(
    "/registry/events",
    "notifyOfRegistryEvents",
    &WithBody::<Public, _, _>(handlers::take),
    Logs::Kinds(&[LogKind::PushRepo, LogKind::PullRepo, LogKind::DeleteTag]),
)
.secret(
    &settings::REGISTRY_EVENTS_SECRET,
    "the registry behind, which shows `registry_events_secret`",
)
.settings(&[quotas::views::SETTINGS, &[&settings::FEATURE_PULL_LOGS, &settings::LIBRARY_NAMESPACE]])
.limits(&[&limits::MANIFESTS, &limits::TAGS, &limits::NOTIFICATIONS])
.internal()];
