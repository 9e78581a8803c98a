//! Detects that a service does not make progress although it should. Pure.

use std::time::{Duration, Instant};

/// The progress of a service: it changes whenever a record is received, handled or committed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Achieved {
    pub(crate) received: u64,
    pub(crate) handled: u64,
    pub(crate) committed: u64,
}

/// Whether there is work to do, and a reason to wait.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Work {
    /// Records are waiting to be received, handled or committed.
    pub(crate) is_waiting: bool,
    /// Something outside of the process has failed, or a retry is not due yet.
    pub(crate) is_excused: bool,
}

/// The result of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Fine,
    /// The first limit has passed: a new client may help.
    Recreate,
    /// The second limit has passed: nothing in this process will help.
    Stalled,
}

/// Tracks the progress of a service.
#[derive(Debug)]
pub(crate) struct StallWatch {
    /// `None` disables the check.
    limit: Option<Duration>,
    progress: Achieved,
    since: Instant,
    is_recreated: bool,
}

impl StallWatch {
    /// `limit` must not be shorter than the timeout of any handler. Every handler that runs without progress for that
    /// long has then exceeded its timeout.
    pub(crate) fn new(limit: Option<Duration>, now: Instant) -> Self {
        Self { limit, progress: Achieved::default(), since: now, is_recreated: false }
    }

    pub(crate) fn look(&mut self, progress: Achieved, work: Work, now: Instant) -> Verdict {
        let before = std::mem::replace(&mut self.progress, progress);
        // A new client starts with nothing committed, and receives again what the old one had received.
        let is_settling = progress.handled > before.handled || progress.committed > before.committed;
        let is_moving = is_settling || progress.received > before.received;
        if is_moving || !work.is_waiting || work.is_excused {
            self.since = now;
            self.is_recreated &= !is_settling;
            return Verdict::Fine;
        }
        match self.limit {
            Some(limit) if now.duration_since(self.since) >= limit && self.is_recreated => Verdict::Stalled,
            Some(limit) if now.duration_since(self.since) >= limit => {
                self.is_recreated = true;
                self.since = now;
                Verdict::Recreate
            }
            _ => Verdict::Fine,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(300);
    const WAITING: Work = Work { is_waiting: true, is_excused: false };
    const EXCUSED: Work = Work { is_waiting: true, is_excused: true };
    const IDLE: Work = Work { is_waiting: false, is_excused: false };

    fn progress(received: u64) -> Achieved {
        Achieved { received, ..Achieved::default() }
    }

    #[test]
    fn a_stall_gets_a_new_client_first_and_then_fails_liveness() {
        let start = Instant::now();
        let mut watch = StallWatch::new(Some(LIMIT), start);
        assert_eq!(watch.look(progress(1), WAITING, start), Verdict::Fine);
        assert_eq!(watch.look(progress(1), WAITING, start + LIMIT / 2), Verdict::Fine);
        assert_eq!(watch.look(progress(1), WAITING, start + LIMIT), Verdict::Recreate);
        assert_eq!(
            watch.look(progress(1), WAITING, start + LIMIT + LIMIT / 2),
            Verdict::Fine,
            "the new one has its time"
        );
        assert_eq!(watch.look(progress(1), WAITING, start + LIMIT * 2), Verdict::Stalled);
        assert_eq!(watch.look(progress(1), WAITING, start + LIMIT * 3), Verdict::Stalled);
        let handled = Achieved { handled: 1, ..progress(1) };
        assert_eq!(watch.look(handled, WAITING, start + LIMIT * 3), Verdict::Fine, "it goes on after all");
        assert_eq!(watch.look(handled, WAITING, start + LIMIT * 4), Verdict::Recreate);
    }

    #[test]
    fn redelivered_records_do_not_end_a_stall() {
        let start = Instant::now();
        let mut watch = StallWatch::new(Some(LIMIT), start);
        let committed = Achieved { committed: 7, ..progress(1) };
        assert_eq!(watch.look(committed, WAITING, start), Verdict::Fine);
        assert_eq!(watch.look(committed, WAITING, start + LIMIT), Verdict::Recreate);
        let again = Achieved { committed: 0, ..progress(2) };
        assert_eq!(watch.look(again, WAITING, start + LIMIT), Verdict::Fine);
        assert_eq!(watch.look(again, WAITING, start + LIMIT * 2), Verdict::Stalled);
    }

    #[test]
    fn outages_and_idle_services_do_not_count_as_a_stall() {
        let start = Instant::now();
        for work in [EXCUSED, IDLE] {
            let mut watch = StallWatch::new(Some(LIMIT), start);
            assert!((0..10).all(|times| watch.look(progress(1), work, start + LIMIT * times) == Verdict::Fine));
            assert_eq!(watch.look(progress(1), WAITING, start + LIMIT * 9 + LIMIT / 2), Verdict::Fine);
        }
    }

    #[test]
    fn stalls_are_not_detected_without_a_limit() {
        let start = Instant::now();
        let mut watch = StallWatch::new(None, start);
        assert!((0..10).all(|times| watch.look(progress(1), WAITING, start + LIMIT * times) == Verdict::Fine));
    }
}
