//! The metadata of log entries, by kind (`docs/contract/quay.md` 8.2): the names of the fields are the keys of the
//! metadata, in this order. Where a key may be absent, its field is left out when it is `None`; a key that is null
//! stays.

use crate::{LogKind, QuotaLimit, RepositoryRole, TeamRole};
use serde::Serialize;
use serde_json::{Map, Number, Value as Json};

/// Where a kind has keys of more than one form, each form is an event of its own, with the kind in parentheses.
macro_rules! events {
    ($($event:ident $(($kind:ident))? {
        $($(#[$attribute:meta])* $field:ident: $type:ty),* $(,)?
    })+) => {
        /// An event, with its metadata.
        #[derive(Debug, Clone, Serialize)]
        #[serde(untagged)]
        pub enum LogEvent<'a> {
            $(
                #[doc = concat!("[`LogKind::", events!(@name $event $($kind)?), "`].")]
                $event {
                    $(
                        #[doc = concat!("`", stringify!($field), "`.")]
                        $(#[$attribute])*
                        $field: $type
                    ),*
                }
            ),+
        }

        impl LogEvent<'_> {
            /// Its kind.
            #[must_use]
            pub const fn kind(&self) -> LogKind {
                match self {
                    $(Self::$event { .. } => events!(@kind $event $($kind)?)),+
                }
            }

            /// The metadata.
            #[must_use]
            #[inline(never)]
            pub fn metadata(&self) -> Map<String, Json> {
                match serde_json::to_value(self) {
                    Ok(Json::Object(metadata)) => metadata,
                    other => unreachable!("the metadata of an event is an object: {other:?}"),
                }
            }
        }
    };
    (@name $event:ident) => { stringify!($event) };
    (@name $event:ident $kind:ident) => { stringify!($kind) };
    (@kind $event:ident) => { LogKind::$event };
    (@kind $event:ident $kind:ident) => { LogKind::$kind };
}

events! {
    OrgCreate { email: Option<&'a str>, namespace: &'a str }
    OrgDelete { namespace: &'a str }
    OrgChangeInvoicing { invoice_email: bool, namespace: &'a str }
    OrgChangeInvoicingAddress (OrgChangeInvoicing) {
        invoice_email_address: Option<&'a str>,
        namespace: &'a str,
    }
    OrgChangeEmail { email: Option<&'a str>, namespace: &'a str, old_email: &'a str }
    OrgChangeTagExpiration { tag_expiration: &'a Number, namespace: &'a str }
    OrgChangeName { namespace: &'a str, old_name: &'a str }
    OrgChangeSettings { namespace: &'a str, old_name: &'a str }
    OrgRemoveMember { member: &'a str }
    TakeOwnership { entity_id: i64, namespace: &'a str, was_user: bool, superuser: &'a str }

    CreateApplication { #[serde(flatten)] told: Map<String, Json> }
    UpdateApplication { #[serde(flatten)] told: Map<String, Json> }
    DeleteApplication { application_name: &'a str, client_id: &'a str }
    ResetApplicationClientSecret { application_name: &'a str, client_id: &'a str }
    CreateOauthApiToken {
        oauth_token_uuid: &'a str,
        scope: &'a str,
        token_display_name: &'a str,
        application_name: &'a str,
        auth_method: &'a str,
        client_id: &'a str,
    }
    RevokeOauthApiToken { oauth_token_uuid: &'a str, application_name: &'a str, client_id: &'a str }
    OauthTokenAssigned {
        assigning_user: &'a str,
        assigned_user: &'a str,
        application: &'a str,
        client_id: &'a str,
    }
    OauthTokenGranted {
        #[serde(skip_serializing_if = "Option::is_none")]
        oauth_token_uuid: Option<&'a str>,
        scope: &'a str,
        application_name: &'a str,
        client_id: &'a str,
    }
    OauthTokenRevoked { oauth_token_uuid: &'a str, application_name: &'a str, client_id: &'a str }
    CreateAppSpecificToken { app_specific_token_title: &'a str, app_specific_token: &'a str }
    RevokeAppSpecificToken { app_specific_token_title: &'a str, app_specific_token: &'a str }

    ExportLogsSuccess {
        #[serde(skip_serializing_if = "Option::is_none")] repo: Option<&'a str>,
        export_id: &'a str,
        url: Option<&'a str>,
        email: Option<&'a str>,
    }

    CreateProxyCacheConfig { upstream_registry: &'a str }
    ChangeProxyCacheConfig { upstream_registry: &'a str }
    DeleteProxyCacheConfig {}
    PurgeProxyCache { manifests: i64 }

    OrgCreateTeam { team: &'a str }
    OrgSetTeamDescription { team: &'a str, description: &'a str }
    OrgSetTeamRole { team: &'a str, role: TeamRole }
    OrgDeleteTeam { team: &'a str }
    OrgAddTeamMember { member: &'a str, team: &'a str }
    OrgInviteTeamMember { user: &'a str, member: &'a str, team: &'a str }
    OrgInviteEmail (OrgInviteTeamMember) { email: &'a str, team: &'a str, member: &'a str }
    OrgRemoveTeamMember { member: &'a str, team: &'a str }
    OrgDeleteTeamMemberInvite { user: &'a str, team: &'a str, member: &'a str }
    OrgDeleteEmailInvite (OrgDeleteTeamMemberInvite) {
        email: &'a str,
        team: &'a str,
        member: &'a str,
    }
    OrgTeamMemberInviteAccepted { member: &'a str, team: &'a str, inviter: Option<&'a str> }
    OrgTeamMemberInviteDeclined { member: &'a str, team: &'a str, inviter: Option<&'a str> }

    CreateRepo { repo: &'a str, namespace: &'a str }
    DeleteRepo { repo: &'a str, namespace: &'a str }
    SetRepoDescription { repo: &'a str, namespace: &'a str, description: &'a str }
    ChangeRepoVisibility { repo: &'a str, namespace: &'a str, visibility: &'a str }
    PushRepo { #[serde(flatten)] registry: AtRegistry<'a> }
    PullRepo { #[serde(flatten)] registry: AtRegistry<'a> }
    DeleteTag { #[serde(flatten)] registry: AtRegistry<'a> }
    DeleteTagByName (DeleteTag) {
        username: &'a str,
        repo: &'a str,
        namespace: &'a str,
        tag: &'a str,
        digest: &'a str,
    }
    ChangeRepoPermission {
        username: &'a str,
        repo: &'a str,
        namespace: &'a str,
        role: RepositoryRole,
    }
    ChangeRepoTeamPermission (ChangeRepoPermission) {
        team: &'a str,
        repo: &'a str,
        role: RepositoryRole,
    }
    DeleteRepoPermission { username: &'a str, repo: &'a str, namespace: &'a str }
    DeleteRepoTeamPermission (DeleteRepoPermission) { team: &'a str, repo: &'a str }

    CreateRobot {
        robot: &'a str,
        description: Option<&'a str>,
        unstructured_metadata: &'a Json,
    }
    DeleteRobot { robot: &'a str }
    RegenerateRobotToken { robot: &'a str }
    CreateRobotFederation { config: &'a Json, robot: &'a str }
    DeleteRobotFederation { robot: &'a str }

    CreatePrototypePermission { #[serde(flatten)] permission: Prototype<'a> }
    ModifyPrototypePermission { #[serde(flatten)] permission: Prototype<'a> }
    DeletePrototypePermission { #[serde(flatten)] permission: Prototype<'a> }

    OrgCreateQuota { namespace: &'a str, limit_bytes: i64, limit: String }
    OrgChangeQuota { namespace: &'a str, limit_bytes: i64, limit: String }
    OrgDeleteQuota { namespace: &'a str }
    OrgCreateQuotaLimit { namespace: &'a str, #[serde(flatten)] limit: Threshold }
    OrgChangeQuotaLimit { namespace: &'a str, #[serde(flatten)] limit: Threshold }
    OrgDeleteQuotaLimit { namespace: &'a str, #[serde(flatten)] limit: Threshold }

    CreateNamespaceAutoprunePolicy { #[serde(flatten)] policy: Autoprune<'a>, namespace: &'a str }
    UpdateNamespaceAutoprunePolicy { #[serde(flatten)] policy: Autoprune<'a>, namespace: &'a str }
    DeleteNamespaceAutoprunePolicy { policy_uuid: &'a str, namespace: &'a str }
    CreateRepositoryAutoprunePolicy {
        #[serde(flatten)]
        policy: Autoprune<'a>,
        namespace: &'a str,
        repo: &'a str,
    }
    UpdateRepositoryAutoprunePolicy {
        #[serde(flatten)]
        policy: Autoprune<'a>,
        namespace: &'a str,
        repo: &'a str,
    }
    DeleteRepositoryAutoprunePolicy { policy_uuid: &'a str, namespace: &'a str, repo: &'a str }

    UserCreate {
        email: Option<&'a str>,
        username: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        superuser: Option<&'a str>,
    }
    UserDelete {
        username: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        superuser: Option<&'a str>,
    }
    UserDisable { username: &'a str, superuser: &'a str }
    UserEnable { username: &'a str, superuser: &'a str }
    UserChangeEmail { email: &'a str, old_email: &'a str, username: &'a str }
    UserChangeEmailBySuperuser (UserChangeEmail) {
        username: &'a str,
        email: &'a str,
        old_email: &'a str,
        superuser: &'a str,
    }
    UserChangePassword {
        username: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        superuser: Option<&'a str>,
    }
    UserChangeName { new_name: &'a str, username: &'a str }
    UserChangeInvoicing { invoice_email: bool, username: &'a str }
    UserChangeInvoicingAddress (UserChangeInvoicing) {
        invoice_email_address: Option<&'a str>,
        username: &'a str,
    }
    UserChangeTagExpiration { tag_expiration: &'a Number, username: &'a str }
    UserChangeMetadata { username: &'a str }
    UserGenerateClientKey { username: &'a str }
    LoginSuccess { r#type: &'a str, useragent: &'a str }
    LoginSuccessAtRegistry (LoginSuccess) {
        r#type: &'a str,
        kind: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        robot: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        app_specific_token_title: Option<&'a str>,
        useragent: &'a str,
    }
    LogoutSuccess {}

    CreateGlobalMessage { uuid: &'a str, severity: &'a str }
    DeleteGlobalMessage { uuid: &'a str }
    MailsRead {}
    ServiceKeyCreate { kid: &'a str, service: &'a str, signs_from: &'a str }
}

/// What somebody did with an image at the registry (`docs/contract/registry.md` C.2).
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct AtRegistry<'a> {
    /// The repository, in its namespace.
    pub repo: &'a str,
    /// Its namespace.
    pub namespace: &'a str,
    /// What program did it.
    #[serde(rename = "user-agent")]
    pub user_agent: &'a str,
    /// The tag that was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<&'a str>,
    /// What was pulled, where no tag was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manifest_digest: Option<&'a str>,
    /// What the deleted tag named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<&'a str>,
    /// Of the manifest.
    #[serde(rename = "mediaType", skip_serializing_if = "Option::is_none")]
    pub media_type: Option<&'a str>,
    /// The user or robot who did it; none for anybody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<&'a str>,
    /// True, or left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_robot: Option<bool>,
}

/// A default permission.
#[derive(Debug, Clone, Serialize)]
pub struct Prototype<'a> {
    /// Stable id.
    pub prototypeid: &'a str,
    /// Who changes it.
    pub username: &'a str,
    /// It counts when this account creates the repository.
    pub activating_username: Option<&'a str>,
    /// The role.
    pub role: RepositoryRole,
    /// The role that it had.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub original_role: Option<RepositoryRole>,
    /// The user or robot who gets the role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delegate_user: Option<&'a str>,
    /// The team that gets the role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delegate_team: Option<&'a str>,
}

/// A limit of a quota.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Threshold {
    /// What happens at the limit.
    pub r#type: &'static str,
    /// Where, in percent of the quota.
    pub threshold_percent: i64,
}

impl From<&QuotaLimit> for Threshold {
    fn from(limit: &QuotaLimit) -> Self {
        Self { r#type: limit.kind.as_str(), threshold_percent: limit.percent }
    }
}

/// What an autoprune policy says.
#[derive(Debug, Clone, Serialize)]
pub struct Autoprune<'a> {
    /// `number_of_tags` or `creation_date`.
    pub method: &'a str,
    /// A number or an age.
    pub value: Json,
    /// Which tags; null is every tag.
    pub tag_pattern: Option<&'a str>,
    /// Whether those tags that match count.
    pub tag_pattern_matches: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata_of(event: &LogEvent<'_>) -> String {
        Json::Object(event.metadata()).to_string()
    }

    #[test]
    fn keys_are_in_order_and_null_or_absent_by_kind() {
        let event = LogEvent::OrgCreate { email: None, namespace: "acme" };
        assert_eq!(metadata_of(&event), r#"{"email":null,"namespace":"acme"}"#);
        let event = LogEvent::UserDelete { username: "ana", superuser: None };
        assert_eq!(metadata_of(&event), r#"{"username":"ana"}"#);
        let limit = Threshold { r#type: "Reject", threshold_percent: 80 };
        let event = LogEvent::OrgCreateQuotaLimit { namespace: "acme", limit };
        assert_eq!(
            metadata_of(&event),
            r#"{"namespace":"acme","type":"Reject","threshold_percent":80}"#
        );
        assert_eq!(metadata_of(&LogEvent::MailsRead {}), "{}");
    }

    #[test]
    fn several_events_may_be_of_one_kind() {
        let event = LogEvent::OrgInviteEmail { email: "e", team: "t", member: "e" };
        assert_eq!(event.kind(), LogKind::OrgInviteTeamMember);
    }
}
