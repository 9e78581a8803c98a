//! The usual idiom: a stream of messages, a task for each, a producer that is awaited in the task. Every event is
//! acknowledged before its command is committed; the order of a key is not kept.

use std::{
    cell::RefCell,
    sync::Arc,
    time::{Duration, Instant},
};

use arms::{Acks, Group, Names, Stop, Taken, consumer_settings, producer_settings};
use rdkafka::{
    Message,
    consumer::{CommitMode, Consumer, StreamConsumer},
    message::OwnedMessage,
    producer::{FutureProducer, FutureRecord, Producer},
    util::Timeout,
};
use tokio::{
    sync::Semaphore,
    time::{interval, sleep},
};
use workload::{Arm, Command, Encoder, OrderCreated};

/// The maximum number of tasks. Without a limit the backlog would be in memory.
const TASKS: usize = 10_000;

struct Service {
    arm: Arc<Arm>,
    names: Names,
    producer: FutureProducer,
    acks: Acks,
}

#[tokio::main]
async fn main() {
    let (arm, stop, acks) = (Arc::new(Arm::from_env()), Stop::on_sigterm(), Acks::default());
    let consumer: StreamConsumer<Group> = consumer_settings(&arm, true)
        .create_with_context(Group::new(&arm, acks.clone()))
        .expect("valid consumer settings");
    let producer = producer_settings(&arm).create().expect("valid producer settings");
    let service = Arc::new(Service { names: Names::new(&arm), arm, producer, acks });
    consumer.subscribe(&[&service.arm.commands]).expect("a valid topic");
    let group = Arc::clone(consumer.context());
    let limit = Arc::new(Semaphore::new(TASKS));
    let mut ticks = interval(Duration::from_millis(20));
    let mut last_commit = Instant::now();
    while !stop.requested() {
        tokio::select! {
            message = consumer.recv() => match message {
                Ok(message) => start(&service, &group, &limit, message.detach()).await,
                Err(error) => eprintln!("receive: {error}"),
            },
            _ = ticks.tick() => group.commit_sometimes(&consumer, &mut last_commit),
        }
    }
    drop(limit.acquire_many(TASKS as u32).await);
    service.producer.flush(Duration::from_secs(10)).expect("the broker is available");
    group.commit(&consumer, CommitMode::Sync);
}

async fn start(service: &Arc<Service>, group: &Group, limit: &Arc<Semaphore>, message: OwnedMessage) {
    let token = loop {
        let taken = group.window().take(message.partition(), message.offset());
        match taken {
            Taken::Token(token) => break token,
            Taken::NotOurs => return,
            Taken::Full => sleep(Duration::from_millis(1)).await,
        }
    };
    let permit = Arc::clone(limit).acquire_owned().await.expect("the semaphore is never closed");
    let service = Arc::clone(service);
    tokio::spawn(async move {
        service.handle(&message).await;
        service.acks.acknowledge(token);
        drop(permit);
    });
}

impl Service {
    async fn handle(&self, message: &OwnedMessage) {
        let (key, value) = (message.key().unwrap_or_default(), message.payload().unwrap_or_default());
        let event = self.answer(key, value, message.partition(), message.offset()).await;
        let (topic, value) = match &event {
            Some(event) => (&self.arm.events, event.as_slice()),
            None => (&self.arm.dead_letters, value),
        };
        let record = FutureRecord::to(topic).key(key).payload(value);
        self.producer.send(record, Timeout::Never).await.expect("the broker acknowledges it");
    }

    async fn answer(&self, key: &[u8], value: &[u8], partition: i32, offset: i64) -> Option<Vec<u8>> {
        thread_local!(static ENCODER: RefCell<Encoder> = RefCell::default());
        let command = Command::decode(value).ok().filter(|command| self.names.contains(command.kind))?;
        let order = command.order().ok()?;
        self.arm.work().await;
        let event = OrderCreated::from(order);
        self.arm.handled(key);
        let (source, correlation_id) = (&self.arm.source, command.correlation_id);
        Some(
            ENCODER
                .with_borrow_mut(|encoder| encoder.event(source, correlation_id, &event, partition, offset).to_vec()),
        )
    }
}
