//! Detached publications that cannot be handed over yet: they wait in order, each until its timeout.

use std::{
    collections::{BTreeMap, VecDeque},
    pin::pin,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{runtime::Handle as Runtime, sync::Notify};

use super::{
    PublisherShared,
    hand_over::{Unsent, connect, hand_over, renew},
};
use crate::{
    sync,
    transport::{DeliveryReports as _, OwnedRecord, Producer, SendError},
};

/// How many bytes may wait.
const MOST_BYTES: usize = 32 << 20;
/// What a publication occupies besides its record.
const OVERHEAD: usize = 256;

/// The detached publications that wait, and the number of those whose callers wait.
#[derive(Debug, Default)]
pub(crate) struct Backlog {
    queue: Mutex<Queue>,
    /// How many have been added to the queue.
    added: AtomicU64,
    /// How many have been removed from it.
    removed: AtomicU64,
    moved: Notify,
    /// Publications that are awaited and not handed over yet.
    awaited: AtomicUsize,
    /// Where what waits is handed over. Without one, nothing waits.
    runtime: Option<Runtime>,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<Arc<Detached>>,
    bytes: usize,
    is_drained: bool,
}

/// A detached publication.
#[derive(Debug)]
pub(super) struct Detached {
    pub(super) kind: String,
    pub(super) record: OwnedRecord,
    pub(super) timeout: Duration,
    pub(super) since: Instant,
}

impl Detached {
    fn bytes(&self) -> usize {
        let OwnedRecord { key, value, headers, .. } = &self.record;
        let headers = headers.iter().map(|(name, value)| name.len() + value.as_ref().map_or(0, Vec::len));
        let record = key.as_ref().map_or(0, Vec::len) + value.as_ref().map_or(0, Vec::len) + headers.sum::<usize>();
        record + self.kind.len() + OVERHEAD
    }
}

impl Backlog {
    pub(super) fn new(runtime: Option<Runtime>) -> Self {
        Self { runtime, ..Self::default() }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        sync::lock(&self.queue)
    }

    pub(super) fn runtime(&self) -> Option<&Runtime> {
        self.runtime.as_ref()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of detached publications that wait.
    pub(crate) fn len(&self) -> usize {
        // In this order, because what is removed was added before.
        let removed = self.removed.load(Ordering::Acquire);
        usize::try_from(self.added.load(Ordering::Acquire) - removed).unwrap_or(usize::MAX)
    }

    /// Completes when the detached publications that wait now do not wait any more. Later ones do not matter.
    pub(super) async fn passed(&self) {
        let last = self.added.load(Ordering::Acquire);
        loop {
            let mut moved = pin!(self.moved.notified());
            moved.as_mut().enable();
            if self.removed.load(Ordering::Acquire) >= last {
                return;
            }
            moved.await;
        }
    }

    /// Counts a publication whose caller waits, until the result is dropped.
    pub(super) fn count_waiting(&self) -> impl Drop + '_ {
        struct Counted<'a>(&'a AtomicUsize);
        impl Drop for Counted<'_> {
            fn drop(&mut self) {
                self.0.fetch_sub(1, Ordering::Relaxed);
            }
        }
        self.awaited.fetch_add(1, Ordering::Relaxed);
        Counted(&self.awaited)
    }

    /// The number of publications whose callers wait.
    pub(crate) fn awaited(&self) -> usize {
        self.awaited.load(Ordering::Relaxed)
    }

    /// The detached publications that wait, by type and topic, for the log.
    pub(crate) fn describe(&self, producer: &dyn Producer) -> String {
        let mut counts = BTreeMap::<_, usize>::new();
        for detached in &self.queue().waiting {
            *counts.entry((detached.kind.clone(), producer.topic_name(detached.record.topic))).or_default() += 1;
        }
        let parts = counts.iter().map(|((kind, topic), count)| format!("{count} of `{kind}` to topic `{topic}`"));
        parts.collect::<Vec<_>>().join(", ")
    }

    /// Adds a publication. Returns whether a task has to be started that hands over what waits; an error if too much
    /// waits.
    fn add(&self, detached: Detached) -> Result<bool, String> {
        let mut queue = self.queue();
        let bytes = queue.bytes + detached.bytes();
        if bytes > MOST_BYTES {
            return Err(format!("{} detached publications wait for a broker already", queue.waiting.len()));
        }
        queue.bytes = bytes;
        queue.waiting.push_back(Arc::new(detached));
        self.added.fetch_add(1, Ordering::Release);
        Ok(!std::mem::replace(&mut queue.is_drained, true))
    }

    /// The first that waits; without one, the task that hands over ends.
    fn first(&self) -> Option<Arc<Detached>> {
        let mut queue = self.queue();
        let first = queue.waiting.front().cloned();
        queue.is_drained = first.is_some();
        first
    }

    /// Removes the first.
    fn remove_first(&self) -> Option<Arc<Detached>> {
        let mut queue = self.queue();
        let first = queue.waiting.pop_front()?;
        queue.bytes -= first.bytes();
        self.removed.fetch_add(1, Ordering::Release);
        drop(queue);
        self.moved.notify_waiters();
        Some(first)
    }
}

