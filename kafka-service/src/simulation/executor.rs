//! One run: the seed chooses who acts next, until everything is done or a guarantee is broken.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex},
    time::Duration,
};

use super::{
    actions::Action,
    choices::Choices,
    counts::Counts,
    coverage::{Coverage, Situation},
    deliveries::{free, report_next},
    instance::Instance,
    ledger::Violation,
    moves::{Kept, Move},
    plan::Mix,
    random::Random,
    recipes::Recipes,
    scenario::Scenario,
    settings::Settings,
    topic::Topic,
    world::{SharedWorld, World, open},
};

/// A world and its processes.
pub(super) struct Executor {
    pub(super) world: SharedWorld,
    pub(super) instances: Vec<Instance>,
    next_instance: u32,
    pub(super) steps: usize,
}

/// The result of a run.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) violation: Option<Violation>,
    pub(super) steps: usize,
    pub(super) records: usize,
    pub(super) counts: Counts,
    pub(super) coverage: Coverage,
    pub(super) trace: Vec<String>,
}

/// Runs one seed.
pub(super) fn run(seed: u64, trace: bool) -> Outcome {
    let (settings, partitions, random) = drawn(seed);
    let topic = Topic::new(&partitions, &settings);
    run_in(World::new(settings, topic, Choices::Seed(random), trace)).0
}

/// Runs one seed and records its choices.
pub(super) fn record(seed: u64) -> (Outcome, Scenario) {
    let (settings, partitions, random) = drawn(seed);
    let topic = Topic::new(&partitions, &settings);
    let (outcome, moves) = run_in(World::new(settings.clone(), topic, Choices::Recorded(random, Vec::new()), false));
    (outcome, Scenario { title: format!("seed {seed}"), settings, partitions, moves })
}

/// Runs a stored scenario.
pub(super) fn replay(scenario: &Scenario, trace: bool) -> Outcome {
    let topic = Topic::new(&scenario.partitions, &scenario.settings);
    let choices = Choices::Stored { moves: scenario.moves.iter().cloned().collect(), current: Kept::default() };
    run_in(World::new(scenario.settings.clone(), topic, choices, trace)).0
}

fn drawn(seed: u64) -> (Settings, Vec<Recipes>, Random) {
    let mut random = Random::new(seed);
    let settings = Settings::draw(&mut random);
    let mix = Mix::draw(&mut random);
    let partitions = (0..settings.partitions).map(|_| Recipes::draw(&mut random, &settings, &mix)).collect();
    (settings, partitions, random)
}

/// A panic of the engine is a violation too.
fn run_in(world: World) -> (Outcome, Vec<Move>) {
    let world = Arc::new(Mutex::new(world));
    let mut executor = Executor { world: Arc::clone(&world), instances: Vec::new(), next_instance: 0, steps: 0 };
    let played = catch_unwind(AssertUnwindSafe(|| {
        executor.play();
        executor.end();
    }));
    let steps = executor.steps;
    if let Err(panic) = played {
        open(&world).ledger.violate("P2 the engine does not panic", text(panic.as_ref()));
        // After a panic, the state is not consistent enough to be dropped.
        std::mem::forget(executor);
    }
    let mut world = open(&world);
    let outcome = Outcome {
        violation: world.ledger.violation.clone(),
        steps,
        records: world.topic.len(),
        counts: world.ledger.counts,
        coverage: std::mem::take(&mut world.coverage),
        trace: world.take_trace(),
    };
    (outcome, world.choices.take_moves())
}

/// The message of a panic, in one line.
fn text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
    text.lines().map(str::trim).collect::<Vec<_>>().join(", ")
}

impl Executor {
    fn play(&mut self) {
        let (count, steps) = self.with(|world| (world.settings.instances, world.settings.steps));
        self.with(|world| world.choices.begin(Action::Begin, None));
        for _ in 0..count {
            self.start_instance();
        }
        while let Some((action, instance)) = self.next_move(steps) {
            self.steps += 1;
            self.with(|world| {
                world.coverage.next_action();
                world.choices.begin(action, instance);
            });
            self.act(action, instance);
            if self.is_broken() {
                return;
            }
        }
        self.with(|world| world.choices.begin(Action::Settle, None));
        self.settle();
    }

    /// Ends the remaining processes, in an order in which none needs another that has ended.
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

    /// The next action and its instance; `None` after `steps` actions, or at the end of the scenario.
    fn next_move(&mut self, steps: usize) -> Option<(Action, Option<u32>)> {
        self.with(|world| {
            if let Some(stored) = world.choices.stored_move() {
                return stored;
            }
            let action = (self.steps < steps).then(|| draw_action(world))?;
            let is_of_one = action.is_of_instance() && !self.instances.is_empty();
            let place = is_of_one.then(|| world.choices.place(self.instances.len()));
            Some((action, place.map(|place| self.instances[place].id)))
        })
    }

