//! Expands a checked [`EventType`]. Nothing here can fail.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::model::{EventSpec, EventType, Representation, Shape};
use crate::{
    attribute::key,
    runtime::{event_where_clause, runtime},
};

pub(super) fn event(event: &EventType<'_>) -> TokenStream {
    let runtime = runtime(event.runtime.as_ref());
    let name = &event.input.ident;
    let (generics, arguments, _) = event.input.generics.split_for_impl();
    let clause = event_where_clause(&event.input.generics, &runtime);
    let types = types(&event.shape);
    let variants = variants(name, &event.shape, &runtime);
    let event_type = event_type(&event.shape);
    let key = key(&event.shape, &runtime);
    let payload = payload(&event.shape, &runtime);
    quote! {
        #[automatically_derived]
        #[allow(deprecated, unused_qualifications)]
        impl #generics #runtime::Event for #name #arguments #clause {
            const TYPES: &'static [&'static ::core::primitive::str] = &[#(#types),*];
            #variants
            fn event_type(&self) -> &'static ::core::primitive::str {
                #event_type
            }
            #key
            #payload
        }
    }
}

fn types<'a>(shape: &'a Shape<'_>) -> Vec<&'a syn::LitStr> {
    match shape {
        Shape::Struct(spec) => vec![&spec.name],
        Shape::Enum(variants, _) => variants.iter().map(|(_, spec)| &spec.name).collect(),
    }
}

/// Declares the event types that the variants of an enum are decoded by. An error about it is one of the handler that
/// receives the enum: an enum that is only published may have any representation.
fn variants(owner: &Ident, shape: &Shape<'_>, runtime: &TokenStream) -> Option<TokenStream> {
    let Shape::Enum(variants, representation) = shape else { return None };
    let types = match representation {
        Representation::Chosen(attribute) => {
            let message = format!(
                "a handler cannot receive `{owner}` with serde's `{attribute}`: the event type selects the variant; remove the \
                 attribute, or receive each event as a struct"
            );
            quote_spanned!(attribute.span()=> ::core::panic!(#message))
        }
        Representation::Default if variants.iter().all(|(_, spec)| spec.is_received) => {
            quote!(::core::option::Option::Some(<Self as #runtime::Event>::TYPES))
        }
        Representation::Default => {
            let received = variants.iter().filter(|(_, spec)| spec.is_received).map(|(_, spec)| &spec.name);
            quote!(::core::option::Option::Some(&[#(#received),*]))
        }
    };
    Some(quote! {
        const VARIANTS: ::core::option::Option<&'static [&'static ::core::primitive::str]> = #types;
    })
}

fn event_type(shape: &Shape<'_>) -> TokenStream {
    match shape {
        Shape::Struct(EventSpec { name, .. }) => quote!(#name),
        Shape::Enum(variants, _) => {
            let arms = variants.iter().map(|(variant, EventSpec { name, .. })| quote!(Self::#variant { .. } => #name,));
            quote!(match self { #(#arms)* })
        }
    }
}

/// Overrides `Event::key` if a key is declared. Errors about the key point at the field named in the attribute.
fn key(shape: &Shape<'_>, runtime: &TokenStream) -> Option<TokenStream> {
    let body = match shape {
        Shape::Struct(spec) => {
            return Some(key::of_self(spec.key.as_ref()?, runtime));
        }
        Shape::Enum(variants, _) if variants.iter().all(|(_, spec)| spec.key.is_none()) => return None,
        Shape::Enum(variants, _) => {
            let arms = variants.iter().map(|(variant, spec)| key_arm(variant, spec, runtime));
            quote!(match self { #(#arms)* })
        }
    };
    Some(key::function(&body))
}

fn key_arm(variant: &Ident, spec: &EventSpec, runtime: &TokenStream) -> TokenStream {
    let Some(key) = &spec.key else { return quote!(Self::#variant { .. } => ::core::option::Option::None,) };
    let (field, rest) = key::split(key);
    let local = Ident::new("__key", Span::mixed_site().located_at(field.span()));
    let inner = if rest.is_empty() { quote!(#local) } else { quote_spanned!(field.span()=> &#local #rest) };
    quote!(Self::#variant { #field: #local, .. } => #runtime::key(#inner),)
}

/// Overrides `Event::serialize_payload` unless serde already writes only the content.
fn payload(shape: &Shape<'_>, runtime: &TokenStream) -> Option<TokenStream> {
    if matches!(shape, Shape::Struct(EventSpec { has_fields: true, .. })) {
        return None;
    }
    Some(quote! {
        fn serialize_payload<__S: #runtime::Serializer>(
            &self,
            __serializer: __S,
        ) -> ::core::result::Result<__S::Ok, __S::Error> {
            #runtime::serialize_content(self, __serializer)
        }
    })
}
