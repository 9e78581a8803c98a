//! Records that a handler publishes itself, which count towards the slot of its command.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

use tokio::sync::oneshot;

use super::{Acks, AnswerSender, Incoming, Pending};
use crate::{
    sync,
    transport::{Stored, Token, TokenTarget, Undelivered},
};

/// The publications of one command, over all its attempts. Costs nothing before the first.
#[derive(Debug)]
pub(crate) struct Bound {
    acks: Arc<Acks>,
    assignment: u32,
    slot: u64,
    state: Mutex<BoundState>,
    refusal: OnceLock<String>,
}

#[derive(Clone, Copy, Debug)]
enum BoundState {
    /// Nothing was published so far.
    Untouched,
    /// The entry of the command, which counts the command itself as one, and the number of publications.
    Open { entry: Token, published: u32 },
    /// The command has ended. Later publications do not belong to it.
    Ended,
}

/// The dispatcher's handle. If it is dropped before the command has ended, the command is left to the next owner of its
/// partition.
#[derive(Debug)]
pub(crate) struct BoundGuard(Arc<Bound>);

impl Bound {
    pub(crate) fn new(acks: Arc<Acks>, assignment: u32, slot: u64) -> Arc<Self> {
        let (state, refusal) = (Mutex::new(BoundState::Untouched), OnceLock::new());
        Arc::new(Self { acks, assignment, slot, state, refusal })
    }

    fn state(&self) -> MutexGuard<'_, BoundState> {
        sync::lock(&self.state)
    }

    /// A token for another publication; `None` if the command has ended.
    pub(crate) fn begin(&self) -> Option<Token> {
        let mut state = self.state();
        let (entry, published) = match *state {
            BoundState::Untouched => (self.acks.open(self.assignment, self.slot), 0),
            BoundState::Open { entry, published } => (entry, published),
            BoundState::Ended => return None,
        };
        self.acks.add(entry, 1);
        *state = BoundState::Open { entry, published: published + 1 };
        Some(entry.numbered(published))
    }

    /// Records that an event can never be published. Returns false if the command has ended, so that this does not
    /// affect it.
    pub(crate) fn refuse(&self, reason: &str) -> bool {
        let state = self.state();
        let is_running = !matches!(*state, BoundState::Ended);
        if is_running {
            self.refusal.get_or_init(|| reason.to_owned());
        }
        is_running
    }

    /// Why the command cannot count as handled although its handler succeeded.
    pub(crate) fn refusal(&self) -> Option<&str> {
        self.refusal.get().map(String::as_str)
    }

    /// Ends the command with this many more records. Returns their token and the number of the first, or `None` if
    /// there were no publications. With publications, the slot is finished by the last acknowledgement of all, which
    /// may already have arrived.
    pub(crate) fn end(&self, records: usize) -> Option<(Token, u32)> {
        let BoundState::Open { entry, published } = std::mem::replace(&mut *self.state(), BoundState::Ended) else {
            return None;
        };
        self.acks.add(entry, records);
        self.acks.settle(entry);
        Some((entry, published))
    }
}

impl BoundGuard {
    pub(crate) fn new(bound: Arc<Bound>) -> Self {
        Self(bound)
    }

    pub(crate) fn bound(&self) -> &Arc<Bound> {
        &self.0
    }
}

impl Drop for BoundGuard {
    fn drop(&mut self) {
        if let BoundState::Open { entry, .. } = std::mem::replace(&mut *self.0.state(), BoundState::Ended) {
            self.0.acks.leave(entry);
        }
    }
}

/// A caller that waits for the acknowledgement of a record that a command has published.
pub(crate) struct BoundCaller<'a> {
    acks: &'a Acks,
    command: Token,
    answer: oneshot::Receiver<Result<(), Undelivered>>,
    heard: bool,
}

impl BoundCaller<'_> {
    /// The result of the record; `None` if the service has stopped, or the partition was revoked.
    pub(crate) async fn answer(mut self) -> Option<Result<(), Undelivered>> {
        let answer = (&mut self.answer).await.ok();
        self.heard = true;
        if let Some(Err(_)) = answer {
            // The caller hears of the failure and decides what to do, so the record no longer holds back the slot.
            self.acks.settle(self.command);
        }
        answer
    }
}

impl Drop for BoundCaller<'_> {
    fn drop(&mut self) {
        if self.heard {
            return;
        }
        // The caller no longer waits: from now on the record is like a returned event.
        self.answer.close();
        if let Ok(Err(undelivered)) = self.answer.try_recv() {
            self.acks.return_undelivered(self.command, undelivered);
        }
    }
}

impl Acks {
    /// Creates an entry for a command that publishes while it runs. It counts the command itself as one.
    fn open(&self, assignment: u32, slot: u64) -> Token {
        self.entry(Pending::Command { assignment, slot, open: 1, left: false })
    }

    fn with_command(&self, token: Token, change: impl FnOnce(&mut usize, &mut bool)) {
        let TokenTarget::Pending(entry) = token.target() else { return };
        if let Some(Pending::Command { open, left, .. }) = self.pending().get_mut(entry as usize) {
            change(open, left);
        }
    }

    /// Removes the waiting caller of a token from the table, if it has one.
    pub(crate) fn take_caller(&self, token: Token) -> Option<(AnswerSender, Option<Token>)> {
        let TokenTarget::Pending(entry) = token.target() else { return None };
        let mut pending = self.pending();
        let Some(Pending::Caller { .. }) = pending.get(entry as usize) else { return None };
        match pending.remove(entry as usize) {
            Pending::Caller { sender, command } => Some((sender, command)),
            Pending::Command { .. } | Pending::Detached { .. } => None,
        }
    }

    fn add(&self, entry: Token, records: usize) {
        self.with_command(entry, |open, _| *open += records);
    }

    /// Settles one of the records that an entry counts.
    fn settle(&self, entry: Token) {
        self.dropped(entry);
    }

    /// The command is left to the next owner. Its entry ends with what is still in flight, and finishes nothing.
    fn leave(&self, entry: Token) {
        self.with_command(entry, |_, left| *left = true);
        self.settle(entry);
    }

    /// Hands a command's record to the dispatcher, which sends it in order. Returns false if the dispatcher has ended.
    pub(crate) fn publish(&self, record: Stored) -> bool {
        self.incoming.send(Incoming::Published(record)).is_ok()
    }

    /// Creates a token for a caller that waits for a command's record.
    pub(crate) fn bound_caller(&self, command: Token) -> (Token, BoundCaller<'_>) {
        let (sender, answer) = oneshot::channel();
        let token = self.entry(Pending::Caller { sender, command: Some(command) });
        (token, BoundCaller { acks: self, command, answer, heard: false })
    }
}

#[cfg(test)]
mod tests;
