//! Roles: what a team may do in its organization, what a grant allows on a repository.

use std::fmt;
use std::str::FromStr;
use thiserror::Error;

macro_rules! role {
    ($(#[$doc:meta])* $type:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
        pub enum $type {
            $($(#[$variant_doc])* #[serde(rename = $text)] $variant),+
        }

        impl $type {
            /// Every role, the weakest first.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// Their names, in the same order.
            pub const NAMES: &[&str] = &[$($text),+];

            /// The role's name on the wire and in the database.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text),+
                }
            }
        }

        impl FromStr for $type {
            type Err = UnknownRole;

            fn from_str(text: &str) -> Result<Self, UnknownRole> {
                match text {
                    $($text => Ok(Self::$variant),)+
                    _ => Err(UnknownRole),
                }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(self.as_str())
            }
        }
    };
}

/// A text that names no role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("unknown role")]
pub struct UnknownRole;

role!(
    /// What the members of a team may do in the team's organization (`docs/contract/quay.md` 0.10). A user's role in an
    /// organization is the highest role of their teams.
    TeamRole {
        /// Sees the organization; acts on repositories only as repository permissions allow.
        Member = "member",
        /// May also create repositories.
        Creator = "creator",
        /// Administers the organization and every repository of it.
        Admin = "admin",
    }
);

role!(
    /// What a permission allows on one repository.
    RepositoryRole {
        /// Pull.
        Read = "read",
        /// Pull and push.
        Write = "write",
        /// Everything, permissions included.
        Admin = "admin",
    }
);
