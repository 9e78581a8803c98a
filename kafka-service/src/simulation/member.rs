//! The state of one consuming client, as librdkafka keeps it.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Instant,
};

use super::topic;
use crate::consume::{ClientEvent, CommitAnswer, TopicPartition};

/// A client, and what the group and the brokers are about to tell it.
#[derive(Debug, Default)]
pub(super) struct Member {
    /// The name under which it is in the group; it gets another when it comes back after it was expelled.
    pub(super) id: u64,
    /// The group has expelled it.
    pub(super) fenced: bool,
    /// It has heard of that.
    pub(super) told: bool,
    /// What it says when it is asked whether its assignment is lost.
    pub(super) lost: bool,
    /// Its process was told to stop.
    pub(super) stops: bool,
    /// It wants to leave the group.
    pub(super) leaving: bool,
    /// Partitions that the group has given it and not asked back.
    pub(super) given: BTreeSet<i32>,
    /// Partitions that were asked back, and since when the driver knows, if it does.
    pub(super) asked_back: BTreeMap<i32, Option<Instant>>,
    /// Partitions that it has let go. The group hears of it when no commit is on its way.
    pub(super) returning: BTreeSet<i32>,
    pub(super) events: VecDeque<ClientEvent>,
    pub(super) assigned: BTreeMap<i32, Assigned>,
    /// Partitions that are paused. Giving them back does not end that.
    pub(super) paused: BTreeSet<i32>,
    /// The common queue: tenure, partition and record.
    pub(super) queue: VecDeque<(u64, i32, usize)>,
    /// Commits on their way to the broker.
    pub(super) requests: VecDeque<Request>,
    /// Answers on their way back; an unanswered commit has `None`.
    pub(super) answers: VecDeque<Option<Answer>>,
    /// Commits of which the driver has heard nothing, and when the last of them was started.
    pub(super) unanswered: usize,
    pub(super) last_commit: Option<Instant>,
    /// Milliseconds that the driver was ready to wait in this step.
    pub(super) waited: u128,
}

/// One partition at the client.
#[derive(Debug)]
pub(super) struct Assigned {
    pub(super) tenure: u64,
    /// The next record to fetch.
    pub(super) position: usize,
    /// The record behind the last that was given out.
    pub(super) given_out: usize,
    /// Its own queue, while it is not forwarded to the common one.
    pub(super) own: VecDeque<usize>,
    pub(super) forwarded: bool,
    pub(super) stored: i64,
    pub(super) committed: i64,
}

/// Offsets for the broker.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) member: u64,
    pub(super) offsets: Vec<(u64, i32, i64)>,
}

/// The broker's answer to that.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) offsets: Vec<(u64, i32, i64)>,
    pub(super) refused: Option<&'static str>,
}

/// The name of a partition of the topic.
pub(super) fn name(partition: i32) -> TopicPartition {
    TopicPartition::new(topic::NAME, partition)
}

fn names(partitions: &[i32]) -> Vec<TopicPartition> {
    partitions.iter().copied().map(name).collect()
}

impl Member {
    pub(super) fn new(id: u64) -> Self {
        Self { id, ..Self::default() }
    }

    /// Whether the group may start something with it. `one_at_a_time`: only if nothing else is going on.
    pub(super) fn is_free(&self, one_at_a_time: bool) -> bool {
        let waiting = || self.events.iter().any(|event| !matches!(event, ClientEvent::Committed(_)));
        !one_at_a_time || (self.asked_back.is_empty() && !waiting())
    }

    /// Whether it has nothing of the group any more.
    pub(super) fn is_empty(&self) -> bool {
        self.given.is_empty() && self.asked_back.is_empty() && self.returning.is_empty()
    }

    /// The group gives it partitions.
    pub(super) fn give(&mut self, partitions: &[i32]) {
        self.given.extend(partitions);
        self.events.push_back(ClientEvent::Assigned(names(partitions)));
    }

    /// The group wants partitions back, or has given them to somebody else.
    pub(super) fn ask_back(&mut self, partitions: &[i32], lost: bool) {
        for partition in partitions {
            self.given.remove(partition);
            self.asked_back.insert(*partition, None);
        }
        self.events.push_back(ClientEvent::Revoked { partitions: names(partitions), lost });
    }

    /// Whether a commit will never be answered, and the driver may still wait for that.
    pub(super) fn is_answer_lost(&self) -> bool {
        self.answers.iter().any(Option::is_none)
    }

    /// Whether something more of a partition may be fetched.
    pub(super) fn may_fetch(&self, partition: i32) -> bool {
        const PREFETCH: usize = 12;
        let Some(assigned) = self.assigned.get(&partition) else { return false };
        !self.paused.contains(&partition) && assigned.position - assigned.given_out < PREFETCH
    }

    /// Records come in.
    pub(super) fn fetch(&mut self, partition: i32, count: usize, end: usize) {
        let Some(assigned) = self.assigned.get_mut(&partition) else { return };
        for record in assigned.position..end.min(assigned.position + count) {
            if assigned.forwarded {
                self.queue.push_back((assigned.tenure, partition, record));
            } else {
                assigned.own.push_back(record);
            }
            assigned.position = record + 1;
        }
    }

    /// Throws away what was fetched of a partition.
    pub(super) fn drop_fetched(&mut self, partition: i32) {
        self.queue.retain(|(_, other, _)| *other != partition);
        if let Some(assigned) = self.assigned.get_mut(&partition) {
            assigned.own.clear();
            assigned.position = assigned.given_out;
        }
    }

    /// The answer to a commit reaches the client.
    pub(super) fn hear(&mut self, answer: &Answer) {
        let event = match answer.refused {
            Some(reason) => {
                let partitions: Vec<_> = answer.offsets.iter().map(|(_, partition, _)| *partition).collect();
                CommitAnswer::Refused(names(&partitions), reason.to_owned())
            }
            None => {
                for (tenure, partition, offset) in &answer.offsets {
                    if let Some(assigned) = self.assigned.get_mut(partition).filter(|own| own.tenure == *tenure) {
                        assigned.committed = assigned.committed.max(*offset);
                    }
                }
                let offsets = answer.offsets.iter().map(|(_, partition, offset)| (name(*partition), *offset));
                CommitAnswer::Accepted(offsets.collect())
            }
        };
        self.events.push_back(ClientEvent::Committed(event));
    }
}
