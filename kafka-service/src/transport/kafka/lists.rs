//! Lists of partitions, as librdkafka takes them.

use rdkafka::{Offset, TopicPartitionList, error::KafkaError};

use crate::transport::TopicPartition;

pub(super) fn list(names: &[TopicPartition]) -> TopicPartitionList {
    let mut list = TopicPartitionList::with_capacity(names.len());
    for name in names {
        list.add_partition(&name.topic, name.partition);
    }
    list
}

pub(super) fn list_with_offsets(offsets: &[(TopicPartition, i64)]) -> Result<TopicPartitionList, KafkaError> {
    list_at(offsets.iter().map(|(name, offset)| (name, Offset::Offset(*offset))))
}

pub(super) fn list_at<'a>(
    offsets: impl Iterator<Item = (&'a TopicPartition, Offset)>,
) -> Result<TopicPartitionList, KafkaError> {
    let mut list = TopicPartitionList::new();
    for (name, offset) in offsets {
        list.add_partition_offset(&name.topic, name.partition, offset)?;
    }
    Ok(list)
}
