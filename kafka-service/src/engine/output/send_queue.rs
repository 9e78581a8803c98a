//! Sends records to the producer in order, even while it has no room and while the broker rejects some of them.

use std::{collections::VecDeque, future::Future, sync::Arc};

use futures_util::future::OptionFuture;

use super::{OutputContext, redelivery::Redelivery};
use crate::{
    acks::Room,
    transport::{Cause, OutRecord, SendError, Stored, Token, Undelivered},
};

/// Hands over records in order. While the producer is full they wait here, and the dispatcher takes no new records.
pub(super) struct SendQueue {
    context: Arc<OutputContext>,
    waiting: VecDeque<Stored>,
    /// Undelivered records, and those that wait behind them.
    pub(super) redelivery: Redelivery,
    /// Whether anything was handed over since the producer was last told that nothing more follows.
    lingering: bool,
}

/// The record is larger than the producer allows. Everything else that can go wrong with a record is waited out.
#[derive(Debug)]
pub(super) struct TooLarge(pub(super) String);

impl SendQueue {
    pub(super) fn new(context: &Arc<OutputContext>) -> Self {
        Self {
            context: Arc::clone(context),
            waiting: VecDeque::new(),
            redelivery: Redelivery::new(Arc::clone(context)),
            lingering: false,
        }
    }

    /// Whether records wait for room.
    pub(super) fn is_full(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Hands over a record, or keeps it until it may be sent.
    pub(super) fn send(&mut self, record: &OutRecord<'_>, token: Token) -> Result<(), TooLarge> {
        if self.redelivery.defer_if_blocked(record, token) {
            return Ok(());
        }
        if self.is_full() {
            self.waiting.push_back(Stored::copy(record, token));
            return Ok(());
        }
        match self.context.producer.send(record, token) {
            Ok(()) => {
                self.lingering = true;
                Ok(())
            }
            Err(SendError::QueueFull) => {
                self.waiting.push_back(Stored::copy(record, token));
                Ok(())
            }
            Err(SendError::TooLarge(reason)) => Err(TooLarge(reason)),
            Err(error) => {
                self.refused(&Stored::copy(record, token), &error);
                Ok(())
            }
        }
    }

    /// Sends waiting records, as far as there is room now. If any are left, the future completes when there may be
    /// room.
    pub(super) fn drain<'a>(&mut self, room: &'a Room) -> OptionFuture<impl Future<Output = ()> + use<'a>> {
        if !self.is_full() {
            return None.into();
        }
        // Registered before the attempt, so that an acknowledgement in between is not missed: it may be the last.
        let room = room.next();
        self.send_waiting();
        self.is_full().then_some(room).into()
    }

    fn send_waiting(&mut self) {
        while let Some(stored) = self.waiting.front() {
            // Records of a revoked partition are published by its new owner.
            if !self.context.shared.is_owned(stored.token) {
                self.context.acks().dropped(stored.token);
                self.waiting.pop_front();
                continue;
            }
            let sent = self.context.producer.send(&stored.record.borrow(), stored.token);
            if matches!(sent, Err(SendError::QueueFull)) {
                return;
            }
            let Some(stored) = self.waiting.pop_front() else { return };
            match sent {
                Ok(()) => self.lingering = true,
                Err(error) => self.refused(&stored, &error),
            }
        }
    }

    /// Retries a record that the producer did not accept, which says nothing about the record.
    fn refused(&mut self, stored: &Stored, error: &SendError) {
        let cause = error.cause();
        let undelivered = stored.undelivered(error);
        // If a caller waits for the answer, it decides what to do.
        let Some((token, undelivered)) = self.context.acks().answer(stored.token, undelivered) else {
            if cause == Cause::Producer {
                self.context.producer.renew();
            }
            return;
        };
        self.note(&undelivered);
        self.redelivery.refused(Stored { token, ..stored.clone() }, cause);
        self.keep_waiting_behind();
    }

    /// Keeps a dead letter that is as small as possible and still too large: it is retried until the topic, or the
    /// setting, allows it.
    pub(super) fn keep(&mut self, record: &OutRecord<'_>, token: Token, reason: String) {
        self.refused(&Stored::copy(record, token), &SendError::TooLarge(reason));
    }

    /// Handles a failed delivery.
    pub(super) fn failed(&mut self, token: Token, undelivered: Undelivered) {
        self.note(&undelivered);
        self.redelivery.failed(token, undelivered);
        self.keep_waiting_behind();
    }

    fn note(&mut self, undelivered: &Undelivered) {
        match undelivered.cause {
            // The record is at fault, not the topic.
            Cause::TooLarge | Cause::Record => return,
            Cause::Producer => self.context.producer.renew(),
            Cause::Broker => {}
        }
        self.context.raise(undelivered);
    }

    /// Records that wait for room, and whose key is now blocked, precede everything that is queued behind that key
    /// later.
    fn keep_waiting_behind(&mut self) {
        for stored in std::mem::take(&mut self.waiting) {
            if !self.redelivery.defer_if_blocked(&stored.record.borrow(), stored.token) {
                self.waiting.push_back(stored);
            }
        }
    }

    /// Tells the producer that nothing more follows for now, so that lingering records are sent at once.
    pub(super) fn flush_lingering(&mut self) {
        if std::mem::take(&mut self.lingering) {
            self.context.producer.idle();
        }
    }
}
