//! The workloads with a flow of commands: latency, start-up, rebalance, soak.

use std::{
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    arms::Arm,
    command::Shape,
    flow::{Arrived, Flow},
    kafka::{EVENT_PARTITIONS, Kafka},
    measure::Topics,
    options::Options,
    process::{Process, now},
};

/// A row of named numbers, and the failures.
pub(crate) struct Live {
    pub(crate) numbers: Vec<(&'static str, f64)>,
    pub(crate) failures: Vec<String>,
}

type Measure = fn(&Kafka, &Arm, &Options) -> Live;

/// The arms of a workload, and how it is measured. `None`: it is not one of these.
pub(crate) fn live(workload: &str) -> Option<(&'static [&'static str], Measure)> {
    Some(match workload {
        "latency" => (&["raw_linger0", "raw", "idiom", "ours", "ruststream", "arroyo"], latency as Measure),
        "startup" => (&["raw", "idiom", "ours", "ruststream", "arroyo"], startup),
        "rebalance" => (&["raw", "ours"], rebalance),
        "soak" => (&["raw", "ours"], soak),
        _ => return None,
    })
}

impl Live {
    fn new(numbers: Vec<(&'static str, f64)>, failures: impl IntoIterator<Item = String>) -> Self {
        Self { numbers, failures: failures.into_iter().collect() }
    }

    pub(crate) fn json(&self, workload: &str, arm: &str, round: usize) -> Value {
        let mut value = json!({ "workload": workload, "arm": arm, "round": round, "failures": self.failures });
        for (name, number) in &self.numbers {
            value[*name] = json!(number);
        }
        value
    }
}

/// Fresh topics for commands that arrive one by one.
fn fresh(kafka: &Kafka, shape: &Shape) -> Topics {
    let commands = kafka.name("flow");
    kafka.create(&commands, shape.partitions);
    Topics::new(kafka, commands)
}

fn delete(kafka: &Kafka, topics: &Topics) {
    topics.delete(kafka);
    kafka.delete(&[&topics.commands]);
}

fn wait_until_ready(process: &Process) -> Option<String> {
    let deadline = Instant::now() + Duration::from_secs(60);
    while process.told().ready.is_none() {
        if Instant::now() > deadline {
            return Some(format!("was never ready: {}", process.last_words()));
        }
        thread::sleep(Duration::from_millis(2));
    }
    None
}

fn lost(arrived: &Arrived) -> Option<String> {
    (arrived.missing > 0).then(|| format!("{} missing", arrived.missing))
}

fn twice(arrived: &Arrived) -> Option<String> {
    (arrived.duplicates > 0).then(|| format!("{} twice", arrived.duplicates))
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// End to end, from the scheduled send of a command; a delay of the sender counts, too.
fn latency(kafka: &Kafka, arm: &Arm, options: &Options) -> Live {
    let rate = options.rate.unwrap_or(500);
    let seconds = if options.seconds == 0 { 20 } else { options.seconds };
    let shape = Shape::plain(options.count.unwrap_or(rate * seconds));
    let topics = fresh(kafka, &shape);
    let mut process = Process::start(arm, &topics.environment(kafka, shape.count));
    let failure = wait_until_ready(&process);
    thread::sleep(Duration::from_secs(1));
    let flow = Flow::start(kafka, &topics, &shape, rate);
    let begin = process.moment().unwrap_or_default();
    let arrived = flow.finish(Instant::now() + Duration::from_secs(seconds + 90));
    let end = process.moment().unwrap_or_default();
    let failures = [failure, process.stop(), lost(&arrived), twice(&arrived)];
    delete(kafka, &topics);
    // The first tenth is warm-up.
    let mut waits: Vec<f64> =
        arrived.waits[arrived.waits.len() / 10..].iter().flatten().map(|wait| ms(*wait)).collect();
    waits.sort_by(f64::total_cmp);
    let percentile = |share: f64| waits.get((waits.len() as f64 * share) as usize).copied().unwrap_or(f64::NAN);
    let cpu = (end.cpu - begin.cpu) as f64 / 1e3 / shape.count as f64;
    let numbers = vec![
        ("p50 ms", percentile(0.5)),
        ("p90 ms", percentile(0.9)),
        ("p99 ms", percentile(0.99)),
        ("max ms", waits.last().copied().unwrap_or(f64::NAN)),
        ("CPU us", cpu),
    ];
    Live::new(numbers, failures.into_iter().flatten())
}

/// From the start of the process to its first partition and its first event, and its cost when idle.
fn startup(kafka: &Kafka, arm: &Arm, _options: &Options) -> Live {
    let shape = Shape::plain(100);
    let topics = Topics::new(kafka, kafka.backlog(&shape));
    let mut process = Process::start(arm, &topics.environment(kafka, shape.count));
    let deadline = Instant::now() + Duration::from_secs(60);
    // Polls the log end offset instead of consuming: a consumer's first fetch may take half a second itself.
    while kafka.count(&topics.events, EVENT_PARTITIONS) == 0 && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(1));
    }
    let first_event = now();
    let mut failures = vec![wait_until_ready(&process), (Instant::now() > deadline).then(|| "no event".to_owned())];
    thread::sleep(Duration::from_secs(3));
    let (ready, idle) = (process.told().ready.unwrap_or_default(), process.memory("VmRSS"));
    let began = process.moment().unwrap_or_default();
    thread::sleep(Duration::from_secs(2));
    let ended = process.moment().unwrap_or_default();
    failures.push(process.stop());
    topics.delete(kafka);
    let numbers = vec![
        ("ready ms", (ready.wall - process.started) as f64 / 1e6),
        ("CPU ms to ready", ready.cpu as f64 / 1e6),
        ("first event ms", (first_event - process.started) as f64 / 1e6),
        ("idle RSS MB", idle),
        ("idle CPU ms/s", (ended.cpu - began.cpu) as f64 / 2e6),
    ];
    Live::new(numbers, failures.into_iter().flatten())
}

