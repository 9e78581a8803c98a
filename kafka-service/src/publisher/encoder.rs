//! Events to record values: with one reused buffer and one clock.

use jiff::Timestamp;

use crate::{
    config::MessageIdLocation,
    message::envelope::{Head, TimestampText, encode},
};

/// The name of the header with the message id, if the setting selects the header.
pub(crate) const MESSAGE_ID_HEADER: &str = "message-id";

/// Writes the envelopes of one publishing task.
#[derive(Debug)]
pub(crate) struct Encoder {
    source: String,
    message_id: MessageIdLocation,
    clock: TimestampText,
    buffer: Vec<u8>,
    headers: Vec<(String, Option<Vec<u8>>)>,
}

/// One encoded event: the record's value and its headers. By default there are none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Encoded<'a> {
    pub(crate) value: &'a [u8],
    pub(crate) headers: &'a [(String, Option<Vec<u8>>)],
}

impl Encoder {
    pub(crate) fn new(source: &str, message_id: MessageIdLocation) -> Self {
        Self {
            source: source.to_owned(),
            message_id,
            clock: TimestampText::default(),
            buffer: Vec::with_capacity(1024),
            headers: Vec::new(),
        }
    }

    /// Whether messages have ids.
    pub(crate) fn wants_ids(&self) -> bool {
        self.message_id != MessageIdLocation::Off
    }

    /// Encodes one event whose payload is already JSON.
    pub(crate) fn encode(
        &mut self,
        kind: &str,
        correlation_id: &str,
        payload: &[u8],
        id: &str,
        now: Timestamp,
    ) -> Encoded<'_> {
        self.buffer.clear();
        self.headers.clear();
        let head = Head {
            kind,
            correlation_id,
            timestamp: self.clock.text(now),
            source: &self.source,
            id: (self.message_id == MessageIdLocation::Envelope).then_some(id),
        };
        encode(&mut self.buffer, &head, payload);
        if self.message_id == MessageIdLocation::Header {
            self.headers.push((MESSAGE_ID_HEADER.to_owned(), Some(id.as_bytes().to_vec())));
        }
        Encoded { value: &self.buffer, headers: &self.headers }
    }
}
