//! `#[derive(Query)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Field, Ident};

use crate::attributes::{Said, description, named_fields};
use crate::json::says;

pub(crate) fn derive(input: &DeriveInput) -> syn::Result<TokenStream> {
    let fields = named_fields(input)?;
    let fields = fields.into_iter().map(|(ident, field)| Parameter::new(ident, field));
    let fields = fields.collect::<syn::Result<Vec<_>>>()?;
    let ident = &input.ident;
    let declared = fields.iter().map(Parameter::declared);
    let reads = fields.iter().map(Parameter::read);
    let namespace = fields.iter().filter(|field| field.said.has("namespace"));
    let says = namespace.map(|field| says(&Ident::new("namespace", ident.span()), field.ident));
    Ok(quote! {
        #[allow(unused_variables, reason = "a query that names nothing, or consists of others")]
        impl ::berth_web::Body for #ident {
            const SCHEMA: ::core::option::Option<&'static ::berth_web::Schema> =
                ::core::option::Option::None;

            #[cfg(not(target_family = "wasm"))]
            fn query() -> ::std::vec::Vec<::berth_web::Query> {
                let mut declared = ::std::vec::Vec::new();
                #(declared.extend(#declared);)*
                declared
            }

            fn read(
                request: &::berth_web::Request,
            ) -> ::core::result::Result<Self, ::berth_web::ApiError> {
                let query = ::berth_web::RequestExt::query(request);
                ::core::result::Result::Ok(Self { #(#reads),* })
            }

            fn say(&self, address: &mut ::berth_web::Address) {
                #(#says)*
            }
        }
    })
}

/// A field that is read from the query.
struct Parameter<'a> {
    ident: &'a Ident,
    field: &'a Field,
    said: Said,
}

impl<'a> Parameter<'a> {
    fn new(ident: &'a Ident, field: &'a Field) -> syn::Result<Self> {
        let known = [
            "name",
            "kind",
            "default",
            "refusal",
            "required",
            "namespace",
            "flatten",
            "undeclared",
        ];
        Ok(Self { ident, field, said: Said::of(&field.attrs, "query", &known)? })
    }

    fn declared(&self) -> TokenStream {
        let (name, about) = (self.said.name_of(self.ident), description(&self.field.attrs));
        let (ty, required) = (&self.field.ty, self.said.has("required"));
        if self.said.has("flatten") {
            return quote! { <#ty as ::berth_web::Body>::query() };
        }
        if self.said.has("undeclared") {
            return quote! { ::core::iter::empty() };
        }
        let kind = self
            .said
            .value("kind")
            .map_or(quote! { <#ty as ::berth_web::Parameter>::KIND }, |kind| quote! { #kind });
        quote! {
            [::berth_web::Query {
                name: #name,
                kind: #kind,
                about: #about.into(),
                required: #required,
                choices: ::std::vec::Vec::new(),
            }]
        }
    }

    fn read(&self) -> TokenStream {
        let (ident, ty, name) = (self.ident, &self.field.ty, self.said.name_of(self.ident));
        if self.said.has("flatten") {
            return quote! { #ident: <#ty as ::berth_web::Body>::read(request)? };
        }
        let about = description(&self.field.attrs);
        let refusal = self.said.value("refusal").map_or(quote! { #about }, |text| quote! { #text });
        match self.said.value("default") {
            Some(default) => quote! {
                #ident: query
                    .read::<::core::option::Option<#ty>>(#name, #refusal)?
                    .unwrap_or(#default)
            },
            None => quote! { #ident: query.read::<#ty>(#name, #refusal)? },
        }
    }
}
