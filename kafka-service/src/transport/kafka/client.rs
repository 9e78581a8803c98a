//! librdkafka's consumer, as the driver uses it.

use std::time::Duration;

use rdkafka::{
    Message as _, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer, RebalanceProtocol},
    error::{KafkaError, RDKafkaErrorCode},
};

use super::{
    callbacks::{ConsumerCallbacks, unassign},
    close::close,
    closing::Closing,
    failure::Failure,
    ffi::{BatchQueue, NativeRecord, bootstrap_again, commit},
    lists::{list, list_at, list_with_offsets},
    tokens::ClientTokens,
};
use crate::{
    message::Record as _,
    oauth::Attached,
    transport::{Client, ClientEvent, FetchError, FetchErrorKind, GroupRefusal, Position, TopicPartition},
};

const NANOS_PER_MILLI: u64 = 1_000_000;

/// A consuming client and the queue to which all its partitions are forwarded.
pub(crate) struct KafkaClient {
    // Dropped first: it passes tokens to the consumer, which must be alive.
    attached: Option<Attached>,
    pub(super) consumer: BaseConsumer<ConsumerCallbacks>,
    queue: BatchQueue,
    assigned_once: bool,
}

impl KafkaClient {
    pub(super) fn client(&self) -> &rdkafka::client::Client<ConsumerCallbacks> {
        self.consumer.client()
    }

    /// Connects to the bootstrap servers again.
    pub(super) fn bootstrap_again(&self, servers: &str) {
        bootstrap_again(self.client(), servers);
    }

    /// Whether the client is not authorized to use the group, as far as it can tell without joining: this only needs
    /// permission to describe it.
    pub(super) fn is_group_denied(&self, topic: &str) -> bool {
        const PATIENCE: Duration = Duration::from_secs(1);
        let mut list = TopicPartitionList::new();
        list.add_partition(topic, 0);
        let denied = Some(RDKafkaErrorCode::GroupAuthorizationFailed);
        match self.consumer.committed_offsets(list, PATIENCE) {
            Ok(list) => list
                .elements()
                .iter()
                .any(|each| each.error().err().and_then(|error| error.rdkafka_error_code()) == denied),
            // Without an answer, the state is unchanged.
            Err(_) => true,
        }
    }

    /// The last failed connection, unless it is too old.
    pub(super) fn failure(&self) -> Option<Failure> {
        self.consumer.context().failure()
    }

    /// Why the group refuses the client, if it has done so recently.
    pub(super) fn refusal(&self) -> Option<String> {
        self.consumer.context().refusal()
    }

    pub(super) fn new(consumer: BaseConsumer<ConsumerCallbacks>, tokens: &ClientTokens) -> Result<Self, KafkaError> {
        let queue = BatchQueue::new(consumer.client())
            .ok_or_else(|| KafkaError::ClientCreation("cannot allocate a queue".to_owned()))?;
        let attached = tokens.attach(consumer.client());
        Ok(Self { attached, consumer, queue, assigned_once: false })
    }

    fn event_of(&self, error: &KafkaError) -> Option<ClientEvent> {
        let fatal = match error {
            KafkaError::MessageConsumptionFatal(code) => Some(*code),
            _ => self.consumer.client().fatal_error().map(|(code, _)| code),
        };
        if fatal.or(error.rdkafka_error_code()) == Some(RDKafkaErrorCode::GroupAuthorizationFailed) {
            self.consumer
                .context()
                .note(ClientEvent::GroupDenied(RDKafkaErrorCode::GroupAuthorizationFailed.to_string()));
        }
        match fatal {
            Some(RDKafkaErrorCode::UnsupportedVersion | RDKafkaErrorCode::UnsupportedFeature)
                if !self.assigned_once =>
            {
                Some(ClientEvent::GroupRefused(GroupRefusal::Protocol))
            }
            Some(RDKafkaErrorCode::UnsupportedAssignor) if !self.assigned_once => {
                Some(ClientEvent::GroupRefused(GroupRefusal::Assignor))
            }
            Some(code) => {
                let reason = self.consumer.client().fatal_error().map_or_else(|| error.to_string(), |(_, text)| text);
                let reason = self.consumer.context().redacted(&reason);
                let reason = format!("the Kafka consumer failed: {reason}");
                Some(if is_passing(code) { ClientEvent::Ended(reason) } else { ClientEvent::Fatal(reason) })
            }
            // All other errors are temporary; the client keeps trying.
            None => {
                if error.rdkafka_error_code() == Some(RDKafkaErrorCode::InconsistentGroupProtocol) {
                    self.consumer.context().group_refused();
                }
                self.consumer.context().problem(error);
                None
            }
        }
    }

