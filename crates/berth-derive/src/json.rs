//! `#[derive(Json)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Field, Ident};

use crate::attributes::{Said, description, named_fields};

/// What a body may name by a field: the methods of the trait.
const TARGETS: [&str; 3] = ["namespace", "repository", "team"];

pub(crate) fn derive(input: &DeriveInput) -> syn::Result<TokenStream> {
    let fields = named_fields(input)?;
    let fields = fields.into_iter().map(|(ident, field)| Member::new(ident, field));
    let fields = fields.collect::<syn::Result<Vec<_>>>()?;
    let said = Said::of(&input.attrs, "json", &["name", "limit"])?;
    let (ident, about) = (&input.ident, description(&input.attrs));
    let name = said.name_of(ident);
    let properties = fields.iter().filter_map(Member::property);
    let limit = said.value("limit").map(|limit| quote! { const LIMIT: usize = #limit; });
    let read = fields.iter().map(Member::read);
    // What was sent is copied before any member of it is taken.
    let (copies, takes): (Vec<_>, Vec<_>) =
        fields.iter().zip(read).partition(|(field, _)| field.said.has("sent"));
    let reads = copies.into_iter().chain(takes).map(|(_, read)| read);
    let says = fields.iter().flat_map(Member::says);
    Ok(quote! {
        impl ::berth_web::Json for #ident {
            const SCHEMA: &'static ::berth_web::Schema = &::berth_web::Schema {
                name: #name,
                about: #about,
                properties: &[#(#properties),*],
            };
            #limit

            fn of_members(
                mut members: ::berth_web::Members,
            ) -> ::core::option::Option<Self> {
                ::core::option::Option::Some(Self { #(#reads),* })
            }

            #[allow(unused_variables, reason = "a body that names nothing")]
            fn say(&self, address: &mut ::berth_web::Address) {
                #(#says)*
            }
        }
    })
}

/// A field of a body.
struct Member<'a> {
    ident: &'a Ident,
    field: &'a Field,
    said: Said,
}

impl<'a> Member<'a> {
    fn new(ident: &'a Ident, field: &'a Field) -> syn::Result<Self> {
        let known = ["name", "length", "minimum", "default", "sent"];
        let known: Vec<&str> = known.into_iter().chain(TARGETS).collect();
        Ok(Self { ident, field, said: Said::of(&field.attrs, "json", &known)? })
    }

    fn property(&self) -> Option<TokenStream> {
        if self.said.has("sent") {
            return None;
        }
        let (name, about) = (self.said.name_of(self.ident), description(&self.field.attrs));
        let (kind, required) = (self.kind(), self.required());
        Some(quote! {
            ::berth_web::Property { name: #name, kind: #kind, required: #required, about: #about }
        })
    }

    fn kind(&self) -> TokenStream {
        let ty = &self.field.ty;
        let length = self.said.arguments("length").map(|length| quote! { .of_length(#length) });
        let minimum = self.said.value("minimum").map(|minimum| quote! { .at_least(#minimum) });
        quote! { <#ty as ::berth_web::Member>::KIND #length #minimum }
    }

    fn required(&self) -> TokenStream {
        let ty = &self.field.ty;
        match self.said.has("default") {
            true => quote! { false },
            false => quote! { <#ty as ::berth_web::Member>::REQUIRED },
        }
    }

    fn read(&self) -> TokenStream {
        let (ident, ty, name) = (self.ident, &self.field.ty, self.said.name_of(self.ident));
        if self.said.has("sent") {
            return quote! { #ident: ::core::clone::Clone::clone(&members) };
        }
        if self.said.has("default") {
            let ty = quote! { ::core::option::Option<#ty> };
            return quote! {
                #ident: <#ty as ::berth_web::Member>::take(&mut members, #name)?.unwrap_or_default()
            };
        }
        quote! { #ident: <#ty as ::berth_web::Member>::take(&mut members, #name)? }
    }

    fn says(&self) -> Vec<TokenStream> {
        let targets = TARGETS.into_iter().filter(|target| self.said.has(target));
        targets.map(|target| says(&Ident::new(target, self.ident.span()), self.ident)).collect()
    }
}

/// The statement that says what a field names: a `String`, or an `Option<String>`.
pub(crate) fn says(target: &Ident, field: &Ident) -> TokenStream {
    quote! {
        let text: ::core::option::Option<&::std::string::String> = (&self.#field).into();
        if let ::core::option::Option::Some(text) = text {
            address.#target(text);
        }
    }
}
