//! What this component answers.

use berth_access::{
    ApplicationAdmin, ApplicationAdminView, Client, OrganizationAdmin, OrganizationAdminView,
    Public, Scope, UserAdmin,
};
use berth_domain::{LogKind, settings};
use berth_web::{Change, Logs, Query, Read, Route};

use crate::oauth::{assign, authorize, grant, inspect, local, metadata, sign_in, token};
use crate::{applications, authorizations, tokens};

/// The route table.
pub const ROUTES: &[Route] = &[
    Route::get(
        "/api/v1/organization/:orgname/applications",
        "getOrganizationApplications",
        &Read::<OrganizationAdminView>(applications::list),
    )
    .query(Query::PAGES)
    .scope(Scope::OrgAdmin),
    Route::post(
        "/api/v1/organization/:orgname/applications",
        "createOrganizationApplication",
        &Change::<OrganizationAdmin, _>(applications::create),
        Logs::Kinds(&[LogKind::CreateApplication]),
    )
    .scope(Scope::OrgAdmin),
    Route::get(
        "/api/v1/organization/:orgname/applications/:client_id",
        "getOrganizationApplication",
        &Read::<ApplicationAdminView>(applications::get),
    )
    .scope(Scope::OrgAdmin),
    Route::put(
        "/api/v1/organization/:orgname/applications/:client_id",
        "updateOrganizationApplication",
        &Change::<ApplicationAdmin, _>(applications::change),
        Logs::Kinds(&[LogKind::UpdateApplication]),
    )
    .scope(Scope::OrgAdmin),
    Route::delete(
        "/api/v1/organization/:orgname/applications/:client_id",
        "deleteOrganizationApplication",
        &Read::<ApplicationAdmin>(applications::delete),
        Logs::Kinds(&[LogKind::DeleteApplication]),
    )
    .scope(Scope::OrgAdmin),
    Route::post(
        "/api/v1/organization/:orgname/applications/:client_id/resetclientsecret",
        "resetOrganizationApplicationClientSecret",
        &Read::<ApplicationAdmin>(applications::reset_secret),
        Logs::Kinds(&[LogKind::ResetApplicationClientSecret]),
    )
    .internal(),
    Route::get(
        "/api/v1/organization/:orgname/applications/:client_id/tokens",
        "listOrganizationApplicationTokens",
        &Read::<ApplicationAdminView>(tokens::list),
    )
    .scope(Scope::OrgAdmin)
    .query(&[Query::NEXT_PAGE]),
    Route::post(
        "/api/v1/organization/:orgname/applications/:client_id/tokens",
        "createOrganizationApplicationToken",
        &Change::<ApplicationAdmin, _>(tokens::create),
        Logs::Kinds(&[LogKind::CreateOauthApiToken]),
    )
    .scope(Scope::OrgAdmin),
    Route::delete(
        "/api/v1/organization/:orgname/applications/:client_id/tokens/:token_uuid",
        "deleteOrganizationApplicationToken",
        &Read::<ApplicationAdmin>(tokens::revoke),
        Logs::Kinds(&[LogKind::RevokeOauthApiToken]),
    )
    .scope(Scope::OrgAdmin),
    Route::get(
        "/api/v1/app/",
        "getApplicationInformationWithoutId",
        &Read::<Public>(applications::info_of_nobody),
    )
    .unauthenticated()
    .internal()
    .answers(&[]),
    Route::get(
        "/api/v1/app/:client_id",
        "getApplicationInformation",
        &Read::<Client>(applications::info),
    ),
    Route::get(
        "/api/v1/user/authorizations",
        "listUserAuthorizations",
        &Read::<UserAdmin>(authorizations::list),
    )
    .query(Query::PAGES)
    .scope(Scope::UserAdmin)
    .internal(),
    Route::get(
        "/api/v1/user/authorizations/:access_token_uuid",
        "getUserAuthorization",
        &Read::<UserAdmin>(authorizations::get),
    )
    .scope(Scope::UserAdmin)
    .internal(),
    Route::delete(
        "/api/v1/user/authorizations/:access_token_uuid",
        "deleteUserAuthorization",
        &Read::<UserAdmin>(authorizations::revoke),
        Logs::Kinds(&[LogKind::OauthTokenRevoked]),
    )
    .scope(Scope::UserAdmin)
    .internal(),
    Route::get(
        "/api/v1/user/assignedauthorization",
        "listAssignedAuthorizations",
        &Read::<UserAdmin>(authorizations::assigned),
    )
    .query(Query::PAGES)
    .scope(Scope::UserAdmin)
    .feature(&settings::FEATURE_ASSIGN_OAUTH_TOKEN)
    .internal(),
    Route::delete(
        "/api/v1/user/assignedauthorization/:assigned_authorization_uuid",
        "deleteAssignedAuthorization",
        &Read::<UserAdmin>(authorizations::decline),
        Logs::Nothing("the assignment was logged; declining it changes nobody's rights"),
    )
    .scope(Scope::UserAdmin)
    .feature(&settings::FEATURE_ASSIGN_OAUTH_TOKEN)
    .internal(),
    Route::get("/oauth/authorize", "oauthAuthorize", &Read::<Client>(authorize::authorize))
        .changes(Logs::Kinds(&[LogKind::OauthTokenGranted]))
        .takes_password()
        .internal()
        .answers(&[200, 302]),
    Route::post(
        "/oauth/authorizeapp",
        "oauthAllow",
        &Change::<Client, _>(grant::allow),
        Logs::Kinds(&[LogKind::OauthTokenGranted]),
    )
    .takes_password()
    .internal()
    .answers(&[302]),
    Route::post(
        "/oauth/denyapp",
        "oauthDeny",
        &Change::<Client, _>(grant::deny),
        Logs::Nothing("nothing changes"),
    )
    .internal()
    .answers(&[302]),
    Route::post(
        "/oauth/authorize/signin",
        "oauthSignIn",
        &Change::<Public, _>(sign_in::sign_in),
        Logs::Kinds(&[LogKind::LoginSuccess]),
    )
    .feature(&settings::FEATURE_DIRECT_LOGIN)
    .works_read_only()
    .open()
    .internal()
    .answers(&[302]),
    Route::post(
        "/oauth/authorize/assignuser",
        "oauthAssignToUser",
        &Change::<Client, _>(assign::assign),
        Logs::Kinds(&[LogKind::OauthTokenAssigned]),
    )
    .feature(&settings::FEATURE_ASSIGN_OAUTH_TOKEN)
    .internal(),
    Route::get("/oauth/localapp", "oauthLocalApp", &Read::<Public>(local::local)).internal(),
    Route::post(
        "/oauth/access_token",
        "oauthExchangeCode",
        &Change::<Client, _>(token::exchange),
        Logs::Nothing("the grant was logged when the person agreed"),
    )
    .csrf_exempt()
    .open()
    .internal(),
    Route::post(
        "/oauth/introspect",
        "oauthIntrospect",
        &Change::<Client, _>(inspect::introspect),
        Logs::Nothing("it only reads"),
    )
    .csrf_exempt()
    .works_read_only()
    .internal(),
    Route::post(
        "/oauth/revoke",
        "oauthRevoke",
        &Change::<Client, _>(inspect::revoke),
        Logs::Kinds(&[LogKind::OauthTokenRevoked]),
    )
    .csrf_exempt()
    .internal(),
    Route::get(
        "/.well-known/oauth-authorization-server",
        "oauthMetadata",
        &Read::<Public>(metadata::metadata),
    )
    .unauthenticated()
    .internal(),
];
