//! A checked [`Command`] to tokens. Nothing here can fail.
//!
//! Every name is absolute; locals cannot be seen by the user's tokens and do not see theirs. Each bound stands once, at
//! the user's token that it is about, so that one mistake is one error.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Path, ReturnType, Signature, ext::IdentExt, spanned::Spanned};

use crate::{
    args::Args,
    diagnostics::Errors,
    fallback,
    item::Item,
    model::{Command, GRAMMAR},
};

/// `#[command(..)]` on an item.
pub(crate) fn command(args: TokenStream, item: &TokenStream) -> TokenStream {
    let errors = Errors::new();
    let args = Args::parse(args, &GRAMMAR, &errors);
    let command = match Item::parse(item.clone()) {
        Ok(parsed) => Command::new(args, parsed, &errors),
        Err(error) => {
            errors.add(error);
            None
        }
    };
    let Some(command) = command else { return fallback::item_and_errors(item, errors) };
    let registration = registration(&command);
    let errors = errors.finish();
    quote!(#item #registration #errors)
}

/// Where the names of generated code live.
pub(crate) fn runtime(path: Option<&Path>) -> TokenStream {
    match path {
        Some(path) => quote!(#path::__private),
        None => quote!(::kafka_service::__private),
    }
}

/// A local of ours, which the user's tokens cannot see.
fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

fn registration(command: &Command) -> TokenStream {
    let runtime = runtime(command.runtime.as_ref());
    let conditions = command.item.conditions();
    let invoke = invoke(command);
    let entry = entry(command);
    // In an `impl` block this constant is what the compiler complains about; let it point at the function.
    let constant = quote_spanned!(command.item.signature.ident.span()=> const _: ());
    quote! {
        #conditions
        #[allow(deprecated, unused_qualifications)]
        #constant = {
            use #runtime;
            #invoke
            __private::inventory::submit! { #entry }
        };
    }
}

/// The function that the service calls: arguments out of the message, then the user's function, then its outcome.
fn invoke(command: &Command) -> TokenStream {
    let context = local("__context");
    let locals: Vec<_> = (0..command.extractors.len()).map(|number| local(&format!("__{number}"))).collect();
    let payload_local = local("__payload");
    let extractors = command.extractors.iter().zip(&locals).map(|(ty, local)| {
        let call = quote_spanned!(ty.span()=> __private::extract::<#ty>);
        quote!(let #local = #call(#context)?;)
    });
    let payload = command.payload.iter().map(|ty| {
        let call = quote_spanned!(ty.span()=> __private::decode::<#ty>);
        quote!(let #payload_local = #call(#context)?;)
    });
    let run = run(command, locals.iter().chain(command.payload.iter().map(|_| &payload_local)));
    let context = if command.payload.is_some() { quote!(#context) } else { quote!(_) };
    quote! {
        fn __invoke(#context: &__private::Context<'_>) -> __private::Invocation {
            #(#extractors)*
            #(#payload)*
            #run
        }
    }
}

/// Calls the user's function, with `await` or on the pool for blocking work.
fn run<'a>(command: &Command, arguments: impl Iterator<Item = &'a Ident>) -> TokenStream {
    let Signature { ident: function, asyncness, .. } = &command.item.signature;
    let outcome = outcome(command);
    let returned = local("__returned");
    let call = quote!(#function(#(#arguments),*));
    match asyncness {
        // What is wrong with the future, such as a missing `Send`, is said at the user's `async`.
        Some(keyword) => {
            let body = quote!(let #returned = #call.await; #outcome);
            quote_spanned!(keyword.span()=> __private::invocation(async move { #body }))
        }
        None => quote!(__private::blocking(move || { let #returned = #call; #outcome })),
    }
}

/// Hands the returned value over, at the place where its type is written.
fn outcome(command: &Command) -> TokenStream {
    let returns = command.returns();
    let place = match &command.item.signature.output {
        ReturnType::Default => Span::mixed_site(),
        ReturnType::Type(_, returns) => returns.span(),
    };
    let returned = Ident::new("__returned", Span::mixed_site().located_at(place));
    quote_spanned!(place=> __private::outcome::<#returns>(#returned))
}

/// The constant that the registry collects.
fn entry(command: &Command) -> TokenStream {
    let name = &command.name;
    let function = &command.item.signature.ident;
    let function_name = function.unraw().to_string();
    // Messages at start point at the function, not at the attribute.
    let line = quote_spanned!(function.span()=> ::core::line!());
    let doc = command.doc.iter();
    let describe = describe(command);
    let blocking = command.item.signature.asyncness.is_none().then(|| quote!(.blocking()));
    quote! {
        __private::Handler::command(#name, __invoke)
            .at(::core::module_path!(), #function_name, ::core::file!(), #line)
            #(.doc(#doc))*
            .describe(#describe)
            #blocking
    }
}

/// Reads the user's types without asking anything of them.
fn describe(command: &Command) -> TokenStream {
    let description = local("__description");
    let extractors = command.extractors.iter().map(|ty| quote!(__private::Probe::<#ty>::extractor(#description);));
    let payload = command.payload.iter().map(|ty| quote!(__private::Probe::<#ty>::payload(#description);));
    let returns = command.returns();
    quote! {
        |#description| {
            use __private::Undescribed as _;
            #(#extractors)*
            #(#payload)*
            __private::Probe::<#returns>::returns(#description);
        }
    }
}
