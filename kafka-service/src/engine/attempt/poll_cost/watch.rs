//! Detects a handler that blocks its thread while it does so: polls are measured only when they end, and only some.

use std::time::{Duration, Instant};

use super::PollCosts;
use crate::registry::Handler;

/// A poll of this length is reported before it ends: it may never end. A shorter one may end in a panic, and what took
/// long was then the panic hook, which prints a backtrace.
const REPORTED_UNFINISHED: Duration = Duration::from_secs(1);

/// The poll that was in progress when the watch looked last.
#[derive(Debug, Default)]
pub(crate) struct PollWatch {
    seen: Option<SeenPoll>,
}

#[derive(Debug)]
struct SeenPoll {
    number: u64,
    handler: &'static Handler,
    /// When it was first and last seen.
    first: Instant,
    last: Instant,
}

impl PollWatch {
    /// Warns about a poll that has been in progress for several calls of this, once it has ended or takes too long.
    pub(crate) fn look(&mut self, costs: &PollCosts, now: Instant) {
        let current = costs.current();
        if let Some(seen) = &mut self.seen
            && current.is_some_and(|(number, _)| number == seen.number)
        {
            seen.last = now;
            if seen.took() >= REPORTED_UNFINISHED {
                costs.blocked(seen.handler, seen.took());
            }
            return;
        }
        let next = current.map(|(number, cost)| SeenPoll { number, handler: cost.handler, first: now, last: now });
        if let Some(ended) = std::mem::replace(&mut self.seen, next)
            && ended.took() > Duration::ZERO
            && !costs.has_panicked(ended.handler, ended.number)
        {
            costs.blocked(ended.handler, ended.took());
        }
    }
}

impl SeenPoll {
    fn took(&self) -> Duration {
        self.last.duration_since(self.first)
    }
}
