//! Runs many short rounds on one cluster, each with its own plan.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use kafka_service_tests::{Kafka, audit::Report};
use serde_json::{Value, json};

use crate::{options::Options, plan::Plan, round, run::BROKER};

pub(crate) fn run(options: &Options, worker: &Path, folder: &Path) -> Value {
    let kafka = Kafka::with(3, BROKER).expect("Kafka can be started");
    // A random seed; it is printed.
    let first = options.seed.unwrap_or_else(|| SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_secs());
    let mut sum = Sum { first, ..Sum::default() };
    for seed in (first..).take(options.rounds.unwrap_or(1)) {
        let plan = Plan::new(seed, options.length);
        let place = folder.join(format!("seed-{seed}"));
        let result = round::run(&kafka, &plan, options, worker, &place);
        sum.add(&plan, &result, options.length, place);
    }
    sum.json()
}

/// The results of all rounds.
#[derive(Default)]
struct Sum {
    first: u64,
    rounds: usize,
    failed: Vec<String>,
    commands: usize,
    lost: usize,
    out_of_order: usize,
    duplicates: usize,
    unexplained: usize,
    backwards: usize,
    causes: Vec<(&'static str, usize)>,
    done: Vec<(&'static str, usize)>,
}

fn count(counts: &mut Vec<(&'static str, usize)>, name: &'static str, more: usize) {
    match counts.iter_mut().find(|(known, _)| *known == name) {
        Some((_, count)) => *count += more,
        None => counts.push((name, more)),
    }
}

impl Sum {
    fn add(&mut self, plan: &Plan, result: &round::Outcome, length: Duration, place: PathBuf) {
        let Report { commands, lost, out_of_order, duplicates, duplicates_unexplained, .. } = result.report;
        self.rounds += 1;
        self.commands += commands;
        self.lost += lost;
        self.out_of_order += out_of_order;
        self.duplicates += duplicates;
        self.unexplained += duplicates_unexplained;
        self.backwards += result.report.commits_backwards_in_outages;
        for each in &result.report.disturbances {
            count(&mut self.done, each.kind, 1);
            count(&mut self.causes, each.kind, each.duplicates);
        }
        let problems = &result.problems;
        eprintln!(
            "round {} ({} s): seed {}, {}: {commands} commands, lost {lost}, out of order {out_of_order}, duplicates \
             {duplicates} ({duplicates_unexplained} unexplained){}",
            self.rounds,
            result.took.as_secs(),
            plan.seed,
            plan.protocol,
            if problems.is_empty() { String::new() } else { format!(" FAILED: {}", problems.join("; ")) }
        );
        if problems.is_empty() {
            // Keep only the logs of failed rounds.
            fs::remove_dir_all(place).ok();
            return;
        }
        let again = format!("chaos --rounds 1 --seed {} --seconds {}", plan.seed, length.as_secs());
        eprintln!("  logs and trace: {}\n  repeat this plan: {again}", place.display());
        self.failed.push(format!("seed {}: {}", plan.seed, problems.join("; ")));
    }

    fn json(&self) -> Value {
        let object = |counts: &[(&'static str, usize)]| -> Value {
            counts
                .iter()
                .map(|(name, count)| ((*name).to_owned(), json!(count)))
                .collect::<serde_json::Map<_, _>>()
                .into()
        };
        json!({
            "run": "rounds", "rounds": self.rounds, "first_seed": self.first, "commands": self.commands, "lost": self.lost,
            "out_of_order": self.out_of_order, "duplicates": self.duplicates, "duplicates_unexplained": self.unexplained,
            "commits_backwards_in_outages": self.backwards, "duplicates_by_cause": object(&self.causes), "happened": object(&self.done), "failed": self.failed,
            "passed": self.failed.is_empty() && self.rounds > 0,
        })
    }
}
