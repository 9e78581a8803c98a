//! The verdict on a run.

use std::collections::HashMap;

use serde::Serialize;

use super::{
    Disturbance, Kind,
    commits::Commit,
    trace::{Done, Trace},
};

/// The findings of an audit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The number of commands.
    pub commands: usize,
    /// The number of events.
    pub events: usize,
    /// The number of dead letters.
    pub dead_letters: usize,
    /// Commands without an event and without a dead letter.
    pub lost: usize,
    /// First events of a command that follow the first event of a later command of the same key.
    pub out_of_order: usize,
    /// Events and dead letters of a command after its first.
    pub duplicates: usize,
    /// Duplicates that no disturbance explains.
    pub duplicates_unexplained: usize,
    /// Duplicates that are the same attempt, written twice.
    pub duplicates_of_one_attempt: usize,
    /// Commands that were handled again although their offset had been committed before the disturbance.
    pub duplicates_of_committed: usize,
    /// Commits that went backwards.
    pub commits_backwards: usize,
    /// Commits that went backwards while a broker was away: a client without an answer reconnects and resends, and the
    /// broker may accept the newer commit first. They cost duplicates only.
    pub commits_backwards_in_outages: usize,
    /// The consequences of each disturbance.
    pub disturbances: Vec<ForDisturbance>,
    /// The first few findings, as text.
    pub samples: Vec<String>,
}

/// The consequences of one disturbance.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ForDisturbance {
    /// [`Kind::name`].
    pub kind: &'static str,
    /// The instance.
    pub instance: String,
    /// The lag of the whole group at that time.
    pub lag: i64,
    /// Commands that were handled twice because of it.
    pub duplicates: usize,
    /// The most of them in one partition.
    pub most_in_a_partition: usize,
}

const SAMPLES: usize = 10;

/// Audits a run.
#[must_use]
pub fn audit(trace: &Trace, disturbances: &[Disturbance]) -> Report {
    let mut report = Report {
        commands: trace.commands.len(),
        events: trace.events.len(),
        dead_letters: trace.dead_letters.len(),
        ..Report::default()
    };
    lost(trace, &mut report);
    order(trace, &mut report);
    commits_backwards(trace, disturbances, &mut report);
    duplicates(trace, disturbances, &mut report);
    report
}

fn sample(report: &mut Report, text: impl FnOnce() -> String) {
    if report.samples.len() < SAMPLES {
        report.samples.push(text());
    }
}

fn lost(trace: &Trace, report: &mut Report) {
    let mut answers: HashMap<(&str, u64), usize> = HashMap::new();
    for (key, seq) in trace.events.iter().map(|done| (&done.key, done.seq)) {
        *answers.entry((key, seq)).or_default() += 1;
    }
    for dead in &trace.dead_letters {
        *answers.entry((&dead.key, dead.seq)).or_default() += 1;
    }
    for ((partition, offset), work) in &trace.commands {
        if !answers.contains_key(&(work.key.as_str(), work.seq)) {
            report.lost += 1;
            sample(report, || format!("lost: {} {} at {partition}/{offset}", work.key, work.seq));
        }
    }
    report.duplicates = answers.values().map(|count| count - 1).sum();
}

fn order(trace: &Trace, report: &mut Report) {
    let mut seen = std::collections::HashSet::new();
    let mut last: HashMap<&str, u64> = HashMap::new();
    for done in &trace.events {
        if !seen.insert((done.key.as_str(), done.seq)) {
            continue;
        }
        let newest = last.entry(&done.key).or_insert(done.seq);
        if done.seq < *newest {
            report.out_of_order += 1;
            let newest = *newest;
            sample(report, || format!("out of order: {done:?} after {newest}"));
        } else {
            *newest = done.seq;
        }
    }
}

fn commits_backwards(trace: &Trace, disturbances: &[Disturbance], report: &mut Report) {
    let away = disturbances.iter().filter(|each| each.kind == Kind::Bounce);
    let outages: Vec<_> = away.map(|each| each.from..each.until + COMING_TO).collect();
    let mut last: HashMap<i32, Commit> = HashMap::new();
    for commit in &trace.commits {
        if let Some(before) = last.insert(commit.partition, *commit)
            && before.offset > commit.offset
        {
            if outages.iter().any(|outage| outage.contains(&commit.at)) {
                report.commits_backwards_in_outages += 1;
                continue;
            }
            report.commits_backwards += 1;
            sample(report, || format!("backwards: {commit:?} after {before:?}"));
        }
    }
}

