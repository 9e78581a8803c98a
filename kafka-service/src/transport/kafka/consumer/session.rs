//! One consumer from its first poll to its last.

use std::{
    sync::{Arc, PoisonError, atomic::Ordering},
    time::{Duration, Instant},
};

use rdkafka::{
    Message as _, Offset,
    consumer::{BaseConsumer, Consumer},
    error::{KafkaError, RDKafkaErrorCode},
};
use tokio::sync::mpsc::error::TrySendError;

use super::{
    super::{client_config, commits, ffi::BatchQueue, ffi::NativeRecord, partitions::NoRoom, rebalance, topics},
    BATCH, ConsumerSettings, Ended, Stop, give_up,
    window::Windows,
};
use crate::{
    dispatch::{Batch, Counters, Entry},
    message::Record as _,
};

/// How often finished work is committed at least.
const COMMIT_EVERY: Duration = Duration::from_millis(100);
/// How long the thread waits for a record before it looks at everything else.
const WAIT_FOR_RECORDS: Duration = Duration::from_millis(20);
/// How long it waits for a rebalance or a commit's answer while it may take no record.
const WAIT_FOR_ROOM: Duration = Duration::from_millis(1);
/// How often it looks whether missing topics exist by now.
const TOPIC_CHECK_EVERY: Duration = Duration::from_secs(1);
/// How soon it looks after it has created them.
const CREATED_TOPIC_CHECK: Duration = Duration::from_millis(100);
/// A member without partitions counts as taking part after this long without an error.
const MEMBER_AFTER: Duration = Duration::from_secs(10);

/// How a session ended.
pub(super) enum End {
    Stopped(Ended),
    Fatal(String, Ended),
    ProtocolRefused,
}

/// Why the loop is left at once.
enum Failure {
    ProtocolRefused,
    Fatal(String),
}

pub(super) struct Session<'a> {
    settings: &'a ConsumerSettings,
    stop: &'a Stop,
    consumer: BaseConsumer<rebalance::Context>,
    queue: Arc<BatchQueue>,
    windows: Windows,
    /// A batch for which the dispatcher has no room yet.
    held: Option<Batch<NativeRecord>>,
    /// Every batch holds a clone of it, so that we know when the last record is gone.
    lease: Arc<()>,
    last_commit: Instant,
    subscribed: Instant,
}

impl<'a> Session<'a> {
    pub(super) fn new(
        settings: &'a ConsumerSettings,
        stop: &'a Stop,
        consumer: BaseConsumer<rebalance::Context>,
    ) -> Self {
        let queue = consumer.context().queue.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Self {
            settings,
            stop,
            queue: queue.expect("the consumer was created with its queue"),
            consumer,
            windows: Windows::new(settings.config.max_uncommitted),
            held: None,
            lease: Arc::new(()),
            last_commit: Instant::now(),
            subscribed: Instant::now(),
        }
    }

    pub(super) fn run(mut self) -> End {
        let result = self.wait_for_topics().and_then(|()| self.consume());
        match result {
            Ok(()) => {
                let ended = self.wind_down();
                self.close(true);
                End::Stopped(ended)
            }
            Err(Failure::ProtocolRefused) => {
                self.close(true);
                End::ProtocolRefused
            }
            Err(Failure::Fatal(reason)) => {
                let ended = Ended { left: self.unfinished() };
                // A consumer with a fatal error hangs when it is dropped.
                self.close(false);
                End::Fatal(reason, ended)
            }
        }
    }

    /// Waits until every topic exists, says so, and subscribes.
    fn wait_for_topics(&mut self) -> Result<(), Failure> {
        let mut reported = false;
        while !self.stop.is_requested() {
            match topics::missing(&self.consumer, &self.settings.needed) {
                Ok(missing) if missing.is_empty() => return self.subscribe(),
                Ok(missing) if self.settings.config.create_topics => {
                    self.create(&missing);
                    self.poll_until(Instant::now() + CREATED_TOPIC_CHECK)?;
                    continue;
                }
                Ok(missing) => {
                    let names: Vec<_> = missing.iter().map(|topic| format!("`{}`", topic.name)).collect();
                    self.settings.health.set_problem(Some(format!("missing topics: {}", names.join(", "))));
                    if !std::mem::replace(&mut reported, true) {
                        topics::report(&missing, &self.settings.bootstrap);
                    }
                }
                Err(error) => {
                    let problem = format!("no answer from the brokers at {}: {error}", self.settings.bootstrap);
                    if self.settings.health.problem().as_ref() != Some(&problem) {
                        tracing::warn!("{problem}; trying again in the background");
                    }
                    self.settings.health.set_problem(Some(problem));
                }
            }
            self.poll_until(Instant::now() + TOPIC_CHECK_EVERY)?;
        }
        Ok(())
    }

