//! `#[derive(FromRow)]`, for the structs of `berth-store`: the fields of a struct are the columns of the rows that it is read
//! from, by name and in order.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::spanned::Spanned;
use syn::{Data, DataStruct, DeriveInput, Error, Field, Fields, Path, Type, parse_macro_input};

/// Implements `FromRow`. A field is a column of its name. With `#[row(nested)]` it is a struct with columns of its own, which
/// may bear the field's name in front (`owner_id` for `id` of `owner`); an `Option` of that is none where the first of
/// its columns is NULL, as of a LEFT JOIN that found nothing. With `#[row(with = function)]` it is what the function makes of
/// the column, with `#[row(default)]` it is in no column.
#[proc_macro_derive(FromRow, attributes(row))]
pub fn from_row(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    implementation(&input).unwrap_or_else(Error::into_compile_error).into()
}

fn implementation(input: &DeriveInput) -> syn::Result<TokenStream> {
    let Data::Struct(DataStruct { fields: Fields::Named(fields), .. }) = &input.data else {
        return Err(Error::new(input.span(), "a row is a struct whose fields have names"));
    };
    let columns = fields.named.iter().map(Column::of).collect::<syn::Result<Vec<_>>>()?;
    let (widths, reads): (Vec<_>, Vec<_>) =
        columns.iter().map(|column| (column.width(), column.read())).unzip();
    let (name, (generics, arguments, bounds)) = (&input.ident, input.generics.split_for_impl());
    Ok(quote! {
        impl #generics crate::db::FromRow for #name #arguments #bounds {
            const WIDTH: usize = 0 #(+ #widths)*;

            fn from_row(row: &mut crate::db::Row) -> Result<Self, crate::db::StoreError> {
                Ok(Self { #(#reads),* })
            }
        }
    })
}

struct Column<'a> {
    field: &'a Field,
    is_nested: bool,
    is_default: bool,
    /// What is made of its value.
    with: Option<Path>,
}

impl<'a> Column<'a> {
    fn of(field: &'a Field) -> syn::Result<Self> {
        let (mut is_nested, mut is_default, mut with) = (false, false, None);
        for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("row")) {
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("nested") {
                    is_nested = true;
                } else if meta.path.is_ident("default") {
                    is_default = true;
                } else if meta.path.is_ident("with") {
                    with = Some(meta.value()?.parse()?);
                } else {
                    return Err(
                        meta.error("a field is `nested`, `default`, or read `with` a function")
                    );
                }
                Ok(())
            })?;
        }
        Ok(Self { field, is_nested, is_default, with })
    }

    fn width(&self) -> TokenStream {
        let ty = &self.field.ty;
        if self.is_default {
            quote!(0)
        } else if self.is_nested {
            let ty = optional(ty).unwrap_or_else(|| quote!(#ty));
            quote!(<#ty as crate::db::FromRow>::WIDTH)
        } else {
            quote!(1)
        }
    }

    fn read(&self) -> TokenStream {
        let field = &self.field.ident;
        if self.is_default {
            return quote!(#field: Default::default());
        }
        let name = field.as_ref().map(ToString::to_string);
        let method = match (self.is_nested, optional(&self.field.ty)) {
            (false, _) => "column",
            (true, None) => "nested",
            (true, Some(_)) => "joined",
        };
        let method = format_ident!("{method}");
        let value = quote!(row.#method(#name)?);
        match &self.with {
            Some(with) => quote!(#field: #with(#value)),
            None => quote!(#field: #value),
        }
    }
}

/// What an `Option` holds.
fn optional(ty: &Type) -> Option<TokenStream> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == "Option")?;
    let syn::PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    let arguments = &arguments.args;
    Some(quote!(#arguments))
}
