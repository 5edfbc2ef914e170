//! The rows of this resource.

use berth_access::Public;
use berth_domain::{LogKind, limits, settings};
use berth_web::{BASE_URL, Logs, Route, WithBody, registry_token};

use super::handlers;
use crate::quotas;

/// Who may, for the table of endpoints.
const WHO: &str = "anybody with a right on what they ask for; less is granted than was asked for where a right is missing";

/// A sign-in is logged, and an organization that a push makes. That a repository was made the entry of the push says.
const LOGS: Logs = Logs::Kinds(&[LogKind::LoginSuccess, LogKind::OrgCreate]);

/// What both rows have in common.
const fn token_row(route: Route) -> Route {
    route
        .limits(&[
            &limits::REPOSITORIES,
            &limits::REPOSITORY_PERMISSIONS,
            &limits::NAMESPACE_PERMISSIONS,
            &limits::ORGANIZATIONS,
        ])
        .settings(&[
            BASE_URL,
            registry_token::SETTINGS,
            quotas::views::SETTINGS,
            &[
                &settings::ACTION_LOG_AUDIT_LOGINS,
                &settings::CREATE_NAMESPACE_ON_PUSH,
                &settings::CREATE_PRIVATE_REPO_ON_PUSH,
                &settings::DEFAULT_TAG_EXPIRATION,
                &settings::FEATURE_APP_SPECIFIC_TOKENS,
                &settings::FEATURE_EXTENDED_REPOSITORY_NAMES,
                &settings::FEATURE_PROXY_CACHE,
                &settings::LIBRARY_NAMESPACE,
                &settings::REGISTRY_STATE,
                &settings::ROBOTS_DISALLOW,
            ],
        ])
        .decided_inside(WHO)
        .takes_password()
        .csrf_exempt()
        .works_read_only()
        .internal()
}

/// The route table.
pub const ROUTES: &[Route] = &[
    token_row(
        Route::get("/v2/auth", "getRegistryToken", &WithBody::<Public, _, _>(handlers::get))
            .changes(LOGS),
    ),
    token_row(Route::post(
        "/v2/auth",
        "postRegistryToken",
        &WithBody::<Public, _, _>(handlers::post),
        LOGS,
    )),
];
