//! Parses and checks the options of all attributes.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{
    ExprPath, Ident, LitInt, LitStr, Member, Path, PathArguments, Token, Type,
    parse::{Parse, ParseStream, Parser},
    punctuated::Punctuated,
};

use super::{
    duration,
    names::check_topic,
    syntax::{Argument, Keywords, Value, each_argument},
};
use crate::diagnostics::{Errors, Help};

/// The options of a handler.
pub(crate) const HANDLER_OPTIONS: &[&str] = &["retry", "timeout", "permanent", "topic", "crate"];

/// The values of one attribute's options.
#[derive(Default)]
pub(crate) struct Options {
    /// The path of the runtime crate, if it is not `::kafka_service`.
    pub(crate) runtime: Option<Path>,
    /// The field that is the record key: `id`, `0` or `user.id`.
    pub(crate) key: Option<Punctuated<Member, Token![.]>>,
    /// The events that are the reply to a command.
    pub(crate) reply: Option<Type>,
    pub(crate) topic: Option<LitStr>,
    /// In milliseconds.
    pub(crate) timeout: Option<u64>,
    /// The function that decides whether an error is permanent.
    pub(crate) permanent: Option<ExprPath>,
    pub(crate) retry: Retry,
}

#[derive(Default)]
pub(crate) struct Retry {
    pub(crate) attempts: Option<u32>,
    /// The initial and the maximum backoff, in milliseconds.
    pub(crate) backoff: Option<(u64, u64)>,
    /// In milliseconds.
    pub(crate) deadline: Option<u64>,
}

impl Options {
    /// Sets an option that is known and not a duplicate.
    pub(crate) fn set(&mut self, argument: &Argument, errors: &Errors) {
        match argument.keyword.as_str() {
            "crate" => self.runtime = path(argument, Path::parse_mod_style, "a path", "kafka_service", errors),
            "key" => {
                self.key = path(argument, Punctuated::parse_separated_nonempty, "a field name", "id", errors);
            }
            "reply" => {
                let reply = path(argument, Type::parse, "a type", "OrderCreated", errors);
                self.reply = reply.filter(|reply| check_reply(reply, errors));
            }
            "permanent" => {
                self.permanent = path(argument, ExprPath::parse, "a function path", "OrderError::is_final", errors);
            }
            "topic" => self.topic = topic(argument, errors),
            "timeout" => self.timeout = duration(argument, "30s", errors),
            _ => self.retry.set_all(argument, errors),
        }
    }
}

impl Retry {
    fn set_all(&mut self, argument: &Argument, errors: &Errors) {
        const EXAMPLE: &str = "write, for example, `retry(attempts = 3, backoff = \"100ms..5s\", deadline = \"2m\")`";
        let Value::Parentheses(settings) = &argument.value else {
            errors.at(argument.error_tokens(), Help("expected `retry(...)`", EXAMPLE));
            return;
        };
        if settings.is_empty() {
            errors.at(&argument.ident, Help("`retry` requires at least one setting", EXAMPLE));
        }
        if let Ok(number) = syn::parse2::<LitInt>(settings.clone()) {
            let help = format!("write `retry(attempts = {number})`");
            errors.at(&number, Help(format!("expected a setting of `retry`, found `{number}`"), help));
            return;
        }
        let mut keywords = Keywords { noun: "setting", known: &["attempts", "backoff", "deadline"], seen: Vec::new() };
        each_argument(settings.clone(), errors, |input| {
            let Some(setting) = keywords.parse(input, errors) else { return };
            if keywords.accept(&setting, errors) {
                self.set(&setting, errors);
            }
        });
    }

    fn set(&mut self, argument: &Argument, errors: &Errors) {
        match argument.keyword.as_str() {
            "attempts" => self.attempts = attempts(argument, errors),
            "backoff" => {
                let what = "a quoted range of durations";
                let range = text(argument, what, "100ms..5s", errors);
                self.backoff = range.and_then(|text| parse_text(argument, &text, duration::parse_range, errors));
            }
            _ => self.deadline = duration(argument, "2m", errors),
        }
    }
}

