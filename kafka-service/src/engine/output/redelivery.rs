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
    OutputContext,
    blocked_key::{BlockedKey, order},
    resend::{pause, send_again},
};
use crate::{
    dead_letter,
    engine::key_hash::{KeyHash, key_hash},
    health::Reason,
    transport::{Cause, OutRecord, Stored, Token, TopicId, Undelivered},
};

/// Identifies a key of a topic that the service writes to.
fn key_id(topic: TopicId, key: Option<&[u8]>) -> KeyHash {
    key_hash(u32::try_from(topic.0).unwrap_or(u32::MAX), key.unwrap_or_default())
}

/// The result of an attempt to send a record again.
#[derive(Debug)]
pub(crate) struct Resent {
    key: KeyHash,
    stored: Stored,
    /// Whether it had never been sent before.
    is_first: bool,
    result: Result<(), Undelivered>,
}

/// What to do about the oldest record of a blocked key.
#[derive(Debug)]
pub(super) enum ResendOutcome {
    /// The broker has acknowledged it.
    Delivered(Token),
    /// It will never be accepted, for this reason; its replacement carries its token.
    Rejected(Box<(Stored, Undelivered)>),
    /// It is sent once more.
    Again,
}

/// How often a record that is sent alone is rejected before it is blamed.
const MAX_REJECTIONS: u32 = 3;

/// All blocked keys.
pub(super) struct Redelivery {
    context: Arc<OutputContext>,
    keys: FxHashMap<KeyHash, BlockedKey>,
    attempts: FuturesUnordered<BoxFuture<'static, Resent>>,
    /// Keys whose oldest record was rejected for its content. Only one of these records is sent at a time: in one
    /// batch, all of them would be rejected again because of one.
    quarantined: VecDeque<KeyHash>,
    probing: Option<KeyHash>,
    /// The number of blocked keys of each topic.
    topics: FxHashMap<TopicId, usize>,
}

