//! Records that the broker did not take. Their keys are closed: everything of such a key waits, so that nothing overtakes,
//! and is sent again one by one and in order until the broker has it.
//!
//! A record that the broker refuses for what it is (too large, invalid) is not blamed at once: a refusal hits the whole
//! batch in which a record travelled. So records that were refused are sent one at a time, over all keys; refused again
//! and again when it travels like that, a record is blamed: its command is dead-lettered. Of a dead letter that is too large
//! something is left out; one that cannot be made any smaller, or is refused for something else, has no other place to go:
//! it is sent again until its topic takes it.

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

/// Names a key of a topic that we write to.
type KeyId = u64;

fn key_id(topic: TopicId, key: Option<&[u8]>) -> KeyId {
    lane(u32::try_from(topic.0).unwrap_or(u32::MAX), key.unwrap_or_default())
}

/// How an attempt to send a record again ended.
#[derive(Debug)]
pub(super) struct Attempt {
    key: KeyId,
    stored: Stored,
    /// It had never been sent before.
    is_first: bool,
    result: Result<(), Undelivered>,
}

/// What to do about the oldest record of a closed key.
#[derive(Debug)]
pub(super) enum Verdict {
    /// The broker has it.
    Delivered(Token),
    /// It will never be taken, for this reason; whatever takes its place carries its token.
    Refused(Box<(Stored, Undelivered)>),
    /// It is sent once more.
    Again,
}

/// How often a record that travels by itself is refused before it is blamed.
const BLAMED_AFTER: u32 = 3;

/// All closed keys.
pub(super) struct Repair {
    core: Arc<Core>,
    keys: FxHashMap<KeyId, Closed>,
    attempts: FuturesUnordered<BoxFuture<'static, Attempt>>,
    /// Keys whose oldest record was refused for what it is. One of these records travels at a time: together they would be
    /// refused again, all of them for one.
    suspects: VecDeque<KeyId>,
    travelling: Option<KeyId>,
    /// How many keys of each topic are closed.
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

    /// How many keys are closed.
    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    /// Keeps a record whose key is closed; false if it may be sent.
    pub(super) fn keep_behind(&mut self, record: &OutRecord<'_>, token: Token) -> bool {
        if self.keys.is_empty() {
            return false;
        }
        let Some(closed) = self.keys.get_mut(&key_id(record.topic, record.key)) else { return false };
        closed.behind.push_back(Stored::copy(record, token));
        true
    }

    /// The broker did not take a record: its key is closed, if it is not yet.
    pub(super) fn failed(&mut self, token: Token, undelivered: Undelivered) {
        let Undelivered { topic, key, value, headers, cause, .. } = undelivered;
        let id = key_id(topic, key.as_deref());
        let is_new = !self.keys.contains_key(&id);
        let closed = self.keys.entry(id).or_default();
        let order = order(&self.core, token);
        closed.come_back(order, Stored { topic, key, value, headers, token }, cause == Cause::Record);
        self.close(id, is_new, cause);
    }

    /// The producer did not even take a record. What was sent before it may still come back.
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

    /// Completes when the oldest record of a closed key has been sent again.
    pub(super) fn next(&mut self) -> Next<'_, FuturesUnordered<BoxFuture<'static, Attempt>>> {
        self.attempts.next()
    }

    /// What an attempt means for its record.
    pub(super) fn judge(&mut self, attempt: Attempt) -> Verdict {
        let Attempt { key, stored, is_first, result } = attempt;
        self.travelling = self.travelling.filter(|travelling| *travelling != key);
        let Some(closed) = self.keys.get_mut(&key) else { return Verdict::Again };
        closed.is_sending = false;
        // What is counted is about the oldest, and that may be another now.
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
                    // Perhaps nobody else sends anything.
                    self.core.producer.renew();
                }
                if must_wait(&self.core, &undelivered) {
                    // It need not travel alone, for it will not be blamed.
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
                    // Something older may have come back meanwhile.
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

    /// Sends the oldest record of a closed key, or lines it up; without one the key is open again.
    fn send_oldest(&mut self, key: KeyId) {
        let Some(closed) = self.keys.get_mut(&key) else { return };
        // What belongs to a partition that was given back is its new owner's to publish.
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

    /// A key of a topic is open again.
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

    /// Sends the oldest record of a closed key; false if there is none.
    fn attempt(&mut self, key: KeyId) -> bool {
        let Some(closed) = self.keys.get_mut(&key) else { return false };
        // Taken out, because what else comes back meanwhile must not be taken for it.
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

/// Says what keeps a topic from taking records.
pub(super) fn raise(core: &Core, undelivered: &Undelivered) {
    // What was not even tried is no news.
    if !undelivered.code.is_empty() {
        let reason = Reason::DeliveryFailing { topic: core.producer.topic_name(undelivered.topic) };
        core.health.raise(reason, &*undelivered.error, core.clock.instant());
    }
}

/// Whether this is a dead letter that has to wait until its topic takes it, whatever is wrong.
fn must_wait(core: &Core, undelivered: &Undelivered) -> bool {
    let Undelivered { topic, key, value, headers, cause, .. } = undelivered;
    let is_hopeless = || match cause {
        Cause::Record => true,
        Cause::TooLarge => !dead_letter::can_shrink(value.as_deref(), key.as_deref(), headers),
        Cause::Broker | Cause::Producer => false,
    };
    core.settings.is_dead_letter_topic(*topic) && is_hopeless()
}
