//! The fastest hand-written loop: whole batches from one queue to which the partition queues are forwarded, and a
//! producer with a topic handle that is looked up once. It bypasses the safe wrapper for both.
#![expect(unsafe_code, reason = "the wrapper has neither batches nor topic handles")]

use std::{
    cell::OnceCell,
    ffi::CString,
    ptr, slice,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use arms::{Acks, Answer, Group, Stop, consumer_settings, producer_settings};
use rdkafka::{
    consumer::{BaseConsumer, CommitMode, Consumer},
    producer::{Producer, ThreadedProducer},
};
use rdkafka_sys as sys;
use workload::Arm;

const BATCH: usize = 1000;

#[derive(Clone, Copy)]
struct Queue(*mut sys::rd_kafka_queue_t);
// SAFETY: librdkafka's queues may be used from any thread.
unsafe impl Send for Queue {}
// SAFETY: as above.
unsafe impl Sync for Queue {}

struct Sender {
    producer: ThreadedProducer<Acks>,
    events: Topic,
    dead_letters: Topic,
}

/// Looked up at first use: a lookup before there is a connection makes the first events wait 0.3 seconds for a timer of
/// librdkafka.
struct Topic {
    name: CString,
    handle: OnceCell<*mut sys::rd_kafka_topic_t>,
}

fn main() {
    let (arm, stop, acks) = (Arc::new(Arm::from_env()), Stop::on_sigterm(), Acks::default());
    let group = Group::new(&arm, acks.clone());
    let consumer: BaseConsumer<Group> =
        consumer_settings(&arm, true).create_with_context(group).expect("valid consumer settings");
    let sender = Sender::new(&arm, acks);
    let group = Arc::clone(consumer.context());
    // SAFETY: the client lives as long as the consumer; the queue is destroyed before it, see below.
    let queue = Queue(unsafe { sys::rd_kafka_queue_new(consumer.client().native_ptr()) });
    let topic = c_text(&arm.commands);
    let forward = move |consumer: &BaseConsumer<Group>, partition| forward(consumer, &topic, partition, queue);
    assert!(group.before_assign.set(Box::new(forward)).is_ok());
    consumer.subscribe(&[&arm.commands]).expect("a valid topic");
    let mut answer = Answer::new(&arm);
    let mut batch = vec![ptr::null_mut(); BATCH];
    let mut last_commit = Instant::now();
    while !stop.requested() {
        serve(&consumer);
        for &message in take(queue, &mut batch) {
            handle(message, &arm, &group, &mut answer, &sender);
        }
        group.commit_sometimes(&consumer, &mut last_commit);
    }
    sender.producer.flush(Duration::from_secs(10)).expect("the broker is available");
    group.commit(&consumer, CommitMode::Sync);
    leave(consumer, queue);
}

/// Serves rebalances and errors. Records never arrive here: they are forwarded before the partition is assigned.
fn serve(consumer: &BaseConsumer<Group>) {
    match consumer.poll(Duration::ZERO) {
        Some(Ok(_)) => panic!("a record bypassed the common queue"),
        Some(Err(error)) => eprintln!("poll: {error}"),
        None => {}
    }
}

fn forward(consumer: &BaseConsumer<Group>, topic: &CString, partition: i32, to: Queue) {
    // SAFETY: client, topic and queue are valid; the partition's queue is released.
    unsafe {
        let queue = sys::rd_kafka_queue_get_partition(consumer.client().native_ptr(), topic.as_ptr(), partition);
        sys::rd_kafka_queue_forward(queue, to.0);
        sys::rd_kafka_queue_destroy(queue);
    }
}

/// Takes the available records; if there are none, waits for the first one. (With a timeout the batch call waits to be
/// filled.)
fn take(queue: Queue, batch: &mut [*mut sys::rd_kafka_message_t]) -> &[*mut sys::rd_kafka_message_t] {
    // SAFETY: the queue is valid, and `batch` has room for the requested number.
    unsafe {
        let mut count = sys::rd_kafka_consume_batch_queue(queue.0, 0, batch.as_mut_ptr(), batch.len()).max(0) as usize;
        if count == 0 {
            let first = sys::rd_kafka_consume_queue(queue.0, 20);
            if !first.is_null() {
                batch[0] = first;
                count = 1;
            }
        }
        &batch[..count]
    }
}

fn handle(message: *mut sys::rd_kafka_message_t, arm: &Arm, group: &Group, answer: &mut Answer, sender: &Sender) {
    // SAFETY: it came from the queue and is released at the end of this function, after the last use of its memory.
    let record = unsafe { &*message };
    if record.err == sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR {
        if let Some(token) = group.take(record.partition, record.offset) {
            let key = bytes(record.key, record.key_len);
            let value = bytes(record.payload, record.len);
            let (handled, value) = answer.to(arm, value, key, record.partition, record.offset);
            sender.send(if handled { &sender.events } else { &sender.dead_letters }, key, value, token);
        }
    } else {
        eprintln!("consume: {:?}", record.err);
    }
    // SAFETY: see above.
    unsafe { sys::rd_kafka_message_destroy(message) }
}

fn bytes<'a>(start: *const std::ffi::c_void, length: usize) -> &'a [u8] {
    // SAFETY: librdkafka returned this length; the callers release the record after the last use.
    if start.is_null() { &[] } else { unsafe { slice::from_raw_parts(start.cast(), length) } }
}

impl Sender {
    fn new(arm: &Arm, acks: Acks) -> Self {
        let producer: ThreadedProducer<Acks> =
            producer_settings(arm).create_with_context(acks).expect("valid producer settings");
        let topic = |name| Topic { name: c_text(name), handle: OnceCell::new() };
        let (events, dead_letters) = (topic(&arm.events), topic(&arm.dead_letters));
        Self { producer, events, dead_letters }
    }

    fn send(&self, topic: &Topic, key: &[u8], value: &[u8], token: usize) {
        // `RD_KAFKA_PARTITION_UA` and `RD_KAFKA_MSG_F_COPY`, macros that the bindings omit.
        const ANY: i32 = -1;
        const COPY: i32 = 2;
        let (value_start, key_start) = (value.as_ptr().cast_mut().cast(), key.as_ptr().cast());
        // SAFETY: the client is valid; the handle is kept until the process ends.
        let topic = *topic.handle.get_or_init(|| unsafe {
            sys::rd_kafka_topic_new(self.producer.client().native_ptr(), topic.name.as_ptr(), ptr::null_mut())
        });
        let opaque = ptr::without_provenance_mut(token);
        loop {
            // SAFETY: the topic is valid, value and key are copied before it returns, the opaque is only a number.
            let result = unsafe {
                sys::rd_kafka_produce(topic, ANY, COPY, value_start, value.len(), key_start, key.len(), opaque)
            };
            if result == 0 {
                return;
            }
            thread::sleep(Duration::from_millis(1));
        }
    }
}

/// Destroys the queue before the consumer, and the consumer only after it has lost its partitions.
fn leave(consumer: BaseConsumer<Group>, queue: Queue) {
    consumer.unsubscribe();
    for _ in 0..250 {
        if consumer.assignment().is_ok_and(|assignment| assignment.count() == 0) {
            break;
        }
        let _ = consumer.poll(Duration::from_millis(20));
    }
    // SAFETY: nothing is forwarded to it any more, and it is not used after this.
    unsafe { sys::rd_kafka_queue_destroy(queue.0) };
    drop(consumer);
}

fn c_text(text: &str) -> CString {
    CString::new(text).expect("a topic name has no zero byte")
}
