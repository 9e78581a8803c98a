//! Many seeds, on all cores.

use std::{
    env, fmt,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use super::{
    counts::Counts,
    executor::{self, Outcome},
    ledger::Violation,
};

/// Which seeds to run.
#[derive(Debug)]
pub(super) struct Seeds {
    first: u64,
    count: u64,
    pub(super) only: Option<u64>,
}

/// How they went.
#[derive(Debug, Default)]
pub(super) struct Sum {
    /// What to say of the smallest seed that failed.
    pub(super) failed: Option<String>,
    failed_seed: Option<u64>,
    seeds: u64,
    steps: u64,
    records: u64,
    counts: Counts,
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
            only: number("KAFKA_SERVICE_SIM_SEED"),
        }
    }

    /// Runs them in order until one fails.
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
                if outcome.violation.is_some() {
                    // Those that were begun may still fail with a smaller seed.
                    next.store(end, Ordering::Relaxed);
                }
                sum.lock().unwrap_or_else(PoisonError::into_inner).add(seed, &outcome);
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
}

/// What to say of a seed that failed.
pub(super) fn report(seed: u64, outcome: &Outcome) -> String {
    let violation = outcome.violation.as_ref().map(|Violation { invariant, what }| format!("{invariant}: {what}"));
    format!(
        "seed {seed}: {}; replay with: KAFKA_SERVICE_SIM_SEED={seed} cargo test -p kafka-service --lib simulation -- --nocapture",
        violation.unwrap_or_default()
    )
}

impl Sum {
    fn add(&mut self, seed: u64, outcome: &Outcome) {
        self.seeds += 1;
        self.steps += outcome.steps as u64;
        self.records += outcome.records as u64;
        self.counts.add(&outcome.counts);
        if outcome.violation.is_some() && self.failed_seed.is_none_or(|failed| seed < failed) {
            self.failed_seed = Some(seed);
            self.failed = Some(report(seed, outcome));
        }
    }
}

impl fmt::Display for Sum {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seeds, steps, records, counts, took, .. } = self;
        write!(formatter, "{seeds} seeds, {steps} steps, {records} records in {took:.1?}: {counts:?}")
    }
}
