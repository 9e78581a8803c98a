//! The helper attribute of a derive: `#[event(..)]` or `#[command(..)]` above a type or a variant.

use quote::ToTokens;
use syn::{Attribute, Ident, Meta, ext::IdentExt};

use crate::{
    args::{Args, Grammar},
    diagnostics::{Errors, Help},
    names::missing_name,
};

/// Reads the one attribute of a type or a variant. With an `owner`, a name is required.
pub(crate) fn read(attributes: &[Attribute], grammar: &Grammar, owner: Option<&Ident>, errors: &Errors) -> Args {
    let mut found = attributes.iter().filter(|attribute| attribute.path().is_ident(grammar.attribute));
    let first = found.next();
    if let Some(second) = found.next() {
        let help = match grammar.attribute {
            "event" => Help("an event has one event type", "write an enum, with an event type for each variant"),
            _ => Help("a command has one name", "write a second type for the second command"),
        };
        errors.at(second.path(), help);
    }
    let args = first.map_or_else(Args::default, |attribute| arguments(attribute, grammar, errors));
    let Some(owner) = owner else { return args };
    let kind = grammar.attribute;
    let example = format!("#[{kind}(\"{}\")]", example(owner, kind));
    match first {
        None => {
            let help = format!("write `{example}` above it");
            errors.at(owner, Help(format!("`{owner}` does not say which {kind} it is"), help));
        }
        Some(attribute) if args.name.is_none() && !args.name_is_wrong => {
            errors.at(attribute, missing_name(grammar, &example));
        }
        Some(_) => {}
    }
    args
}

fn arguments(attribute: &Attribute, grammar: &Grammar, errors: &Errors) -> Args {
    match &attribute.meta {
        Meta::Path(_) => Args::default(),
        Meta::List(list) => Args::parse(list.tokens.clone(), grammar, errors),
        Meta::NameValue(pair) => {
            let help = format!("write `#[{}({})]`", grammar.attribute, pair.value.to_token_stream());
            errors.at(pair.eq_token, Help(format!("the {} stands in parentheses", grammar.name), help));
            Args { name_is_wrong: true, ..Args::default() }
        }
    }
}

/// `UserCreated` is probably the event `user.created`, and `CreateUser` the command `create_user`.
fn example(owner: &Ident, kind: &str) -> String {
    let mut name = String::new();
    for letter in owner.unraw().to_string().chars() {
        if letter.is_uppercase() && !name.is_empty() {
            name.push(if kind == "event" && !name.contains('.') { '.' } else { '_' });
        }
        name.extend(letter.to_lowercase());
    }
    name
}
