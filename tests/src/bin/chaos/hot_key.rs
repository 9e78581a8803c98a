//! One slow key has nine of ten records: how much does it delay the others?

use std::{
    path::Path,
    time::{Duration, Instant},
};

use kafka_service_tests::{Client, Kafka, Record, Work, Workload};
use serde_json::{Value, json};

use crate::{fleet::Fleet, options::Options};

const PARTITIONS: i32 = 4;
const WORK_MS: u64 = 20;
const OTHER_KEYS: usize = 50;
const WITHIN: Duration = Duration::from_secs(120);
/// The rate that other partitions must keep.
const KEPT: f64 = 0.9;

type Place = (i32, i64);

pub(crate) fn run(options: &Options, worker: &Path, folder: &Path) -> Value {
    let kafka = Kafka::one_node().expect("Kafka can be started");
    let others: Vec<_> = (0..options.count / 10).map(other).collect();
    let alone = Run::new(&kafka, "alone", others.clone(), options);
    let rate_alone = alone.measure(&kafka, worker, &folder.join("alone")).rate;
    let mixed = others.into_iter().flat_map(|other| hot(&other).into_iter().chain([other])).collect();
    let beside = Run::new(&kafka, "beside", mixed, options);
    let measured = beside.measure(&kafka, worker, &folder.join("beside"));
    let kept = measured.rate / rate_alone;
    let in_window = beside.others().filter(|place| beside.is_in_window(*place)).count();
    let passed = kept >= KEPT && measured.beside_hot >= in_window;
    json!({
        "run": "hot-key", "count": options.count, "max_uncommitted": options.max_uncommitted,
        "rate_of_other_partitions_alone": rate_alone, "beside_the_hot_key": measured.rate, "kept": kept,
        "other_keys_in_the_hot_partitions_window": in_window, "done_of_them": measured.beside_hot, "passed": passed,
    })
}

fn other(number: usize) -> Work {
    Work::new(format!("other-{}", number % OTHER_KEYS), (number / OTHER_KEYS) as u64).taking(WORK_MS)
}

/// The nine records with the hot key for each other record.
fn hot(other: &Work) -> Vec<Work> {
    let number = other.seq * OTHER_KEYS as u64 + other.key["other-".len()..].parse::<u64>().unwrap_or(0);
    (number * 9..number * 9 + 9).map(|seq| Work::new("hot", seq).taking(WORK_MS)).collect()
}

/// One backlog.
struct Run {
    workload: Workload,
    works: Vec<(Work, Place)>,
    hot_partition: i32,
    window: i64,
}

struct Measured {
    /// Commands of other partitions, per second.
    rate: f64,
    /// Commands of other keys in the hot partition.
    beside_hot: usize,
}

impl Run {
    fn new(kafka: &Client, name: &str, works: Vec<Work>, options: &Options) -> Self {
        let workload = Workload::new(kafka, name, PARTITIONS)
            .set("KAFKA_MAX_UNCOMMITTED", &options.max_uncommitted.to_string())
            .set("KAFKA_SHUTDOWN_DEADLINE", "1s");
        // The partition of the hot key's records, even if there are none.
        let probe = kafka.new_topic("probe", PARTITIONS);
        let (hot_partition, _) = kafka.produce(&probe, Work::new("hot", 0).message());
        let places = kafka.produce_all(&workload.commands, works.iter().map(Work::message));
        let window = i64::try_from(options.max_uncommitted).unwrap_or(i64::MAX);
        Self { workload, works: works.into_iter().zip(places).collect(), hot_partition, window }
    }

    fn others(&self) -> impl Iterator<Item = Place> {
        self.works.iter().filter(|(work, _)| work.key != "hot").map(|(_, place)| *place)
    }

    fn is_in_window(&self, (partition, offset): Place) -> bool {
        partition == self.hot_partition && offset < self.window
    }

    fn measure(&self, kafka: &Client, worker: &Path, folder: &Path) -> Measured {
        let elsewhere = self.others().filter(|(partition, _)| *partition != self.hot_partition).count();
        let in_window = self.others().filter(|place| self.is_in_window(*place)).count();
        let _fleet = Fleet::start(self.workload.clone(), worker, folder, 1);
        let until = Instant::now() + WITHIN;
        loop {
            let events = kafka.read_all(&self.workload.events);
            let mut times: Vec<_> = events.iter().filter_map(|event| self.elsewhere(event)).collect();
            let beside_hot = events.iter().filter(|event| is_other(event)).count() - times.len();
            if (times.len() >= elsewhere && beside_hot >= in_window) || Instant::now() > until {
                times.sort_unstable();
                let took = times.last().zip(times.first()).map_or(1, |(last, first)| (last - first).max(1));
                return Measured { rate: times.len() as f64 * 1_000.0 / took as f64, beside_hot };
            }
            std::thread::sleep(Duration::from_millis(500));
        }
    }

    /// When the event of a command of another partition was written.
    fn elsewhere(&self, event: &Record) -> Option<i64> {
        let partition = event.json()["payload"]["partition"].as_i64();
        let elsewhere = is_other(event) && partition != Some(i64::from(self.hot_partition));
        event.timestamp.filter(|_| elsewhere)
    }
}

fn is_other(event: &Record) -> bool {
    event.key_text() != Some("hot")
}
