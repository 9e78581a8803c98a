//! Records that end without a handler: skipped or dead-lettered.
//!
//! For commands, one log line per type, then a count. Events of other services are expected, so they are skipped
//! silently.

use std::collections::HashMap;

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

/// The commands without a handler, and how often each was seen.
#[derive(Debug, Default)]
pub(super) struct UnhandledCommands {
    seen: HashMap<String, u64>,
}

impl UnhandledCommands {
    /// Counts a command. The first of each type is logged with the closest known name.
    fn skip(&mut self, routes: &Routes, route: RouteId, kind: &str, origin: &Origin<'_>) {
        if let Some(count) = self.seen.get_mut(kind) {
            *count += 1;
            return;
        }
        if self.seen.len() >= KEPT_TYPES {
            return;
        }
        self.seen.insert(kind.to_owned(), 1);
        tracing::warn!(
            topic = origin.topic,
            partition = origin.partition,
            offset = origin.offset,
            command = %shown(kind),
            closest = routes.closest(route, kind),
            "no handler for command; skipping (further occurrences are counted, not logged)"
        );
    }

    /// Whether every command so far had a handler.
    pub(super) fn is_empty(&self) -> bool {
        self.seen.is_empty()
    }

    /// What was skipped in total, by type, most frequent first.
    pub(super) fn summary(&self) -> Vec<(&str, u64)> {
        let mut counts: Vec<_> = self.seen.iter().map(|(kind, count)| (kind.as_str(), *count)).collect();
        counts.sort_unstable_by_key(|(kind, count)| (std::cmp::Reverse(*count), *kind));
        counts
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
            Kind::Command => self.unhandled.skip(&self.routes, route, &envelope.kind, &origin),
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
