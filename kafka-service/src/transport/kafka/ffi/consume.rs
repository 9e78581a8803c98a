//! Consuming: one queue, to which the queues of all assigned partitions are forwarded, emptied in batches. Records are
//! read in librdkafka's memory.

use std::{
    ffi::{CStr, CString, c_void},
    fmt,
    ptr::{self, NonNull},
    slice,
    time::{Duration, Instant},
};

use rdkafka::{
    ClientContext, TopicPartitionList,
    client::Client,
    consumer::{BaseConsumer, Consumer, ConsumerContext},
    error::RDKafkaErrorCode,
};
use rdkafka_sys as sys;

use crate::message::{Header, Record, RecordTime, SetBy};

/// A record in librdkafka's memory. It keeps the whole fetch response alive that it arrived in. It must not outlive its
/// consumer: batches carry a lease for that.
pub(crate) struct NativeRecord(NonNull<sys::rd_kafka_message_t>);

// SAFETY: librdkafka passes ownership of a message to the application; its reference counts are atomic, and `rdkafka.h`
// allows `rd_kafka_message_destroy` on any thread.
unsafe impl Send for NativeRecord {}

impl NativeRecord {
    fn message(&self) -> &sys::rd_kafka_message_t {
        // SAFETY: the pointer comes from a consume call, is destroyed only in `drop`, and is never written through.
        unsafe { self.0.as_ref() }
    }

    /// Identifies the record's topic: the same number for all records of a topic while one of its partitions is
    /// assigned.
    pub(in crate::transport::kafka) fn topic_handle(&self) -> usize {
        self.message().rkt as usize
    }

    pub(in crate::transport::kafka) fn topic(&self) -> String {
        if self.message().rkt.is_null() {
            return String::new();
        }
        // SAFETY: `rkt` is not null, belongs to this message, and the name lives as long as the topic.
        unsafe { CStr::from_ptr(sys::rd_kafka_topic_name(self.message().rkt)) }.to_string_lossy().into_owned()
    }

    pub(in crate::transport::kafka) fn partition(&self) -> i32 {
        self.message().partition
    }

    /// The log end offset, if this is the end of a partition and not a record.
    pub(in crate::transport::kafka) fn end(&self) -> Option<i64> {
        let message = self.message();
        (message.err == sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR__PARTITION_EOF).then_some(message.offset)
    }

    /// The error of a partition, which arrives in place of a record.
    pub(in crate::transport::kafka) fn error(&self) -> Option<RDKafkaErrorCode> {
        let error = self.message().err;
        (error != sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR).then(|| error.into())
    }
}

/// The bytes at `pointer`, or `None` for a null pointer.
fn bytes<'a>(pointer: *const c_void, length: usize) -> Option<&'a [u8]> {
    // SAFETY: callers pass pointer and length of one message, header or key, which librdkafka keeps together and does
    // not change while the message is alive; the lifetime is that of the borrow of the message.
    (!pointer.is_null()).then(|| unsafe { slice::from_raw_parts(pointer.cast(), length) })
}

impl Record for NativeRecord {
    fn value(&self) -> Option<&[u8]> {
        bytes(self.message().payload, self.message().len)
    }

    fn key(&self) -> Option<&[u8]> {
        bytes(self.message().key, self.message().key_len)
    }

    fn offset(&self) -> i64 {
        self.message().offset
    }

    fn timestamp(&self) -> Option<RecordTime> {
        use sys::rd_kafka_timestamp_type_t::{RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME, RD_KAFKA_TIMESTAMP_NOT_AVAILABLE};
        let mut kind = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
        // SAFETY: a valid message, and a valid pointer for the result.
        let millis = unsafe { sys::rd_kafka_message_timestamp(self.0.as_ptr(), &raw mut kind) };
        let set_by = if kind == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME { SetBy::Broker } else { SetBy::Producer };
        (kind != RD_KAFKA_TIMESTAMP_NOT_AVAILABLE).then_some(RecordTime { millis, set_by })
    }

    fn headers(&self) -> Vec<Header> {
        let mut list = ptr::null_mut();
        // SAFETY: a valid message, and a valid pointer for the result; the list belongs to the message.
        let error = unsafe { sys::rd_kafka_message_headers(self.0.as_ptr(), &raw mut list) };
        let mut headers = Vec::new();
        if error != sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR {
            return headers;
        }
        loop {
            let (mut name, mut value, mut length) = (ptr::null(), ptr::null(), 0);
            // SAFETY: a valid list, and valid pointers for the results.
            let error = unsafe {
                sys::rd_kafka_header_get_all(list, headers.len(), &raw mut name, &raw mut value, &raw mut length)
            };
            if error != sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR {
                return headers;
            }
            // SAFETY: on success the name is a C string that the list owns.
            let name = unsafe { CStr::from_ptr(name) }.to_string_lossy().into_owned();
            headers.push((name, bytes(value, length).map(<[u8]>::to_vec)));
        }
    }
}

impl Drop for NativeRecord {
    fn drop(&mut self) {
        // SAFETY: this is the only owner, and the consumer is still alive (see the lease of batches).
        unsafe { sys::rd_kafka_message_destroy(self.0.as_ptr()) }
    }
}

impl fmt::Debug for NativeRecord {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("NativeRecord").field("offset", &self.offset()).finish_non_exhaustive()
    }
}

/// The queue to which all assigned partitions are forwarded. It must be dropped before its consumer.
pub(in crate::transport::kafka) struct BatchQueue {
    queue: NonNull<sys::rd_kafka_queue_t>,
}

