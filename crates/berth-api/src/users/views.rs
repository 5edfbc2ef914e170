//! Accounts as answers show them.

use crate::quotas::views::{QuotaFields, Quotas};
use berth_access::{Permit, Rights, Superusers};
use berth_domain::{Avatar, AvatarKind, TeamRole, settings};
use berth_store::accounts::NewUser;
use berth_store::users::{Membership, Metadata, UserAccount, UserSummary};
use berth_web::{Context, Services};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Number, Value};

/// A person's account, as much of it as the caller may see (`docs/contract/quay.md` 5.2).
#[derive(JsonSchema, Serialize)]
pub(crate) struct UserView {
    anonymous: bool,
    username: String,
    avatar: Avatar,
    #[serde(flatten)]
    own: Option<OwnView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    organizations: Option<Vec<UserOrganization>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    super_user: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    global_readonly_super_user: Option<bool>,
}

#[derive(JsonSchema, Serialize)]
struct OwnView {
    can_create_repo: bool,
    is_me: bool,
    verified: bool,
    email: String,
    /// No logins at other services: always empty.
    logins: Vec<Map<String, Value>>,
    invoice_email: bool,
    invoice_email_address: Option<String>,
    preferred_namespace: bool,
    tag_expiration_s: Number,
    prompts: Vec<&'static str>,
    company: Option<String>,
    family_name: Option<String>,
    given_name: Option<String>,
    location: Option<String>,
    is_free_account: bool,
    has_password_set: bool,
    #[serde(flatten)]
    quota: Option<QuotaFields>,
}

/// Whether the first user may be made.
#[derive(JsonSchema, Serialize)]
pub(crate) struct InitializationView {
    /// There is no user yet, and the settings allow to make one.
    pub(super) available: bool,
}

/// An organization that somebody is in.
#[derive(JsonSchema, Serialize)]
pub(crate) struct UserOrganization {
    name: String,
    avatar: Avatar,
    can_create_repo: bool,
    public: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_org_admin: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    preferred_namespace: Option<bool>,
}

/// What a caller sees of accounts.
pub(crate) struct AccountVisibility<'a> {
    rights: &'a Rights,
    rights_by_role: Box<dyn Fn(Option<TeamRole>) -> Rights + 'a>,
    superuser: bool,
    quotas: Quotas,
    asks_for_metadata: bool,
}

impl<'a> AccountVisibility<'a> {
    /// What the caller sees.
    pub(crate) fn of<P: Permit>(cx: &'a Context<'_, P>) -> Self {
        let (services, rights) = (cx.services(), cx.rights());
        let caller = cx.grant.caller().filter(|_| rights.is_superuser());
        Self {
            rights,
            rights_by_role: Box::new(|role| cx.rights_by_role(role)),
            superuser: caller.is_some_and(|caller| services.superusers().shows(&caller.name, true)),
            quotas: Quotas::of(services),
            asks_for_metadata: services.setting(&settings::FEATURE_USER_METADATA),
        }
    }
}

impl UserView {
    /// What everybody sees.
    pub(crate) fn of(
        name: &str,
        email: &str,
        himself: bool,
        shown: &AccountVisibility<'_>,
    ) -> Self {
        Self {
            super_user: shown.superuser.then_some(himself),
            global_readonly_super_user: shown.rights.is_global_reader().then_some(himself),
            ..Self::outline(name, email)
        }
    }

    /// The caller's own view.
    pub(crate) fn own(account: UserAccount, shown: &AccountVisibility<'_>) -> Self {
        let mut view = Self::of(&account.name, &account.email, true, shown);
        let entries = account.organizations.iter();
        view.organizations =
            Some(entries.map(|entry| UserOrganization::new(entry, shown)).collect());
        view.own = shown.rights.is_user_admin().then(|| OwnView {
            verified: account.verified,
            email: account.email,
            invoice_email: account.invoice_email,
            invoice_email_address: account.invoice_email_address,
            tag_expiration_s: account.tag_expiration_s.into(),
            has_password_set: account.has_password,
            prompts: prompts(&account.metadata, shown.asks_for_metadata),
            quota: shown.quotas.fields(account.quota.as_ref(), account.stored_bytes),
            ..OwnView::new(account.metadata)
        });
        view
    }

    /// The same with the tag expiration as the caller wrote it: the answer to a change echoes `86400.0`.
    pub(crate) fn with_tag_expiration(mut self, written: Option<Number>) -> Self {
        if let (Some(own), Some(written)) = (&mut self.own, written) {
            own.tag_expiration_s = written;
        }
        self
    }

