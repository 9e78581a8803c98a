//! Arguments and item to a [`Command`]. All rules about handlers live here; what passes them can be expanded.

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{Attribute, FnArg, LitStr, PatType, Path, ReturnType, Signature, Type, ext::IdentExt};

use crate::{
    args::{Args, Grammar, check_name, missing_name},
    diagnostics::{Errors, Help},
    item::{HandlerItem, Item},
};

pub(crate) const GRAMMAR: Grammar = Grammar { name: "command name", example: "create_order", options: &["crate"] };

/// A checked handler.
pub(crate) struct Command {
    pub(crate) name: LitStr,
    pub(crate) runtime: Option<Path>,
    pub(crate) item: HandlerItem,
    /// The types of the arguments before the payload.
    pub(crate) extractors: Vec<Type>,
    pub(crate) payload: Option<Type>,
    pub(crate) doc: Option<TokenStream>,
}

impl Command {
    /// Applies every rule. `None` means that errors were reported.
    pub(crate) fn new(args: Args, item: Item, errors: &Errors) -> Option<Self> {
        let item = match item {
            Item::Function(item) => *item,
            Item::Other { keyword, kind } => {
                wrong_item(&keyword, kind, errors);
                return None;
            }
        };
        let name = check_command_name(&args, &item.signature, errors);
        check_signature(&item, errors);
        let mut arguments: Vec<_> = item.signature.inputs.iter().filter_map(argument).cloned().collect();
        if errors.any() {
            return None;
        }
        let payload = arguments.pop();
        let doc = doc(&item.attributes);
        Some(Self { name: name?, runtime: args.runtime, extractors: arguments, payload, doc, item })
    }

    /// The return type as tokens, `()` where none is written.
    pub(crate) fn returns(&self) -> TokenStream {
        match &self.item.signature.output {
            ReturnType::Default => quote!(()),
            ReturnType::Type(_, returns) => returns.to_token_stream(),
        }
    }
}

fn wrong_item(keyword: &TokenTree, kind: &str, errors: &Errors) {
    let message = format!("`#[command]` goes on a function, not on {kind}");
    match keyword.to_string().as_str() {
        "impl" | "trait" => {
            errors
                .at(keyword, Help(message, "handlers are free functions; shared values come as `State<T>` arguments"));
        }
        "mod" => errors.at(keyword, Help(message, "put it on each handler in the module")),
        _ => errors.at(keyword, message),
    }
}