impl Redelivery {
    pub(super) fn new(context: Arc<OutputContext>) -> Self {
        let (keys, attempts) = (FxHashMap::default(), FuturesUnordered::new());
        Self { context, keys, attempts, quarantined: VecDeque::new(), probing: None, topics: FxHashMap::default() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The number of blocked keys.
    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    /// Keeps a record whose key is blocked. Returns false if it may be sent.
    pub(super) fn defer_if_blocked(&mut self, record: &OutRecord<'_>, token: Token) -> bool {
        if self.keys.is_empty() {
            return false;
        }
        let Some(blocked) = self.keys.get_mut(&key_id(record.topic, record.key)) else { return false };
        blocked.behind.push_back(Stored::copy(record, token));
        true
    }

    /// Handles a failed delivery: blocks the key, if it is not blocked yet.
    pub(super) fn failed(&mut self, token: Token, undelivered: Undelivered) {
        let Undelivered { record, cause, .. } = undelivered;
        let id = key_id(record.topic, record.key.as_deref());
        let is_new = !self.keys.contains_key(&id);
        let blocked = self.keys.entry(id).or_default();
        let order = order(&self.context.shared, token);
        blocked.come_back(order, Stored { record, token }, cause == Cause::Record);
        self.close(id, is_new, cause);
    }

    /// Handles a record that the producer did not accept. Records that were sent before it may still come back.
    pub(super) fn refused(&mut self, stored: Stored, cause: Cause) {
        let id = key_id(stored.record.topic, stored.record.key.as_deref());
        let is_new = !self.keys.contains_key(&id);
        self.keys.entry(id).or_default().behind.push_back(stored);
        self.close(id, is_new, cause);
    }

    fn close(&mut self, id: KeyHash, is_new: bool, cause: Cause) {
        if is_new && let Some(blocked) = self.keys.get_mut(&id) {
            blocked.topic = blocked.oldest().map(|oldest| oldest.record.topic);
            if let Some(topic) = blocked.topic {
                *self.topics.entry(topic).or_default() += 1;
            }
            blocked.refusals = u32::from(cause.is_record());
            self.send_oldest(id);
        }
    }

    /// Completes when the oldest record of a blocked key has been sent again.
    pub(super) fn next(&mut self) -> Next<'_, FuturesUnordered<BoxFuture<'static, Resent>>> {
        self.attempts.next()
    }

    /// Decides what the result of an attempt means for its record.
    pub(super) fn on_result(&mut self, resent: Resent) -> ResendOutcome {
        let Resent { key, stored, is_first, result } = resent;
        self.probing = self.probing.filter(|probing| *probing != key);
        let Some(blocked) = self.keys.get_mut(&key) else { return ResendOutcome::Again };
        blocked.is_sending = false;
        // The counts are about the oldest record, which may be another by now.
        let is_oldest = !blocked.older.load(Ordering::Relaxed);
        if is_oldest {
            blocked.attempts += 1;
        } else {
            blocked.begin_next();
        }
        let verdict = match result {
            Ok(()) => {
                blocked.begin_next();
                ResendOutcome::Delivered(stored.token)
            }
            Err(undelivered) => {
                if undelivered.cause == Cause::Producer {
                    // There may be no other send that would renew it.
                    self.context.producer.renew();
                }
                if must_wait(&self.context, &undelivered) {
                    // It need not be sent alone, because it will not be blamed.
                    blocked.refusals = 0;
                    self.context.raise(&undelivered);
                } else if undelivered.cause.is_record() {
                    blocked.refusals += u32::from(is_oldest);
                } else {
                    self.context.raise(&undelivered);
                }
                if blocked.refusals >= MAX_REJECTIONS {
                    blocked.begin_next();
                    ResendOutcome::Rejected(Box::new((stored, undelivered)))
                } else {
                    // An older record may have come back meanwhile.
                    if is_first {
                        blocked.behind.push_front(stored);
                    } else {
                        blocked.failed.insert(order(&self.context.shared, stored.token), stored);
                    }
                    ResendOutcome::Again
                }
            }
        };
        self.send_oldest(key);
        self.send_next_quarantined();
        verdict
    }

    /// Sends the oldest record of a blocked key, or queues it. Without one, unblocks the key.
    fn send_oldest(&mut self, key: KeyHash) {
        let Some(blocked) = self.keys.get_mut(&key) else { return };
        // Records of a revoked partition are published by its new owner.
        while let Some(stored) = blocked.oldest().filter(|stored| !self.context.shared.is_owned(stored.token)) {
            self.context.acks().dropped(stored.token);
            blocked.take_oldest();
            blocked.begin_next();
        }
        if blocked.oldest().is_none() {
            let topic = self.keys.remove(&key).and_then(|blocked| blocked.topic);
            topic.into_iter().for_each(|topic| self.recovered(topic));
        } else if blocked.refusals > 0 {
            self.quarantined.push_back(key);
            self.send_next_quarantined();
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
            let reason = Reason::DeliveryFailing { topic: self.context.producer.topic_name(topic) };
            self.context.shared.health.clear(&reason, self.context.shared.clock.instant());
        }
    }

    fn send_next_quarantined(&mut self) {
        while self.probing.is_none() {
            let Some(key) = self.quarantined.pop_front() else { return };
            self.probing = self.attempt(key).then_some(key);
        }
    }

    /// Sends the oldest record of a blocked key. Returns false if there is none.
    fn attempt(&mut self, key: KeyHash) -> bool {
        let Some(blocked) = self.keys.get_mut(&key) else { return false };
        // Taken out, so that another record that comes back meanwhile is not mistaken for it.
        let is_first = blocked.failed.is_empty();
        let Some(stored) = blocked.take_oldest() else { return false };
        blocked.sending = (!is_first).then(|| order(&self.context.shared, stored.token));
        blocked.is_sending = true;
        blocked.older = Arc::default();
        let older = Arc::clone(&blocked.older);
        let (context, pause) = (Arc::clone(&self.context), pause(blocked.attempts));
        self.attempts.push(Box::pin(async move {
            let result = send_again(&context, &stored, &older, pause).await;
            Resent { key, stored, is_first, result }
        }));
        true
    }
}

/// Whether this is a dead letter that must wait until its topic accepts it, whatever is wrong.
fn must_wait(context: &OutputContext, undelivered: &Undelivered) -> bool {
    let OutRecord { topic, key, value, headers } = undelivered.record.borrow();
    let is_hopeless = || match undelivered.cause {
        Cause::Record => true,
        Cause::TooLarge => !dead_letter::can_shrink(value, key, headers),
        Cause::Broker | Cause::Producer => false,
    };
    context.is_dead_letter_topic(topic) && is_hopeless()
}
