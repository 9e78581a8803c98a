//! A record on its way out that cannot go yet.

use crate::{
    commit::Token,
    message::Header,
    transport::{Cause, OutRecord, TopicId, Undelivered},
};

/// A record that waits to be sent.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    pub(super) topic: TopicId,
    pub(super) key: Option<Vec<u8>>,
    pub(super) value: Option<Vec<u8>>,
    pub(super) headers: Vec<Header>,
    pub(super) token: Token,
}

impl Stored {
    pub(super) fn copy(record: &OutRecord<'_>, token: Token) -> Self {
        Self {
            topic: record.topic,
            key: record.key.map(<[u8]>::to_vec),
            value: record.value.map(<[u8]>::to_vec),
            headers: record.headers.to_vec(),
            token,
        }
    }

    pub(super) fn record(&self) -> OutRecord<'_> {
        OutRecord { topic: self.topic, key: self.key.as_deref(), value: self.value.as_deref(), headers: &self.headers }
    }

    pub(super) fn undelivered(&self, cause: Cause, error: &str) -> Undelivered {
        Undelivered {
            topic: self.topic,
            key: self.key.clone(),
            value: self.value.clone(),
            headers: self.headers.clone(),
            cause,
            error: error.to_owned(),
        }
    }
}
