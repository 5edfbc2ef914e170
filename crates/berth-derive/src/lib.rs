//! Derives: what a request carries, and what a row of the database holds, is said once, by a type.
//!
//! A field's doc comment is its description in discovery, its type says what it may be and whether it must be there. From
//! these come the schema, its messages, discovery and the reader. `berth-web` and `berth-store` re-export the derives beside
//! their traits.

mod attributes;
mod choice;
mod from_row;
mod json;
mod query;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Implements `berth_web::Json` for a struct with named fields: a JSON body, or an object in one.
///
/// The first paragraph of the struct's doc comment is its description, and each field's doc comment the field's. A field is
/// a `berth_web::Member`. One whose name begins with an underscore is described and never read.
///
/// Of the struct, `#[json(…)]` says:
/// * `name = "…"`: its name in discovery, where that is not the type's;
/// * `limit = …`: how long the body may be, in bytes.
///
/// Of a field:
/// * `name = "…"`: its name in JSON, where that is not the field's;
/// * `length(…, …)`: the shortest and longest text, in characters;
/// * `minimum = …`: the least number;
/// * `default`: it may be left out, and then is its type's default;
/// * `namespace`, `repository`, `team`: the body names this by the field, a `String` or an `Option<String>`;
/// * `sent`: no member of the body but all of it as it was sent, a `Map<String, Value>`.
#[proc_macro_derive(Json, attributes(json))]
pub fn derive_json(input: TokenStream) -> TokenStream {
    expand(json::derive(&parse_macro_input!(input as DeriveInput)))
}

/// Implements `berth_web::Member` for an enum without data: one of a few texts, the variants' names in lower case, or
/// what `#[choice("…")]` says. Gives it `as_str`.
#[proc_macro_derive(Choice, attributes(choice))]
pub fn derive_choice(input: TokenStream) -> TokenStream {
    expand(choice::derive(&parse_macro_input!(input as DeriveInput)))
}

/// Implements `berth_web::Body` for a struct with named fields that are read from the query, each a `berth_web::Parameter`.
///
/// A field's doc comment is its description. `#[query(…)]` says of it:
/// * `name = "…"`: its name in the query, where that is not the field's;
/// * `default = …`: what it is when it is not given;
/// * `refusal = "…"`: what is said of a value of another kind, where that is not the description;
/// * `required`: discovery says that it must be given;
/// * `kind = "…"`: its type in Swagger, where that is not the `berth_web::Parameter`'s;
/// * `namespace`: the query names the namespace by the field, a `String` or an `Option<String>`;
/// * `flatten`: it is another such struct, whose parameters are some of this one's;
/// * `undeclared`: another field declares the parameter.
#[proc_macro_derive(Query, attributes(query))]
pub fn derive_query(input: TokenStream) -> TokenStream {
    expand(query::derive(&parse_macro_input!(input as DeriveInput)))
}

/// Implements `FromRow` for a struct of `berth-store`: its fields are the columns of the rows that it is read from, by name and
/// in order.
///
/// A field is a column of its name. `#[row(…)]` says of it:
/// * `nested`: it is a struct with columns of its own, which may bear the field's name in front (`owner_id` for `id` of
///   `owner`); an `Option` of that is none where the first of its columns is NULL, as of a LEFT JOIN that found nothing;
/// * `with = …`: it is what the function makes of the column;
/// * `default`: it is in no column.
#[proc_macro_derive(FromRow, attributes(row))]
pub fn derive_from_row(input: TokenStream) -> TokenStream {
    expand(from_row::derive(&parse_macro_input!(input as DeriveInput)))
}

fn expand(expanded: syn::Result<proc_macro2::TokenStream>) -> TokenStream {
    expanded.unwrap_or_else(syn::Error::into_compile_error).into()
}
