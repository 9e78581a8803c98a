//! Topics that change while the service runs, and brokers that reject the connection.

use std::{
    pin::pin,
    task::{Context, Waker},
    time::{Duration, Instant},
};

use kafka_service_tests::{Client, Kafka, Work, Workload, wait_until};
use rdkafka::{
    admin::{AdminClient, AdminOptions, NewPartitions},
    client::DefaultClientContext,
};

use crate::{MINUTE, end, spread, start, whole, with_each_protocol};

#[test]
fn added_partitions_are_consumed_from_their_start() {
    let Some(kafka) = Kafka::shared() else { return };
    with_each_protocol(|protocol| {
        let workload = Workload::new(kafka, "added", 2)
            .set("KAFKA_GROUP_PROTOCOL", protocol)
            .set("KAFKA_TOPIC_METADATA_REFRESH_INTERVAL_MS", "1000");
        let worker = start(&workload, "only");
        workload.send(kafka, (0..40).map(spread));
        kafka.read_count(&workload.events, MINUTE, 40);
        let admin: AdminClient<DefaultClientContext> = kafka.config().create().unwrap();
        let (more, options) = (NewPartitions::new(&workload.commands, 4), AdminOptions::new());
        let mut adding = pin!(admin.create_partitions([&more], &options));
        let mut context = Context::from_waker(Waker::noop());
        wait_until(MINUTE, "the partitions to be added", || adding.as_mut().poll(&mut context)).unwrap();
        wait_until(MINUTE, "the topic to have four partitions", || kafka.leaders(&workload.commands).len() == 4);
        // A new client: the shared one knows two partitions.
        let client = Client::new(kafka.bootstrap());
        let late = |n: i32| Work::new(format!("late-{n}"), 0).message().partition(n);
        client.produce_all(&workload.commands, (0..4).map(late));
        kafka.read_count(&workload.events, MINUTE, 44);
        whole(kafka, &workload, 44);
        end(worker);
    });
}

#[test]
fn a_topic_that_is_deleted_and_recreated_is_consumed_again() {
    let Some(kafka) = Kafka::shared() else { return };
    with_each_protocol(|protocol| {
        let workload = Workload::new(kafka, "deleted", 2)
            .set("KAFKA_GROUP_PROTOCOL", protocol)
            .set("KAFKA_TOPIC_METADATA_REFRESH_INTERVAL_MS", "1000");
        let worker = start(&workload, "only");
        workload.send(kafka, (0..40).map(spread));
        kafka.read_count(&workload.events, MINUTE, 40);
        workload.wait_until_committed(kafka);
        let not_ready = worker.count("health: not ready");
        kafka.delete_topic(&workload.commands);
        wait_until(MINUTE, "the missing topic to be noticed", || worker.count("health: not ready") > not_ready);
        kafka.create_topic(&workload.commands, 2);
        // With a client that does not know the old topic.
        workload.send(&Client::new(kafka.bootstrap()), (40..80).map(spread));
        kafka.read_count(&workload.events, MINUTE, 80);
        end(worker);
    });
}

/// As with a wrong clock on this machine: the broker rejects the timestamps of events and dead letters.
#[test]
fn records_with_rejected_timestamps_wait_until_accepted() {
    let Some(kafka) = Kafka::shared() else { return };
    let workload = Workload::named(kafka, "clock").set("KAFKA_LINGER_MS", "50");
    kafka.create_topic(&workload.commands, 2);
    for topic in [&workload.events, &workload.dead_letters] {
        kafka.create_topic_with(topic, 2, &[("message.timestamp.before.max.ms", "0")]);
    }
    let mut worker = start(&workload, "only");
    // So many that some are older than a millisecond when they arrive. One of each key: what the client has queued when a
    // batch is rejected may overtake it, once the topic accepts it.
    workload.send(kafka, (0..1_000).map(|n| Work::new(format!("key-{n}"), 0)));
    workload.send(kafka, [Work::new("poison", 0).kind("poison")]);
    worker.wait_for_line(MINUTE, "InvalidTimestamp");
    for said in [workload.events.as_str(), "check this machine's clock", "message.timestamp.before.max.ms"] {
        worker.wait_for_line(MINUTE, said);
    }
    worker.wait_for_line(MINUTE, "delivery to topic");
    let many = [("message.timestamp.before.max.ms", "9223372036854775807")];
    kafka.alter_topic(&workload.events, &many);
    kafka.alter_topic(&workload.dead_letters, &many);
    kafka.read_count(&workload.events, MINUTE, 1_000);
    kafka.read_count(&workload.dead_letters, MINUTE, 1);
    let report = whole(kafka, &workload, 1_001);
    assert_eq!(report.dead_letters, 1, "only the poison command: {report:?}");
    end(worker);
}

#[test]
fn a_topic_compressed_with_zstd_is_read() {
    let Some(kafka) = Kafka::shared() else { return };
    let workload = Workload::named(kafka, "zstd");
    for topic in [&workload.commands, &workload.events, &workload.dead_letters] {
        kafka.create_topic_with(topic, 2, &[("compression.type", "zstd")]);
    }
    let worker = start(&workload, "only");
    workload.send(kafka, (0..40).map(spread));
    workload.wait_until_committed(kafka);
    end(worker);
}

#[test]
fn a_security_protocol_mismatch_is_named_and_stops_quickly() {
    let Some(kafka) = Kafka::shared() else { return };
    let workload = Workload::new(kafka, "creds", 1)
        .set("KAFKA_SECURITY_PROTOCOL", "SASL_PLAINTEXT")
        .set("KAFKA_SASL_MECHANISM", "PLAIN")
        .set("KAFKA_SASL_USERNAME", "alice")
        .set("KAFKA_SASL_PASSWORD", "a-planted-secret");
    let mut worker = start(&workload, "only");
    worker.wait_for_line(Duration::from_secs(20), "health: not ready: no broker is reachable");
    assert!(worker.count("SASL") > 0, "{}", worker.output());
    assert_eq!(worker.count("a-planted-secret"), 0, "{}", worker.output());
    worker.terminate();
    let asked = Instant::now();
    assert!(worker.wait(MINUTE).success(), "no work had started: {}", worker.output());
    assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
}
