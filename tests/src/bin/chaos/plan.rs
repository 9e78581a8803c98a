//! The faults of a round, decided by its seed. Their exact interleaving depends on the machine.

use std::time::Duration;

/// The plan of one round.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) protocol: &'static str,
    pub(crate) instances: usize,
    pub(crate) partitions: i32,
    pub(crate) keys: usize,
    pub(crate) rate: usize,
    pub(crate) max_uncommitted: usize,
    /// Faults of the instances, in order.
    pub(crate) steps: Vec<(Duration, Step)>,
    /// Faults of the brokers, in order. One broker at a time is away, so two of three remain.
    pub(crate) outages: Vec<(Duration, Outage)>,
}

/// A fault of an instance. The number picks one of those that are running.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Step {
    /// SIGKILL; another instance starts at once.
    Kill(usize),
    /// SIGSTOP, and SIGCONT after a while.
    Stop(usize, Duration),
    /// SIGTERM; another instance starts at once.
    Replace(usize),
    /// One more instance.
    Join,
}

/// A fault of a broker.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Outage {
    /// SIGKILL, and a restart after a while.
    Bounce { node: i32, away: Duration },
    /// SIGSTOP, and SIGCONT after a while.
    Freeze { node: i32, away: Duration },
}

const PROTOCOLS: [&str; 3] = ["consumer", "cooperative-sticky", "range"];

impl Plan {
    /// The protocols take turns; everything else is random.
    pub(crate) fn new(seed: u64, length: Duration) -> Self {
        let mut random = Random(seed);
        let protocol = PROTOCOLS[usize::try_from(seed % 3).unwrap_or(0)];
        let mut plan = Self {
            seed,
            protocol,
            instances: random.among(1, 4),
            partitions: i32::try_from(random.among(2, 12)).unwrap_or(2),
            keys: random.among(20, 500),
            rate: random.among(200, 1_000),
            max_uncommitted: [200, 2_000, 50_000][random.among(0, 2)],
            steps: Vec::new(),
            outages: Vec::new(),
        };
        // Some rounds have many faults, and some have faults of one kind only.
        let every = random.among(2, 10);
        let kinds: Vec<_> = (0..4).filter(|_| random.among(0, 2) > 0).collect();
        let mut at = random.seconds(2, 6);
        while at + Duration::from_secs(4) < length && !kinds.is_empty() {
            plan.steps.push((at, step(kinds[random.among(0, kinds.len() - 1)], &mut random)));
            at += random.seconds(1, every);
        }
        let mut at = random.seconds(4, 20);
        let outages = random.among(0, 3);
        while at + Duration::from_secs(8) < length && plan.outages.len() < outages {
            plan.outages.push((at, outage(&mut random)));
            at += random.seconds(8, 16);
        }
        plan
    }
}

fn step(kind: usize, random: &mut Random) -> Step {
    let place = random.among(0, 11);
    match kind {
        0 => Step::Kill(place),
        1 => Step::Stop(place, random.seconds(1, 12)),
        2 => Step::Replace(place),
        _ => Step::Join,
    }
}

fn outage(random: &mut Random) -> Outage {
    let node = i32::try_from(random.among(1, 3)).unwrap_or(1);
    match random.among(0, 1) {
        0 => Outage::Bounce { node, away: random.seconds(0, 6) },
        _ => Outage::Freeze { node, away: random.seconds(1, 14) },
    }
}

/// SplitMix64: the same numbers for a seed on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A random number in an inclusive range.
    fn among(&mut self, least: usize, most: usize) -> usize {
        least + usize::try_from(self.next() % (most - least + 1) as u64).unwrap_or(0)
    }

    fn seconds(&mut self, least: usize, most: usize) -> Duration {
        Duration::from_millis(self.among(least * 1_000, most * 1_000) as u64)
    }
}
