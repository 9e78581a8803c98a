//! The members of a message that its events inherit: correlation id, and the id that theirs are derived from.

use super::Envelope;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Identity<'a> {
    pub(crate) correlation_id: &'a str,
    pub(crate) id: Option<&'a str>,
}

/// The same, for a command that is not finished in place: so its envelope is not decoded again for its events.
#[derive(Debug)]
pub(crate) struct StoredIdentity {
    correlation_id: Box<str>,
    id: Option<Box<str>>,
}

impl<'a> From<&'a Envelope<'_>> for Identity<'a> {
    fn from(envelope: &'a Envelope<'_>) -> Self {
        Self { correlation_id: &envelope.correlation_id, id: envelope.id.as_deref() }
    }
}

impl Identity<'_> {
    pub(crate) fn store(self) -> StoredIdentity {
        StoredIdentity { correlation_id: self.correlation_id.into(), id: self.id.map(Into::into) }
    }
}

impl StoredIdentity {
    pub(crate) fn get(&self) -> Identity<'_> {
        Identity { correlation_id: &self.correlation_id, id: self.id.as_deref() }
    }
}