    fn create(&self, missing: &[&topics::NeededTopic]) {
        let client = client_config::producer(&self.settings.config, &self.settings.bootstrap);
        let problem = self.settings.runtime.block_on(topics::create(&client, missing)).err();
        if let Some(problem) = problem.as_ref().filter(|_| problem != self.settings.health.problem()) {
            tracing::error!("{problem}");
        }
        self.settings.health.set_problem(problem);
    }

    fn subscribe(&mut self) -> Result<(), Failure> {
        let topics: Vec<&str> = self.settings.topics.iter().map(String::as_str).collect();
        self.consumer
            .subscribe(&topics)
            .map_err(|error| Failure::Fatal(format!("cannot subscribe to {}: {error}", topics.join(", "))))?;
        self.settings.health.set_problem(None);
        self.subscribed = Instant::now();
        tracing::info!(topics = topics.join(", "), group = %self.settings.config.group_id(), "subscribed");
        Ok(())
    }

    fn consume(&mut self) -> Result<(), Failure> {
        while !self.stop.is_requested() && self.settings.core.fatal.reason().is_none() {
            self.serve(Duration::ZERO)?;
            self.tick();
            if self.held.is_some() {
                self.hand_over_held();
            } else if self.windows.is_full() {
                let in_progress = Counters::get(&self.settings.core.counters.in_flight) > 0;
                self.windows.relieve(&self.consumer, in_progress);
            } else {
                self.take()?;
                continue;
            }
            if self.held.is_some() || self.windows.is_full() {
                self.serve(WAIT_FOR_ROOM)?;
            }
        }
        Ok(())
    }

    /// Takes one batch and gives it to the dispatcher.
    fn take(&mut self) -> Result<(), Failure> {
        let records = self.queue.take(BATCH, WAIT_FOR_RECORDS);
        if records.is_empty() {
            return Ok(());
        }
        let mut entries = Vec::with_capacity(records.len());
        let mut partitions = self.consumer.context().partitions();
        for record in records {
            if let Some(code) = record.error() {
                self.partition_error(&record, code);
                continue;
            }
            // A record of a partition that was given back meanwhile belongs to its new owner.
            match partitions.take(&record) {
                None => {}
                Some(Err(NoRoom)) => {
                    return Err(Failure::Fatal(format!(
                        "no room for a record (topic `{}`, partition {}, offset {}); this is a defect of kafka-service",
                        record.topic(),
                        record.partition(),
                        record.offset()
                    )));
                }
                Some(Ok((assignment, slot, uncommitted))) => {
                    if uncommitted >= self.windows.limit() {
                        self.windows.reached();
                    }
                    entries.push(Entry { record, assignment, slot });
                }
            }
        }
        let quarter = u64::try_from(self.windows.limit() / 4).unwrap_or(u64::MAX);
        let mut due = false;
        for partition in partitions.iter_mut() {
            partition.tracker.advance();
            due |= partition.tracker.to_hand_over() >= quarter.max(1);
        }
        if due {
            commits::commit(&self.consumer, partitions.iter_mut());
        }
        drop(partitions);
        self.held = Some(Batch { entries, lease: Some(Box::new(Arc::clone(&self.lease))) });
        self.hand_over_held();
        Ok(())
    }

    fn hand_over_held(&mut self) {
        let Some(batch) = self.held.take() else { return };
        match self.settings.batches.try_send(batch) {
            Ok(()) => {}
            Err(TrySendError::Full(batch)) => self.held = Some(batch),
            // The dispatcher has ended, which only happens when the service does.
            Err(TrySendError::Closed(batch)) => drop(batch),
        }
    }

    /// What the client says about one partition.
    fn partition_error(&self, record: &NativeRecord, code: RDKafkaErrorCode) {
        tracing::error!(
            topic = record.topic(),
            partition = record.partition(),
            error = %code,
            reason = record.error_text(),
            "the broker does not give out this partition"
        );
        self.settings.health.set_problem(Some(format!("{}[{}]: {code}", record.topic(), record.partition())));
    }

