//! Records on their way to the broker.

use super::{SendError, Token, Undelivered};
use crate::message::Header;

/// A topic that the service writes to, by its index in the producer's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct TopicId(pub(crate) usize);

/// A record on its way to the producer, which copies it before `send` returns.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OutRecord<'a> {
    pub(crate) topic: TopicId,
    pub(crate) key: Option<&'a [u8]>,
    pub(crate) value: Option<&'a [u8]>,
    pub(crate) headers: &'a [Header],
}

/// A copy of an [`OutRecord`].
#[derive(Clone, Debug)]
pub(crate) struct OwnedRecord {
    pub(crate) topic: TopicId,
    pub(crate) key: Option<Vec<u8>>,
    pub(crate) value: Option<Vec<u8>>,
    pub(crate) headers: Vec<Header>,
}

/// A record that waits to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) record: OwnedRecord,
    pub(crate) token: Token,
}

impl OutRecord<'_> {
    pub(crate) fn copy(self) -> OwnedRecord {
        OwnedRecord {
            topic: self.topic,
            key: self.key.map(<[u8]>::to_vec),
            value: self.value.map(<[u8]>::to_vec),
            headers: self.headers.to_vec(),
        }
    }
}

impl OwnedRecord {
    pub(crate) fn borrow(&self) -> OutRecord<'_> {
        OutRecord { topic: self.topic, key: self.key.as_deref(), value: self.value.as_deref(), headers: &self.headers }
    }
}

impl Stored {
    pub(crate) fn copy(record: &OutRecord<'_>, token: Token) -> Self {
        Self { record: record.copy(), token }
    }

    pub(crate) fn undelivered(&self, error: &SendError) -> Undelivered {
        Undelivered {
            record: self.record.clone(),
            cause: error.cause(),
            code: error.code().into(),
            error: error.to_string(),
        }
    }
}
