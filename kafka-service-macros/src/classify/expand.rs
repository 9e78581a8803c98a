//! Expands a checked [`ErrorType`]. Nothing here can fail.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};

use super::{Case, ErrorType, class::Class};
use crate::{runtime::runtime, tokens::number};

pub(super) fn error_type(error_type: &ErrorType<'_>) -> TokenStream {
    let ErrorType { ident, runtime: path, .. } = error_type;
    let runtime = runtime(path.as_ref());
    let error = Ident::new("__error", Span::mixed_site());
    let class = class(error_type, &error);
    let (inner, entry) = inner(error_type, &error).unzip();
    // A type that is not an error is reported at its name.
    let span = Span::call_site().located_at(ident.span());
    let class_of = quote_spanned!(span=> __private1::class_of::<#ident>(#error, __class));
    quote! {
        #[allow(deprecated, unused_qualifications)]
        const _: () = {
            use #runtime;
            #class
            #inner
            __private1::inventory::submit! {
                __private1::ErrorType::new(|#error| #class_of) #entry
            }
        };
    }
}

/// Generates the function that returns the class of an error.
fn class(error_type: &ErrorType<'_>, error: &Ident) -> TokenStream {
    let ErrorType { ident, class: of_type, cases, .. } = error_type;
    let variants: Vec<_> = cases.iter().filter(|case| case.variant.is_some() && case.class != *of_type).collect();
    let others = (variants.len() < cases.len()).then(|| {
        let class = expression(*of_type);
        quote!(_ => #class,)
    });
    let arms = variants.iter().map(|Case { variant, class, .. }| {
        let class = expression(*class);
        quote!(#ident::#variant { .. } => #class,)
    });
    let (argument, body) = match variants.as_slice() {
        [] => (quote!(_), expression(*of_type)),
        _ => (quote!(#error), quote!(match #error { #(#arms)* #others })),
    };
    quote! {
        fn __class(#argument: &#ident) -> ::core::option::Option<__private1::ErrorClass> {
            #body
        }
    }
}

/// Generates the function that returns what `transparent` hides, and the call that adds it to the registration.
fn inner(error_type: &ErrorType<'_>, error: &Ident) -> Option<(TokenStream, TokenStream)> {
    let ErrorType { ident, cases, .. } = error_type;
    let local = Ident::new("__inner", Span::mixed_site());
    let arms: Vec<_> = cases
        .iter()
        .filter(|case| case.class.is_none())
        .filter_map(|case| {
            let (member, ty) = case.inner.as_ref()?;
            let variant = case.variant.iter();
            Some(quote!(#ident #(::#variant)* { #member: #local, .. } => __private1::Probe::<#ty>::error(#local),))
        })
        .collect();
    let others = (arms.len() < cases.len()).then(|| quote!(_ => ::core::option::Option::None,));
    let function = quote! {
        fn __inner(#error: &#ident) -> ::core::option::Option<&(dyn ::core::error::Error + 'static)> {
            use __private1::Undescribed as _;
            match #error { #(#arms)* #others }
        }
    };
    let entry = quote!(.inner(|#error| __private1::inner_of::<#ident>(#error, __inner)));
    (!arms.is_empty()).then_some((function, entry))
}

fn expression(class: Option<Class>) -> TokenStream {
    let class = match class {
        None => return quote!(::core::option::Option::None),
        Some(Class::Permanent) => quote!(__private1::ErrorClass::Permanent),
        Some(Class::Retryable) => quote!(__private1::ErrorClass::Retryable),
        Some(Class::RetryAfter(millis)) => {
            let millis = number(millis);
            quote!(__private1::ErrorClass::RetryAfter(::core::time::Duration::from_millis(#millis)))
        }
    };
    quote!(::core::option::Option::Some(#class))
}
