//! Faults that brokers and other clients can cause, one by one: on librdkafka's mock cluster, which answers as it is
//! told, and on a real Kafka. The worker runs as a separate process and must survive each fault, or end quickly with
//! the reason.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod acls;
mod addresses;
mod brokers;
mod connections;
mod credentials;
mod forwarder;
mod health;
mod injected;
mod librdkafka;
mod markers;
mod metadata;
mod mock;
mod offsets;
mod positions;
mod publishing;
mod refusals;
mod resets;
mod rights;
mod secrets;
mod topics;

use std::{path::Path, thread, time::Duration};

use kafka_service_tests::{
    Client, Process, Work, Workload,
    audit::{Report, Trace, audit},
};

/// For tests in which the mock cluster rejects records. It accepts a batch although it rejected the one before, unlike
/// a real broker, so librdkafka counts the rejected batch as acknowledged, and its records are lost.
const ONE_REQUEST: (&str, &str) = ("KAFKA_PRODUCER_MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION", "1");
const MINUTE: Duration = Duration::from_secs(60);
const PROTOCOLS: [&str; 2] = ["consumer", "classic"];

fn start(workload: &Workload, instance: &str) -> Process {
    workload.start(Path::new(env!("CARGO_BIN_EXE_worker")), instance)
}

/// One of many commands with twenty keys.
fn spread(number: usize) -> Work {
    Work::new(format!("key-{}", number % 20), (number / 20) as u64).taking((number % 6) as u64)
}

/// Asserts that nothing is lost, nothing is out of order, and no commit went backwards.
#[track_caller]
fn whole(client: &Client, workload: &Workload, commands: usize) -> Report {
    let report = whole_after_an_outage(client, workload, commands);
    assert_eq!(report.commits_backwards, 0, "{report:?}");
    report
}

/// Asserts that nothing is lost and nothing is out of order. A commit that the client has given up may reach the
/// coordinator after a newer one.
#[track_caller]
fn whole_after_an_outage(client: &Client, workload: &Workload, commands: usize) -> Report {
    workload.wait_until_committed(client);
    let report = audit(&Trace::read(client, workload), &[]);
    assert_eq!((report.commands, report.lost, report.out_of_order), (commands, 0, 0), "{report:?}");
    report
}

/// Runs a test with both group protocols at the same time: it mostly waits.
fn with_each_protocol(test: impl Fn(&'static str) + Sync) {
    let test = &test;
    thread::scope(|scope| {
        for protocol in PROTOCOLS {
            scope.spawn(move || test(protocol));
        }
    });
}

#[track_caller]
fn end(mut worker: Process) {
    worker.terminate();
    assert!(worker.wait(MINUTE).success(), "{}", worker.output());
}
