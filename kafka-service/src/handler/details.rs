//! The details of a message that a handler may keep.

use std::ops::Range;

use super::Context;
use crate::message::{Origin, RecordTime};

/// The parts of one message that handlers ask for. Copied from the message at most once, with all texts in one
/// allocation.
pub(crate) struct Details {
    text: String,
    kind: Range<usize>,
    correlation_id: Range<usize>,
    topic: Range<usize>,
    timestamp: Option<Range<usize>>,
    source: Option<Range<usize>>,
    id: Option<Range<usize>>,
    key: Option<Box<[u8]>>,
    partition: i32,
    offset: i64,
    recorded: Option<RecordTime>,
    pub(super) attempt: u32,
}

impl Details {
    pub(super) fn copy(context: &Context<'_>) -> Self {
        let Context { envelope, origin, attempt, .. } = context;
        let [timestamp, source, id] = [&envelope.timestamp, &envelope.source, &envelope.id].map(Option::as_deref);
        let parts = [Some(&*envelope.kind), Some(&*envelope.correlation_id), Some(origin.topic), timestamp, source, id];
        let mut text = String::with_capacity(parts.iter().flatten().map(|part| part.len()).sum());
        let mut add = |part: &str| {
            let start = text.len();
            text.push_str(part);
            start..text.len()
        };
        Self {
            kind: add(&envelope.kind),
            correlation_id: add(&envelope.correlation_id),
            topic: add(origin.topic),
            timestamp: timestamp.map(&mut add),
            source: source.map(&mut add),
            id: id.map(&mut add),
            text,
            key: origin.key.map(Box::from),
            partition: origin.partition,
            offset: origin.offset,
            recorded: origin.timestamp,
            attempt: *attempt,
        }
    }

    fn optional(&self, part: Option<&Range<usize>>) -> Option<&str> {
        part.map(|part| &self.text[part.clone()])
    }

    /// The envelope field `type`.
    pub(crate) fn kind(&self) -> &str {
        &self.text[self.kind.clone()]
    }

    pub(crate) fn correlation_id(&self) -> &str {
        &self.text[self.correlation_id.clone()]
    }

    /// The timestamp as written in the message.
    pub(super) fn timestamp(&self) -> Option<&str> {
        self.optional(self.timestamp.as_ref())
    }

    pub(super) fn source(&self) -> Option<&str> {
        self.optional(self.source.as_ref())
    }

    pub(crate) fn id(&self) -> Option<&str> {
        self.optional(self.id.as_ref())
    }

    pub(crate) fn origin(&self) -> Origin<'_> {
        Origin {
            topic: &self.text[self.topic.clone()],
            partition: self.partition,
            offset: self.offset,
            key: self.key.as_deref(),
            timestamp: self.recorded,
        }
    }
}
