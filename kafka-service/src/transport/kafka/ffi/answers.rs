//! The answers to admin requests, read from librdkafka's events.

use std::{
    ffi::{CStr, c_char},
    slice,
};

use rdkafka::error::RDKafkaErrorCode;
use rdkafka_sys as sys;

use crate::transport::TopicPartition;

/// The result of a request.
#[derive(Debug)]
pub(in crate::transport::kafka) enum Answer {
    Topics(Result<Vec<TopicAnswer>, AnswerError>),
    Offsets(Result<Vec<OffsetAnswer>, AnswerError>),
}

/// Why there is no answer, or none for one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::transport::kafka) struct AnswerError {
    pub(in crate::transport::kafka) code: RDKafkaErrorCode,
    pub(in crate::transport::kafka) text: String,
}

/// One topic, as a broker describes it.
#[derive(Debug)]
pub(in crate::transport::kafka) struct TopicAnswer {
    pub(in crate::transport::kafka) name: String,
    pub(in crate::transport::kafka) error: Option<AnswerError>,
    /// What this client is allowed to do; `None` if the broker does not say.
    pub(in crate::transport::kafka) rights: Option<Rights>,
    /// The number of its partitions.
    pub(in crate::transport::kafka) partitions: usize,
    /// In-sync and all replicas of the partition that lacks the most replicas.
    pub(in crate::transport::kafka) worst: Option<Replicas>,
}

/// The number of replicas of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::transport::kafka) struct Replicas {
    pub(in crate::transport::kafka) in_sync: usize,
    pub(in crate::transport::kafka) all: usize,
}

/// The permissions on a topic that a service needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::transport::kafka) struct Rights {
    pub(in crate::transport::kafka) read: bool,
    pub(in crate::transport::kafka) write: bool,
}

/// The end offset of one partition: that of the next record that a consumer may read.
#[derive(Debug)]
pub(in crate::transport::kafka) struct OffsetAnswer {
    pub(in crate::transport::kafka) partition: TopicPartition,
    pub(in crate::transport::kafka) end: Result<i64, AnswerError>,
}

/// # Safety
///
/// `event` must be an event that has not been destroyed.
pub(super) unsafe fn answer(event: *mut sys::rd_kafka_event_t) -> Option<Answer> {
    // SAFETY: the event is alive, by the contract of this function; its results belong to it.
    unsafe {
        let kind = sys::rd_kafka_event_type(event);
        let failed = failure(sys::rd_kafka_event_error(event), sys::rd_kafka_event_error_string(event));
        Some(match kind {
            sys::RD_KAFKA_EVENT_DESCRIBETOPICS_RESULT => Answer::Topics(match failed {
                Some(error) => Err(error),
                None => Ok(topics(sys::rd_kafka_event_DescribeTopics_result(event))),
            }),
            sys::RD_KAFKA_EVENT_LISTOFFSETS_RESULT => Answer::Offsets(match failed {
                Some(error) => Err(error),
                None => Ok(offsets(sys::rd_kafka_event_ListOffsets_result(event))),
            }),
            _ => return None,
        })
    }
}

unsafe fn topics(result: *const sys::rd_kafka_DescribeTopics_result_t) -> Vec<TopicAnswer> {
    // SAFETY: the result is alive while its event is, and everything read from it belongs to it.
    unsafe {
        let mut count = 0;
        let topics = sys::rd_kafka_DescribeTopics_result_topics(result, &raw mut count);
        list(topics, count)
            .iter()
            .map(|topic| {
                let mut operations = 0;
                let allowed = sys::rd_kafka_TopicDescription_authorized_operations(*topic, &raw mut operations);
                let mut partitions = 0;
                let infos = sys::rd_kafka_TopicDescription_partitions(*topic, &raw mut partitions);
                TopicAnswer {
                    name: text(sys::rd_kafka_TopicDescription_name(*topic)),
                    error: error(sys::rd_kafka_TopicDescription_error(*topic)),
                    rights: rights(list(allowed, operations)),
                    partitions,
                    worst: list(infos, partitions)
                        .iter()
                        .map(|info| replicas(*info))
                        .min_by_key(|replicas| replicas.in_sync.cast_signed() - replicas.all.cast_signed()),
                }
            })
            .collect()
    }
}

