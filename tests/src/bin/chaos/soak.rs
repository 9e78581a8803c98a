//! The soak run: no kills, some commands are poison, some are slow, and the memory is sampled.

use std::{
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use kafka_service_tests::{
    Feeder, Kafka, Work, Workload,
    audit::{Trace, audit},
};
use serde_json::{Value, json};

use crate::{fleet::Fleet, options::Options};

const SAMPLE_EVERY: Duration = Duration::from_secs(5);
/// A partition with a backlog that commits nothing for so long is stuck.
const STUCK_AFTER: Duration = Duration::from_secs(30);
const REST_WITHIN: Duration = Duration::from_secs(60);
const SLOW_MS: u64 = 1_000;
/// The maximum growth of the memory per minute, in the second half of the run.
const FLAT_KIB_A_MINUTE: f64 = 512.0;

pub(crate) fn run(options: &Options, worker: &Path, folder: &Path) -> Value {
    let kafka = Kafka::one_node().expect("Kafka can be started");
    let workload = Workload::new(&kafka, "soak", options.partitions);
    let keys = options.keys;
    let start = Instant::now();
    let topic = workload.commands.clone();
    let feeder = Feeder::start(&kafka, options.count, options.rate, move |n| (topic.clone(), command(n, keys)));
    let mut fleet = Fleet::start(workload.clone(), worker, folder, 1);
    let mut watch = Watch::new(&kafka, &workload);
    let mut memory = Vec::new();
    while !feeder.is_done() && fleet.ended().is_none() {
        thread::sleep(SAMPLE_EVERY);
        watch.look();
        memory.extend(rss_kib(fleet.pid(0)).map(|kib| (start.elapsed().as_secs_f64(), kib)));
        if let Some((at, kib)) = memory.last()
            && memory.len().is_multiple_of(12)
        {
            eprintln!("{at:>6.0} s: {kib:.0} KiB, fed {}", feeder.acknowledged());
        }
    }
    let fed = feeder.finish();
    let until = Instant::now() + REST_WITHIN;
    while kafka.lag(&workload.group, &workload.commands) > 0 && Instant::now() < until {
        thread::sleep(Duration::from_millis(100));
    }
    let lag = kafka.lag(&workload.group, &workload.commands);
    let exits: Vec<_> = fleet.end().into_iter().map(|left| left.problem).collect();
    let second_half = &memory[memory.len() / 2..];
    let slope = slope(second_half) * 60.0;
    let report = audit(&Trace::read(&kafka, &workload), &[]);
    let bounds = |pick: fn(f64, f64) -> f64| second_half.iter().map(|(_, kib)| *kib).reduce(pick).unwrap_or(0.0);
    let passed = report.lost == 0
        && report.out_of_order == 0
        && report.duplicates == 0
        && report.dead_letters == (0..fed).filter(|n| is_poison(*n)).count()
        && lag == 0
        && watch.stuck.is_empty()
        && exits.is_empty()
        && slope < FLAT_KIB_A_MINUTE;
    json!({
        "run": "soak", "minutes": options.soak_minutes, "rate": options.rate, "fed": fed, "lag_end": lag,
        "rss_kib_first": memory.first().map(|(_, kib)| kib), "rss_kib_half": second_half.first().map(|(_, kib)| kib),
        "rss_kib_last": memory.last().map(|(_, kib)| kib), "rss_kib_min_2nd_half": bounds(f64::min),
        "rss_kib_max_2nd_half": bounds(f64::max), "slope_kib_a_minute_2nd_half": slope, "stuck": watch.stuck,
        "bad_exits": exits, "audit": report, "passed": passed,
    })
}

fn is_poison(number: usize) -> bool {
    number % 100 == 37
}

fn command(number: usize, keys: usize) -> Work {
    let work = Work::new(format!("key-{}", number % keys), (number / keys) as u64).taking((number % 11) as u64);
    // Vary the keys: 101 and the number of keys are coprime.
    match number % 101 {
        _ if is_poison(number) => work.kind("poison"),
        50 => work.taking(SLOW_MS),
        _ => work,
    }
}

/// Watches the commits of each partition.
struct Watch<'a> {
    kafka: &'a Kafka,
    workload: &'a Workload,
    last: Vec<(i64, Instant)>,
    stuck: Vec<String>,
}

impl<'a> Watch<'a> {
    fn new(kafka: &'a Kafka, workload: &'a Workload) -> Self {
        Self { kafka, workload, last: Vec::new(), stuck: Vec::new() }
    }

    fn look(&mut self) {
        let committed = self.kafka.committed(&self.workload.group, &self.workload.commands);
        let ends = self.kafka.end_offsets(&self.workload.commands);
        let now = Instant::now();
        self.last.resize(committed.len(), (-1, now));
        for (partition, (committed, end)) in committed.into_iter().zip(ends).enumerate() {
            let (last, since) = &mut self.last[partition];
            if committed != *last || committed >= end {
                (*last, *since) = (committed, now);
            } else if now.duration_since(*since) > STUCK_AFTER {
                self.stuck.push(format!("partition {partition} is stuck at {committed} of {end}"));
                *since = now;
            }
        }
    }
}

fn rss_kib(pid: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().trim_end_matches("kB").trim().parse().ok()
}

/// The slope by least squares, in KiB per second.
fn slope(points: &[(f64, f64)]) -> f64 {
    let count = points.len() as f64;
    let (mean_x, mean_y) =
        (points.iter().map(|(x, _)| x).sum::<f64>() / count, points.iter().map(|(_, y)| y).sum::<f64>() / count);
    let above: f64 = points.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let below: f64 = points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    if below > 0.0 { above / below } else { 0.0 }
}