    /// Handles a record that bypassed the batch queue. This should not happen, because every partition is forwarded
    /// before it is assigned. If it does, the consumer seeks back to the record, so that records stay in order.
    fn on_unqueued_record(&self, topic: &str, partition: i32, offset: i64) {
        tracing::warn!(topic, partition, offset, "record bypassed the batch queue; seeking back");
        if let Err(error) = self.consumer.seek(topic, partition, Offset::Offset(offset), Duration::ZERO) {
            let reason = format!("cannot seek {topic}[{partition}] back to offset {offset}: {error}");
            self.consumer.context().note(ClientEvent::Fatal(reason));
        }
    }
}

/// Whether the error that ended a client may not occur for the next one: permission to read the group may be granted
/// again, a full group may have room again, another assignor may be offered, and an instance that left without notice is
/// removed from the group in the end.
fn is_passing(code: RDKafkaErrorCode) -> bool {
    matches!(
        code,
        RDKafkaErrorCode::GroupAuthorizationFailed
            | RDKafkaErrorCode::GroupMaxSizeReached
            | RDKafkaErrorCode::UnreleasedInstanceId
            | RDKafkaErrorCode::InvalidRequest
            | RDKafkaErrorCode::UnsupportedAssignor
            | RDKafkaErrorCode::PollExceeded
    )
}

impl Client for KafkaClient {
    type Record = NativeRecord;

    fn serve(&mut self, wait: Duration) -> Vec<ClientEvent> {
        // The client counts whole milliseconds, and the wrapper would spin for the rest.
        let rest = Duration::from_nanos(u64::from(wait.subsec_nanos()) % NANOS_PER_MILLI);
        std::thread::sleep(rest);
        match self.consumer.poll(wait - rest) {
            None => {}
            Some(Ok(record)) => self.on_unqueued_record(record.topic(), record.partition(), record.offset()),
            Some(Err(error)) => {
                if let Some(event) = self.event_of(&error) {
                    self.consumer.context().note(event);
                }
            }
        }
        self.consumer.context().take_events()
    }

    fn catch_up(&mut self) -> Vec<ClientEvent> {
        // librdkafka reports a reset only in its log, and writes the line before it fetches. A poll handles at most one
        // event, and does not say whether there are more.
        const EVENTS: usize = 32;
        (0..EVENTS).flat_map(|_| self.serve(Duration::ZERO)).collect()
    }

    fn take(&mut self, limit: usize, wait: Duration) -> Vec<NativeRecord> {
        self.queue.take(limit, wait)
    }

    fn handle(record: &NativeRecord) -> (usize, i32) {
        (record.topic_handle(), record.partition())
    }

    fn topic(record: &NativeRecord) -> String {
        record.topic()
    }

    fn error(record: &NativeRecord) -> Option<FetchError> {
        let code = record.error()?;
        let reason = record.value().map(|text| String::from_utf8_lossy(text).into_owned());
        let cause = reason.filter(|text| !text.is_empty()).unwrap_or_else(|| code.to_string());
        let kind = match code {
            RDKafkaErrorCode::TopicAuthorizationFailed => FetchErrorKind::Denied,
            RDKafkaErrorCode::AutoOffsetReset | RDKafkaErrorCode::NoOffset => FetchErrorKind::NoOffset,
            _ => FetchErrorKind::Passing,
        };
        Some(FetchError { kind, cause })
    }

