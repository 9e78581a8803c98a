//! The field that is the record key: that it exists, and how it is read.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Fields, Member, Token, punctuated::Punctuated, spanned::Spanned};

use crate::diagnostics::{Errors, Help, closest_first};

/// `id`, `0` or `user.id`.
pub(crate) type Key = Punctuated<Member, Token![.]>;

/// Checks that the field a key begins with exists.
pub(crate) fn check(owner: &Ident, fields: &Fields, field: &Member, errors: &Errors) {
    let known: Vec<_> = fields.members().collect();
    if known.contains(field) {
        return;
    }
    if known.is_empty() {
        let message = format!("`{owner}` has no fields, so none can be the key");
        errors.at(field, Help(message, "remove `key`, or add the field"));
        return;
    }
    let name = |member: &Member| member.to_token_stream().to_string();
    let known: Vec<_> = known.iter().map(name).collect();
    let known: Vec<_> = known.iter().map(String::as_str).collect();
    let wanted = name(field);
    let help = format!("its fields are {}", closest_first(&wanted, &known));
    errors.at(field, Help(format!("`{owner}` has no field `{wanted}`"), help));
}

/// The first field of a key, and the way on from there.
pub(crate) fn split(key: &Key) -> (&Member, TokenStream) {
    let rest = key.iter().skip(1).map(|member| quote!(.#member)).collect();
    (&key[0], rest)
}

/// The function `key` of a struct. What is wrong with a key is said at the field that the user named.
pub(crate) fn of_self(key: &Key, runtime: &TokenStream) -> TokenStream {
    let (field, rest) = split(key);
    // `self` is the receiver's, wherever errors about it point.
    let this = Ident::new("self", Span::call_site().located_at(field.span()));
    let key = quote_spanned!(field.span()=> (&#this.#field #rest));
    function(&quote!(#runtime::key #key))
}

/// The function `key` with this body.
pub(crate) fn function(body: &TokenStream) -> TokenStream {
    quote! {
        fn key(&self) -> ::core::option::Option<impl ::core::fmt::Display + '_> {
            #body
        }
    }
}
