//! Expands a checked [`Handler`]. Nothing here can fail.
//!
//! Paths are absolute, and locals are hygienic: they neither capture nor shadow the user's names. Each bound is checked
//! once, at the span of the token that it is about, so that one mistake is one error.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{ReturnType, Signature, Type, ext::IdentExt, spanned::Spanned};

use super::{
    item::Item,
    model::{self, Handler, Kind},
    signature,
};
use crate::{
    attribute::{args::Args, options::Options},
    diagnostics::Errors,
    fallback,
    runtime::runtime,
    tokens::number,
};

/// Expands `#[command(..)]` or `#[event(..)]` on an item.
pub(crate) fn expand(kind: Kind, args: TokenStream, item: &TokenStream) -> TokenStream {
    let errors = Errors::new();
    let handler = match Item::parse(item.clone()) {
        Ok(Item::Function(function)) => {
            let args = Args::parse(args, kind.grammar(), &errors);
            Handler::new(kind, args, *function, &errors)
        }
        // The arguments were probably meant for another item as well: report one error, not several.
        Ok(Item::Other { keyword, kind: other }) => {
            model::wrong_item(kind, &keyword, other, &errors);
            None
        }
        Err(error) => {
            errors.add(error);
            None
        }
    };
    let Some(handler) = handler else { return fallback::item_and_errors(item, errors) };
    let registration = registration(&handler);
    let errors = errors.finish();
    quote!(#item #registration #errors)
}

/// Creates a local variable that the user's tokens cannot see. Errors about its value point at `span`.
fn local(name: &str, span: Span) -> Ident {
    Ident::new(name, Span::mixed_site().located_at(span))
}

fn registration(handler: &Handler) -> TokenStream {
    let runtime = runtime(handler.options.runtime.as_ref());
    let cfg_attributes = handler.item.cfg_attributes();
    // For the payload of an event, all of the code asks what the type has; otherwise only the description does.
    let probes = asks_payload(handler).then(undescribed);
    let invoke = invoke(handler);
    let entry = entry(handler);
    // In an `impl` block the compiler reports an error at this constant; make it point at the function.
    let constant = quote_spanned!(handler.item.signature.ident.span()=> const _: ());
    quote! {
        #cfg_attributes
        #[allow(deprecated, unused_qualifications)]
        #constant = {
            use #runtime;
            #probes
            #invoke
            __private1::inventory::submit! { #entry }
        };
    }
}

/// Generates the function that the service calls: it extracts the arguments, calls the user's function and converts the
/// outcome.
fn invoke(handler: &Handler) -> TokenStream {
    let context = local("__context", Span::mixed_site());
    let (mut locals, mut statements) = (Vec::new(), Vec::new());
    let mut add = |name: &str, ty: &Type, call: TokenStream| {
        let local = local(name, ty.span());
        statements.push(quote!(let #local = #call?;));
        locals.push(local);
    };
    let last = handler.payload.as_ref().filter(|ty| signature::looks_like_an_extractor(ty));
    for (number, ty) in handler.extractors.iter().enumerate() {
        let extract = match last {
            None => quote_spanned!(ty.span()=> __private1::extract::<#ty>(#context)),
            Some(last) => quote_spanned!(ty.span()=> __private1::Probe::<(#ty, #last)>::extract(#context)),
        };
        add(&format!("__{number}"), ty, extract);
    }
    if let Some(ty) = &handler.payload {
        let decode = match handler.kind {
            Kind::Command => quote_spanned!(ty.span()=> __private1::decode::<#ty>(#context)),
            Kind::Event => quote_spanned!(ty.span()=> __private1::Probe::<#ty>::decode(#context)),
        };
        add("__payload", ty, decode);
    }
    let run = run(handler, &locals);
    // A payload that looks like an extractor is probably one, in the wrong position: see `BeforePayload`.
    let order = last.map(|_| Ident::new("BeforePayload", Span::call_site())).into_iter();
    let context = if statements.is_empty() { quote!(_) } else { quote!(#context) };
    quote! {
        fn __invoke(#context: &__private1::Context<'_>) -> __private1::Invocation {
            #(use __private1::#order as _;)*
            #(#statements)*
            #run
        }
    }
}

/// Generates the call of the user's function, which is awaited or runs on the blocking pool. Errors about the returned
/// value point at the return type; errors about the future, such as a missing `Send`, point at the `async` keyword.
fn run(handler: &Handler, arguments: &[Ident]) -> TokenStream {
    let Signature { ident, asyncness, output, .. } = &handler.item.signature;
    let span = match output {
        ReturnType::Default => ident.span(),
        ReturnType::Type(_, returns) => returns.span(),
    };
    let mut function = ident.clone();
    function.set_span(ident.span().located_at(span));
    let wait = asyncness.map(|_| quote_spanned!(span=> .await));
    let returns = handler.returns();
    let call = quote_spanned!(span=> #function(#(#arguments),*) #wait);
    let outcome = match &handler.options.permanent {
        None => quote_spanned!(span=> __private1::outcome::<#returns>(#call)),
        Some(permanent) => {
            // Wrap the path in a closure: the compiler explains a wrong argument better than a wrong function type.
            let error = local("__error", permanent.span());
            let is_permanent = quote_spanned!(error.span()=> |#error| #permanent(#error));
            quote_spanned!(span=> __private1::outcome_with::<#returns>(#call, #is_permanent))
        }
    };
    match asyncness {
        Some(keyword) => quote_spanned!(keyword.span()=> __private1::invocation(async move { #outcome })),
        None => quote!(__private1::blocking(move || #outcome)),
    }
}

/// Generates the constant that the registry collects.
fn entry(handler: &Handler) -> TokenStream {
    let named = named(handler);
    let function = &handler.item.signature.ident;
    let function_name = function.unraw().to_string();
    // Startup messages point at the function, not at the attribute.
    let line = quote_spanned!(function.span()=> ::core::line!());
    let doc = handler.doc.iter();
    let options = options(&handler.options);
    let describe = describe(handler);
    let blocking = handler.item.signature.asyncness.is_none().then(|| quote!(.blocking()));
    quote! {
        #named
            .at(::core::module_path!(), #function_name, ::core::file!(), #line)
            #(.doc(#doc))*
            #blocking
            #options
            .describe(#describe)
    }
}

/// Generates the constructor call with the name, or one that takes the name from the payload. If the payload has none,
/// the error points at its type.
fn named(handler: &Handler) -> TokenStream {
    let (with_name, from_payload) = match handler.kind {
        Kind::Command => ("command", "command_of"),
        Kind::Event => ("event", "event_of"),
    };
    match (&handler.name, &handler.payload) {
        (None, Some(ty)) => {
            let span = Span::call_site().located_at(ty.span());
            let function = Ident::new(from_payload, span);
            quote_spanned!(span=> __private1::#function::<#ty>(&__invoke))
        }
        (name @ Some(_), Some(ty)) if handler.kind == Kind::Event => {
            // An event type that the payload cannot have is reported at the name.
            let span = Span::call_site().located_at(name.span());
            let variants = quote_spanned!(ty.span()=> __private1::Probe::<#ty>::VARIANTS);
            quote_spanned!(span=> __private1::event_in(#name, #variants, &__invoke))
        }
        (name, _) => {
            let function = Ident::new(with_name, Span::call_site());
            quote!(__private1::Handler::#function(#name, &__invoke))
        }
    }
}

/// Generates the calls that override the configuration for this handler.
fn options(options: &Options) -> TokenStream {
    let topic = options.topic.iter();
    let timeout = options.timeout.map(number).into_iter();
    let attempts = options.retry.attempts.map(|attempts| number(attempts.into())).into_iter();
    let (initial, max): (Vec<_>, Vec<_>) =
        options.retry.backoff.map(|(initial, max)| (number(initial), number(max))).into_iter().unzip();
    let deadline = options.retry.deadline.map(number).into_iter();
    quote! {
        #(.topic(#topic))*
        #(.timeout(#timeout))*
        #(.attempts(#attempts))*
        #(.backoff(#initial, #max))*
        #(.retry_deadline(#deadline))*
    }
}

/// Describes the user's types without requiring any bounds on them.
fn describe(handler: &Handler) -> TokenStream {
    let types = local("__types", Span::mixed_site());
    let extractors = handler.extractors.iter().map(|ty| quote!(__private1::Probe::<#ty>::extractor(#types);));
    let payload = handler.payload.iter().map(|ty| quote!(__private1::Probe::<#ty>::payload(#types);));
    let returns = handler.returns();
    let probes = (!asks_payload(handler)).then(undescribed);
    quote! {
        |#types| {
            #probes
            #(#extractors)*
            #(#payload)*
            __private1::Probe::<#returns>::returns(#types);
        }
    }
}

fn asks_payload(handler: &Handler) -> bool {
    handler.kind == Kind::Event && handler.payload.is_some()
}

/// Imports what holds for types that have none of the traits.
fn undescribed() -> TokenStream {
    quote!(
        use __private1::Undescribed as _;
    )
}
