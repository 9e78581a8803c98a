//! One round: carries out its plan under load, then audits the topics.

use std::{
    fs,
    path::Path,
    sync::Mutex,
    thread,
    time::{Duration, Instant},
};

use kafka_service_tests::{
    Feeder, Kafka, Workload,
    audit::{Disturbance, Kind, Report, Trace, audit, found_in_logs, now},
};

use crate::{
    fleet::{Fleet, Left},
    options::{Options, settings},
    plan::{Outage, Plan, Step},
    run::{command, lag, wait_for_lag},
};

const LOOK_EVERY: Duration = Duration::from_millis(50);
/// The most instances that a small machine can run.
const MOST: usize = 5;

pub(crate) struct Outcome {
    pub(crate) report: Report,
    pub(crate) problems: Vec<String>,
    pub(crate) took: Duration,
}

pub(crate) fn run(kafka: &Kafka, plan: &Plan, options: &Options, worker: &Path, folder: &Path) -> Outcome {
    let start = Instant::now();
    let workload = workload(kafka, plan);
    let (topic, keys) = (workload.commands.clone(), plan.keys);
    let mut fleet = Fleet::start(workload.clone(), worker, folder, plan.instances);
    fs::write(folder.join("plan"), format!("{plan:#?}\n")).expect("the plan can be written");
    let feeder = Feeder::start(kafka, usize::MAX, plan.rate, move |n| (topic.clone(), command(n, keys)));
    let outages = Mutex::default();
    let mut disturbances = thread::scope(|scope| {
        scope.spawn(|| take_brokers_away(kafka, &plan.outages, &outages, start));
        disturb(plan, &mut fleet, start, options.length)
    });
    let outages = outages.into_inner().expect("no panic");
    disturbances.extend(outages.iter().cloned());
    keep_leaves_in_trouble(&mut disturbances);
    feeder.stop();
    let fed = feeder.finish();
    let behind = wait_for_lag(&|| lag(kafka, &workload), &mut fleet);
    let ended = fleet.ended();
    let left = fleet.end();
    disturbances.extend(found_in_logs(folder));
    let trace = Trace::read(kafka, &workload);
    let report = audit(&trace, &disturbances);
    let mut problems = problems(&report, fed, behind);
    problems.extend(ended);
    problems.extend(left.into_iter().filter(|left| !is_excused(left, &outages)).map(|left| left.problem));
    if problems.is_empty() {
        for topic in [&workload.commands, &workload.events, &workload.dead_letters] {
            kafka.delete_topic(topic);
        }
    } else {
        let facts = serde_json::json!({"trace": trace, "report": report, "problems": problems});
        fs::write(folder.join("trace.json"), facts.to_string()).expect("the trace can be written");
        fs::write(folder.join("disturbances"), format!("{disturbances:#?}\n"))
            .expect("the disturbances can be written");
    }
    Outcome { report, problems, took: start.elapsed() }
}

fn workload(kafka: &Kafka, plan: &Plan) -> Workload {
    let mut workload = Workload::new(kafka, "round", plan.partitions);
    for (name, value) in settings(plan.protocol).expect("the plan knows the protocols") {
        workload = workload.set(name, value);
    }
    workload.set("KAFKA_MAX_UNCOMMITTED", &plan.max_uncommitted.to_string())
}

/// Carries out the faults of the instances.
fn disturb(plan: &Plan, fleet: &mut Fleet, start: Instant, length: Duration) -> Vec<Disturbance> {
    let mut disturbances = Vec::new();
    let mut stopped: Vec<(usize, Instant)> = Vec::new();
    let mut steps = plan.steps.iter().peekable();
    while start.elapsed() < length || !stopped.is_empty() {
        stopped.retain(|(place, until)| {
            let over = Instant::now() >= *until;
            disturbances.extend(over.then(|| fleet.go_on(*place)).flatten());
            !over
        });
        while let Some((_, step)) = steps.next_if(|(at, _)| start.elapsed() >= *at) {
            match *step {
                Step::Join if fleet.len() < MOST => fleet.join(),
                Step::Join => {}
                Step::Kill(any) => disturbances.extend(fleet.running(any).map(|place| fleet.kill(place, 0))),
                Step::Replace(any) => disturbances.extend(fleet.running(any).map(|place| fleet.replace(place))),
                Step::Stop(any, away) => {
                    if let Some(place) = fleet.running(any) {
                        fleet.stop(place, 0);
                        stopped.push((place, Instant::now() + away));
                    }
                }
            }
        }
        thread::sleep(LOOK_EVERY);
    }
    disturbances
}

/// Carries out the faults of the brokers, one after another.
fn take_brokers_away(kafka: &Kafka, plan: &[(Duration, Outage)], done: &Mutex<Vec<Disturbance>>, start: Instant) {
    for (at, outage) in plan {
        thread::sleep(at.saturating_sub(start.elapsed()));
        let from = now();
        let node = match *outage {
            Outage::Bounce { node, away } => {
                kafka.kill(node);
                thread::sleep(away);
                kafka.restart(node);
                node
            }
            Outage::Freeze { node, away } => {
                kafka.freeze(node);
                thread::sleep(away);
                kafka.thaw(node);
                node
            }
        };
        let instance = format!("broker-{node}");
        let outage = Disturbance { kind: Kind::Bounce, instance, from, until: now(), lag: 0 };
        done.lock().expect("no panic").push(outage);
    }
}

/// An instance that shuts down cleanly while the others are healthy causes no duplicates.
fn keep_leaves_in_trouble(disturbances: &mut Vec<Disturbance>) {
    // The session timeout and one more rebalance.
    const SETTLED: u64 = 15_000;
    let is_trouble = |each: &&Disturbance| each.kind != Kind::Leave;
    let trouble: Vec<_> = disturbances.iter().filter(is_trouble).map(|each| each.from..each.until + SETTLED).collect();
    disturbances.retain(|each| each.kind != Kind::Leave || trouble.iter().any(|trouble| trouble.contains(&each.from)));
}

/// An instance that was shut down while a broker was away may report an incomplete shutdown.
fn is_excused(left: &Left, outages: &[Disturbance]) -> bool {
    // The shutdown deadline, and some time for the cluster to settle.
    const SHUTDOWN: u64 = 30_000;
    left.incomplete
        && outages.iter().any(|each| left.asked < each.until + SHUTDOWN && each.from < left.asked + SHUTDOWN)
}

fn problems(report: &Report, fed: usize, behind: i64) -> Vec<String> {
    let mut problems = Vec::new();
    let mut expect = |is: bool, what: String| problems.extend((!is).then_some(what));
    expect(report.commands == fed, format!("{fed} commands were written and {} are in the topic", report.commands));
    expect(report.lost == 0, format!("{} lost", report.lost));
    expect(report.out_of_order == 0, format!("{} out of order", report.out_of_order));
    expect(report.duplicates_unexplained == 0, format!("{} duplicates unexplained", report.duplicates_unexplained));
    expect(
        report.duplicates_of_committed == 0,
        format!("{} handled again although committed", report.duplicates_of_committed),
    );
    expect(report.commits_backwards == 0, format!("{} commits went backwards", report.commits_backwards));
    expect(report.dead_letters == 0, format!("{} dead letters", report.dead_letters));
    expect(behind == 0, format!("{behind} commands are uncommitted at the end"));
    problems
}
