//! Records that end without a handler: skipped or dead-lettered.

use super::{Counters, attempt::AttemptError, intake::Intake, job::origin, outcome::Ended, unknown};
use crate::{
    config::UnknownCommands,
    dead_letter::Reason,
    envelope::Envelope,
    message::{Origin, Record},
    registry::{Kind, RouteId},
};

impl Intake {
    pub(super) fn unknown<R: Record>(&mut self, ended: Ended<'_, R>, route: RouteId, envelope: &Envelope<'_>) {
        let kind = self.core.routes.unknown(route);
        if kind == Kind::Command && self.core.settings.unknown_commands == UnknownCommands::DeadLetter {
            let message = format!("no handler for command `{}`", unknown::shown(&envelope.kind));
            return self.reject(ended, &AttemptError::permanent(Reason::UnknownCommand, message));
        }
        // It is not marked as started: the next owner would not do anything twice.
        if !self.is_kept(ended.assignment.may_start(ended.slot)) {
            return;
        }
        let origin: Origin<'_> = origin(ended.record, ended.assignment);
        match kind {
            Kind::Command => self.unknown.skip_command(&self.core.routes, route, &envelope.kind, &origin),
            Kind::Event => unknown::skip_event(&envelope.kind, &origin),
        }
        self.publishing.breaker.handled();
        Counters::add(&self.core.counters.skipped, 1);
        ended.assignment.finish(ended.slot);
    }

    /// Skips a tombstone. A compacted topic contains them; they are not messages, and nothing is wrong with them.
    pub(super) fn skip_tombstone<R: Record>(&self, ended: Ended<'_, R>) {
        if !self.is_kept(ended.assignment.may_start(ended.slot)) {
            return;
        }
        let Origin { topic, partition, offset, .. } = origin(ended.record, ended.assignment);
        tracing::debug!(topic, partition, offset, "tombstone skipped");
        Counters::add(&self.core.counters.skipped, 1);
        ended.assignment.finish(ended.slot);
    }

    pub(super) fn reject<R: Record>(&mut self, ended: Ended<'_, R>, error: &AttemptError) {
        if self.is_kept(ended.assignment.start(ended.slot)) {
            self.publishing.dead_letter(ended, error);
        }
    }

    /// Returns whether a record may be started. If not, it is abandoned to the next owner of its partition.
    pub(super) fn is_kept(&self, may_start: bool) -> bool {
        if !may_start {
            Counters::add(&self.core.counters.abandoned, 1);
        }
        may_start
    }
}
