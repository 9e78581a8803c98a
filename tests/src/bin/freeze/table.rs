//! Prints the results as a table.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    member::Member,
    round::{Round, Trial},
};

/// A quantile of sorted numbers.
type Statistic = fn(&[Duration]) -> Option<Duration>;

/// A column for each service, a row for each freeze.
pub(crate) struct Table {
    names: Vec<String>,
    rows: Vec<(usize, Round)>,
}

impl Table {
    pub(crate) fn new(members: &[Member]) -> Self {
        let names: Vec<_> = members.iter().map(|member| member.name.clone()).collect();
        println!("seconds from SIGCONT to the first record (k: KIP-848, c: classic, t: TLS)");
        println!("freeze {} | receiving | not ready | ready again | a new client", cells(names.iter().cloned()));
        Self { names, rows: Vec::new() }
    }

    pub(crate) fn add(&mut self, number: usize, round: Round) {
        let receiving = cells(round.trials.iter().map(|trial| seconds(trial.receiving)));
        let spread = |time: fn(&Trial) -> Option<Duration>| spread(round.trials.iter().map(time));
        println!(
            "{number:>6} {receiving} | {} | {} | {} | {}",
            spread(|trial| trial.receiving),
            spread(|trial| trial.not_ready),
            spread(|trial| trial.ready),
            seconds(round.served)
        );
        self.rows.push((number, round));
        for failure in self.failures_of(self.rows.len() - 1) {
            println!("       FAILED: {failure}");
        }
    }

    /// The summary of each service over all freezes.
    pub(crate) fn print(&self) {
        let statistics: [(&str, Statistic); 3] = [("min", min), ("median", median), ("max", max)];
        for (name, pick) in statistics {
            let columns = (0..self.names.len()).map(|column| seconds(pick(&self.column(column))));
            println!("{name:>6} {}", cells(columns));
        }
        let failed = self.failures().len();
        println!("{} trials, {failed} failed (receiving, not ready and ready again: min/median/max)", self.trials());
    }

    pub(crate) fn trials(&self) -> usize {
        self.rows.len() * self.names.len()
    }

    pub(crate) fn failures(&self) -> Vec<String> {
        (0..self.rows.len()).flat_map(|row| self.failures_of(row)).collect()
    }

    fn failures_of(&self, row: usize) -> Vec<String> {
        let (number, round) = &self.rows[row];
        let trials = self.names.iter().zip(&round.trials);
        let failures = trials.filter_map(|(name, trial)| Some((name, round.failure(trial)?)));
        failures.map(|(name, failure)| format!("freeze {number}, {name}: {failure}")).collect()
    }

    fn column(&self, column: usize) -> Vec<Duration> {
        sorted(self.rows.iter().map(|(_, round)| round.trials[column].receiving))
    }

    pub(crate) fn json(&self) -> Value {
        let millis = |time: Option<Duration>| time.map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
        let trials = self.rows.iter().flat_map(|(number, round)| {
            self.names.iter().zip(&round.trials).map(move |(name, trial)| {
                json!({
                    "freeze": number, "service": name, "not_ready_ms": millis(trial.not_ready),
                    "receiving_ms": millis(trial.receiving), "ready_ms": millis(trial.ready), "problems": trial.problems,
                })
            })
        });
        trials.collect()
    }
}

fn cells(cells: impl Iterator<Item = String>) -> String {
    cells.map(|cell| format!("{cell:>6}")).collect::<Vec<_>>().join("")
}

fn seconds(time: Option<Duration>) -> String {
    time.map_or_else(|| "never".to_owned(), |time| format!("{:.1}", time.as_secs_f64()))
}

fn spread(times: impl Iterator<Item = Option<Duration>>) -> String {
    let times = sorted(times);
    [min(&times), median(&times), max(&times)].map(seconds).join("/")
}

fn sorted(times: impl Iterator<Item = Option<Duration>>) -> Vec<Duration> {
    let mut times: Vec<_> = times.flatten().collect();
    times.sort_unstable();
    times
}

fn min(times: &[Duration]) -> Option<Duration> {
    times.first().copied()
}

fn median(times: &[Duration]) -> Option<Duration> {
    times.get(times.len() / 2).copied()
}

fn max(times: &[Duration]) -> Option<Duration> {
    times.last().copied()
}
