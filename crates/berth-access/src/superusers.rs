//! What a superuser is: the one place that reads it from the settings.

use crate::principal::SuperuserPowers;

/// What the settings say of superusers. The first user of the installation is a superuser besides those that are named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Superusers {
    /// Their names (`super_users`).
    pub named: Vec<String>,
    /// The names of those who read everything and change nothing (`global_readonly_super_users`).
    pub readers: Vec<String>,
    /// Whether their powers count (`feature_super_users`).
    pub enabled: bool,
    /// Whether they have every right in every organization (`feature_superusers_full_access`).
    pub full_access: bool,
    /// Whether superusers alone create organizations (`feature_superusers_org_creation_only`).
    pub alone_create_organizations: bool,
}

impl Superusers {
    /// The powers of an account.
    #[must_use]
    pub fn powers(&self, name: &str, is_first: bool) -> SuperuserPowers {
        SuperuserPowers {
            superuser: self.enabled && self.is_superuser(name, is_first),
            full_access: self.full_access,
            alone_create_organizations: self.alone_create_organizations,
            global_reader: self.is_reader(name),
        }
    }

    /// Whether an account is a superuser's, although powers may not count at present: other superusers leave it alone.
    #[must_use]
    pub fn is_superuser(&self, name: &str, is_first: bool) -> bool {
        is_first || self.is_named(name)
    }

    /// Whether the settings name a superuser so.
    #[must_use]
    pub fn is_named(&self, name: &str) -> bool {
        self.named.iter().any(|known| known == name)
    }

    /// Whether an account reads everything.
    #[must_use]
    pub fn is_reader(&self, name: &str) -> bool {
        self.readers.iter().any(|known| known == name)
    }

    /// Whether the settings give powers to a name. Nobody takes such a name at will: superusers hand it out.
    #[must_use]
    pub fn gives_powers_to(&self, name: &str) -> bool {
        self.is_named(name) || self.is_reader(name)
    }

    /// Whether views show an account as a superuser: the first user only while the setting names nobody.
    #[must_use]
    pub fn shows(&self, name: &str, is_first: bool) -> bool {
        self.is_named(name) || (is_first && self.named.is_empty())
    }
}
