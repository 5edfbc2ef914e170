//! OAuth scopes (`docs/contract/quay.md` 0.10, 5.6): which exist, which imply which, what they are called.

use std::fmt;

use strum::{EnumString, IntoStaticStr, VariantArray};
use thiserror::Error;

/// One scope, in the order of the contract's table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
pub enum Scope {
    /// `repo:read`
    #[strum(serialize = "repo:read")]
    RepoRead,
    /// `repo:write`
    #[strum(serialize = "repo:write")]
    RepoWrite,
    /// `repo:admin`
    #[strum(serialize = "repo:admin")]
    RepoAdmin,
    /// `repo:create`
    #[strum(serialize = "repo:create")]
    RepoCreate,
    /// `user:read`
    #[strum(serialize = "user:read")]
    UserRead,
    /// `user:admin`
    #[strum(serialize = "user:admin")]
    UserAdmin,
    /// `org:admin`
    #[strum(serialize = "org:admin")]
    OrgAdmin,
    /// `super:user`
    #[strum(serialize = "super:user")]
    SuperUser,
}

impl Scope {
    /// Every scope.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// A short title for people.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::RepoRead => "View all visible repositories",
            Self::RepoWrite => "Read/Write to any accessible repositories",
            Self::RepoAdmin => "Administer Repositories",
            Self::RepoCreate => "Create Repositories",
            Self::UserRead => "Read User Information",
            Self::UserAdmin => "Administer User",
            Self::OrgAdmin => "Administer Organization",
            Self::SuperUser => "Super User Access",
        }
    }

    /// The icon that consoles show.
    #[must_use]
    pub const fn icon(self) -> &'static str {
        match self {
            Self::RepoRead | Self::RepoWrite | Self::RepoAdmin => "fa-hdd-o",
            Self::RepoCreate => "fa-plus",
            Self::UserRead => "fa-user",
            Self::UserAdmin | Self::OrgAdmin => "fa-gear",
            Self::SuperUser => "fa-street-view",
        }
    }

    /// Whether granting it deserves a warning.
    #[must_use]
    pub const fn is_dangerous(self) -> bool {
        matches!(self, Self::UserAdmin | Self::OrgAdmin | Self::SuperUser)
    }

    /// What it allows, in a sentence: wire data of consent, authorizations and discovery.
    #[must_use]
    pub const fn description(self) -> &'static str {
        match self {
            Self::RepoRead => {
                "This application will be able to view and pull all repositories visible to the granting user"
            }
            Self::RepoWrite => {
                "This application will be able to view, push and pull to all repositories to which the granting user has write access"
            }
            Self::RepoAdmin => {
                "This application will have administrator access to all repositories to which the granting user has access"
            }
            Self::RepoCreate => {
                "This application will be able to create repositories in all namespaces that the granting user is allowed to create repositories"
            }
            Self::UserRead => {
                "This application will be able to read user information such as username and email address."
            }
            Self::UserAdmin => {
                "This application will be able to administer your account including creating robots and granting them permissions to your repositories. You should have absolute trust in the requesting application before granting this permission."
            }
            Self::OrgAdmin => {
                "This application will be able to administer your organizations including creating robots, creating teams, adjusting team membership, and changing billing settings. You should have absolute trust in the requesting application before granting this permission."
            }
            Self::SuperUser => {
                "This application will be able to administer your installation including managing users, managing organizations and other features found in the superuser panel. You should have absolute trust in the requesting application before granting this permission."
            }
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }

    /// The scope itself and those that it implies: only `repo:admin` ⊃ `repo:write` ⊃ `repo:read`.
    const fn with_implied(self) -> u8 {
        match self {
            Self::RepoAdmin => self.bit() | Self::RepoWrite.bit() | Self::RepoRead.bit(),
            Self::RepoWrite => self.bit() | Self::RepoRead.bit(),
            _ => self.bit(),
        }
    }
}

/// A text that is no list of scopes: empty, or with an unknown or empty element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("invalid scope")]
pub struct InvalidScope;

/// The scopes of a token: as granted, and what they allow.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ScopeSet {
    granted: u8,
}

impl ScopeSet {
    /// Splits on spaces or commas; one unknown or empty element makes the whole text invalid.
    ///
    /// # Errors
    /// [`InvalidScope`].
    pub fn parse(text: &str) -> Result<Self, InvalidScope> {
        let mut granted = 0;
        for name in text.split([' ', ',']) {
            granted |= name.parse::<Scope>().map_err(|_| InvalidScope)?.bit();
        }
        Ok(Self { granted })
    }

    /// The scopes of `text` in the order given, each once, separated by spaces.
    ///
    /// # Errors
    /// [`InvalidScope`], as [`Self::parse`].
    pub fn normalize(text: &str) -> Result<String, InvalidScope> {
        Self::parse(text)?;
        let mut names: Vec<&str> = Vec::new();
        for name in text.split([' ', ',']) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        Ok(names.join(" "))
    }

    /// The scopes of `list`.
    #[must_use]
    pub fn of(list: &[Scope]) -> Self {
        Self { granted: list.iter().fold(0, |bits, scope| bits | scope.bit()) }
    }

    /// Whether the scope is granted or implied by a granted one.
    #[must_use]
    pub fn allows(self, scope: Scope) -> bool {
        self.effective() & scope.bit() != 0
    }

    /// Whether every scope of `other` is granted or implied.
    #[must_use]
    pub fn covers(self, other: Self) -> bool {
        other.granted & !self.effective() == 0
    }

    /// The granted scopes, in the order of [`Scope`]; implied ones are left out.
    pub fn granted(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.iter().copied().filter(move |scope| self.granted & scope.bit() != 0)
    }

    /// Both sets together.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self { granted: self.granted | other.granted }
    }

    fn effective(self) -> u8 {
        self.granted().fold(0, |bits, scope| bits | scope.with_implied())
    }
}

impl fmt::Display for ScopeSet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, scope) in self.granted().enumerate() {
            let separator = if position == 0 { "" } else { " " };
            write!(formatter, "{separator}{}", scope.as_str())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_bad_element_spoils_all() {
        for bad in ["", "repo:read,", "repo:read  org:admin", "REPO:READ", "repo:read x"] {
            assert_eq!(ScopeSet::parse(bad), Err(InvalidScope), "{bad:?}");
        }
        let set = ScopeSet::parse("org:admin,repo:write").expect("valid");
        assert_eq!(set.to_string(), "repo:write org:admin");
        let normal = ScopeSet::normalize("org:admin,repo:write org:admin");
        assert_eq!(normal.as_deref(), Ok("org:admin repo:write"));
    }

    #[test]
    fn only_repository_scopes_imply() {
        let admin = ScopeSet::of(&[Scope::RepoAdmin]);
        assert!(admin.covers(ScopeSet::of(&[Scope::RepoRead, Scope::RepoWrite])));
        let org = ScopeSet::of(&[Scope::OrgAdmin, Scope::SuperUser]);
        for scope in [Scope::UserRead, Scope::UserAdmin, Scope::RepoRead, Scope::RepoCreate] {
            assert!(!org.allows(scope), "{}", scope.as_str());
        }
    }
}
