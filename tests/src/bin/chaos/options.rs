//! The command line.

use std::{path::PathBuf, time::Duration};

pub(crate) const USAGE: &str = "\
Runs workers on a real Kafka, kills instances and brokers, and audits the topics.

  chaos [--protocol consumer|cooperative-sticky|range|auto] [--count N] [--rate N] [--instances N] [--keys N]
        [--partitions N] [--max-uncommitted N] [--worker PATH]
                   three brokers; kill -9 every 10 s, at every third a stop of 20 s, a broker restarted every 30 s
  chaos --rounds N [--seed SEED] [--seconds 40]
                   many short rounds on one cluster of three brokers, each with a plan that its seed decides:
                   protocol, instances, load, kills, stops, replacements, restarted and frozen brokers; a round that fails
                   keeps its logs and its trace, and says how to repeat its plan
  chaos --soak MINUTES [--rate N]
                   one broker, no kills; 1 % poison, 1 % slow; the memory of the instance is sampled
  chaos --hot-key  one key has 90 % of --count records (default 50,000)

The logs of the instances are in target/chaos. The last line is the result as JSON; exit code 1 if the run failed.
A short run: --count 20000 --rate 1000 --kills 1 --bounces 0
";

/// The options of a run.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    pub(crate) protocol: String,
    pub(crate) count: usize,
    pub(crate) rate: usize,
    pub(crate) instances: usize,
    pub(crate) keys: usize,
    pub(crate) partitions: i32,
    pub(crate) max_uncommitted: usize,
    /// The minimum number of kills for a valid run.
    pub(crate) kills: usize,
    pub(crate) bounces: usize,
    pub(crate) rounds: Option<usize>,
    pub(crate) seed: Option<u64>,
    /// The length of a round: faults and load end after it.
    pub(crate) length: Duration,
    pub(crate) soak_minutes: Option<u64>,
    pub(crate) hot_key: bool,
    pub(crate) worker: Option<PathBuf>,
}

impl Options {
    pub(crate) fn parse(arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            protocol: "auto".to_owned(),
            count: 0,
            rate: 0,
            instances: 3,
            keys: 500,
            partitions: 12,
            max_uncommitted: 10_000,
            kills: 9,
            bounces: 3,
            rounds: None,
            seed: None,
            length: Duration::from_secs(40),
            soak_minutes: None,
            hot_key: false,
            worker: None,
        };
        let mut arguments = arguments;
        while let Some(name) = arguments.next() {
            if name == "--hot-key" {
                options.hot_key = true;
                continue;
            }
            let value = arguments.next().ok_or_else(|| format!("{name}: unknown, or its value is missing"))?;
            options.set(&name, value)?;
        }
        options.fill();
        Ok(options)
    }

    fn set(&mut self, name: &str, value: String) -> Result<(), String> {
        let number = || value.parse::<usize>().map_err(|error| format!("{name} {value}: {error}"));
        match name {
            "--protocol" if settings(&value).is_some() => self.protocol = value,
            "--count" => self.count = number()?,
            "--rate" => self.rate = number()?,
            "--instances" => self.instances = number()?,
            "--keys" => self.keys = number()?,
            "--partitions" => self.partitions = i32::try_from(number()?).map_err(|error| error.to_string())?,
            "--max-uncommitted" => self.max_uncommitted = number()?,
            "--kills" => self.kills = number()?,
            "--bounces" => self.bounces = number()?,
            "--rounds" => self.rounds = Some(number()?),
            "--seed" => self.seed = Some(number()? as u64),
            "--seconds" => self.length = Duration::from_secs(number()? as u64),
            "--soak" => self.soak_minutes = Some(number()? as u64),
            "--worker" => self.worker = Some(value.into()),
            _ => return Err(format!("{name} {value}: unknown")),
        }
        Ok(())
    }

    /// Sets the defaults that depend on the kind of run.
    fn fill(&mut self) {
        if self.rate == 0 {
            self.rate = if self.soak_minutes.is_some() { 300 } else { 2_000 };
        }
        if let Some(minutes) = self.soak_minutes {
            self.count = self.rate * usize::try_from(minutes * 60).unwrap_or(0);
        }
        if self.count == 0 {
            self.count = if self.hot_key { 50_000 } else { 200_000 };
        }
    }
}

/// The worker's settings for a group protocol.
pub(crate) fn settings(protocol: &str) -> Option<&'static [(&'static str, &'static str)]> {
    const SESSION: (&str, &str) = ("KAFKA_SESSION_TIMEOUT_MS", "6000");
    const HEARTBEAT: (&str, &str) = ("KAFKA_HEARTBEAT_INTERVAL_MS", "1000");
    const CLASSIC: (&str, &str) = ("KAFKA_GROUP_PROTOCOL", "classic");
    const STRATEGY: &str = "KAFKA_PARTITION_ASSIGNMENT_STRATEGY";
    // With the newer protocol the broker sets the timeouts; the cluster is started with 6 s.
    match protocol {
        "consumer" => Some(&[("KAFKA_GROUP_PROTOCOL", "consumer")]),
        "auto" => Some(&[("KAFKA_GROUP_PROTOCOL", "auto"), SESSION, HEARTBEAT]),
        "cooperative-sticky" => Some(&[CLASSIC, SESSION, HEARTBEAT, (STRATEGY, "cooperative-sticky")]),
        "range" => Some(&[CLASSIC, SESSION, HEARTBEAT, (STRATEGY, "range")]),
        _ => None,
    }
}
