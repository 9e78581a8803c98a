//! What health reports about failing brokers: not ready within five seconds, with the reason, and ready again soon
//! after.

use std::{thread, time::Duration};

use kafka_service_tests::{Kafka, Process, Workload, wait_until};
use rdkafka::{
    Offset, TopicPartitionList,
    consumer::{BaseConsumer, CommitMode, Consumer as _},
};

use crate::{MINUTE, end, spread, start, whole, whole_after_an_outage, with_each_protocol};

/// How long a fault or its end may go unnoticed: five seconds, plus a margin for a busy machine.
const NOTICED: Duration = Duration::from_secs(25);

/// The worker's last health line; empty before the first.
pub(crate) fn last_health(worker: &Process) -> String {
    let lines = worker.lines();
    let health = lines.iter().rev().find(|line| !line.stderr && line.text.starts_with("health: "));
    health.map(|line| line.text.clone()).unwrap_or_default()
}

/// Waits until the worker's last health line contains this text.
#[track_caller]
pub(crate) fn says(worker: &Process, within: Duration, text: &str) {
    wait_until(within, &format!("health to say {text:?}"), || {
        if last_health(worker).contains(text) { Ok(()) } else { Err(worker.output()) }
    });
}

/// A broker fails under load, and comes back.
fn absence(name: &str, go: impl FnOnce(&Kafka), come_back: impl FnOnce(&Kafka)) {
    let Some(kafka) = Kafka::one_node() else { return };
    let workload = Workload::new(&kafka, name, 4);
    let mut worker = start(&workload, "only");
    worker.wait_for_line(MINUTE, "health: ready");
    workload.send(&kafka, (0..2_000).map(spread));
    go(&kafka);
    says(&worker, NOTICED, "no broker is reachable");
    thread::sleep(Duration::from_secs(8));
    let is_warning = |text: &str| text.contains(" WARN ") && text.contains("no broker is reachable at");
    let warnings = worker.lines().iter().filter(|line| is_warning(&line.text)).count();
    come_back(&kafka);
    says(&worker, Duration::from_secs(20), "health: ready");
    assert_eq!(warnings, 1, "one warning for the outage:\n{}", worker.output());
    whole_after_an_outage(&kafka, &workload, 2_000);
    end(worker);
}

#[test]
fn a_killed_broker_is_reported_until_it_returns() {
    absence("killed", |kafka| kafka.kill(1), |kafka| kafka.restart(1));
}

#[test]
fn a_frozen_broker_is_reported_until_it_returns() {
    absence("frozen", |kafka| kafka.freeze(1), |kafka| kafka.thaw(1));
}

#[test]
fn an_idle_service_reports_a_frozen_broker() {
    let Some(kafka) = Kafka::one_node() else { return };
    let workload = Workload::new(&kafka, "idle", 2);
    let mut worker = start(&workload, "only");
    worker.wait_for_line(MINUTE, "health: ready");
    kafka.freeze(1);
    says(&worker, NOTICED, "no broker is reachable");
    kafka.thaw(1);
    says(&worker, NOTICED, "health: ready");
    end(worker);
}

#[test]
fn missing_replicas_are_reported_with_their_topic() {
    let Some(kafka) = Kafka::three_nodes() else { return };
    let workload = Workload::new(&kafka, "replicas", 4);
    kafka.delete_topic(&workload.events);
    kafka.create_topic_with(&workload.events, 4, &[("min.insync.replicas", "3")]);
    let mut worker = start(&workload, "only");
    worker.wait_for_line(MINUTE, "health: ready");
    kafka.kill(3);
    workload.send(&kafka, (0..600).map(spread));
    says(&worker, Duration::from_secs(20), "are not acknowledged");
    says(&worker, NOTICED, "NOT_ENOUGH_REPLICAS");
    says(&worker, NOTICED, &workload.events);
    kafka.restart(3);
    says(&worker, Duration::from_secs(30), "health: ready");
    whole(&kafka, &workload, 600);
    end(worker);
}

