//! Random steps, compared with the simplest model of a partition.

use proptest::prelude::*;

use super::*;

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
