//! The rows of this resource.

use berth_access::{Client, Public};
use berth_domain::{LogKind, limits, settings};
use berth_web::{BASE_URL, Logs, Route, WithBody, WithoutBody, session};

use crate::html;

use super::{assign, authorize, grant, inspect, local, metadata, sign_in, token};

/// The route table.
pub const ROUTES: &[Route] = &[
    Route::get(
        "/oauth/authorize",
        "oauthAuthorize",
        &WithoutBody::<Client, _>(authorize::authorize),
    )
    .limits(&[&limits::TOKENS])
    .settings(&[
        BASE_URL,
        html::SETTINGS,
        session::SETTINGS,
        &[
            &settings::FEATURE_ASSIGN_OAUTH_TOKEN,
            &settings::FEATURE_DIRECT_LOGIN,
            &settings::REGISTRY_STATE,
            &settings::TOKENS_PER_MINUTE,
        ],
    ])
    .decided_inside(
        "users in person who administer the organization of the application, or were assigned a \
            token of it; anybody else is asked to sign in",
    )
    .changes(Logs::Kinds(&[LogKind::OauthTokenGranted]))
    .takes_password()
    .internal(),
    Route::post(
        "/oauth/authorizeapp",
        "oauthAllow",
        &WithBody::<Client, _, _>(grant::allow),
        Logs::Kinds(&[LogKind::OauthTokenGranted]),
    )
    .limits(&[&limits::TOKENS])
    .settings(&[
        BASE_URL,
        html::SETTINGS,
        &[&settings::FEATURE_ASSIGN_OAUTH_TOKEN, &settings::TOKENS_PER_MINUTE],
    ])
    .decided_inside(
        "users in person who administer the organization of the application, or were assigned a \
            token of it",
    )
    .takes_password()
    .internal(),
    Route::post(
        "/oauth/denyapp",
        "oauthDeny",
        &WithBody::<Client, _, _>(grant::deny),
        Logs::Nothing("nothing changes"),
    )
    .settings(&[BASE_URL, html::SETTINGS])
    .decided_inside("users in person")
    .internal(),
    Route::post(
        "/oauth/authorize/signin",
        "oauthSignIn",
        &WithBody::<Public, _, _>(sign_in::sign_in),
        Logs::Kinds(&[LogKind::LoginSuccess]),
    )
    .settings(&[session::SETTINGS, html::SETTINGS])
    .feature(&settings::FEATURE_DIRECT_LOGIN)
    .works_read_only()
    .open()
    .internal(),
    Route::post(
        "/oauth/authorize/assignuser",
        "oauthAssignToUser",
        &WithBody::<Client, _, _>(assign::assign),
        Logs::Kinds(&[LogKind::OauthTokenAssigned]),
    )
    .limits(&[&limits::ASSIGNMENTS, &limits::NOTIFICATIONS])
    .settings(&[BASE_URL, html::SETTINGS])
    .decided_inside("users in person who administer the organization of the application")
    .feature(&settings::FEATURE_ASSIGN_OAUTH_TOKEN)
    .internal(),
    Route::get("/oauth/localapp", "oauthLocalApp", &WithoutBody::<Public, _>(local::local))
        .settings(&[html::SETTINGS])
        .decided_inside("users in person")
        .internal(),
    Route::post(
        "/oauth/access_token",
        "oauthExchangeCode",
        &WithBody::<Client, _, _>(token::exchange),
        Logs::Nothing("the grant was logged when the person agreed"),
    )
    .limits(&[&limits::TOKENS])
    .decided_inside("the application with its secret, or with the verifier of a public client")
    .csrf_exempt()
    .open()
    .internal(),
    Route::post(
        "/oauth/introspect",
        "oauthIntrospect",
        &WithBody::<Client, _, _>(inspect::introspect),
        Logs::Nothing("it only reads"),
    )
    .settings(&[BASE_URL])
    .decided_inside("the application with its secret")
    .csrf_exempt()
    .works_read_only()
    .internal(),
    Route::post(
        "/oauth/revoke",
        "oauthRevoke",
        &WithBody::<Client, _, _>(inspect::revoke),
        Logs::Kinds(&[LogKind::OauthTokenRevoked]),
    )
    .decided_inside("the application")
    .csrf_exempt()
    .internal(),
    Route::get(
        "/.well-known/oauth-authorization-server",
        "oauthMetadata",
        &WithoutBody::<Public, _>(metadata::metadata),
    )
    .settings(&[BASE_URL, &[&settings::FEATURE_SUPER_USERS]])
    .unauthenticated()
    .internal(),
];
