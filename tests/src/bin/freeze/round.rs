//! One freeze.

use std::{
    thread,
    time::{Duration, Instant},
};

use kafka_service_tests::{
    Client, Kafka, Work,
    audit::{Disturbance, Kind, now},
};

use crate::{LOOK_EVERY, member::Member, options::Options};

/// How long to wait for a service that does not recover, to learn whether it ever does.
const AT_MOST: Duration = Duration::from_secs(150);

/// The result of one service in one freeze.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trial {
    /// When it was reported not ready, after SIGSTOP.
    pub(crate) not_ready: Option<Duration>,
    /// When it received its first record, after SIGCONT.
    pub(crate) receiving: Option<Duration>,
    /// When it was ready for good, after SIGCONT.
    pub(crate) ready: Option<Duration>,
    /// Its last reasons for not being ready.
    pub(crate) problems: String,
}

pub(crate) struct Round {
    pub(crate) trials: Vec<Trial>,
    /// When a new client was served, after SIGCONT.
    pub(crate) served: Option<Duration>,
    pub(crate) disturbance: Disturbance,
    pub(crate) within: Duration,
}

impl Round {
    pub(crate) fn run(kafka: &Kafka, members: &[Member], options: &Options, number: usize) -> Self {
        let mut trials = vec![Trial::default(); members.len()];
        let from = now();
        kafka.freeze(1);
        let frozen = Instant::now();
        while frozen.elapsed() < options.frozen {
            for (member, trial) in members.iter().zip(&mut trials) {
                if !member.is_ready() {
                    trial.not_ready.get_or_insert(frozen.elapsed());
                    trial.problems = member.problems();
                }
            }
            thread::sleep(LOOK_EVERY);
        }
        let before: Vec<_> = members.iter().map(Member::received).collect();
        let thawed = Instant::now();
        kafka.thaw(1);
        let served = thread::scope(|scope| {
            // The feeder may need time too; this command gives every service something to receive at once.
            let fresh = scope.spawn(|| write_with_a_new_client(kafka, members, number, thawed));
            come_back(members, &mut trials, &before, thawed);
            fresh.join().ok()
        });
        let disturbance =
            Disturbance { kind: Kind::Bounce, instance: "broker-1".to_owned(), from, until: now(), lag: 0 };
        Self { trials, served, disturbance, within: options.within }
    }

    /// Why a trial failed.
    pub(crate) fn failure(&self, trial: &Trial) -> Option<String> {
        match trial.receiving {
            _ if trial.not_ready.is_none() => Some("ready during the whole freeze".to_owned()),
            None => Some(format!("receives nothing {AT_MOST:?} after SIGCONT ({})", trial.problems)),
            Some(after) if after > self.within => Some(format!("receives again {after:.1?} after SIGCONT")),
            Some(_) if trial.ready.is_none() => {
                Some(format!("not ready {AT_MOST:?} after SIGCONT ({})", trial.problems))
            }
            Some(_) => None,
        }
    }
}

fn come_back(members: &[Member], trials: &mut [Trial], before: &[u64], thawed: Instant) {
    while thawed.elapsed() < AT_MOST {
        for ((member, trial), before) in members.iter().zip(&mut *trials).zip(before) {
            if member.received() > *before {
                trial.receiving.get_or_insert(thawed.elapsed());
            }
            if member.is_ready() {
                trial.ready.get_or_insert(thawed.elapsed());
            } else {
                (trial.ready, trial.problems) = (None, member.problems());
            }
        }
        if trials.iter().all(|trial| trial.receiving.is_some() && trial.ready.is_some()) {
            return;
        }
        thread::sleep(LOOK_EVERY);
    }
}

/// A key per partition that differs from the feeder's keys, so that it does not change their order.
fn write_with_a_new_client(kafka: &Kafka, members: &[Member], number: usize, thawed: Instant) -> Duration {
    let client = Client::new(kafka.bootstrap());
    let mut first = None;
    for member in members {
        let topic = &member.workload.commands;
        let partitions = 0..i32::try_from(kafka.leaders(topic).len()).unwrap_or(0);
        let message = |partition| Work::new(format!("fresh-{partition}"), number as u64).message().partition(partition);
        client.produce_all(topic, partitions.map(message));
        first.get_or_insert(thawed.elapsed());
    }
    first.unwrap_or_default()
}
