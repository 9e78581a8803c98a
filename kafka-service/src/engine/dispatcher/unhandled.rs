//! Records that end without a handler: skipped or dead-lettered.
//!
//! For commands, one log line per type and hour, with a count. Events of other services are expected, so they are
//! skipped silently.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use super::Intake;
use crate::{
    config::UnknownCommands,
    dead_letter::Reason,
    engine::{
        Counters,
        attempt::{AttemptError, Delivery},
        log_text::shown,
    },
    message::{Origin, Record, envelope::Envelope},
    registry::{Kind, RouteId, Routes},
};

/// How many types are counted separately; a sender of random types must not fill the memory.
const KEPT_TYPES: usize = 1_000;

/// How often a type is logged at most.
const LOGGED_EVERY: Duration = Duration::from_secs(60 * 60);

/// The commands without a handler, and how often each was seen.
#[derive(Debug, Default)]
pub(super) struct UnhandledCommands {
    seen: HashMap<String, Seen>,
}

/// How often a type was seen, in total and since it was logged.
#[derive(Debug)]
struct Seen {
    total: u64,
    since_logged: u64,
    logged_at: Instant,
}

impl UnhandledCommands {
    /// Counts a command. The first of each type is logged with the closest known name, and then one each hour.
    fn skip(&mut self, routes: &Routes, route: RouteId, kind: &str, origin: &Origin<'_>, now: Instant) {
        let Some(skipped) = self.count(kind, now) else { return };
        tracing::warn!(
            topic = origin.topic,
            partition = origin.partition,
            offset = origin.offset,
            command = %shown(kind),
            closest = routes.closest(route, kind),
            skipped,
            help = "if only this service reads the topic, set KAFKA_UNKNOWN_COMMANDS=dead-letter: unknown commands are then \
                    dead-lettered instead of skipped",
            "no handler for command; skipping (logged at most once per hour for each command)"
        );
    }

    /// Counts a command. If it is to be logged, returns how many of its type were skipped since the last time.
    fn count(&mut self, kind: &str, now: Instant) -> Option<u64> {
        if let Some(seen) = self.seen.get_mut(kind) {
            return seen.again(now);
        }
        if self.seen.len() >= KEPT_TYPES {
            return None;
        }
        self.seen.insert(kind.to_owned(), Seen { total: 1, since_logged: 0, logged_at: now });
        Some(1)
    }

    /// Whether every command so far had a handler.
    pub(super) fn is_empty(&self) -> bool {
        self.seen.is_empty()
    }

    /// What was skipped in total, by type, most frequent first.
    pub(super) fn summary(&self) -> Vec<(&str, u64)> {
        let mut counts: Vec<_> = self.seen.iter().map(|(kind, seen)| (kind.as_str(), seen.total)).collect();
        counts.sort_unstable_by_key(|(kind, count)| (std::cmp::Reverse(*count), *kind));
        counts
    }
}

impl Seen {
    fn again(&mut self, now: Instant) -> Option<u64> {
        self.total += 1;
        self.since_logged += 1;
        if now.duration_since(self.logged_at) < LOGGED_EVERY {
            return None;
        }
        self.logged_at = now;
        Some(std::mem::take(&mut self.since_logged))
    }
}

/// Skips an event without a handler: the common case on a topic that all services publish to, so it is not counted by
/// type.
fn skip_event(kind: &str, origin: &Origin<'_>) {
    tracing::debug!(
        topic = origin.topic,
        partition = origin.partition,
        offset = origin.offset,
        event = %shown(kind),
        "no handler for event; skipping"
    );
}

impl Intake {
    pub(super) fn unhandled<R: Record>(&mut self, delivery: Delivery<'_, R>, route: RouteId, envelope: &Envelope<'_>) {
        let kind = self.routes.unknown(route);
        if kind == Kind::Command && self.settings.unknown_commands == UnknownCommands::DeadLetter {
            let message = format!("no handler for command `{}`", shown(&envelope.kind));
            return self.reject(delivery, &AttemptError::permanent(Reason::UnknownCommand, message));
        }
        // It is not marked as started: the next owner would not do anything twice.
        if !self.is_kept(delivery.assignment.may_start(delivery.slot)) {
            return;
        }
        let origin = delivery.origin();
        match kind {
            Kind::Command => {
                let now = self.shared.clock.instant();
                self.unhandled.skip(&self.routes, route, &envelope.kind, &origin, now);
            }
            Kind::Event => skip_event(&envelope.kind, &origin),
        }
        self.output.skipped();
        Counters::add(&self.shared.counters.skipped, 1);
        delivery.assignment.finish(delivery.slot);
    }

    /// Skips a tombstone. A compacted topic contains them; they are not messages, and nothing is wrong with them.
    pub(super) fn skip_tombstone<R: Record>(&self, delivery: Delivery<'_, R>) {
        if !self.is_kept(delivery.assignment.may_start(delivery.slot)) {
            return;
        }
        let Origin { topic, partition, offset, .. } = delivery.origin();
        tracing::debug!(topic, partition, offset, "tombstone skipped");
        Counters::add(&self.shared.counters.skipped, 1);
        delivery.assignment.finish(delivery.slot);
    }

    /// Logs what was skipped or ignored in total.
    pub(super) fn log_summary(&self) {
        for (command, count) in self.unhandled.summary() {
            tracing::info!(command, count, "commands without a handler skipped");
        }
        let ignored = Counters::get(&self.shared.counters.ignored_fields);
        if ignored > 0 {
            tracing::info!(ignored, "envelope fields of an unexpected type ignored");
        }
    }

    pub(super) fn reject<R: Record>(&mut self, delivery: Delivery<'_, R>, error: &AttemptError) {
        if self.is_kept(delivery.assignment.start(delivery.slot)) {
            self.output.dead_letter(delivery, error);
        }
    }

    /// Returns whether a record may be started. If not, it is abandoned to the next owner of its partition.
    pub(super) fn is_kept(&self, may_start: bool) -> bool {
        if !may_start {
            Counters::add(&self.shared.counters.abandoned, 1);
        }
        may_start
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_command_is_logged_once_per_hour_with_a_count() {
        let (mut unhandled, began) = (UnhandledCommands::default(), Instant::now());
        let mut at = |minutes: u64, kind| unhandled.count(kind, began + Duration::from_secs(60 * minutes));
        assert_eq!((at(0, "a"), at(0, "b")), (Some(1), Some(1)));
        assert_eq!((at(1, "a"), at(59, "a"), at(60, "a")), (None, None, Some(3)));
        assert_eq!((at(61, "a"), at(200, "a"), at(200, "b")), (None, Some(2), Some(1)));
        assert_eq!(unhandled.summary(), [("a", 6), ("b", 2)]);
    }

    #[test]
    fn the_number_of_counted_commands_is_bounded() {
        let (mut unhandled, now) = (UnhandledCommands::default(), Instant::now());
        for n in 0..2 * KEPT_TYPES {
            assert_eq!(unhandled.count(&n.to_string(), now).is_some(), n < KEPT_TYPES);
        }
        assert_eq!(unhandled.seen.len(), KEPT_TYPES);
    }
}
