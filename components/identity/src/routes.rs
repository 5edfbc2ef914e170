//! What this component answers.

use berth_access::{
    AuthenticatedNamespace, Public, PublicNamespace, Scope, Superuser, SuperuserNamespace,
    SuperuserOrganization, SuperuserUser, SuperuserUserView, SuperuserView, UserAdmin, UserView,
};
use berth_domain::{LogKind, settings};
use berth_web::{Change, Logs, Query, RawBody, Read, Route};

use crate::email_links::Recovery;
use crate::entities::SearchQuery;
use crate::notifications::{Dismissal, Window};
use crate::own_account::OwnUpdate;
use crate::page::PageQuery;
use crate::sign_in::{Password, SignIn};
use crate::sign_up::NewAccount;
use crate::superuser_organizations::Renaming;
use crate::superuser_users::AccountUpdate;
use crate::{
    account, email_links, entities, first_user, notifications, own_account, sign_in, sign_up,
    superuser_mails, superuser_organizations, superuser_users,
};

/// The query of a link in a mail.
const CODE_QUERY: &[Query] = &[Query::text("code", "The code that a mail carried").required()];

/// The route table.
pub const ROUTES: &[Route] = &[
    Route::get("/csrf_token", "getCsrfToken", &Read::<Public>(sign_in::csrf_token)).internal(),
    Route::post(
        "/api/v1/signin",
        "signinUser",
        &Change::<Public, SignIn>(sign_in::sign_in),
        Logs::Kinds(&[LogKind::LoginSuccess]),
    )
    .feature(&settings::FEATURE_DIRECT_LOGIN)
    .works_read_only()
    .open()
    .internal(),
    Route::post(
        "/api/v1/signin/verify",
        "verifyUser",
        &Change::<UserAdmin, Password>(sign_in::verify),
        Logs::Nothing("who gives the password again signed in before, which was logged"),
    )
    .feature(&settings::FEATURE_DIRECT_LOGIN)
    .scope(Scope::UserAdmin)
    .permission_first()
    .works_read_only()
    .internal(),
    Route::post(
        "/api/v1/signout",
        "logout",
        &Read::<Public>(sign_in::sign_out),
        Logs::Kinds(&[LogKind::LogoutSuccess]),
    )
    .internal(),
    Route::post(
        "/api/v1/user/initialize",
        "initializeUser",
        &Change::<Public, RawBody>(first_user::initialize),
        Logs::Kinds(&[LogKind::UserCreate]),
    )
    .csrf_exempt()
    .open()
    .internal(),
    Route::get("/api/v1/user/", "getLoggedInUser", &Read::<UserView>(account::own))
        .scope(Scope::UserRead)
        .open(),
    Route::post(
        "/api/v1/user/",
        "createNewUser",
        &Change::<PublicNamespace, NewAccount>(sign_up::create),
        Logs::Kinds(&[LogKind::UserCreate]),
    )
    .features(&[&settings::FEATURE_USER_CREATION, &settings::FEATURE_DIRECT_LOGIN])
    .internal(),
    Route::put(
        "/api/v1/user/",
        "changeUserDetails",
        &Change::<UserAdmin, OwnUpdate>(own_account::change),
        Logs::Kinds(&[
            LogKind::UserChangePassword,
            LogKind::UserChangeInvoicing,
            LogKind::UserChangeTagExpiration,
            LogKind::UserChangeEmail,
            LogKind::UserChangeMetadata,
            LogKind::UserChangeName,
        ]),
    )
    .scope(Scope::UserAdmin)
    .permission_first()
    .fresh_login()
    .internal(),
    Route::delete(
        "/api/v1/user/",
        "deleteCurrentUser",
        &Read::<UserAdmin>(own_account::delete),
        Logs::Kinds(&[LogKind::UserDelete]),
    )
    .scope(Scope::UserAdmin)
    .fresh_login()
    .internal(),
    Route::post(
        "/api/v1/user/clientkey",
        "generateUserClientKey",
        &Change::<UserAdmin, Password>(own_account::client_key),
        Logs::Kinds(&[LogKind::UserGenerateClientKey]),
    )
    .scope(Scope::UserAdmin)
    .permission_first()
    .internal(),
    Route::post(
        "/api/v1/recovery",
        "requestRecoveryEmail",
        &Change::<Public, Recovery>(email_links::ask_for_recovery),
        Logs::Nothing("anybody may ask for any address, and nobody is told whether it is known"),
    )
    .feature(&settings::FEATURE_MAILING)
    .open()
    .internal(),
    Route::get("/recovery", "showRecovery", &Read::<Public>(email_links::show_recovery))
        .query(CODE_QUERY)
        .feature(&settings::FEATURE_MAILING)
        .internal(),
    Route::post(
        "/recovery",
        "recoverAccount",
        &Change::<Public, _>(email_links::recover),
        Logs::Kinds(&[LogKind::UserChangePassword, LogKind::LoginSuccess]),
    )
    .feature(&settings::FEATURE_MAILING)
    .internal(),
    Route::get("/confirm", "showConfirmation", &Read::<Public>(email_links::show_confirmation))
        .query(CODE_QUERY)
        .feature(&settings::FEATURE_MAILING)
        .internal(),
    Route::post(
        "/confirm",
        "confirmEmail",
        &Change::<Public, _>(email_links::confirm),
        Logs::Kinds(&[LogKind::UserChangeEmail, LogKind::LoginSuccess]),
    )
    .feature(&settings::FEATURE_MAILING)
    .internal(),
    Route::get(
        "/api/v1/entities/:prefix",
        "getMatchingEntities",
        &Change::<AuthenticatedNamespace, SearchQuery>(entities::search),
    ),
    Route::get(
        "/api/v1/users/:username",
        "getUserInformation",
        &Read::<PublicNamespace>(account::any),
    ),
    Route::get(
        "/api/v1/user/notifications",
        "listUserNotifications",
        &Change::<UserAdmin, Window>(notifications::list),
    )
    .scope(Scope::UserAdmin)
    .permission_first()
    .internal(),
    Route::get(
        "/api/v1/user/notifications/:uuid",
        "getUserNotification",
        &Read::<UserAdmin>(notifications::get),
    )
    .scope(Scope::UserAdmin)
    .internal(),
    Route::put(
        "/api/v1/user/notifications/:uuid",
        "updateUserNotification",
        &Change::<UserAdmin, Dismissal>(notifications::change),
        Logs::Nothing("what a user has seen is his own matter"),
    )
    .scope(Scope::UserAdmin)
    .permission_first()
    .internal(),
    superuser(Route::get(
        "/api/v1/superuser/mails",
        "listMails",
        &Change::<Superuser, PageQuery>(superuser_mails::list),
    ))
    .changes(Logs::Kinds(&[LogKind::MailsRead]))
    .works_read_only()
    .internal(),
    superuser(Route::get(
        "/api/v1/superuser/users/",
        "listAllUsers",
        &Change::<SuperuserView, PageQuery>(superuser_users::list),
    ))
    .query(&[Query::flag("disabled", "With those who are disabled, unless it is `false`")]),
    superuser(Route::post(
        "/api/v1/superuser/users/",
        "createInstallUser",
        &Change::<SuperuserNamespace, superuser_users::NewAccount>(superuser_users::create),
        Logs::Kinds(&[LogKind::UserCreate]),
    )),
    superuser(Route::get(
        "/api/v1/superuser/users/:username",
        "getInstallUser",
        &Read::<SuperuserUserView>(superuser_users::get),
    )),
    superuser(Route::put(
        "/api/v1/superuser/users/:username",
        "changeInstallUser",
        &Change::<SuperuserUser, AccountUpdate>(superuser_users::change),
        Logs::Kinds(&[
            LogKind::UserChangePassword,
            LogKind::UserChangeEmail,
            LogKind::UserEnable,
            LogKind::UserDisable,
        ]),
    )),
    superuser(Route::delete(
        "/api/v1/superuser/users/:username",
        "deleteInstallUser",
        &Read::<SuperuserUser>(superuser_users::delete),
        Logs::Kinds(&[LogKind::UserDelete]),
    )),
    superuser(Route::get(
        "/api/v1/superuser/organizations/",
        "listAllOrganizations",
        &Change::<SuperuserView, PageQuery>(superuser_organizations::list),
    ))
    .internal(),
    superuser(Route::put(
        "/api/v1/superuser/organizations/:name",
        "changeOrganization",
        &Change::<SuperuserOrganization, Renaming>(superuser_organizations::rename),
        Logs::Kinds(&[LogKind::OrgChangeName]),
    )),
    superuser(Route::delete(
        "/api/v1/superuser/organizations/:name",
        "deleteOrganization",
        &Read::<SuperuserOrganization>(superuser_organizations::delete),
        Logs::Kinds(&[LogKind::OrgDelete]),
    )),
    superuser(Route::post(
        "/api/v1/superuser/takeownership/:namespace",
        "takeOwnership",
        &Read::<SuperuserNamespace>(superuser_organizations::take_ownership),
        Logs::Kinds(&[LogKind::TakeOwnership]),
    ))
    .internal(),
];

/// What all routes of superusers have in common.
const fn superuser(route: Route) -> Route {
    route.feature(&settings::FEATURE_SUPER_USERS).scope(Scope::SuperUser).fresh_login()
}