    fn assign(&mut self, partitions: &[TopicPartition]) {
        self.assigned_once = true;
        // Before the assignment, so that no record bypasses the queue: librdkafka keeps the forwarding of a partition.
        self.release(partitions);
        let list = list(partitions);
        let result = match self.consumer.rebalance_protocol() {
            RebalanceProtocol::Cooperative => self.consumer.incremental_assign(&list),
            _ => self.consumer.assign(&list),
        };
        if let Err(error) = result {
            tracing::error!(%error, "cannot assign partitions");
        }
    }

    fn unassign(&mut self, partitions: &[TopicPartition]) {
        unassign(&self.consumer, &list(partitions));
    }

    fn is_lost(&self) -> bool {
        self.consumer.assignment_lost()
    }

    fn log_end(record: &NativeRecord) -> Option<i64> {
        record.end()
    }

    fn commit(&mut self, offsets: &[(TopicPartition, i64)]) -> Result<(), String> {
        let list = list_with_offsets(offsets).map_err(|error| error.to_string())?;
        // Stored first and committed from there. librdkafka refuses to store an offset for a partition that is not
        // assigned, and never commits at or below the committed offset. The broker would accept a commit with explicit
        // offsets even for a partition that is assigned to another member by now, and would set that member back.
        self.consumer.store_offsets(&list).map_err(|error| error.to_string())?;
        commit(&self.consumer, None).map_err(|error| error.to_string())
    }

    fn commit_back(&mut self, offsets: &[(TopicPartition, i64)]) -> Result<(), String> {
        let list = list_with_offsets(offsets).map_err(|error| error.to_string())?;
        // Stored too: an offset stored before the reset must not be committed after it. This also rejects partitions
        // that are not assigned.
        self.consumer.store_offsets(&list).map_err(|error| error.to_string())?;
        commit(&self.consumer, Some(&list)).map_err(|error| error.to_string())
    }

    fn seek(&mut self, positions: &[(TopicPartition, Position)]) {
        // Without a timeout, the seek is asynchronous; from here on, no record fetched before it is delivered.
        let offsets = positions.iter().map(|(name, position)| match position {
            Position::Offset(offset) => (name, Offset::Offset(*offset)),
            Position::LogStart => (name, Offset::Beginning),
        });
        let list = list_at(offsets);
        if let Err(error) = list.and_then(|list| self.consumer.seek_partitions(list, Duration::ZERO)) {
            tracing::warn!(%error, "cannot seek partitions");
        }
    }

    fn hold(&mut self, partitions: &[TopicPartition]) {
        for name in partitions {
            self.queue.forward(&self.consumer, &name.topic, name.partition, false);
        }
    }

    fn release(&mut self, partitions: &[TopicPartition]) {
        for name in partitions {
            if !self.queue.forward(&self.consumer, &name.topic, name.partition, true) {
                tracing::error!(partition = %name, "cannot forward the partition to the batch queue");
            }
        }
    }

    fn pause(&mut self, partitions: &[TopicPartition]) {
        if let Err(error) = self.consumer.pause(&list(partitions)) {
            tracing::warn!(%error, "cannot pause partitions");
        }
    }

    fn resume(&mut self, partitions: &[TopicPartition]) {
        if let Err(error) = self.consumer.resume(&list(partitions)) {
            tracing::error!(%error, "cannot resume paused partitions");
        }
    }

    fn unsubscribe(&mut self) {
        // Closing also leaves the group, and does not interrupt itself: librdkafka (classic protocol) does not leave
        // the group if it is closed while the unassign after an unsubscribe is in progress. The group would then wait
        // for this member until its session times out.
        self.consumer.context().leave();
        if let Err(error) = self.consumer.close_queue() {
            tracing::warn!(%error, "cannot leave the consumer group");
        }
    }

    /// A client that has failed is leaked, because closing it would hang. One whose records are in use leaves its group,
    /// but its memory is leaked, because a handler may still read it.
    fn close(self, sound: bool, free: bool) {
        let Self { attached, consumer, queue, .. } = self;
        drop(attached);
        consumer.context().close();
        drop(queue);
        if sound {
            close(Closing::new(consumer, free), "consumer");
        } else {
            std::mem::forget(consumer);
        }
    }
}
