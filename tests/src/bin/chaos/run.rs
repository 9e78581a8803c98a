//! The main run: kills, stops and restarts under load, with a verdict.

use std::{
    path::Path,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use kafka_service_tests::{
    Feeder, Kafka, Work, Workload,
    audit::{Disturbance, Kind, Report, Trace, audit, now},
};
use serde_json::{Value, json};

use crate::{
    fleet::Fleet,
    options::{Options, settings},
};

const KILL_EVERY: Duration = Duration::from_secs(10);
const STOP_FOR: Duration = Duration::from_secs(20);
const BOUNCE_EVERY: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How long the remaining commands may take after the last one is written.
const REST_WITHIN: Duration = Duration::from_secs(300);

/// The group's timeouts for the newer protocol, on the broker.
pub(crate) const BROKER: &[(&str, &str)] = &[
    ("group.consumer.session.timeout.ms", "6000"),
    ("group.consumer.min.session.timeout.ms", "6000"),
    ("group.consumer.heartbeat.interval.ms", "1000"),
];

/// The restarts of brokers while instances are killed.
#[derive(Default)]
struct Bounces {
    over: AtomicBool,
    with_lag: AtomicUsize,
    done: Mutex<Vec<Disturbance>>,
}

struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

pub(crate) fn run(options: &Options, worker: &Path, folder: &Path) -> Value {
    let kafka = Kafka::with(3, BROKER).expect("Kafka can be started");
    let mut workload = Workload::new(&kafka, "chaos", options.partitions);
    for (name, value) in settings(&options.protocol).expect("checked with the options") {
        workload = workload.set(name, value);
    }
    workload = workload.set("KAFKA_MAX_UNCOMMITTED", &options.max_uncommitted.to_string());
    let start = Instant::now();
    let keys = options.keys;
    let topic = workload.commands.clone();
    let feeder = Feeder::start(&kafka, options.count, options.rate, move |n| (topic.clone(), command(n, keys)));
    let mut fleet = Fleet::start(workload.clone(), worker, folder, options.instances);
    let bounces = Bounces::default();
    let lag = || lag(&kafka, &workload);
    let (mut disturbances, ended) = thread::scope(|scope| {
        scope.spawn(|| bounce(&kafka, options, &bounces, &lag));
        // The other thread must end even if this one panics.
        let _over = Over(&bounces.over);
        disturb(options, &mut fleet, &feeder, &bounces, &lag, start)
    });
    let fed_in = start.elapsed();
    disturbances.extend(bounces.done.lock().expect("no panic").iter().cloned());
    let fed = feeder.finish();
    let last_lag = wait_for_lag(&lag, &mut fleet);
    let took = start.elapsed();
    let exits: Vec<_> = fleet.end().into_iter().map(|left| left.problem).collect();
    let report = audit(&Trace::read(&kafka, &workload), &disturbances);
    let facts = json!({
        "run": "chaos", "protocol": options.protocol, "count": options.count, "rate": options.rate,
        "instances": options.instances, "partitions": options.partitions, "max_uncommitted": options.max_uncommitted,
        "fed": fed, "disturbed_for_s": fed_in.as_secs_f32(), "took_s": took.as_secs_f32(), "lag_end": last_lag,
        "kills": kills(&disturbances, Kind::Kill), "stops": kills(&disturbances, Kind::Stop),
        "bounces": kills(&disturbances, Kind::Bounce),
        "ended_by_themselves": ended, "bad_exits": exits,
    });
    judge(options, facts, &report)
}

pub(crate) fn command(number: usize, keys: usize) -> Work {
    let work = Work::new(format!("key-{}", number % keys), (number / keys) as u64);
    work.taking((number * 7_919 % 21) as u64)
}

/// The lag. The log ends are read last, so that it is never too low while commands arrive.
pub(crate) fn lag(kafka: &Kafka, workload: &Workload) -> i64 {
    let committed = kafka.committed(&workload.group, &workload.commands);
    let ends = kafka.end_offsets(&workload.commands);
    ends.iter().zip(committed).map(|(end, committed)| end - committed.max(0)).sum()
}

/// The disturbances that happened while there was work to lose.
fn kills(disturbances: &[Disturbance], kind: Kind) -> usize {
    disturbances.iter().filter(|each| each.kind == kind && each.lag > 0).count()
}

/// Kills and stops instances until all commands are written and enough faults have happened.
fn disturb(
    options: &Options,
    fleet: &mut Fleet,
    feeder: &Feeder,
    bounces: &Bounces,
    lag: &(impl Fn() -> i64 + Sync),
    start: Instant,
) -> (Vec<Disturbance>, Vec<String>) {
    let (mut disturbances, mut ended, mut number, mut stopped) = (Vec::new(), Vec::new(), 0, None);
    let mut next = start + KILL_EVERY;
    loop {
        if let Some((place, until)) = stopped
            && Instant::now() >= until
        {
            disturbances.extend(fleet.go_on(place));
            stopped = None;
        }
        let enough = kills(&disturbances, Kind::Kill) >= options.kills
            && bounces.with_lag.load(Ordering::Relaxed) >= options.bounces;
        if stopped.is_none() && ((enough && feeder.is_done()) || !ended.is_empty()) {
            return (disturbances, ended);
        }
        if Instant::now() >= next && !(enough && feeder.is_done()) {
            next += KILL_EVERY;
            number += 1;
            let behind = lag();
            let place = free_place(fleet, number, options.instances);
            eprintln!("{:>4} s: kill {number}, lag {behind}, fed {}", start.elapsed().as_secs(), feeder.acknowledged());
            disturbances.push(fleet.kill(place, behind));
            if number % 3 == 2 && stopped.is_none() && options.instances > 1 {
                let place = free_place(fleet, number + 1, options.instances);
                eprintln!("{:>4} s: stop", start.elapsed().as_secs());
                fleet.stop(place, behind);
                stopped = Some((place, Instant::now() + STOP_FOR));
            }
        }
        ended.extend(fleet.ended());
        thread::sleep(LOOK_EVERY);
    }
}

fn free_place(fleet: &Fleet, number: usize, instances: usize) -> usize {
    let place = number % instances;
    if fleet.is_stopped(place) { (place + 1) % instances } else { place }
}

/// Restarts one broker after another.
fn bounce(kafka: &Kafka, options: &Options, bounces: &Bounces, lag: &(impl Fn() -> i64 + Sync)) {
    let mut next = Instant::now() + BOUNCE_EVERY;
    let mut node = 0;
    while !bounces.over.load(Ordering::Relaxed) {
        thread::sleep(LOOK_EVERY);
        if Instant::now() < next || options.bounces == 0 {
            continue;
        }
        next += BOUNCE_EVERY;
        let behind = lag();
        let (from, name) = (now(), format!("broker-{}", node % 3 + 1));
        kafka.kill(node % 3 + 1);
        kafka.restart(node % 3 + 1);
        node += 1;
        let until = now();
        eprintln!("      bounced {name}, lag {behind}, back in {} ms", until - from);
        let done = Disturbance { kind: Kind::Bounce, instance: name, from, until, lag: behind };
        bounces.done.lock().expect("no panic").push(done);
        if behind > 0 {
            bounces.with_lag.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// The lag at the end: 0, or its value when time was up or an instance had ended.
pub(crate) fn wait_for_lag(lag: &impl Fn() -> i64, fleet: &mut Fleet) -> i64 {
    let until = Instant::now() + REST_WITHIN;
    loop {
        let behind = lag();
        if behind == 0 || Instant::now() >= until || fleet.ended().is_some() {
            return behind;
        }
        thread::sleep(LOOK_EVERY);
    }
}

fn judge(options: &Options, mut facts: Value, report: &Report) -> Value {
    // The most duplicates that a kill may cause in one partition.
    let bound = options.max_uncommitted + 1_000;
    let most = report.disturbances.iter().map(|each| each.most_in_a_partition).max().unwrap_or(0);
    let is_empty = |name: &str| facts[name].as_array().is_some_and(Vec::is_empty);
    let passed = report.lost == 0
        && report.out_of_order == 0
        && report.commands == options.count
        && report.duplicates_of_committed == 0
        && report.commits_backwards == 0
        && report.duplicates_unexplained == 0
        && most <= bound
        && facts["lag_end"] == 0
        && facts["kills"].as_u64() >= Some(options.kills as u64)
        && facts["bounces"].as_u64() >= Some(options.bounces as u64)
        && is_empty("ended_by_themselves")
        && is_empty("bad_exits");
    facts["audit"] = serde_json::to_value(report).expect("a report is plain data");
    facts["passed"] = json!(passed);
    facts
}
