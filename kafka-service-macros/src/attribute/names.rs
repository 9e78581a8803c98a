//! Checks the names of commands, events and topics.

use syn::LitStr;

use super::grammar::Grammar;
use crate::diagnostics::{Errors, Help};

/// Long enough for any name written by hand, short enough for a header and a log line.
const MAX_NAME_LEN: usize = 200;

/// The limit of Kafka.
const MAX_TOPIC_LEN: usize = 249;

/// Checks the name of a command or event, which is part of messages, headers, logs and file names.
pub(crate) fn check_name(name: &LitStr, grammar: &Grammar<'_>, errors: &Errors) {
    let (what, text) = (grammar.name, name.value());
    if text.trim().is_empty() {
        errors.at(name, Help(format!("{what} must not be empty"), format!("write `{:?}`", grammar.example)));
    } else {
        check_characters(name, what, MAX_NAME_LEN, errors);
    }
}

/// Checks the name of a topic by the rules of Kafka. Returns whether it is valid.
pub(crate) fn check_topic(name: &LitStr, errors: &Errors) -> bool {
    let error = match name.value().as_str() {
        "" => Help("topic name must not be empty", "remove `topic` to use the configured topics"),
        "." | ".." => Help("topic name must not be `.` or `..`", "use another name, for example `\"orders\"`"),
        _ => return check_characters(name, "topic name", MAX_TOPIC_LEN, errors),
    };
    errors.at(name, error);
    false
}

fn check_characters(name: &LitStr, what: &str, max_len: usize, errors: &Errors) -> bool {
    let text = name.value();
    if let Some(character) = text.chars().find(|&character| !is_allowed(character)) {
        let message = format!("invalid character `{character:?}` in {what} `{}`", text.escape_debug());
        let replacement = if what == "event type" { '.' } else { '_' };
        let suggestion: String =
            text.chars().map(|character| if is_allowed(character) { character } else { replacement }).collect();
        errors.at(
            name,
            Help(message, format!("use ASCII letters, digits, `_`, `-` and `.`, for example `{suggestion:?}`")),
        );
    } else if text.len() > max_len {
        let message = format!("{what} is too long: {} characters", text.len());
        errors.at(name, Help(message, format!("use at most {max_len} characters")));
    } else {
        return true;
    }
    false
}

fn is_allowed(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '.')
}
