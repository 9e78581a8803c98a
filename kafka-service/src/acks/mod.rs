//! What happens when the broker acknowledges a record, or its delivery fails.

mod command;
mod detached;
mod room;

use std::{
    pin::pin,
    sync::{
        Mutex, MutexGuard,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
};

use slab::Slab;
use tokio::sync::{Notify, mpsc, oneshot};

pub(crate) use self::{
    command::{Bound, BoundGuard},
    room::Room,
};
use crate::{
    offsets::Assignments,
    sync,
    transport::{DeliveryReports, Stored, Token, TokenTarget, Undelivered},
};

/// Sends the result of a record to a waiting caller.
type AnswerSender = oneshot::Sender<Result<(), Undelivered>>;

/// Receives the delivery reports of the producer, shared with the client's thread.
#[derive(Debug)]
pub(crate) struct Acks {
    pub(crate) assignments: Assignments,
    pending: Mutex<Slab<Pending>>,
    incoming: mpsc::UnboundedSender<Incoming>,
    /// Reasons why nothing may be sent: undelivered records that the dispatcher has not received yet, and failed
    /// clients that may still return some.
    holds: AtomicUsize,
    pub(crate) room: Room,
    late: AtomicU64,
    lost: AtomicU64,
    unheard: AtomicU64,
    closing: AtomicBool,
    closed: Notify,
}

/// What arrives in the dispatcher besides records and control.
#[derive(Debug)]
pub(crate) enum Incoming {
    /// The delivery of a command's record failed.
    Undelivered(Token, Undelivered),
    /// A handler publishes a record, which has not been sent yet.
    Published(Stored),
}

/// What an acknowledgement, or the last of several, completes.
#[derive(Debug)]
enum Pending {
    /// A command with several published events. Unless it was left to the next owner, its slot is finished with the
    /// last one.
    Command { assignment: u32, slot: u64, open: usize, left: bool },
    /// A caller that awaits the acknowledgement, perhaps of a record that belongs to a command.
    Caller { sender: AnswerSender, command: Option<Token> },
    /// No caller waits; kind and topic are for the log.
    Detached { kind: Box<str>, topic: Box<str> },
}

impl Acks {
    /// The receiver is for the dispatcher: it decides what to do with undelivered records of commands, and sends what
    /// handlers publish.
    pub(crate) fn new() -> (Self, mpsc::UnboundedReceiver<Incoming>) {
        let (incoming, receiver) = mpsc::unbounded_channel();
        let acks = Self {
            assignments: Assignments::default(),
            pending: Mutex::default(),
            incoming,
            holds: AtomicUsize::new(0),
            room: Room::default(),
            late: AtomicU64::new(0),
            lost: AtomicU64::new(0),
            unheard: AtomicU64::new(0),
            closing: AtomicBool::new(false),
            closed: Notify::new(),
        };
        (acks, receiver)
    }

    fn pending(&self) -> MutexGuard<'_, Slab<Pending>> {
        sync::lock(&self.pending)
    }

    fn entry(&self, pending: Pending) -> Token {
        let index = self.pending().insert(pending);
        Token::pending(u32::try_from(index).expect("more than u32::MAX pending records"))
    }

    /// Creates a token for a command, shared by its `events`; the slot is finished with the last of them.
    pub(crate) fn command(&self, assignment: u32, slot: u64, events: usize) -> Token {
        if events == 1 {
            Token::position(assignment, slot)
        } else {
            self.entry(Pending::Command { assignment, slot, open: events, left: false })
        }
    }

    /// Creates a token for a waiting caller.
    pub(crate) fn caller(&self) -> (Token, oneshot::Receiver<Result<(), Undelivered>>) {
        let (sender, receiver) = oneshot::channel();
        (self.entry(Pending::Caller { sender, command: None }), receiver)
    }

    /// Releases a token whose record was not accepted.
    pub(crate) fn forget(&self, token: Token) {
        if let TokenTarget::Pending(entry) = token.target() {
            self.pending().try_remove(entry as usize);
        }
    }

    /// Handles a record of a revoked partition, which is not sent any more. The last record of its command frees the
    /// entry.
    pub(crate) fn dropped(&self, token: Token) {
        let TokenTarget::Pending(entry) = token.target() else { return };
        match self.take_caller(token) {
            // The end of the channel tells the caller that no answer will come.
            Some((_, command)) => command.into_iter().for_each(|command| self.dropped(command)),
            None => self.delivered_pending(entry as usize),
        }
    }

    fn delivered_pending(&self, entry: usize) {
        let mut pending = self.pending();
        match pending.get_mut(entry) {
            Some(Pending::Command { open, .. }) if *open > 1 => {
                *open -= 1;
                return;
            }
            Some(_) => {}
            None => return,
        }
        let done = pending.remove(entry);
        drop(pending);
        match done {
            Pending::Command { left: true, .. } | Pending::Detached { .. } => {}
            Pending::Command { assignment, slot, .. } => self.finish(assignment, slot),
            Pending::Caller { sender, command } => {
                if sender.send(Ok(())).is_err() && !self.is_closing() {
                    self.unheard.fetch_add(1, Ordering::Relaxed);
                }
                command.into_iter().for_each(|command| self.dropped(command));
            }
        }
    }

    fn report_failed(&self, token: Token, undelivered: Undelivered) {
        if let Some((kind, topic)) = self.take_detached(token) {
            return self.lost(&kind, &topic, &undelivered.error);
        }
        if let Some((token, undelivered)) = self.answer(token, undelivered) {
            self.return_undelivered(token, undelivered);
        }
    }

    /// Tells a waiting caller that the delivery failed. Returns the failure if the record belongs to a command and no
    /// caller waits.
    pub(crate) fn answer(&self, token: Token, undelivered: Undelivered) -> Option<(Token, Undelivered)> {
        match self.take_caller(token) {
            None => Some((token, undelivered)),
            Some((sender, command)) => {
                sender.send(Err(undelivered)).err().and_then(Result::err).and_then(|undelivered| {
                    // If the caller has stopped waiting and the record belongs to no command, the result is not needed.
                    command.map(|command| (command, undelivered))
                })
            }
        }
    }

    fn return_undelivered(&self, token: Token, undelivered: Undelivered) {
        self.hold();
        if self.incoming.send(Incoming::Undelivered(token, undelivered)).is_err() {
            // The receiver ends only when the service has stopped; the slot must then remain uncommitted.
            self.release();
        }
    }

    /// The slot of the command that a token belongs to.
    pub(crate) fn position(&self, token: Token) -> Option<(u32, u64)> {
        let entry = match token.target() {
            TokenTarget::Position { assignment, slot } => return Some((assignment, slot)),
            TokenTarget::Pending(entry) => entry as usize,
        };
        let command = match self.pending().get(entry)? {
            Pending::Command { assignment, slot, .. } => return Some((*assignment, *slot)),
            Pending::Caller { command, .. } => (*command)?,
            Pending::Detached { .. } => return None,
        };
        self.position(command)
    }

    /// Marks a slot as finished.
    pub(crate) fn finish(&self, assignment: u32, slot: u64) {
        if !self.assignments.finish(assignment, slot) {
            self.late.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The number of reports for partitions that were already given up.
    pub(crate) fn late_reports(&self) -> u64 {
        self.late.load(Ordering::Relaxed)
    }

    /// The number of acknowledgements whose caller had stopped waiting: its timeout had passed, or its future was
    /// dropped.
    pub(crate) fn unheard(&self) -> u64 {
        self.unheard.load(Ordering::Relaxed)
    }

    #[cfg(test)]
    pub(crate) fn pending_count(&self) -> usize {
        self.pending().len()
    }

    /// Completes when the service has stopped.
    pub(crate) async fn closed(&self) {
        let mut closed = pin!(self.closed.notified());
        // Registered before the check, so that the end is not missed in between.
        closed.as_mut().enable();
        if !self.is_closing() {
            closed.await;
        }
    }

    /// Called when the service has stopped: failures of its broker are expected from now on. Callers that still wait
    /// for an acknowledgement, or for room, are told that none will come.
    pub(crate) fn close(&self) {
        self.closing.store(true, Ordering::Relaxed);
        for (_, pending) in self.pending().iter_mut() {
            if let Pending::Caller { sender, .. } = pending {
                // The entry is kept: a late report must not find another entry in its place.
                *sender = oneshot::channel().0;
            }
        }
        self.room.close();
        self.closed.notify_waiters();
    }
}

impl DeliveryReports for Acks {
    fn delivered(&self, token: Token) {
        match token.target() {
            TokenTarget::Position { assignment, slot } => self.finish(assignment, slot),
            TokenTarget::Pending(entry) => self.delivered_pending(entry as usize),
        }
        self.made_room();
    }

    fn failed(&self, token: Token, undelivered: Undelivered) {
        self.report_failed(token, undelivered);
        self.made_room();
    }

    fn made_room(&self) {
        self.room.made();
    }

    fn hold(&self) {
        self.holds.fetch_add(1, Ordering::AcqRel);
    }

    fn release(&self) {
        if self.holds.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.made_room();
        }
    }

    fn is_held(&self) -> bool {
        self.holds.load(Ordering::Acquire) > 0
    }

    fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests;
