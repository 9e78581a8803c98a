//! Checks the signature of a handler: the generated code must be able to call it without knowing its types.

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, FnArg, ReturnType, Signature, Type};

use super::item::HandlerItem;
use crate::diagnostics::{Errors, Help};

pub(crate) fn check(item: &HandlerItem, errors: &Errors) {
    let signature = &item.signature;
    check_attributes(&item.attributes, errors);
    check_qualifiers(signature, errors);
    check_generics(signature, errors);
    let last = signature.inputs.len().saturating_sub(1);
    for (position, input) in signature.inputs.iter().enumerate() {
        // A lifetime parameter has been reported already.
        let owned = position == last && signature.generics.params.is_empty();
        check_argument(input, position == last, owned, errors);
    }
    check_returns(signature, errors);
    if !item.has_body {
        let message = format!("handler `{}` has no body", signature.ident);
        errors.at(signature, Help(message, "write a free function with a body, outside of traits and `extern` blocks"));
    }
}

/// Rejects a second `#[command]` or `#[event]`. Only the first one sees both, because it expands first.
fn check_attributes(attributes: &[Attribute], errors: &Errors) {
    let path = |attribute: &Attribute| attribute.path().to_token_stream().to_string().replace(' ', "");
    let is_ours = |attribute: &&Attribute| {
        let path = path(attribute);
        let path = path.trim_start_matches("::").trim_start_matches("kafka_service::");
        matches!(path, "command" | "event")
    };
    if let Some(second) = attributes.iter().find(is_ours) {
        errors.at(
            second.path(),
            Help(
                "a handler can have only one `#[command]` or `#[event]` attribute",
                "write another handler that calls this function",
            ),
        );
    }
}

fn check_qualifiers(signature: &Signature, errors: &Errors) {
    let name = &signature.ident;
    let reject = |tokens: &dyn ToTokens, what: &str| {
        let help = format!("write `async fn {name}`, or `fn {name}` for blocking code");
        errors.at(tokens.to_token_stream(), Help(format!("handler `{name}` cannot be {what}"), help));
    };
    if let Some(token) = &signature.constness {
        reject(token, "`const`");
    }
    if let Some(token) = &signature.unsafety {
        reject(token, "`unsafe`");
    }
    if let Some(abi) = &signature.abi {
        reject(abi, &format!("`{}`", abi.to_token_stream()));
    }
    if let Some(variadic) = &signature.variadic {
        reject(variadic, "variadic");
    }
}

fn check_generics(signature: &Signature, errors: &Errors) {
    let generics = &signature.generics;
    let lifetimes: Vec<_> = generics.lifetimes().map(|parameter| parameter.lifetime.to_string()).collect();
    if generics.params.len() > lifetimes.len() {
        let message = "a handler cannot be generic: its types must be known at registration";
        errors.at(generics, Help(message, "write one handler per type, each calling a shared generic function"));
    } else if let Some(first) = lifetimes.first() {
        let message = "a handler cannot have lifetime parameters: its arguments must own their data";
        let help = format!("remove `<{}>`, and use `String` instead of `&{first} str`", lifetimes.join(", "));
        errors.at(generics, Help(message, help));
    } else if let Some(clause) = &generics.where_clause {
        errors.at(clause, Help("a handler cannot have a `where` clause", "remove it"));
    }
}

fn check_argument(input: &FnArg, is_payload: bool, owned: bool, errors: &Errors) {
    let argument = match input {
        FnArg::Typed(argument) => argument,
        FnArg::Receiver(receiver) => {
            let message = "a handler cannot take `self`: it must be a free function";
            errors.at(receiver, Help(message, "take shared values as `State<T>` arguments"));
            return;
        }
    };
    if let Some(attribute) = argument.attrs.iter().find(|attribute| attribute.path().is_ident("cfg")) {
        let help = "write one handler per configuration, with `#[cfg(...)]` on the function";
        errors.at(attribute, Help("`#[cfg]` is not allowed on an argument of a handler", help));
    }
    if let (false, Type::Reference(reference)) = (is_payload, &*argument.ty)
        && reference.lifetime.is_none()
    {
        let owned_type = reference.elem.to_token_stream();
        errors.at(
            reference.and_token,
            Help("an extractor must be taken by value", format!("remove the `&`: `{owned_type}`")),
        );
        return;
    }
    let what = if is_payload { "a payload" } else { "an extractor" };
    match unsuitable(argument.ty.to_token_stream(), owned) {
        None => {}
        Some(Unsuitable::Borrowed(span, suggestion)) => {
            errors.at_span(span, Help("a payload must own its data: it cannot borrow from the message", suggestion));
        }
        Some(Unsuitable::ImplTrait(span)) => {
            errors.at_span(
                span,
                Help(format!("`impl Trait` is not allowed in the type of {what}"), "write a concrete type"),
            );
        }
        Some(Unsuitable::Invalid) => errors.leave_to_compiler(),
    }
}

/// Whether a payload has the name of an extractor of the runtime, so that its handler probably has the wrong order.
pub(crate) fn looks_like_an_extractor(payload: &Type) -> bool {
    const NAMES: [&str; 7] =
        ["State", "Meta", "Headers", "Publisher", "CorrelationId", "ExtraFields", "MessageContext"];
    let Type::Path(path) = payload else { return false };
    path.path.segments.last().is_some_and(|last| NAMES.iter().any(|name| last.ident == name))
}

/// A part of a type that generated code cannot repeat.
enum Unsuitable {
    /// `&T` or `'_`, and the help text.
    Borrowed(Span, &'static str),
    /// `impl Trait`.
    ImplTrait(Span),
    /// `Self` or `_`, which the compiler rejects.
    Invalid,
}

/// Searches the tokens of a type. If `owned`, borrowed data is unsuitable too; named lifetimes are reported elsewhere.
fn unsuitable(tokens: TokenStream, owned: bool) -> Option<Unsuitable> {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let found = match &token {
            TokenTree::Punct(punct) if punct.as_char() == '&' && owned => {
                Some(Unsuitable::Borrowed(token.span(), "use `String` instead of `&str`, `T` instead of `&T`"))
            }
            TokenTree::Punct(punct) if punct.as_char() == '\'' => {
                let elided = tokens.next().filter(|name| name.to_string() == "_" && owned);
                let suggestion = "use a type without a lifetime, such as `String`; in a struct, use owned fields: \
                                  `String` instead of `&'a str`";
                elided.map(|name| Unsuitable::Borrowed(name.span(), suggestion))
            }
            TokenTree::Ident(ident) if ident == "impl" => Some(Unsuitable::ImplTrait(token.span())),
            TokenTree::Ident(ident) if ident == "Self" || ident == "_" => Some(Unsuitable::Invalid),
            // Braces contain a constant expression, not a type.
            TokenTree::Group(group) if group.delimiter() != Delimiter::Brace => unsuitable(group.stream(), owned),
            _ => None,
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

/// Rejects `-> impl Trait`: the registration reads the event types from the return type.
fn check_returns(signature: &Signature, errors: &Errors) {
    let ReturnType::Type(_, returns) = &signature.output else { return };
    match unsuitable(returns.to_token_stream(), false) {
        Some(Unsuitable::ImplTrait(_)) => errors.at(
            returns,
            Help(
                "`impl Trait` is not allowed in the return type of a handler",
                match signature.asyncness {
                    Some(_) => "write the type of the event",
                    None => "write the type of the event; to await a future, write an `async fn`",
                },
            ),
        ),
        Some(_) => errors.leave_to_compiler(),
        None => {}
    }
}
