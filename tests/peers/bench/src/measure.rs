//! Measures one arm, once, on a backlog.

use std::{
    thread,
    time::{Duration, Instant},
};

use crate::{
    arms::Arm,
    cases::Case,
    check::{Findings, check},
    command::Shape,
    kafka::{EVENT_PARTITIONS, Gate, Kafka},
    process::{Moment, Process},
};

/// The source name of every arm.
pub(crate) const SOURCE: &str = "order-service";
const DEADLINE: Duration = Duration::from_secs(300);

/// The names of one run.
#[derive(Clone, Debug)]
pub(crate) struct Topics {
    pub(crate) commands: String,
    pub(crate) events: String,
    pub(crate) dead_letters: String,
    pub(crate) group: String,
    /// Whether the commands came in a transaction.
    pub(crate) is_hidden: bool,
}

impl Topics {
    /// With new topics for the output of the arm.
    pub(crate) fn new(kafka: &Kafka, commands: String) -> Self {
        let (events, dead_letters) = (kafka.name("events"), kafka.name("dead-letters"));
        kafka.create(&events, EVENT_PARTITIONS);
        kafka.create(&dead_letters, 1);
        Self { commands, events, dead_letters, group: kafka.name("group"), is_hidden: false }
    }

    pub(crate) fn delete(&self, kafka: &Kafka) {
        kafka.delete(&[&self.events, &self.dead_letters]);
    }

    pub(crate) fn environment(&self, kafka: &Kafka, count: u64) -> Vec<(&'static str, String)> {
        vec![
            ("BOOTSTRAP", kafka.bootstrap.clone()),
            ("GROUP", self.group.clone()),
            ("COMMANDS", self.commands.clone()),
            ("EVENTS", self.events.clone()),
            ("DLQ", self.dead_letters.clone()),
            ("SOURCE", SOURCE.to_owned()),
            ("COUNT", count.to_string()),
        ]
    }

    fn written(&self, kafka: &Kafka) -> u64 {
        kafka.count(&self.events, EVENT_PARTITIONS) + kafka.count(&self.dead_letters, 1)
    }
}

/// The result of one run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) rate: f64,
    /// The sum over all instances, per command.
    pub(crate) cpu_us: f64,
    pub(crate) seconds: f64,
    pub(crate) rss_mb: f64,
    pub(crate) findings: Findings,
}

/// Runs the arm and checks its work.
pub(crate) fn measure(kafka: &Kafka, arm: &Arm, case: &Case) -> Outcome {
    let shape = Shape { count: case.shape.count.min(arm.at_most), ..case.shape.clone() };
    let (commands, gate) = if case.is_gated {
        let (topic, gate) = kafka.hidden_backlog(&shape);
        (topic, Some(gate))
    } else {
        (kafka.backlog(&shape), None)
    };
    let topics = Topics { is_hidden: gate.is_some(), ..Topics::new(kafka, commands) };
    let mut environment = topics.environment(kafka, shape.good());
    environment.push(("HANDLER", case.handler.to_owned()));
    environment.push(("HANDLERS", case.registered.to_string()));
    environment.push(("IN_FLIGHT", case.at_once.to_string()));
    let mut processes: Vec<_> = (0..case.instances).map(|_| Process::start(arm, &environment)).collect();
    let result = Watch { kafka, case, shape: &shape, topics: &topics, processes: &mut processes }.watch(gate.as_ref());
    let memory = processes.iter().map(|process| process.memory("VmHWM")).fold(0.0, f64::max);
    let failures: Vec<String> = processes.iter_mut().filter_map(Process::stop).collect();
    let (mut outcome, failure) = match result {
        Ok(outcome) => (outcome, None),
        Err(failure) => (Outcome::default(), Some(failure)),
    };
    outcome.rss_mb = memory;
    outcome.findings = check(kafka, arm, &shape, &topics);
    for failure in failures.into_iter().chain(failure) {
        outcome.findings.fail(&failure);
    }
    topics.delete(kafka);
    if gate.is_some() {
        kafka.delete(&[&topics.commands]);
    }
    outcome
}

struct Watch<'a> {
    kafka: &'a Kafka,
    case: &'a Case,
    shape: &'a Shape,
    topics: &'a Topics,
    processes: &'a mut Vec<Process>,
}

impl Watch<'_> {
    fn watch(mut self, gate: Option<&Gate>) -> Result<Outcome, String> {
        let good = self.shape.good();
        let (first, begin) = match gate {
            Some(gate) => (0, self.open(gate)?),
            // Without the cost of the start.
            None => (self.shape.count / 5, vec![self.mark(good / 5)?]),
        };
        let end_of_work = if self.case.instances == 1 { Some(self.mark(good)?) } else { None };
        self.until("all events", |watch| {
            thread::sleep(Duration::from_millis(5));
            watch.topics.written(watch.kafka) >= watch.shape.count
        })?;
        let end = match end_of_work {
            Some(end) if self.case.is_whole() => vec![end],
            _ => self.moments()?,
        };
        Ok(self.outcome(first, &begin, &end))
    }

    fn outcome(&self, first: u64, begin: &[Moment], end: &[Moment]) -> Outcome {
        let commands = (self.shape.count - first) as f64;
        let seconds = (end[0].wall - begin[0].wall) as f64 / 1e9;
        let cpu: i64 = end.iter().zip(begin).map(|(end, begin)| end.cpu - begin.cpu).sum();
        Outcome { rate: commands / seconds, cpu_us: cpu as f64 / 1e3 / commands, seconds, ..Outcome::default() }
    }

    /// Makes the commands visible when every instance has its partitions.
    fn open(&mut self, gate: &Gate) -> Result<Vec<Moment>, String> {
        self.until("ready", |watch| {
            thread::sleep(Duration::from_millis(5));
            watch.processes.iter().all(|process| process.told().ready.is_some())
        })?;
        // The members of a group learn of each other by heartbeats: here twice per second, see tests/kafka.
        thread::sleep(if self.case.instances > 1 { Duration::from_secs(4) } else { Duration::from_secs(1) });
        let begin = self.moments()?;
        gate.open();
        if !self.case.is_whole() {
            return Ok(begin);
        }
        let first = self.mark(1)?;
        // Reported at the end of the first handler, which started that much earlier.
        Ok(vec![Moment { wall: first.wall - self.case.handler_ns(), cpu: first.cpu }])
    }

    fn moments(&self) -> Result<Vec<Moment>, String> {
        self.processes.iter().map(|process| process.moment().ok_or("the process ended".to_owned())).collect()
    }

    fn mark(&mut self, handled: u64) -> Result<Moment, String> {
        let mut found = None;
        self.until(&format!("mark {handled}"), |watch| {
            // The arm takes the time itself, so polling slowly is fine.
            thread::sleep(Duration::from_millis(5));
            found = watch.processes[0].mark(handled);
            found.is_some()
        })?;
        Ok(found.unwrap_or_default())
    }

    fn until(&mut self, what: &str, mut reached: impl FnMut(&Self) -> bool) -> Result<(), String> {
        let deadline = Instant::now() + DEADLINE;
        while !reached(self) {
            for process in self.processes.iter_mut() {
                if let Some(status) = process.ended() {
                    return Err(format!("ended unexpectedly with {status}: {}", process.last_words()));
                }
            }
            if Instant::now() > deadline {
                return Err(format!("{what} did not arrive: {}", self.processes[0].last_words()));
            }
        }
        Ok(())
    }
}
