//! Brokers that die.

use std::{
    thread,
    time::{Duration, Instant},
};

use kafka_service_tests::{Kafka, Workload};

use crate::{MINUTE, end, spread, start, whole_after_an_outage};

#[test]
fn brokers_that_die_cost_time_but_no_records() {
    let Some(kafka) = Kafka::three_nodes() else { return };
    let workload = Workload::new(&kafka, "brokers", 6);
    let mut worker = start(&workload, "only");
    worker.wait_for_line(MINUTE, "health: ready");
    workload.send(&kafka, (0..20_000).map(spread));
    kafka.read_count(&workload.events, MINUTE, 500);
    for node in 1..=3 {
        kafka.kill(node);
        thread::sleep(Duration::from_millis(500));
        kafka.restart(node);
    }
    // Two of three at once: without a quorum no broker answers.
    kafka.kill(1);
    kafka.kill(2);
    thread::sleep(Duration::from_secs(2));
    kafka.restart(1);
    kafka.restart(2);
    let back = Instant::now();
    kafka.produce_all(&workload.commands, (20_000..20_100).map(|n| spread(n).message()));
    kafka.read_until(&workload.events, MINUTE, "the last events", |events| {
        events.iter().rev().take(200).any(|event| event.text().contains("\"seq\":1004"))
    });
    assert!(back.elapsed() < Duration::from_secs(20), "{:?}", back.elapsed());
    let report = whole_after_an_outage(&kafka, &workload, 20_100);
    eprintln!("{} duplicates", report.duplicates);
    end(worker);
}
