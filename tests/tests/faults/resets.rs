//! Offset resets backwards: the committed offset is past the log end, because the topic was recreated or the offset was
//! set by hand.

use kafka_service_tests::{Client, Kafka, Work, Workload, wait_until};

use crate::{MINUTE, end, spread, start, with_each_protocol};

fn workload(kafka: &Kafka, name: &str, protocol: &str) -> Workload {
    Workload::new(kafka, name, 1)
        .set("KAFKA_GROUP_PROTOCOL", protocol)
        .set("KAFKA_TOPIC_METADATA_REFRESH_INTERVAL_MS", "1000")
}

#[track_caller]
fn wait_until_committed_at(kafka: &Client, workload: &Workload, offset: i64) {
    wait_until(MINUTE, &format!("offset {offset} to be committed"), || {
        let committed = kafka.committed(&workload.group, &workload.commands);
        if committed == [offset] { Ok(()) } else { Err(committed) }
    });
}

/// Writes more commands than may be uncommitted, and commits an offset far past them.
fn goes_back(protocol: &str, commands: usize, max_uncommitted: &str) {
    let Some(kafka) = Kafka::shared() else { return };
    let workload = workload(kafka, "beyond", protocol).set("KAFKA_MAX_UNCOMMITTED", max_uncommitted);
    workload.send(kafka, (0..commands).map(|number| Work::new(format!("key-{}", number % 20), (number / 20) as u64)));
    kafka.commit(&workload.group, &workload.commands, &[1_000_000]);
    let mut worker = start(&workload, "first");
    kafka.read_count(&workload.events, MINUTE, commands);
    wait_until_committed_at(kafka, &workload, i64::try_from(commands).unwrap());
    let line = worker.wait_for_line(MINUTE, "committed offset is past the log end offset");
    assert!(line.contains(" offset=1000000") && line.contains("reset_to=0"), "{line}");
    end(worker);
    // A second instance receives only what is written from here on.
    workload.send(kafka, (0..40).map(|number| Work::new(format!("late-{}", number % 20), number / 20)));
    let worker = start(&workload, "second");
    wait_until_committed_at(kafka, &workload, i64::try_from(commands + 40).unwrap());
    end(worker);
    assert_eq!(kafka.read_all(&workload.events).len(), commands + 40, "each command was handled once");
}

#[test]
fn an_offset_past_the_log_end_is_reset_and_loses_nothing() {
    goes_back("consumer", 60_000, "50000");
}

#[test]
fn an_offset_past_the_log_end_is_reset_by_a_classic_group() {
    goes_back("classic", 6_000, "5000");
}

#[test]
fn an_offset_past_the_end_of_an_empty_topic_is_reset() {
    let Some(kafka) = Kafka::shared() else { return };
    with_each_protocol(|protocol| {
        let workload = workload(kafka, "empty", protocol);
        kafka.commit(&workload.group, &workload.commands, &[1_000]);
        let worker = start(&workload, "first");
        wait_until_committed_at(kafka, &workload, 0);
        end(worker);
        // Enough records that the old offset is in the middle of them.
        workload.send(kafka, (0..1_500).map(spread));
        let worker = start(&workload, "second");
        kafka.read_count(&workload.events, MINUTE, 1_500);
        wait_until_committed_at(kafka, &workload, 1_500);
        end(worker);
    });
}

#[test]
fn a_recreated_topic_is_read_and_committed_from_its_start() {
    let Some(kafka) = Kafka::shared() else { return };
    with_each_protocol(|protocol| {
        let workload = workload(kafka, "recreated", protocol);
        let worker = start(&workload, "only");
        workload.send(kafka, (0..300).map(spread));
        kafka.read_count(&workload.events, MINUTE, 300);
        // Its handler is running while the topic is deleted.
        workload.send(kafka, [Work::new("slow", 0).taking(4_000)]);
        wait_until(MINUTE, "everything before it to be committed", || {
            kafka.committed(&workload.group, &workload.commands) == [300]
        });
        kafka.delete_topic(&workload.commands);
        kafka.create_topic(&workload.commands, 1);
        // With a client that does not know the old topic.
        let client = Client::new(kafka.bootstrap());
        workload.send(&client, (0..100).map(|number| Work::new(format!("new-{}", number % 20), number / 20)));
        kafka.read_until(&workload.events, MINUTE, "the events of the new topic", |events| {
            events.iter().filter(|event| event.text().contains("\"new-")).count() >= 100
        });
        wait_until_committed_at(&client, &workload, 100);
        workload.send(&client, (0..100).map(|number| Work::new(format!("new-{}", number % 20), 5 + number / 20)));
        wait_until_committed_at(&client, &workload, 200);
        end(worker);
    });
}
