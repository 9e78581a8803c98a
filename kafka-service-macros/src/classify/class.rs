//! Parses the attributes that name an error class: `#[permanent]`, `#[retryable]` and `#[retry_after("1m")]`.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Attribute, Ident, LitInt, LitStr, Meta};

use crate::{
    attribute::duration,
    diagnostics::{Errors, Help},
};

/// What to do after an error.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Permanent,
    Retryable,
    /// In milliseconds.
    RetryAfter(u64),
}

const NAMES: [&str; 3] = ["permanent", "retryable", "retry_after"];

/// The name of an attribute that is a class.
fn name_of(attribute: &Attribute) -> Option<&'static str> {
    NAMES.into_iter().find(|name| attribute.path().is_ident(name))
}

/// Reports attributes of fields, which have no class of their own.
pub(super) fn reject_on_fields(attributes: &[Attribute], owner: &str, errors: &Errors) {
    for attribute in attributes {
        let Some(name) = name_of(attribute) else { continue };
        let message = format!("`#[{name}]` is not allowed on a field");
        errors.at(attribute.path(), Help(message, format!("move it to the {owner}")));
    }
}

impl Class {
    /// The class of a type or a variant; `None` if it has none, or if an error was reported.
    pub(super) fn of(attributes: &[Attribute], owner: &Ident, errors: &Errors) -> Option<Self> {
        let mut found = attributes.iter().filter_map(|attribute| Some((name_of(attribute)?, attribute)));
        let (name, attribute) = found.next()?;
        if let Some((second, attribute)) = found.next() {
            let message = format!("`{owner}` can have only one error class");
            let help = if second == name {
                format!("remove one `#[{name}]`")
            } else {
                format!("remove `#[{name}]` or `#[{second}]`")
            };
            errors.at(attribute.path(), Help(message, help));
            return None;
        }
        match name {
            "permanent" => alone(name, attribute, errors).then_some(Self::Permanent),
            "retryable" => alone(name, attribute, errors).then_some(Self::Retryable),
            _ => delay(attribute, errors).map(Self::RetryAfter),
        }
    }
}

fn alone(name: &str, attribute: &Attribute, errors: &Errors) -> bool {
    let is_alone = matches!(attribute.meta, Meta::Path(_));
    if !is_alone {
        errors.at(&attribute.meta, Help(format!("`#[{name}]` takes no argument"), format!("write `#[{name}]`")));
    }
    is_alone
}

/// Parses `#[retry_after("1m")]` to milliseconds.
fn delay(attribute: &Attribute, errors: &Errors) -> Option<u64> {
    let argument = match &attribute.meta {
        Meta::Path(path) => {
            errors
                .at(path, Help("missing duration in `#[retry_after]`", "write, for example, `#[retry_after(\"1m\")]`"));
            return None;
        }
        Meta::List(list) => list.tokens.clone(),
        Meta::NameValue(pair) => pair.value.to_token_stream(),
    };
    let text = syn::parse2::<LitStr>(argument.clone()).ok().filter(|_| matches!(attribute.meta, Meta::List(_)));
    let Some(text) = text else {
        let tokens = if argument.is_empty() { attribute.meta.to_token_stream() } else { argument.clone() };
        let help = format!("write `#[retry_after({:?})]`", suggestion(argument));
        errors.at(tokens, Help("expected a quoted duration in parentheses", help));
        return None;
    };
    let parsed = match duration::parse("retry_after", &text.value()) {
        Ok(0) => Err(duration::LIMITS.to_owned()),
        Err(_) if duration::is_number(&text.value()) => {
            Err(format!("add a unit: `#[retry_after(\"{}s\")]`", text.value()))
        }
        parsed => parsed,
    };
    let report = |help: &String| {
        errors.at(&text, Help(format!("invalid value `{}` for `retry_after`", text.value()), help));
    };
    parsed.inspect_err(report).ok()
}

/// A duration that was probably meant: a number, or one with a unit, without its quotes.
fn suggestion(argument: TokenStream) -> String {
    if let Ok(text) = syn::parse2::<LitStr>(argument.clone()) {
        return text.value();
    }
    match syn::parse2::<LitInt>(argument) {
        Ok(number) if number.suffix().is_empty() => format!("{number}s"),
        Ok(number) => number.to_string(),
        Err(_) => "1m".to_owned(),
    }
}
