//! Avatars: a hash and a colour that identify an account, a team or an application (`docs/contract/quay.md` part 9).

use schemars::JsonSchema;
use serde::Serialize;
use sha2::{Digest, Sha256};

/// The palette; the first byte of the hash picks the colour.
const PALETTE: [&str; 32] = [
    "#969696", "#aec7e8", "#ff7f0e", "#ffbb78", "#2ca02c", "#98df8a", "#d62728", "#ff9896",
    "#9467bd", "#c5b0d5", "#8c564b", "#c49c94", "#e377c2", "#f7b6d2", "#7f7f7f", "#c7c7c7",
    "#bcbd22", "#1f77b4", "#17becf", "#9edae5", "#393b79", "#5254a3", "#6b6ecf", "#9c9ede",
    "#9ecae1", "#31a354", "#b5cf6b", "#a1d99b", "#8c6d31", "#ad494a", "#e7ba52", "#a55194",
];

/// The subject of an avatar. Organizations appear as `User` in their own view and in permission lists, as `Org` in lists
/// of organizations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AvatarKind {
    /// A user, or an organization in its own view.
    User,
    /// An organization in a list of organizations.
    Org,
    /// A robot account.
    Robot,
    /// A team.
    Team,
    /// An OAuth application.
    App,
}

/// An avatar as every answer shows it.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Avatar {
    name: String,
    hash: String,
    color: &'static str,
    kind: AvatarKind,
}

impl Avatar {
    /// The avatar of `name`, hashed from `key`: for an account the e-mail (or the stored substitute), for a team its
    /// name. An empty key falls back to the name.
    #[must_use]
    pub fn new(kind: AvatarKind, name: &str, key: &str) -> Self {
        let key = if key.is_empty() { name } else { key };
        let digest = Sha256::digest(key.trim().to_lowercase().as_bytes());
        let hash = format!("{digest:x}");
        Self { name: name.to_owned(), hash, color: PALETTE[usize::from(digest[0]) % 32], kind }
    }

    /// The avatar of a person or a robot.
    #[must_use]
    pub fn account(is_robot: bool, name: &str, email: &str) -> Self {
        Self::new(if is_robot { AvatarKind::Robot } else { AvatarKind::User }, name, email)
    }

    /// The avatar of a team: teams are hashed from their name.
    #[must_use]
    pub fn team(name: &str) -> Self {
        Self::new(AvatarKind::Team, name, name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The four examples of the contract.
    #[test]
    fn documented_examples() {
        for (kind, name, key, hash, color) in [
            (AvatarKind::User, "quayadmin", "test@gmil.com", "6d640d80", "#f7b6d2"),
            (AvatarKind::Team, "owners", "owners", "6f0e3a8c", "#c7c7c7"),
            (AvatarKind::User, "testuser", "test@test.com", "f660ab91", "#6b6ecf"),
            (AvatarKind::User, "testorg", " TestOrg@example.com ", "5f113632", "#a55194"),
        ] {
            let avatar = Avatar::new(kind, name, key);
            assert_eq!((&avatar.hash[..8], avatar.color), (hash, color));
        }
    }
}
