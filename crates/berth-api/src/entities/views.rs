//! What is found, as answers show it.

use berth_domain::{Avatar, AvatarKind};
use berth_store::entities::{Entity, EntityKind};
use schemars::JsonSchema;
use serde::Serialize;

berth_web::lists! {
    /// What the search found.
    pub(crate) struct FoundEntities { results: Vec<EntityView> }
}

/// A user, a robot, a team or an organization that was found (`docs/contract/quay.md` 10.6).
#[derive(JsonSchema, Serialize)]
#[serde(untagged)]
pub(crate) enum EntityView {
    /// A user or a robot.
    Account(FoundAccount),
    /// A team or an organization.
    Group(FoundGroup),
}

/// A user or a robot that was found.
#[derive(JsonSchema, Serialize)]
pub(crate) struct FoundAccount {
    name: String,
    /// `user`, for robots too.
    kind: &'static str,
    is_robot: bool,
    avatar: Avatar,
    /// Only where the search is in an organization.
    #[serde(skip_serializing_if = "Option::is_none")]
    is_org_member: Option<bool>,
}

/// A team or an organization that was found.
#[derive(JsonSchema, Serialize)]
pub(crate) struct FoundGroup {
    name: String,
    /// `team` or `org`.
    kind: &'static str,
    is_org_member: bool,
    avatar: Avatar,
}

impl EntityView {
    /// Membership is shown to callers who may read the members.
    pub(super) fn new(entity: Entity, in_organization: bool, sees_inside: bool) -> Self {
        let Entity { kind, name, email, is_member } = entity;
        let is_robot = match kind {
            EntityKind::Team => return Self::group("team", Avatar::team(&name), name),
            EntityKind::Organization => {
                return Self::group("org", Avatar::new(AvatarKind::Org, &name, &email), name);
            }
            EntityKind::Person => false,
            EntityKind::Robot => true,
        };
        let avatar = Avatar::account(is_robot, &name, &email);
        let is_org_member = in_organization.then_some(is_robot || (is_member && sees_inside));
        Self::Account(FoundAccount { name, kind: "user", is_robot, avatar, is_org_member })
    }

    fn group(kind: &'static str, avatar: Avatar, name: String) -> Self {
        Self::Group(FoundGroup { name, kind, is_org_member: true, avatar })
    }
}
