//! Producing: `rd_kafka_produce` with a topic handle that is looked up once, and calls that do not depend on a timer.

use std::{
    ffi::{CString, c_void},
    fmt,
    ptr::{self, NonNull},
    sync::Arc,
    thread::{self, Thread},
    time::Duration,
};

use rdkafka::{
    error::RDKafkaErrorCode,
    producer::{BaseProducer, Producer as _, ProducerContext},
};
use rdkafka_sys as sys;

use crate::transport::Token;

/// A topic of a producer, looked up once. Keeps the producer alive.
pub(in crate::transport::kafka) struct TopicHandle<C: ProducerContext + 'static> {
    topic: NonNull<sys::rd_kafka_topic_t>,
    /// Dropped after the topic: `drop` runs before the fields are dropped, and releases the topic.
    producer: Arc<BaseProducer<C>>,
}

// SAFETY: librdkafka counts references to topic handles and locks them; `rd_kafka_produce` is allowed on any thread.
unsafe impl<C: ProducerContext> Send for TopicHandle<C> {}
// SAFETY: see above.
unsafe impl<C: ProducerContext> Sync for TopicHandle<C> {}

/// `RD_KAFKA_PARTITION_UA`: the partitioner chooses. (A macro of the C header that the bindings leave out.)
const PARTITION_UNASSIGNED: i32 = -1;

impl<C: ProducerContext<DeliveryOpaque = usize> + 'static> TopicHandle<C> {
    pub(in crate::transport::kafka) fn new(producer: &Arc<BaseProducer<C>>, name: &str) -> Option<Self> {
        let name = CString::new(name).ok()?;
        // SAFETY: the producer is alive, the name is a C string, and a null configuration means the defaults.
        let topic = unsafe { sys::rd_kafka_topic_new(producer.client().native_ptr(), name.as_ptr(), ptr::null_mut()) };
        NonNull::new(topic).map(|topic| Self { topic, producer: Arc::clone(producer) })
    }

    /// Hands over a record, which librdkafka copies. The token is the record's opaque value: for a producer with
    /// `DeliveryOpaque = usize`, the wrapper turns the opaque back into an integer and follows no pointer. Returns an
    /// error if librdkafka rejects the record immediately.
    pub(in crate::transport::kafka) fn produce(
        &self,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        token: Token,
    ) -> Result<(), RDKafkaErrorCode> {
        let (value, value_length) = parts(value);
        let (key, key_length) = parts(key);
        let opaque = usize::try_from(token.to_bits()).expect("kafka-service requires a 64-bit target");
        // SAFETY: topic and producer are alive; with MSG_F_COPY librdkafka copies key and value before it returns.
        let result = unsafe {
            sys::rd_kafka_produce(
                self.topic.as_ptr(),
                PARTITION_UNASSIGNED,
                sys::RD_KAFKA_MSG_F_COPY,
                value.cast_mut(),
                value_length,
                key,
                key_length,
                opaque as *mut c_void,
            )
        };
        if result == 0 {
            return Ok(());
        }
        // SAFETY: reads the last error of the calling thread.
        Err(unsafe { sys::rd_kafka_last_error() }.into())
    }

    /// Whether the producer is connected to a broker, after waiting at most this long for a connection. An answer of
    /// the broker is not awaited for longer either: that it could be asked is enough.
    pub(in crate::transport::kafka) fn reaches_broker(&self, wait: Duration) -> bool {
        let wait = i32::try_from(wait.as_millis()).unwrap_or(i32::MAX);
        let mut metadata = ptr::null();
        // SAFETY: producer and topic are alive; the metadata is ours if there is one, and is released once.
        let code = unsafe {
            let client = self.producer.client().native_ptr();
            let code = sys::rd_kafka_metadata(client, 0, self.topic.as_ptr(), &raw mut metadata, wait);
            if !metadata.is_null() {
                sys::rd_kafka_metadata_destroy(metadata);
            }
            code
        };
        // librdkafka returns it without a connection, and "timed out" without an answer.
        code != sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR__TRANSPORT
    }
}

/// Ends the linger of the records handed over: `rd_kafka_flush` treats `linger.ms` as elapsed while it waits. The
/// wrapper's `flush` waits in slices of zero length, in which the broker threads do not notice.
pub(in crate::transport::kafka) fn end_linger<C: ProducerContext>(producer: &BaseProducer<C>, wait: Duration) {
    let wait = i32::try_from(wait.as_millis()).unwrap_or(i32::MAX);
    // SAFETY: the producer is alive; its own thread serves the delivery reports meanwhile. Whether everything was
    // acknowledged in this time does not matter.
    unsafe {
        sys::rd_kafka_flush(producer.client().native_ptr(), wait);
    }
}

fn parts(bytes: Option<&[u8]>) -> (*const c_void, usize) {
    // A slice is never null, so an empty key or value remains distinct from none.
    bytes.map_or((ptr::null(), 0), |bytes| (bytes.as_ptr().cast(), bytes.len()))
}

impl<C: ProducerContext> Drop for TopicHandle<C> {
    fn drop(&mut self) {
        // SAFETY: our only reference; the producer is alive until the field is dropped after this.
        unsafe { sys::rd_kafka_topic_destroy(self.topic.as_ptr()) }
    }
}

impl<C: ProducerContext> fmt::Debug for TopicHandle<C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("TopicHandle").finish_non_exhaustive()
    }
}

// A token must fit the pointer that carries it.
const _: () = assert!(size_of::<usize>() >= size_of::<u64>());

/// The main queue of a client, in which reports, errors and log lines arrive. It must be dropped before its producer.
pub(in crate::transport::kafka) struct Inbox {
    queue: NonNull<sys::rd_kafka_queue_t>,
    /// The thread to wake; boxed, because librdkafka keeps its address.
    _reader: Box<Thread>,
}

impl Inbox {
    /// From now on, unparks the calling thread whenever an event arrives in the empty queue.
    pub(in crate::transport::kafka) fn of_this_thread<C: ProducerContext>(producer: &BaseProducer<C>) -> Self {
        extern "C" fn wake(_: *mut sys::rd_kafka_t, reader: *mut c_void) {
            // SAFETY: the address was passed together with this function, and is valid until `drop` has removed both.
            unsafe { &*reader.cast::<Thread>() }.unpark();
        }
        // SAFETY: the producer is alive; the returned reference is released in `drop`.
        let queue = NonNull::new(unsafe { sys::rd_kafka_queue_get_main(producer.client().native_ptr()) })
            .expect("librdkafka client without a main queue");
        let reader = Box::new(thread::current());
        // SAFETY: the queue is alive; `unpark` neither blocks nor calls librdkafka, as `rdkafka.h` requires of this
        // callback.
        unsafe {
            let address = (&raw const *reader).cast_mut().cast();
            sys::rd_kafka_queue_cb_event_enable(queue.as_ptr(), Some(wake), address);
        }
        Self { queue, _reader: reader }
    }

    pub(in crate::transport::kafka) fn is_empty(&self) -> bool {
        // SAFETY: the queue is alive.
        unsafe { sys::rd_kafka_queue_length(self.queue.as_ptr()) == 0 }
    }
}

impl Drop for Inbox {
    fn drop(&mut self) {
        // SAFETY: the queue is alive, and this is our only reference. The callback is called with the lock of the queue
        // held, which the first call takes too, so afterwards the reader's address is no longer in use.
        unsafe {
            sys::rd_kafka_queue_cb_event_enable(self.queue.as_ptr(), None, ptr::null_mut());
            sys::rd_kafka_queue_destroy(self.queue.as_ptr());
        }
    }
}
