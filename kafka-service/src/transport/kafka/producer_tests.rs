//! The producer with a broker that is slow to answer.

use std::thread;
#[cfg(target_os = "linux")]
use std::{fs, time::Instant};

use futures_util::future::join_all;
use rdkafka::mocking::MockCluster;
use tokio::{runtime::Runtime, sync::oneshot, time::timeout};

use super::*;

const ROUND_TRIP: Duration = Duration::from_millis(200);
const PATIENCE: Duration = Duration::from_secs(30);
const TOPIC: &str = "events";

type Answer = oneshot::Receiver<Result<(), Undelivered>>;

/// A slow broker, and a producer for its topic.
fn slow_broker(linger_ms: &str) -> (MockCluster<'static, rdkafka::producer::DefaultProducerContext>, KafkaProducer) {
    let cluster = MockCluster::new(1).expect("a broker");
    cluster.create_topic(TOPIC, 1, 1).expect("a topic");
    cluster.broker_round_trip_time(1, ROUND_TRIP).expect("a slow broker");
    let mut config = Config::new("slow");
    config.set_producer_property("linger.ms", linger_ms).expect("a property");
    let (acks, _) = Acks::new();
    let producer = KafkaProducer::new(&config, &cluster.bootstrap_servers(), vec![TOPIC.to_owned()], Arc::new(acks));
    (cluster, producer.expect("a producer"))
}

fn send(producer: &KafkaProducer) -> Answer {
    let (token, answer) = producer.acks.caller();
    let record = OutRecord { topic: TopicId(0), key: Some(b"one"), value: Some(b"{}"), headers: &[] };
    producer.send(&record, token).expect("there is room");
    answer
}

fn expect_all(answers: Vec<Answer>) {
    let all = async { timeout(PATIENCE, join_all(answers)).await.expect("in time") };
    for answer in Runtime::new().expect("a runtime").block_on(all) {
        answer.expect("an answer").expect("the broker took it");
    }
}

#[test]
fn records_behind_a_request_in_flight_do_not_linger() {
    let (_cluster, producer) = slow_broker("600000");
    let mut answers = Vec::new();
    for _ in 0..4 {
        // More than an idempotent producer may have in flight.
        answers.extend((0..10).map(|_| send(&producer)));
        producer.idle();
        // The next records are sent while these are in flight: the broker's round trip is a duration, so the pace is
        // one too.
        thread::sleep(ROUND_TRIP / 10);
    }
    expect_all(answers);
}

/// The CPU time of the busiest thread of this process with that name.
#[cfg(target_os = "linux")]
fn busiest(name: &str) -> Duration {
    let tasks = fs::read_dir("/proc/self/task").expect("Linux").flatten();
    let time = |task: fs::DirEntry| {
        let is_meant = fs::read_to_string(task.path().join("comm")).ok()?.trim() == name;
        let stat = is_meant.then(|| fs::read_to_string(task.path().join("schedstat")).ok()).flatten()?;
        stat.split(' ').next()?.parse().ok().map(Duration::from_nanos)
    };
    tasks.filter_map(time).max().expect("a thread of that name")
}

/// Without `Linger`, librdkafka's thread is awake the whole time.
#[cfg(target_os = "linux")]
#[test]
fn the_client_sleeps_while_the_broker_is_slow() {
    let (_cluster, producer) = slow_broker("5");
    expect_all((0..10).map(|_| send(&producer)).collect());
    let (start, before) = (Instant::now(), busiest("rdk:broker1"));
    let mut answers = Vec::new();
    while start.elapsed() < ROUND_TRIP * 10 {
        answers.push(send(&producer));
        // The pace of a busy service, not a wait for something.
        thread::sleep(Duration::from_millis(1));
    }
    let (elapsed, awake) = (start.elapsed(), busiest("rdk:broker1").saturating_sub(before));
    assert!(awake < elapsed / 2, "the client's thread was awake for {awake:?} of {elapsed:?}");
    expect_all(answers);
}