unsafe fn replicas(partition: *const sys::rd_kafka_TopicPartitionInfo_t) -> Replicas {
    let (mut in_sync, mut all) = (0, 0);
    // SAFETY: the partition belongs to a result that is alive; only the counts are read.
    unsafe {
        sys::rd_kafka_TopicPartitionInfo_isr(partition, &raw mut in_sync);
        sys::rd_kafka_TopicPartitionInfo_replicas(partition, &raw mut all);
    }
    Replicas { in_sync, all }
}

/// A broker that does not support the question lists nothing; one that does lists at least the permission to describe.
fn rights(allowed: &[sys::rd_kafka_AclOperation_t]) -> Option<Rights> {
    use sys::rd_kafka_AclOperation_t::{RD_KAFKA_ACL_OPERATION_READ, RD_KAFKA_ACL_OPERATION_WRITE};
    (!allowed.is_empty()).then(|| Rights {
        read: allowed.contains(&RD_KAFKA_ACL_OPERATION_READ),
        write: allowed.contains(&RD_KAFKA_ACL_OPERATION_WRITE),
    })
}

unsafe fn offsets(result: *const sys::rd_kafka_ListOffsets_result_t) -> Vec<OffsetAnswer> {
    // SAFETY: the result is alive while its event is, and everything read from it belongs to it.
    unsafe {
        let mut count = 0;
        let infos = sys::rd_kafka_ListOffsets_result_infos(result, &raw mut count);
        list(infos, count)
            .iter()
            .map(|info| {
                let partition = &*sys::rd_kafka_ListOffsetsResultInfo_topic_partition(*info);
                // If the leader did not answer in time, librdkafka returns the partition as it was requested, without
                // an error.
                let silent = (partition.offset < 0).then(|| AnswerError {
                    code: RDKafkaErrorCode::OperationTimedOut,
                    text: "no response from the partition leader".to_owned(),
                });
                let failed = failure(partition.err, sys::rd_kafka_err2str(partition.err)).or(silent);
                OffsetAnswer {
                    partition: TopicPartition::new(&text(partition.topic), partition.partition),
                    end: failed.map_or(Ok(partition.offset), Err),
                }
            })
            .collect()
    }
}

/// # Safety
///
/// `pointer` must be null or point to `count` elements that live as long as the result that they belong to.
unsafe fn list<'a, T>(pointer: *const T, count: usize) -> &'a [T] {
    if pointer.is_null() || count == 0 {
        return &[];
    }
    // SAFETY: by the contract of this function.
    unsafe { slice::from_raw_parts(pointer, count) }
}

unsafe fn error(error: *const sys::rd_kafka_error_t) -> Option<AnswerError> {
    if error.is_null() {
        return None;
    }
    // SAFETY: not null, and belongs to a result that is alive.
    unsafe { failure(sys::rd_kafka_error_code(error), sys::rd_kafka_error_string(error)) }
}

unsafe fn failure(code: sys::rd_kafka_resp_err_t, reason: *const c_char) -> Option<AnswerError> {
    // SAFETY: the caller passes a C string, or null.
    (code != sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR)
        .then(|| AnswerError { code: code.into(), text: unsafe { text(reason) } })
}

/// # Safety
///
/// `pointer` must be null or a C string.
pub(super) unsafe fn text(pointer: *const c_char) -> String {
    if pointer.is_null() {
        return String::new();
    }
    // SAFETY: by the contract of this function.
    unsafe { CStr::from_ptr(pointer) }.to_string_lossy().into_owned()
}
