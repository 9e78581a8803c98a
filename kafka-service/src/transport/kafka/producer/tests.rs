//! The producer with a broker that is slow to answer.

use std::thread;
#[cfg(target_os = "linux")]
use std::{fs, time::Instant};

use futures_util::future::join_all;
use rdkafka::mocking::MockCluster;
use tokio::{runtime::Runtime, sync::oneshot, time::timeout};

use super::*;
use crate::transport::{TokenTarget, Undelivered};

const ROUND_TRIP: Duration = Duration::from_millis(200);
const PATIENCE: Duration = Duration::from_secs(30);
const TOPIC: &str = "events";

type Answer = oneshot::Receiver<Result<(), Undelivered>>;

/// Passes each report to the sender of its record.
#[derive(Default)]
struct Reports(Mutex<Vec<Option<Sender>>>);

type Sender = oneshot::Sender<Result<(), Undelivered>>;

impl Reports {
    /// A token for one more record.
    fn token(&self) -> (Token, Answer) {
        let (sender, answer) = oneshot::channel();
        let mut senders = sync::lock(&self.0);
        senders.push(Some(sender));
        (Token::pending(u32::try_from(senders.len() - 1).expect("few records")), answer)
    }

    fn report(&self, token: Token, result: Result<(), Undelivered>) {
        let TokenTarget::Pending(index) = token.target() else { panic!("an unknown token") };
        let sender = sync::lock(&self.0)[index as usize].take().expect("one report of a record");
        sender.send(result).expect("the test waits for it");
    }
}

impl DeliveryReports for Reports {
    fn delivered(&self, token: Token) {
        self.report(token, Ok(()));
    }

    fn failed(&self, token: Token, undelivered: Undelivered) {
        self.report(token, Err(undelivered));
    }

    fn made_room(&self) {}

    fn hold(&self) {}

    fn release(&self) {}

    fn is_held(&self) -> bool {
        false
    }

    fn is_closing(&self) -> bool {
        false
    }
}

/// A producer for the topic of a slow broker.
struct Slow {
    // Dropped before the broker.
    producer: KafkaProducer,
    reports: Arc<Reports>,
    _cluster: MockCluster<'static, rdkafka::producer::DefaultProducerContext>,
}

fn slow_broker(linger_ms: &str) -> Slow {
    let cluster = MockCluster::new(1).expect("a broker");
    cluster.create_topic(TOPIC, 1, 1).expect("a topic");
    cluster.broker_round_trip_time(1, ROUND_TRIP).expect("a slow broker");
    let mut config = Config::new("slow");
    config.set_producer_property("linger.ms", linger_ms).expect("a property");
    let (reports, topics) = (Arc::new(Reports::default()), vec![TOPIC.to_owned()]);
    let producer = KafkaProducer::new(
        &config,
        &cluster.bootstrap_servers(),
        topics,
        Arc::clone(&reports) as Arc<_>,
        ClientTokens::default(),
        false,
    );
    Slow { producer: producer.expect("a producer"), reports, _cluster: cluster }
}

impl Slow {
    fn send(&self) -> Answer {
        let (token, answer) = self.reports.token();
        let record = OutRecord { topic: TopicId(0), key: Some(b"one"), value: Some(b"{}"), headers: &[] };
        self.producer.send(&record, token).expect("there is room");
        answer
    }
}

fn expect_all(answers: Vec<Answer>) {
    let all = async { timeout(PATIENCE, join_all(answers)).await.expect("in time") };
    for answer in Runtime::new().expect("a runtime").block_on(all) {
        answer.expect("an answer").expect("the broker took it");
    }
}

#[test]
fn records_behind_a_request_in_flight_do_not_linger() {
    let slow = slow_broker("600000");
    let mut answers = Vec::new();
    for _ in 0..4 {
        // More than an idempotent producer may have in flight.
        answers.extend((0..10).map(|_| slow.send()));
        slow.producer.idle();
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
    let slow = slow_broker("5");
    expect_all((0..10).map(|_| slow.send()).collect());
    let (start, before) = (Instant::now(), busiest("rdk:broker1"));
    let mut answers = Vec::new();
    while start.elapsed() < ROUND_TRIP * 10 {
        answers.push(slow.send());
        // The pace of a busy service, not a wait for something.
        thread::sleep(Duration::from_millis(1));
    }
    let (elapsed, awake) = (start.elapsed(), busiest("rdk:broker1").saturating_sub(before));
    assert!(awake < elapsed / 2, "the client's thread was awake for {awake:?} of {elapsed:?}");
    expect_all(answers);
}

#[tokio::test]
#[cfg_attr(feature = "cmake-build", ignore = "needs the CFLAGS of decision 40")]
async fn a_lost_connection_is_noticed_and_found_again() {
    let Slow { producer, _cluster: cluster, .. } = slow_broker("0");
    let connected = async || {
        if let Some(connected) = producer.connected() {
            timeout(PATIENCE, connected).await.expect("a connection");
        }
    };
    connected().await;
    for _ in 0..2 {
        cluster.broker_down(1).expect("a broker");
        let until = std::time::Instant::now() + PATIENCE;
        while producer.connected().is_none() {
            assert!(std::time::Instant::now() < until, "the loss of the connection is not noticed");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert!(producer.trouble().is_some());
        cluster.broker_up(1).expect("a broker");
        connected().await;
    }
}