// SAFETY: librdkafka's queues are locked; every call used here is allowed on any thread. One thread takes the batches.
unsafe impl Send for BatchQueue {}
// SAFETY: see above.
unsafe impl Sync for BatchQueue {}

impl BatchQueue {
    pub(in crate::transport::kafka) fn new<C: ClientContext>(client: &Client<C>) -> Option<Self> {
        // SAFETY: the client is alive during the call.
        NonNull::new(unsafe { sys::rd_kafka_queue_new(client.native_ptr()) }).map(|queue| Self { queue })
    }

    /// Forwards what is fetched of a partition to this queue, with what has accumulated in the partition's own queue,
    /// or stops forwarding: it then accumulates in its own queue, and nothing that was fetched is discarded.
    pub(in crate::transport::kafka) fn forward<C: ConsumerContext>(
        &self,
        consumer: &BaseConsumer<C>,
        topic: &str,
        partition: i32,
        here: bool,
    ) -> bool {
        let Ok(topic) = CString::new(topic) else { return false };
        // SAFETY: the consumer is alive, and the name is a C string; the returned reference is released below.
        unsafe {
            let source = sys::rd_kafka_queue_get_partition(consumer.client().native_ptr(), topic.as_ptr(), partition);
            if source.is_null() {
                return false;
            }
            sys::rd_kafka_queue_forward(source, if here { self.queue.as_ptr() } else { ptr::null_mut() });
            sys::rd_kafka_queue_destroy(source);
        }
        true
    }

    /// Takes the available records, at most `limit`. If there are none, waits for the first. (A batch call with a
    /// timeout would wait until the batch is full.)
    ///
    /// The end of a partition follows each of its last records. It does not end the wait: at a low rate it would wake
    /// this thread as often as the records do.
    pub(in crate::transport::kafka) fn take(&self, limit: usize, wait: Duration) -> Vec<NativeRecord> {
        let mut pointers: Vec<*mut sys::rd_kafka_message_t> = vec![ptr::null_mut(); limit];
        let mut count = self.take_now(&mut pointers);
        if count == 0 {
            let until = Instant::now() + wait;
            while count < limit {
                let left = until.saturating_duration_since(Instant::now());
                // Rounded up, so that the last millisecond is not spent awake.
                let left = i32::try_from(left.as_micros().div_ceil(1_000)).unwrap_or(i32::MAX);
                // SAFETY: the queue is alive.
                let first = unsafe { sys::rd_kafka_consume_queue(self.queue.as_ptr(), left) };
                if first.is_null() {
                    break;
                }
                pointers[count] = first;
                count += 1;
                // SAFETY: the message is alive until the record is dropped.
                if unsafe { (*first).err } != sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR__PARTITION_EOF || left == 0 {
                    count += self.take_now(&mut pointers[count..]);
                    break;
                }
            }
        }
        pointers.truncate(count);
        pointers.into_iter().filter_map(NonNull::new).map(NativeRecord).collect()
    }

    fn take_now(&self, pointers: &mut [*mut sys::rd_kafka_message_t]) -> usize {
        // SAFETY: the queue is alive, and the slice has room for this many pointers.
        let count =
            unsafe { sys::rd_kafka_consume_batch_queue(self.queue.as_ptr(), 0, pointers.as_mut_ptr(), pointers.len()) };
        usize::try_from(count).unwrap_or(0)
    }
}

impl Drop for BatchQueue {
    fn drop(&mut self) {
        // SAFETY: this is our only reference, and the consumer is dropped later.
        unsafe { sys::rd_kafka_queue_destroy(self.queue.as_ptr()) }
    }
}

/// Commits these offsets, or those that are stored and past the committed offset. The broker's answer arrives in
/// `ConsumerContext::commit_callback` during a later poll.
///
/// The asynchronous commit of the wrapper requests no answer: its consumers use events and set no commit callback, and
/// librdkafka then answers a commit only to the queue that is passed with it.
pub(in crate::transport::kafka) fn commit<C: ConsumerContext>(
    consumer: &BaseConsumer<C>,
    offsets: Option<&TopicPartitionList>,
) -> Result<(), RDKafkaErrorCode> {
    let offsets = offsets.map_or(ptr::null(), |list| list.ptr().cast_const());
    // SAFETY: the consumer is alive, and so are the offsets, which librdkafka copies; null for offsets and callback is
    // allowed; the queue is passed for the answer, librdkafka takes its own reference, and ours is released.
    let error = unsafe {
        let queue = sys::rd_kafka_queue_get_consumer(consumer.client().native_ptr());
        let error = sys::rd_kafka_commit_queue(consumer.client().native_ptr(), offsets, queue, None, ptr::null_mut());
        if !queue.is_null() {
            sys::rd_kafka_queue_destroy(queue);
        }
        error
    };
    match error {
        sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR => Ok(()),
        error => Err(error.into()),
    }
}

/// Frees a consumer that is closed. The drop of the wrapper would close it again and log the failure as an error.
///
/// What the wrapper itself keeps (its context, a reference to a queue) is leaked: a few hundred bytes.
pub(in crate::transport::kafka) fn destroy_closed<C: ConsumerContext>(consumer: BaseConsumer<C>) {
    debug_assert!(consumer.closed());
    let client = consumer.client().native_ptr();
    // The context lives as long as the process, so a callback during the destruction finds it.
    std::mem::forget(consumer);
    // SAFETY: the client is closed, and this is its only owner; the wrapper, which would have destroyed it, is
    // forgotten.
    unsafe { sys::rd_kafka_destroy(client) }
}
