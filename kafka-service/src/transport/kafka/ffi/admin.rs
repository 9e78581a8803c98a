//! Asynchronous admin requests on an existing client: the answers are collected from a queue.
//!
//! The admin client of the safe wrapper opens its own connections and lacks these requests. Sent by the consuming
//! client, they use its connections and its credentials, so an answer says something about that client.
//!
//! Requests to a group's coordinator are left out: librdkafka (2.12.1) ends the process with a failed assertion
//! (`rd_kafka_enq_once_del_source_return`) if the coordinator goes away while one is in flight.

use std::{
    ffi::{CStr, CString, c_char},
    ptr::{self, NonNull},
    slice,
    time::Duration,
};

use rdkafka::{ClientContext, client::Client, error::RDKafkaErrorCode};
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

/// The queue for the answers to the requests of one client. It must be dropped before its client.
pub(in crate::transport::kafka) struct AnswerQueue {
    client: NonNull<sys::rd_kafka_t>,
    queue: NonNull<sys::rd_kafka_queue_t>,
}

// SAFETY: librdkafka's clients and queues are locked; every call used here is allowed on any thread.
unsafe impl Send for AnswerQueue {}

impl AnswerQueue {
    pub(in crate::transport::kafka) fn new<C: ClientContext>(client: &Client<C>) -> Option<Self> {
        let client = NonNull::new(client.native_ptr())?;
        // SAFETY: the client is alive during the call.
        let queue = NonNull::new(unsafe { sys::rd_kafka_queue_new(client.as_ptr()) })?;
        Some(Self { client, queue })
    }

    /// Requests a description of these topics, with the permissions of this client on them.
    pub(in crate::transport::kafka) fn ask_topics<'a>(&self, names: impl Iterator<Item = &'a str>, timeout: Duration) {
        let names: Vec<_> = names.filter_map(|name| CString::new(name).ok()).collect();
        let mut pointers: Vec<*const c_char> = names.iter().map(|name| name.as_ptr()).collect();
        let options = Options::new(self, sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DESCRIBETOPICS, timeout);
        // SAFETY: client, queue and options are alive; the collection copies the names and is freed here.
        unsafe {
            sys::rd_kafka_AdminOptions_set_include_authorized_operations(options.0, 1);
            let topics = sys::rd_kafka_TopicCollection_of_topic_names(pointers.as_mut_ptr(), pointers.len());
            sys::rd_kafka_DescribeTopics(self.client.as_ptr(), topics, options.0, self.queue.as_ptr());
            sys::rd_kafka_TopicCollection_destroy(topics);
        }
    }

    /// Requests the end offsets of these partitions from their leaders: with `committed`, those for consumers with
    /// `read_committed`.
    pub(in crate::transport::kafka) fn ask_offsets<'a>(
        &self,
        partitions: impl Iterator<Item = &'a TopicPartition>,
        committed: bool,
        timeout: Duration,
    ) {
        use sys::rd_kafka_IsolationLevel_t::{
            RD_KAFKA_ISOLATION_LEVEL_READ_COMMITTED, RD_KAFKA_ISOLATION_LEVEL_READ_UNCOMMITTED,
        };
        let isolation =
            if committed { RD_KAFKA_ISOLATION_LEVEL_READ_COMMITTED } else { RD_KAFKA_ISOLATION_LEVEL_READ_UNCOMMITTED };
        let options = Options::new(self, sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_LISTOFFSETS, timeout);
        // SAFETY: client, queue and options are alive; the list is owned here and is freed below.
        unsafe {
            sys::rd_kafka_AdminOptions_set_isolation_level(options.0, isolation);
            let list = partition_list(partitions, Some(sys::rd_kafka_OffsetSpec_t::RD_KAFKA_OFFSET_SPEC_LATEST as i64));
            sys::rd_kafka_ListOffsets(self.client.as_ptr(), list, options.0, self.queue.as_ptr());
            sys::rd_kafka_topic_partition_list_destroy(list);
        }
    }

    /// Whether the client is a member of its group: it has a member id and takes part in a generation.
    pub(in crate::transport::kafka) fn is_member(&self) -> bool {
        // SAFETY: the client is alive; the returned value is owned here and is freed below, and it contains the name.
        unsafe {
            let metadata = sys::rd_kafka_consumer_group_metadata(self.client.as_ptr());
            if metadata.is_null() {
                return false;
            }
            let generation = sys::rd_kafka_consumer_group_metadata_generation_id(metadata);
            let is_named = !text(sys::rd_kafka_consumer_group_metadata_member_id(metadata)).is_empty();
            sys::rd_kafka_consumer_group_metadata_destroy(metadata);
            generation > 0 && is_named
        }
    }

    /// The next answer, if one has arrived.
    pub(in crate::transport::kafka) fn next(&self) -> Option<Answer> {
        // SAFETY: the queue is alive. The event is owned here until it is destroyed, and no reference to it is kept.
        unsafe {
            let event = NonNull::new(sys::rd_kafka_queue_poll(self.queue.as_ptr(), 0))?.as_ptr();
            let answer = answer(event);
            sys::rd_kafka_event_destroy(event);
            // Other kinds of events are not expected; skip them.
            answer.or_else(|| self.next())
        }
    }
}

impl Drop for AnswerQueue {
    fn drop(&mut self) {
        // SAFETY: this is our only reference; requests in flight have their own references.
        unsafe { sys::rd_kafka_queue_destroy(self.queue.as_ptr()) }
    }
}

/// Creates a list that the caller must free.
fn partition_list<'a>(
    partitions: impl Iterator<Item = &'a TopicPartition>,
    offset: Option<i64>,
) -> *mut sys::rd_kafka_topic_partition_list_t {
    // SAFETY: the list copies the names; the pointer to its new element is valid until the next call that changes the
    // list.
    unsafe {
        let list = sys::rd_kafka_topic_partition_list_new(0);
        for TopicPartition { topic, partition } in partitions {
            let Ok(topic) = CString::new(&**topic) else { continue };
            let element = sys::rd_kafka_topic_partition_list_add(list, topic.as_ptr(), *partition);
            if let Some(offset) = offset {
                (*element).offset = offset;
            }
        }
        list
    }
}

struct Options(*mut sys::rd_kafka_AdminOptions_t);

impl Options {
    fn new(queue: &AnswerQueue, request: sys::rd_kafka_admin_op_t, timeout: Duration) -> Self {
        let millis = i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX);
        // SAFETY: the client is alive; no error text is requested.
        unsafe {
            let options = sys::rd_kafka_AdminOptions_new(queue.client.as_ptr(), request);
            sys::rd_kafka_AdminOptions_set_request_timeout(options, millis, ptr::null_mut(), 0);
            Self(options)
        }
    }
}

impl Drop for Options {
    fn drop(&mut self) {
        // SAFETY: this is the only owner; requests have copied what they need.
        unsafe { sys::rd_kafka_AdminOptions_destroy(self.0) }
    }
}

/// # Safety
///
/// `event` must be an event that has not been destroyed.
unsafe fn answer(event: *mut sys::rd_kafka_event_t) -> Option<Answer> {
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
unsafe fn text(pointer: *const c_char) -> String {
    if pointer.is_null() {
        return String::new();
    }
    // SAFETY: by the contract of this function.
    unsafe { CStr::from_ptr(pointer) }.to_string_lossy().into_owned()
}
