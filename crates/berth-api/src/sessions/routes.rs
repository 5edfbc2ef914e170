//! The rows of this resource.

use berth_access::{Public, Scope, UserAdmin};
use berth_domain::{LogKind, settings};
use berth_web::{Logs, Route, WithBody, WithoutBody, session};

use super::{email_links, handlers};
use crate::html;
use crate::mails::outbox;

/// The route table.
pub const ROUTES: &[Route] = &[
    Route::get("/csrf_token", "getCsrfToken", &WithoutBody::<Public, _>(handlers::csrf_token))
        .settings(&[session::SETTINGS])
        .internal(),
    Route::post(
        "/api/v1/signin",
        "signinUser",
        &WithBody::<Public, _, _>(handlers::sign_in),
        Logs::Kinds(&[LogKind::LoginSuccess]),
    )
    .settings(&[session::SETTINGS, &[&settings::MAIL_GATEWAY_URL]])
    .feature(&settings::FEATURE_DIRECT_LOGIN)
    .works_read_only()
    .open()
    .internal(),
    Route::post(
        "/api/v1/signin/verify",
        "verifyUser",
        &WithBody::<UserAdmin, _, _>(handlers::verify),
        Logs::Nothing("the caller signed in before, which was logged"),
    )
    .settings(&[session::SETTINGS])
    .feature(&settings::FEATURE_DIRECT_LOGIN)
    .scope(Scope::UserAdmin)
    .permission_first()
    .works_read_only()
    .internal(),
    Route::post(
        "/api/v1/signout",
        "logout",
        &WithoutBody::<Public, _>(handlers::sign_out),
        Logs::Kinds(&[LogKind::LogoutSuccess]),
    )
    .settings(&[session::SETTINGS])
    .decided_inside(
        "anybody; the sessions of the caller end where they administer their own account",
    )
    .internal(),
    Route::post(
        "/api/v1/recovery",
        "requestRecoveryEmail",
        &WithBody::<Public, _, _>(email_links::ask_for_recovery),
        Logs::Nothing(
            "anybody may ask for any address, and the answer does not say whether it is known",
        ),
    )
    .settings(&[outbox::SETTINGS, &[&settings::RECOVERIES_PER_HOUR]])
    .feature(&settings::FEATURE_MAILING)
    .open()
    .internal(),
    Route::get("/recovery", "showRecovery", &WithBody::<Public, _, _>(email_links::show_recovery))
        .settings(&[html::SETTINGS, session::SETTINGS])
        .feature(&settings::FEATURE_MAILING)
        .internal(),
    Route::post(
        "/recovery",
        "recoverAccount",
        &WithBody::<Public, _, _>(email_links::recover),
        Logs::Kinds(&[LogKind::UserChangePassword, LogKind::LoginSuccess]),
    )
    .settings(&[html::SETTINGS, session::SETTINGS])
    .feature(&settings::FEATURE_MAILING)
    .internal(),
    Route::get(
        "/confirm",
        "showConfirmation",
        &WithBody::<Public, _, _>(email_links::show_confirmation),
    )
    .settings(&[html::SETTINGS, session::SETTINGS])
    .feature(&settings::FEATURE_MAILING)
    .internal(),
    Route::post(
        "/confirm",
        "confirmEmail",
        &WithBody::<Public, _, _>(email_links::confirm),
        Logs::Kinds(&[LogKind::UserChangeEmail, LogKind::LoginSuccess]),
    )
    .settings(&[html::SETTINGS, outbox::SETTINGS, session::SETTINGS])
    .feature(&settings::FEATURE_MAILING)
    .internal(),
];
