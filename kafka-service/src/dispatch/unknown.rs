//! Messages without a handler. For commands: one log line per type, then a count. Events of other services are
//! expected, so they are skipped silently.

use std::collections::HashMap;

use crate::{
    message::Origin,
    registry::{RouteId, Routes},
};

/// How many types are counted separately; a sender of random types must not fill the memory.
const KEPT_TYPES: usize = 1_000;
/// The maximum length of a foreign type in a log line.
const SHOWN: usize = 100;

/// The commands without a handler, and how often each was seen.
#[derive(Debug, Default)]
pub(super) struct Unknown {
    seen: HashMap<String, u64>,
}

impl Unknown {
    /// Counts a command. The first of each type is logged with the closest known name.
    pub(super) fn skip_command(&mut self, routes: &Routes, route: RouteId, kind: &str, origin: &Origin<'_>) {
        if let Some(count) = self.seen.get_mut(kind) {
            *count += 1;
            return;
        }
        if self.seen.len() >= KEPT_TYPES {
            return;
        }
        self.seen.insert(kind.to_owned(), 1);
        tracing::warn!(
            topic = origin.topic,
            partition = origin.partition,
            offset = origin.offset,
            command = %shown(kind),
            closest = routes.closest(route, kind),
            "no handler for command; skipped, further occurrences are counted, not logged"
        );
    }

    /// Whether every command so far had a handler.
    pub(super) fn is_empty(&self) -> bool {
        self.seen.is_empty()
    }

    /// What was skipped in total, by type, most frequent first.
    pub(super) fn summary(&self) -> Vec<(&str, u64)> {
        let mut counts: Vec<_> = self.seen.iter().map(|(kind, count)| (kind.as_str(), *count)).collect();
        counts.sort_unstable_by_key(|(kind, count)| (std::cmp::Reverse(*count), *kind));
        counts
    }
}

/// Skips an event without a handler: the common case on a topic that all services publish to, so it is not counted by
/// type.
pub(super) fn skip_event(kind: &str, origin: &Origin<'_>) {
    tracing::debug!(
        topic = origin.topic,
        partition = origin.partition,
        offset = origin.offset,
        kind = %shown(kind),
        "no handler for event; skipped"
    );
}

/// A name from a message, sanitized for a log: without control characters, and truncated.
pub(super) fn shown(text: &str) -> String {
    harmless(text, SHOWN)
}

/// Text that may contain parts of a message, sanitized for a log and at most `limit` bytes.
pub(super) fn harmless(text: &str, limit: usize) -> String {
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
