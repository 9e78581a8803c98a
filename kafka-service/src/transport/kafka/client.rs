//! librdkafka as the driver sees it.

use std::{sync::Arc, time::Duration};

use rdkafka::{
    Message as _, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer, RebalanceProtocol},
    error::{KafkaError, RDKafkaErrorCode},
};

use super::{
    close::close,
    context::{Context, unassign},
    ffi::{BatchQueue, NativeRecord, commit_stored, destroy_closed},
};
use crate::{
    consume::{Client, ClientEvent, TopicPartition},
    message::Record as _,
};

const NANOS_PER_MILLI: u64 = 1_000_000;

/// A consuming client and the queue to which all its partitions are forwarded.
pub(super) struct KafkaClient {
    pub(super) consumer: BaseConsumer<Context>,
    queue: BatchQueue,
    assigned_once: bool,
}

impl KafkaClient {
    pub(super) fn new(consumer: BaseConsumer<Context>) -> Result<Self, KafkaError> {
        let queue = BatchQueue::new(consumer.client())
            .ok_or_else(|| KafkaError::ClientCreation("no memory for a queue".to_owned()))?;
        Ok(Self { consumer, queue, assigned_once: false })
    }

    /// Ends the client. `sound` if it has not failed, `free` if none of its records is in use any more: one that is not
    /// both is left behind, because closing it would hang, or free memory that a handler still reads.
    pub(super) fn end(self, sound: bool, free: bool) {
        let Self { consumer, queue, .. } = self;
        consumer.context().close();
        drop(queue);
        if sound && free {
            close(Closing(Some(consumer)), "consumer");
        } else {
            std::mem::forget(consumer);
        }
    }

    fn event_of(&self, error: &KafkaError) -> Option<ClientEvent> {
        let fatal = match error {
            KafkaError::MessageConsumptionFatal(code) => Some(*code),
            _ => self.consumer.client().fatal_error().map(|(code, _)| code),
        };
        match fatal {
            Some(RDKafkaErrorCode::UnsupportedVersion | RDKafkaErrorCode::UnsupportedFeature)
                if !self.assigned_once =>
            {
                Some(ClientEvent::ProtocolRefused)
            }
            Some(_) => {
                let reason = self.consumer.client().fatal_error().map_or_else(|| error.to_string(), |(_, text)| text);
                Some(ClientEvent::Fatal(format!("the Kafka consumer has failed: {reason}")))
            }
            // Everything else passes; the client goes on trying.
            None => {
                self.consumer.context().problem(error);
                None
            }
        }
    }

    /// No record comes this way, because every partition is forwarded before it is assigned. Should one come all the same,
    /// it is fetched again: from there on, in order.
    fn beside(&self, topic: &str, partition: i32, offset: i64) {
        tracing::warn!(topic, partition, offset, "record beside the queue; fetching it again");
        if let Err(error) = self.consumer.seek(topic, partition, Offset::Offset(offset), Duration::ZERO) {
            let reason = format!("cannot fetch a record again ({topic}[{partition}] at {offset}): {error}");
            self.consumer.context().note(ClientEvent::Fatal(reason));
        }
    }
}

/// A consumer that may be closing already, which its own drop would not wait for, and would report as an error.
struct Closing(Option<BaseConsumer<Context>>);

impl Drop for Closing {
    fn drop(&mut self) {
        const STEP: Duration = Duration::from_millis(10);
        let Some(consumer) = self.0.take() else { return };
        // An error says that it is closing or closed already.
        drop(consumer.close_queue());
        while !consumer.closed() {
            consumer.poll(STEP);
        }
        destroy_closed(consumer);
    }
}

fn list(names: &[TopicPartition]) -> TopicPartitionList {
    let mut list = TopicPartitionList::with_capacity(names.len());
    for name in names {
        list.add_partition(&name.topic, name.partition);
    }
    list
}

impl Client for KafkaClient {
    type Record = NativeRecord;

