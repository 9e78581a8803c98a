use std::sync::Arc;

use tokio::sync::mpsc;

use super::*;
use crate::{commit::Tracker, publish::acks::tests::undelivered};

/// A command at the first slot of an assignment.
struct World {
    acks: Arc<Acks>,
    incoming: mpsc::UnboundedReceiver<Incoming>,
    tracker: Tracker,
    bound: Arc<Bound>,
}

impl World {
    fn new() -> Self {
        let (acks, incoming) = Acks::new();
        let acks = Arc::new(acks);
        let assignment = acks.assignments.add("commands".into(), 0, 8);
        let mut tracker = Tracker::new(assignment.clone());
        let slot = tracker.take(0).unwrap();
        let bound = Bound::new(Arc::clone(&acks), assignment.index(), slot);
        Self { acks, incoming, tracker, bound }
    }

    fn is_finished(&mut self) -> bool {
        self.tracker.advance();
        self.tracker.unfinished() == 0
    }
}

#[test]
fn a_command_is_finished_when_it_has_ended_and_all_that_it_published_is_acknowledged() {
    let mut world = World::new();
    let first = world.bound.begin().unwrap();
    world.acks.delivered(first);
    assert!(!world.is_finished(), "it runs");
    let second = world.bound.begin().unwrap();
    let (returned, number) = world.bound.end(1).unwrap();
    assert_eq!(number, 2, "what is returned comes after what was published");
    world.acks.delivered(returned.numbered(number));
    assert!(!world.is_finished(), "the second is under way");
    world.acks.delivered(second);
    assert!(world.is_finished());
}

#[test]
fn a_command_that_published_nothing_is_nobodys_entry_and_what_comes_after_its_end_is_unbound() {
    let world = World::new();
    assert_eq!(world.bound.end(1), None);
    assert_eq!(world.bound.begin(), None);
    assert!(!world.bound.refuse("too late"));
}

#[test]
fn a_command_that_is_left_to_the_next_owner_is_not_finished_by_what_it_published() {
    let mut world = World::new();
    let token = world.bound.begin().unwrap();
    drop(BoundGuard::new(Arc::clone(&world.bound)));
    world.acks.delivered(token);
    assert!(!world.is_finished());
    assert_eq!(world.acks.position(token), None, "the entry is gone");
}

#[tokio::test]
async fn whoever_waits_hears_of_a_failure_and_then_it_no_longer_stands_in_the_way() {
    let mut world = World::new();
    let acks = Arc::clone(&world.acks);
    let (token, caller) = acks.bound_caller(world.bound.begin().unwrap());
    assert!(world.acks.position(token).is_some(), "it belongs to the command");
    world.acks.failed(token, undelivered());
    world.bound.end(0);
    assert!(!world.is_finished(), "nobody has heard of it");
    assert_eq!(caller.answer().await.unwrap().unwrap_err().error, "no leader");
    assert!(world.is_finished());
    assert!(world.incoming.try_recv().is_err());
}

#[test]
fn a_failure_of_which_nobody_hears_any_more_goes_to_the_dispatcher() {
    for waits_at_the_failure in [true, false] {
        let mut world = World::new();
        let acks = Arc::clone(&world.acks);
        let command = world.bound.begin().unwrap();
        let (token, caller) = acks.bound_caller(command);
        let mut caller = Some(caller).filter(|_| waits_at_the_failure);
        world.acks.failed(token, undelivered());
        drop(caller.take());
        assert!(matches!(world.incoming.try_recv(), Ok(Incoming::Undelivered(token, _)) if token == command));
        assert!(world.acks.is_held(), "until the dispatcher has closed its key");
        world.bound.end(0);
        assert!(!world.is_finished());
        world.acks.delivered(command);
        assert!(world.is_finished());
    }
}

#[tokio::test]
async fn whoever_waits_for_a_partition_that_was_given_back_is_told_that_there_is_no_answer() {
    let world = World::new();
    let (token, caller) = world.acks.bound_caller(world.bound.begin().unwrap());
    world.acks.dropped(token);
    assert!(caller.answer().await.is_none());
}

#[test]
fn what_nobody_waits_for_is_counted_when_it_is_lost() {
    let world = World::new();
    world.acks.delivered(world.acks.detached("report.created", "reports"));
    assert_eq!(world.acks.losses(), 0);
    world.acks.failed(world.acks.detached("report.created", "reports"), undelivered());
    assert_eq!(world.acks.losses(), 1);
}
