//! `#[derive(FromRow)]`.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{DeriveInput, GenericArgument, Ident, PathArguments, Type};

use crate::attributes::{Said, named_fields};

pub(crate) fn derive(input: &DeriveInput) -> syn::Result<TokenStream> {
    let fields = named_fields(input)?;
    let columns = fields.into_iter().map(|(name, field)| {
        let said = Said::of(&field.attrs, "row", &["nested", "default", "with"])?;
        Ok(Column { name, ty: &field.ty, said })
    });
    let columns = columns.collect::<syn::Result<Vec<_>>>()?;
    let (widths, reads): (Vec<_>, Vec<_>) =
        columns.iter().map(|column| (column.width(), column.read())).unzip();
    let (name, (generics, arguments, bounds)) = (&input.ident, input.generics.split_for_impl());
    Ok(quote! {
        impl #generics ::berth_store::db::FromRow for #name #arguments #bounds {
            const WIDTH: usize = 0 #(+ #widths)*;

            fn from_row(
                row: &mut ::berth_store::db::Row,
            ) -> Result<Self, ::berth_store::db::StoreError> {
                Ok(Self { #(#reads),* })
            }
        }
    })
}

struct Column<'a> {
    name: &'a Ident,
    ty: &'a Type,
    said: Said,
}

impl Column<'_> {
    fn width(&self) -> TokenStream {
        let ty = optional(self.ty).unwrap_or(self.ty);
        match (self.said.has("default"), self.said.has("nested")) {
            (true, _) => quote!(0),
            (false, true) => quote!(<#ty as ::berth_store::db::FromRow>::WIDTH),
            (false, false) => quote!(1),
        }
    }

    fn read(&self) -> TokenStream {
        let name = self.name;
        if self.said.has("default") {
            return quote!(#name: Default::default());
        }
        let method = match (self.said.has("nested"), optional(self.ty)) {
            (false, _) => "column",
            (true, None) => "nested",
            (true, Some(_)) => "joined",
        };
        let (method, column) = (format_ident!("{method}"), name.to_string());
        let value = quote!(row.#method(#column)?);
        match self.said.value("with") {
            Some(with) => quote!(#name: #with(#value)),
            None => quote!(#name: #value),
        }
    }
}

/// What an `Option` holds.
fn optional(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == "Option")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}
