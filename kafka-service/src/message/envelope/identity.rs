//! The fields of a message that its events inherit: the correlation id, and the id that their ids are derived from.

use super::Envelope;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Identity<'a> {
    pub(crate) correlation_id: &'a str,
    pub(crate) id: Option<&'a str>,
}

/// The same for a command that is not finished inline, so that its envelope is not decoded again for its events.
#[derive(Debug)]
pub(crate) struct StoredIdentity {
    /// The correlation id, then the id.
    text: Box<str>,
    correlation_id_length: usize,
    has_id: bool,
}

impl<'a> From<&'a Envelope<'_>> for Identity<'a> {
    fn from(envelope: &'a Envelope<'_>) -> Self {
        Self { correlation_id: &envelope.correlation_id, id: envelope.id.as_deref() }
    }
}

impl Identity<'_> {
    pub(crate) fn store(self) -> StoredIdentity {
        StoredIdentity {
            text: [self.correlation_id, self.id.unwrap_or_default()].concat().into(),
            correlation_id_length: self.correlation_id.len(),
            has_id: self.id.is_some(),
        }
    }
}

impl StoredIdentity {
    pub(crate) fn get(&self) -> Identity<'_> {
        let (correlation_id, id) = self.text.split_at(self.correlation_id_length);
        Identity { correlation_id, id: self.has_id.then_some(id) }
    }
}
