//! One tracker, step by step.

mod random;

use super::*;

fn tracker(window: usize) -> Tracker {
    Tracker::new(Arc::new(Assignment::new(0, "commands".into(), 0, window)))
}

#[test]
fn commits_nothing_past_an_unfinished_record() {
    let mut tracker = tracker(8);
    let slots: Vec<_> = [10, 11, 15].into_iter().map(|offset| tracker.take(offset).unwrap()).collect();
    tracker.assignment().finish(slots[1]);
    tracker.assignment().finish(slots[2]);
    tracker.advance();
    assert_eq!(tracker.hand_over(), None);
    tracker.assignment().finish(slots[0]);
    tracker.advance();
    assert_eq!(tracker.hand_over(), Some(16), "gaps in the offsets are passed over");
    assert_eq!(tracker.hand_over(), None, "handed over once");
}

#[test]
fn the_window_counts_unacknowledged_commits() {
    let mut tracker = tracker(8);
    for offset in 0..4 {
        let slot = tracker.take(offset).unwrap();
        tracker.assignment().finish(slot);
        tracker.advance();
        assert_eq!(tracker.hand_over(), Some(offset + 1));
    }
    assert_eq!(tracker.uncommitted(), 4, "a commit that was sent is not yet one that holds");
    tracker.confirm(2);
    assert_eq!(tracker.uncommitted(), 2);
    tracker.reset_uncommitted();
    assert_eq!(tracker.hand_over(), Some(4), "a refused commit is repeated");
    tracker.confirm(4);
    assert_eq!((tracker.uncommitted(), tracker.awaits_confirmation()), (0, false));
}

#[test]
fn a_confirmed_commit_counts_after_a_failed_one() {
    let mut tracker = tracker(8);
    for offset in 0..2 {
        let slot = tracker.take(offset).unwrap();
        tracker.assignment().finish(slot);
        tracker.advance();
        assert_eq!(tracker.hand_over(), Some(offset + 1));
    }
    tracker.reset_uncommitted();
    tracker.confirm(2);
    assert_eq!((tracker.uncommitted(), tracker.awaits_confirmation()), (0, false), "no other answer would come");
    assert_eq!(tracker.hand_over(), None);
}

#[test]
fn a_full_window_takes_no_more_records() {
    let mut tracker = tracker(4);
    for offset in 0..4 {
        assert!(tracker.take(offset).is_some());
    }
    assert_eq!(tracker.take(4), None);
    tracker.assignment().finish(0);
    tracker.advance();
    assert_eq!(tracker.take(4), Some(4));
}

#[test]
fn work_in_flight_is_reported_until_it_is_finished() {
    let mut tracker = tracker(4);
    let slot = tracker.take(7).unwrap();
    assert!(!tracker.has_running(), "what only waits holds up no revoke");
    assert!(tracker.assignment().start(slot));
    assert!(tracker.has_running());
    tracker.assignment().finish(slot);
    assert!(!tracker.has_running());
}

/// Takes, finishes and hands over a record, and returns what is to be committed.
fn finish(tracker: &mut Tracker, offset: i64) -> Option<i64> {
    let slot = tracker.take(offset).unwrap();
    tracker.assignment().finish(slot);
    tracker.advance();
    tracker.hand_over()
}

#[test]
fn a_reset_backwards_is_committed_once_and_old_work_never() {
    let mut tracker = tracker(8);
    assert_eq!(finish(&mut tracker, 1_000), Some(1_001));
    let old = tracker.take(1_001).unwrap();
    let new = tracker.take(0).unwrap();
    assert!(tracker.is_overshot());
    assert_eq!(tracker.hand_over(), Some(0), "the position of the reset");
    assert!(!tracker.is_overshot(), "once");
    tracker.confirm(1_001);
    assert!(tracker.awaits_confirmation(), "the answer to a commit of before says nothing");
    tracker.confirm(0);
    tracker.assignment().finish(new);
    tracker.advance();
    assert_eq!((tracker.hand_over(), tracker.is_overshot()), (Some(1), false), "stored commits work again");
    tracker.assignment().finish(old);
    tracker.advance();
    assert_eq!(tracker.hand_over(), None, "what is finished of the old log");
    tracker.confirm(1);
    assert_eq!((tracker.uncommitted(), tracker.awaits_confirmation()), (0, false));
}

#[test]
fn work_from_before_a_reset_counts_in_the_window() {
    let mut tracker = tracker(4);
    let old: Vec<_> = (10..13).map(|offset| tracker.take(offset).unwrap()).collect();
    let new = tracker.take(0).unwrap();
    assert_eq!(tracker.uncommitted(), 4);
    assert_eq!(tracker.take(1), None);
    assert!(!tracker.assignment().is_readable(old[0]) && tracker.assignment().is_readable(new));
    old.iter().for_each(|slot| tracker.assignment().finish(*slot));
    tracker.advance();
    assert_eq!((tracker.uncommitted(), tracker.hand_over()), (1, Some(0)));
}

#[test]
fn a_full_window_delays_the_commit_of_a_reset() {
    let mut tracker = tracker(2);
    assert_eq!(finish(&mut tracker, 10), Some(11));
    let old = tracker.take(11).unwrap();
    tracker.supersede(true);
    tracker.assignment().finish(old);
    tracker.advance();
    assert_eq!((tracker.hand_over(), tracker.to_hand_over()), (None, 0), "a record of the new log would be skipped");
    assert_eq!(tracker.uncommitted(), 0, "room comes from what is finished, for no commit will bring it");
    assert!(tracker.take(0).is_some());
    tracker.supersede(false);
    assert_eq!(tracker.hand_over(), Some(0));
}

#[test]
fn an_offset_past_the_log_end_is_detected_early_or_late() {
    let mut before = tracker(4);
    before.begin_at(1_000);
    assert_eq!(before.hand_over(), None);
    before.reach_end(0);
    before.advance();
    assert_eq!((before.is_overshot(), before.hand_over()), (true, Some(0)), "an empty log");
    let mut after = tracker(4);
    after.take(5).unwrap();
    after.overshot(1_000);
    assert_eq!((after.is_overshot(), after.hand_over()), (true, Some(5)));
    after.confirm(5);
    after.overshot(6);
    assert!(!after.is_overshot(), "the client is there already");
}

#[test]
fn a_commit_that_the_client_omits_is_repeated_explicitly() {
    let mut tracker = tracker(4);
    assert_eq!(finish(&mut tracker, 7), Some(8));
    tracker.not_newer();
    assert_eq!((tracker.is_overshot(), tracker.hand_over()), (true, Some(8)));
    tracker.confirm(8);
    assert_eq!((tracker.uncommitted(), tracker.is_overshot()), (0, false));
}

#[test]
fn the_log_end_is_committed_after_everything_before_it() {
    let mut tracker = tracker(4);
    let slot = tracker.take(14).unwrap();
    tracker.reach_end(21);
    tracker.advance();
    assert_eq!(tracker.hand_over(), None);
    tracker.assignment().finish(slot);
    tracker.advance();
    assert_eq!(tracker.hand_over(), Some(21), "nothing is between the last record and the end");
    assert_eq!(finish(&mut tracker, 21), Some(22));
}

#[test]
fn an_idle_partition_is_already_committed_to_its_end() {
    let mut tracker = tracker(4);
    tracker.reach_end(21);
    tracker.advance();
    assert_eq!(tracker.hand_over(), Some(21));
    tracker.not_newer();
    assert_eq!((tracker.awaits_confirmation(), tracker.is_overshot(), tracker.hand_over()), (false, false, None));
}