fn check_command_name(args: &Args, signature: &Signature, errors: &Errors) -> Option<LitStr> {
    if args.name.is_none() && !args.name_is_wrong {
        let example = format!(r#"#[command("{}")]"#, signature.ident.unraw());
        errors.at_span(Span::call_site(), missing_name(&GRAMMAR, &example));
    }
    let name = args.name.clone()?;
    check_name(&name, &GRAMMAR, errors);
    Some(name)
}

fn check_signature(item: &HandlerItem, errors: &Errors) {
    let signature = &item.signature;
    check_attributes(&item.attributes, errors);
    check_qualifiers(signature, errors);
    check_generics(signature, errors);
    let last = signature.inputs.len().saturating_sub(1);
    for (position, input) in signature.inputs.iter().enumerate() {
        // A lifetime parameter is one mistake, and has been reported.
        let owned = position == last && signature.generics.params.is_empty();
        check_argument(input, position == last, owned, errors);
    }
    check_returns(signature, errors);
    if !item.has_body {
        errors.at(signature, format!("`{}` has no body, so there is nothing to register", signature.ident));
    }
}

fn check_attributes(attributes: &[Attribute], errors: &Errors) {
    let path = |attribute: &Attribute| attribute.path().to_token_stream().to_string().replace(' ', "");
    let is_command = |attribute: &&Attribute| {
        matches!(path(attribute).as_str(), "command" | "kafka_service::command" | "::kafka_service::command")
    };
    if let Some(second) = attributes.iter().find(is_command) {
        errors.at(
            second.path(),
            Help("a handler answers to one command", "write a second handler that calls this function"),
        );
    }
}

fn check_qualifiers(signature: &Signature, errors: &Errors) {
    let name = &signature.ident;
    let refuse = |tokens: &dyn ToTokens, what: &str| {
        errors.at(tokens.to_token_stream(), format!("`{name}` must not be {what}"));
    };
    if let Some(token) = &signature.constness {
        refuse(token, "`const`");
    }
    if let Some(token) = &signature.unsafety {
        refuse(token, "`unsafe`");
    }
    if let Some(abi) = &signature.abi {
        refuse(abi, &format!("`{}`", abi.to_token_stream()));
    }
    if let Some(variadic) = &signature.variadic {
        refuse(variadic, "variadic");
    }
}

fn check_generics(signature: &Signature, errors: &Errors) {
    const MESSAGE: &str = "a `#[command]` handler cannot be generic: its types must be known when it is registered";
    let generics = &signature.generics;
    if !generics.params.is_empty() {
        errors.at(generics, MESSAGE);
    } else if let Some(clause) = &generics.where_clause {
        errors.at(clause, MESSAGE);
    }
}

fn argument(input: &FnArg) -> Option<&Type> {
    match input {
        FnArg::Typed(PatType { ty, .. }) => Some(ty),
        FnArg::Receiver(_) => None,
    }
}

fn check_argument(input: &FnArg, is_payload: bool, owned: bool, errors: &Errors) {
    let argument = match input {
        FnArg::Typed(argument) => argument,
        FnArg::Receiver(receiver) => {
            let message = "a `#[command]` handler is a free function and cannot take `self`";
            errors.at(receiver, Help(message, "reach shared values through an argument `State<T>`"));
            return;
        }
    };
    if let Some(attribute) = argument.attrs.iter().find(|attribute| attribute.path().is_ident("cfg")) {
        errors.at(attribute, "an argument of a `#[command]` handler cannot depend on `cfg`");
    }
    let what = if is_payload { "payload" } else { "extractor" };
    match unsuitable(argument.ty.to_token_stream(), owned) {
        None => {}
        Some(Unsuitable::Borrowed(span)) => errors.at_span(
            span,
            Help(
                "the payload must own its data: it is decoded from the message",
                "take `String` instead of `&str`, `T` instead of `&T`",
            ),
        ),
        Some(Unsuitable::Hidden(span)) => {
            errors.at_span(
                span,
                format!("the {what} must be a named type: it must be known when the handler is registered"),
            );
        }
        Some(Unsuitable::Invalid) => errors.leave_to_compiler(),
    }
}

/// A part of a type that cannot stand in a registration.
enum Unsuitable {
    /// `&T` or `'_`.
    Borrowed(Span),
    /// `impl Trait`.
    Hidden(Span),
    /// `Self` or `_`, which no free function can have.
    Invalid,
}

/// Looks through a type's tokens. A payload must own its data as well; named lifetimes are the generics' mistake.
fn unsuitable(tokens: TokenStream, owned: bool) -> Option<Unsuitable> {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let found = match &token {
            TokenTree::Punct(punct) if punct.as_char() == '&' && owned => Some(Unsuitable::Borrowed(token.span())),
            TokenTree::Punct(punct) if punct.as_char() == '\'' => {
                let elided = tokens.next().filter(|name| name.to_string() == "_" && owned);
                elided.map(|name| Unsuitable::Borrowed(name.span()))
            }
            TokenTree::Ident(ident) if ident == "impl" => Some(Unsuitable::Hidden(token.span())),
            TokenTree::Ident(ident) if ident == "Self" || ident == "_" => Some(Unsuitable::Invalid),
            // Braces hold the expression of a constant, not a type.
            TokenTree::Group(group) if group.delimiter() != Delimiter::Brace => unsuitable(group.stream(), owned),
            _ => None,
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

/// `-> impl Trait` hides the type that the registration reads the event types from.
fn check_returns(signature: &Signature, errors: &Errors) {
    let ReturnType::Type(_, returns) = &signature.output else { return };
    match unsuitable(returns.to_token_stream(), false) {
        Some(Unsuitable::Hidden(_)) => errors.at(
            returns,
            Help(
                "the return type of a `#[command]` handler must be named: it says which events can be published",
                match signature.asyncness {
                    Some(_) => "write the type of the event",
                    None => "write the type of the event; a handler that waits for a future is written as `async fn`",
                },
            ),
        ),
        Some(_) => errors.leave_to_compiler(),
        None => {}
    }
}

/// The doc comment as one constant expression.
fn doc(attributes: &[Attribute]) -> Option<TokenStream> {
    let lines: Vec<_> = attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("doc"))
        .filter_map(|attribute| attribute.meta.require_name_value().ok())
        .map(|doc| &doc.value)
        .collect();
    let texts: Option<Vec<_>> = lines.iter().map(|line| literal(line)).collect();
    match texts {
        _ if lines.is_empty() => None,
        Some(texts) => {
            let text = texts.join("\n");
            Some(quote!(#text))
        }
        // A line that comes from a macro, such as `include_str!`.
        None => Some(quote!(::core::concat!(#(#lines, "\n"),*))),
    }
}

fn literal(value: &syn::Expr) -> Option<String> {
    let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) = value else { return None };
    let text = text.value();
    Some(text.strip_prefix(' ').unwrap_or(&text).trim_end().to_owned())
}
