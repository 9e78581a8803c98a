//! One partition, by what its records and its leader say at which time.

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn name() -> TopicPartition {
    TopicPartition::new("orders", 0)
}

/// The driver's view after this many records.
fn view(name: &TopicPartition, received: u64) -> PartitionView<'_> {
    let next_offset = (received > 0).then(|| i64::try_from(received).unwrap());
    PartitionView { name, received, next_offset, is_throttled: false, is_stopped: false }
}

fn timeout() -> AnswerError {
    AnswerError { code: RDKafkaErrorCode::OperationTimedOut, text: "timed out".to_owned() }
}

#[test]
fn a_partition_is_suspicious_until_its_records_arrive() {
    let (name, start) = (name(), Instant::now());
    let mut watched = Watched::new(start);
    watched.see(&view(&name, 5), false, start);
    watched.answered(Ok(8), true, start, start);
    watched.see(&view(&name, 5), false, start + SECOND);
    assert_eq!(watched.suspicion(&name, start + SECOND * 10), None, "not for long enough");
    let late = start + SECOND * 12;
    assert_eq!(watched.suspicion(&name, late), Some(Suspicion::Records(name.clone(), Some(5))));
    watched.see(&view(&name, 6), false, late);
    assert_eq!(watched.suspicion(&name, late + SECOND), None);
    assert!(watched.is_waiting(), "two are still to come");
}

#[test]
fn an_end_without_records_is_ignored_until_it_moves() {
    let (name, start) = (name(), Instant::now());
    let mut watched = Watched::new(start);
    watched.see(&view(&name, 5), false, start);
    // The markers of a transaction have offsets too.
    watched.answered(Ok(6), true, start, start);
    assert!(watched.is_waiting());
    watched.dismiss();
    assert!(!watched.is_waiting());
    watched.answered(Ok(7), true, start, start);
    assert!(watched.is_waiting());
}

#[test]
fn records_from_before_the_assignment_are_not_awaited() {
    let start = Instant::now();
    let mut watched = Watched::new(start);
    watched.answered(Ok(100), true, start, start);
    assert!(!watched.is_waiting(), "all of it may be committed");
    watched.answered(Ok(101), true, start, start);
    assert!(watched.is_waiting());
}

#[test]
fn a_silent_leader_is_reported_late_and_cleared_at_once() {
    let (name, start, health) = (name(), Instant::now(), HealthState::default());
    let is_told = || health.has(|reason| matches!(reason, Reason::PartitionNotFetched { .. }));
    let mut watched = Watched::new(start);
    watched.answered(Err(timeout()), true, start, start + SECOND * 3);
    watched.judge(&name, &health, false, start + SECOND * 3);
    assert!(!is_told(), "an election may take that long");
    watched.judge(&name, &health, true, start + SECOND * 5);
    assert!(!is_told(), "nothing answers, which has a reason of its own");
    watched.judge(&name, &health, false, start + SECOND * 6);
    assert!(!is_told(), "others have only just begun to answer");
    watched.judge(&name, &health, false, start + SECOND * 10);
    assert!(is_told());
    assert_eq!(watched.suspicion(&name, start + SECOND * 11), Some(Suspicion::Leader(name.clone())));
    watched.answered(Ok(0), true, start, start + SECOND * 12);
    watched.judge(&name, &health, false, start + SECOND * 12);
    assert!(!is_told());
    assert_eq!(watched.suspicion(&name, start + SECOND * 20), None);
}

#[test]
fn an_unmoving_stable_offset_means_an_open_transaction() {
    let (name, start, health) = (name(), Instant::now(), HealthState::default());
    let is_told = || health.has(|reason| matches!(reason, Reason::OpenTransaction { .. }));
    let mut watched = Watched::new(start);
    for second in 0..40 {
        let now = start + SECOND * second;
        watched.answered(Ok(5), true, now, now);
        watched.answered(Ok(9), false, now, now);
        watched.judge(&name, &health, false, now);
        assert_eq!(is_told(), second >= 30, "after {second} s");
    }
    let now = start + SECOND * 40;
    watched.answered(Ok(9), true, now, now);
    watched.answered(Ok(9), false, now, now);
    watched.judge(&name, &health, false, now);
    assert!(!is_told());
}

#[test]
fn arriving_records_exclude_an_open_transaction() {
    let (name, start, health) = (name(), Instant::now(), HealthState::default());
    let mut watched = Watched::new(start);
    watched.answered(Ok(5), true, start, start);
    // Written between the two requests; the partition is busy from here on, so no further request is sent.
    watched.answered(Ok(6), false, start, start);
    for second in 1..60 {
        watched.judge(&name, &health, false, start + SECOND * second);
    }
    assert!(!health.has(|_| true), "it was seen once");
    watched.see(&view(&name, 6), false, start + SECOND * 60);
    watched.answered(Ok(8), false, start + SECOND * 60, start + SECOND * 60);
    watched.answered(Ok(9), false, start + SECOND * 62, start + SECOND * 62);
    watched.judge(&name, &health, false, start + SECOND * 62);
    assert!(!health.has(|_| true), "the stable offset has moved since");
}
