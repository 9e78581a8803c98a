//! The runner's access to the broker: topics, backlogs, offsets.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    thread,
    time::Duration,
};

use futures_executor::block_on;
use rdkafka::{
    ClientConfig, Offset, TopicPartitionList,
    admin::{AdminClient, AdminOptions, NewTopic, TopicReplication},
    client::DefaultClientContext,
    consumer::{BaseConsumer, Consumer},
    error::{KafkaError, RDKafkaErrorCode},
    producer::{BaseRecord, DefaultProducerContext, Producer, ThreadedProducer},
};

use crate::command::Shape;

const PATIENCE: Duration = Duration::from_secs(30);
/// The partitions of a topic for events; always the same, so that the producers do the same work.
pub(crate) const EVENT_PARTITIONS: i32 = 8;

pub(crate) struct Kafka {
    pub(crate) bootstrap: String,
    admin: AdminClient<DefaultClientContext>,
    probe: BaseConsumer,
    backlogs: RefCell<HashMap<Shape, String>>,
    names: Cell<u32>,
}

impl Kafka {
    pub(crate) fn new(bootstrap: &str) -> Self {
        Self {
            bootstrap: bootstrap.to_owned(),
            admin: settings(bootstrap).create().expect("an admin client"),
            probe: reader(bootstrap, "peers-probe"),
            backlogs: RefCell::default(),
            names: Cell::new(0),
        }
    }

    /// A unique name, also among earlier runs against the same broker.
    pub(crate) fn name(&self, what: &str) -> String {
        self.names.set(self.names.get() + 1);
        format!("{what}-{}-{}", std::process::id(), self.names.get())
    }

    pub(crate) fn create(&self, topic: &str, partitions: i32) {
        let topics = [NewTopic::new(topic, partitions, TopicReplication::Fixed(1))];
        let options = AdminOptions::new().operation_timeout(Some(PATIENCE)).request_timeout(Some(PATIENCE));
        for result in block_on(self.admin.create_topics(&topics, &options)).expect("the broker answers") {
            result.unwrap_or_else(|(topic, error)| panic!("topic {topic}: {error}"));
        }
        // The broker answers before each partition has its leader. A client that asks for offsets too early would
        // remember for half a minute that the topic does not exist.
        for _ in 0..600 {
            thread::sleep(Duration::from_millis(20));
            if self.leaders(topic) == partitions {
                return;
            }
        }
        panic!("topic {topic} has no leaders");
    }

    fn leaders(&self, topic: &str) -> i32 {
        let metadata = self.probe.fetch_metadata(Some(topic), PATIENCE).expect("the broker answers");
        let partitions = metadata.topics().iter().flat_map(|topic| topic.partitions());
        partitions.filter(|partition| partition.leader() >= 0).count() as i32
    }

    pub(crate) fn delete(&self, topics: &[&str]) {
        let results = block_on(self.admin.delete_topics(topics, &AdminOptions::new()));
        for (topic, error) in results.into_iter().flatten().filter_map(Result::err) {
            eprintln!("topic {topic} stays: {error}");
        }
    }

    /// The topic with this backlog; filled at first use.
    pub(crate) fn backlog(&self, shape: &Shape) -> String {
        if let Some(topic) = self.backlogs.borrow().get(shape) {
            return topic.clone();
        }
        let (topic, producer) = (self.name("commands"), filler(&self.bootstrap).create().expect("a valid producer"));
        self.fill(&topic, &producer, shape);
        assert_eq!(self.count(&topic, shape.partitions), shape.count, "the backlog is complete");
        self.backlogs.borrow_mut().insert(shape.clone(), topic.clone());
        topic
    }

