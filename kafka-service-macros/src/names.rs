//! What names may look like: those of commands and events, and those of topics.

use syn::LitStr;

use crate::{
    diagnostics::{Errors, Help},
    grammar::Grammar,
};

/// The longest name: long enough for everything that people write by hand, short enough for a header and a log line.
const LONGEST_NAME: usize = 200;

/// Kafka's limit.
const LONGEST_TOPIC: usize = 249;

/// Checks a name that goes over the wire and into logs, headers and file names.
pub(crate) fn check_name(name: &LitStr, grammar: &Grammar<'_>, errors: &Errors) {
    let (what, text) = (grammar.name, name.value());
    if text.trim().is_empty() {
        errors.at(name, Help(format!("the {what} must not be empty"), format!("write `{:?}`", grammar.example)));
    } else {
        check_letters(name, what, LONGEST_NAME, errors);
    }
}

/// Checks the name of a topic, which is Kafka's to judge. Whether it is one.
pub(crate) fn check_topic(name: &LitStr, errors: &Errors) -> bool {
    let flaw = match name.value().as_str() {
        "" => Help("the topic name must not be empty", "leave `topic` out for the configured topics"),
        "." | ".." => Help("a topic cannot be called `.` or `..`", "write a name such as `\"orders\"`"),
        _ => return check_letters(name, "topic name", LONGEST_TOPIC, errors),
    };
    errors.at(name, flaw);
    false
}

fn check_letters(name: &LitStr, what: &str, longest: usize, errors: &Errors) -> bool {
    let text = name.value();
    if let Some(letter) = text.chars().find(|&letter| !is_allowed(letter)) {
        let message = format!("{what} `{}` contains `{}`", text.escape_debug(), letter.escape_debug());
        let between = if what == "event type" { '.' } else { '_' };
        let meant: String = text.chars().map(|letter| if is_allowed(letter) { letter } else { between }).collect();
        errors.at(name, Help(message, format!("write `{meant:?}`, or other ASCII letters, digits, `_`, `-` and `.`")));
    } else if text.len() > longest {
        let message = format!("the {what} is {} characters long, but {longest} is the limit", text.len());
        errors.at(name, Help(message, "shorten it: it stands in every message or log line"));
    } else {
        return true;
    }
    false
}

fn is_allowed(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '.')
}
