//! Asynchronous admin requests on an existing client: the answers are collected from a queue.
//!
//! The admin client of the safe wrapper opens its own connections and lacks these requests. Sent by the consuming
//! client, they use its connections and its credentials, so an answer says something about that client.
//!
//! Requests to a group's coordinator are left out: librdkafka (2.12.1) ends the process with a failed assertion
//! (`rd_kafka_enq_once_del_source_return`) if the coordinator goes away while one is in flight.

use std::{
    ffi::{CString, c_char},
    ptr::{self, NonNull},
    time::Duration,
};

use rdkafka::{ClientContext, client::Client};
use rdkafka_sys as sys;

use super::answers::{Answer, answer, text};
use crate::transport::TopicPartition;

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
