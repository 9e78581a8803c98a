//! Texts for log lines: parts of messages, sanitized, and lists of partitions.

use std::fmt::Write as _;

use crate::transport::TopicPartition;

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

/// Lists partitions by topic, in numeric order, as ranges: `commands[0-11], events[0,2-3]`.
pub(crate) fn partitions(names: &[TopicPartition]) -> String {
    let mut names: Vec<_> = names.iter().collect();
    names.sort_unstable();
    let of_topics = names.chunk_by(|one, other| one.topic == other.topic);
    let texts = of_topics.filter_map(|of_topic| {
        let runs = of_topic.chunk_by(|one, next| one.partition + 1 == next.partition);
        let mut text = format!("{}[", of_topic.first()?.topic);
        for (position, run) in runs.enumerate() {
            let (first, last) = (run.first()?.partition, run.last()?.partition);
            let separator = if position == 0 { "" } else { "," };
            // Writing to a string cannot fail.
            _ = if first == last {
                write!(text, "{separator}{first}")
            } else {
                write!(text, "{separator}{first}-{last}")
            };
        }
        Some(text + "]")
    });
    texts.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_a_message_cannot_forge_a_log_line() {
        assert_eq!(shown("a\nWARN b"), "a\u{fffd}WARN b");
        assert_eq!(shown(&"x".repeat(150)).chars().count(), 101);
    }

    #[test]
    fn partitions_are_listed_as_ranges_in_numeric_order() {
        let names = |topic: &str, numbers: &[i32]| -> Vec<_> {
            numbers.iter().map(|number| TopicPartition::new(topic, *number)).collect()
        };
        let all: Vec<_> = (0..12).rev().collect();
        assert_eq!(partitions(&names("c12", &all)), "c12[0-11]");
        assert_eq!(partitions(&names("c12", &[10, 2, 3, 0, 11])), "c12[0,2-3,10-11]");
        assert_eq!(partitions(&[names("e12", &[0]), names("c12", &[1, 0])].concat()), "c12[0-1], e12[0]");
        assert_eq!(partitions(&[]), "");
    }
}