/// Parses an option whose value is Rust syntax: a path, a field or a type.
fn path<T>(
    argument: &Argument,
    parser: fn(ParseStream<'_>) -> syn::Result<T>,
    what: &str,
    example: &str,
    errors: &Errors,
) -> Option<T> {
    let parsed = |tokens: &TokenStream| parser.parse2(tokens.clone()).ok();
    let Value::Equals(value) = &argument.value else { return wrong_form(argument, what, example, errors) };
    if let Some(value) = parsed(value) {
        return Some(value);
    }
    // A quoted value is probably right without the quotes.
    let unquoted = syn::parse2::<LitStr>(value.clone()).ok().map(|text| text.value());
    let suggestion = unquoted.filter(|text| text.parse().is_ok_and(|tokens| parsed(&tokens).is_some()));
    wrong_form(argument, what, suggestion.as_deref().unwrap_or(example), errors)
}

/// Rejects a `Result`: errors are not part of a reply.
fn check_reply(reply: &Type, errors: &Errors) -> bool {
    let Type::Path(path) = reply else { return true };
    let Some(last) = path.path.segments.last().filter(|last| last.ident == "Result") else { return true };
    let event = match &last.arguments {
        PathArguments::AngleBracketed(arguments) => arguments.args.first().map(|event| quote!(#event).to_string()),
        _ => None,
    };
    let event = event.as_deref().unwrap_or("OrderCreated");
    let help = format!("write `reply = {event}`: errors are dead-lettered, not sent as a reply");
    errors.at(reply, Help("`reply` must not be a `Result`", help));
    false
}

/// Parses an option whose value is a string literal.
fn text(argument: &Argument, what: &str, example: &str, errors: &Errors) -> Option<LitStr> {
    let value = if let Value::Equals(value) = &argument.value { syn::parse2(value.clone()).ok() } else { None };
    value.or_else(|| wrong_form(argument, what, &format!("{example:?}"), errors))
}

fn topic(argument: &Argument, errors: &Errors) -> Option<LitStr> {
    // A bare word is probably the topic name without its quotes.
    let word = syn::parse2::<Ident>(argument.error_tokens()).ok().filter(|word| *word != argument.keyword);
    let example = word.map_or("orders".to_owned(), |word| word.to_string());
    text(argument, "a quoted topic name", &example, errors).filter(|topic| check_topic(topic, errors))
}

fn duration(argument: &Argument, example: &str, errors: &Errors) -> Option<u64> {
    // `30` and `30s` are number literals, and probably only lack the quotes.
    let suggestion = syn::parse2::<LitInt>(argument.error_tokens()).map(|number| match number.suffix() {
        "" => format!("{number}s"),
        _ => number.to_string(),
    });
    let text = text(argument, "a quoted duration", suggestion.as_deref().unwrap_or(example), errors)?;
    let parse = |option: &str, text: &str| match duration::parse(option, text)? {
        0 => Err(duration::LIMITS.to_owned()),
        millis => Ok(millis),
    };
    parse_text(argument, &text, parse, errors)
}

/// Parses the text of an option, or reports why it is invalid.
fn parse_text<T>(
    argument: &Argument,
    text: &LitStr,
    parse: impl Fn(&str, &str) -> Result<T, String>,
    errors: &Errors,
) -> Option<T> {
    let parsed = parse(&argument.keyword, &text.value());
    let report = |help: &String| invalid_value(argument, &text.value(), help, errors);
    parsed.inspect_err(report).ok()
}

fn attempts(argument: &Argument, errors: &Errors) -> Option<u32> {
    let Value::Equals(value) = &argument.value else { return wrong_form(argument, "an integer", "3", errors) };
    let text = value.to_string().replace([' ', '_'], "");
    if text.parse::<f64>().is_err() {
        return wrong_form(argument, "an integer", "3", errors);
    }
    let number = text.parse().ok().filter(|number| (1..=1_000).contains(number));
    if number.is_none() {
        let help = match text.as_str() {
            "0" => "write `attempts = 1` to disable retries",
            _ => "write an integer from 1 to 1000, for example `attempts = 3`",
        };
        invalid_value(argument, &text, help, errors);
    }
    number
}

fn invalid_value(argument: &Argument, value: &str, help: &str, errors: &Errors) {
    errors.at(argument.error_tokens(), Help(format!("invalid value `{value}` for `{}`", argument.keyword), help));
}

/// Reports a value with the wrong syntax.
fn wrong_form<T>(argument: &Argument, what: &str, example: &str, errors: &Errors) -> Option<T> {
    let Argument { keyword, .. } = argument;
    errors.at(
        argument.error_tokens(),
        Help(format!("expected {what} for `{keyword}`"), format!("write `{keyword} = {example}`")),
    );
    None
}