    fn act(&mut self, action: Action, instance: Option<u32>) {
        match action {
            Action::Timer => self.fire_next_timer(),
            Action::Advance => self.with(|world| {
                let by = world.choices.pick("by", &[1, 10, 50, 200, 1000]);
                world.time.advance(Duration::from_millis(by));
            }),
            Action::Coordinate => self.with(|world| world.coordinate(500)),
            Action::Rebalance => self.with(World::rebalance),
            Action::Produce => self.with(|world| {
                let World { topic, choices, .. } = world;
                topic.produce(choices);
            }),
            Action::Truncate => self.with(World::truncate),
            Action::Start => {
                if self.instances.len() < self.with(|world| world.settings.instances) {
                    self.start_instance();
                }
            }
            _ => {
                // An instance that has ended since the scenario was stored does nothing.
                if let Some(place) = self.instances.iter().position(|other| Some(other.id) == instance) {
                    self.act_on(action, place);
                }
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
            Action::Free if runs => free(&self.world, &instance.shared.acks, id),
            Action::ProcessCommit => self.with(|world| world.process_commit(id)),
            Action::AnswerCommit => self.with(|world| world.answer_commit(id)),
            Action::Crash => self.kill(place, false),
            Action::Freeze => {
                instance.frozen = true;
                self.with(|world| world.coverage.see(id, Situation::Frozen));
            }
            Action::Thaw if std::mem::replace(&mut instance.frozen, false) => {
                self.with(|world| world.coverage.see(id, Situation::Frozen));
            }
            Action::Expire => self.with(|world| world.expire(id)),
            Action::Stop => {
                let stop = Arc::clone(&instance.stop);
                self.with(|world| {
                    world.note(|| format!("instance {id} is to stop"));
                    let within = world.choices.pick("within", &[0, 50, 500, 3000]);
                    stop.request(world.time.now() + Duration::from_millis(within));
                    world.member(id).stops = true;
                    world.ledger.of_instance(id).for_each(|tenure| tenure.draining = true);
                });
            }
            Action::ConsumerFatal => {
                instance.wounded = true;
                let fatal = crate::transport::ClientEvent::Fatal("simulated".to_owned());
                self.with(|world| world.member(id).events.push_back(fatal));
            }
            Action::ConsumerReplaced => {
                let ended = crate::transport::ClientEvent::Ended("simulated".to_owned());
                self.with(|world| world.member(id).events.push_back(ended));
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

    /// Usually polls a process that was woken, else advances to the next timer: time is usually slower than processors.
    pub(super) fn fire_next_timer(&mut self) {
        let woken = self.instances.iter().position(|instance| instance.is_woken() && !instance.frozen);
        if let Some(place) = woken.filter(|_| self.with(|world| world.choices.chance("polls-first", 800))) {
            return self.poll(place);
        }
        let time = self.with(|world| Arc::clone(&world.time));
        if let Some(at) = time.next_timer() {
            time.move_to(at);
        }
    }

    pub(super) fn report(&mut self, place: usize) -> bool {
        let instance = &self.instances[place];
        report_next(&self.world, &instance.shared.acks, instance.id)
    }
}

fn draw_action(world: &mut World) -> Action {
    let rates = &world.rates;
    let [drive, poll, append, report, free, commit, answer, timer, advance, coordinate] = world.settings.paces;
    let weights = [
        (Action::Drive, drive),
        (Action::Poll, poll),
        (Action::SpuriousPoll, 5),
        (Action::Fetch, 80),
        (Action::Append, append),
        (Action::Report, report),
        (Action::Free, free),
        (Action::ProcessCommit, commit),
        (Action::AnswerCommit, answer),
        (Action::Coordinate, coordinate),
        (Action::Timer, timer),
        (Action::Advance, advance),
        (Action::Produce, 30),
        (Action::Rebalance, rates.rebalance),
        (Action::Crash, rates.crash),
        (Action::Start, rates.start),
        (Action::Freeze, rates.freeze),
        (Action::Thaw, rates.thaw),
        (Action::Expire, rates.expire),
        (Action::Stop, rates.stop),
        (Action::ConsumerFatal, rates.consumer_fatal),
        (Action::ConsumerReplaced, rates.consumer_replaced),
        (Action::ProducerFatal, rates.producer_fatal),
        (Action::Truncate, rates.truncate),
    ];
    world.choices.action(&weights).unwrap_or(Action::Drive)
}

fn fetch(world: &mut World, instance: u32) {
    let partition = super::topic::number(world.choices.below("partition", world.settings.partitions));
    let count = world.choices.between("fetched", 1, 6);
    world.fetch(instance, partition, count);
}
