//! Everything outside the instances: the brokers, the group, the network between them, and the checks.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};

use super::{
    choices::Choices,
    coverage::{Coverage, Situation},
    group::Group,
    ledger::Ledger,
    member::Member,
    outbox::Outbox,
    settings::{Rates, Settings},
    time::Time,
    topic::Topic,
};
use crate::sync;

/// The world of one run.
#[derive(Debug)]
pub(super) struct World {
    pub(super) choices: Choices,
    pub(super) settings: Settings,
    pub(super) rates: Rates,
    pub(super) time: Arc<Time>,
    pub(super) topic: Topic,
    pub(super) group: Group,
    /// The consuming client of each live process.
    pub(super) members: BTreeMap<u32, Member>,
    /// The producing client of each live process.
    pub(super) outboxes: BTreeMap<u32, Outbox>,
    pub(super) ledger: Ledger,
    pub(super) coverage: Coverage,
    /// Whether faults have stopped, and a process that stops ends by itself.
    pub(super) is_calm: bool,
    /// What happens, line by line; only if the trace is needed.
    trace: Option<Vec<String>>,
}

/// A world, shared by the executor, the clients and the handlers. Only one of these runs at a time.
pub(super) type SharedWorld = Arc<Mutex<World>>;

/// Locks the world.
pub(super) fn open(world: &SharedWorld) -> MutexGuard<'_, World> {
    sync::lock(world)
}

impl World {
    pub(super) fn new(settings: Settings, topic: Topic, choices: Choices, trace: bool) -> Self {
        let mut world = Self {
            rates: settings.rates.clone(),
            time: Time::new(),
            group: Group::new(settings.partitions, settings.beyond),
            members: BTreeMap::new(),
            outboxes: BTreeMap::new(),
            ledger: Ledger::default(),
            coverage: Coverage::default(),
            is_calm: false,
            trace: trace.then(Vec::new),
            topic,
            choices,
            settings,
        };
        let settings = world.settings.clone();
        world.note(|| format!("{settings:?}"));
        world
    }

    /// Adds a line to the trace.
    pub(super) fn note(&mut self, line: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.trace {
            trace.push(format!("{:>9.3?} {}", self.time.passed(), line()));
        }
    }

    pub(super) fn take_trace(&mut self) -> Vec<String> {
        self.trace.take().unwrap_or_default()
    }

    /// Records the states that a process is in, as far as they are visible without asking it.
    pub(super) fn look_at(&mut self, instance: u32) {
        let Self { members, outboxes, ledger, coverage, settings, .. } = self;
        let mut see = |state, is_in| {
            if is_in {
                coverage.see(instance, state);
            }
        };
        if let Some(member) = members.get(&instance) {
            see(Situation::Revoke, member.asked_back.values().any(Option::is_some));
            see(Situation::Lost, member.fenced);
            see(Situation::Stop, member.stops);
            see(Situation::CommitRefused, member.refused);
            see(Situation::CommitUnanswered, member.is_answer_lost());
            see(Situation::WindowFull, member.assigned.values().any(|assigned| !assigned.forwarded));
            see(Situation::Paused, member.assigned.keys().any(|partition| member.paused.contains(partition)));
        }
        if let Some(outbox) = outboxes.get(&instance) {
            see(Situation::QueueFull, outbox.is_full(settings.queue));
            see(Situation::ProducerReplaced, outbox.is_closing());
        }
        see(
            Situation::RetryPending,
            ledger.of_instance(instance).any(|tenure| tenure.counts() && !tenure.retrying.is_empty()),
        );
    }

    /// Stops all faults, and produces everything that is left to produce.
    pub(super) fn calm_down(&mut self) {
        self.note(|| "calm".to_owned());
        self.rates = Rates::calm();
        self.is_calm = true;
        self.topic.produce_all();
    }

    /// Whether everything is committed.
    pub(super) fn is_all_committed(&self) -> bool {
        self.topic.partitions.iter().enumerate().all(|(place, partition)| {
            let (records, end) = (partition.records.len(), partition.end(partition.records.len()));
            let reached = if self.settings.ends { end } else { partition.offset_after(records) };
            // What was committed past the end must go back too.
            reached <= self.group.furthest[place] && self.group.committed[place] <= end
        })
    }
}
