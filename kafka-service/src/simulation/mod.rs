//! The engine in a world that a seed decides: the real driver, dispatcher and acknowledgements, stepped by one thread.
//!
//! Nothing of the engine is copied or replaced. What is simulated is what stands behind its seams: the consuming client and
//! its group, the producing client, the clock, and the handlers. The seed chooses who does what next, and what goes wrong;
//! a run is the same whenever it is repeated. After every step the [`ledger`](self::ledger) compares what happened with
//! what is promised, and when the faults have stopped everything must come to its end.
//!
//! | variable | |
//! |---|---|
//! | `KAFKA_SERVICE_SIM_SEEDS` | how many seeds; 1,000 |
//! | `KAFKA_SERVICE_SIM_FIRST` | the first of them; 0 |
//! | `KAFKA_SERVICE_SIM_SEED` | this one only, with its trace |

mod attempts;
mod client;
mod commits;
mod counts;
mod executor;
mod group;
mod handlers;
mod identity;
mod instance;
mod ledger;
mod member;
mod outbox;
mod plan;
mod random;
mod read_back;
mod scene;
mod seeds;
mod settings;
mod settle;
mod tenure;
mod time;
mod topic;
mod turns;
mod world;

use self::{executor::run, seeds::Seeds};

#[test]
fn no_seed_breaks_a_promise() {
    let seeds = Seeds::from_env();
    if let Some(seed) = seeds.only {
        let outcome = run(seed, true);
        for line in &outcome.trace {
            println!("{line}");
        }
        println!("seed {seed}: {} steps, {} records, {:?}", outcome.steps, outcome.records, outcome.counts);
        assert!(outcome.violation.is_none(), "{}", seeds::report(seed, &outcome));
        return;
    }
    let sum = seeds.run();
    println!("{sum}");
    assert!(sum.failed.is_none(), "{}", sum.failed.unwrap_or_default());
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
