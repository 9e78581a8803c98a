//! The command line.

use std::path::PathBuf;

/// What to run, and how often.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) bootstrap: String,
    pub(crate) workload: String,
    /// Substrings of the names of the cases to run; empty: all.
    pub(crate) case: String,
    /// Empty: the arms of the workload.
    pub(crate) arms: Vec<String>,
    rounds: Option<usize>,
    /// `None`: the default of the workload.
    pub(crate) count: Option<u64>,
    pub(crate) seconds: u64,
    pub(crate) minutes: u64,
    pub(crate) rate: Option<u64>,
    pub(crate) json: Option<PathBuf>,
}

pub(crate) const USAGE: &str = "\
Usage: run [OPTION]...

  --workload NAME   one of the list below; `all` takes hours  (throughput)
  --case TEXT       only the cases of the workload with this text in their title
  --arms A,B,C      the arms, see below                       (all arms of the workload)
  --rounds N        each arm once in each round               (10; `rebalance` and `soak` 1)
  --count N         commands of a backlog                     (depends on the workload)
  --seconds N       duration of `latency` and `rebalance`     (20 and 60)
  --minutes N       duration of `soak`                        (5)
  --rate N          commands per second                       (latency 500, rebalance 2000, soak 10000)
  --json FILE       writes every run as JSON
  --bootstrap HOST:PORT  a running broker; without it the script starts one

Arms: raw raw_defaults raw_batch raw_linger0 idiom ours ours_info ruststream ruststream_batch ruststream_default
      arroyo arroyo_produce arroyo_100
Workloads: throughput latency concurrency hotkey cpu partitions payload instances startup subscriber handlers errors
           rebalance soak
Exit codes: 0 success, 1 an arm's result was wrong, 2 wrong usage.";

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

    /// Use at least ten: single rounds of one case differ by a quarter.
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
