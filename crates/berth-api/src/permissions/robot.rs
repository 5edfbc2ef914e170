//! Permissions of robots, by the robot's path: the same as those of the repository (`docs/contract/quay.md` 6.3).

use berth_access::{NamespaceTarget, Permit, RepositoryAdmin};
use berth_domain::Namespace;
use berth_domain::log_event::LogEvent;
use berth_store::robots::{self, PermissionChange};
use berth_store::transaction;
use berth_web::listing::Listing;
use berth_web::{ApiError, Context, HandlerResult, response};
use serde_json::Map;

use crate::robots::handlers::{RobotPath, existing, missing};

use super::bodies::RobotRole;
use super::views;

/// `GET …/robots/<short>/permissions`.
pub(crate) fn list<P: Permit<Target: NamespaceTarget>>(
    cx: &Context<'_, P>,
    path: RobotPath,
) -> HandlerResult {
    let namespace = existing::<P>(cx)?;
    let found = robots::permissions(cx.db(), &cx.grant, &path.full_name(namespace))?;
    let listed = Listing::of(cx).whole(&found.ok_or_else(missing)?, |permission| {
        views::on_repository(&permission.repository, permission.is_public, permission.role)
    });
    Ok(listed.answer("permissions", Map::new()))
}

/// Gives a robot a role on a repository of its namespace. Who may is who may through the repository's own path.
pub(crate) fn set(
    cx: &Context<'_, RepositoryAdmin>,
    path: RobotPath,
    body: RobotRole,
) -> HandlerResult {
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
        let view = views::on_repository(target.repository, target.is_public, role);
        Ok(response::ok(&view))
    })
}

/// `DELETE …/robots/<short>/permissions/<repository>`.
pub(crate) fn delete(cx: &Context<'_, RepositoryAdmin>, path: RobotPath) -> HandlerResult {
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
        Ok(response::no_content())
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
