//! Permissions on a repository: roles of accounts and of teams (`docs/contract/quay.md` 6.2).

use berth_access::{
    Permit, RepositoryAdmin, RepositoryAdminView, RepositoryRef, TeamAdminView, path,
};
use berth_domain::log_event::LogEvent;
use berth_domain::{Namespace, NamespaceKind};
use berth_store::grantees::{self, Account};
use berth_store::{Database, permissions, teams, transaction};
use berth_web::{
    ApiError, Context, HandlerResult, JsonResponse, ListQuery, ListResponse, NoContent,
};

use super::bodies::RoleChange;
use super::views::{
    PermissionOnRepository, PermissionsOnRepositories, RoleView, TeamPermission, TeamPermissions,
    TransitivePermissions, UserPermission, UserPermissions,
};

path! {
    /// An account that has a role on a repository.
    pub(crate) struct AccountPath { username }
    /// A team that has a role on a repository.
    pub(crate) struct TeamPath { teamname }
}

/// `GET …/permissions/user/`.
pub(crate) fn users(
    cx: &Context<'_, RepositoryAdminView>,
    query: ListQuery<permissions::Grantees>,
) -> HandlerResult<ListResponse<UserPermissions>> {
    let page = query.page(cx)?;
    let found = permissions::accounts(cx.db(), &cx.grant, &page.window)?;
    let listed = page.list_by_name(found, |permission| {
        let (account, role) = (permission.account, permission.role);
        let view = UserPermission::new(&account, role, in_organization(cx));
        (account.name, view)
    })?;
    Ok(listed.respond(UserPermissions::of))
}

/// `GET …/permissions/user/<username>`.
pub(crate) fn user(
    cx: &Context<'_, RepositoryAdminView>,
    path: AccountPath,
) -> HandlerResult<JsonResponse<UserPermission>> {
    let found = permissions::account(cx.db(), &cx.grant, &path.username)?;
    let permission = found.ok_or_else(|| ApiError::model(NO_USER))?;
    let view = UserPermission::new(&permission.account, permission.role, in_organization(cx));
    Ok(JsonResponse(view))
}

/// `GET …/permissions/user/<username>/transitive`: their own role and those of their teams.
pub(crate) fn transitive(
    cx: &Context<'_, RepositoryAdminView>,
    path: AccountPath,
) -> HandlerResult<JsonResponse<TransitivePermissions>> {
    let roles = permissions::transitive(cx.db(), &cx.grant, &path.username)?;
    if roles.is_empty() {
        return Err(ApiError::not_found());
    }
    let permissions = roles.into_iter().map(|role| RoleView { role }).collect();
    Ok(JsonResponse(TransitivePermissions { permissions }))
}

/// `PUT …/permissions/user/<username>`.
pub(crate) fn set_user(
    cx: &Context<'_, RepositoryAdmin>,
    path: AccountPath,
    body: RoleChange,
) -> HandlerResult<JsonResponse<UserPermission>> {
    let (namespace, repository) = cx.grant.repository()?;
    let (name, role) = (path.username.as_str(), body.role);
    refuse_owner(name, namespace)?;
    transaction(cx.db(), |tx| {
        let account = permitted_account(tx, name, namespace)?;
        if !permissions::set_account(tx, &cx.grant, account.id, role)? {
            return Err(ApiError::not_found());
        }
        let event = LogEvent::ChangeRepoPermission {
            username: name,
            repo: &repository.name,
            namespace: &namespace.name,
            role,
        };
        cx.log(tx, namespace.id, &event)?;
        Ok(JsonResponse(UserPermission::new(&account, role, in_organization(cx))))
    })
}

/// `DELETE …/permissions/user/<username>`.
pub(crate) fn remove_user(
    cx: &Context<'_, RepositoryAdmin>,
    path: AccountPath,
) -> HandlerResult<NoContent> {
    let name = path.username.as_str();
    let Ok((namespace, repository)) = cx.grant.repository() else {
        return Err(ApiError::invalid_request(NO_USER));
    };
    refuse_owner(name, namespace)?;
    transaction(cx.db(), |tx| {
        if !permissions::remove_account(tx, &cx.grant, name)? {
            return Err(ApiError::invalid_request(NO_USER));
        }
        let event = LogEvent::DeleteRepoPermission {
            username: name,
            repo: &repository.name,
            namespace: &namespace.name,
        };
        cx.log(tx, namespace.id, &event)?;
        Ok(NoContent)
    })
}

