use proptest::prelude::*;

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
fn the_window_counts_unconfirmed_commits() {
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

#[derive(Clone, Debug)]
enum Step {
    /// The next record, at this distance from the one before.
    Take(i64),
    /// The log ends at this distance from the last record.
    End(i64),
    /// A reset to this offset, if that is earlier, and a record or the end there.
    Back(i64, bool),
    /// Finishes one of the unfinished slots, selected by this number.
    Finish(usize),
    HandOver,
    /// The broker confirms the newest offset that was handed over, or rejects it.
    Answer(bool),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (0i64..3).prop_map(Step::Take),
        2 => (0i64..4).prop_map(Step::End),
        1 => (0i64..100, any::<bool>()).prop_map(|(offset, is_record)| Step::Back(offset, is_record)),
        6 => any::<usize>().prop_map(Step::Finish),
        2 => Just(Step::HandOver),
        1 => any::<bool>().prop_map(Step::Answer),
    ];
    proptest::collection::vec(step, 1..200)
}

/// The simplest model of a partition.
#[derive(Default)]
struct Log {
    /// The lowest offset of the next record.
    position: i64,
    /// Where reading last started.
    began: Option<i64>,
    /// What was taken since: slot and offset, and whether it is finished.
    taken: Vec<(u64, i64, bool)>,
    /// What was taken before and is not finished.
    old: Vec<u64>,
}

impl Log {
    fn back(&mut self, offset: i64) {
        self.old.extend(self.taken.drain(..).filter(|(_, _, finished)| !finished).map(|(slot, ..)| slot));
        (self.position, self.began) = (offset, Some(offset));
    }

    /// The highest offset that may be committed: the oldest unfinished offset, or that of the next record.
    fn limit(&self) -> i64 {
        let oldest = self.taken.iter().find(|(_, _, finished)| !finished).map(|(_, offset, _)| *offset);
        oldest.unwrap_or(self.position)
    }
}

proptest! {
    /// In whatever order records finish, and wherever the log restarts: what is committed is at most the oldest
    /// unfinished offset of the current log, and reaches the end when everything is finished.
    #[test]
    fn only_the_finished_prefix_is_committed(steps in steps(), window in 1usize..32) {
        let mut tracker = tracker(window);
        let (mut log, mut last) = (Log::default(), None);
        for step in steps {
            match step {
                Step::Take(gap) => {
                    let offset = log.position + gap;
                    if let Some(slot) = tracker.take(offset) {
                        log.taken.push((slot, offset, false));
                        log.position = offset + 1;
                    }
                }
                Step::End(gap) => {
                    log.position += gap;
                    tracker.reach_end(log.position);
                }
                // Nothing can go back until something was read.
                Step::Back(offset, is_record) if offset < log.position && tracker.position().is_some() => {
                    if !is_record {
                        tracker.reach_end(offset);
                        log.back(offset);
                        last = None;
                    } else if let Some(slot) = tracker.take(offset) {
                        log.back(offset);
                        log.taken.push((slot, offset, false));
                        log.position = offset + 1;
                        last = None;
                    }
                }
                Step::Finish(choice) => {
                    let open = log.taken.iter().filter(|(_, _, finished)| !finished).map(|(slot, ..)| *slot);
                    let open: Vec<_> = log.old.iter().copied().chain(open).collect();
                    if let Some(slot) = open.get(choice % open.len().max(1)) {
                        tracker.assignment().finish(*slot);
                        log.old.retain(|old| old != slot);
                        log.taken.iter_mut().filter(|(taken, ..)| taken == slot).for_each(|taken| taken.2 = true);
                    }
                }
                Step::HandOver => {
                    tracker.advance();
                    if let Some(offset) = tracker.hand_over() {
                        prop_assert!(offset <= log.limit(), "{} is past {}", offset, log.limit());
                        last = Some(offset);
                    }
                }
                Step::Answer(true) => {
                    if let Some(offset) = last {
                        tracker.confirm(offset);
                    }
                }
                Step::Answer(false) => tracker.reset_uncommitted(),
                Step::Back(..) => {}
            }
            prop_assert_eq!(tracker.unfinished(), log.old.len() + log.taken.iter().filter(|(_, _, finished)| !finished).count());
            prop_assert!(tracker.uncommitted() >= tracker.window());
        }
        for slot in log.old.drain(..).chain(log.taken.iter().filter(|(_, _, finished)| !finished).map(|(slot, ..)| *slot)) {
            tracker.assignment().finish(slot);
        }
        log.taken.iter_mut().for_each(|taken| taken.2 = true);
        tracker.reset_uncommitted();
        tracker.advance();
        let committed = tracker.hand_over().or(tracker.confirmed);
        if tracker.position().is_some() {
            let since_the_end = log.taken.last().map_or(log.began.unwrap_or(0), |(_, offset, _)| offset + 1);
            prop_assert!(committed.is_some_and(|committed| committed >= since_the_end && committed <= log.position));
            tracker.confirm(committed.unwrap_or_default());
            prop_assert_eq!(tracker.uncommitted(), 0);
        }
    }
}
