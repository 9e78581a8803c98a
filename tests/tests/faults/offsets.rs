//! Committed offsets whose records were deleted.

use std::{
    pin::pin,
    task::{Context, Waker},
    time::Duration,
};

use kafka_service_tests::{Kafka, Workload, wait_until};
use rdkafka::{
    Offset, TopicPartitionList,
    admin::{AdminClient, AdminOptions},
    client::DefaultClientContext,
};

use crate::{MINUTE, end, spread, start};

/// Writes forty records, commits the first ten, and deletes the first thirty.
fn retained(kafka: &Kafka, workload: &Workload) {
    workload.send(kafka, (0..10).map(spread));
    let worker = start(workload, "before");
    workload.wait_until_committed(kafka);
    end(worker);
    workload.send(kafka, (10..40).map(spread));
    delete_records(kafka, workload, 30);
}

/// Deletes the records of the first partition before this offset, as retention does.
pub(crate) fn delete_records(kafka: &Kafka, workload: &Workload, before: i64) {
    let admin: AdminClient<DefaultClientContext> = kafka.config().create().unwrap();
    let mut offsets = TopicPartitionList::new();
    offsets.add_partition_offset(&workload.commands, 0, Offset::Offset(before)).unwrap();
    let options = AdminOptions::new();
    let mut deleting = pin!(admin.delete_records(&offsets, &options));
    let mut context = Context::from_waker(Waker::noop());
    wait_until(MINUTE, "the records to be deleted", || deleting.as_mut().poll(&mut context)).unwrap();
}

#[test]
fn records_lost_to_retention_are_an_alarm_and_the_rest_is_read() {
    let Some(kafka) = Kafka::shared() else { return };
    let workload = Workload::new(kafka, "retained", 1);
    retained(kafka, &workload);
    let mut worker = start(&workload, "after");
    kafka.read_count(&workload.events, MINUTE, 20);
    workload.wait_until_committed(kafka);
    assert_eq!(kafka.read_all(&workload.events).len(), 20, "ten before, ten after");
    let line = worker.wait_for_line(Duration::from_secs(5), "records lost to retention");
    for fact in [" offset=10", "log_start_offset=30", "lost_at_most=20"] {
        assert!(line.contains(fact), "{fact}: {line}");
    }
    end(worker);
}

#[test]
fn a_service_can_stop_at_records_lost_to_retention() {
    let Some(kafka) = Kafka::shared() else { return };
    let workload = Workload::new(kafka, "retained", 1).set("KAFKA_AUTO_OFFSET_RESET", "error");
    // A new group needs a start offset.
    let first = workload.clone().set("KAFKA_AUTO_OFFSET_RESET", "earliest");
    retained(kafka, &first);
    let mut worker = start(&workload, "after");
    worker.wait_for_line(MINUTE, "health: not ready");
    worker.wait_for_line(MINUTE, "ffset out of range");
    assert_eq!(kafka.read_all(&workload.events).len(), 10, "nothing is skipped");
    worker.terminate();
    worker.wait(MINUTE);
}
