//! Text from messages, sanitized for a log.

/// The maximum length of a foreign name in a log line.
const SHOWN: usize = 100;

/// A name from a message, without control characters, and truncated.
pub(crate) fn shown(text: &str) -> String {
    harmless(text, SHOWN)
}

/// Text that may contain parts of a message, without control characters and at most `limit` bytes.
pub(crate) fn harmless(text: &str, limit: usize) -> String {
    let cut = &text[..text.floor_char_boundary(limit)];
    let mut shown: String = cut.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect();
    if cut.len() < text.len() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_a_message_cannot_forge_a_log_line() {
        assert_eq!(shown("a\nWARN b"), "a\u{fffd}WARN b");
        assert_eq!(shown(&"x".repeat(150)).chars().count(), 101);
    }
}
