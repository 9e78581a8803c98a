//! Every consumed topic is spread over the members of the group, with both group protocols.
//! Ownership is read from where records are handled.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use kafka_service::config::{Brokers, GroupProtocol};
use kafka_service::{Config, KafkaService, Meta, ServiceHandle, State, command};
use kafka_service_tests::{Kafka, Message, unique, wait_until_async};
use serde::Deserialize;
use serde_json::json;

const MINUTE: Duration = Duration::from_secs(60);
/// When librdkafka has lost an assignment, the group waits for the member for a minute (`max.poll.interval.ms`).
const SETTLED: Duration = Duration::from_secs(120);
const MEMBERS: usize = 8;
const PARTITIONS: i32 = 12;

/// Where the records of the last round were handled: the instance of each partition.
type Owners = BTreeMap<(String, i32), usize>;

#[derive(Clone, Default)]
struct Place {
    instance: usize,
    seen: Arc<Mutex<HashMap<u64, Owners>>>,
}

#[derive(Deserialize)]
struct Round {
    round: u64,
}

#[command("round")]
async fn round(State(place): State<Place>, meta: Meta, Round { round }: Round) {
    let name = (meta.topic().to_owned(), meta.partition());
    lock(&place.seen).entry(round).or_default().insert(name, place.instance);
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A broker whose groups converge fast.
fn kafka(properties: &[(&str, &str)]) -> Option<Kafka> {
    let mut all = vec![
        ("group.consumer.min.heartbeat.interval.ms", "100"),
        ("group.consumer.heartbeat.interval.ms", "500"),
        ("group.initial.rebalance.delay.ms", "200"),
    ];
    all.extend_from_slice(properties);
    Kafka::with(1, &all)
}

fn shared() -> Option<&'static Kafka> {
    static KAFKA: OnceLock<Option<Kafka>> = OnceLock::new();
    KAFKA.get_or_init(|| kafka(&[])).as_ref()
}

/// A group that consumes topics with these numbers of partitions.
struct Group<'a> {
    kafka: &'a Kafka,
    config: Config,
    partitions: Vec<i32>,
    place: Place,
    services: Vec<ServiceHandle>,
    rounds: u64,
}

impl<'a> Group<'a> {
    fn new(kafka: &'a Kafka, protocol: GroupProtocol, partitions: &[i32]) -> Self {
        let mut config = Config::new("spread");
        config.bootstrap_servers = Brokers::Servers(kafka.bootstrap().to_owned());
        config.commands_topics = partitions.iter().map(|count| kafka.new_topic("spread", *count)).collect();
        config.events_topic = unique("spread-events");
        config.create_topics = true;
        config.group_id = Some(unique("spread-group"));
        config.group_protocol = protocol;
        if protocol == GroupProtocol::Classic {
            config.set_consumer_property("heartbeat.interval.ms", "200").expect("a property of this protocol");
        }
        let (place, services) = (Place::default(), Vec::new());
        Self { kafka, config, partitions: partitions.to_vec(), place, services, rounds: 0 }
    }

    async fn join(&mut self) {
        let place = Place { instance: self.services.len(), ..self.place.clone() };
        let service = KafkaService::new(self.config.clone()).state(place).start().await.expect("the service starts");
        self.services.push(service);
    }

    /// Writes a record to every partition. Returns the round's number.
    fn write(&mut self) -> u64 {
        self.rounds += 1;
        let value = json!({"type": "round", "correlation_id": "c", "payload": {"round": self.rounds}});
        for (topic, count) in self.config.commands_topics.iter().zip(&self.partitions) {
            self.kafka
                .produce_all(topic, (0..*count).map(|partition| Message::from(value.clone()).partition(partition)));
        }
        self.rounds
    }

    /// Waits until all records of a round written by this function are handled, and returns where.
    async fn owners(&mut self) -> Owners {
        let number = self.write();
        let all: usize = self.partitions.iter().map(|count| usize::try_from(*count).expect("few")).sum();
        let seen = Arc::clone(&self.place.seen);
        wait_until_async(MINUTE, "a record of every partition to be handled", async || {
            let handled = lock(&seen).get(&number).map_or(0, BTreeMap::len);
            if handled == all { Ok(()) } else { Err(format!("{handled} of {all}")) }
        })
        .await;
        lock(&seen).remove(&number).unwrap_or_default()
    }

    /// How many partitions of each topic each member has.
    async fn shares(&mut self) -> Vec<Vec<usize>> {
        let owners = self.owners().await;
        let share = |topic: &String, member| {
            owners.iter().filter(|((name, _), owner)| name == topic && **owner == member).count()
        };
        let members = 0..self.services.len();
        self.config
            .commands_topics
            .iter()
            .map(|topic| members.clone().map(|each| share(topic, each)).collect())
            .collect()
    }

