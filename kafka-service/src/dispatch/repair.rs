//! Undelivered records. Their keys are blocked: all records of such a key wait, so that none overtakes another, and are
//! sent again one by one and in order until the broker acknowledges them.
//!
//! A record that the broker rejects for its content (too large, invalid) is not blamed at once: a rejection affects the
//! whole batch that contains the record. So rejected records are sent one at a time, over all keys. A record that is
//! rejected repeatedly while it is sent alone is blamed: its command is dead-lettered. If it is a dead letter that is
//! too large, parts are omitted. If it cannot be made any smaller, or is rejected for another reason, there is no other
//! topic for it: it is sent again until its topic accepts it.

use std::{
    collections::VecDeque,
    sync::{Arc, atomic::Ordering},
};

use futures_util::{
    StreamExt as _,
    future::BoxFuture,
    stream::{FuturesUnordered, Next},
};
use rustc_hash::FxHashMap;

use super::{
    Core,
    closed::{Closed, is_owned, order},
    lanes::lane,
    resend::{pause, send_again},
};
use crate::{
    commit::Token,
    dead_letter,
    health::Reason,
    transport::{Cause, OutRecord, Stored, TopicId, Undelivered},
};

/// Identifies a key of a topic that the service writes to.
type KeyId = u64;

fn key_id(topic: TopicId, key: Option<&[u8]>) -> KeyId {
    lane(u32::try_from(topic.0).unwrap_or(u32::MAX), key.unwrap_or_default())
}

/// The result of an attempt to send a record again.
#[derive(Debug)]
pub(super) struct Attempt {
    key: KeyId,
    stored: Stored,
    /// Whether it had never been sent before.
    is_first: bool,
    result: Result<(), Undelivered>,
}

/// What to do about the oldest record of a blocked key.
#[derive(Debug)]
pub(super) enum Verdict {
    /// The broker has acknowledged it.
    Delivered(Token),
    /// It will never be accepted, for this reason; its replacement carries its token.
    Refused(Box<(Stored, Undelivered)>),
    /// It is sent once more.
    Again,
}

/// How often a record that is sent alone is rejected before it is blamed.
const BLAMED_AFTER: u32 = 3;

/// All blocked keys.
pub(super) struct Repair {
    core: Arc<Core>,
    keys: FxHashMap<KeyId, Closed>,
    attempts: FuturesUnordered<BoxFuture<'static, Attempt>>,
    /// Keys whose oldest record was rejected for its content. Only one of these records is sent at a time: in one
    /// batch, all of them would be rejected again because of one.
    suspects: VecDeque<KeyId>,
    travelling: Option<KeyId>,
    /// The number of blocked keys of each topic.
    topics: FxHashMap<TopicId, usize>,
}

