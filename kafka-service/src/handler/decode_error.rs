//! [`DecodeError`]: what is wrong with a payload, and where in it. Written only after decoding has failed, so it may look
//! at everything twice.

use std::fmt;

use serde_json::Value;
use serde_path_to_error::{Path, Segment};

/// A payload that is not what its handler takes: where, what was expected, what was found, and what is known about who
/// writes such a thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError {
    message: String,
}

impl DecodeError {
    /// `path` is where in `text` the decoder was when it failed; empty is the payload itself.
    #[cold]
    pub(super) fn new(payload_type: &'static str, text: &str, path: &Path, error: &serde_json::Error) -> Self {
        let problem = problem(error);
        let mut message = format!("the payload is no `{payload_type}`: ");
        if path.iter().next().is_some() {
            message += &format!("`{path}`: ");
        }
        message += &shortened(&problem);
        // Not there if it lies in what serde had to copy first (`untagged`, `flatten`), or if this text is too deep.
        let payload = serde_json::from_str::<Value>(text).ok();
        if let Some(help) = payload.as_ref().and_then(|payload| find(payload, path)).and_then(|it| help(&problem, it)) {
            message += " / help: ";
            message += &help;
        }
        Self { message }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for DecodeError {}

/// What serde says. Where data is wrong the path says where; line and column only where the text itself is.
fn problem(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    match text.strip_suffix(&place) {
        Some(problem) if error.is_data() => problem.to_owned(),
        _ => text,
    }
}

/// serde shows a whole text where it found one; a beginning is enough, and what was expected stands at the end.
fn shortened(problem: &str) -> String {
    const BEGINNING: usize = 120;
    const END: usize = 200;
    if problem.len() <= BEGINNING + END {
        return problem.to_owned();
    }
    let (beginning, end) = (problem.floor_char_boundary(BEGINNING), problem.ceil_char_boundary(problem.len() - END));
    format!("{}…{}", &problem[..beginning], &problem[end..])
}

/// The value at a path.
fn find<'a>(payload: &'a Value, path: &Path) -> Option<&'a Value> {
    path.iter().try_fold(payload, |value, segment| match segment {
        Segment::Seq { index } => value.get(index),
        Segment::Map { key } => value.get(key),
        Segment::Enum { variant } => value.get(variant).or(Some(value)),
        Segment::Unknown => None,
    })
}

/// What other languages write wrong, by what was found.
fn help(problem: &str, found: &Value) -> Option<String> {
    let expected = problem.rsplit_once(", expected ").map(|(_, expected)| expected);
    match found {
        Value::Object(members) => other_spelling(problem, members.keys()),
        Value::String(text) => match expected {
            Some(expected) => text_for(expected, text),
            None if is_timestamp_without_zone(text) => Some(NO_ZONE.to_owned()),
            None => None,
        },
        Value::Null if expected.is_some_and(is_number) => Some(
            "a member that may be null is an `Option`; JavaScript's JSON.stringify writes NaN and Infinity as null"
                .to_owned(),
        ),
        _ => None,
    }
}

const NO_ZONE: &str = "this timestamp has no zone, as Python's utcnow().isoformat() writes it: let the sender use \
     datetime.now(timezone.utc).isoformat(), or take it as a type without a zone, such as jiff::civil::DateTime or \
     chrono::NaiveDateTime";

/// A text where something else was expected.
fn text_for(expected: &str, text: &str) -> Option<String> {
    let content: Value = serde_json::from_str(text).ok()?;
    let is_wanted = match &content {
        Value::Number(_) => is_number(expected),
        Value::Bool(_) => expected == "a boolean",
        Value::Object(_) | Value::Array(_) => {
            return Some("this is JSON in a string: the sender has encoded it twice".to_owned());
        }
        Value::Null | Value::String(_) => false,
    };
    is_wanted.then(|| format!("this is {content} in a string: let the sender write it without the quotes"))
}

/// Whether this is how serde names a number that it expects.
fn is_number(expected: &str) -> bool {
    let digits = expected.trim_start_matches(['u', 'i', 'f']);
    let is_sized = digits.len() + 1 == expected.len() && ["8", "16", "32", "64", "128", "size"].contains(&digits);
    is_sized || expected.contains("number") || expected.contains("integer")
}

/// The member that is missing, or the one that is too much, in the other spelling: `user_id` and `userId`.
fn other_spelling<'a>(problem: &str, members: impl Iterator<Item = &'a String>) -> Option<String> {
    let missing = problem.strip_prefix("missing field `")?.strip_suffix('`')?;
    let mut same = members.filter(|member| letters(member) == letters(missing));
    let there = same.next()?;
    Some(format!(
        "the payload has `{there}`: let the sender write `{missing}`, or write `#[serde(alias = \"{there}\")]` on the field \
         or `#[serde(rename_all = \"..\")]` on the type"
    ))
}

/// A name without its case and separators.
fn letters(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '_' | '-' | ' ')).flat_map(char::to_lowercase).collect()
}

/// `2026-11-23T17:40:00`, with or without a fraction, and nothing behind it.
fn is_timestamp_without_zone(text: &str) -> bool {
    const FORM: &[u8] = b"0000-00-00T00:00:00";
    let Some((head, fraction)) = text.as_bytes().split_at_checked(FORM.len()) else { return false };
    let has_form = head.iter().zip(FORM).all(|(byte, form)| match form {
        b'0' => byte.is_ascii_digit(),
        b'T' => matches!(byte, b'T' | b't' | b' '),
        form => byte == form,
    });
    let is_fraction = match fraction {
        [] => true,
        [b'.' | b',', digits @ ..] => !digits.is_empty() && digits.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    has_form && is_fraction
}

#[cfg(test)]
#[path = "decode_error_tests.rs"]
mod tests;