    async fn is_spread(&mut self) -> Result<(), Vec<Vec<usize>>> {
        let shares = self.shares().await;
        let is_even =
            |members: &Vec<usize>| members.iter().max() <= members.iter().min().map(|least| least + 1).as_ref();
        if shares.iter().all(is_even) { Ok(()) } else { Err(shares) }
    }

    /// Waits until no member has two partitions of a topic more than another.
    async fn wait_until_spread(&mut self) {
        let started = std::time::Instant::now();
        while let Err(shares) = self.is_spread().await {
            let (members, protocol) = (self.services.len(), self.config.group_protocol);
            assert!(
                started.elapsed() < SETTLED,
                "{protocol:?}, {members} members, {:?} partitions: shares of the topics {shares:?}",
                self.partitions
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    async fn end(self) {
        let ends = self.services.into_iter().map(ServiceHandle::shutdown);
        for end in futures_util::future::join_all(ends).await {
            end.expect("a clean shutdown");
        }
    }
}

/// Sets of one, two and three topics; in the sets of each size, every number of partitions occurs.
fn topics() -> Vec<Vec<i32>> {
    (1..=3)
        .flat_map(|size| (1..=PARTITIONS).collect::<Vec<_>>().chunks(size).map(<[i32]>::to_vec).collect::<Vec<_>>())
        .collect()
}

/// Runs every set of topics with one to eight members, a few at a time: they mostly wait for the broker.
fn every_topic_is_spread(protocol: GroupProtocol) {
    const AT_ONCE: usize = 3;
    let Some(kafka) = shared() else { return };
    let sets = Mutex::new(topics().into_iter());
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_multi_thread()
                    .worker_threads(1)
                    .enable_all()
                    .build()
                    .expect("a runtime");
                loop {
                    let next = lock(&sets).next();
                    let Some(partitions) = next else { return };
                    runtime.block_on(async {
                        let mut group = Group::new(kafka, protocol, &partitions);
                        for _ in 0..MEMBERS {
                            group.join().await;
                            group.wait_until_spread().await;
                        }
                        group.end().await;
                    });
                }
            });
        }
    });
}

#[test]
fn every_topic_is_spread_by_the_broker() {
    every_topic_is_spread(GroupProtocol::Consumer);
}

#[test]
fn every_topic_is_spread_in_a_classic_group() {
    every_topic_is_spread(GroupProtocol::Classic);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_without_the_assignor_chooses_one() {
    let Some(kafka) = kafka(&[("group.consumer.assignors", "uniform")]) else { return };
    let mut group = Group::new(&kafka, GroupProtocol::Auto, &[2, 2]);
    group.join().await;
    assert_eq!(group.owners().await.len(), 4, "everything is consumed");
    group.end().await;

    let mut group = Group::new(&kafka, GroupProtocol::Auto, &[2, 2]);
    group.config.set_consumer_property("group.remote.assignor", "range").expect("a property");
    group.join().await;
    let failed = tokio::time::timeout(MINUTE, group.services[0].failed()).await.expect("the service fails in time");
    let text = failed.to_string();
    assert!(text.contains("`range`") && text.contains("group.consumer.assignors"), "{text}");
}

/// As in a rolling deployment of a version with another assignor.
#[tokio::test(flavor = "multi_thread")]
async fn members_with_different_assignors_share_a_group_of_kip_848() {
    let Some(kafka) = shared() else { return };
    let mut group = Group::new(kafka, GroupProtocol::Consumer, &[4, 4]);
    group.config.set_consumer_property("group.remote.assignor", "uniform").expect("a property");
    group.join().await;
    assert_eq!(group.owners().await.len(), 8);
    let old = group.config.clone();
    group.config.set_consumer_property("group.remote.assignor", "range").expect("a property");
    group.join().await;
    group.join().await;
    group.wait_until_spread().await;
    group.config = old;
    assert_eq!(group.owners().await.len(), 8);
    group.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_classic_group_refuses_another_assignor_with_the_reason() {
    let Some(kafka) = shared() else { return };
    let mut group = Group::new(kafka, GroupProtocol::Classic, &[4, 4]);
    group.join().await;
    assert_eq!(group.owners().await.len(), 8);
    group.config.set_consumer_property("partition.assignment.strategy", "cooperative-sticky").expect("a property");
    group.join().await;
    let refused = &group.services[1];
    wait_until_async(MINUTE, "the reason", async || {
        let problems: Vec<_> = refused.health().problems.iter().map(ToString::to_string).collect();
        let is_told = problems.iter().any(|problem| {
            problem.contains("InconsistentGroupProtocol") && problem.contains("KAFKA_PARTITION_ASSIGNMENT_STRATEGY")
        });
        if is_told { Ok(()) } else { Err(problems) }
    })
    .await;
    assert_eq!(group.owners().await.len(), 8, "the others continue");
    group.end().await;
}
