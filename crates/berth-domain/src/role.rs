//! Roles: what a team may do in its organization, what a grant allows on a repository.

use schemars::JsonSchema;
use serde::Serialize;
use strum::{Display, EnumString, IntoStaticStr, VariantArray, VariantNames};

/// Declares kinds of roles, the weakest first. A role's name, on the wire and in the database, is the variant's in lower case.
macro_rules! roles {
    ($($(#[$doc:meta])* $name:ident { $($(#[$about:meta])* $role:ident,)* })*) => {$(
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Display, EnumString, IntoStaticStr,
            JsonSchema, Serialize, VariantArray, VariantNames,
        )]
        #[serde(rename_all = "lowercase")]
        #[strum(serialize_all = "lowercase")]
        pub enum $name { $($(#[$about])* $role,)* }

        impl $name {
            /// Every role, the weakest first.
            pub const ALL: &[Self] = <Self as VariantArray>::VARIANTS;

            /// Their names, in the same order.
            pub const NAMES: &[&str] = <Self as VariantNames>::VARIANTS;

            /// Its name.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                self.into()
            }
        }
    )*};
}

roles! {
    /// What the members of a team may do in the team's organization (`docs/contract/quay.md` 0.10). A user's role in an organization
    /// is the highest of their teams'. Its name, on the wire and in the database, is the variant's in lower case; the weakest
    /// comes first.
    TeamRole {
        /// Sees the organization; acts on repositories only as repository permissions allow.
        Member,
        /// May also create repositories.
        Creator,
        /// Administers the organization and every repository of it.
        Admin,
    }
    /// What a permission allows on one repository. Named and ordered as [`TeamRole`].
    RepositoryRole {
        /// Pull.
        Read,
        /// Pull and push.
        Write,
        /// Everything, permissions included.
        Admin,
    }
}
