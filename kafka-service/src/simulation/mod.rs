//! The engine in a world driven by a seed: the real driver, dispatcher and acknowledgements, stepped on one thread.
//!
//! No code of the engine is copied or replaced. Simulated are the implementations of its traits: the consuming client
//! and its group, the producing client, the clock, and the handlers. The seed chooses who acts next and what goes
//! wrong; a run can be repeated exactly. After every step the [`ledger`](self::ledger) compares what happened with what
//! is guaranteed. When the faults have stopped, everything must finish.
//!
//! | variable | |
//! |---|---|
//! | `KAFKA_SERVICE_SIM_SEEDS` | how many seeds to run; 1,000 |
//! | `KAFKA_SERVICE_SIM_FIRST` | the first seed; 0 |
//! | `KAFKA_SERVICE_SIM_SEED` | run only this seed, with its trace |
//! | `KAFKA_SERVICE_SIM_SCENARIO` | run only the scenario in this file, with its trace |
//! | `KAFKA_SERVICE_SIM_FAILURES` | stop after this many failures; 1 |
//! | `KAFKA_SERVICE_SIM_SHORTEN` | how many seconds to look for a shorter scenario that fails in the same way; 20 |
//!
//! The meaning of a seed changes with the generator. A run that has revealed something is kept as a
//! [`scenario`](self::scenario) in `fixtures`: settings, records, actions and choices, as text.

mod actions;
mod attempt;
mod attempts;
mod choices;
mod client;
mod commits;
mod coordinator;
mod counts;
mod coverage;
mod deliveries;
mod executor;
mod group;
mod handlers;
mod identity;
mod instance;
mod ledger;
mod member;
mod moves;
mod outbox;
mod plan;
mod producer;
mod random;
mod read_back;
mod recipes;
mod resets;
mod scenario;
mod scene;
mod seeds;
mod settings;
mod settle;
mod shorten;
mod tenure;
mod time;
mod topic;
mod turns;
mod world;

use std::{env, fs, path::Path};

use self::{
    executor::{Outcome, replay, run},
    scenario::Scenario,
    seeds::Seeds,
};

#[test]
fn no_seed_breaks_a_promise() {
    let seeds = Seeds::from_env();
    if let Ok(path) = env::var("KAFKA_SERVICE_SIM_SCENARIO") {
        let outcome = replay(&read(Path::new(&path)), true);
        show(&path, &outcome);
        assert!(outcome.violation.is_none(), "{:?}", outcome.violation);
        return;
    }
    if let Some(seed) = seeds.only {
        let outcome = run(seed, true);
        show(&format!("seed {seed}"), &outcome);
        assert!(outcome.violation.is_none(), "{}", seeds.report_of(seed, &outcome.violation.unwrap()));
        return;
    }
    let sum = seeds.run();
    println!("{sum}");
    if let Some(report) = seeds.report(&sum) {
        panic!("{report}");
    }
    let rare = sum.rare();
    assert!(rare.is_empty(), "met in less than one of 1,000 runs, so that little is known of it: {rare:#?}");
}

/// Scenarios that once broke a guarantee, or seemed to.
#[test]
fn no_saved_scenario_breaks_a_promise() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/simulation/fixtures");
    let mut paths: Vec<_> = fs::read_dir(&folder).expect("the fixtures").flatten().map(|entry| entry.path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "no fixtures in {}", folder.display());
    for path in paths {
        let (path, scenario) = (path.display(), read(&path));
        assert_eq!(
            scenario.to_string(),
            Scenario::parse(&scenario.to_string()).expect("a scenario").to_string(),
            "{path}"
        );
        let outcome = replay(&scenario, false);
        assert!(
            outcome.violation.is_none(),
            "{:?}; replay with: KAFKA_SERVICE_SIM_SCENARIO={path} cargo test -p kafka-service --lib simulation::no_seed -- \
             --nocapture",
            outcome.violation
        );
    }
}

fn read(path: &Path) -> Scenario {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Scenario::parse(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn show(name: &str, outcome: &Outcome) {
    for line in &outcome.trace {
        println!("{line}");
    }
    println!("{name}: {} steps, {} records, {:?}", outcome.steps, outcome.records, outcome.counts);
}

#[test]
fn a_seed_gives_the_same_run_every_time() {
    let mut lines = 0;
    for seed in 0..20 {
        let (first, second) = (run(seed, true), run(seed, true));
        let differs = first.trace.iter().zip(&second.trace).find(|(first, second)| first != second);
        assert_eq!(differs, None, "seed {seed}");
        assert_eq!(first.trace.len(), second.trace.len(), "seed {seed}");
        lines += first.trace.len();
    }
    assert!(lines > 2_000, "{lines} lines say that nothing happens");
}

#[test]
fn a_scenario_gives_the_same_run_as_its_seed() {
    for seed in 0..20 {
        let seeded = run(seed, true);
        let (_, recorded) = executor::record(seed);
        let kept = replay(&Scenario::parse(&recorded.to_string()).expect("a scenario"), true);
        assert_eq!(seeded.trace, kept.trace, "seed {seed}");
    }
}
