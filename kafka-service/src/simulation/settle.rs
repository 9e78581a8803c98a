//! The end of a run: faults have stopped, and everything must finish within a bounded time.

use std::time::Duration;

use super::{deliveries::free, executor::Executor, instance::Instance, topic::number, world::World};
use crate::engine::Counters;

/// The maximum number of rounds without progress. In a round, everything that can act does. Longer than a commit waits
/// for an answer that does not arrive.
const STANDSTILL: usize = 3_000;
/// The maximum total number of rounds, to detect cycles.
const ROUNDS: usize = 100_000;
/// How long a round takes if there is nothing to do.
const LONGEST_ROUND: Duration = Duration::from_millis(30);

impl Executor {
    /// Lets everything finish, and then stops every process.
    pub(super) fn settle(&mut self) {
        for instance in &mut self.instances {
            instance.frozen = false;
        }
        self.with(World::calm_down);
        // Some are told to stop in the middle of their work, with little time or none.
        if self.with(|world| world.choices.chance("hurried", 400)) && !self.stop_all_in_a_hurry() {
            return self.not_done("S1 a stop comes to its end");
        }
        if !self.rounds(|executor| executor.is_done()) {
            return self.not_done("L2 everything is committed in the end");
        }
        if !self.stop_all(Duration::from_secs(20)) {
            return self.not_done("S1 a stop comes to its end");
        }
        self.with(|world| world.ledger.check_ends(&world.topic));
    }

    fn stop_all_in_a_hurry(&mut self) -> bool {
        let (mut rounds, within) =
            self.with(|world| (world.choices.below("rounds", 20), world.choices.pick("hurry", &[0, 0, 50, 500, 3000])));
        self.rounds(|_| {
            rounds = rounds.saturating_sub(1);
            rounds == 0
        });
        self.stop_all(Duration::from_millis(within))
    }

    /// Tells every process to stop, and waits until those without a fatal fault have ended.
    fn stop_all(&mut self, within: Duration) -> bool {
        let until = self.with(|world| world.time.now()) + within;
        for instance in &self.instances {
            instance.stop.request(until);
            self.with(|world| {
                world.member(instance.id).stops = true;
                world.ledger.of_instance(instance.id).for_each(|tenure| tenure.draining = true);
            });
        }
        let ids: Vec<u32> = self.instances.iter().map(|instance| instance.id).collect();
        self.rounds(|executor| executor.instances.iter().all(|instance| !ids.contains(&instance.id)))
    }

    /// Runs rounds until `done`. Returns false if that does not happen.
    fn rounds(&mut self, mut done: impl FnMut(&Self) -> bool) -> bool {
        let (mut seen, mut quiet) = (0, 0);
        for _ in 0..ROUNDS {
            if self.is_broken() || done(self) {
                return true;
            }
            self.steps += 1;
            self.with(|world| world.coverage.next_action());
            self.round();
            let progress = self.with(|world| world.ledger.counts.progress());
            quiet = if progress == seen { quiet + 1 } else { 0 };
            seen = progress;
            if quiet > STANDSTILL {
                return false;
            }
        }
        false
    }

    fn round(&mut self) {
        if self.instances.is_empty() {
            self.start_instance();
        }
        self.with(|world| {
            world.coordinate(1000);
            let instances: Vec<u32> = world.members.keys().copied().collect();
            for instance in instances {
                serve(world, instance);
            }
        });
        for at in (0..self.instances.len()).rev() {
            while self.report(at) {}
            free(&self.world, &self.instances[at].shared.acks, self.instances[at].id);
            if self.instances[at].is_woken() {
                self.poll_only(at);
            }
            self.drive(at);
            if self.is_broken() {
                return;
            }
        }
        self.pass_time();
    }

    /// Advances the time if there is nothing to do.
    fn pass_time(&mut self) {
        let time = self.with(|world| std::sync::Arc::clone(&world.time));
        let busy = self.instances.iter().any(Instance::is_woken);
        let until = time.now() + if busy { Duration::from_millis(1) } else { LONGEST_ROUND };
        time.move_to(time.next_timer().map_or(until, |at| at.min(until)));
    }

    /// Whether everything is committed, and nothing is left in any process.
    fn is_done(&self) -> bool {
        let is_idle = |instance: &Instance| {
            let counters = &instance.shared.counters;
            Counters::get(&counters.in_flight) + Counters::get(&counters.undelivered) == 0
        };
        self.with(|world| world.is_all_committed()) && self.instances.iter().all(is_idle)
    }

    fn not_done(&mut self, invariant: &'static str) {
        let what = self.with(|world| {
            let committed = &world.group.committed;
            let ends = world.topic.partitions.iter().map(|partition| partition.offset_after(partition.records.len()));
            format!("committed {committed:?} of {:?}; {:?}", ends.collect::<Vec<_>>(), world.members)
        });
        self.with(|world| world.ledger.violate(invariant, what));
    }
}

/// What is wrong with the counters of a process, if they are inconsistent. A command with an event that was rejected
/// for good after it was finished also counts as dead-lettered.
pub(super) fn miscounted(instance: &Instance) -> Option<String> {
    let counters = &instance.shared.counters;
    let [received, finished, skipped, abandoned, dead_lettered] =
        [&counters.received, &counters.finished, &counters.skipped, &counters.abandoned, &counters.dead_lettered]
            .map(Counters::get);
    let least = finished + skipped + abandoned;
    let is_right = least <= received && received <= least + dead_lettered;
    (!is_right).then(|| {
        format!(
            "instance {}: {received} received, but {finished} finished, {skipped} skipped, {abandoned} abandoned, \
             {dead_lettered} dead-lettered",
            instance.id
        )
    })
}

/// Everything that the brokers and the network can do for a process.
fn serve(world: &mut World, instance: u32) {
    for at in 0..world.settings.partitions {
        let partition = number(at);
        world.fetch(instance, partition, 8);
    }
    while world.append(instance) {}
    world.process_commit(instance);
    world.answer_commit(instance);
}

#[test]
fn an_unanswered_commit_is_not_a_standstill() {
    let standstill = LONGEST_ROUND * u32::try_from(STANDSTILL).expect("few rounds");
    assert!(standstill > crate::engine::ANSWER_WITHIN + Duration::from_secs(20), "{standstill:?}");
}
