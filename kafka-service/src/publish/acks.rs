//! What happens when the broker acknowledges a record, or says that it will not.

use std::{
    future::Future,
    pin::pin,
    sync::{
        Mutex, MutexGuard,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
};

use slab::Slab;
use tokio::sync::{Notify, mpsc, oneshot};

pub(crate) use self::bound::{Bound, BoundGuard};
use crate::{
    commit::{Assignments, Target, Token},
    sync,
    transport::{SendError, Stored, Undelivered},
};

#[path = "bound.rs"]
mod bound;
#[path = "losses.rs"]
mod losses;

/// Tells somebody who waits what became of a record.
type Answer = oneshot::Sender<Result<(), Undelivered>>;

/// The receiving end of the producer's reports, shared with the client's thread.
#[derive(Debug)]
pub(crate) struct Acks {
    pub(crate) assignments: Assignments,
    pending: Mutex<Slab<Pending>>,
    incoming: mpsc::UnboundedSender<Incoming>,
    /// What has to be seen to before anything more is sent: undelivered records that the dispatcher has not received, and
    /// clients that have ended and may still give some back.
    holds: AtomicUsize,
    room: Notify,
    somebody_waits_for_room: AtomicBool,
    late: AtomicU64,
    lost: AtomicU64,
    closing: AtomicBool,
}

/// What comes to the dispatcher beside records and control.
#[derive(Debug)]
pub(crate) enum Incoming {
    /// The broker did not take a record of a command.
    Undelivered(Token, Undelivered),
    /// A handler publishes a record, which has not been sent yet.
    Published(Stored),
}

/// What one acknowledgement, or the last of several, completes.
#[derive(Debug)]
enum Pending {
    /// A command that published several events; unless it is left to somebody else, its position is finished with the last.
    Command { assignment: u32, slot: u64, open: usize, left: bool },
    /// Somebody who awaits the acknowledgement; perhaps of something that a command published.
    Caller { sender: Answer, command: Option<Token> },
    /// Nobody; what it is, for the log.
    Nobody { kind: Box<str>, topic: Box<str> },
}

impl Acks {
    /// The second part is the dispatcher's: it decides what happens to what was not delivered for a command, and sends what
    /// handlers publish.
    pub(crate) fn new() -> (Self, mpsc::UnboundedReceiver<Incoming>) {
        let (incoming, receiver) = mpsc::unbounded_channel();
        let acks = Self {
            assignments: Assignments::default(),
            pending: Mutex::default(),
            incoming,
            holds: AtomicUsize::new(0),
            room: Notify::new(),
            somebody_waits_for_room: AtomicBool::new(false),
            late: AtomicU64::new(0),
            lost: AtomicU64::new(0),
            closing: AtomicBool::new(false),
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

    /// A token for a command whose `events` share it; the position is finished with the last of them.
    pub(crate) fn command(&self, assignment: u32, slot: u64, events: usize) -> Token {
        if events == 1 {
            Token::position(assignment, slot)
        } else {
            self.entry(Pending::Command { assignment, slot, open: events, left: false })
        }
    }

    /// A token for somebody who waits.
    pub(crate) fn caller(&self) -> (Token, oneshot::Receiver<Result<(), Undelivered>>) {
        let (sender, receiver) = oneshot::channel();
        (self.entry(Pending::Caller { sender, command: None }), receiver)
    }

    /// Gives up a token for which no record was taken.
    pub(crate) fn forget(&self, token: Token) {
        if let Target::Pending(entry) = token.target() {
            self.pending().try_remove(entry as usize);
        }
    }

    /// The broker has the record.
    pub(crate) fn delivered(&self, token: Token) {
        match token.target() {
            Target::Position { assignment, slot } => self.finish(assignment, slot),
            Target::Pending(entry) => self.delivered_pending(entry as usize),
        }
        self.made_room();
    }

    /// Records have left the producer, one way or the other. A client may keep its memory until after it has reported, so it
    /// says this once more when that is free.
    pub(crate) fn made_room(&self) {
        if self.somebody_waits_for_room.load(Ordering::Relaxed) {
            self.somebody_waits_for_room.store(false, Ordering::Relaxed);
            self.room.notify_waiters();
        }
    }

    /// A record of a partition that was given back is not sent any more. The last record of its command frees the entry.
    pub(crate) fn dropped(&self, token: Token) {
        let Target::Pending(entry) = token.target() else { return };
        match self.take_caller(token) {
            // Whoever waits learns from the end of the channel that no answer will come.
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
            Pending::Command { left: true, .. } | Pending::Nobody { .. } => {}
            Pending::Command { assignment, slot, .. } => self.finish(assignment, slot),
            Pending::Caller { sender, command } => {
                // A caller who has gone no longer wants to know.
                _ = sender.send(Ok(()));
                command.into_iter().for_each(|command| self.dropped(command));
            }
        }
    }

    /// The broker does not have the record, and the client has given up on it.
    pub(crate) fn failed(&self, token: Token, undelivered: Undelivered) {
        self.report_failed(token, undelivered);
        self.made_room();
    }

    fn report_failed(&self, token: Token, undelivered: Undelivered) {
        if let Some((kind, topic)) = self.take_nobody(token) {
            return self.lost(&kind, &topic, &undelivered.error);
        }
        if let Some((token, undelivered)) = self.answer(token, undelivered) {
            self.return_undelivered(token, undelivered);
        }
    }

    /// Tells somebody who waits that a record was not taken. Gives it back if it is a command's and nobody waits for it.
    pub(crate) fn answer(&self, token: Token, undelivered: Undelivered) -> Option<(Token, Undelivered)> {
        match self.take_caller(token) {
            None => Some((token, undelivered)),
            Some((sender, command)) => {
                sender.send(Err(undelivered)).err().and_then(Result::err).and_then(|undelivered| {
                    // A caller who has gone, and whose record is nobody else's, no longer wants to know.
                    command.map(|command| (command, undelivered))
                })
            }
        }
    }

    fn return_undelivered(&self, token: Token, undelivered: Undelivered) {
        self.hold();
        if self.incoming.send(Incoming::Undelivered(token, undelivered)).is_err() {
            // The receiver goes only when the service has stopped; then the position stays uncommitted, as it must.
            self.release();
        }
    }

    /// From now on nothing is sent, because it could overtake what is about to come back.
    pub(crate) fn hold(&self) {
        self.holds.fetch_add(1, Ordering::AcqRel);
    }

    /// The reason for one [`Acks::hold`] is gone, for one that the dispatcher has received: its key is closed.
    pub(crate) fn release(&self) {
        if self.holds.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.made_room();
        }
    }

    /// Whether a producer has to answer that it is full.
    pub(crate) fn is_held(&self) -> bool {
        self.holds.load(Ordering::Acquire) > 0
    }

    /// The position that a token of a command belongs to.
    pub(crate) fn position(&self, token: Token) -> Option<(u32, u64)> {
        let entry = match token.target() {
            Target::Position { assignment, slot } => return Some((assignment, slot)),
            Target::Pending(entry) => entry as usize,
        };
        let command = match self.pending().get(entry)? {
            Pending::Command { assignment, slot, .. } => return Some((*assignment, *slot)),
            Pending::Caller { command, .. } => (*command)?,
            Pending::Nobody { .. } => return None,
        };
        self.position(command)
    }

    /// Marks a position as finished.
    pub(crate) fn finish(&self, assignment: u32, slot: u64) {
        if !self.assignments.finish(assignment, slot) {
            self.late.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How many reports came for partitions that had been given back.
    pub(crate) fn late_reports(&self) -> u64 {
        self.late.load(Ordering::Relaxed)
    }

    /// The service has stopped; that its broker goes away now is no news. Whoever still waits for an acknowledgement, or
    /// for room, is told that none will come.
    pub(crate) fn close(&self) {
        self.closing.store(true, Ordering::Relaxed);
        for (_, pending) in self.pending().iter_mut() {
            if let Pending::Caller { sender, .. } = pending {
                // The entry stays: a late report must not find somebody else in its place.
                *sender = oneshot::channel().0;
            }
        }
        self.room.notify_waiters();
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Relaxed)
    }

    /// Tries `send` until the producer has room. Everything that is not "full" is the caller's to judge.
    pub(crate) async fn when_there_is_room<F>(&self, mut send: F) -> Result<(), SendError>
    where
        F: FnMut() -> Result<(), SendError>,
    {
        loop {
            let mut room = pin!(self.room.notified());
            // Registered before the attempt, so that an acknowledgement between the two is not missed.
            room.as_mut().enable();
            self.somebody_waits_for_room.store(true, Ordering::Relaxed);
            match send() {
                Err(SendError::QueueFull) if !self.is_closing() => room.await,
                other => return other,
            }
        }
    }

    /// Completes when a report has come in, which makes room: one that comes after the call, even before the first poll.
    pub(crate) fn room(&self) -> impl Future<Output = ()> + '_ {
        // A notification between the two would be missed the other way round.
        let room = self.room.notified();
        self.somebody_waits_for_room.store(true, Ordering::Relaxed);
        room
    }
}

#[cfg(test)]
#[path = "acks_tests.rs"]
mod tests;
