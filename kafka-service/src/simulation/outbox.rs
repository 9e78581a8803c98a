//! The producing client of one instance: what it has sent, and what it has not reported so far.

use std::collections::{BTreeMap, VecDeque};

use super::identity::Identity;
use crate::transport::{Token, Undelivered};

/// A client (each renewal is another), and a partition of a topic that it writes to.
pub(super) type Destination = (u32, usize, u32);

/// Records that were handed over and are not settled.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    /// On the way to the brokers.
    pub(super) queues: BTreeMap<Destination, VecDeque<Flying>>,
    /// On the way back.
    pub(super) reports: BTreeMap<Destination, VecDeque<Report>>,
    pub(super) in_flight: usize,
    /// How many of them are reported without their room being free yet.
    pub(super) reported: usize,
    /// The client that is in use, and whether it has failed.
    pub(super) client: u32,
    pub(super) fatal: bool,
    /// Whether earlier clients may still hold records.
    closing: bool,
}

/// A record on the way to the brokers.
#[derive(Debug)]
pub(super) struct Flying {
    pub(super) token: Token,
    pub(super) identity: Identity,
    /// A number for the record's key.
    pub(super) key: u32,
    pub(super) record: Undelivered,
}

/// The delivery report of a record.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) token: Token,
    pub(super) identity: Identity,
    pub(super) key: u32,
    pub(super) failure: Option<Undelivered>,
}

impl Outbox {
    pub(super) fn is_full(&self, limit: usize) -> bool {
        self.in_flight >= limit
    }

    /// Whether a failed client still holds records.
    pub(super) fn is_closing(&self) -> bool {
        self.closing || self.fatal
    }

    pub(super) fn is_fatal(&self) -> bool {
        self.fatal
    }

    /// Replaces a failed client. Returns true if all earlier ones were closed.
    pub(super) fn renew(&mut self) -> bool {
        self.client += 1;
        self.fatal = false;
        !std::mem::replace(&mut self.closing, true)
    }

    /// Returns whether there was something to free, and whether this closes the last of the failed clients.
    pub(super) fn free(&mut self) -> (bool, bool) {
        let freed = std::mem::take(&mut self.reported);
        self.in_flight -= freed;
        let has_old = self.reports.iter().any(|((client, ..), reports)| *client < self.client && !reports.is_empty());
        let closed = self.closing && !has_old;
        self.closing &= has_old;
        (freed > 0, closed)
    }
}
