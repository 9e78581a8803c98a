//! Finished work leaves the engine here, and nowhere else: watermarks to the group's committed offsets.
//!
//! Offsets are stored in the client and committed from there. Librdkafka refuses to store for a partition that is not
//! assigned, and never commits a stored offset at or below the committed one; a commit with explicit offsets would be
//! accepted by the broker even for a partition that belongs to somebody else by now, and would set that member back.

use std::time::Instant;

use rdkafka::{
    Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer, ConsumerContext},
    error::{KafkaError, KafkaResult, RDKafkaErrorCode},
};

use super::{
    ffi::commit_stored,
    partitions::{Partition, Partitions},
};

/// Hands over every watermark that has moved and starts an asynchronous commit. A synchronous one would hold the poll
/// thread for as long as the coordinator is away.
pub(super) fn commit<'a, C: ConsumerContext>(
    consumer: &BaseConsumer<C>,
    partitions: impl IntoIterator<Item = &'a mut Partition>,
) {
    let mut offsets = TopicPartitionList::new();
    let mut handed_over = Vec::new();
    for partition in partitions {
        partition.tracker.advance();
        if let Some(watermark) = partition.tracker.hand_over() {
            let added = offsets.add_partition_offset(partition.topic(), partition.number(), Offset::Offset(watermark));
            debug_assert!(added.is_ok(), "a watermark is a plain offset");
            partition.unconfirmed_since.get_or_insert_with(Instant::now);
            handed_over.push(partition);
        }
    }
    if handed_over.is_empty() {
        return;
    }
    let stored = consumer.store_offsets(&offsets);
    match stored.and_then(|()| commit_stored(consumer).map_err(KafkaError::ConsumerCommit)) {
        Ok(()) => {}
        Err(error) => {
            tracing::warn!(%error, "cannot start a commit; it is repeated with the next");
            for partition in handed_over {
                partition.tracker.hand_over_again();
            }
        }
    }
}

/// The broker's answer to a commit.
pub(super) fn confirm(partitions: &mut Partitions, result: &KafkaResult<()>, offsets: &TopicPartitionList) {
    let failed = match result {
        Ok(()) | Err(KafkaError::ConsumerCommit(RDKafkaErrorCode::NoOffset)) => None,
        Err(error) => Some(error),
    };
    if let Some(error) = failed {
        tracing::warn!(%error, "a commit was refused; it is repeated with the next");
    }
    tracing::info!(result = ?result, offsets = ?offsets.elements().iter().map(|e| (e.partition(), e.offset(), e.error())).collect::<Vec<_>>(), "DEBUG confirm");
    for element in offsets.elements() {
        let Some(partition) = partitions.find(element.topic(), element.partition()) else { continue };
        match (failed, element.error(), element.offset()) {
            (None, Ok(()), Offset::Offset(offset)) => {
                partition.tracker.confirm(offset);
                let awaits = partition.tracker.awaits_confirmation();
                partition.unconfirmed_since = awaits.then(Instant::now);
            }
            // A commit that asked for nothing confirms nothing.
            (None, Ok(()), _) => {}
            _ => partition.tracker.hand_over_again(),
        }
    }
}
