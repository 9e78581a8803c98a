//! A record that cannot be sent yet.

use super::{OutRecord, SendError, TopicId, Undelivered};
use crate::{commit::Token, message::Header};

/// A record that waits to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) topic: TopicId,
    pub(crate) key: Option<Vec<u8>>,
    pub(crate) value: Option<Vec<u8>>,
    pub(crate) headers: Vec<Header>,
    pub(crate) token: Token,
}

impl Stored {
    pub(crate) fn copy(record: &OutRecord<'_>, token: Token) -> Self {
        Self {
            topic: record.topic,
            key: record.key.map(<[u8]>::to_vec),
            value: record.value.map(<[u8]>::to_vec),
            headers: record.headers.to_vec(),
            token,
        }
    }

    pub(crate) fn record(&self) -> OutRecord<'_> {
        OutRecord { topic: self.topic, key: self.key.as_deref(), value: self.value.as_deref(), headers: &self.headers }
    }

    pub(crate) fn undelivered(&self, error: &SendError) -> Undelivered {
        Undelivered {
            topic: self.topic,
            key: self.key.clone(),
            value: self.value.clone(),
            headers: self.headers.clone(),
            cause: error.cause(),
            code: error.code().into(),
            error: error.to_string(),
        }
    }
}
