//! What a handler publishes itself counts for the position of its command.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

use tokio::sync::oneshot;

use super::{Acks, Answer, Incoming, Pending};
use crate::{
    commit::{Target, Token},
    sync,
    transport::{Stored, Undelivered},
};

/// The publications of one command, over all its attempts. Costs nothing before the first.
#[derive(Debug)]
pub(crate) struct Bound {
    acks: Arc<Acks>,
    assignment: u32,
    slot: u64,
    state: Mutex<State>,
    refusal: OnceLock<String>,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// Nothing was published so far.
    Untouched,
    /// The command's entry, in which the command itself counts as one; and how many publications there were.
    Open { entry: Token, published: u32 },
    /// The command has ended. What is published from now on has nothing to do with it.
    Ended,
}

/// The dispatcher's side. If it goes without the command's end, the command is left to the next owner of its partition.
#[derive(Debug)]
pub(crate) struct BoundGuard(Arc<Bound>);

impl Bound {
    pub(crate) fn new(acks: Arc<Acks>, assignment: u32, slot: u64) -> Arc<Self> {
        let (state, refusal) = (Mutex::new(State::Untouched), OnceLock::new());
        Arc::new(Self { acks, assignment, slot, state, refusal })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        sync::lock(&self.state)
    }

    /// A token for one more publication; none if the command has ended.
    pub(in crate::publish) fn begin(&self) -> Option<Token> {
        let mut state = self.state();
        let (entry, published) = match *state {
            State::Untouched => (self.acks.open(self.assignment, self.slot), 0),
            State::Open { entry, published } => (entry, published),
            State::Ended => return None,
        };
        self.acks.add(entry, 1);
        *state = State::Open { entry, published: published + 1 };
        Some(entry.numbered(published))
    }

    /// An event can never be published. False if the command has ended, so that this is not its concern.
    pub(in crate::publish) fn refuse(&self, reason: &str) -> bool {
        let state = self.state();
        let is_running = !matches!(*state, State::Ended);
        if is_running {
            self.refusal.get_or_init(|| reason.to_owned());
        }
        is_running
    }

    /// Why the command cannot count as handled although its handler says so.
    pub(crate) fn refusal(&self) -> Option<&str> {
        self.refusal.get().map(String::as_str)
    }

    /// The command ends with so many more records. Their token and the number of the first; none if there were no
    /// publications. With them the position is finished by the last acknowledgement of all, which may have come already.
    pub(crate) fn end(&self, records: usize) -> Option<(Token, u32)> {
        let State::Open { entry, published } = std::mem::replace(&mut *self.state(), State::Ended) else { return None };
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
        if let State::Open { entry, .. } = std::mem::replace(&mut *self.0.state(), State::Ended) {
            self.0.acks.leave(entry);
        }
    }
}

/// Somebody who waits for the acknowledgement of what a command has published.
pub(crate) struct BoundCaller<'a> {
    acks: &'a Acks,
    command: Token,
    answer: oneshot::Receiver<Result<(), Undelivered>>,
    heard: bool,
}

impl BoundCaller<'_> {
    /// What became of the record; none if the service has stopped, or the partition was given back.
    pub(in crate::publish) async fn answer(mut self) -> Option<Result<(), Undelivered>> {
        let answer = (&mut self.answer).await.ok();
        self.heard = true;
        if let Some(Err(_)) = answer {
            // Whoever hears of it decides what follows, and so it no longer stands in the way of the position.
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
        // Nobody waits any more: from here on it is like an event that was returned.
        self.answer.close();
        if let Ok(Err(undelivered)) = self.answer.try_recv() {
            self.acks.return_undelivered(self.command, undelivered);
        }
    }
}

impl Acks {
    /// An entry for a command that publishes while it runs, in which the command itself counts as one.
    fn open(&self, assignment: u32, slot: u64) -> Token {
        self.entry(Pending::Command { assignment, slot, open: 1, left: false })
    }

    fn with_command(&self, token: Token, change: impl FnOnce(&mut usize, &mut bool)) {
        let Target::Pending(entry) = token.target() else { return };
        if let Some(Pending::Command { open, left, .. }) = self.pending().get_mut(entry as usize) {
            change(open, left);
        }
    }

    /// Takes somebody who waits out of the table, if a token stands for somebody who waits.
    pub(super) fn take_caller(&self, token: Token) -> Option<(Answer, Option<Token>)> {
        let Target::Pending(entry) = token.target() else { return None };
        let mut pending = self.pending();
        let Some(Pending::Caller { .. }) = pending.get(entry as usize) else { return None };
        match pending.remove(entry as usize) {
            Pending::Caller { sender, command } => Some((sender, command)),
            Pending::Command { .. } | Pending::Nobody { .. } => None,
        }
    }

    fn add(&self, entry: Token, records: usize) {
        self.with_command(entry, |open, _| *open += records);
    }

    /// One of what an entry counts is done.
    fn settle(&self, entry: Token) {
        self.dropped(entry);
    }

    /// The command is left to somebody else. Its entry goes with what is still under way, and finishes nothing.
    fn leave(&self, entry: Token) {
        self.with_command(entry, |_, left| *left = true);
        self.settle(entry);
    }

    /// Hands a record of a command to the dispatcher, which sends it in its turn. False if there is none any more.
    pub(in crate::publish) fn publish(&self, record: Stored) -> bool {
        self.incoming.send(Incoming::Published(record)).is_ok()
    }

    /// A token for somebody who waits for a record of a command.
    pub(in crate::publish) fn bound_caller(&self, command: Token) -> (Token, BoundCaller<'_>) {
        let (sender, answer) = oneshot::channel();
        let token = self.entry(Pending::Caller { sender, command: Some(command) });
        (token, BoundCaller { acks: self, command, answer, heard: false })
    }
}

#[cfg(test)]
#[path = "bound_tests.rs"]
mod tests;
