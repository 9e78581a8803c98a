//! What is known about one assigned partition, from its records and from the answers of its leader.

use std::time::{Duration, Instant};

use rdkafka::error::RDKafkaErrorCode;

use super::{
    deadlines::{SILENCE, SUSPECT},
    ffi::AnswerError,
    fresh::Suspicion,
};
use crate::{
    health::{HealthState, Reason},
    transport::{PartitionView, TopicPartition},
};

/// How long the last stable offset may stay behind existing records. Transactions of most producers are shorter.
const OPEN_TOO_LONG: Duration = Duration::from_secs(30);

/// One assigned partition.
#[derive(Debug)]
pub(super) struct Watched {
    /// When its leader last sent a record or an answer.
    pub(super) heard: Instant,
    received: u64,
    /// The next offset to receive: that after the last record. It is unknown before the first, and the end offset of
    /// the first answer is used instead: what is written from then on must arrive.
    next: Option<i64>,
    /// The last known end offset for consumers: that of committed records.
    end: Option<i64>,
    /// Since when this end has not moved although there are records past it, and when that was last observed.
    open: Option<(Instant, Instant)>,
    /// Since when records are waiting and none arrives.
    stuck_since: Option<Instant>,
    /// The end offset for which a new client received no record either.
    dismissed: Option<i64>,
    /// Whether it has no offset to read from.
    is_stopped: bool,
    /// Since when its leader does not answer, and its last error.
    failing: Option<(Instant, String)>,
    /// When nothing answered last. That is a problem of its own, and after it the leader has time to answer.
    all_silent: Option<Instant>,
    /// Whether health must be told when this ends, also if the client has reported it.
    failing_raised: bool,
    open_raised: bool,
}

impl Watched {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            heard: now,
            received: 0,
            next: None,
            end: None,
            open: None,
            stuck_since: None,
            dismissed: None,
            is_stopped: false,
            failing: None,
            all_silent: None,
            failing_raised: false,
            open_raised: false,
        }
    }

    /// Counts records that arrived since the last check as an answer.
    pub(super) fn see(&mut self, view: &PartitionView<'_>, is_busy: bool, now: Instant) {
        if view.received != self.received {
            self.heard = now;
            self.failing = None;
            self.stuck_since = None;
        }
        self.received = view.received;
        self.is_stopped = view.is_stopped;
        self.next = view.next_offset.or(self.next);
        if self.end.zip(self.next).is_some_and(|(end, next)| next > end) {
            // Received records are stable.
            self.open = None;
        }
        if view.is_throttled || is_busy || !self.is_waiting() {
            self.stuck_since = None;
        } else {
            self.stuck_since.get_or_insert(now);
        }
    }

    /// Whether its leader has records that were not received.
    pub(super) fn is_waiting(&self) -> bool {
        let behind = self.end.zip(self.next).is_some_and(|(end, next)| end > next);
        behind && self.dismissed != self.end
    }

    /// Handles the answer of its leader, or its failure.
    pub(super) fn answered(&mut self, end: Result<i64, AnswerError>, committed: bool, asked: Instant, now: Instant) {
        match end {
            Ok(end) => {
                self.heard = now;
                self.failing = None;
                self.failing_raised |= !self.is_stopped;
                self.move_end(end, committed, now);
            }
            Err(error) => {
                let since = self.failing.take().map_or(asked, |(since, _)| since);
                self.failing = Some((since, error.text));
            }
        }
    }

    fn move_end(&mut self, end: i64, committed: bool, now: Instant) {
        if !committed {
            let is_open = self.end.is_some_and(|stable| end > stable);
            self.open = is_open.then(|| (self.open.map_or(now, |(since, _)| since), now));
            return;
        }
        if self.end != Some(end) {
            self.open = None;
        }
        self.end = Some(end);
        self.next.get_or_insert(end);
    }

    /// Reports to health. `all_silent`: no broker answers, which is one reason and not one per partition.
    pub(super) fn judge(&mut self, name: &TopicPartition, health: &HealthState, all_silent: bool, now: Instant) {
        self.judge_leader(name, health, all_silent, now);
        self.judge_transaction(name, health, now);
    }

    fn judge_leader(&mut self, name: &TopicPartition, health: &HealthState, all_silent: bool, now: Instant) {
        let reason = || Reason::PartitionNotFetched { topic: name.topic.to_string(), partition: name.partition };
        if all_silent {
            self.all_silent = Some(now);
        }
        match &self.failing {
            // A leader that is back has as long as any other to answer, or the service would be ready for a moment only.
            Some((since, cause))
                if now.duration_since(self.all_silent.map_or(*since, |at| at.max(*since))) >= SILENCE =>
            {
                health.raise(reason(), cause.clone(), now);
                self.failing_raised = true;
            }
            None if std::mem::take(&mut self.failing_raised) => health.clear(&reason(), now),
            _ => {}
        }
    }

    fn judge_transaction(&mut self, name: &TopicPartition, health: &HealthState, now: Instant) {
        let reason = || Reason::OpenTransaction { topic: name.topic.to_string(), partition: name.partition };
        match self.open {
            // While records arrive, no request is sent, and earlier observations do not count.
            Some((since, seen)) if seen.duration_since(since) >= OPEN_TOO_LONG => {
                let cause =
                    format!("the last stable offset has been stuck at {} for {OPEN_TOO_LONG:?}", self.end.unwrap_or(0));
                health.raise(reason(), cause, now);
                self.open_raised = true;
            }
            None if std::mem::take(&mut self.open_raised) => health.clear(&reason(), now),
            _ => {}
        }
    }

    /// Called when the partition is no longer assigned.
    pub(super) fn forget(&mut self, name: &TopicPartition, health: &HealthState, now: Instant) {
        self.failing = None;
        self.open = None;
        self.judge(name, health, false, now);
    }

    pub(super) fn suspicion(&self, name: &TopicPartition, now: Instant) -> Option<Suspicion> {
        let overdue = |since: Instant| now.duration_since(since) >= SUSPECT;
        if self.failing.as_ref().is_some_and(|(since, _)| overdue(*since)) {
            return Some(Suspicion::Leader(name.clone()));
        }
        self.stuck_since.is_some_and(overdue).then(|| Suspicion::Records(name.clone(), self.next))
    }

    pub(super) fn dismiss(&mut self) {
        self.dismissed = self.end;
        self.stuck_since = None;
    }
}

/// Whether an error is certainly the answer of a broker. Most others may also come from the client's cached metadata.
pub(super) fn is_said_by_broker(code: RDKafkaErrorCode) -> bool {
    matches!(
        code,
        RDKafkaErrorCode::TopicAuthorizationFailed
            | RDKafkaErrorCode::GroupAuthorizationFailed
            | RDKafkaErrorCode::ClusterAuthorizationFailed
    )
}

#[cfg(test)]
mod tests;
