use super::*;
use crate::transport::{Cause, OwnedRecord, TopicId};

pub(super) fn undelivered() -> Undelivered {
    Undelivered {
        record: OwnedRecord { topic: TopicId(0), key: None, value: None, headers: Vec::new() },
        cause: Cause::Broker,
        code: "Simulated".into(),
        error: "no leader".to_owned(),
    }
}

/// The slot of the next record that came back.
fn position(acks: &Acks, failures: &mut mpsc::UnboundedReceiver<Incoming>) -> Option<(u32, u64)> {
    match failures.try_recv() {
        Ok(Incoming::Undelivered(token, _)) => acks.position(token),
        _ => None,
    }
}

#[test]
fn a_command_is_finished_by_its_last_acknowledgement() {
    let (acks, _undelivered) = Acks::new();
    let assignment = acks.assignments.add("commands".into(), 0, 8);
    let mut tracker = crate::offsets::Tracker::new(assignment.clone());
    let slot = tracker.take(41).unwrap();
    let token = acks.command(assignment.index(), slot, 3);
    for _ in 0..2 {
        acks.delivered(token);
        tracker.advance();
        assert_eq!(tracker.hand_over(), None);
    }
    acks.delivered(token);
    tracker.advance();
    assert_eq!(tracker.hand_over(), Some(42));
}

#[tokio::test]
async fn a_caller_gets_the_delivery_report() {
    let (acks, mut failures) = Acks::new();
    let (token, answer) = acks.caller();
    acks.delivered(token);
    assert!(answer.await.unwrap().is_ok());
    let (token, answer) = acks.caller();
    acks.failed(token, undelivered());
    assert_eq!(answer.await.unwrap().unwrap_err().error, "no leader");
    assert!(failures.try_recv().is_err(), "the dispatcher is not asked about a caller's record");
}

#[tokio::test]
async fn callers_are_told_of_a_close_and_late_reports_are_ignored() {
    let (acks, _failures) = Acks::new();
    let assignment = acks.assignments.add("commands".into(), 0, 8);
    let mut tracker = crate::offsets::Tracker::new(assignment.clone());
    let slot = tracker.take(0).unwrap();
    let (token, answer) = acks.caller();
    acks.close();
    assert!(answer.await.is_err());
    let _events = acks.command(assignment.index(), slot, 2);
    acks.delivered(token);
    acks.delivered(token);
    tracker.advance();
    assert_eq!(tracker.unfinished(), 1);
}

#[test]
fn a_failed_delivery_reaches_the_dispatcher_uncommitted() {
    let (acks, mut failures) = Acks::new();
    let assignment = acks.assignments.add("commands".into(), 0, 8);
    let mut tracker = crate::offsets::Tracker::new(assignment.clone());
    let slot = tracker.take(0).unwrap();
    let token = acks.command(assignment.index(), slot, 2);
    acks.failed(token, undelivered());
    assert_eq!(position(&acks, &mut failures), Some((assignment.index(), slot)));
    tracker.advance();
    assert_eq!(tracker.unfinished(), 1);
}

#[test]
fn a_report_for_a_revoked_partition_is_counted() {
    let (acks, _failures) = Acks::new();
    let assignment = acks.assignments.add("commands".into(), 0, 8);
    acks.assignments.remove(assignment.index());
    acks.delivered(Token::position(assignment.index(), 0));
    assert_eq!(acks.late_reports(), 1);
}