/// Two instances; one is killed after a sixth of the time, and restarted after a third.
fn rebalance(kafka: &Kafka, arm: &Arm, options: &Options) -> Live {
    let rate = options.rate.unwrap_or(2_000);
    let seconds = if options.seconds == 0 { 60 } else { options.seconds };
    let shape = Shape::plain(rate * seconds);
    let topics = fresh(kafka, &shape);
    let environment = topics.environment(kafka, shape.count);
    let mut stays = Process::start(arm, &environment);
    let mut dies = Process::start(arm, &environment);
    let failure = wait_until_ready(&stays).or_else(|| wait_until_ready(&dies));
    let flow = Flow::start(kafka, &topics, &shape, rate);
    thread::sleep(Duration::from_secs_f64(seconds as f64 / 6.0));
    dies.kill();
    thread::sleep(Duration::from_secs_f64(seconds as f64 / 6.0));
    let mut again = Process::start(arm, &environment);
    let arrived = flow.finish(Instant::now() + Duration::from_secs(seconds + 90));
    let failures = [failure, stays.stop(), again.stop(), lost(&arrived)];
    delete(kafka, &topics);
    let longest = arrived.waits.iter().flatten().max().copied().unwrap_or_default();
    let numbers = vec![
        ("missing", arrived.missing as f64),
        ("duplicates", arrived.duplicates as f64),
        ("longest wait ms", ms(longest)),
    ];
    Live::new(numbers, failures.into_iter().flatten())
}

/// Whether memory grows.
fn soak(kafka: &Kafka, arm: &Arm, options: &Options) -> Live {
    let rate = options.rate.unwrap_or(10_000);
    let shape = Shape::plain(rate * options.minutes * 60);
    let topics = fresh(kafka, &shape);
    let mut process = Process::start(arm, &topics.environment(kafka, shape.count));
    let failure = wait_until_ready(&process);
    let flow = Flow::start(kafka, &topics, &shape, rate);
    let (begin, deadline) = (Instant::now(), Instant::now() + Duration::from_secs(options.minutes * 60 + 60));
    let mut samples = Vec::new();
    while !flow.is_complete() && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(500));
        samples.push((begin.elapsed().as_secs_f64() / 60.0, process.memory("VmRSS")));
    }
    let arrived = flow.finish(deadline);
    let failures = [failure, process.stop(), lost(&arrived), twice(&arrived)];
    delete(kafka, &topics);
    let settled = &samples[samples.len() / 2..];
    let last = settled.last().map_or(f64::NAN, |sample| sample.1);
    let numbers = vec![
        ("RSS MB at half time", settled.first().map_or(f64::NAN, |sample| sample.1)),
        ("RSS MB at the end", last),
        ("MB per minute", slope(settled)),
    ];
    Live::new(numbers, failures.into_iter().flatten())
}

/// The slope of the regression line through the points.
fn slope(points: &[(f64, f64)]) -> f64 {
    let count = points.len() as f64;
    let mean = |value: fn(&(f64, f64)) -> f64| points.iter().map(value).sum::<f64>() / count;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let over: f64 = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum();
    over / points.iter().map(|point| (point.0 - x).powi(2)).sum::<f64>()
}
