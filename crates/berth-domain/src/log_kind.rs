//! The kinds of log entries (`docs/contract/quay.md` 8.2).

use strum::IntoStaticStr;

/// What happened. Its name, on the wire and in the database, is the variant's with underscores: `org_create`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
#[allow(missing_docs, reason = "the names are the contract's, which explains them")]
pub enum LogKind {
    OrgCreate,
    OrgDelete,
    OrgChangeInvoicing,
    OrgChangeEmail,
    OrgChangeTagExpiration,
    OrgChangeName,
    OrgChangeSettings,
    OrgRemoveMember,
    CreateApplication,
    UpdateApplication,
    DeleteApplication,
    ResetApplicationClientSecret,
    CreateOauthApiToken,
    RevokeOauthApiToken,
    OauthTokenAssigned,
    OauthTokenGranted,
    OauthTokenRevoked,
    ExportLogsSuccess,
    CreateProxyCacheConfig,
    ChangeProxyCacheConfig,
    DeleteProxyCacheConfig,
    OrgCreateTeam,
    OrgSetTeamDescription,
    OrgSetTeamRole,
    OrgDeleteTeam,
    OrgAddTeamMember,
    OrgInviteTeamMember,
    OrgRemoveTeamMember,
    OrgDeleteTeamMemberInvite,
    OrgTeamMemberInviteAccepted,
    OrgTeamMemberInviteDeclined,
    CreateRepo,
    DeleteRepo,
    SetRepoDescription,
    ChangeRepoVisibility,
    ChangeRepoPermission,
    DeleteRepoPermission,
    CreateRobot,
    DeleteRobot,
    RegenerateRobotToken,
    CreateRobotFederation,
    DeleteRobotFederation,
    CreatePrototypePermission,
    ModifyPrototypePermission,
    DeletePrototypePermission,
    OrgCreateQuota,
    OrgChangeQuota,
    OrgDeleteQuota,
    OrgCreateQuotaLimit,
    OrgChangeQuotaLimit,
    OrgDeleteQuotaLimit,
    CreateNamespaceAutoprunePolicy,
    UpdateNamespaceAutoprunePolicy,
    DeleteNamespaceAutoprunePolicy,
    CreateRepositoryAutoprunePolicy,
    UpdateRepositoryAutoprunePolicy,
    DeleteRepositoryAutoprunePolicy,
    UserCreate,
    UserDelete,
    UserDisable,
    UserEnable,
    UserChangeEmail,
    UserChangePassword,
    UserChangeName,
    UserChangeInvoicing,
    UserChangeTagExpiration,
    UserChangeMetadata,
    UserGenerateClientKey,
    LoginSuccess,
    LogoutSuccess,
    TakeOwnership,
    CreateGlobalMessage,
    DeleteGlobalMessage,
    MailsRead,
    ServiceKeyCreate,
}

impl LogKind {
    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}
