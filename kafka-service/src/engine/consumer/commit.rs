//! Commits finished work. It leaves the engine only here.

use std::time::{Duration, Instant};

use super::partition::Partition;
use crate::{
    engine::Driver,
    transport::{Client, TopicPartition},
};

/// How long the next commit waits for the answer to the previous one. Longer than the client keeps a commit without a
/// coordinator, which is the session timeout.
pub(crate) const ANSWER_WITHIN: Duration = Duration::from_secs(60);

/// Commits that the broker has not answered yet.
///
/// Without a coordinator, the client keeps every commit that was started. When there is one again, it sends them one by
/// one, in no particular order: an old one may arrive after a newer one and set the group back. So the next commit
/// starts only when the previous one is answered. The client should always answer in the end; if it does not,
/// every unacknowledged offset is committed again.
#[derive(Debug, Default)]
pub(super) struct Unanswered {
    count: usize,
    since: Option<Instant>,
}

impl Unanswered {
    pub(super) fn started(&mut self, now: Instant) {
        self.count += 1;
        self.since = Some(now);
    }

    pub(super) fn answered(&mut self) {
        self.count = self.count.saturating_sub(1);
    }

    pub(super) fn hold_back(&self) -> bool {
        self.count > 0
    }

    /// Whether the answer is overdue and no longer expected. Returns true once.
    fn give_up(&mut self, now: Instant) -> bool {
        let given_up = self.count > 0 && self.since.is_some_and(|since| now.duration_since(since) >= ANSWER_WITHIN);
        if given_up {
            *self = Self::default();
        }
        given_up
    }
}

/// Consecutive commits that were rejected.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    count: u32,
    last: String,
    not_before: Option<Instant>,
}

const FIRST_BACKOFF: Duration = Duration::from_millis(100);
const LONGEST_BACKOFF: Duration = Duration::from_secs(2);

impl Refusals {
    pub(super) fn add(&mut self, reason: String, now: Instant) {
        let backoff = FIRST_BACKOFF.saturating_mul(1 << self.count.min(10)).min(LONGEST_BACKOFF);
        self.count += 1;
        self.last = reason;
        self.not_before = Some(now + backoff);
    }

    pub(super) fn end(&mut self) {
        *self = Self::default();
    }

    /// The reason of the last rejection; empty if there was none.
    pub(super) fn last(&self) -> &str {
        &self.last
    }

    fn hold_back(&self, now: Instant) -> bool {
        self.not_before.is_some_and(|not_before| now < not_before)
    }
}

impl<C: Client> Driver<C> {
    /// Whether a quarter of a window has finished since the last commit.
    pub(super) fn is_commit_due(&mut self) -> bool {
        let quarter = u64::try_from(self.settings.max_uncommitted / 4).unwrap_or(u64::MAX).max(1);
        let mut due = false;
        for partition in self.partitions.iter_mut() {
            partition.tracker.advance();
            due |= partition.tracker.to_hand_over() >= quarter;
        }
        due
    }

    /// Commits, unless the previous commit is still unanswered.
    pub(super) fn commit(&mut self, now: Instant) {
        if self.unanswered.give_up(now) {
            // With a full window nothing more finishes, so nothing else would trigger a commit.
            self.partitions.iter_mut().for_each(|partition| partition.tracker.reset_uncommitted());
        }
        if self.unanswered.hold_back() || self.refusals.hold_back(now) || self.commit_back(now) {
            return;
        }
        // The client would leave out a stored offset of the others.
        let partitions = self.partitions.iter_mut().filter(|partition| !partition.tracker.is_overshot());
        if commit(&mut self.client, C::commit, partitions, now) {
            self.unanswered.started(now);
        }
    }

    /// Commits backwards the partitions that were reset. Returns whether there was one. A commit of stored offsets
    /// would leave them out, because the committed offset is past theirs.
    ///
    /// The broker accepts an explicit offset whatever the client knows. So it is sent only if it can do no harm: the
    /// partition is owned, no rebalance is in progress that could assign it to another member, and no other commit is
    /// in flight that could arrive after it. The offset is that of the reset, or what has finished since. If it arrives
    /// too late, after another member has committed more, records are redelivered, but none is lost.
    fn commit_back(&mut self, now: Instant) -> bool {
        let overshot = |partition: &&mut Partition<C::Record>| partition.tracker.is_overshot();
        if !self.revokes.is_empty() || !self.partitions.iter_mut().any(|each| overshot(&each)) || self.client.is_lost()
        {
            return false;
        }
        let started = commit(&mut self.client, C::commit_back, self.partitions.iter_mut().filter(overshot), now);
        if started {
            self.unanswered.started(now);
        }
        started
    }

    /// Commits for the last time.
    pub(super) fn commit_final(&mut self, now: Instant) {
        if commit(&mut self.client, C::commit, self.partitions.iter_mut(), now) {
            self.unanswered.started(now);
        }
    }
}

/// [`Client::commit`], or [`Client::commit_back`] after a reset.
type Start<C> = fn(&mut C, &[(TopicPartition, i64)]) -> Result<(), String>;

/// Hands over every watermark that has moved. Returns whether there was one, so that an answer is expected. Finished
/// work leaves the engine only here.
pub(super) fn commit<'a, C: Client>(
    client: &mut C,
    start: Start<C>,
    partitions: impl Iterator<Item = &'a mut Partition<C::Record>>,
    now: Instant,
) -> bool
where
    C::Record: 'a,
{
    let (mut offsets, mut handed_over) = (Vec::new(), Vec::new());
    for partition in partitions {
        partition.tracker.advance();
        debug_assert!(
            partition.tracker.assignment().is_owned(),
            "offset commit for a partition that is no longer assigned"
        );
        if let Some(watermark) = partition.tracker.hand_over() {
            partition.commit_unacknowledged_since.get_or_insert(now);
            offsets.push((partition.name.clone(), watermark));
            handed_over.push(partition);
        }
    }
    if offsets.is_empty() {
        return false;
    }
    let started = start(client, &offsets);
    if let Err(error) = &started {
        tracing::warn!(error, "offset commit could not be sent; retrying with the next commit");
        for partition in handed_over {
            partition.tracker.reset_uncommitted();
        }
    }
    started.is_ok()
}
