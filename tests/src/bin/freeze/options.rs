//! The command line.

use std::time::Duration;

pub(crate) const USAGE: &str = "
Freezes the only broker (SIGSTOP) under services with load, lets it go on (SIGCONT), and measures for each service how long
it takes until it is told not ready, until it receives again, and until it is ready again.

  freeze [--times N] [--frozen SECONDS] [--services N] [--rate N] [--rest SECONDS] [--within SECONDS] [--without-tls]
         --times       freezes, one after another (25)
         --frozen      how long each takes (40)
         --services    of each kind: KIP-848 and classic, each by plain text and by TLS (4)
         --rate        commands a second for each service (20)
         --rest        from the last service that is well until the next freeze (5)
         --within      how soon after SIGCONT a service must receive again (20)

All services run in this process; the broker is a process of its own. A trial (one service in one freeze) fails when the
service was ready through the whole freeze, or receives again too late. At the end every command must have been handled, in
the order of its key. The last line is the result as JSON; exit code 1 if it is bad. The services' log and the result stay in
target/freeze. Repeat a run by the same command line: nothing in it is left to chance but time.
";

/// What is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    pub(crate) times: usize,
    pub(crate) frozen: Duration,
    pub(crate) services: usize,
    pub(crate) rate: usize,
    pub(crate) rest: Duration,
    pub(crate) within: Duration,
    pub(crate) with_tls: bool,
}

impl Options {
    /// An empty error asks for the usage only.
    pub(crate) fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let seconds = Duration::from_secs;
        let (times, services, rate) = (25, 4, 20);
        let mut options =
            Self { times, frozen: seconds(40), services, rate, rest: seconds(5), within: seconds(20), with_tls: true };
        while let Some(name) = arguments.next() {
            match name.as_str() {
                "--help" | "-h" => return Err(String::new()),
                "--without-tls" => options.with_tls = false,
                _ => options
                    .set(&name, &arguments.next().ok_or_else(|| format!("{name}: unknown, or without its value"))?)?,
            }
        }
        Ok(options)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        let number = value.parse::<usize>().map_err(|error| format!("{name} {value}: {error}"))?;
        let seconds = Duration::from_secs(number as u64);
        match name {
            "--times" => self.times = number,
            "--frozen" => self.frozen = seconds,
            "--services" => self.services = number,
            "--rate" => self.rate = number,
            "--rest" => self.rest = seconds,
            "--within" => self.within = seconds,
            _ => return Err(format!("{name} {value}: not known")),
        }
        Ok(())
    }
}