/// Hands over a record if a broker is connected and there is room; otherwise it waits. It is counted if it is lost.
pub(super) fn fire(shared: &Arc<PublisherShared>, producer: &dyn Producer, detached: Detached) {
    let PublisherShared { acks, backlog, .. } = &**shared;
    let (kind, topic) = (detached.kind.as_str(), producer.topic_name(detached.record.topic));
    if acks.is_closing() {
        return acks.lost(kind, &topic, "the service was shut down");
    }
    let waits = backlog.runtime.is_some();
    if !waits || !shared.must_wait(producer) {
        let token = acks.detached(kind, &topic);
        // It may linger, because more records are likely to follow.
        match producer.send(&detached.record.borrow(), token) {
            Ok(()) => return,
            Err(error) => {
                acks.forget(token);
                renew(producer, &error);
                if error != SendError::QueueFull || !waits {
                    return acks.lost(kind, &topic, &error.to_string());
                }
            }
        }
    }
    let kind = kind.to_owned();
    match backlog.add(detached) {
        Ok(false) => {}
        Ok(true) => {
            let draining = Draining { shared: Arc::clone(shared), is_done: false };
            backlog.runtime().map(|runtime| runtime.spawn(draining.run()));
        }
        Err(reason) => acks.lost(&kind, &topic, &reason),
    }
}

/// The task that hands over what waits. If it ends early, because its runtime does, what is left is lost.
struct Draining {
    shared: Arc<PublisherShared>,
    is_done: bool,
}

impl Draining {
    async fn run(mut self) {
        let shared = Arc::clone(&self.shared);
        let Some(producer) = shared.producer.as_deref() else { return };
        while let Some(first) = shared.backlog.first() {
            if let Err(unsent) = self.send(producer, &first).await {
                self.lose(&first, &unsent.reason());
            }
            shared.backlog.remove_first();
            if shared.backlog.is_empty() {
                producer.idle();
            }
            // Callers that wait for room too have their turn.
            tokio::task::yield_now().await;
        }
        self.is_done = true;
    }

    async fn send(&self, producer: &dyn Producer, detached: &Detached) -> Result<(), Unsent> {
        let shared = &*self.shared;
        let waited = shared.clock.instant().saturating_duration_since(detached.since);
        let mut deadline = shared.deadline(detached.timeout.saturating_sub(waited));
        // In the message, the whole timeout.
        deadline.timeout = detached.timeout;
        connect(producer, &shared.acks, &mut deadline).await?;
        if waited >= detached.timeout {
            return Err(Unsent::late(producer, &deadline));
        }
        let token = shared.acks.detached(&detached.kind, &producer.topic_name(detached.record.topic));
        hand_over(producer, &shared.acks, &detached.record.borrow(), token, &mut deadline).await
    }

    fn lose(&self, detached: &Detached, reason: &str) {
        let topic = self.shared.producer.as_deref().map(|producer| producer.topic_name(detached.record.topic));
        self.shared.acks.lost(&detached.kind, &topic.unwrap_or_default(), reason);
    }
}

impl Drop for Draining {
    fn drop(&mut self) {
        if self.is_done {
            return;
        }
        while let Some(detached) = self.shared.backlog.remove_first() {
            self.lose(&detached, "the runtime has ended");
        }
        self.shared.backlog.queue().is_drained = false;
    }
}
