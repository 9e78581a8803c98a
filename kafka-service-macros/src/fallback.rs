//! What comes out when something is wrong: the user's item as it was, and the errors.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Path};

use crate::{diagnostics::Errors, event::expand::where_clause, expand::runtime};

/// The item stays, so that code which uses it gets no errors of its own.
pub(crate) fn item_and_errors(item: &TokenStream, errors: Errors) -> TokenStream {
    let errors = errors.finish();
    quote!(#item #errors)
}

/// A derive cannot give the item back; an implementation that is never called keeps its users quiet.
pub(crate) fn event_and_errors(input: &DeriveInput, path: Option<&Path>, errors: Errors) -> TokenStream {
    let errors = errors.finish();
    let runtime = runtime(path);
    let name = &input.ident;
    let (generics, arguments, _) = input.generics.split_for_impl();
    let clause = where_clause(&input.generics, &runtime);
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

/// The same for a command.
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
