//! One key that is closed to new sends, and the order of what waits in it.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, atomic::AtomicBool},
};

use super::Core;
use crate::{
    commit::Token,
    transport::{Stored, TopicId},
};

/// Records of one key in the order in which they were sent. A producer that ends gives them back in another: what waits for
/// a request, and what one of its threads has taken already, come from different queues.
pub(super) type Order = (Option<(u32, u64)>, u64);

pub(super) fn order(core: &Core, token: Token) -> Order {
    (core.acks.position(token), token.to_bits())
}

/// A key that is closed to new sends.
#[derive(Debug, Default)]
pub(super) struct Closed {
    pub(super) topic: Option<TopicId>,
    /// Sent once, and not taken.
    pub(super) failed: BTreeMap<Order, Stored>,
    /// Never sent; came after the key was closed.
    pub(super) behind: VecDeque<Stored>,
    /// How often the oldest was refused for what it is.
    pub(super) refusals: u32,
    /// How often the oldest was sent again.
    pub(super) attempts: u32,
    /// The record that is about to be sent again; none if it was never sent.
    pub(super) sending: Option<Order>,
    /// Set when something comes back that was sent before it.
    pub(super) older: Arc<AtomicBool>,
}

impl Closed {
    pub(super) fn oldest(&self) -> Option<&Stored> {
        self.failed.values().next().or_else(|| self.behind.front())
    }

    pub(super) fn begin_next(&mut self) {
        self.refusals = 0;
        self.attempts = 0;
    }

    pub(super) fn take_oldest(&mut self) -> Option<Stored> {
        self.failed.pop_first().map(|(_, stored)| stored).or_else(|| self.behind.pop_front())
    }
}
