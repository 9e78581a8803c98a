//! The arguments of an attribute, and the helper attribute of a derive: `#[event(..)]` or `#[command(..)]` on a type or a
//! variant.

pub(crate) mod args;
pub(crate) mod duration;
pub(crate) mod grammar;
pub(crate) mod key;
pub(crate) mod names;
pub(crate) mod options;
mod syntax;

use quote::ToTokens;
use syn::{Attribute, Ident, Meta, Path, ext::IdentExt};

use self::{
    args::Args,
    grammar::Grammar,
    options::Options,
    syntax::{Keywords, each_argument},
};
use crate::diagnostics::{Errors, Help};

/// Reads the attribute of a type or a variant. If there is an `owner`, the name is required.
pub(crate) fn read(attributes: &[Attribute], grammar: &Grammar<'_>, owner: Option<&Ident>, errors: &Errors) -> Args {
    let mut found = attributes.iter().filter(|attribute| attribute.path().is_ident(grammar.attribute));
    let first = found.next();
    if let Some(second) = found.next() {
        errors.at(second.path(), grammar.second_name(&second.to_token_stream()));
    }
    let args = first.map_or_else(Args::default, |attribute| arguments(attribute, grammar, errors));
    let Some(owner) = owner else { return args };
    let example = grammar.with_name(grammar.example, &args.tokens);
    match first {
        None => {
            let message = format!("missing `#[{}(\"...\")]` on `{owner}`", grammar.attribute);
            errors.at(owner, Help(message, format!("add `{example}` above it")));
        }
        Some(attribute) if args.name.is_none() && !args.name_is_invalid => {
            errors.at(attribute, Help(format!("missing {}", grammar.name), format!("write `{example}`")));
        }
        Some(_) => {}
    }
    args
}

fn arguments(attribute: &Attribute, grammar: &Grammar<'_>, errors: &Errors) -> Args {
    match &attribute.meta {
        Meta::Path(_) => Args::default(),
        Meta::List(list) => Args::parse(list.tokens.clone(), grammar, errors),
        Meta::NameValue(pair) => {
            let help = format!("write `#[{}({})]`", grammar.attribute, pair.value.to_token_stream());
            errors.at(pair.eq_token, Help(format!("expected `#[{}(\"...\")]`", grammar.attribute), help));
            Args { name_is_invalid: true, ..Args::default() }
        }
    }
}

/// Reads the path of the runtime crate from an attribute that has no other option: `#[classify(crate = path)]`.
pub(crate) fn runtime_option(attributes: &[Attribute], name: &'static str, errors: &Errors) -> Option<Path> {
    let mut options = Options::default();
    let mut keywords = Keywords { noun: "option", known: &["crate"], seen: Vec::new() };
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident(name)) {
        let Meta::List(list) = &attribute.meta else {
            let help = format!("write `#[{name}(crate = path)]`, or remove it");
            errors.at(&attribute.meta, Help(format!("expected `#[{name}(...)]`"), help));
            continue;
        };
        each_argument(list.tokens.clone(), errors, |input| {
            let Some(argument) = keywords.parse(input, errors) else { return };
            if keywords.accept(&argument, errors) {
                options.set(&argument, errors);
            }
        });
    }
    options.runtime
}

/// Converts `CreateUser` to `create_user`, the likely name of the command.
pub(crate) fn snake_case(owner: &Ident) -> String {
    let mut name = String::new();
    for letter in owner.unraw().to_string().chars() {
        if letter.is_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.extend(letter.to_lowercase());
    }
    name
}
