use std::sync::Arc;

use tokio::sync::mpsc;

use super::*;
use crate::{acks::tests::undelivered, offsets::Tracker, transport::DeliveryReports as _};

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
fn a_command_is_finished_after_its_end_and_all_acks() {
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
fn a_publisher_is_unbound_after_its_command_ended() {
    let world = World::new();
    assert_eq!(world.bound.end(1), None);
    assert_eq!(world.bound.begin(), None);
    assert!(!world.bound.refuse("too late"));
}

#[test]
fn an_abandoned_command_is_not_finished_by_its_events() {
    let mut world = World::new();
    let token = world.bound.begin().unwrap();
    drop(BoundGuard::new(Arc::clone(&world.bound)));
    world.acks.delivered(token);
    assert!(!world.is_finished());
    assert_eq!(world.acks.position(token), None, "the entry is gone");
}

#[tokio::test]
async fn a_failure_that_the_caller_received_no_longer_blocks() {
    let mut world = World::new();
    let acks = Arc::clone(&world.acks);
    let (token, caller) = acks.bound_caller(world.bound.begin().unwrap());
    assert!(world.acks.position(token).is_some(), "it belongs to the command");
    world.acks.failed(token, undelivered());
    world.bound.end(0);
    assert!(!world.is_finished(), "it is not known yet");
    assert_eq!(caller.answer().await.unwrap().unwrap_err().error, "no leader");
    assert!(world.is_finished());
    assert!(world.incoming.try_recv().is_err());
}

#[test]
fn a_failure_without_a_caller_goes_to_the_dispatcher() {
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
async fn callers_for_a_revoked_partition_get_no_answer() {
    let world = World::new();
    let (token, caller) = world.acks.bound_caller(world.bound.begin().unwrap());
    world.acks.dropped(token);
    assert!(caller.answer().await.is_none());
}

#[test]
fn a_lost_detached_event_is_counted() {
    let world = World::new();
    world.acks.delivered(world.acks.detached("report.created", "reports"));
    assert_eq!(world.acks.losses(), 0);
    world.acks.failed(world.acks.detached("report.created", "reports"), undelivered());
    assert_eq!(world.acks.losses(), 1);
}
