//! Message ids that are the same when a command is redelivered, so that consumers can deduplicate.

use std::{fmt::Write as _, sync::Mutex};

use jiff::Timestamp;
use uuid::{ContextV7, Uuid};
use xxhash_rust::xxh3::xxh3_128;

use crate::message::Origin;

/// Keeps the ids of one millisecond in order.
static CONTEXT: Mutex<ContextV7> = Mutex::new(ContextV7::new());

/// The text of one id.
#[derive(Clone, Copy)]
pub(crate) struct MessageIdText([u8; uuid::fmt::Hyphenated::LENGTH]);

impl MessageIdText {
    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    fn of(id: Uuid) -> Self {
        let mut text = [0; uuid::fmt::Hyphenated::LENGTH];
        id.hyphenated().encode_lower(&mut text);
        Self(text)
    }

    /// An id for a message that no command caused: time-ordered (UUID version 7, RFC 9562).
    pub(crate) fn fresh(now: Timestamp) -> Self {
        let seconds = u64::try_from(now.as_second()).unwrap_or_default();
        let nanos = u32::try_from(now.subsec_nanosecond()).unwrap_or_default();
        Self::of(Uuid::new_v7(uuid::Timestamp::from_unix(&CONTEXT, seconds, nanos)))
    }
}

/// Which of a command's messages an id is for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Sequence {
    /// The n-th event that the handler returned.
    Returned(u32),
    /// The n-th event that the handler published itself.
    Published(u32),
}

/// Derives the ids of one command's events from what is the same after a redelivery: consumer group, handler, and the
/// command's own id or else its position. The id is a 128-bit hash in the form of a UUID version 8 (RFC 9562,
/// "custom"). XXH3 has a published, fixed definition, so a later version of this crate derives the same ids.
#[derive(Clone, Debug, Default)]
pub(crate) struct MessageIds {
    seed: Vec<u8>,
}

impl MessageIds {
    /// Resets for another command and reuses the buffer.
    pub(crate) fn reset(&mut self, group: &str, handler: &str, id: Option<&str>, origin: &Origin<'_>) {
        const REST: usize = 64;
        self.seed.clear();
        self.seed.reserve(group.len() + handler.len() + id.unwrap_or(origin.topic).len() + REST);
        for part in [group, handler] {
            self.seed.extend_from_slice(part.as_bytes());
            self.seed.push(0);
        }
        if let Some(id) = id {
            self.seed.push(b'i');
            self.seed.extend_from_slice(id.as_bytes());
        } else {
            self.seed.push(b'o');
            self.seed.extend_from_slice(origin.topic.as_bytes());
            self.seed.push(0);
            self.seed.extend_from_slice(&origin.partition.to_be_bytes());
            self.seed.extend_from_slice(&origin.offset.to_be_bytes());
        }
        self.seed.push(0);
    }

    pub(crate) fn get(&mut self, sequence: Sequence) -> MessageIdText {
        let length = self.seed.len();
        let (kind, number) = match sequence {
            Sequence::Returned(number) => (b'r', number),
            Sequence::Published(number) => (b'p', number),
        };
        self.seed.push(kind);
        self.seed.extend_from_slice(&number.to_be_bytes());
        let id = Uuid::new_v8(xxh3_128(&self.seed).to_be_bytes());
        self.seed.truncate(length);
        MessageIdText::of(id)
    }
}

impl std::fmt::Debug for MessageIdText {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_char('"')?;
        formatter.write_str(self.as_str())?;
        formatter.write_char('"')
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn ids(group: &str, handler: &str, id: Option<&str>, offset: i64) -> Vec<String> {
        let origin = Origin { topic: "commands", partition: 1, offset, key: None, timestamp: None };
        let mut ids = MessageIds::default();
        ids.reset(group, handler, id, &origin);
        [Sequence::Returned(0), Sequence::Returned(1), Sequence::Published(0)]
            .map(|sequence| ids.get(sequence).as_str().to_owned())
            .to_vec()
    }

    #[test]
    fn ids_depend_on_the_command_and_nothing_else() {
        assert_eq!(ids("g", "h", None, 7), ids("g", "h", None, 7));
        // The position is irrelevant if the command has an id: a producer's duplicate is the same command.
        assert_eq!(ids("g", "h", Some("x"), 7), ids("g", "h", Some("x"), 8));
        let all = [
            ids("g", "h", None, 7),
            ids("g", "h", None, 8),
            ids("g", "i", None, 7),
            ids("k", "h", None, 7),
            ids("g", "h", Some("x"), 7),
        ];
        let distinct: HashSet<_> = all.iter().flatten().collect();
        assert_eq!(distinct.len(), 15);
    }

    #[test]
    fn the_derivation_of_ids_never_changes() {
        // If these values changed, every redelivered command's events would look new to consumers.
        assert_eq!(
            ids("user-service-group", "create_user", Some("m-1"), 0),
            [
                "f08b7c59-f40e-852b-a543-3cbe83280f3c",
                "f0f75c4a-1b36-8978-8ba3-48b688845f3b",
                "c470fda1-37e7-8c07-93e6-32fbed11e03d"
            ]
        );
    }

    #[test]
    fn a_fresh_id_is_a_time_ordered_uuid() {
        let id = Uuid::parse_str(MessageIdText::fresh(Timestamp::now()).as_str()).unwrap();
        assert_eq!(id.get_version_num(), 7);
    }
}
