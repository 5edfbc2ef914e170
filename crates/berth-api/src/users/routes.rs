//! The rows of this resource.

use berth_access::{
    Path, Public, PublicNamespace, Scope, SuperuserNamespace, SuperuserUser, SuperuserUserView,
    SuperuserView, UserAdmin, UserPath, UserView, in_body,
};
use berth_domain::{LogKind, settings};
use berth_web::{At, BASE_URL, Logs, Route, SUPERUSERS, WithBody, WithoutBody, session};

use super::{first_user, handlers, own, sign_up, superuser};
use crate::mails::outbox;
use crate::quotas;

/// The route table.
pub const ROUTES: &[Route] = &[
    Route::post(
        "/api/v1/user/initialize",
        "initializeUser",
        &WithBody::<Public, _, _>(first_user::initialize),
        Logs::Kinds(&[LogKind::UserCreate]),
    )
    .settings(&[
        BASE_URL,
        session::SETTINGS,
        &[
            &settings::CORS_ORIGIN,
            &settings::DEFAULT_TAG_EXPIRATION,
            &settings::FEATURE_MAILING,
            &settings::FEATURE_USER_INITIALIZE,
            &settings::SETUP_TOKEN,
            &settings::SIGN_UPS_PER_HOUR,
        ],
    ])
    .decided_inside("anybody, while there is no user")
    .csrf_exempt()
    .open()
    .internal(),
    Route::get(
        "/api/v1/user/initialization",
        "getInitialization",
        &WithoutBody::<Public, _>(first_user::is_awaited),
    )
    .settings(&[&[&settings::FEATURE_USER_INITIALIZE]])
    .open()
    .internal(),
    Route::get("/api/v1/user/", "getLoggedInUser", &WithoutBody::<UserView, _>(handlers::own))
        .settings(&[quotas::views::SETTINGS, &[&settings::FEATURE_USER_METADATA]])
        .decided_inside(
            "the user in person, or with `user:read`; the whole of it with `user:admin`",
        )
        .scope(Scope::UserRead)
        .open(),
    Route::post(
        "/api/v1/user/",
        "createNewUser",
        &At(in_body, WithBody::<PublicNamespace, _, _>(sign_up::create)),
        Logs::Kinds(&[LogKind::UserCreate]),
    )
    .settings(&[
        outbox::SETTINGS,
        SUPERUSERS,
        quotas::views::SETTINGS,
        session::SETTINGS,
        &[
            &settings::DEFAULT_TAG_EXPIRATION,
            &settings::FEATURE_INVITE_ONLY_USER_CREATION,
            &settings::FEATURE_USER_INITIALIZE,
            &settings::FEATURE_USER_METADATA,
            &settings::SETUP_TOKEN,
            &settings::SIGN_UPS_PER_HOUR,
        ],
    ])
    .decided_inside(
        "anybody; names to which the settings give powers need the setup token, or come first",
    )
    .features(&[&settings::FEATURE_USER_CREATION, &settings::FEATURE_DIRECT_LOGIN])
    .internal(),
    Route::put(
        "/api/v1/user/",
        "changeUserDetails",
        &WithBody::<UserAdmin, _, _>(own::change),
        Logs::Kinds(&[
            LogKind::UserChangePassword,
            LogKind::UserChangeInvoicing,
            LogKind::UserChangeTagExpiration,
            LogKind::UserChangeEmail,
            LogKind::UserChangeMetadata,
            LogKind::UserChangeName,
        ]),
    )
    .settings(&[
        outbox::SETTINGS,
        quotas::views::SETTINGS,
        session::SETTINGS,
        &[
            &settings::FEATURE_CHANGE_TAG_EXPIRATION,
            &settings::FEATURE_USER_METADATA,
            &settings::FEATURE_USER_RENAME,
            &settings::TAG_EXPIRATION_OPTIONS,
        ],
    ])
    .decided_inside(
        "the user in person, or with `user:admin`; with a token, what they sign in with needs the \
            password too",
    )
    .scope(Scope::UserAdmin)
    .permission_first()
    .fresh_login()
    .internal(),
    Route::delete(
        "/api/v1/user/",
        "deleteCurrentUser",
        &WithoutBody::<UserAdmin, _>(own::delete),
        Logs::Kinds(&[LogKind::UserDelete]),
    )
    .scope(Scope::UserAdmin)
    .fresh_login()
    .internal(),
    Route::post(
        "/api/v1/user/clientkey",
        "generateUserClientKey",
        &WithBody::<UserAdmin, _, _>(own::client_key),
        Logs::Kinds(&[LogKind::UserGenerateClientKey]),
    )
    .scope(Scope::UserAdmin)
    .permission_first()
    .internal(),
    Route::get(
        "/api/v1/users/:username",
        "getUserInformation",
        &At(UserPath::read, WithoutBody::<PublicNamespace, _>(handlers::any)),
    )
    .settings(&[quotas::views::SETTINGS, &[&settings::FEATURE_USER_METADATA]])
    .decided_inside("anybody; the whole of it for the user in person, or with `user:read`"),
    Route::get(
        "/api/v1/superuser/users/",
        "listAllUsers",
        &WithBody::<SuperuserView, _, _>(superuser::list),
    )
    .settings(&[quotas::views::SETTINGS])
    .superuser(),
    Route::post(
        "/api/v1/superuser/users/",
        "createInstallUser",
        &At(in_body, WithBody::<SuperuserNamespace, _, _>(superuser::create)),
        Logs::Kinds(&[LogKind::UserCreate]),
    )
    .settings(&[outbox::SETTINGS, &[&settings::DEFAULT_TAG_EXPIRATION]])
    .superuser(),
    Route::get(
        "/api/v1/superuser/users/:username",
        "getInstallUser",
        &WithoutBody::<SuperuserUserView, _>(superuser::get),
    )
    .settings(&[quotas::views::SETTINGS])
    .superuser(),
    Route::put(
        "/api/v1/superuser/users/:username",
        "changeInstallUser",
        &WithBody::<SuperuserUser, _, _>(superuser::change),
        Logs::Kinds(&[
            LogKind::UserChangePassword,
            LogKind::UserChangeEmail,
            LogKind::UserEnable,
            LogKind::UserDisable,
        ]),
    )
    .settings(&[quotas::views::SETTINGS])
    .decided_inside("superusers; not the accounts of superusers")
    .superuser(),
    Route::delete(
        "/api/v1/superuser/users/:username",
        "deleteInstallUser",
        &WithoutBody::<SuperuserUser, _>(superuser::delete),
        Logs::Kinds(&[LogKind::UserDelete]),
    )
    .decided_inside("superusers; not the accounts of superusers")
    .superuser(),
];
