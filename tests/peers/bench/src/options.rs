//! The command line.

use std::path::PathBuf;

/// What to run, and how often.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) bootstrap: String,
    pub(crate) workload: String,
    /// Part of the names of the cases to run; empty: all.
    pub(crate) case: String,
    /// Empty: those that the workload is for.
    pub(crate) arms: Vec<String>,
    rounds: Option<usize>,
    /// `None`: the workload's own.
    pub(crate) count: Option<u64>,
    pub(crate) seconds: u64,
    pub(crate) minutes: u64,
    pub(crate) rate: Option<u64>,
    pub(crate) json: Option<PathBuf>,
}

pub(crate) const USAGE: &str = "\
Usage: run [OPTION]...

  --workload NAME   one of those below, or `all`, for hours   (throughput)
  --case TEXT       only those rows of the workload that have this text in their title
  --arms A,B,C      which arms, see below                     (those that the workload is for)
  --rounds N        each arm once in each round               (10; `rebalance` and `soak` 1)
  --count N         commands of a backlog                     (each workload has its own)
  --seconds N       how long commands flow in `latency`       (20) and `rebalance` (60)
  --minutes N       how long commands flow in `soak`          (5)
  --rate N          commands per second that flow             (latency 500, rebalance 2000, soak 10000)
  --json FILE       every single run, for other programs
  --bootstrap HOST:PORT  a broker that runs already; without it a Kafka is started for the run

Arms: raw raw_defaults raw_batch raw_linger0 idiom ours ours_info ruststream ruststream_batch ruststream_default
      arroyo arroyo_produce arroyo_100
Workloads: throughput latency concurrency hotkey cpu partitions payload instances startup subscriber handlers errors
           rebalance soak
Exit code: 0, or 1 if an arm's result was not what it should be, or 2 for wrong usage.";

impl Options {
    pub(crate) fn parse(arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            bootstrap: String::new(),
            workload: "throughput".to_owned(),
            case: String::new(),
            arms: Vec::new(),
            rounds: None,
            count: None,
            seconds: 0,
            minutes: 5,
            rate: None,
            json: None,
        };
        let mut arguments = arguments;
        while let Some(name) = arguments.next() {
            let value = arguments.next().ok_or_else(|| format!("{name} needs a value"))?;
            options.set(&name, value)?;
        }
        if options.bootstrap.is_empty() {
            return Err("--bootstrap is missing".to_owned());
        }
        Ok(options)
    }

    /// Fewer than ten say little: single rounds of one row differ by a quarter.
    pub(crate) fn rounds(&self, workload: &str) -> usize {
        self.rounds.unwrap_or(if matches!(workload, "rebalance" | "soak") { 1 } else { 10 })
    }

    fn set(&mut self, name: &str, value: String) -> Result<(), String> {
        let number = || value.replace('_', "").parse::<u64>().map_err(|error| format!("{name} {value}: {error}"));
        match name {
            "--bootstrap" => self.bootstrap = value,
            "--workload" => self.workload = value,
            "--case" => self.case = value,
            "--arms" => self.arms = value.split(',').map(str::to_owned).collect(),
            "--rounds" => self.rounds = Some(number()?.max(1) as usize),
            "--count" => self.count = Some(number()?),
            "--seconds" => self.seconds = number()?,
            "--minutes" => self.minutes = number()?.max(1),
            "--rate" => self.rate = Some(number()?),
            "--json" => self.json = Some(value.into()),
            _ => return Err(format!("unknown option {name}")),
        }
        Ok(())
    }
}
