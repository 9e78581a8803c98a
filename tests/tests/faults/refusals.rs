//! Permanent errors of the producer, of a topic and of the member.

use std::time::{Duration, Instant};

use kafka_service_tests::{Process, Work};
use rdkafka::types::{RDKafkaApiKey as Request, RDKafkaRespErr as Answer};

use crate::{MINUTE, ONE_REQUEST, end, injected::classic, mock::Mock, spread, start, whole};

#[test]
fn a_producer_with_a_fatal_error_is_replaced() {
    let mock = Mock::start(1);
    let workload = mock.workload("fatal").set(ONE_REQUEST.0, ONE_REQUEST.1);
    let mut worker = start(&workload, "only");
    workload.send(&mock, (0..100).map(spread));
    mock.read_count(&workload.events, MINUTE, 100);
    // The first command of each key takes a second, so that only the worker's records meet the errors.
    workload.send(&mock, (100..300).map(|n| if n < 120 { spread(n).taking(1_000) } else { spread(n) }));
    mock.fail(Request::Produce, &[Answer::RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER; 3]);
    worker.wait_for_line(MINUTE, "Kafka producer failed; replacing it");
    mock.read_count(&workload.events, MINUTE, 300);
    whole(&mock, &workload, 300);
    end(worker);
}

#[test]
fn an_event_rejected_for_a_while_keeps_its_order() {
    let mock = Mock::start(1);
    let workload = mock.workload("refused").set(ONE_REQUEST.0, ONE_REQUEST.1);
    let mut worker = start(&workload, "only");
    workload.send(&mock, [Work::new("one", 0)]);
    mock.read_count(&workload.events, MINUTE, 1);
    workload.send(&mock, (1..41).map(|n| Work::new("one", n).taking(if n == 1 { 1_000 } else { 0 })));
    mock.fail(Request::Produce, &[Answer::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED; 3]);
    worker.wait_for_line(MINUTE, &format!("delivery to topic `{}` is failing", workload.events));
    mock.read_count(&workload.events, MINUTE, 41);
    let report = whole(&mock, &workload, 41);
    assert_eq!(report.dead_letters, 0, "the event was valid: {report:?}");
    end(worker);
}

#[test]
fn an_unwritable_dead_letter_topic_blocks_its_partition() {
    let mock = Mock::start(1);
    let workload = mock.workload("forbidden").set(ONE_REQUEST.0, ONE_REQUEST.1).set("KAFKA_RETRY_ATTEMPTS", "1");
    let mut worker = start(&workload, "only");
    workload.send(&mock, [spread(0)]);
    mock.read_count(&workload.events, MINUTE, 1);
    workload.wait_until_committed(&mock);
    // It takes a second, so that only the worker's records meet the errors.
    workload.send(&mock, [Work::new("poison", 0).taking(1_000).kind("fail")]);
    mock.fail(Request::Produce, &[Answer::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED; 3]);
    worker
        .wait_for_line(MINUTE, &format!("health: not ready: delivery to topic `{}` is failing", workload.dead_letters));
    assert_eq!(mock.lag(&workload.group, &workload.commands), 1, "nothing is skipped");
    mock.read_count(&workload.dead_letters, MINUTE, 1);
    worker.wait_for_line(MINUTE, "health: ready");
    workload.wait_until_committed(&mock);
    end(worker);
}

#[test]
fn a_fenced_static_member_ends_at_once_with_the_reason() {
    let mock = Mock::start(1);
    let workload = mock
        .workload("fenced")
        .set("KAFKA_GROUP_PROTOCOL", "classic")
        .set("KAFKA_HEARTBEAT_INTERVAL_MS", "300")
        .set("KAFKA_GROUP_INSTANCE_ID", "place-1");
    let mut worker = start(&workload, "only");
    workload.send(&mock, (0..20).map(spread));
    mock.read_count(&workload.events, MINUTE, 20);
    workload.send(&mock, [Work::new("running", 0).taking(60_000)]);
    mock.fail(Request::Heartbeat, &[Answer::RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID]);
    worker.wait_for_line(MINUTE, "the Kafka consumer failed");
    let failed = Instant::now();
    let status = worker.wait(MINUTE);
    assert!(failed.elapsed() < Duration::from_secs(5), "{:?}", failed.elapsed());
    assert_eq!(status.code(), Some(1), "{}", worker.output());
    assert!(worker.count("the service failed") > 0, "{}", worker.output());
}

/// A worker that has handled everything and whose every commit fails.
fn without_commits(mock: &Mock, name: &str) -> Process {
    let workload = classic(mock.workload(name)).set("KAFKA_SHUTDOWN_DEADLINE", "1s");
    let worker = start(&workload, "only");
    workload.send(mock, (0..100).map(spread));
    workload.wait_until_committed(mock);
    mock.fail(Request::OffsetCommit, &[Answer::RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED; 500]);
    workload.send(mock, (100..120).map(spread));
    mock.read_count(&workload.events, MINUTE, 120);
    worker
}

#[test]
fn a_failed_commit_of_revoked_partitions_is_logged() {
    let mock = Mock::start(1);
    let mut worker = without_commits(&mock, "last-refused");
    worker.terminate();
    let line = worker.wait_for_line(MINUTE, "offset commit of revoked partitions failed");
    assert!(line.contains("Group authorization failed"), "{line}");
    assert!(worker.wait(MINUTE).success(), "{}", worker.output());
}

#[test]
fn an_unanswered_last_commit_is_logged_at_shutdown() {
    let mock = Mock::start(1);
    let mut worker = without_commits(&mock, "last-unanswered");
    mock.round_trip(Duration::from_secs(10));
    worker.terminate();
    worker.wait_for_line(MINUTE, "shut down before the last offset commit was acknowledged");
    assert!(worker.wait(MINUTE).success(), "{}", worker.output());
}
