//! Permissions of robots, by the robot's path: the same as those of the repository (`docs/contract/quay.md` 6.3).

use berth_access::{NamespaceTarget, Permit, RepositoryAdmin};
use berth_domain::Namespace;
use berth_domain::log_event::LogEvent;
use berth_store::permissions::{OnRepositories, RepositoryPermission};
use berth_store::robots::{self, PermissionChange};
use berth_store::transaction;
use berth_web::{
    ApiError, Context, HandlerResult, JsonResponse, ListQuery, ListResponse, NoContent,
};

use crate::robots::handlers::{RobotPath, existing, missing};

use super::bodies::RobotRole;
use super::views::{PermissionOnRepository, PermissionsOnRepositories};

/// `GET …/robots/<short>/permissions`.
pub(crate) fn list<P: Permit<Target: NamespaceTarget>>(
    cx: &Context<'_, P>,
    path: RobotPath,
    query: ListQuery<OnRepositories>,
) -> HandlerResult<ListResponse<PermissionsOnRepositories>> {
    let (namespace, page) = (existing::<P>(cx)?, query.page(cx)?);
    let robot = path.full_name(namespace);
    let found = robots::permissions(cx.db(), &cx.grant, &robot, &page.window)?;
    let listed = page.list(found.ok_or_else(missing)?, PermissionOnRepository::from)?;
    Ok(listed.respond(PermissionsOnRepositories::of))
}

/// Gives a robot a role on a repository of its namespace. The same callers may as through the repository's path.
pub(crate) fn set(
    cx: &Context<'_, RepositoryAdmin>,
    path: RobotPath,
    body: RobotRole,
) -> HandlerResult<JsonResponse<PermissionOnRepository>> {
    let (target, role) = (Target::of(cx, &path)?, body.role);
    transaction(cx.db(), |tx| {
        match robots::set_permission(tx, &cx.grant, &target.robot, role)? {
            PermissionChange::Done => {}
            _ => return Err(missing()),
        }
        let Target { repository: repo, robot: username, .. } = &target;
        let namespace = &target.namespace.name;
        let event = LogEvent::ChangeRepoPermission { username, repo, namespace, role };
        cx.log(tx, target.namespace.id, &event)?;
        let (repository, is_public) = (target.repository.to_owned(), target.is_public);
        Ok(JsonResponse(RepositoryPermission { repository, is_public, role }.into()))
    })
}

/// `DELETE …/robots/<short>/permissions/<repository>`.
pub(crate) fn delete(
    cx: &Context<'_, RepositoryAdmin>,
    path: RobotPath,
) -> HandlerResult<NoContent> {
    let target = Target::of(cx, &path)?;
    transaction(cx.db(), |tx| {
        match robots::delete_permission(tx, &cx.grant, &target.robot)? {
            PermissionChange::Done => {}
            PermissionChange::NoRobot => return Err(missing()),
            PermissionChange::NoPermission => {
                return Err(ApiError::invalid_request("User does not have permission for repo."));
            }
        }
        let Target { repository: repo, robot: username, .. } = &target;
        let namespace = &target.namespace.name;
        let event = LogEvent::DeleteRepoPermission { username, repo, namespace };
        cx.log(tx, target.namespace.id, &event)?;
        Ok(NoContent)
    })
}

/// A robot and a repository of the same namespace.
struct Target<'a> {
    namespace: &'a Namespace,
    repository: &'a str,
    is_public: bool,
    robot: String,
}

impl<'a> Target<'a> {
    fn of(cx: &'a Context<'_, RepositoryAdmin>, path: &RobotPath) -> Result<Self, ApiError> {
        let granted = cx.grant.target();
        let (Some(namespace), Some(repository)) = (&granted.namespace, &granted.repository) else {
            return Err(ApiError::not_found());
        };
        Ok(Self {
            namespace,
            repository: &repository.name,
            is_public: repository.is_public,
            robot: path.full_name(namespace),
        })
    }
}
