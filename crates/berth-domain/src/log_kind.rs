//! The kinds of log entries (`docs/contract/quay.md` 8.2).

macro_rules! log_kinds {
    ($($variant:ident = $text:literal),+ $(,)?) => {
        /// What happened. The names are the contract's.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum LogKind {
            $(#[doc = concat!("`", $text, "`")] $variant),+
        }

        impl LogKind {
            /// The kind's name on the wire and in the database.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text),+
                }
            }
        }
    };
}

log_kinds! {
    OrgCreate = "org_create",
    OrgDelete = "org_delete",
    OrgChangeInvoicing = "org_change_invoicing",
    OrgChangeEmail = "org_change_email",
    OrgChangeTagExpiration = "org_change_tag_expiration",
    OrgChangeName = "org_change_name",
    OrgChangeSettings = "org_change_settings",
    OrgRemoveMember = "org_remove_member",
    CreateApplication = "create_application",
    UpdateApplication = "update_application",
    DeleteApplication = "delete_application",
    ResetApplicationClientSecret = "reset_application_client_secret",
    CreateOauthApiToken = "create_oauth_api_token",
    RevokeOauthApiToken = "revoke_oauth_api_token",
    OauthTokenAssigned = "oauth_token_assigned",
    OauthTokenGranted = "oauth_token_granted",
    OauthTokenRevoked = "oauth_token_revoked",
    CreateProxyCacheConfig = "create_proxy_cache_config",
    ChangeProxyCacheConfig = "change_proxy_cache_config",
    DeleteProxyCacheConfig = "delete_proxy_cache_config",
    OrgCreateTeam = "org_create_team",
    OrgSetTeamDescription = "org_set_team_description",
    OrgSetTeamRole = "org_set_team_role",
    OrgDeleteTeam = "org_delete_team",
    OrgAddTeamMember = "org_add_team_member",
    OrgInviteTeamMember = "org_invite_team_member",
    OrgRemoveTeamMember = "org_remove_team_member",
    OrgDeleteTeamMemberInvite = "org_delete_team_member_invite",
    OrgTeamMemberInviteAccepted = "org_team_member_invite_accepted",
    OrgTeamMemberInviteDeclined = "org_team_member_invite_declined",
    CreateRepo = "create_repo",
    DeleteRepo = "delete_repo",
    SetRepoDescription = "set_repo_description",
    ChangeRepoVisibility = "change_repo_visibility",
    ChangeRepoPermission = "change_repo_permission",
    DeleteRepoPermission = "delete_repo_permission",
    CreateRobot = "create_robot",
    DeleteRobot = "delete_robot",
    RegenerateRobotToken = "regenerate_robot_token",
    CreateRobotFederation = "create_robot_federation",
    DeleteRobotFederation = "delete_robot_federation",
    CreatePrototypePermission = "create_prototype_permission",
    ModifyPrototypePermission = "modify_prototype_permission",
    DeletePrototypePermission = "delete_prototype_permission",
    OrgCreateQuota = "org_create_quota",
    OrgChangeQuota = "org_change_quota",
    OrgDeleteQuota = "org_delete_quota",
    OrgCreateQuotaLimit = "org_create_quota_limit",
    OrgChangeQuotaLimit = "org_change_quota_limit",
    OrgDeleteQuotaLimit = "org_delete_quota_limit",
    CreateNamespaceAutoprunePolicy = "create_namespace_autoprune_policy",
    UpdateNamespaceAutoprunePolicy = "update_namespace_autoprune_policy",
    DeleteNamespaceAutoprunePolicy = "delete_namespace_autoprune_policy",
    CreateRepositoryAutoprunePolicy = "create_repository_autoprune_policy",
    UpdateRepositoryAutoprunePolicy = "update_repository_autoprune_policy",
    DeleteRepositoryAutoprunePolicy = "delete_repository_autoprune_policy",
    UserCreate = "user_create",
    UserDelete = "user_delete",
    UserDisable = "user_disable",
    UserEnable = "user_enable",
    UserChangeEmail = "user_change_email",
    UserChangePassword = "user_change_password",
    UserChangeName = "user_change_name",
    UserChangeInvoicing = "user_change_invoicing",
    UserChangeTagExpiration = "user_change_tag_expiration",
    UserChangeMetadata = "user_change_metadata",
    UserGenerateClientKey = "user_generate_client_key",
    LoginSuccess = "login_success",
    LogoutSuccess = "logout_success",
    TakeOwnership = "take_ownership",
    CreateGlobalMessage = "create_global_message",
    DeleteGlobalMessage = "delete_global_message",
    MailsRead = "mails_read",
}
