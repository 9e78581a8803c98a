//! Checks the arguments and the item, and builds a [`Handler`], which can always be expanded. The rules are here and in
//! [`signature`].

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{FnArg, LitStr, PatType, ReturnType, Type, ext::IdentExt};

use super::{doc, item::HandlerItem, signature};
use crate::{
    attribute::{
        args::Args,
        grammar::{Grammar, Target},
        names::check_name,
        options::{HANDLER_OPTIONS, Options},
    },
    diagnostics::{Errors, Help},
};

/// The kind of message that a handler receives.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Command,
    Event,
}

const COMMAND: Grammar<'_> = Grammar {
    attribute: "command",
    name: "command name",
    example: "create_order",
    options: HANDLER_OPTIONS,
    target: Target::Handler,
};
const EVENT: Grammar<'_> = Grammar { attribute: "event", name: "event type", example: "order.created", ..COMMAND };

impl Kind {
    pub(crate) fn grammar(self) -> &'static Grammar<'static> {
        match self {
            Self::Command => &COMMAND,
            Self::Event => &EVENT,
        }
    }
}

/// A checked handler.
pub(crate) struct Handler {
    pub(crate) kind: Kind,
    /// `None` if the payload provides the name; then there is a payload.
    pub(crate) name: Option<LitStr>,
    pub(crate) options: Options,
    pub(crate) item: HandlerItem,
    /// The types of the arguments before the payload.
    pub(crate) extractors: Vec<Type>,
    pub(crate) payload: Option<Type>,
    pub(crate) doc: Option<TokenStream>,
}

impl Handler {
    /// Applies every rule. `None` means that errors were reported.
    pub(crate) fn new(kind: Kind, args: Args, item: HandlerItem, errors: &Errors) -> Option<Self> {
        check_handler_name(kind, &args, &item, errors);
        signature::check(&item, errors);
        let mut arguments: Vec<_> = item.signature.inputs.iter().filter_map(argument).cloned().collect();
        if errors.any() {
            return None;
        }
        let payload = arguments.pop();
        let doc = doc::text(&item.attributes);
        Some(Self { kind, name: args.name, options: args.options, extractors: arguments, payload, doc, item })
    }

    /// The return type as tokens; `()` if the signature has none.
    pub(crate) fn returns(&self) -> TokenStream {
        match &self.item.signature.output {
            ReturnType::Default => quote!(()),
            ReturnType::Type(_, returns) => returns.to_token_stream(),
        }
    }
}

fn argument(input: &FnArg) -> Option<&Type> {
    match input {
        FnArg::Typed(PatType { ty, .. }) => Some(ty),
        FnArg::Receiver(_) => None,
    }
}

pub(crate) fn wrong_item(kind: Kind, keyword: &TokenTree, other: &str, errors: &Errors) {
    let attribute = kind.grammar().attribute;
    let message = format!("`#[{attribute}]` can only be applied to a function, not to {other}");
    let derive = match kind {
        Kind::Command => {
            "to handle the command, put `#[command(...)]` on the function that takes it; to declare the type as a \
             command, add `#[derive(kafka_service::Command)]` above `#[command(...)]`"
        }
        Kind::Event => {
            "to declare the type as an event, add `#[derive(serde::Serialize, kafka_service::Event)]` above \
             `#[event(...)]`"
        }
    };
    match keyword.to_string().as_str() {
        "struct" | "enum" => errors.at(keyword, Help(message, derive)),
        "impl" | "trait" => {
            errors.at(
                keyword,
                Help(message, "write handlers as free functions, and take shared values as `State<T>` arguments"),
            );
        }
        "mod" => errors.at(keyword, Help(message, "apply it to each handler in the module")),
        _ => errors.at(keyword, Help(message, "apply it to the function that handles the message")),
    }
}

/// Checks the name. Without one the payload provides it, so a handler without arguments needs a name.
fn check_handler_name(kind: Kind, args: &Args, item: &HandlerItem, errors: &Errors) {
    let grammar = kind.grammar();
    match &args.name {
        Some(name) => check_name(name, grammar, errors),
        None if item.signature.inputs.is_empty() && !args.name_is_invalid => {
            let help = match kind {
                Kind::Command => {
                    let name = item.signature.ident.unraw().to_string();
                    format!("write `{}`", grammar.with_name(&name, &args.tokens))
                }
                Kind::Event => {
                    format!("write the event type, for example `{}`", grammar.with_name(grammar.example, &args.tokens))
                }
            };
            errors.at_span(Span::call_site(), Help(format!("missing {}", grammar.name), help));
        }
        None => {}
    }
}
