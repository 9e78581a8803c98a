//! One run: the seed chooses who does what next, until everything is done or a promise is broken.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use super::{
    instance::Instance,
    ledger::{Counts, Violation},
    outbox::{free, report_next},
    world::{Shared, World, open},
};
use crate::consume::{End, Step};

/// What can happen next.
#[derive(Clone, Copy, Debug)]
enum Action {
    Drive,
    Poll,
    SpuriousPoll,
    Fetch,
    Append,
    Report,
    Free,
    ProcessCommit,
    AnswerCommit,
    Coordinate,
    Timer,
    Advance,
    Produce,
    Rebalance,
    Crash,
    Start,
    Freeze,
    Thaw,
    Expire,
    Stop,
    ConsumerFatal,
    ProducerFatal,
}

/// A driver is stepped more often than once in this many milliseconds of waiting.
const LONGEST_WAIT: u128 = 50;

/// A world and the processes in it.
pub(super) struct Executor {
    pub(super) world: Shared,
    pub(super) instances: Vec<Instance>,
    next_instance: u32,
    pub(super) steps: usize,
}

/// How a run went.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) violation: Option<Violation>,
    pub(super) steps: usize,
    pub(super) records: usize,
    pub(super) counts: Counts,
    pub(super) trace: Vec<String>,
}

/// Runs one seed.
pub(super) fn run(seed: u64, trace: bool) -> Outcome {
    let world = Arc::new(Mutex::new(World::new(seed, trace)));
    let mut executor = Executor { world: Arc::clone(&world), instances: Vec::new(), next_instance: 0, steps: 0 };
    executor.play();
    let steps = executor.steps;
    executor.end();
    let mut world = open(&world);
    Outcome {
        violation: world.ledger.violation.clone(),
        steps,
        records: world.topic.len(),
        counts: world.ledger.counts,
        trace: world.take_trace(),
    }
}

impl Executor {
    fn play(&mut self) {
        let (count, steps) = self.with(|world| (world.settings.instances, world.settings.steps));
        for _ in 0..count {
            self.start_instance();
        }
        for _ in 0..steps {
            self.steps += 1;
            self.act();
            if self.is_broken() {
                return;
            }
        }
        self.settle();
    }

    /// Ends what is left, in an order in which nothing is missed by anybody.
    fn end(&mut self) {
        for place in (0..self.instances.len()).rev() {
            self.kill(place, false);
        }
    }

    pub(super) fn with<T>(&self, act: impl FnOnce(&mut World) -> T) -> T {
        act(&mut open(&self.world))
    }

    pub(super) fn is_broken(&self) -> bool {
        self.with(|world| world.ledger.violation.is_some())
    }

    fn act(&mut self) {
        let action = self.with(|world| {
            let rates = &world.rates;
            let choices = [
                (Action::Drive, 220),
                (Action::Poll, 220),
                (Action::SpuriousPoll, 5),
                (Action::Fetch, 80),
                (Action::Append, 120),
                (Action::Report, 120),
                (Action::Free, 60),
                (Action::ProcessCommit, 40),
                (Action::AnswerCommit, 40),
                (Action::Coordinate, 60),
                (Action::Timer, 60),
                (Action::Advance, 30),
                (Action::Produce, 30),
                (Action::Rebalance, rates.rebalance),
                (Action::Crash, rates.crash),
                (Action::Start, rates.start),
                (Action::Freeze, rates.freeze),
                (Action::Thaw, rates.thaw),
                (Action::Expire, rates.expire),
                (Action::Stop, rates.stop),
                (Action::ConsumerFatal, rates.consumer_fatal),
                (Action::ProducerFatal, rates.producer_fatal),
            ];
            choices[world.random.weighted(&choices.map(|(_, weight)| weight))].0
        });
        match action {
            Action::Timer => self.fire_next_timer(),
            Action::Advance => self.with(|world| {
                let by = world.random.pick(&[1, 10, 50, 200, 1000]);
                world.time.advance(Duration::from_millis(by));
            }),
            Action::Coordinate => self.with(|world| world.coordinate(500)),
            Action::Rebalance => self.with(World::rebalance),
            Action::Produce => self.with(|world| {
                let World { topic, random, .. } = world;
                topic.produce(random);
            }),
            Action::Start => {
                if self.instances.len() < self.with(|world| world.settings.instances) {
                    self.start_instance();
                }
            }
            _ if self.instances.is_empty() => {}
            _ => {
                let place = self.with(|world| world.random.below(self.instances.len()));
                self.act_on(action, place);
            }
        }
    }

