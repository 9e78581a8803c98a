//! Expands to the errors and to enough code that they are the only ones.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Path};

use crate::{
    diagnostics::Errors,
    runtime::{event_where_clause, runtime},
};

/// Keeps the item, so that code which uses it does not cause further errors.
pub(crate) fn item_and_errors(item: &TokenStream, errors: Errors) -> TokenStream {
    let errors = errors.finish();
    quote!(#item #errors)
}

/// Adds an unused implementation of `Event`, so that code which needs it does not cause further errors.
pub(crate) fn event_and_errors(input: &DeriveInput, path: Option<&Path>, errors: Errors) -> TokenStream {
    let errors = errors.finish();
    let runtime = runtime(path);
    let name = &input.ident;
    let (generics, arguments, _) = input.generics.split_for_impl();
    let clause = event_where_clause(&input.generics, &runtime);
    quote! {
        #errors
        #[automatically_derived]
        impl #generics #runtime::Event for #name #arguments #clause {
            const TYPES: &'static [&'static ::core::primitive::str] = &[];
            fn event_type(&self) -> &'static ::core::primitive::str {
                ::core::unreachable!()
            }
        }
    }
}

/// Adds an unused implementation of `Command`, for the same reason.
pub(crate) fn command_and_errors(input: &DeriveInput, path: Option<&Path>, errors: Errors) -> TokenStream {
    let errors = errors.finish();
    let runtime = runtime(path);
    let name = &input.ident;
    let (generics, arguments, clause) = input.generics.split_for_impl();
    quote! {
        #errors
        #[automatically_derived]
        impl #generics #runtime::Command for #name #arguments #clause {
            const NAME: &'static ::core::primitive::str = "";
            type Reply = ();
        }
    }
}
