//! Prints tables, and JSON for programs.

use serde_json::{Value, json};

use crate::{cases::Case, measure::Outcome};

/// One run of one arm. `None`: the case does not apply to the arm.
pub(crate) struct Run {
    pub(crate) arm: &'static str,
    pub(crate) round: usize,
    pub(crate) outcome: Option<Outcome>,
}

/// A number over several rounds.
struct Spread(Vec<f64>);

impl Spread {
    fn median(&self) -> f64 {
        median(&self.0)
    }

    fn text(&self, digits: usize) -> String {
        if self.0.is_empty() {
            return "-".to_owned();
        }
        let (min, max) = self.0.iter().fold((f64::MAX, 0.0_f64), |(min, max), &value| (min.min(value), max.max(value)));
        format!("{:.digits$} ({min:.digits$}-{max:.digits$})", self.median())
    }
}

pub(crate) fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => 0.0,
        length if length % 2 == 1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}

/// Prints rows of cells in columns.
pub(crate) fn print_table(rows: &[Vec<String>]) {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width =
        |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell: &String| cell.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    for row in rows {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        println!("{}", cells.join("  ").trim_end());
    }
    println!();
}

pub(crate) fn cells(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|&cell| cell.to_owned()).collect()
}

/// Prints a case; returns whether every arm's result was correct.
pub(crate) fn print_case(workload: &str, case: &Case, rounds: usize, arms: &[&'static str], runs: &[Run]) -> bool {
    println!("## {workload}: {} ({} commands, {rounds} rounds)", case.label, case.shape.count);
    let mut head = cells(&["arm", "msg/s", "CPU us", "msg/s : raw", "msg/CPU-s : raw", "RSS MB"]);
    head.extend(case.ideal.map(|ideal| format!("time : ideal {ideal:.3} s")));
    head.push("result".to_owned());
    let mut rows = vec![head];
    let mut is_good = true;
    for &arm in arms {
        let mine: Vec<&Run> = runs.iter().filter(|run| run.arm == arm).collect();
        let outcomes: Vec<&Outcome> = mine.iter().filter_map(|run| run.outcome.as_ref()).collect();
        if outcomes.is_empty() {
            rows.push(cells(&[arm, "-"]));
            continue;
        }
        is_good &= outcomes.iter().all(|outcome| outcome.findings.failures.is_empty());
        rows.push(row(arm, case, &mine, &outcomes, runs));
    }
    print_table(&rows);
    is_good
}

fn row(arm: &str, case: &Case, mine: &[&Run], outcomes: &[&Outcome], runs: &[Run]) -> Vec<String> {
    // Of completed runs only.
    let spread = |value: fn(&Outcome) -> f64| {
        Spread(outcomes.iter().filter(|outcome| outcome.rate > 0.0).map(|outcome| value(outcome)).collect())
    };
    let ratio = |value: fn(&Outcome) -> f64| {
        let ratios: Vec<f64> =
            mine.iter().filter_map(|run| Some(value(run.outcome.as_ref()?) / value(raw(run, runs)?))).collect();
        if ratios.is_empty() { "-".to_owned() } else { format!("{:.4}", median(&ratios)) }
    };
    let mut row = vec![
        arm.to_owned(),
        spread(|outcome| outcome.rate).text(0),
        spread(|outcome| outcome.cpu_us).text(2),
        ratio(|outcome| outcome.rate),
        ratio(|outcome| 1.0 / outcome.cpu_us),
        format!("{:.0}", spread(|outcome| outcome.rss_mb).median()),
    ];
    row.extend(case.ideal.map(|ideal| format!("{:.3}", spread(|outcome| outcome.seconds).median() / ideal)));
    row.push(result(outcomes));
    row
}

/// The baseline's run of the same round.
fn raw<'a>(run: &Run, runs: &'a [Run]) -> Option<&'a Outcome> {
    let raw = runs.iter().find(|other| other.arm == "raw" && other.round == run.round)?.outcome.as_ref()?;
    (raw.rate > 0.0 && run.outcome.as_ref()?.rate > 0.0).then_some(raw)
}

fn result(outcomes: &[&Outcome]) -> String {
    let mut texts = Vec::new();
    for (number, outcome) in outcomes.iter().enumerate() {
        let failures = outcome.findings.failures.iter().map(|failure| format!("FAILED: {failure}"));
        let all: Vec<String> = failures.chain(outcome.findings.notes.iter().cloned()).collect();
        if !all.is_empty() {
            texts.push(format!("[{}] {}", number + 1, all.join(", ")));
        }
    }
    if texts.is_empty() { "ok".to_owned() } else { texts.join(" ") }
}

/// All runs of a case.
pub(crate) fn json_case(workload: &str, case: &Case, runs: &[Run]) -> Vec<Value> {
    let shape = &case.shape;
    let one = |run: &Run| {
        let outcome = run.outcome.as_ref()?;
        let findings = &outcome.findings;
        Some(json!({
            "workload": workload, "case": case.label, "arm": run.arm, "round": run.round, "count": shape.count,
            "partitions": shape.partitions, "keys": shape.keys, "handler": case.handler, "instances": case.instances,
            "messages_per_second": outcome.rate, "cpu_us": outcome.cpu_us, "seconds": outcome.seconds,
            "ideal_seconds": case.ideal, "rss_mb": outcome.rss_mb, "events": findings.events,
            "missing": findings.missing, "duplicates": findings.duplicates, "violations": findings.violations,
            "failures": findings.failures, "notes": findings.notes,
        }))
    };
    runs.iter().filter_map(one).collect()
}
