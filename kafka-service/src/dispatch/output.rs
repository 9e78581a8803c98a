//! Records on their way to the producer, in order, also while it has no room.

use std::{collections::VecDeque, sync::Arc};

use crate::{
    commit::Token,
    message::Header,
    transport::{OutRecord, Producer, SendError, TopicId},
};

/// Hands records over in order. While the producer is full they wait here, and the dispatcher takes nothing new.
pub(super) struct Output {
    producer: Arc<dyn Producer>,
    waiting: VecDeque<Stored>,
    /// Something was handed over since the producer was last told that there is nothing more.
    lingering: bool,
}

#[derive(Debug)]
struct Stored {
    topic: TopicId,
    key: Option<Vec<u8>>,
    value: Option<Vec<u8>>,
    headers: Vec<Header>,
    token: Token,
}

impl Output {
    pub(super) fn new(producer: Arc<dyn Producer>) -> Self {
        Self { producer, waiting: VecDeque::new(), lingering: false }
    }

    /// Whether records wait for room.
    pub(super) fn is_full(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Hands a record over, or keeps it until there is room. An error is final for this record.
    pub(super) fn send(&mut self, record: &OutRecord<'_>, token: Token) -> Result<(), SendError> {
        if self.is_full() {
            self.keep(record, token);
            return Ok(());
        }
        match self.producer.send(record, token) {
            Ok(()) => {
                self.lingering = true;
                Ok(())
            }
            Err(SendError::QueueFull) => {
                self.keep(record, token);
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    fn keep(&mut self, record: &OutRecord<'_>, token: Token) {
        self.waiting.push_back(Stored {
            topic: record.topic,
            key: record.key.map(<[u8]>::to_vec),
            value: record.value.map(<[u8]>::to_vec),
            headers: record.headers.to_vec(),
            token,
        });
    }

    /// Sends what waits, as far as there is room now. The tokens of records that were refused after all, with the reason.
    pub(super) fn drain(&mut self) -> Vec<(Token, SendError)> {
        let mut refused = Vec::new();
        while let Some(stored) = self.waiting.front() {
            let record = OutRecord {
                topic: stored.topic,
                key: stored.key.as_deref(),
                value: stored.value.as_deref(),
                headers: &stored.headers,
            };
            match self.producer.send(&record, stored.token) {
                Err(SendError::QueueFull) => break,
                Err(error) => refused.push((stored.token, error)),
                Ok(()) => self.lingering = true,
            }
            self.waiting.pop_front();
        }
        refused
    }

    /// Tells the producer that nothing more comes for the moment, so that what lingers is sent at once.
    pub(super) fn idle(&mut self) {
        if std::mem::take(&mut self.lingering) {
            self.producer.idle();
        }
    }
}