/// The group starts at the beginning of this partition.
fn commit(kafka: &Kafka, group: &str, topic: &str, partition: i32) {
    let consumer: BaseConsumer = kafka.config().set("group.id", group).create().unwrap();
    let mut offsets = TopicPartitionList::new();
    offsets.add_partition_offset(topic, partition, Offset::Offset(0)).unwrap();
    consumer.commit(&offsets, CommitMode::Sync).unwrap();
}

#[test]
fn an_unread_partition_is_a_problem_until_it_is_read() {
    let Some(kafka) = Kafka::shared() else { return };
    let workload = Workload::new(kafka, "unread", 2);
    commit(kafka, &workload.group, &workload.commands, 0);
    let workload = workload.set("KAFKA_AUTO_OFFSET_RESET", "error");
    let mut worker = start(&workload, "only");
    says(&worker, MINUTE, &format!("{}[1] is not being fetched", workload.commands));
    let ready = worker.count("health: ready");
    workload.send(kafka, (0..40).map(spread));
    kafka.read_until(&workload.events, MINUTE, "events of the other partition", |events| !events.is_empty());
    assert_eq!(worker.count("health: ready"), ready, "{}", worker.output());
    worker.terminate();
    worker.wait(MINUTE);
}

#[test]
fn a_deleted_topic_is_named_until_it_is_recreated() {
    let Some(kafka) = Kafka::shared() else { return };
    with_each_protocol(|protocol| {
        let workload = Workload::new(kafka, "deleted", 2).set("KAFKA_GROUP_PROTOCOL", protocol);
        let mut worker = start(&workload, "only");
        worker.wait_for_line(MINUTE, "health: ready");
        kafka.delete_topic(&workload.commands);
        says(&worker, NOTICED, &format!("topic `{}` does not exist", workload.commands));
        thread::sleep(Duration::from_secs(5));
        says(&worker, Duration::ZERO, "not ready");
        kafka.create_topic(&workload.commands, 2);
        says(&worker, Duration::from_secs(30), "health: ready");
        workload.send(kafka, (0..100).map(spread));
        whole(kafka, &workload, 100);
        end(worker);
    });
}

#[test]
fn a_deleted_output_topic_is_named_within_seconds() {
    let Some(kafka) = Kafka::shared() else { return };
    let workload = Workload::new(kafka, "unwritable", 2);
    let mut worker = start(&workload, "only");
    worker.wait_for_line(MINUTE, "health: ready");
    for topic in [&workload.events, &workload.dead_letters] {
        kafka.delete_topic(topic);
        says(&worker, NOTICED, &format!("topic `{topic}` does not exist"));
        kafka.create_topic(topic, 2);
        says(&worker, NOTICED, "health: ready");
    }
    end(worker);
}

#[test]
fn debug_log_lines_do_not_count_as_unacknowledged() {
    let Some(kafka) = Kafka::shared() else { return };
    let workload =
        Workload::new(kafka, "lines", 2).set("RUST_LOG", "debug").set("KAFKA_DEBUG", "broker,protocol,msg,topic");
    let mut worker = start(&workload, "only");
    worker.wait_for_line(MINUTE, "health: ready");
    end(worker);
}

#[test]
fn a_stalled_service_replaces_its_consumer_then_fails_liveness() {
    let Some(kafka) = Kafka::shared() else { return };
    let workload = Workload::new(kafka, "stalled", 1)
        .set("KAFKA_MAX_IN_FLIGHT", "1")
        .set("KAFKA_HANDLER_TIMEOUT", "1s")
        .set("KAFKA_STALL_TIMEOUT", "3s")
        .set("KAFKA_SHUTDOWN_DEADLINE", "1s");
    let mut worker = start(&workload, "only");
    worker.wait_for_line(MINUTE, "health: ready");
    // A plain function cannot be cancelled, and occupies the only slot.
    kafka.produce(&workload.commands, spread(0).taking(300_000).message_for("work_blocking"));
    kafka.produce(&workload.commands, spread(1).message());
    worker.wait_for_line(MINUTE, "replacing the Kafka consumer");
    says(&worker, MINUTE, "health: not live, not ready: no progress although records are waiting");
    worker.terminate();
    worker.wait(MINUTE);
}