fn duplicates(trace: &Trace, disturbances: &[Disturbance], report: &mut Report) {
    let mut counts: Vec<HashMap<i32, usize>> = vec![HashMap::new(); disturbances.len()];
    let mut first: HashMap<(&str, u64), &Done> = HashMap::new();
    for done in &trace.events {
        let Some(before) = first.get(&(done.key.as_str(), done.seq)) else {
            first.insert((&done.key, done.seq), done);
            continue;
        };
        if is_same_attempt(before, done) {
            report.duplicates_of_one_attempt += 1;
        }
        let Some(place) = cause(disturbances, before, done) else {
            report.duplicates_unexplained += 1;
            sample(report, || format!("unexplained: {before:?} and {done:?}"));
            continue;
        };
        *counts[place].entry(done.partition).or_default() += 1;
        let disturbance = &disturbances[place];
        let before_it = committed(&trace.commits, done.partition, disturbance.from.min(before.began.max(done.began)));
        if before_it > done.offset && !is_unaware(disturbance, before, done) {
            report.duplicates_of_committed += 1;
            sample(report, || format!("was committed: {before:?} and {done:?}, {disturbance:?}"));
        }
    }
    for (disturbance, counts) in disturbances.iter().zip(counts) {
        report.disturbances.push(ForDisturbance {
            kind: disturbance.kind.name(),
            instance: disturbance.instance.clone(),
            lag: disturbance.lag,
            duplicates: counts.values().sum(),
            most_in_a_partition: counts.values().copied().max().unwrap_or(0),
        });
    }
}

/// Whether the later attempt is of an instance that did not yet know that it had lost the partition, and that another
/// instance had handled and committed its records.
fn is_unaware(disturbance: &Disturbance, before: &Done, done: &Done) -> bool {
    let later = if before.began <= done.began { done } else { before };
    matches!(disturbance.kind, Kind::Lost | Kind::NewConsumer) && later.instance == disturbance.instance
}

fn is_same_attempt(one: &Done, other: &Done) -> bool {
    one.instance == other.instance && one.began == other.began && one.attempt == other.attempt
}

/// The disturbance that caused a duplicate.
fn cause(disturbances: &[Disturbance], before: &Done, done: &Done) -> Option<usize> {
    let later = if before.began <= done.began { done } else { before };
    let by_producer = |each: &Disturbance| each.kind == Kind::NewProducer;
    // A suspended instance that repeats the work of others is the cause, whatever else happened to it.
    let by_itself = |each: &Disturbance| each.kind == Kind::Stop && each.instance == later.instance;
    let explaining = || disturbances.iter().enumerate().filter(|(_, each)| explains(each, before, done));
    let of_an_instance = || explaining().find(|(_, each)| each.kind != Kind::Bounce);
    let first = explaining().find(|(_, each)| by_producer(each));
    let first = first.or_else(|| explaining().find(|(_, each)| by_itself(each)));
    let first = first.or_else(of_an_instance).or_else(|| explaining().next());
    first.map(|(place, _)| place)
}

/// How long a victim may continue with the records that it has, before it learns that it has lost its partitions.
const COMING_TO: u64 = 10_000;

/// How long it may take until another instance has the partitions: two rounds of a rebalance with missing members.
const HANDED_ON: u64 = 30_000;

/// The maximum age of uncommitted work.
const UNCOMMITTED: u64 = 1_000;

/// Whether the disturbance explains a duplicate.
fn explains(disturbance: &Disturbance, before: &Done, done: &Done) -> bool {
    let (earlier, later) = if before.began <= done.began { (before, done) } else { (done, before) };
    let is_victim = |done: &Done| done.instance == disturbance.instance;
    if later.began < disturbance.from
        && matches!(disturbance.kind, Kind::Kill | Kind::Stop | Kind::Bounce | Kind::Leave)
    {
        return false;
    }
    match disturbance.kind {
        // Another instance may have started before the victim knew.
        Kind::Lost | Kind::NewConsumer => {
            (is_victim(earlier) || is_victim(later))
                && earlier.began <= disturbance.from + COMING_TO
                && (disturbance.from.saturating_sub(HANDED_ON)..disturbance.from + HANDED_ON).contains(&later.began)
        }
        Kind::NewProducer => is_victim(later) && is_same_attempt(earlier, later) && later.began <= disturbance.from,
        // Another instance repeated what the victim had started.
        Kind::Kill => is_victim(earlier) && !is_victim(later) && earlier.began <= disturbance.from,
        // The line may be written after another instance got the partitions.
        Kind::LeftBehind => {
            is_victim(earlier)
                && earlier.began <= disturbance.from
                && later.began + UNCOMMITTED >= disturbance.from
                && later.instance != earlier.instance
        }
        Kind::Leave => is_victim(earlier) && !is_victim(later) && earlier.began <= disturbance.from + HANDED_ON,
        // Work that could no longer be committed when the broker died, or while it was away.
        Kind::Bounce => {
            let during = disturbance.from.saturating_sub(UNCOMMITTED)..disturbance.until + COMING_TO;
            during.contains(&earlier.began) && later.began < disturbance.until + HANDED_ON
        }
        Kind::Stop => (is_victim(earlier) || is_victim(later)) && later.began <= disturbance.until + COMING_TO,
    }
}

/// The committed offset of a partition at that time.
fn committed(commits: &[Commit], partition: i32, at: u64) -> i64 {
    commits
        .iter()
        .filter(|commit| commit.partition == partition && commit.at < at)
        .map(|commit| commit.offset)
        .max()
        .unwrap_or(0)
}
