//! What the derives read of a type: doc comments, attributes, fields.

use syn::punctuated::Punctuated;
use syn::{Attribute, Data, DeriveInput, Error, Expr, ExprLit, Field, Fields, Lit, Meta, Token};

/// The first paragraph of a doc comment, in one line.
pub(crate) fn description(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value().trim().to_owned()),
            _ => None,
        },
        _ => None,
    });
    lines.take_while(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The fields of a struct, each with its name.
pub(crate) fn named_fields(input: &DeriveInput) -> syn::Result<Vec<(&syn::Ident, &Field)>> {
    match &input.data {
        Data::Struct(data) if matches!(data.fields, Fields::Named(_)) => Ok(data
            .fields
            .iter()
            .filter_map(|field| Some((field.ident.as_ref()?, field)))
            .collect()),
        _ => Err(Error::new_spanned(&input.ident, "only for structs with named fields")),
    }
}

/// What the attributes of one name say, each of `known`.
pub(crate) struct Said(Vec<Meta>);

impl Said {
    /// Of the attributes called `name`; what is not `known` is an error.
    pub(crate) fn of(attributes: &[Attribute], name: &str, known: &[&str]) -> syn::Result<Self> {
        let mut said = Vec::new();
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident(name)) {
            said.extend(
                attribute.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)?,
            );
        }
        match said.iter().find(|meta| !known.iter().any(|name| meta.path().is_ident(name))) {
            Some(unknown) => Err(Error::new_spanned(unknown, format!("known are {known:?}"))),
            None => Ok(Self(said)),
        }
    }

    /// Whether `name` is said.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|meta| meta.path().is_ident(name))
    }

    /// The value of `name = …`.
    pub(crate) fn value(&self, name: &str) -> Option<&Expr> {
        self.0.iter().find_map(|meta| match meta {
            Meta::NameValue(pair) if pair.path.is_ident(name) => Some(&pair.value),
            _ => None,
        })
    }

    /// The arguments of `name(…, …)`.
    pub(crate) fn arguments(&self, name: &str) -> Option<&proc_macro2::TokenStream> {
        self.0.iter().find_map(|meta| match meta {
            Meta::List(list) if list.path.is_ident(name) => Some(&list.tokens),
            _ => None,
        })
    }

    /// `name = "…"`, or else the name of the field without an underscore before it.
    pub(crate) fn name_of(&self, field: &syn::Ident) -> Expr {
        let own = field.to_string();
        let own = own.trim_start_matches("r#").trim_start_matches('_');
        let literal = Lit::Str(syn::LitStr::new(own, field.span()));
        let own = ExprLit { attrs: Vec::new(), lit: literal };
        self.value("name").cloned().unwrap_or(Expr::Lit(own))
    }
}
