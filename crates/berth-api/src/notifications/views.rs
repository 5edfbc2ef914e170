//! Notifications as answers show them.

use berth_domain::secret::{Purpose, SecretKeys};
use berth_store::notifications::Notification;
use berth_web::listing::Entries;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

/// A notification (`docs/contract/quay.md` 5.11).
#[derive(JsonSchema, Serialize)]
pub(crate) struct NotificationView {
    id: String,
    /// Always null.
    #[schemars(with = "Option<String>")]
    organization: (),
    kind: String,
    created: String,
    /// What more there is to say, by the kind. That of an invitation has its `code`, with which it is accepted.
    metadata: Map<String, Value>,
    dismissed: bool,
}

impl NotificationView {
    /// A notification; a code that does not open, its key being lost, is null.
    pub(super) fn new(keys: &SecretKeys, notification: Notification) -> Self {
        let mut metadata = Map::new();
        if let Some(sealed) = &notification.sealed_code {
            let opened = keys.open(Purpose::InvitationCode, sealed).ok();
            metadata.insert("code".into(), opened.map(|opened| opened.text).into());
        }
        metadata.extend(notification.metadata);
        Self {
            id: notification.uuid,
            organization: (),
            kind: notification.kind,
            created: notification.created_at.to_rfc2822(),
            metadata,
            dismissed: notification.dismissed,
        }
    }
}

/// The caller's notifications.
#[derive(JsonSchema, Serialize)]
pub(crate) struct Notifications {
    pub(super) notifications: Entries<Vec<NotificationView>>,
    /// Whether there are more.
    pub(super) additional: bool,
}
