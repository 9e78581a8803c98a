//! The steps of one process, and its end.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::{coverage::Situation, executor::Executor, settle::miscounted, world::World};
use crate::engine::{Counters, End, Step};

/// How many milliseconds a driver may be willing to wait in one step.
const LONGEST_WAIT: u128 = 50;

impl Executor {
    /// Ends a process abruptly, or `in_peace` when it has ended by itself.
    pub(super) fn kill(&mut self, place: usize, in_peace: bool) {
        let instance = self.instances.remove(place);
        let counted = if in_peace && !instance.wounded { miscounted(&instance) } else { None };
        self.with(|world| {
            if let Some(counted) = counted {
                world.ledger.violate("N1 every record is counted once", counted);
            }
            let id = instance.id;
            world.note(|| format!("instance {id} ends (in peace: {in_peace})"));
            world.ledger.counts.crashed += u64::from(!in_peace);
            if !in_peace {
                world.look_at(id);
                world.coverage.see(id, Situation::Crash);
            }
            world.ledger.died(id);
            // Commits that were sent may still arrive.
            while (in_peace || world.choices.chance("commits-arrive", 500)) && !world.member(id).requests.is_empty() {
                world.process_commit(id);
            }
            world.forget_outbox(id, in_peace);
        });
        let id = instance.id;
        // Its handlers are dropped here, and access the world for the last time.
        drop(instance);
        self.with(|world| world.forget_member(id));
    }

    pub(super) fn drive(&mut self, place: usize) {
        let now = self.with(|world| world.time.now());
        let instance = &mut self.instances[place];
        let id = instance.id;
        let step = instance.drive(now);
        let wounded = instance.wounded;
        if let Some(Step::End(end)) = &step {
            self.with(|world| {
                world.note(|| format!("the driver of instance {id} ends: {end:?}"));
                if matches!(end, End::Fatal(..) | End::GroupRefused(_)) && !wounded {
                    world.ledger.violate("P1 nothing fails without a reason", format!("{end:?}"));
                }
            });
        }
        if let (Some(reason), false) = (self.instances[place].shared.fatal.reason(), wounded) {
            let what = format!("instance {id}: {reason}");
            self.with(|world| world.ledger.violate("P1 nothing fails without a reason", what));
        }
        let is_key_closed = Counters::get(&self.instances[place].shared.counters.undelivered) > 0;
        self.with(|world| {
            check_step(world, id, now, matches!(step, Some(Step::Again)));
            world.look_at(id);
            if is_key_closed {
                world.coverage.see(id, Situation::KeyClosed);
            }
        });
        let by = self.with(|world| world.choices.below("micros", 1000));
        self.with(|world| Arc::clone(&world.time)).advance(Duration::from_micros(by as u64));
        self.reap(place);
    }

    pub(super) fn poll(&mut self, place: usize) {
        self.poll_only(place);
        self.reap(place);
    }

    /// Polls a dispatcher, and does not end the process if the dispatcher has ended.
    pub(super) fn poll_only(&mut self, place: usize) {
        let instance = &mut self.instances[place];
        instance.poll();
        let id = instance.id;
        self.with(|world| world.ledger.polled(id));
    }

    /// A process whose driver has ended ends when its dispatcher has, or when the shutdown timeout of the service has
    /// passed.
    fn reap(&mut self, place: usize) {
        let instance = &self.instances[place];
        // After the faults have stopped, none has to be killed.
        let ends_by_itself = !instance.wounded && self.with(|world| world.is_calm);
        let patience = || ends_by_itself || self.with(|world| world.choices.chance("waited-for", 990));
        if !instance.has_driver() && (!instance.has_dispatcher() || !patience()) {
            let in_peace = !instance.has_dispatcher();
            self.kill(place, in_peace);
        }
    }
}

/// Checks what must be true after each step of a driver.
fn check_step(world: &mut World, instance: u32, now: Instant, stepped: bool) {
    let drain = world.settings.drain();
    let member = world.member(instance);
    let waited = std::mem::take(&mut member.waited);
    let overdue = member.asked_back.iter().find(|(_, since)| since.is_some_and(|since| now > since + drain));
    let overdue = overdue.filter(|_| stepped).map(|(partition, since)| (*partition, *since));
    if waited > LONGEST_WAIT {
        world.ledger.violate("I11 the driver never blocks", format!("instance {instance} waits for {waited} ms"));
    }
    if let Some((partition, since)) = overdue {
        let what = format!("instance {instance}, partition {partition}, for {:?}", now - since.unwrap_or(now));
        world.ledger.violate("R2 a revoke ends within its deadline", what);
    }
}
