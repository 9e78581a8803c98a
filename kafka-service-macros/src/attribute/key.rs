//! Checks the field that is the record key, and generates the code that reads it.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Fields, Member, Token, punctuated::Punctuated, spanned::Spanned};

use crate::diagnostics::{Errors, Help, closest_first};

/// The path of a field: `id`, `0` or `user.id`.
pub(crate) type Key = Punctuated<Member, Token![.]>;

/// Checks that the first field of a key exists.
pub(crate) fn check(owner: &Ident, fields: &Fields, field: &Member, errors: &Errors) {
    let known: Vec<_> = fields.members().collect();
    if known.contains(field) {
        return;
    }
    let name = |member: &Member| member.to_token_stream().to_string();
    let wanted = name(field);
    let message = format!("no field `{wanted}` on `{owner}`");
    if known.is_empty() {
        errors.at(field, Help(message, format!("`{owner}` has no fields: remove `key`, or add the field")));
        return;
    }
    let known: Vec<_> = known.iter().map(name).collect();
    let known: Vec<_> = known.iter().map(String::as_str).collect();
    let available = if known.len() == 1 { "available field is:" } else { "available fields are:" };
    errors.at(field, Help(message, format!("{available} {}", closest_first(&wanted, &known))));
}

/// Splits a key into its first field and the access to the others.
pub(crate) fn split(key: &Key) -> (&Member, TokenStream) {
    let rest = key.iter().skip(1).map(|member| quote!(.#member)).collect();
    (&key[0], rest)
}

/// Generates `key` for a struct. Errors about the key point at the field named in the attribute.
pub(crate) fn of_self(key: &Key, runtime: &TokenStream) -> TokenStream {
    let (field, rest) = split(key);
    // This `self` must resolve to the receiver, although errors point at the field.
    let this = Ident::new("self", Span::call_site().located_at(field.span()));
    let key = quote_spanned!(field.span()=> (&#this.#field #rest));
    function(&quote!(#runtime::key #key))
}

/// Generates the function `key` with this body.
pub(crate) fn function(body: &TokenStream) -> TokenStream {
    quote! {
        fn key(&self) -> ::core::option::Option<impl ::core::fmt::Display + '_> {
            #body
        }
    }
}
