//! The command line.

use std::time::Duration;

use kafka_service::config::GroupProtocol;

pub(crate) const USAGE: &str = "
Freezes the only broker (SIGSTOP) under services with load, thaws it (SIGCONT), and measures for each service how long it
takes until it is reported not ready, until it receives records again, and until it is ready again.

  freeze [--times N] [--frozen SECONDS] [--services N] [--rate N] [--rest SECONDS] [--within SECONDS]
         [--kinds k,kt,c,ct] [--property KEY=VALUE]...
         --times       number of freezes (25)
         --frozen      duration of a freeze (40)
         --services    services of each kind: KIP-848 and classic, each with plain text and with TLS (4)
         --rate        commands per second for each service (20)
         --rest        pause before the next freeze, after all services have recovered (5)
         --within      how soon after SIGCONT a service must receive records again (20)
         --kinds       k: KIP-848, c: classic; kt and ct: the same with TLS (all)
         --property    a librdkafka property for all services, such as debug=cgrp,broker (shown with RUST_LOG=debug)

All services run in this process; the broker is a separate process. A trial (one service in one freeze) fails if the service
was ready during the whole freeze, or receives records again too late. At the end every command must have been handled, in
the order of its key. The last line is the result as JSON; exit code 1 if the run failed. The services' log and the result
are in target/freeze. A run is repeatable except for timing.
";

/// A kind of service.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) protocol: GroupProtocol,
    pub(crate) tls: bool,
}

const KINDS: [Kind; 4] = [
    Kind { name: "k", protocol: GroupProtocol::Consumer, tls: false },
    Kind { name: "kt", protocol: GroupProtocol::Consumer, tls: true },
    Kind { name: "c", protocol: GroupProtocol::Classic, tls: false },
    Kind { name: "ct", protocol: GroupProtocol::Classic, tls: true },
];

/// The options of a run.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    pub(crate) times: usize,
    pub(crate) frozen: Duration,
    pub(crate) services: usize,
    pub(crate) rate: usize,
    pub(crate) rest: Duration,
    pub(crate) within: Duration,
    pub(crate) kinds: Vec<Kind>,
    pub(crate) properties: Vec<(String, String)>,
}

impl Options {
    /// Parses the command line. An empty error means `--help`.
    pub(crate) fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let seconds = Duration::from_secs;
        let (times, services, rate) = (25, 4, 20);
        let (frozen, rest, within) = (seconds(40), seconds(5), seconds(20));
        let (kinds, properties) = (KINDS.to_vec(), Vec::new());
        let mut options = Self { times, frozen, services, rate, rest, within, kinds, properties };
        while let Some(name) = arguments.next() {
            match name.as_str() {
                "--help" | "-h" => return Err(String::new()),
                _ => options.set(
                    &name,
                    &arguments.next().ok_or_else(|| format!("{name}: unknown, or its value is missing"))?,
                )?,
            }
        }
        Ok(options)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        match name {
            "--kinds" => return self.choose(value),
            "--property" => {
                let (key, value) =
                    value.split_once('=').ok_or_else(|| format!("{name} {value}: expected KEY=VALUE"))?;
                self.properties.push((key.to_owned(), value.to_owned()));
                return Ok(());
            }
            _ => {}
        }
        let number = value.parse::<usize>().map_err(|error| format!("{name} {value}: {error}"))?;
        let seconds = Duration::from_secs(number as u64);
        match name {
            "--times" => self.times = number,
            "--frozen" => self.frozen = seconds,
            "--services" => self.services = number,
            "--rate" => self.rate = number,
            "--rest" => self.rest = seconds,
            "--within" => self.within = seconds,
            _ => return Err(format!("{name} {value}: unknown")),
        }
        Ok(())
    }

    fn choose(&mut self, names: &str) -> Result<(), String> {
        let kind =
            |name| KINDS.into_iter().find(|kind| kind.name == name).ok_or_else(|| format!("--kinds {name}: unknown"));
        self.kinds = names.split(',').map(kind).collect::<Result<_, _>>()?;
        Ok(())
    }
}
