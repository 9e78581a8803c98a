//! The state of one consuming client, as in librdkafka.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Instant,
};

use super::topic;
use crate::transport::{ClientEvent, CommitAnswer, TopicPartition};

/// A client, and what the group and the brokers are about to tell it.
#[derive(Debug, Default)]
pub(super) struct Member {
    /// Its id in the group. It gets another when it joins again after it was expelled.
    pub(super) id: u64,
    /// Whether the group has expelled it.
    pub(super) fenced: bool,
    /// Whether it knows that.
    pub(super) told: bool,
    /// Its answer when it is asked whether its assignment is lost.
    pub(super) lost: bool,
    /// Whether its process was told to stop.
    pub(super) stops: bool,
    /// Whether it wants to leave the group.
    pub(super) leaving: bool,
    /// Partitions that are assigned and not being revoked.
    pub(super) given: BTreeSet<i32>,
    /// Partitions that are being revoked, and since when the driver knows, if it does.
    pub(super) asked_back: BTreeMap<i32, Option<Instant>>,
    /// Partitions that it has given up. The group is told when no commit is in flight.
    pub(super) returning: BTreeSet<i32>,
    pub(super) events: VecDeque<ClientEvent>,
    pub(super) assigned: BTreeMap<i32, Assigned>,
    /// Partitions that are paused. Giving them up does not end the pause.
    pub(super) paused: BTreeSet<i32>,
    /// The common queue: tenure, partition and item.
    pub(super) queue: VecDeque<(u64, i32, Item)>,
    /// Commits on their way to the broker.
    pub(super) requests: VecDeque<Request>,
    /// Answers on their way back. An unanswered commit has `None`.
    pub(super) answers: VecDeque<Option<Answer>>,
    /// The number of commits without an answer that the driver knows, and when the last of them was started.
    pub(super) unanswered: usize,
    pub(super) last_commit: Option<Instant>,
    /// Whether the last answer that the driver received was a rejection.
    pub(super) refused: bool,
    /// Milliseconds that the driver was willing to wait in this step.
    pub(super) waited: u128,
    /// Whether a rebalance pauses all partitions until it is answered.
    pauses: bool,
}

/// One partition in the client.
#[derive(Debug)]
pub(super) struct Assigned {
    pub(super) tenure: u64,
    /// The tenures before each reset that went back: work for them may still be in flight.
    pub(super) old: Vec<u64>,
    /// The next record to fetch.
    pub(super) position: usize,
    /// The record after the last that was delivered.
    pub(super) given_out: usize,
    /// Where it would continue after a pause without a seek.
    pub(super) application: usize,
    /// The end that was last reported.
    pub(super) ended: Option<usize>,
    /// Whether a rebalance is unanswered.
    pub(super) rebalances: bool,
    /// Its own queue, while it is not forwarded to the common one.
    pub(super) own: VecDeque<(u64, Item)>,
    pub(super) forwarded: bool,
    pub(super) stored: i64,
    /// The tenure that the offset was stored for.
    pub(super) stored_for: u64,
    pub(super) committed: i64,
}

/// A fetched item and its position.
#[derive(Clone, Copy, Debug)]
pub(super) enum Item {
    Record(usize),
    /// The log ends before this record.
    End(usize),
    /// This record could not be fetched.
    Error(usize),
}

/// A commit request.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) member: u64,
    pub(super) offsets: Vec<(u64, i32, i64)>,
    /// Whether these are explicit offsets, which may go back.
    pub(super) goes_back: bool,
    /// Partitions whose stored offset is not newer than the committed one.
    pub(super) left_out: Vec<i32>,
}

/// The broker's answer to a request.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) offsets: Vec<(u64, i32, i64)>,
    pub(super) refused: Option<&'static str>,
    pub(super) goes_back: bool,
    pub(super) left_out: Vec<i32>,
}

/// The name of a partition of the topic.
pub(super) fn name(partition: i32) -> TopicPartition {
    TopicPartition::new(topic::NAME, partition)
}

fn names(partitions: &[i32]) -> Vec<TopicPartition> {
    partitions.iter().copied().map(name).collect()
}

impl Member {
    pub(super) fn new(id: u64, pauses: bool) -> Self {
        Self { id, pauses, ..Self::default() }
    }