    fn serve(&mut self, wait: Duration) -> Vec<ClientEvent> {
        // The client counts whole milliseconds, and the wrapper would spin for the rest.
        let rest = Duration::from_nanos(u64::from(wait.subsec_nanos()) % NANOS_PER_MILLI);
        std::thread::sleep(rest);
        match self.consumer.poll(wait - rest) {
            None => {}
            Some(Ok(record)) => self.beside(record.topic(), record.partition(), record.offset()),
            Some(Err(error)) => {
                if let Some(event) = self.event_of(&error) {
                    self.consumer.context().note(event);
                }
            }
        }
        self.consumer.context().take_events()
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

    fn error(record: &NativeRecord) -> Option<String> {
        let code = record.error()?;
        let (topic, partition) = (record.topic(), record.partition());
        let reason = record.value().map(|text| String::from_utf8_lossy(text).into_owned()).unwrap_or_default();
        tracing::error!(topic, partition, error = %code, reason, "the broker does not give out this partition");
        Some(format!("{topic}[{partition}]: {code}"))
    }

    fn assign(&mut self, partitions: &[TopicPartition]) {
        self.assigned_once = true;
        // Before the assignment, so that no record goes past the queue: librdkafka keeps a forwarding that was set.
        self.release(partitions);
        let list = list(partitions);
        let result = match self.consumer.rebalance_protocol() {
            RebalanceProtocol::Cooperative => self.consumer.incremental_assign(&list),
            _ => self.consumer.assign(&list),
        };
        if let Err(error) = result {
            tracing::error!(%error, "the Kafka client refused an assignment");
        }
    }

    fn unassign(&mut self, partitions: &[TopicPartition]) {
        unassign(&self.consumer, &list(partitions));
    }

    fn is_lost(&self) -> bool {
        self.consumer.assignment_lost()
    }

    fn commit(&mut self, offsets: &[(TopicPartition, i64)]) -> Result<(), String> {
        let mut list = TopicPartitionList::with_capacity(offsets.len());
        for (name, offset) in offsets {
            list.add_partition_offset(&name.topic, name.partition, Offset::Offset(*offset))
                .map_err(|error| error.to_string())?;
        }
        // Stored first and committed from there. Librdkafka refuses to store for a partition that is not assigned, and never
        // commits at or below what is committed. A commit with explicit offsets would be accepted by the broker even for a
        // partition that belongs to somebody else by now, and would set that member back.
        self.consumer.store_offsets(&list).map_err(|error| error.to_string())?;
        commit_stored(&self.consumer).map_err(|error| error.to_string())
    }

    fn hold(&mut self, partitions: &[TopicPartition]) {
        for name in partitions {
            self.queue.forward(&self.consumer, &name.topic, name.partition, false);
        }
    }

    fn release(&mut self, partitions: &[TopicPartition]) {
        for name in partitions {
            if !self.queue.forward(&self.consumer, &name.topic, name.partition, true) {
                tracing::error!(partition = %name, "cannot take the partition's records into the common queue");
            }
        }
    }

    fn pause(&mut self, partitions: &[TopicPartition]) {
        if let Err(error) = self.consumer.pause(&list(partitions)) {
            tracing::warn!(%error, "cannot pause partitions whose window is full");
        }
    }

    fn resume(&mut self, partitions: &[TopicPartition]) {
        if let Err(error) = self.consumer.resume(&list(partitions)) {
            tracing::error!(%error, "cannot resume partitions that were paused");
        }
    }

    fn unsubscribe(&mut self) {
        // Closing leaves the group too, and is not interrupted by itself: librdkafka (classic protocol) forgets to tell the
        // group if it is closed while the unassign that follows an unsubscribe is in progress, and the group waits for the
        // member until its session times out.
        self.consumer.context().leave();
        if let Err(error) = self.consumer.close_queue() {
            tracing::warn!(%error, "the Kafka consumer cannot leave its group");
        }
    }
}

/// Waits a moment for the dispatcher to let go of the last batch.
pub(super) fn wait_until_free(lease: &Arc<()>, patience: Duration) -> bool {
    const STEP: Duration = Duration::from_millis(1);
    let until = std::time::Instant::now() + patience;
    while Arc::strong_count(lease) > 1 && std::time::Instant::now() < until {
        std::thread::sleep(STEP);
    }
    let free = Arc::strong_count(lease) == 1;
    if !free {
        tracing::warn!("a handler still reads a record; the Kafka consumer is left behind");
    }
    free
}
