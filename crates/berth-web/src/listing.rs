//! Lists, page by page.
//!
//! A request that names none of [`PARAMETERS`] gets what the original answers, whole or in its pages (`docs/contract/quay.md`
//! 10.1). A list that is whole there ends by its length in bytes, so that no answer is too large whatever somebody owns, and
//! names its next page as the others do. A request that names one gets a page, and the address of the next in `Link`.

mod page;
mod page_token;
mod query;

pub use page::{Entries, ListResponse, Listed, Page};
pub use query::{LIMIT_REFUSAL, ListQuery, PARAMETERS};

/// Declares the answers that are nothing but a list, each by the name of its entries.
#[macro_export]
macro_rules! lists {
    ($($(#[$doc:meta])* $visibility:vis struct $name:ident { $entries:ident: $schema:ty })*) => {$(
        $(#[$doc])*
        #[derive(::schemars::JsonSchema, ::serde::Serialize)]
        $visibility struct $name {
            $entries: $crate::listing::Entries<$schema>,
            #[serde(skip_serializing_if = "Option::is_none")]
            next_page: ::core::option::Option<::std::string::String>,
        }

        impl $name {
            /// The body of the answer: the entries, and the token of the next page.
            $visibility fn of(
                $entries: $crate::listing::Entries<$schema>,
                next_page: ::core::option::Option<::std::string::String>,
            ) -> Self {
                Self { $entries, next_page }
            }
        }
    )*};
}