impl Repair {
    pub(super) fn new(core: Arc<Core>) -> Self {
        let (keys, attempts) = (FxHashMap::default(), FuturesUnordered::new());
        Self { core, keys, attempts, suspects: VecDeque::new(), travelling: None, topics: FxHashMap::default() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The number of blocked keys.
    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    /// Keeps a record whose key is blocked. Returns false if it may be sent.
    pub(super) fn keep_behind(&mut self, record: &OutRecord<'_>, token: Token) -> bool {
        if self.keys.is_empty() {
            return false;
        }
        let Some(closed) = self.keys.get_mut(&key_id(record.topic, record.key)) else { return false };
        closed.behind.push_back(Stored::copy(record, token));
        true
    }

    /// Handles a failed delivery: blocks the key, if it is not blocked yet.
    pub(super) fn failed(&mut self, token: Token, undelivered: Undelivered) {
        let Undelivered { topic, key, value, headers, cause, .. } = undelivered;
        let id = key_id(topic, key.as_deref());
        let is_new = !self.keys.contains_key(&id);
        let closed = self.keys.entry(id).or_default();
        let order = order(&self.core, token);
        closed.come_back(order, Stored { topic, key, value, headers, token }, cause == Cause::Record);
        self.close(id, is_new, cause);
    }

    /// Handles a record that the producer did not accept. Records that were sent before it may still come back.
    pub(super) fn refused(&mut self, stored: &Stored, cause: Cause) {
        let id = key_id(stored.topic, stored.key.as_deref());
        let is_new = !self.keys.contains_key(&id);
        self.keys.entry(id).or_default().behind.push_back(stored.clone());
        self.close(id, is_new, cause);
    }

    fn close(&mut self, id: KeyId, is_new: bool, cause: Cause) {
        if is_new && let Some(closed) = self.keys.get_mut(&id) {
            closed.topic = closed.oldest().map(|oldest| oldest.topic);
            if let Some(topic) = closed.topic {
                *self.topics.entry(topic).or_default() += 1;
            }
            closed.refusals = u32::from(cause.is_record());
            self.send_oldest(id);
        }
    }

    /// Completes when the oldest record of a blocked key has been sent again.
    pub(super) fn next(&mut self) -> Next<'_, FuturesUnordered<BoxFuture<'static, Attempt>>> {
        self.attempts.next()
    }

    /// Decides what the result of an attempt means for its record.
    pub(super) fn judge(&mut self, attempt: Attempt) -> Verdict {
        let Attempt { key, stored, is_first, result } = attempt;
        self.travelling = self.travelling.filter(|travelling| *travelling != key);
        let Some(closed) = self.keys.get_mut(&key) else { return Verdict::Again };
        closed.is_sending = false;
        // The counts are about the oldest record, which may be another by now.
        let is_oldest = !closed.older.load(Ordering::Relaxed);
        if is_oldest {
            closed.attempts += 1;
        } else {
            closed.begin_next();
        }
        let verdict = match result {
            Ok(()) => {
                closed.begin_next();
                Verdict::Delivered(stored.token)
            }
            Err(undelivered) => {
                if undelivered.cause == Cause::Producer {
                    // There may be no other send that would renew it.
                    self.core.producer.renew();
                }
                if must_wait(&self.core, &undelivered) {
                    // It need not be sent alone, because it will not be blamed.
                    closed.refusals = 0;
                    raise(&self.core, &undelivered);
                } else if undelivered.cause.is_record() {
                    closed.refusals += u32::from(is_oldest);
                } else {
                    raise(&self.core, &undelivered);
                }
                if closed.refusals >= BLAMED_AFTER {
                    closed.begin_next();
                    Verdict::Refused(Box::new((stored, undelivered)))
                } else {
                    // An older record may have come back meanwhile.
                    if is_first {
                        closed.behind.push_front(stored);
                    } else {
                        closed.failed.insert(order(&self.core, stored.token), stored);
                    }
                    Verdict::Again
                }
            }
        };
        self.send_oldest(key);
        self.send_next_suspect();
        verdict
    }

    /// Sends the oldest record of a blocked key, or queues it. Without one, unblocks the key.
    fn send_oldest(&mut self, key: KeyId) {
        let Some(closed) = self.keys.get_mut(&key) else { return };
        // Records of a revoked partition are published by its new owner.
        while let Some(stored) = closed.oldest().filter(|stored| !is_owned(&self.core, stored.token)) {
            self.core.acks.dropped(stored.token);
            closed.take_oldest();
            closed.begin_next();
        }
        if closed.oldest().is_none() {
            let topic = self.keys.remove(&key).and_then(|closed| closed.topic);
            topic.into_iter().for_each(|topic| self.recovered(topic));
        } else if closed.refusals > 0 {
            self.suspects.push_back(key);
            self.send_next_suspect();
        } else {
            self.attempt(key);
        }
    }

    /// Called when a key of a topic is unblocked.
    fn recovered(&mut self, topic: TopicId) {
        let open = self.topics.entry(topic).or_default();
        *open = open.saturating_sub(1);
        if *open == 0 {
            self.topics.remove(&topic);
            let reason = Reason::DeliveryFailing { topic: self.core.producer.topic_name(topic) };
            self.core.health.clear(&reason, self.core.clock.instant());
        }
    }

    fn send_next_suspect(&mut self) {
        while self.travelling.is_none() {
            let Some(key) = self.suspects.pop_front() else { return };
            self.travelling = self.attempt(key).then_some(key);
        }
    }

    /// Sends the oldest record of a blocked key. Returns false if there is none.
    fn attempt(&mut self, key: KeyId) -> bool {
        let Some(closed) = self.keys.get_mut(&key) else { return false };
        // Taken out, so that another record that comes back meanwhile is not mistaken for it.
        let is_first = closed.failed.is_empty();
        let Some(stored) = closed.take_oldest() else { return false };
        closed.sending = (!is_first).then(|| order(&self.core, stored.token));
        closed.is_sending = true;
        closed.older = Arc::default();
        let older = Arc::clone(&closed.older);
        let (core, pause) = (Arc::clone(&self.core), pause(closed.attempts));
        self.attempts.push(Box::pin(async move {
            let result = send_again(&core, &stored, &older, pause).await;
            Attempt { key, stored, is_first, result }
        }));
        true
    }
}

/// Reports why a topic does not accept records.
pub(super) fn raise(core: &Core, undelivered: &Undelivered) {
    // A record that was not even sent says nothing about the topic.
    if !undelivered.code.is_empty() {
        let reason = Reason::DeliveryFailing { topic: core.producer.topic_name(undelivered.topic) };
        core.health.raise(reason, &*undelivered.error, core.clock.instant());
    }
}

/// Whether this is a dead letter that must wait until its topic accepts it, whatever is wrong.
fn must_wait(core: &Core, undelivered: &Undelivered) -> bool {
    let Undelivered { topic, key, value, headers, cause, .. } = undelivered;
    let is_hopeless = || match cause {
        Cause::Record => true,
        Cause::TooLarge => !dead_letter::can_shrink(value.as_deref(), key.as_deref(), headers),
        Cause::Broker | Cause::Producer => false,
    };
    core.settings.is_dead_letter_topic(*topic) && is_hopeless()
}
