//! One key that is blocked for new sends, and the order of its waiting records.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use crate::{
    engine::Shared,
    transport::{Stored, Token, TopicId},
};

/// The order in which records of one key were sent. A producer that fails returns them in a different order: what waits
/// for a request, and what one of its threads has already taken, come from different queues.
pub(super) type Order = (Option<(u32, u64)>, u64);

pub(super) fn order(shared: &Shared, token: Token) -> Order {
    (shared.acks.position(token), token.to_bits())
}

/// A key that is blocked for new sends.
#[derive(Debug, Default)]
pub(super) struct BlockedKey {
    pub(super) topic: Option<TopicId>,
    /// Records that were sent and not delivered.
    pub(super) failed: BTreeMap<Order, Stored>,
    /// Records that were never sent, because they came after the key was blocked.
    pub(super) behind: VecDeque<Stored>,
    /// How often the oldest record was rejected for its content.
    pub(super) refusals: u32,
    /// How often the oldest record was sent again.
    pub(super) attempts: u32,
    /// Whether a record was taken out to be sent again.
    pub(super) is_sending: bool,
    /// Its order; `None` if it was never sent before.
    pub(super) sending: Option<Order>,
    /// Set when a record comes back that was sent before it.
    pub(super) older: Arc<AtomicBool>,
}

impl BlockedKey {
    pub(super) fn oldest(&self) -> Option<&Stored> {
        self.failed.values().next().or_else(|| self.behind.front())
    }

    /// A record that was sent before comes back.
    pub(super) fn come_back(&mut self, order: Order, stored: Stored, is_refused: bool) {
        self.failed.insert(order, stored);
        if self.is_sending {
            if self.sending.is_none_or(|sending| order < sending) {
                self.older.store(true, Ordering::Relaxed);
            }
        } else if self.failed.first_key_value().is_some_and(|(first, _)| *first == order) {
            // The counts are about another record.
            self.refusals = u32::from(is_refused);
            self.attempts = 0;
        }
    }

    pub(super) fn begin_next(&mut self) {
        self.refusals = 0;
        self.attempts = 0;
    }

    pub(super) fn take_oldest(&mut self) -> Option<Stored> {
        self.failed.pop_first().map(|(_, stored)| stored).or_else(|| self.behind.pop_front())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::OwnedRecord;

    fn come_back(blocked: &mut BlockedKey, slot: u64, is_refused: bool) {
        let token = Token::position(0, slot);
        let record = OwnedRecord { topic: TopicId(0), key: None, value: None, headers: Vec::new() };
        let stored = Stored { record, token };
        blocked.come_back((Some((0, slot)), token.to_bits()), stored, is_refused);
    }

    #[test]
    fn rejections_are_counted_for_the_oldest_record_only() {
        let mut blocked = BlockedKey::default();
        come_back(&mut blocked, 5, true);
        blocked.refusals = 2;
        come_back(&mut blocked, 7, true);
        assert_eq!(blocked.refusals, 2, "a newer one waits behind it");
        come_back(&mut blocked, 3, true);
        assert_eq!(blocked.refusals, 1, "an older one has been refused once");
        come_back(&mut blocked, 2, false);
        assert_eq!(blocked.refusals, 0, "this one has not");
    }

    #[test]
    fn a_resend_in_flight_learns_of_an_older_failure() {
        let mut blocked = BlockedKey { is_sending: true, sending: Some((Some((0, 5)), 5)), ..BlockedKey::default() };
        come_back(&mut blocked, 7, true);
        assert!(!blocked.older.load(Ordering::Relaxed));
        come_back(&mut blocked, 3, true);
        assert!(blocked.older.load(Ordering::Relaxed));
        let mut blocked = BlockedKey { is_sending: true, ..BlockedKey::default() };
        come_back(&mut blocked, 7, true);
        assert!(blocked.older.load(Ordering::Relaxed), "what was never sent is newer than all that was");
    }
}
