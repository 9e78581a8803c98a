//! Single stages, to see the effect of a change in one of them.

use std::hint::black_box;

use jiff::Timestamp;

use crate::{
    config::MessageIdLocation,
    message::{Origin, envelope::Envelope},
    offsets::{Assignments, Tracker},
    publisher::{Encoder, MessageIds, Sequence},
};

/// Decodes the envelope of a command. Returns whether it is valid.
#[must_use]
pub fn decode(value: &[u8]) -> bool {
    black_box(Envelope::decode(Some(value))).is_ok()
}

/// Writes the events of a command.
pub struct Encoding<'a> {
    command: Envelope<'a>,
    encoder: Encoder,
    ids: MessageIds,
    offset: i64,
}

impl<'a> Encoding<'a> {
    /// For this command; `None` if it is invalid.
    #[must_use]
    pub fn new(command: &'a [u8]) -> Option<Self> {
        Some(Self {
            command: Envelope::decode(Some(command)).ok()?,
            encoder: Encoder::new("order-service", MessageIdLocation::default()),
            ids: MessageIds::default(),
            offset: 0,
        })
    }

    /// Derives the id of an event and writes its envelope. Returns the length.
    pub fn event(&mut self, kind: &str, payload: &[u8]) -> usize {
        self.offset += 1;
        let origin =
            Origin { topic: "service_commands", partition: 0, offset: self.offset, key: None, timestamp: None };
        self.ids.reset("order-service", "create_order", self.command.id.as_deref(), &origin);
        let id = self.ids.get(Sequence::Returned(0));
        let now = Timestamp::from_microsecond(1_795_000_000_000_000 + self.offset).unwrap_or(Timestamp::MAX);
        black_box(self.encoder.encode(kind, &self.command.correlation_id, payload, id.as_str(), now)).value.len()
    }
}

/// The window of one assignment.
pub struct Window {
    assignments: Assignments,
    tracker: Tracker,
    offset: i64,
}

impl Window {
    /// For this many slots.
    #[must_use]
    pub fn new(positions: usize) -> Self {
        let assignments = Assignments::default();
        let tracker = Tracker::new(assignments.add("service_commands".into(), 0, positions));
        Self { assignments, tracker, offset: 0 }
    }

    /// Takes a batch, starts and finishes each of its records, and commits. Returns the committed offset, or `None` if
    /// the batch is larger than the window.
    pub fn batch(&mut self, records: usize) -> Option<i64> {
        let assignment = self.tracker.assignment().index();
        let first = self.tracker.take(self.offset)?;
        let mut next = first + 1;
        for _ in 1..records {
            self.offset += 1;
            next = self.tracker.take(self.offset)? + 1;
        }
        self.offset += 1;
        for slot in first..next {
            if self.tracker.assignment().start(slot) {
                self.assignments.finish(assignment, slot);
            }
        }
        self.tracker.advance();
        let watermark = self.tracker.hand_over()?;
        self.tracker.confirm(watermark);
        Some(watermark)
    }
}