    /// A topic with this backlog, invisible until the gate is opened.
    pub(crate) fn hidden_backlog(&self, shape: &Shape) -> (String, Gate) {
        let topic = self.name("commands");
        let mut settings = filler(&self.bootstrap);
        settings.set("transactional.id", &topic).set("transaction.timeout.ms", "600000");
        let producer: ThreadedProducer<DefaultProducerContext> = settings.create().expect("a valid producer");
        producer.init_transactions(PATIENCE).expect("transactions");
        producer.begin_transaction().expect("a transaction begins");
        self.fill(&topic, &producer, shape);
        (topic, Gate(producer))
    }

    fn fill(&self, topic: &str, producer: &ThreadedProducer<DefaultProducerContext>, shape: &Shape) {
        self.create(topic, shape.partitions);
        for number in 0..shape.count {
            send(producer, topic, &shape.key(number), &shape.value(number));
        }
        producer.flush(Duration::from_secs(120)).expect("the backlog is written");
    }

    /// Drops the backlogs, so that the disk does not fill up.
    pub(crate) fn delete_backlogs(&self) {
        for topic in self.backlogs.take().into_values() {
            self.delete(&[&topic]);
        }
    }

    /// The number of records in a topic.
    pub(crate) fn count(&self, topic: &str, partitions: i32) -> u64 {
        self.ends(topic, partitions).iter().sum::<i64>().unsigned_abs()
    }

    /// The log end offset of each partition.
    pub(crate) fn ends(&self, topic: &str, partitions: i32) -> Vec<i64> {
        let end = |number| self.probe.fetch_watermarks(topic, number, PATIENCE).expect("the broker answers").1;
        (0..partitions).map(end).collect()
    }

    /// The group's committed offset of each partition; 0 if it has none.
    pub(crate) fn committed(&self, group: &str, topic: &str, partitions: i32) -> Vec<i64> {
        let mut list = TopicPartitionList::new();
        list.add_partition_range(topic, 0, partitions - 1);
        let reader = reader(&self.bootstrap, group);
        let committed = reader.committed_offsets(list, PATIENCE).expect("the broker answers");
        let offset = |offset| if let Offset::Offset(offset) = offset { offset } else { 0 };
        committed.elements().iter().map(|element| offset(element.offset())).collect()
    }

    /// A consumer of all partitions of a topic of events, from the start.
    pub(crate) fn read(&self, topic: &str, partitions: i32) -> BaseConsumer {
        let mut list = TopicPartitionList::new();
        for partition in 0..partitions {
            list.add_partition_offset(topic, partition, Offset::Beginning).expect("a valid offset");
        }
        let reader = reader(&self.bootstrap, "peers-reader");
        reader.assign(&list).expect("a valid assignment");
        reader
    }
}

/// Holds a backlog back in a transaction.
pub(crate) struct Gate(ThreadedProducer<DefaultProducerContext>);

impl Gate {
    /// Makes the backlog visible.
    pub(crate) fn open(&self) {
        self.0.commit_transaction(PATIENCE).expect("the transaction ends");
    }
}

fn filler(bootstrap: &str) -> ClientConfig {
    let mut settings = settings(bootstrap);
    // Without this a retry could duplicate a command of the backlog.
    settings.set("enable.idempotence", "true");
    settings.set("linger.ms", "50").set("batch.size", "900000").set("partitioner", "murmur2_random");
    settings
}

pub(crate) fn settings(bootstrap: &str) -> ClientConfig {
    let mut settings = ClientConfig::new();
    settings.set("bootstrap.servers", bootstrap);
    settings
}

fn reader(bootstrap: &str, group: &str) -> BaseConsumer {
    let mut settings = settings(bootstrap);
    settings.set("group.id", group).set("enable.auto.commit", "false").set("fetch.queue.backoff.ms", "10");
    settings.create().expect("a valid consumer")
}

pub(crate) fn send(producer: &ThreadedProducer<DefaultProducerContext>, topic: &str, key: &str, value: &str) {
    let mut record = BaseRecord::to(topic).key(key).payload(value);
    while let Err((error, returned)) = producer.send(record) {
        assert_eq!(error, KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull));
        thread::sleep(Duration::from_millis(2));
        record = returned;
    }
}
