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

/// A local of ours, which the user's tokens cannot see. Errors about its value point at `place`.
fn local(name: &str, place: Span) -> Ident {
    Ident::new(name, Span::mixed_site().located_at(place))
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
    let context = local("__context", Span::mixed_site());
    let extractors = command.extractors.iter().enumerate().map(|(number, ty)| (format!("__{number}"), ty, "extract"));
    let payload = command.payload.iter().map(|ty| ("__payload".to_owned(), ty, "decode"));
    let (mut locals, mut statements) = (Vec::new(), Vec::new());
    for (name, ty, function) in extractors.chain(payload) {
        let local = local(&name, ty.span());
        let function = Ident::new(function, ty.span());
        let call = quote_spanned!(ty.span()=> __private::#function::<#ty>);
        statements.push(quote!(let #local = #call(#context)?;));
        locals.push(local);
    }
    let run = run(command, &locals);
    let context = if statements.is_empty() { quote!(_) } else { quote!(#context) };
    quote! {
        fn __invoke(#context: &__private::Context<'_>) -> __private::Invocation {
            #(#statements)*
            #run
        }
    }
}

/// Calls the user's function, with `await` or on the pool for blocking work, and hands over what it returns. What is wrong
/// with that is said at the return type; what is wrong with the future, such as a missing `Send`, at the user's `async`.
fn run(command: &Command, arguments: &[Ident]) -> TokenStream {
    let Signature { ident, asyncness, output, .. } = &command.item.signature;
    let place = match output {
        ReturnType::Default => ident.span(),
        ReturnType::Type(_, returns) => returns.span(),
    };
    let mut function = ident.clone();
    function.set_span(ident.span().located_at(place));
    let wait = asyncness.map(|_| quote_spanned!(place=> .await));
    let returns = command.returns();
    let outcome = quote_spanned!(place=> __private::outcome::<#returns>(#function(#(#arguments),*) #wait));
    match asyncness {
        Some(keyword) => quote_spanned!(keyword.span()=> __private::invocation(async move { #outcome })),
        None => quote!(__private::blocking(move || #outcome)),
    }
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
        __private::Handler::command(#name, &__invoke)
            .at(::core::module_path!(), #function_name, ::core::file!(), #line)
            #(.doc(#doc))*
            .describe(#describe)
            #blocking
    }
}

/// Reads the user's types without asking anything of them.
fn describe(command: &Command) -> TokenStream {
    let description = local("__description", Span::mixed_site());
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
