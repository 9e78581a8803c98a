//! [`DecodeError`]: what is wrong with a payload, and where. Built only after decoding has failed, so it may parse
//! everything again.

use std::fmt;

use serde_json::Value;
use serde_path_to_error::{Path, Segment};

use crate::message::envelope::{instead_of, is_same_word};

/// A payload that does not decode: where, what was expected, what was found, and the likely cause on the producer's
/// side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError {
    message: String,
}

impl DecodeError {
    /// `path` is the position of the decoder in `text` when it failed. An empty path is the payload itself.
    #[cold]
    pub(super) fn new(payload_type: &'static str, text: &str, path: &Path, error: &serde_json::Error) -> Self {
        let problem = problem(error);
        let mut message = format!("invalid payload for `{}`: ", shortened(payload_type));
        if path.iter().next().is_some() {
            message += &format!("`{}`: ", shown(path));
        }
        message += &shortened(&problem);
        // Absent if the failure is inside what serde buffers first (`untagged`, `flatten`), or if the text is nested
        // too deep.
        let payload = serde_json::from_str::<Value>(text).ok();
        let help = if is_too_deep(error) {
            Some("nesting is limited to 127 levels; use `Box<serde_json::value::RawValue>` for deeper parts".to_owned())
        } else {
            payload.as_ref().and_then(|payload| find(payload, path)).and_then(|it| help(&problem, it))
        };
        if let Some(help) = help {
            message += "; ";
            message += &help;
        }
        Self { message }
    }

    /// The `Deserialize` of an enum of events returned another variant than that of the event type.
    #[cold]
    pub(super) fn other_variant<T>(event_type: &str, other: &str) -> Self {
        let payload_type = shortened(std::any::type_name::<T>());
        Self {
            message: format!(
                "invalid payload for `{payload_type}`: the event type is `{event_type}`, but `Deserialize` returned a value \
                 with the event type `{other}`"
            ),
        }
    }

    /// Adds that the message with these bytes has no payload, so an empty object was decoded instead.
    #[cold]
    pub(super) fn without_payload(self, value: &[u8]) -> Self {
        let instead = instead_of("payload", value);
        Self {
            message: format!(
                "missing envelope field `payload`{instead}; the default `{{}}` does not decode: {}",
                self.message
            ),
        }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for DecodeError {}

/// serde_json's recursion limit, which protects the stack from deeply nested payloads.
fn is_too_deep(error: &serde_json::Error) -> bool {
    error.to_string().starts_with("recursion limit")
}

/// The message of serde. For wrong data the path says where it is; line and column are kept only for syntax errors.
fn problem(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let position = format!(" at line {} column {}", error.line(), error.column());
    match text.strip_suffix(&position) {
        Some(problem) if error.is_data() => problem.to_owned(),
        _ => text,
    }
}

/// Shortens a string that serde quotes in full. Its beginning is enough, and what was expected comes at the end.
fn shortened(problem: &str) -> String {
    const BEGINNING: usize = 120;
    const END: usize = 200;
    if problem.len() <= BEGINNING + END {
        return problem.to_owned();
    }
    let (beginning, end) = (problem.floor_char_boundary(BEGINNING), problem.ceil_char_boundary(problem.len() - END));
    format!("{}…{}", &problem[..beginning], &problem[end..])
}

/// A path as text. A long path loses its middle.
fn shown(path: &Path) -> String {
    const ENDS: usize = 100;
    let segments: Vec<String> =
        path.iter().enumerate().map(|(number, segment)| shown_segment(number, segment)).collect();
    let fits = |segments: &mut dyn Iterator<Item = &String>| {
        let mut room = ENDS;
        let fits = |segment: &&String| room.checked_sub(segment.len()).map(|rest| room = rest).is_some();
        segments.take_while(fits).count().max(1)
    };
    let (first, last) = (fits(&mut segments.iter()), fits(&mut segments.iter().rev()));
    if first + last >= segments.len() {
        return segments.concat();
    }
    format!("{}…{}", segments[..first].concat(), segments[segments.len() - last..].concat())
}

fn shown_segment(number: usize, segment: &Segment) -> String {
    match segment {
        Segment::Seq { .. } => segment.to_string(),
        _ if number == 0 => shortened(&segment.to_string()),
        _ => format!(".{}", shortened(&segment.to_string())),
    }
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

/// Help for common mistakes of producers in other languages, by what was found.
fn help(problem: &str, found: &Value) -> Option<String> {
    let expected = problem.rsplit_once(", expected ").map(|(_, expected)| expected);
    match found {
        Value::Object(fields) => other_spelling(problem, fields.keys()),
        Value::String(text) => match expected {
            Some(expected) => text_for(expected, text),
            None if is_timestamp_without_zone(text) => Some(NO_ZONE.to_owned()),
            None => None,
        },
        Value::Null if expected.is_some_and(is_number) => Some(
            "use `Option` for a field that may be null; JavaScript's `JSON.stringify` writes NaN and Infinity as null"
                .to_owned(),
        ),
        _ => None,
    }
}

const NO_ZONE: &str = "the timestamp has no time zone, as in Python's `utcnow().isoformat()`; the producer should use \
     `datetime.now(timezone.utc).isoformat()`, or give the field a type without a time zone, such as \
     `jiff::civil::DateTime` or `chrono::NaiveDateTime`";

/// Help for a string where something else was expected.
fn text_for(expected: &str, text: &str) -> Option<String> {
    let content: Value = serde_json::from_str(text).ok()?;
    let found = match &content {
        Value::Number(_) if is_number(expected) => "number",
        Value::Bool(_) if expected == "a boolean" => "boolean",
        Value::Object(_) | Value::Array(_) => {
            return Some("this is JSON in a string; the producer encoded it twice".to_owned());
        }
        _ => return None,
    };
    Some(format!("the {found} is encoded as a string; the producer should write it without quotes"))
}

/// Whether this is serde's name for an expected number.
fn is_number(expected: &str) -> bool {
    let digits = expected.trim_start_matches(['u', 'i', 'f']);
    let is_sized = digits.len() + 1 == expected.len() && ["8", "16", "32", "64", "128", "size"].contains(&digits);
    is_sized || expected.contains("number") || expected.contains("integer")
}

/// The missing field in another spelling: `user_id` and `userId`.
fn other_spelling<'a>(problem: &str, fields: impl Iterator<Item = &'a String>) -> Option<String> {
    let missing = problem.strip_prefix("missing field `")?.strip_suffix('`')?;
    let mut same = fields.filter(|field| is_same_word(field, missing));
    let there = same.next()?;
    Some(format!(
        "found `{there}`; rename it to `{missing}` in the producer, or add `#[serde(alias = \"{there}\")]` to the field or \
         `#[serde(rename_all = \"..\")]` to the type"
    ))
}

/// Whether the text is `2026-11-23T17:40:00`, with or without a fraction, and nothing after it.
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
mod tests;
