//! The harness itself, on a real broker: it reads what it wrote, and a cluster survives the loss of a broker.

use std::process::Command;
use std::time::Duration;

use kafka_service_tests::{Client, Kafka, Message, On, Process, Record, cargo_binary, unique, wait_until};
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::types::RDKafkaErrorCode as Code;
use rdkafka::{Offset, TopicPartitionList};

const SECONDS_30: Duration = Duration::from_secs(30);

#[test]
fn written_records_are_read_back() {
    let Some(kafka) = Kafka::shared() else { return };
    let topic = kafka.new_topic("harness", 3);

    let first = kafka.produce(&topic, Message::new("one").key("k").header("h", "v").header("h", "w"));
    let second = kafka.produce(&topic, Message::tombstone().partition(1));
    assert_eq!(second.0, 1);

    let records = kafka.read_all(&topic);
    assert_eq!(records.len(), 2);
    let at = |position| records.iter().find(|record| (record.partition, record.offset) == position).expect("written");
    let record = at(first);
    assert_eq!((record.key_text(), record.text(), record.header("h")), (Some("k"), "one", Some("w")));
    assert_eq!(record.headers.len(), 2);
    assert!(record.timestamp.is_some());
    let tombstone = at(second);
    assert_eq!((tombstone.key.as_deref(), tombstone.value.as_deref()), (None, None));
}

#[test]
fn records_keep_their_order_and_the_key_decides_the_partition() {
    let Some(kafka) = Kafka::shared() else { return };
    let topic = kafka.new_topic("harness", 4);
    let messages = (0..20_000).map(|n| Message::new(format!("{{\"n\":{n}}}")).key(format!("key-{}", n % 10)));
    let positions = kafka.produce_all(&topic, messages);
    assert_eq!(positions.len(), 20_000);
    assert!(
        positions.iter().skip(10).zip(&positions).all(|(later, earlier)| later.0 == earlier.0 && later.1 > earlier.1)
    );

    let records = kafka.read_count(&topic, SECONDS_30, 20_000);
    assert_eq!(records.len(), 20_000);
    let per_partition = |partition| {
        let of_it = records.iter().filter(move |record| record.partition == partition);
        of_it.map(|record| record.json()["n"].as_i64().expect("a number")).collect::<Vec<_>>()
    };
    assert!((0..4).all(|partition| per_partition(partition).is_sorted()));
    assert_eq!(kafka.end_offsets(&topic).iter().sum::<i64>(), 20_000);
}

#[test]
fn the_committed_offset_is_minus_one_before_a_commit() {
    let Some(kafka) = Kafka::shared() else { return };
    let (topic, group) = (kafka.new_topic("harness", 2), unique("group"));
    kafka.produce(&topic, Message::new("x").partition(1));
    assert_eq!(kafka.committed(&group, &topic), [-1, -1]);
    assert_eq!(kafka.lag(&group, &topic), 1);
    commit(kafka, &group, &topic, 1, 1);
    assert_eq!(kafka.committed(&group, &topic), [-1, 1]);
    assert_eq!(kafka.lag(&group, &topic), 0);
}

#[test]
fn a_deleted_topic_is_gone() {
    let Some(kafka) = Kafka::shared() else { return };
    let topic = kafka.new_topic("harness", 1);
    assert!(kafka.topic_exists(&topic));
    kafka.delete_topic(&topic);
    assert!(!kafka.topic_exists(&topic));
}

#[test]
#[should_panic(expected = "waiting for: a second record; on")]
fn waiting_for_a_missing_record_reports_what_was_read() {
    let Some(kafka) = Kafka::shared() else { panic!("waiting for: a second record; on nothing: no broker available") };
    let topic = kafka.new_topic("harness", 1);
    kafka.produce(&topic, "first");
    kafka.read_until(&topic, Duration::from_millis(300), "a second record", |records| records.len() > 1);
}

#[test]
fn a_cluster_of_three_survives_a_killed_broker() {
    let Some(kafka) = Kafka::three_nodes() else { return };
    let topic = kafka.new_topic("harness", 6);
    kafka.produce_all(&topic, (0..100).map(|n| Message::new(format!("before {n}"))));

    let victim = 2;
    assert!(kafka.leaders(&topic).contains(&Some(victim)), "six partitions are spread over three brokers");
    kafka.kill(victim);
    wait_until(SECONDS_30, "other leaders for the killed broker's partitions", || {
        let leaders = kafka.leaders(&topic);
        let moved = leaders.len() == 6 && leaders.iter().all(|leader| leader.is_some_and(|id| id != victim));
        if moved { Ok(()) } else { Err(leaders) }
    });
    kafka.produce_all(&topic, (0..100).map(|n| Message::new(format!("during {n}"))));

    kafka.restart(victim);
    kafka.produce_all(&topic, (0..100).map(|n| Message::new(format!("after {n}"))));
    let records = kafka.read_count(&topic, SECONDS_30, 300);
    for phase in ["before", "during", "after"] {
        let of_phase = |record: &&Record| record.text().starts_with(phase);
        assert_eq!(records.iter().filter(of_phase).count(), 100, "{phase}");
    }
}

#[test]
fn a_single_broker_keeps_its_data_after_a_kill() {
    let Some(kafka) = Kafka::with(1, &[("num.partitions", "2")]) else { return };
    let topic = kafka.new_topic("harness", 1);
    kafka.produce(&topic, "kept");
    kafka.kill(1);
    kafka.restart(1);
    assert_eq!(kafka.read_all(&topic)[0].text(), "kept");
}

