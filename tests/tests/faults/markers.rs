//! Offsets without a record for a consumer: transaction markers and aborted records.

use std::time::Duration;

use kafka_service_tests::{Client, Kafka, Workload, wait_until};

use crate::{MINUTE, end, health::says, offsets::delete_records, spread, start};

#[track_caller]
fn wait_until_committed_to_the_end(kafka: &Client, workload: &Workload) {
    wait_until(MINUTE, "the committed offset to reach the end", || {
        let (committed, ends) =
            (kafka.committed(&workload.group, &workload.commands), kafka.end_offsets(&workload.commands));
        if committed == ends { Ok(()) } else { Err((committed, ends)) }
    });
}

/// Fifteen commands and an aborted transaction of five records: 21 offsets.
fn aborted(kafka: &Kafka, workload: &Workload) {
    workload.send(kafka, (0..15).map(spread));
    kafka.abort_transaction(&workload.commands, (15..20).map(|number| spread(number).message()));
    wait_until(MINUTE, "the marker", || kafka.end_offsets(&workload.commands) == [21]);
}

#[test]
fn the_committed_offset_passes_aborted_records_and_markers() {
    let Some(kafka) = Kafka::shared() else { return };
    for protocol in ["consumer", "classic"] {
        let workload = Workload::new(kafka, "aborted", 1).set("KAFKA_GROUP_PROTOCOL", protocol);
        let worker = start(&workload, "running");
        aborted(kafka, &workload);
        wait_until_committed_to_the_end(kafka, &workload);
        assert_eq!(kafka.read_all(&workload.events).len(), 15, "aborted records are not handled");
        // Records after the marker are not skipped.
        workload.send(kafka, (20..40).map(spread));
        kafka.read_count(&workload.events, MINUTE, 35);
        wait_until_committed_to_the_end(kafka, &workload);
        // A log end without records before it.
        kafka.abort_transaction(&workload.commands, (40..45).map(|number| spread(number).message()));
        wait_until_committed_to_the_end(kafka, &workload);
        end(worker);
    }
}

#[test]
fn a_service_that_starts_before_a_marker_commits_past_it() {
    let Some(kafka) = Kafka::shared() else { return };
    let workload = Workload::new(kafka, "marker", 1);
    aborted(kafka, &workload);
    kafka.commit(&workload.group, &workload.commands, &[15]);
    let worker = start(&workload, "only");
    wait_until_committed_to_the_end(kafka, &workload);
    end(worker);
    assert_eq!(kafka.read_all(&workload.events).len(), 0, "nothing was left to handle");
}

#[test]
fn a_marker_removed_by_retention_is_not_a_loss() {
    let Some(kafka) = Kafka::shared() else { return };
    let workload = Workload::new(kafka, "no-loss", 1);
    let worker = start(&workload, "before");
    aborted(kafka, &workload);
    wait_until_committed_to_the_end(kafka, &workload);
    end(worker);
    delete_records(kafka, &workload, 21);
    let mut worker = start(&workload, "after");
    workload.send(kafka, (20..40).map(spread));
    kafka.read_count(&workload.events, MINUTE, 35);
    wait_until_committed_to_the_end(kafka, &workload);
    worker.wait_for_line(Duration::from_secs(5), "health: ready");
    assert_eq!(worker.count("lost to retention"), 0, "{}", worker.output());
    end(worker);
}

#[test]
#[ignore = "takes a minute: `.ci/long transactions`"]
fn an_open_transaction_is_reported_until_it_ends() {
    let Some(kafka) = Kafka::shared() else { return };
    let workload = Workload::new(kafka, "open", 1);
    let mut worker = start(&workload, "only");
    worker.wait_for_line(MINUTE, "health: ready");
    let transaction = kafka.open_transaction(&workload.commands, (0..5).map(|number| spread(number).message()));
    // After the transaction, and not delivered before it ends.
    workload.send(kafka, (5..10).map(spread));
    says(&worker, MINUTE, &format!("an open transaction of another producer blocks {}[0]", workload.commands));
    assert_eq!(kafka.read_all(&workload.events).len(), 0, "{}", worker.output());
    transaction.abort();
    says(&worker, MINUTE, "health: ready");
    kafka.read_count(&workload.events, MINUTE, 5);
    wait_until_committed_to_the_end(kafka, &workload);
    end(worker);
}
