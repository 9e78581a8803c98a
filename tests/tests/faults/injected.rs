//! Transient errors of the group and of the cluster.

use std::{
    fs, thread,
    time::{Duration, Instant},
};

use kafka_service_tests::{Workload, wait_until};
use rdkafka::types::{RDKafkaApiKey as Request, RDKafkaRespErr as Answer};

use crate::{MINUTE, ONE_REQUEST, end, mock::Mock, spread, start, whole};

/// With the classic protocol, because more of its requests can fail.
pub(crate) fn classic(workload: Workload) -> Workload {
    workload
        .set("KAFKA_GROUP_PROTOCOL", "classic")
        .set("KAFKA_SESSION_TIMEOUT_MS", "6000")
        .set("KAFKA_HEARTBEAT_INTERVAL_MS", "300")
}

#[test]
fn an_expired_member_rejoins_and_commits_nothing_old() {
    let mock = Mock::start(1);
    let workload = classic(mock.workload("forgotten"));
    let mut worker = start(&workload, "only");
    for (round, request) in [Request::Heartbeat, Request::OffsetCommit].into_iter().enumerate() {
        let first = round * 220;
        workload.send(&mock, (first..first + 200).map(spread));
        mock.read_count(&workload.events, MINUTE, first + 50);
        mock.fail(request, &[Answer::RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID]);
        // A commit is sent only if there is something to commit.
        workload.send(&mock, (first + 200..first + 220).map(spread));
        wait_until(MINUTE, "the assignment to be lost", || worker.count("lost=true") == round + 1);
    }
    whole(&mock, &workload, 440);
    worker.wait_for_line(MINUTE, "health: ready");
    end(worker);
}

#[test]
fn moving_leaders_and_coordinators_costs_no_records() {
    let mock = Mock::start(3);
    let workload = classic(mock.workload("moving")).set(ONE_REQUEST.0, ONE_REQUEST.1);
    let worker = start(&workload, "only");
    workload.send(&mock, (0..100).map(spread));
    mock.read_count(&workload.events, MINUTE, 50);
    mock.fail(
        Request::Produce,
        &[Answer::RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, Answer::RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS],
    );
    mock.fail(Request::Fetch, &[Answer::RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION]);
    mock.fail(Request::Heartbeat, &[Answer::RD_KAFKA_RESP_ERR_NOT_COORDINATOR]);
    mock.fail(
        Request::OffsetCommit,
        &[
            Answer::RD_KAFKA_RESP_ERR_NOT_COORDINATOR,
            Answer::RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
            Answer::RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE,
            Answer::RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS,
        ],
    );
    workload.send(&mock, (100..500).map(spread));
    let report = whole(&mock, &workload, 500);
    assert_eq!(report.duplicates, 0, "{report:?}");
    end(worker);
}

#[test]
fn a_service_waits_until_brokers_return() {
    let mock = Mock::start(3);
    let workload = mock.workload("away");
    let mut worker = start(&workload, "only");
    workload.send(&mock, (0..2_000).map(spread));
    mock.read_count(&workload.events, MINUTE, 200);
    mock.down();
    worker.wait_for_line(MINUTE, "failed");
    thread::sleep(Duration::from_secs(3));
    mock.up();
    let up = Instant::now();
    mock.read_count(&workload.events, MINUTE, 2_000);
    assert!(up.elapsed() < Duration::from_secs(15), "{:?}", up.elapsed());
    whole(&mock, &workload, 2_000);
    end(worker);
}

#[test]
fn waiting_for_a_slow_broker_does_not_spin() {
    let mock = Mock::start(1);
    let workload = mock
        .workload("slow")
        .set("KAFKA_PRODUCER_QUEUE_BUFFERING_MAX_MESSAGES", "50")
        .set("KAFKA_PRODUCER_BATCH_NUM_MESSAGES", "20");
    let worker = start(&workload, "only");
    workload.send(&mock, (0..20).map(spread));
    mock.read_count(&workload.events, MINUTE, 20);
    mock.round_trip(Duration::from_millis(300));
    let (began, before) = (Instant::now(), cpu(worker.id()));
    workload.send(&mock, (20..1_000).map(spread));
    mock.read_count(&workload.events, MINUTE, 1_000);
    let used = (cpu(worker.id()) - before).as_secs_f32() / began.elapsed().as_secs_f32();
    assert!(used < 0.4, "{used} of a CPU while waiting for the broker");
    mock.round_trip(Duration::ZERO);
    let report = whole(&mock, &workload, 1_000);
    assert_eq!(report.duplicates, 0, "{report:?}");
    end(worker);
}

/// The CPU time of a process without the client's own threads: librdkafka 2.12 spins while it has records to send and
/// all allowed requests are in flight.
fn cpu(pid: u32) -> Duration {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let stats = threads.filter_map(|thread| fs::read_to_string(thread.ok()?.path().join("stat")).ok());
    // The name is in parentheses, followed by numbers: user and system time in hundredths of a second.
    let ours = stats.filter(|stat| !stat.contains("(rdk:"));
    let ticks = ours.map(|stat| {
        let numbers: Vec<_> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        numbers[11].parse::<u64>().unwrap() + numbers[12].parse::<u64>().unwrap()
    });
    Duration::from_millis(ticks.sum::<u64>() * 10)
}
