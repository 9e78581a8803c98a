//! The loop of an author who knows librdkafka: one thread, `poll`, an integer with each event.

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use rdkafka::{
    Message,
    consumer::{BaseConsumer, CommitMode, Consumer},
    error::{KafkaError, RDKafkaErrorCode},
    message::BorrowedMessage,
    producer::{BaseRecord, Producer, ThreadedProducer},
};
use workload::{Arm, Handler};

use crate::{Acks, Answer, Group, Stop, consumer_settings, producer_settings};

/// Runs it until SIGTERM. `tuned`: with the setting that keeps the prefetch queue filled.
///
/// # Panics
/// Panics when something fails: it is a benchmark's arm.
pub fn poll_loop(tuned: bool) {
    let (arm, stop, acks) = (Arc::new(Arm::from_env()), Stop::on_sigterm(), Acks::default());
    let group = Group::new(&arm, acks.clone());
    let consumer: BaseConsumer<Group> =
        consumer_settings(&arm, tuned).create_with_context(group).expect("valid consumer settings");
    let producer: ThreadedProducer<Acks> =
        producer_settings(&arm).create_with_context(acks).expect("valid producer settings");
    consumer.subscribe(&[&arm.commands]).expect("a valid topic");
    let group = Arc::clone(consumer.context());
    let mut answer = Answer::new(&arm);
    let (mut last_commit, mut seen) = (Instant::now(), 0u64);
    while !stop.requested() {
        match consumer.poll(Duration::from_millis(20)) {
            Some(Ok(message)) => handle(&message, &arm, &group, &mut answer, &producer),
            Some(Err(error)) => eprintln!("poll: {error}"),
            // Idle: check the clock now, and not at the next multiple of 64.
            None => seen = 0,
        }
        // Reading the clock costs 20 ns; for a slow handler it is worth that.
        if seen % 64 == 0 || arm.handler != Handler::None {
            group.commit_sometimes(&consumer, &mut last_commit);
        }
        seen += 1;
    }
    producer.flush(Duration::from_secs(10)).expect("the broker is available");
    group.commit(&consumer, CommitMode::Sync);
}

fn handle(
    message: &BorrowedMessage<'_>,
    arm: &Arm,
    group: &Group,
    answer: &mut Answer,
    producer: &ThreadedProducer<Acks>,
) {
    let (partition, offset) = (message.partition(), message.offset());
    let Some(token) = group.take(partition, offset) else { return };
    let (key, value) = (message.key().unwrap_or_default(), message.payload().unwrap_or_default());
    let (handled, value) = answer.to(arm, value, key, partition, offset);
    let topic = if handled { &arm.events } else { &arm.dead_letters };
    let mut record = BaseRecord::<[u8], [u8], usize>::with_opaque_to(topic, token).key(key).payload(value);
    while let Err((error, returned)) = producer.send(record) {
        assert_eq!(error, KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull));
        thread::sleep(Duration::from_millis(1));
        record = returned;
    }
}
