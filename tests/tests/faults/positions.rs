//! The position of the client. librdkafka (2.2 to 2.13.1, #4844 and #5213) advances the application's position for an
//! error of `rd_kafka_consume_batch_queue` as for a record, and continues from there after a pause; and every rebalance
//! pauses all partitions.

use std::time::Duration;

use rdkafka::types::{RDKafkaApiKey as Request, RDKafkaRespErr as Answer};

use crate::{MINUTE, end, injected::classic, mock::Mock, spread, start, whole};

const REFUSED: Answer = Answer::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;

#[test]
fn a_rebalance_does_not_skip_a_record_after_a_failed_fetch() {
    let mock = Mock::start(1);
    let workload = classic(mock.workload("fetch-failed"));
    let mut worker = start(&workload, "first");
    workload.send(&mock, (0..200).map(spread));
    mock.read_count(&workload.events, MINUTE, 200);
    workload.wait_until_committed(&mock);
    // One answer for all four partitions, so that a batch contains most of them.
    mock.fail(Request::Fetch, &[REFUSED]);
    worker.wait_for_line(MINUTE, "Topic authorization failed");
    let mut second = start(&workload, "second");
    second.wait_for_line(MINUTE, "partitions assigned");
    workload.send(&mock, (200..400).map(spread));
    mock.read_count(&workload.events, MINUTE, 400);
    let report = whole(&mock, &workload, 400);
    assert_eq!(report.duplicates, 0, "nothing was reset to the start: {report:?}");
    end(second);
    end(worker);
}

#[test]
fn a_pause_does_not_skip_a_record_after_a_failed_fetch() {
    let mock = Mock::start(1);
    let workload = classic(mock.workload("fetch-paused")).set("KAFKA_MAX_UNCOMMITTED", "5");
    let mut worker = start(&workload, "only");
    // Each window takes three seconds, so that it is paused.
    workload.send(&mock, (0..40).map(|number| spread(number).taking(if number % 10 == 0 { 3_000 } else { 0 })));
    for _ in 0..10 {
        mock.fail(Request::Fetch, &[REFUSED]);
        std::thread::sleep(Duration::from_millis(300));
    }
    worker.wait_for_line(MINUTE, "window of uncommitted records full");
    mock.read_count(&workload.events, MINUTE, 40);
    let report = whole(&mock, &workload, 40);
    // A client that has received nothing for long is replaced, and its uncommitted records are redelivered.
    let was_replaced = worker.count("replacing the Kafka consumer") > 0;
    assert!(report.duplicates == 0 || was_replaced, "{report:?}");
    end(worker);
}
