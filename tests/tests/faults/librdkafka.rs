//! What librdkafka 2.12.1 is known to do wrong, and what becomes of a service then.
//!
//! Its issue 5456 (`rd_kafka_send_offsets_to_transaction` ignores its timeout) needs transactions, which nothing here uses.

use std::{thread, time::Duration};

use kafka_service_tests::{Kafka, Process, Workload};

use crate::{MINUTE, end, spread, start, whole};

const PROTOCOLS: [&str; 2] = ["consumer", "classic"];

/// The shortest session that the test brokers allow, and a poll interval that is not longer.
fn impatient(workload: Workload, protocol: &str) -> Workload {
    let workload = workload.set("KAFKA_GROUP_PROTOCOL", protocol).set("KAFKA_MAX_POLL_INTERVAL_MS", "4000");
    match protocol {
        "classic" => workload.set("KAFKA_SESSION_TIMEOUT_MS", "4000").set("KAFKA_HEARTBEAT_INTERVAL_MS", "300"),
        _ => workload,
    }
}

/// A worker that has handled something.
fn busy(kafka: &Kafka, protocol: &str) -> Process {
    let workload = impatient(Workload::new(kafka, "closing", 2), protocol);
    let mut worker = start(&workload, protocol);
    workload.send(kafka, (0..20).map(spread));
    workload.wait_until_committed(kafka);
    worker.wait_for_line(MINUTE, "health: ready");
    worker
}

/// Fixed in 2.14.2 (#5347): leaving a group whose coordinator is away read a null pointer.
#[test]
fn a_service_that_stops_while_its_coordinator_is_away_does_not_crash() {
    let Some(kafka) = Kafka::one_node() else { return };
    for (away, back) in
        [(Kafka::kill as fn(&Kafka, i32), Kafka::restart as fn(&Kafka, i32)), (Kafka::freeze, Kafka::thaw)]
    {
        let mut at_once: Vec<_> = PROTOCOLS.iter().map(|protocol| busy(&kafka, protocol)).collect();
        let mut later: Vec<_> = PROTOCOLS.iter().map(|protocol| busy(&kafka, protocol)).collect();
        away(&kafka, 1);
        at_once.iter_mut().for_each(Process::terminate);
        // Long enough for the client to notice, and to look for another coordinator.
        thread::sleep(Duration::from_secs(3));
        later.iter_mut().for_each(Process::terminate);
        for mut worker in at_once.into_iter().chain(later) {
            let status = worker.wait(MINUTE);
            assert!(status.code().is_some(), "{status}:\n{}", worker.output());
        }
        back(&kafka, 1);
    }
}

#[test]
fn a_handler_that_takes_longer_than_the_poll_interval_costs_no_partition() {
    let Some(kafka) = Kafka::shared() else { return };
    for protocol in PROTOCOLS {
        let workload = impatient(Workload::new(kafka, "longer", 1), protocol);
        let worker = start(&workload, "only");
        let slow = spread(0).taking(7_000);
        kafka.produce_all(&workload.commands, [slow.message_for("work_blocking"), spread(1).taking(7_000).message()]);
        kafka.read_count(&workload.events, MINUTE, 2);
        workload.wait_until_committed(kafka);
        assert_eq!(worker.count("partitions assigned"), 1, "{}", worker.output());
        assert_eq!(worker.count("partitions given back"), 0, "{}", worker.output());
        end(worker);
    }
}

/// Fixed in 2.15.0 (#5541): a member of the newer protocol that had exceeded its poll interval joined again with half of a
/// request, which the broker refused, and that was fatal. The broker keeps the session longer than the worker is stopped, so
/// that it is the client that leaves.
#[test]
fn a_service_that_was_stopped_for_longer_than_the_poll_interval_takes_part_again() {
    let sessions = [("group.consumer.session.timeout.ms", "45000"), ("group.consumer.max.session.timeout.ms", "45000")];
    let Some(kafka) = Kafka::with(1, &sessions) else { return };
    for protocol in PROTOCOLS {
        let workload = impatient(Workload::new(&kafka, "stopped", 2), protocol);
        let mut worker = start(&workload, "only");
        workload.send(&kafka, (0..20).map(spread));
        kafka.read_count(&workload.events, MINUTE, 20);
        for round in 1..=3 {
            worker.signal("STOP");
            thread::sleep(Duration::from_secs(6));
            worker.signal("CONT");
            workload.send(&kafka, (round * 20..round * 20 + 20).map(spread));
            kafka.read_count(&workload.events, MINUTE, (round + 1) * 20);
        }
        whole(&kafka, &workload, 80);
        assert_eq!(worker.count("the service failed"), 0, "{}", worker.output());
        end(worker);
    }
}
