//! Many seeds, on all cores.

use std::{
    collections::BTreeMap,
    env, fmt, fs,
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use super::{
    counts::Counts,
    coverage::Pairs,
    executor::{self, Outcome},
    ledger::Violation,
    scenario::Scenario,
    shorten::shorten,
};
use crate::sync;

/// Which seeds to run.
#[derive(Debug)]
pub(super) struct Seeds {
    first: u64,
    count: u64,
    /// Stop after this many failures.
    failures: u64,
    shorten: Duration,
    pub(super) only: Option<u64>,
}

/// The results.
#[derive(Debug, Default)]
pub(super) struct Sum {
    /// The seeds that failed, and what they broke.
    failed: BTreeMap<u64, Violation>,
    seeds: u64,
    steps: u64,
    records: u64,
    counts: Counts,
    pairs: Pairs,
    took: Duration,
}

impl Seeds {
    pub(super) fn from_env() -> Self {
        let number = |name: &str| {
            let text = env::var(name).ok()?;
            Some(text.parse().unwrap_or_else(|error| panic!("{name}={text}: {error}")))
        };
        Self {
            first: number("KAFKA_SERVICE_SIM_FIRST").unwrap_or(0),
            count: number("KAFKA_SERVICE_SIM_SEEDS").unwrap_or(1000),
            failures: number("KAFKA_SERVICE_SIM_FAILURES").unwrap_or(1),
            shorten: Duration::from_secs(number("KAFKA_SERVICE_SIM_SHORTEN").unwrap_or(20)),
            only: number("KAFKA_SERVICE_SIM_SEED"),
        }
    }

    /// Runs them in order until enough of them have failed.
    pub(super) fn run(&self) -> Sum {
        let (began, next, sum) = (Instant::now(), AtomicU64::new(self.first), Mutex::new(Sum::default()));
        let end = self.first + self.count;
        let work = || {
            loop {
                let seed = next.fetch_add(1, Ordering::Relaxed);
                if seed >= end {
                    return;
                }
                let outcome = executor::run(seed, false);
                let mut sum = sync::lock(&sum);
                sum.add(seed, outcome);
                if sum.failed.len() as u64 >= self.failures {
                    // Seeds in progress may still fail with a smaller number.
                    next.store(end, Ordering::Relaxed);
                }
            }
        };
        thread::scope(|scope| {
            for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
                scope.spawn(work);
            }
        });
        let sum = sum.into_inner().unwrap_or_else(PoisonError::into_inner);
        Sum { took: began.elapsed(), ..sum }
    }

    /// The report about the seeds that failed; `None` if there are none.
    pub(super) fn report(&self, sum: &Sum) -> Option<String> {
        let (first, violation) = sum.failed.first_key_value()?;
        let others = sum.failed.iter().skip(1).map(|(seed, violation)| line(*seed, violation) + "\n");
        Some(others.collect::<String>() + &self.report_of(*first, violation))
    }

    /// The report about one seed that failed, with the shortest scenario that fails in the same way.
    pub(super) fn report_of(&self, seed: u64, violation: &Violation) -> String {
        let line = line(seed, violation);
        if self.shorten.is_zero() {
            return line;
        }
        let (outcome, scenario) = executor::record(seed);
        let invariant = outcome.violation.map_or("", |violation| violation.invariant);
        let mut shortest = shorten(scenario, invariant, self.shorten);
        shortest.title = format!("{invariant} (seed {seed})");
        let trace = executor::replay(&shortest, true).trace.join("\n");
        let kept = keep(&shortest, &format!("{}-{seed}.txt", invariant.split(' ').next().unwrap_or_default()));
        format!(
            "{line}\n\nthe shortest scenario that was found:\n{shortest}\n{trace}\n\nreplay it with: \
             KAFKA_SERVICE_SIM_SCENARIO={kept} cargo test -p kafka-service --lib simulation::no_seed -- --nocapture"
        )
    }
}

fn line(seed: u64, violation: &Violation) -> String {
    let Violation { invariant, what } = violation;
    format!(
        "seed {seed}: {invariant}: {what}; replay with: KAFKA_SERVICE_SIM_SEED={seed} cargo test -p kafka-service --lib \
         simulation::no_seed -- --nocapture"
    )
}

/// Writes a scenario to a file next to the test program.
fn keep(scenario: &Scenario, name: &str) -> String {
    let program = env::current_exe().unwrap_or_default();
    let folder = program.ancestors().nth(2).unwrap_or(Path::new(".")).join("scenarios");
    let path = folder.join(name);
    let kept = fs::create_dir_all(&folder).and_then(|()| fs::write(&path, scenario.to_string()));
    kept.map_or_else(|error| format!("({error})"), |()| path.display().to_string())
}

/// With fewer seeds, the pairs say little.
const ENOUGH_FOR_PAIRS: u64 = 100_000;

impl Sum {
    /// Pairs of states that met too rarely.
    pub(super) fn rare(&self) -> Vec<String> {
        if self.seeds < ENOUGH_FOR_PAIRS { Vec::new() } else { self.pairs.rare() }
    }

    fn add(&mut self, seed: u64, outcome: Outcome) {
        self.seeds += 1;
        self.steps += outcome.steps as u64;
        self.records += outcome.records as u64;
        self.counts.add(&outcome.counts);
        self.pairs.add(&outcome.coverage);
        if let Some(violation) = outcome.violation {
            self.failed.insert(seed, violation);
        }
    }
}

impl fmt::Display for Sum {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seeds, steps, records, counts, pairs, took, .. } = self;
        write!(formatter, "{seeds} seeds, {steps} steps, {records} records in {took:.1?}: {counts:?}")?;
        if *seeds >= ENOUGH_FOR_PAIRS / 5 { write!(formatter, "\n\n{pairs}") } else { Ok(()) }
    }
}