    fn act_on(&mut self, action: Action, place: usize) {
        let instance = &mut self.instances[place];
        let (id, runs) = (instance.id, !instance.frozen);
        match action {
            Action::Drive if runs => self.drive(place),
            Action::Poll if runs && instance.is_woken() => self.poll(place),
            Action::SpuriousPoll if runs => self.poll(place),
            Action::Fetch => self.with(|world| fetch(world, id)),
            Action::Append => drop(self.with(|world| world.append(id))),
            Action::Report if runs => drop(self.report(place)),
            Action::Free if runs => free(&self.world, &instance.core.acks, id),
            Action::ProcessCommit => self.with(|world| world.process_commit(id)),
            Action::AnswerCommit => self.with(|world| world.answer_commit(id)),
            Action::Crash => self.kill(place, false),
            Action::Freeze => instance.frozen = true,
            Action::Thaw => instance.frozen = false,
            Action::Expire => self.with(|world| world.expire(id)),
            Action::Stop => {
                let stop = Arc::clone(&instance.stop);
                self.with(|world| {
                    world.note(|| format!("instance {id} is to stop"));
                    let within = world.random.pick(&[0, 50, 500, 3000]);
                    stop.request(world.time.now() + Duration::from_millis(within));
                    world.ledger.of_instance(id).for_each(|tenure| tenure.draining = true);
                });
            }
            Action::ConsumerFatal => {
                instance.wounded = true;
                let fatal = crate::consume::ClientEvent::Fatal("simulated".to_owned());
                self.with(|world| world.member(id).events.push_back(fatal));
            }
            Action::ProducerFatal => {
                instance.wounded = true;
                self.with(|world| world.end_producer(id));
            }
            _ => {}
        }
    }

    pub(super) fn start_instance(&mut self) {
        self.instances.push(Instance::start(&self.world, self.next_instance));
        self.next_instance += 1;
    }

    /// Time is mostly slower than processors.
    pub(super) fn fire_next_timer(&mut self) {
        let woken = self.instances.iter().position(|instance| instance.is_woken() && !instance.frozen);
        if let Some(place) = woken.filter(|_| self.with(|world| world.random.chance(800))) {
            return self.poll(place);
        }
        let time = self.with(|world| Arc::clone(&world.time));
        if let Some(at) = time.next_timer() {
            time.move_to(at);
        }
    }

    pub(super) fn report(&mut self, place: usize) -> bool {
        let instance = &self.instances[place];
        report_next(&self.world, &instance.core.acks, instance.id)
    }

    /// The process is gone, all at once, or `in_peace` when it has ended by itself.
    pub(super) fn kill(&mut self, place: usize, in_peace: bool) {
        let instance = self.instances.remove(place);
        self.with(|world| {
            let id = instance.id;
            world.note(|| format!("instance {id} ends (in peace: {in_peace})"));
            world.ledger.counts.crashed += u64::from(!in_peace);
            world.ledger.died(id);
            // Commits that were sent may still arrive.
            while (in_peace || world.random.chance(500)) && !world.member(id).requests.is_empty() {
                world.process_commit(id);
            }
            world.forget_outbox(id, in_peace);
        });
        let id = instance.id;
        // Its handlers are dropped here, and look at the world for the last time.
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
            instance.driver = None;
            self.with(|world| {
                world.note(|| format!("the driver of instance {id} ends: {end:?}"));
                if matches!(end, End::Fatal(..) | End::ProtocolRefused) && !wounded {
                    world.ledger.violate("P1 nothing fails without a reason", format!("{end:?}"));
                }
            });
        }
        if let (Some(reason), false) = (self.instances[place].core.fatal.reason(), wounded) {
            let what = format!("instance {id}: {reason}");
            self.with(|world| world.ledger.violate("P1 nothing fails without a reason", what));
        }
        self.with(|world| check_step(world, id, now, matches!(step, Some(Step::Again))));
        let by = self.with(|world| world.random.below(1000));
        self.with(|world| Arc::clone(&world.time)).advance(Duration::from_micros(by as u64));
        self.reap(place);
    }

    pub(super) fn poll(&mut self, place: usize) {
        self.poll_only(place);
        self.reap(place);
    }

    /// Polls a dispatcher, and lets the process live if that was its end.
    pub(super) fn poll_only(&mut self, place: usize) {
        let instance = &mut self.instances[place];
        instance.poll();
        let id = instance.id;
        self.with(|world| world.ledger.polled(id));
    }

    /// A process whose driver has ended ends when its dispatcher has, or when the patience of the service is over.
    fn reap(&mut self, place: usize) {
        let instance = &self.instances[place];
        let patience = || self.with(|world| world.random.chance(950));
        if instance.driver.is_none() && (!instance.has_dispatcher() || !patience()) {
            let in_peace = !instance.has_dispatcher();
            self.kill(place, in_peace);
        }
    }
}

fn fetch(world: &mut World, instance: u32) {
    let partition = super::topic::number(world.random.below(world.settings.partitions));
    let count = world.random.between(1, 6);
    let end = world.topic.partition(partition).visible;
    let member = world.member(instance);
    if member.may_fetch(partition) {
        member.fetch(partition, count, end);
    }
}

/// What must be true after each step of a driver.
fn check_step(world: &mut World, instance: u32, now: std::time::Instant, stepped: bool) {
    let drain = world.settings.drain;
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