/// `GET …/permissions/team/`.
pub(crate) fn teams(
    cx: &Context<'_, RepositoryAdminView>,
    query: ListQuery<permissions::Grantees>,
) -> HandlerResult<ListResponse<TeamPermissions>> {
    let page = query.page(cx)?;
    let found = permissions::teams(cx.db(), &cx.grant, &page.window)?;
    let listed = page.list_by_name(found, |permission| {
        let view = TeamPermission::new(&permission.team, permission.role);
        (permission.team, view)
    })?;
    Ok(listed.respond(TeamPermissions::of))
}

/// `GET …/permissions/team/<teamname>`: the role alone.
pub(crate) fn team(
    cx: &Context<'_, RepositoryAdminView>,
    path: TeamPath,
) -> HandlerResult<JsonResponse<RoleView>> {
    let found = permissions::team(cx.db(), &cx.grant, &path.teamname)?;
    Ok(JsonResponse(RoleView { role: found.ok_or_else(|| ApiError::model(NO_TEAM))? }))
}

/// `GET …/team/<teamname>/permissions` (`docs/contract/quay.md` 4.8).
pub(crate) fn of_team(
    cx: &Context<'_, TeamAdminView>,
    query: ListQuery<permissions::OnRepositories>,
) -> HandlerResult<ListResponse<PermissionsOnRepositories>> {
    let page = query.page(cx)?;
    let found = teams::permissions(cx.db(), &cx.grant, &page.window)?;
    Ok(page.list(found, PermissionOnRepository::from)?.respond(PermissionsOnRepositories::of))
}

/// `PUT …/permissions/team/<teamname>`, and `PUT /api/v1/organization/<o>/team/<t>/permissions/<repository>`, which clients
/// call and the original lacks.
pub(crate) fn set_team(
    cx: &Context<'_, RepositoryAdmin>,
    path: TeamPath,
    body: RoleChange,
) -> HandlerResult<JsonResponse<TeamPermission>> {
    let (namespace, repository) = cx.grant.repository()?;
    let (name, role) = (path.teamname.as_str(), body.role);
    transaction(cx.db(), |tx| {
        if !permissions::set_team(tx, &cx.grant, name, role)? {
            return Err(ApiError::invalid_request(format!(
                "No team {name} in organization {}",
                namespace.name
            )));
        }
        let repo = &repository.name;
        let event = LogEvent::ChangeRepoTeamPermission { team: name, repo, role };
        cx.log(tx, namespace.id, &event)?;
        Ok(JsonResponse(TeamPermission::new(name, role)))
    })
}

/// `DELETE …/permissions/team/<teamname>`, and the same by the team.
pub(crate) fn remove_team(
    cx: &Context<'_, RepositoryAdmin>,
    path: TeamPath,
) -> HandlerResult<NoContent> {
    let name = path.teamname.as_str();
    let Ok((namespace, repository)) = cx.grant.repository() else {
        return Err(ApiError::invalid_request(NO_TEAM));
    };
    transaction(cx.db(), |tx| {
        if !permissions::remove_team(tx, &cx.grant, name)? {
            return Err(ApiError::invalid_request(NO_TEAM));
        }
        let event = LogEvent::DeleteRepoTeamPermission { team: name, repo: &repository.name };
        cx.log(tx, namespace.id, &event)?;
        Ok(NoContent)
    })
}

const NO_USER: &str = "User does not have permission for repo.";
const NO_TEAM: &str = "Team does not have permission for repo.";

fn refuse_owner(name: &str, namespace: &Namespace) -> Result<(), ApiError> {
    if name == namespace.name {
        return Err(ApiError::invalid_request("Namespace owner must always be admin."));
    }
    Ok(())
}

/// The account of that name, which may have a role in the namespace: anybody, but no robot of another namespace.
fn permitted_account(
    db: &dyn Database,
    name: &str,
    namespace: &Namespace,
) -> Result<Account, ApiError> {
    let found = grantees::accounts(db, namespace.id, [Some(name), None])?.pop();
    let account =
        found.ok_or_else(|| ApiError::invalid_request(format!("Invalid username: {name}")))?;
    refuse_foreign_robot(&account, namespace)?;
    Ok(account)
}

/// A robot has roles in its own namespace only.
pub(crate) fn refuse_foreign_robot(
    account: &Account,
    namespace: &Namespace,
) -> Result<(), ApiError> {
    if account.is_robot && account.namespace_id != Some(namespace.id) {
        return Err(ApiError::invalid_request(format!(
            "Cannot add robot {} under namespace {}",
            account.name, namespace.name
        )));
    }
    Ok(())
}

fn in_organization<P: Permit<Target = RepositoryRef>>(cx: &Context<'_, P>) -> bool {
    let namespace = cx.grant.target().namespace.as_ref();
    namespace.is_some_and(|namespace| namespace.kind == NamespaceKind::Organization)
}