    /// Everything that is due by time.
    fn tick(&mut self) {
        if self.last_commit.elapsed() < COMMIT_EVERY {
            return;
        }
        self.last_commit = Instant::now();
        let mut partitions = self.consumer.context().partitions();
        commits::commit(&self.consumer, partitions.iter_mut());
        let health = &self.settings.health;
        let uncommitted = partitions.iter().map(|partition| partition.tracker.uncommitted()).max();
        health.uncommitted.store(uncommitted.unwrap_or(0), Ordering::Relaxed);
        let unconfirmed = partitions.iter().filter_map(|partition| partition.unconfirmed_since).min();
        let unconfirmed = unconfirmed.map_or(0, |since| since.elapsed().as_millis());
        health.unconfirmed_ms.store(usize::try_from(unconfirmed).unwrap_or(usize::MAX), Ordering::Relaxed);
        drop(partitions);
        if self.subscribed.elapsed() > MEMBER_AFTER && health.problem().is_none() {
            health.member.store(true, Ordering::Relaxed);
        }
        self.windows.resume(&self.consumer);
    }

    fn poll_until(&self, until: Instant) -> Result<(), Failure> {
        while Instant::now() < until && !self.stop.is_requested() {
            self.serve(WAIT_FOR_RECORDS)?;
        }
        Ok(())
    }

    /// Lets the client call back. No record comes this way, because every partition is forwarded before it is assigned.
    fn serve(&self, wait: Duration) -> Result<(), Failure> {
        match self.consumer.poll(wait) {
            None => Ok(()),
            Some(Ok(record)) => {
                tracing::warn!(topic = record.topic(), partition = record.partition(), "record beside the queue; fetching it again");
                let offset = Offset::Offset(record.offset());
                let seek = self.consumer.seek(record.topic(), record.partition(), offset, Duration::ZERO);
                seek.map_err(|error| Failure::Fatal(format!("cannot fetch a record again: {error}")))
            }
            Some(Err(error)) => self.client_error(&error),
        }
    }

    fn client_error(&self, error: &KafkaError) -> Result<(), Failure> {
        let fatal = match error {
            KafkaError::MessageConsumptionFatal(code) => Some(*code),
            _ => self.consumer.client().fatal_error().map(|(code, _)| code),
        };
        match fatal {
            Some(RDKafkaErrorCode::UnsupportedVersion | RDKafkaErrorCode::UnsupportedFeature)
                if self.consumer.context().partitions().iter().next().is_none() =>
            {
                Err(Failure::ProtocolRefused)
            }
            Some(_) => {
                let reason = self.consumer.client().fatal_error().map_or_else(|| error.to_string(), |(_, text)| text);
                Err(Failure::Fatal(format!("the Kafka consumer has failed: {reason}")))
            }
            // Everything else passes, or is said by the client's own log.
            None => {
                tracing::warn!(%error, "the Kafka consumer has a problem and goes on trying");
                Ok(())
            }
        }
    }

    fn unfinished(&self) -> usize {
        self.consumer.context().partitions().iter().map(|partition| partition.tracker.unfinished()).sum()
    }

    /// Takes nothing more, lets what runs finish, commits, and leaves the group.
    fn wind_down(&mut self) -> Ended {
        self.held = None;
        let deadline = self.stop.deadline();
        let patience = deadline.saturating_duration_since(Instant::now());
        rebalance::begin_drain(&self.settings.control, self.consumer.context().partitions().iter(), patience);
        while Instant::now() < deadline && self.has_running() && self.serve(WAIT_FOR_ROOM).is_ok() {
            self.tick();
        }
        commits::commit(&self.consumer, self.consumer.context().partitions().iter_mut());
        let ended = Ended { left: self.unfinished() };
        self.consumer.context().stopping.store(true, Ordering::Relaxed);
        // The revoke that follows commits once more and lets the partitions go; librdkafka leaves the group after that.
        self.consumer.unsubscribe();
        let until = deadline.max(Instant::now() + Duration::from_secs(2));
        while Instant::now() < until && self.consumer.context().partitions().iter().next().is_some() {
            if self.serve(WAIT_FOR_ROOM).is_err() {
                break;
            }
        }
        ended
    }

    fn has_running(&self) -> bool {
        self.consumer.context().partitions().iter().any(|partition| partition.tracker.has_running())
    }

    /// Waits a moment for the dispatcher to let go of the last batch, then gives the consumer up.
    fn close(self, sound: bool) {
        let Self { consumer, queue, held, lease, .. } = self;
        drop(held);
        drop(queue);
        let until = Instant::now() + Duration::from_secs(1);
        while Arc::strong_count(&lease) > 1 && Instant::now() < until {
            std::thread::sleep(WAIT_FOR_ROOM);
        }
        let free = Arc::strong_count(&lease) == 1;
        if !free {
            tracing::warn!("a handler still reads a record; the Kafka consumer is left behind");
        }
        give_up(consumer, sound && free);
    }
}
