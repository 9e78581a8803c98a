use proptest::prelude::*;

use super::*;

fn tracker(window: usize) -> Tracker {
    Tracker::new(Arc::new(Assignment::new(0, "commands".into(), 0, window)))
}

#[test]
fn commits_nothing_past_an_unfinished_message() {
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
fn the_window_counts_what_the_broker_has_not_confirmed() {
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
    tracker.hand_over_again();
    assert_eq!(tracker.hand_over(), Some(4), "a refused commit is repeated");
    tracker.confirm(4);
    assert_eq!((tracker.uncommitted(), tracker.awaits_confirmation()), (0, false));
}

#[test]
fn a_commit_that_holds_counts_although_one_before_it_was_refused() {
    let mut tracker = tracker(8);
    for offset in 0..2 {
        let slot = tracker.take(offset).unwrap();
        tracker.assignment().finish(slot);
        tracker.advance();
        assert_eq!(tracker.hand_over(), Some(offset + 1));
    }
    tracker.hand_over_again();
    tracker.confirm(2);
    assert_eq!((tracker.uncommitted(), tracker.awaits_confirmation()), (0, false), "no other answer would come");
    assert_eq!(tracker.hand_over(), None);
}

#[test]
fn a_full_window_takes_no_more() {
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
fn running_work_is_seen_until_it_is_finished() {
    let mut tracker = tracker(4);
    let slot = tracker.take(7).unwrap();
    assert!(!tracker.has_running(), "what only waits holds up no revoke");
    assert!(tracker.assignment().start(slot));
    assert!(tracker.has_running());
    tracker.assignment().finish(slot);
    assert!(!tracker.has_running());
}

#[derive(Clone, Debug)]
enum Step {
    Take(i64),
    /// Finishes one of the positions that are not finished yet, chosen by this number.
    Finish(usize),
    Advance,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => (1i64..4).prop_map(Step::Take),
        3 => any::<usize>().prop_map(Step::Finish),
        1 => Just(Step::Advance),
    ];
    proptest::collection::vec(step, 1..200)
}

proptest! {
    /// Whatever the order of finishing, the watermark is the oldest unfinished offset, or one past the newest taken.
    #[test]
    fn the_watermark_is_the_finished_prefix(steps in steps(), window in 1usize..32) {
        let mut tracker = tracker(window);
        let (mut offset, mut open, mut taken) = (0, Vec::new(), Vec::new());
        let mut last_watermark = None;
        for step in steps {
            match step {
                Step::Take(gap) => {
                    offset += gap;
                    if let Some(slot) = tracker.take(offset) {
                        open.push((slot, offset));
                        taken.push(offset);
                    }
                }
                Step::Finish(choice) if !open.is_empty() => {
                    let (slot, _) = open.remove(choice % open.len());
                    tracker.assignment().finish(slot);
                }
                Step::Finish(_) | Step::Advance => tracker.advance(),
            }
            tracker.advance();
            let oldest_open = open.iter().map(|(_, offset)| *offset).min();
            let expected = match oldest_open {
                Some(oldest) => taken.iter().filter(|offset| **offset < oldest).max().map(|offset| offset + 1),
                None => taken.last().map(|offset| offset + 1),
            };
            prop_assert_eq!(tracker.watermark, expected);
            prop_assert!(tracker.watermark >= last_watermark, "never backwards");
            prop_assert_eq!(tracker.unfinished(), open.len());
            last_watermark = tracker.watermark;
        }
    }
}