    /// Starts a rebalance.
    fn pause_all(&mut self) {
        if self.pauses {
            let partitions: Vec<_> = self.assigned.keys().copied().collect();
            partitions.into_iter().for_each(|partition| self.drop_fetched(partition));
            self.assigned.values_mut().for_each(|assigned| assigned.rebalances = true);
        }
    }

    /// Whether the group may start a rebalance with it. `one_at_a_time`: only if no other is in progress.
    pub(super) fn is_free(&self, one_at_a_time: bool) -> bool {
        let waiting =
            || self.events.iter().any(|event| !matches!(event, ClientEvent::Committed(_) | ClientEvent::NotNewer(_)));
        !one_at_a_time || (self.asked_back.is_empty() && !waiting())
    }

    /// Whether it has no partition of the group.
    pub(super) fn is_empty(&self) -> bool {
        self.given.is_empty() && self.asked_back.is_empty() && self.returning.is_empty()
    }

    /// The group assigns partitions to it.
    pub(super) fn give(&mut self, partitions: &[i32]) {
        self.pause_all();
        self.given.extend(partitions);
        self.events.push_back(ClientEvent::Assigned(names(partitions)));
    }

    /// The group revokes partitions, or has assigned them to another member.
    pub(super) fn ask_back(&mut self, partitions: &[i32], lost: bool) {
        self.pause_all();
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

    /// Whether more of a partition may be fetched.
    pub(super) fn may_fetch(&self, partition: i32) -> bool {
        const PREFETCH: usize = 12;
        let Some(assigned) = self.assigned.get(&partition) else { return false };
        let is_paused = self.paused.contains(&partition) || assigned.rebalances;
        !is_paused && assigned.position.saturating_sub(assigned.given_out) < PREFETCH
    }

    /// Adds a fetched item.
    pub(super) fn fetched(&mut self, partition: i32, item: Item) {
        let Some(assigned) = self.assigned.get_mut(&partition) else { return };
        if assigned.forwarded {
            self.queue.push_back((assigned.tenure, partition, item));
        } else {
            assigned.own.push_back((assigned.tenure, item));
        }
        match item {
            Item::Record(record) => assigned.position = record + 1,
            Item::End(place) => assigned.ended = Some(place),
            Item::Error(_) => {}
        }
    }

    /// Discards what was fetched of a partition.
    pub(super) fn drop_fetched(&mut self, partition: i32) {
        self.queue.retain(|(_, other, _)| *other != partition);
        if let Some(assigned) = self.assigned.get_mut(&partition) {
            assigned.own.clear();
            assigned.ended = None;
            assigned.position = if self.pauses { assigned.application } else { assigned.given_out };
        }
    }

    /// Sends a commit: of these offsets, or of all that are stored and new, whatever the call was about.
    pub(super) fn request(&mut self, explicit: Vec<(u64, i32, i64)>, goes_back: bool) {
        let (stored, left_out): (Vec<_>, Vec<_>) =
            self.assigned.iter().partition(|(_, assigned)| assigned.stored > assigned.committed);
        let left_out = left_out.into_iter().map(|(partition, _)| *partition).filter(|_| !goes_back).collect();
        let stored = stored.into_iter().map(|(place, assigned)| (assigned.stored_for, *place, assigned.stored));
        let offsets = if goes_back { explicit } else { stored.collect() };
        if offsets.is_empty() {
            self.hear(&Answer { offsets, refused: None, goes_back, left_out });
        } else {
            self.requests.push_back(Request { member: self.id, offsets, goes_back, left_out });
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
                    let assigned = self.assigned.get_mut(partition);
                    if let Some(assigned) = assigned.filter(|own| own.tenure == *tenure || own.old.contains(tenure)) {
                        let before = if answer.goes_back { *offset } else { assigned.committed };
                        assigned.committed = before.max(*offset);
                    }
                }
                let offsets = answer.offsets.iter().map(|(_, partition, offset)| (name(*partition), *offset));
                CommitAnswer::Accepted(offsets.collect())
            }
        };
        self.events.push_back(ClientEvent::Committed(event));
        if answer.refused.is_none() && !answer.left_out.is_empty() {
            self.events.push_back(ClientEvent::NotNewer(names(&answer.left_out)));
        }
    }
}