#[test]
fn a_frozen_broker_answers_after_it_is_thawed() {
    let Some(kafka) = Kafka::one_node() else { return };
    let topic = kafka.new_topic("harness", 1);
    let quick = kafka.config().create::<BaseConsumer>().expect("a valid configuration");
    let answers = || quick.fetch_metadata(Some(&topic), Duration::from_millis(500)).is_ok();
    wait_until(SECONDS_30, "a first answer", answers);
    kafka.freeze(1);
    assert!(!answers(), "a frozen broker does not answer");
    kafka.thaw(1);
    wait_until(SECONDS_30, "an answer", answers);
}

#[test]
fn a_user_can_read_only_what_it_is_allowed_to() {
    let Some(kafka) = Kafka::secured() else { return };
    let topic = kafka.new_topic("harness", 1);
    kafka.produce(&topic, "for authorized users");
    let user = kafka.user();
    let client = kafka.client_of(&user);
    let only = |code| move |answer| if answer == Err(code) { Ok(()) } else { Err(answer) };
    let no_topic = only(Code::TopicAuthorizationFailed);
    kafka.allow(&user, "read", On::Group("harness"));
    wait_until(SECONDS_30, "only the topic permission to be missing", || no_topic(first(&client, &topic)));
    kafka.allow(&user, "read", On::Topic(&topic));
    wait_until(SECONDS_30, "the permission to apply", || first(&client, &topic));
    kafka.deny(&user, "read", On::Topic(&topic));
    wait_until(SECONDS_30, "the denial to apply", || no_topic(first(&client, &topic)));
    kafka.revoke(&user, "read", On::Topic(&topic));
    assert_eq!(first(&client, &topic), Err(Code::TopicAuthorizationFailed), "neither denied nor allowed");
}

#[test]
fn a_user_with_a_wrong_password_is_rejected() {
    let Some(kafka) = Kafka::secured() else { return };
    let mut user = kafka.user();
    user.password = "not-it".to_owned();
    let client: BaseConsumer = kafka.client_of(&user).config().create().expect("a valid configuration");
    wait_until(SECONDS_30, "the rejection", || match client.poll(Duration::from_millis(100)) {
        Some(Err(error)) => error.rdkafka_error_code() == Some(Code::Authentication),
        _ => false,
    });
}

#[test]
fn the_tls_certificate_is_signed_by_the_ca_file() {
    let Some(kafka) = Kafka::secured() else { return };
    let mut client = Command::new("openssl");
    client.args(["s_client", "-verify_return_error", "-verify_ip", "127.0.0.1", "-connect", &kafka.listener("ssl")]);
    client.arg("-CAfile").arg(kafka.ca_file());
    let mut client = Process::start(client);
    client.wait_for_line(SECONDS_30, "Verify return code: 0 (ok)");
}

/// The first record of a topic, read as a member of a group, or the broker's error.
fn first(client: &Client, topic: &str) -> Result<(), Code> {
    let mut config = client.config();
    config.set("group.id", "harness").set("auto.offset.reset", "earliest").set("enable.auto.commit", "false");
    let consumer: BaseConsumer = config.create().expect("a valid configuration");
    consumer.subscribe(&[topic]).expect("a valid subscription");
    wait_until(SECONDS_30, "a record or an error", || match consumer.poll(Duration::from_millis(100))? {
        Ok(_) => Some(Ok(())),
        Err(error) => Some(Err(error.rdkafka_error_code()?)),
    })
}

#[test]
fn a_process_can_be_read_signalled_and_awaited() {
    let mut command = Command::new("bash");
    command
        .args(["-c", "echo to stdout; echo to stderr >&2; trap 'echo bye; exit 7' TERM; while :; do sleep 0.01; done"]);
    let mut process = Process::start(command);
    process.wait_for_line(SECONDS_30, "to stdout");
    process.wait_for_line(SECONDS_30, "to stderr");
    assert!(process.lines().iter().any(|line| line.stderr && line.text == "to stderr"));
    process.terminate();
    assert_eq!(process.wait(SECONDS_30).code(), Some(7));
    assert!(process.output().ends_with("bye\n"));
}

#[test]
fn a_program_of_the_workspace_is_built_and_found() {
    let mut send = Process::start(Command::new(cargo_binary("example-guide", "send")));
    assert!(!send.wait(SECONDS_30).success(), "arguments are required: {}", send.output());
}

#[test]
#[should_panic(expected = "it has ended")]
fn waiting_for_a_line_of_an_ended_program_fails_at_once() {
    let mut process = Process::start(Command::new("true"));
    process.wait_for_line(SECONDS_30, "anything");
}

#[test]
#[should_panic(expected = "waiting for: the moon; last seen: \"clouds\"")]
fn a_timeout_reports_what_was_seen_last() {
    wait_until(Duration::from_millis(20), "the moon", || Err::<(), _>("clouds"));
}

/// Commits an offset for a group without members.
fn commit(kafka: &Kafka, group: &str, topic: &str, partition: i32, offset: i64) {
    let consumer: BaseConsumer = kafka.config().set("group.id", group).create().expect("a valid configuration");
    let mut positions = TopicPartitionList::new();
    positions.add_partition_offset(topic, partition, Offset::Offset(offset)).expect("a valid offset");
    consumer.commit(&positions, CommitMode::Sync).expect("the broker accepts the commit");
}