    /// The own view of somebody who just signed up. The tag expiration is the number that the settings computed.
    pub(crate) fn of_new(services: &Services<'_>, new: &NewUser<'_>) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "durations are far below 2^53 seconds")]
        let tag_expiration_s = Number::from_f64(new.tag_expiration_s as f64);
        let own = OwnView {
            verified: new.verified,
            email: new.email.to_owned(),
            tag_expiration_s: tag_expiration_s.unwrap_or_else(|| new.tag_expiration_s.into()),
            has_password_set: new.password_hash.is_some(),
            prompts: prompts(
                &Metadata::default(),
                services.setting(&settings::FEATURE_USER_METADATA),
            ),
            quota: Quotas::of(services).fields(None, 0),
            ..OwnView::new(Metadata::default())
        };
        let outline = Self::outline(new.name, new.email);
        Self { own: Some(own), organizations: Some(Vec::new()), ..outline }
    }

    fn outline(name: &str, email: &str) -> Self {
        Self {
            anonymous: false,
            username: name.to_owned(),
            avatar: Avatar::new(AvatarKind::User, name, email),
            own: None,
            organizations: None,
            super_user: None,
            global_readonly_super_user: None,
        }
    }
}

impl OwnView {
    /// A view of what is the same for everybody, and of what the person says about themselves.
    fn new(metadata: Metadata) -> Self {
        Self {
            can_create_repo: true,
            is_me: true,
            verified: false,
            email: String::new(),
            logins: Vec::new(),
            invoice_email: false,
            invoice_email_address: None,
            preferred_namespace: false,
            tag_expiration_s: 0.into(),
            prompts: Vec::new(),
            company: metadata.company,
            family_name: metadata.family_name,
            given_name: metadata.given_name,
            location: metadata.location,
            is_free_account: true,
            has_password_set: false,
            quota: None,
        }
    }
}

/// What consoles ask the person for, where that is recorded: the name and the company that are not known yet.
fn prompts(metadata: &Metadata, asks: bool) -> Vec<&'static str> {
    let missing = |text: &Option<String>| text.as_deref().unwrap_or_default().is_empty();
    let name = missing(&metadata.given_name) && missing(&metadata.family_name);
    let prompts = [("enter_name", name), ("enter_company", missing(&metadata.company))];
    prompts.into_iter().filter(|(_, wanted)| asks && *wanted).map(|(name, _)| name).collect()
}

impl UserOrganization {
    /// What the caller sees of an organization that they are in.
    pub(crate) fn new(membership: &Membership, shown: &AccountVisibility<'_>) -> Self {
        let rights = (shown.rights_by_role)(membership.role);
        let shows_admin = shown.rights.is_user_admin();
        Self {
            name: membership.name.clone(),
            avatar: Avatar::new(AvatarKind::Org, &membership.name, &membership.email),
            can_create_repo: rights.may_create_repositories(),
            public: false,
            is_org_admin: shows_admin.then(|| rights.is_admin()),
            preferred_namespace: shows_admin.then_some(false),
        }
    }
}

/// An account as superusers see it (`docs/contract/quay.md` 10.6).
#[derive(JsonSchema, Serialize)]
pub(crate) struct ListedUser {
    kind: &'static str,
    name: String,
    username: String,
    email: String,
    verified: bool,
    avatar: Avatar,
    super_user: bool,
    global_readonly_super_user: bool,
    enabled: bool,
    #[serde(flatten)]
    quota: Option<QuotaFields>,
    /// What command-line clients show in place of the password, where that was changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    encrypted_password: Option<String>,
}

impl ListedUser {
    /// The account, with the powers and the quota that the settings give.
    pub(crate) fn new(user: UserSummary, superusers: &Superusers, quotas: Quotas) -> Self {
        Self {
            kind: "user",
            avatar: Avatar::new(AvatarKind::User, &user.name, &user.email),
            super_user: superusers.shows(&user.name, user.is_first),
            global_readonly_super_user: superusers.is_reader(&user.name),
            username: user.name.clone(),
            name: user.name,
            email: user.email,
            verified: user.verified,
            enabled: user.enabled,
            quota: quotas.fields(user.quota.as_ref(), user.stored_bytes),
            encrypted_password: None,
        }
    }

    /// The same after a change that may have set a password.
    pub(super) fn with_encrypted_password(self, encrypted_password: Option<String>) -> Self {
        Self { encrypted_password, ..self }
    }
}

berth_web::lists! {
    /// A page of all accounts.
    pub(crate) struct AllUsers { users: Vec<ListedUser> }
}

/// An account that a superuser made, with its password.
#[derive(JsonSchema, Serialize)]
pub(crate) struct CreatedUser {
    pub(super) username: String,
    pub(super) email: Option<String>,
    pub(super) password: String,
    /// What command-line clients show in place of the password.
    pub(super) encrypted_password: String,
}

/// The first user of the installation (`docs/contract/quay.md` 5.1).
#[derive(JsonSchema, Serialize)]
pub(crate) struct FirstUserView {
    /// A token with all scopes, where one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) access_token: Option<String>,
    pub(super) email: Option<String>,
    /// What command-line clients show in place of the password.
    pub(super) encrypted_password: String,
    pub(super) username: String,
}

/// Somebody who signed up (`docs/contract/quay.md` 5.3).
#[derive(JsonSchema, Serialize)]
#[serde(untagged)]
pub(crate) enum SignedUp {
    /// Their address must be confirmed first.
    Awaiting { awaiting_verification: bool },
    /// They are signed in.
    User(Box<UserView>),
}

/// What command-line clients show in place of the password.
#[derive(JsonSchema, Serialize)]
pub(crate) struct ClientKey {
    pub(super) key: String,
}
