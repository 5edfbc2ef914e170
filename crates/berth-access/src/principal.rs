//! Who calls, and on what authority.

use std::sync::Arc;

use berth_domain::Timestamp;

use crate::scope::{Scope, ScopeSet};

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// Unknown.
    Anonymous,
    /// A person, or at a registry a robot.
    User(Arc<Caller>),
    /// Who shows a token that was signed here for a registry.
    TokenHolder(Arc<TokenHolder>),
}

impl Principal {
    /// The person, if one is known.
    #[must_use]
    pub fn caller(&self) -> Option<&Caller> {
        match self {
            Self::Anonymous | Self::TokenHolder(_) => None,
            Self::User(caller) => Some(caller),
        }
    }

    /// Who shows a token for a registry, if somebody does.
    #[must_use]
    pub fn token_holder(&self) -> Option<&TokenHolder> {
        match self {
            Self::Anonymous | Self::User(_) => None,
            Self::TokenHolder(holder) => Some(holder),
        }
    }

    /// The row id of the account that calls, by whatever authority.
    #[must_use]
    pub fn account_id(&self) -> Option<i64> {
        match self {
            Self::Anonymous => None,
            Self::User(caller) => Some(caller.id),
            Self::TokenHolder(holder) => holder.account_id,
        }
    }

    /// Whether nobody knows who calls.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        match self {
            Self::Anonymous => true,
            Self::User(_) => false,
            Self::TokenHolder(holder) => holder.is_of_nobody,
        }
    }
}

/// Who shows a token that was signed here for a registry (`docs/contract/registry.md` A.6). What the token says counts until it ends,
/// and nothing else: no role and no power of its account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenHolder {
    /// The subject: the name of a user or a robot, or a word for nobody.
    pub name: String,
    /// Whether the token is of nobody.
    pub is_of_nobody: bool,
    /// Row id of the account, while there is one of that name.
    pub account_id: Option<i64>,
    /// What the token allows, by repository.
    pub access: Vec<RepositoryAccess>,
    /// Whether its account's repositories may be listed.
    pub lists_repositories: bool,
}

/// What a token allows with a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepositoryAccess {
    /// The name of the repository, as paths of registries have it.
    pub repository: String,
    /// Reading it.
    pub pull: bool,
    /// Writing to it.
    pub push: bool,
}

/// A person who calls, or at a registry a robot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Row id of the account.
    pub id: i64,
    /// Stable id of the account.
    pub uuid: String,
    /// User name.
    pub name: String,
    /// E-mail address, or the random UUID in its place.
    pub email: String,
    /// Whether the address was confirmed.
    pub verified: bool,
    /// What makes the call count as theirs.
    pub authority: Authority,
    /// Which powers beyond an ordinary user's the account has, whatever the authority.
    pub powers: SuperuserPowers,
    /// Whether `feature_restricted_users` binds the account.
    pub restricted: bool,
}

/// What the settings say of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SuperuserPowers {
    /// Is a superuser.
    pub superuser: bool,
    /// Superusers have every right in every organization (`feature_superusers_full_access`).
    pub full_access: bool,
    /// Whether superusers alone create organizations (`feature_superusers_org_creation_only`).
    pub alone_create_organizations: bool,
    /// May read everything and change nothing; wins over `superuser`.
    pub global_reader: bool,
}

/// What makes a call count as a person's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Authority {
    /// They signed in; all their rights count.
    Session {
        /// When they last gave their password.
        signed_in_at: Timestamp,
    },
    /// An OAuth token; its scopes cap their rights.
    Token(Token),
    /// An app-specific token, in place of the password where a registry is used; all their rights count.
    AppToken(AppToken),
    /// A robot account, by its token: it has rights over repositories and none over accounts.
    Robot {
        /// The row id of its namespace.
        owner_id: i64,
    },
}

/// The app-specific token of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppToken {
    /// Row id.
    pub id: i64,
    /// What its user calls it.
    pub title: String,
}

/// What a robot may be given at all.
const OF_ROBOTS: &[Scope] =
    &[Scope::RepoRead, Scope::RepoWrite, Scope::RepoAdmin, Scope::RepoCreate, Scope::OrgAdmin];

/// The token of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Row id.
    pub id: i64,
    /// Its scopes; `None` when the stored text cannot be read, which allows nothing.
    pub scopes: Option<ScopeSet>,
    /// The client id of its application.
    pub client_id: String,
    /// The name of its application.
    pub application: String,
}

impl Caller {
    /// The scopes that the authority carries: a session carries all.
    #[must_use]
    pub fn scopes(&self) -> ScopeSet {
        match &self.authority {
            Authority::Session { .. } | Authority::AppToken(_) => ScopeSet::of(Scope::ALL),
            Authority::Robot { .. } => ScopeSet::of(OF_ROBOTS),
            Authority::Token(token) => token.scopes.unwrap_or_default(),
        }
    }

    /// Whether the authority carries `scope`.
    #[must_use]
    pub fn has_scope(&self, scope: Scope) -> bool {
        self.scopes().allows(scope)
    }

    /// Whether the person acts themselves, by session or password: a token is not enough to get another one, or to change what
    /// its user signs in with.
    #[must_use]
    pub fn is_there_in_person(&self) -> bool {
        matches!(self.authority, Authority::Session { .. })
    }

    /// Whether superuser powers count in this call.
    #[must_use]
    pub fn is_superuser(&self) -> bool {
        self.powers.superuser && !self.powers.global_reader && self.has_scope(Scope::SuperUser)
    }

    /// Whether the account reads everything and changes nothing, with any authority.
    #[must_use]
    pub fn is_global_reader(&self) -> bool {
        self.powers.global_reader
    }
}
