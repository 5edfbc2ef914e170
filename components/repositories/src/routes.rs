//! What this component answers.

use berth_access::{
    NamespaceAdmin, NamespaceAdminView, NamespaceMemberView, OrganizationAdmin,
    OrganizationAdminView, OrganizationView, OwnNamespaceAdmin, OwnNamespaceView, Public,
    RepositoryAdmin, RepositoryAdminView, RepositoryCreate, RepositoryStar, RepositoryView,
    RepositoryWrite, RobotPermissionsView, Scope, UserAdmin,
};
use berth_domain::LogKind;
use berth_domain::settings::{FEATURE_AGGREGATED_LOG_COUNT_RETRIEVAL, FEATURE_AUTO_PRUNE};
use berth_web::logs::{COUNTS_QUERY, PAGE_QUERY};
use berth_web::{Change, Logs, Query, Read, Route, autoprune};

use crate::{content, default_permissions, logs, permissions, repositories, robots, stars};

/// Why stars leave no trace.
const STARS: Logs = Logs::Nothing("a star is private and changes nobody's rights");

/// The route table.
pub const ROUTES: &[Route] = &[
    Route::post(
        "/api/v1/repository",
        "createRepo",
        &Change::<RepositoryCreate, _>(repositories::create),
        Logs::Kinds(&[LogKind::CreateRepo]),
    )
    .scope(Scope::RepoCreate)
    .answers(&[201]),
    Route::get("/api/v1/repository", "listRepos", &Read::<Public>(repositories::list))
        .scope(Scope::RepoRead)
        .query(&[
            Query::text("namespace", "Only those of this namespace"),
            Query::flag("starred", "Only those that the caller starred"),
            Query::flag("public", "Public ones too"),
            Query::flag("last_modified", "With the time of the last change"),
            Query::flag("popularity", "With the popularity"),
            Query::text("repo_kind", "Only those of this kind"),
            Query::NEXT_PAGE,
        ]),
    Route::get(
        "/api/v1/organization/:orgname/repositories",
        "listOrganizationRepos",
        &Read::<OrganizationView>(repositories::list_of_organization),
    )
    .scope(Scope::RepoRead)
    .query(&[
        Query::flag("last_modified", "With the time of the last change"),
        Query::flag("popularity", "With the popularity"),
        Query::text("repo_kind", "Only those of this kind"),
        Query::NEXT_PAGE,
    ]),
    Route::get(
        "/api/v1/repository/*repository/permissions/user/",
        "listRepoUserPermissions",
        &Read::<RepositoryAdminView>(permissions::users),
    )
    .query(Query::PAGES)
    .scope(Scope::RepoAdmin),
    Route::get(
        "/api/v1/repository/*repository/permissions/user/:username",
        "getUserPermissions",
        &Read::<RepositoryAdminView>(permissions::user),
    )
    .scope(Scope::RepoAdmin),
    Route::put(
        "/api/v1/repository/*repository/permissions/user/:username",
        "changeUserPermissions",
        &Change::<RepositoryAdmin, _>(permissions::set_user),
        Logs::Kinds(&[LogKind::ChangeRepoPermission]),
    )
    .scope(Scope::RepoAdmin)
    .permission_first(),
    Route::delete(
        "/api/v1/repository/*repository/permissions/user/:username",
        "deleteUserPermissions",
        &Read::<RepositoryAdmin>(permissions::remove_user),
        Logs::Kinds(&[LogKind::DeleteRepoPermission]),
    )
    .scope(Scope::RepoAdmin),
    Route::get(
        "/api/v1/repository/*repository/permissions/user/:username/transitive",
        "getUserTransitivePermission",
        &Read::<RepositoryAdminView>(permissions::transitive),
    )
    .scope(Scope::RepoAdmin),
    Route::get(
        "/api/v1/repository/*repository/permissions/team/",
        "listRepoTeamPermissions",
        &Read::<RepositoryAdminView>(permissions::teams),
    )
    .query(Query::PAGES)
    .scope(Scope::RepoAdmin),
    Route::get(
        "/api/v1/repository/*repository/permissions/team/:teamname",
        "getTeamPermissions",
        &Read::<RepositoryAdminView>(permissions::team),
    )
    .scope(Scope::RepoAdmin),
    Route::put(
        "/api/v1/repository/*repository/permissions/team/:teamname",
        "changeTeamPermissions",
        &Change::<RepositoryAdmin, _>(permissions::set_team),
        Logs::Kinds(&[LogKind::ChangeRepoPermission]),
    )
    .scope(Scope::RepoAdmin)
    .permission_first(),
    Route::delete(
        "/api/v1/repository/*repository/permissions/team/:teamname",
        "deleteTeamPermissions",
        &Read::<RepositoryAdmin>(permissions::remove_team),
        Logs::Kinds(&[LogKind::DeleteRepoPermission]),
    )
    .scope(Scope::RepoAdmin),
    Route::put(
        "/api/v1/organization/:orgname/team/:teamname/permissions/*reponame",
        "setOrganizationTeamPermission",
        &Change::<RepositoryAdmin, _>(permissions::set_team),
        Logs::Kinds(&[LogKind::ChangeRepoPermission]),
    )
    .scope(Scope::RepoAdmin)
    .permission_first(),
    Route::delete(
        "/api/v1/organization/:orgname/team/:teamname/permissions/*reponame",
        "removeOrganizationTeamPermission",
        &Read::<RepositoryAdmin>(permissions::remove_team),
        Logs::Kinds(&[LogKind::DeleteRepoPermission]),
    )
    .scope(Scope::RepoAdmin),
    Route::get(
        "/api/v1/repository/*repository/autoprunepolicy/",
        "listRepositoryAutoPrunePolicies",
        &Read::<RepositoryAdminView>(autoprune::list),
    )
    .scope(Scope::RepoAdmin)
    .feature(&FEATURE_AUTO_PRUNE),
    Route::post(
        "/api/v1/repository/*repository/autoprunepolicy/",
        "createRepositoryAutoPrunePolicy",
        &Change::<RepositoryAdmin, _>(autoprune::create),
        autoprune::REPOSITORY_CREATION,
    )
    .scope(Scope::RepoAdmin)
    .feature(&FEATURE_AUTO_PRUNE)
    .permission_first()
    .answers(&[201]),
    Route::get(
        "/api/v1/repository/*repository/autoprunepolicy/:policy_uuid",
        "getRepositoryAutoPrunePolicy",
        &Read::<RepositoryAdminView>(autoprune::get),
    )
    .scope(Scope::RepoAdmin)
    .feature(&FEATURE_AUTO_PRUNE),
    Route::put(
        "/api/v1/repository/*repository/autoprunepolicy/:policy_uuid",
        "updateRepositoryAutoPrunePolicy",
        &Change::<RepositoryAdmin, _>(autoprune::change),
        autoprune::REPOSITORY_CHANGE,
    )
    .scope(Scope::RepoAdmin)
    .feature(&FEATURE_AUTO_PRUNE)
    .permission_first()
    .answers(&[204]),
    Route::delete(
        "/api/v1/repository/*repository/autoprunepolicy/:policy_uuid",
        "deleteRepositoryAutoPrunePolicy",
        &Read::<RepositoryAdmin>(autoprune::delete),
        autoprune::REPOSITORY_DELETION,
    )
    .scope(Scope::RepoAdmin)
    .feature(&FEATURE_AUTO_PRUNE)
    .answers(&[200]),
    Route::post(
        "/api/v1/repository/*repository/changevisibility",
        "changeRepoVisibility",
        &Change::<RepositoryAdmin, _>(repositories::change_visibility),
        Logs::Kinds(&[LogKind::ChangeRepoVisibility]),
    )
    .scope(Scope::RepoAdmin)
    .permission_first(),
    Route::get("/api/v1/user/starred", "listStarredRepos", &Read::<UserAdmin>(stars::list))
        .scope(Scope::UserAdmin)
        .query(&[Query::NEXT_PAGE]),
    Route::post(
        "/api/v1/user/starred",
        "createStar",
        &Change::<RepositoryStar, _>(stars::create),
        STARS,
    )
    .scope(Scope::RepoRead)
    .answers(&[200, 201]),
    Route::delete(
        "/api/v1/user/starred/*repository",
        "deleteStar",
        &Read::<UserAdmin>(stars::delete),
        STARS,
    )
    .scope(Scope::UserAdmin),
    Route::get(
        "/api/v1/organization/:orgname/prototypes",
        "getOrganizationPrototypePermissions",
        &Read::<OrganizationAdminView>(default_permissions::list),
    )
    .query(Query::PAGES)
    .scope(Scope::OrgAdmin),
    Route::post(
        "/api/v1/organization/:orgname/prototypes",
        "createOrganizationPrototypePermission",
        &Change::<OrganizationAdmin, _>(default_permissions::create),
        Logs::Kinds(&[LogKind::CreatePrototypePermission]),
    )
    .scope(Scope::OrgAdmin),
    Route::put(
        "/api/v1/organization/:orgname/prototypes/:prototypeid",
        "updateOrganizationPrototypePermission",
        &Change::<OrganizationAdmin, _>(default_permissions::change),
        Logs::Kinds(&[LogKind::ModifyPrototypePermission]),
    )
    .scope(Scope::OrgAdmin),
    Route::delete(
        "/api/v1/organization/:orgname/prototypes/:prototypeid",
        "deleteOrganizationPrototypePermission",
        &Read::<OrganizationAdmin>(default_permissions::delete),
        Logs::Kinds(&[LogKind::DeletePrototypePermission]),
    )
    .scope(Scope::OrgAdmin),
    Route::get(
        "/api/v1/repository/*repository/logs",
        "listRepoLogs",
        &Read::<RepositoryAdminView>(logs::list),
    )
    .scope(Scope::RepoAdmin)
    .query(PAGE_QUERY),
    Route::get(
        "/api/v1/repository/*repository/aggregatelogs",
        "getAggregateRepoLogs",
        &Read::<RepositoryAdminView>(logs::aggregate),
    )
    .scope(Scope::RepoAdmin)
    .feature(&FEATURE_AGGREGATED_LOG_COUNT_RETRIEVAL)
    .query(COUNTS_QUERY),
    Route::post(
        "/api/v1/repository/*repository/exportlogs",
        "exportRepoLogs",
        &Read::<RepositoryAdminView>(logs::export),
        Logs::Nothing("nothing is exported"),
    )
    .scope(Scope::RepoAdmin)
    .internal()
    .answers(&[]),
    Route::get(
        "/api/v1/repository/*repository/tag/",
        "listRepoTags",
        &Change::<RepositoryView, _>(content::tags),
    )
    .scope(Scope::RepoRead)
    .permission_first(),
    Route::get(
        "/api/v1/repository/*repository/notification/",
        "listRepoNotifications",
        &Read::<RepositoryAdminView>(content::notifications),
    )
    .scope(Scope::RepoAdmin),
    Route::get(
        "/api/v1/organization/:orgname/robots",
        "getOrgRobots",
        &Change::<NamespaceMemberView, _>(robots::list),
    )
    .query(Query::PAGES)
    .scope(Scope::OrgAdmin)
    .own_name_in_sessions(),
    Route::get(
        "/api/v1/organization/:orgname/robots/:robot_shortname",
        "getOrgRobot",
        &Read::<NamespaceAdminView>(robots::get),
    )
    .scope(Scope::OrgAdmin),
    Route::put(
        "/api/v1/organization/:orgname/robots/:robot_shortname",
        "createOrgRobot",
        &Change::<NamespaceAdmin, _>(robots::create),
        Logs::Kinds(&[LogKind::CreateRobot]),
    )
    .scope(Scope::OrgAdmin)
    .answers(&[201]),
    Route::delete(
        "/api/v1/organization/:orgname/robots/:robot_shortname",
        "deleteOrgRobot",
        &Read::<NamespaceAdmin>(robots::delete),
        Logs::Kinds(&[LogKind::DeleteRobot]),
    )
    .scope(Scope::OrgAdmin)
    .own_name_in_sessions(),
    Route::post(
        "/api/v1/organization/:orgname/robots/:robot_shortname/regenerate",
        "regenerateOrgRobotToken",
        &Read::<NamespaceAdmin>(robots::regenerate),
        Logs::Kinds(&[LogKind::RegenerateRobotToken]),
    )
    .scope(Scope::OrgAdmin),
    Route::get(
        "/api/v1/organization/:orgname/robots/:robot_shortname/permissions",
        "getOrgRobotPermissions",
        &Read::<RobotPermissionsView>(robots::permissions),
    )
    .query(Query::PAGES)
    .scope(Scope::UserAdmin),
    Route::put(
        "/api/v1/organization/:orgname/robots/:robot_shortname/permissions/*reponame",
        "setOrgRobotPermission",
        &Change::<RepositoryAdmin, _>(robots::set_permission),
        Logs::Kinds(&[LogKind::ChangeRepoPermission]),
    )
    .scope(Scope::RepoAdmin)
    .permission_first(),
    Route::delete(
        "/api/v1/organization/:orgname/robots/:robot_shortname/permissions/*reponame",
        "deleteOrgRobotPermission",
        &Read::<RepositoryAdmin>(robots::delete_permission),
        Logs::Kinds(&[LogKind::DeleteRepoPermission]),
    )
    .scope(Scope::RepoAdmin),
    Route::get(
        "/api/v1/organization/:orgname/robots/:robot_shortname/federation",
        "getOrgRobotFederation",
        &Read::<NamespaceAdminView>(robots::federation),
    )
    .scope(Scope::OrgAdmin),
    Route::post(
        "/api/v1/organization/:orgname/robots/:robot_shortname/federation",
        "createOrgRobotFederation",
        &Change::<NamespaceAdmin, _>(robots::set_federation),
        Logs::Kinds(&[LogKind::CreateRobotFederation]),
    )
    .scope(Scope::OrgAdmin),
    Route::delete(
        "/api/v1/organization/:orgname/robots/:robot_shortname/federation",
        "deleteOrgRobotFederation",
        &Read::<NamespaceAdmin>(robots::delete_federation),
        Logs::Kinds(&[LogKind::DeleteRobotFederation]),
    )
    .scope(Scope::OrgAdmin),
    Route::get(
        "/api/v1/user/robots",
        "getUserRobots",
        &Change::<OwnNamespaceView, _>(robots::list),
    )
    .query(Query::PAGES)
    .scope(Scope::UserAdmin)
    .permission_first(),
    Route::get(
        "/api/v1/user/robots/:robot_shortname",
        "getUserRobot",
        &Read::<OwnNamespaceView>(robots::get),
    )
    .scope(Scope::UserAdmin),
    Route::put(
        "/api/v1/user/robots/:robot_shortname",
        "createUserRobot",
        &Change::<OwnNamespaceAdmin, _>(robots::create),
        Logs::Kinds(&[LogKind::CreateRobot]),
    )
    .scope(Scope::UserAdmin)
    .permission_first()
    .answers(&[201]),
    Route::delete(
        "/api/v1/user/robots/:robot_shortname",
        "deleteUserRobot",
        &Read::<OwnNamespaceAdmin>(robots::delete),
        Logs::Kinds(&[LogKind::DeleteRobot]),
    )
    .scope(Scope::UserAdmin),
    Route::post(
        "/api/v1/user/robots/:robot_shortname/regenerate",
        "regenerateUserRobotToken",
        &Read::<OwnNamespaceAdmin>(robots::regenerate),
        Logs::Kinds(&[LogKind::RegenerateRobotToken]),
    )
    .scope(Scope::UserAdmin),
    Route::get(
        "/api/v1/user/robots/:robot_shortname/permissions",
        "getUserRobotPermissions",
        &Read::<OwnNamespaceView>(robots::permissions),
    )
    .query(Query::PAGES)
    .scope(Scope::UserAdmin),
    Route::put(
        "/api/v1/user/robots/:robot_shortname/permissions/*reponame",
        "setUserRobotPermission",
        &Change::<RepositoryAdmin, _>(robots::set_permission),
        Logs::Kinds(&[LogKind::ChangeRepoPermission]),
    )
    .scope(Scope::RepoAdmin)
    .permission_first(),
    Route::delete(
        "/api/v1/user/robots/:robot_shortname/permissions/*reponame",
        "deleteUserRobotPermission",
        &Read::<RepositoryAdmin>(robots::delete_permission),
        Logs::Kinds(&[LogKind::DeleteRepoPermission]),
    )
    .scope(Scope::RepoAdmin),
    Route::get(
        "/api/v1/user/robots/:robot_shortname/federation",
        "getUserRobotFederation",
        &Read::<OwnNamespaceView>(robots::federation),
    )
    .scope(Scope::UserAdmin),
    Route::post(
        "/api/v1/user/robots/:robot_shortname/federation",
        "createUserRobotFederation",
        &Change::<OwnNamespaceAdmin, _>(robots::set_federation),
        Logs::Kinds(&[LogKind::CreateRobotFederation]),
    )
    .scope(Scope::UserAdmin)
    .permission_first(),
    Route::delete(
        "/api/v1/user/robots/:robot_shortname/federation",
        "deleteUserRobotFederation",
        &Read::<OwnNamespaceAdmin>(robots::delete_federation),
        Logs::Kinds(&[LogKind::DeleteRobotFederation]),
    )
    .scope(Scope::UserAdmin),
    // A repository's name may hold any of the words above: these come last.
    Route::get(
        "/api/v1/repository/*repository",
        "getRepo",
        &Read::<RepositoryView>(repositories::get),
    )
    .scope(Scope::RepoRead)
    .query(&[
        Query::flag("includeTags", "With tags, unless it is `false`"),
        Query::flag("includeStats", "With statistics"),
    ]),
    Route::put(
        "/api/v1/repository/*repository",
        "updateRepo",
        &Change::<RepositoryWrite, _>(repositories::change),
        Logs::Kinds(&[LogKind::SetRepoDescription]),
    )
    .scope(Scope::RepoWrite)
    .permission_first(),
    Route::delete(
        "/api/v1/repository/*repository",
        "deleteRepository",
        &Read::<RepositoryAdmin>(repositories::delete),
        Logs::Kinds(&[LogKind::DeleteRepo]),
    )
    .scope(Scope::RepoAdmin),
];
