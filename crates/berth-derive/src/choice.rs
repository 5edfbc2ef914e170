//! `#[derive(Choice)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Error, Fields, LitStr, Variant};

pub(crate) fn derive(input: &DeriveInput) -> syn::Result<TokenStream> {
    let Data::Enum(data) = &input.data else {
        return Err(Error::new_spanned(&input.ident, "only for enums"));
    };
    let names = data.variants.iter().map(name_of).collect::<syn::Result<Vec<_>>>()?;
    let (ident, variants) = (&input.ident, data.variants.iter().map(|variant| &variant.ident));
    let variants: Vec<_> = variants.collect();
    Ok(quote! {
        impl #ident {
            /// Its text.
            pub const fn as_str(&self) -> &'static str {
                match self { #(Self::#variants => #names),* }
            }
        }

        impl ::berth_web::Member for #ident {
            const KIND: ::berth_web::Kind = ::berth_web::Kind::Enum(&[#(#names),*]);

            fn of(value: ::berth_web::Value) -> ::core::option::Option<Self> {
                match value.as_str()? {
                    #(#names => ::core::option::Option::Some(Self::#variants),)*
                    _ => ::core::option::Option::None,
                }
            }
        }
    })
}

fn name_of(variant: &Variant) -> syn::Result<LitStr> {
    if !matches!(variant.fields, Fields::Unit) {
        return Err(Error::new_spanned(variant, "a choice has no data"));
    }
    match variant.attrs.iter().find(|attribute| attribute.path().is_ident("choice")) {
        Some(attribute) => attribute.parse_args(),
        None => {
            Ok(LitStr::new(&variant.ident.to_string().to_ascii_lowercase(), variant.ident.span()))
        }
    }
}
