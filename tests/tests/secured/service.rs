//! A worker on a secured broker, from its start to its end.

use std::{fs, path::Path, path::PathBuf, time::Duration};

use kafka_service_tests::{
    Feeder, Kafka, On, Process, User, Work, Workload,
    audit::{Report, Trace, audit},
    unique, wait_until,
};

pub(crate) const MINUTE: Duration = Duration::from_secs(60);

pub(crate) fn start(workload: &Workload) -> Process {
    workload.start(Path::new(env!("CARGO_BIN_EXE_worker")), "only")
}

/// Grants what a service needs that also creates its topics.
pub(crate) fn allow(kafka: &Kafka, user: &User, workload: &Workload) {
    kafka.allow_service(user, workload);
    for topic in [&workload.commands, &workload.events, &workload.dead_letters] {
        kafka.allow(user, "create", On::Topic(topic));
    }
}

/// One of many commands of twenty keys.
pub(crate) fn spread(number: usize) -> Work {
    Work::new(format!("key-{}", number % 20), (number / 20) as u64)
}

/// A service that creates its topics.
pub(crate) fn named(kafka: &Kafka) -> Workload {
    Workload::named(kafka, "secured").set("KAFKA_CREATE_TOPICS", "true")
}

/// Starts a service that must not become ready, with this text in its health.
#[track_caller]
pub(crate) fn not_ready(workload: &Workload, text: &str) -> Process {
    let worker = start(workload);
    wait_until(MINUTE, &format!("health with {text:?}"), || {
        let log = worker.output();
        let found = log.lines().any(|line| line.starts_with("health: not ready") && line.contains(text));
        if found { Ok(()) } else { Err(log) }
    });
    assert_eq!(worker.count("health: ready"), 0, "{}", worker.output());
    worker
}

/// A service that creates its topics, consumes, publishes, commits, and dead-letters. Returns its log.
#[track_caller]
pub(crate) fn works(kafka: &Kafka, workload: &Workload) -> String {
    let mut worker = start(workload);
    worker.wait_for_line(MINUTE, "health: ready");
    workload.send(kafka, (0..200).map(|number| spread(number).kind(if number % 20 == 7 { "poison" } else { "ok" })));
    let report = whole(kafka, workload, 200);
    assert_eq!((report.dead_letters, report.duplicates), (10, 0), "{report:?}");
    end(worker)
}

/// Sends commands at a rate per second until it is stopped.
pub(crate) fn feed(kafka: &Kafka, workload: &Workload, rate: usize) -> Feeder {
    let commands = workload.commands.clone();
    Feeder::start(kafka, usize::MAX, rate, move |number| (commands.clone(), spread(number).taking((number % 6) as u64)))
}

/// Asserts that nothing is lost and nothing is out of order.
#[track_caller]
pub(crate) fn whole(kafka: &Kafka, workload: &Workload, commands: usize) -> Report {
    workload.wait_until_committed(kafka);
    let report = audit(&Trace::read(kafka, workload), &[]);
    assert_eq!((report.commands, report.lost, report.out_of_order), (commands, 0, 0), "{report:?}");
    report
}

/// Ends it, and returns its output.
#[track_caller]
pub(crate) fn end(mut worker: Process) -> String {
    worker.terminate();
    assert!(worker.wait(MINUTE).success(), "{}", worker.output());
    worker.output()
}

/// A file with this text, as an orchestrator mounts a secret.
pub(crate) fn secret_file(text: &str) -> PathBuf {
    let file = std::env::temp_dir().join(unique("secret"));
    fs::write(&file, text).expect("a file can be written");
    file
}
