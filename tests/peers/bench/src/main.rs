//! Runs the arms in turns and compares them. The script `run` builds them and starts a broker.

mod arms;
mod cases;
mod check;
mod command;
mod flow;
mod kafka;
mod live;
mod measure;
mod memory;
mod options;
mod process;
mod report;
mod timers;

use std::process::ExitCode;

use serde_json::{Value, json};

use crate::{
    arms::Arm,
    cases::{Case, cases},
    kafka::Kafka,
    live::{Live, live},
    measure::measure,
    options::{Options, USAGE},
    report::{Run, cells, json_case, median, print_case, print_table},
};

const ALL: &[&str] = &[
    "throughput",
    "latency",
    "concurrency",
    "hotkey",
    "cpu",
    "partitions",
    "payload",
    "instances",
    "startup",
    "subscriber",
    "handlers",
    "errors",
    "rebalance",
    "soak",
];

fn main() -> ExitCode {
    if std::env::args().any(|argument| argument == "--help") {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(problem) => {
            eprintln!("{problem}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let workloads = if options.workload == "all" { ALL } else { &[options.workload.as_str()] };
    println!("{} x {}", cores(), cpu_model());
    let _kept = memory::keep().unwrap_or_else(|problem| {
        eprintln!("cannot determine whether the host reclaims memory: {problem}");
        memory::Kept::default()
    });
    println!();
    let mut bench = Bench { kafka: Kafka::new(&options.bootstrap), options: &options, json: Vec::new(), is_good: true };
    for workload in workloads {
        if let Err(problem) = bench.run(workload) {
            eprintln!("{problem}\n\n{USAGE}");
            return ExitCode::from(2);
        }
        bench.kafka.delete_backlogs();
        bench.write_json();
    }
    if bench.is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

struct Bench<'a> {
    kafka: Kafka,
    options: &'a Options,
    json: Vec<Value>,
    is_good: bool,
}

impl Bench<'_> {
    fn run(&mut self, workload: &str) -> Result<(), String> {
        if let Some((arms, cases)) = cases(workload, self.options.count) {
            let arms = self.arms(arms)?;
            let asked: Vec<_> = cases.iter().filter(|case| case.label.contains(&self.options.case)).collect();
            if asked.is_empty() && self.options.workload != "all" {
                let titles: Vec<_> = cases.iter().map(|case| format!("`{}`", case.label)).collect();
                let case = &self.options.case;
                return Err(format!("{workload} has no case with `{case}` in its title: {}", titles.join(", ")));
            }
            for case in asked {
                self.case(workload, case, &arms);
            }
            Ok(())
        } else if let Some((arms, measure)) = live(workload) {
            if !self.options.case.is_empty() {
                return if self.options.workload == "all" { Ok(()) } else { Err(format!("{workload} has no cases")) };
            }
            let arms = self.arms(arms)?;
            self.live(workload, &arms, measure);
            Ok(())
        } else {
            Err(format!("unknown workload {workload}"))
        }
    }

    fn arms(&self, default: &[&str]) -> Result<Vec<Arm>, String> {
        let default = || default.iter().map(|&name| name.to_owned()).collect();
        Arm::choose(&if self.options.arms.is_empty() { default() } else { self.options.arms.clone() })
    }

    /// Runs each arm once per round, in a different order in each round, so that none is always the first.
    fn turns(&self, workload: &str, arms: &[Arm]) -> Vec<(usize, Arm)> {
        let round = |round: usize| {
            let mut order = arms.to_vec();
            order.rotate_left(round % arms.len().max(1));
            order.into_iter().map(move |arm| (round, arm))
        };
        (0..self.options.rounds(workload)).flat_map(round).collect()
    }

    fn case(&mut self, workload: &str, case: &Case, arms: &[Arm]) {
        let mut runs = Vec::new();
        for (round, arm) in self.turns(workload, arms) {
            let outcome = case.is_for(&arm).then(|| measure(&self.kafka, &arm, case));
            if let Some(outcome) = &outcome {
                let (name, rate, cpu) = (arm.name, outcome.rate, outcome.cpu_us);
                eprintln!("{workload} | {} | round {round} | {name}: {rate:.0}/s, {cpu:.2} us", case.label);
            }
            runs.push(Run { arm: arm.name, round, outcome });
        }
        let names: Vec<&str> = arms.iter().map(|arm| arm.name).collect();
        self.is_good &= print_case(workload, case, self.options.rounds(workload), &names, &runs);
        if let (Some(alone), Some(ideal)) = (timers::alone(case), case.ideal) {
            println!("(tokio tasks that only sleep: {alone:.3} s, {:.3} of the ideal)\n", alone / ideal);
        }
        self.json.extend(json_case(workload, case, &runs));
    }

    fn live(&mut self, workload: &str, arms: &[Arm], measure: fn(&Kafka, &Arm, &Options) -> Live) {
        let mut runs = Vec::new();
        for (round, arm) in self.turns(workload, arms) {
            let live = measure(&self.kafka, &arm, self.options);
            eprintln!("{workload} | round {round} | {}: {:.2?}", arm.name, live.numbers);
            self.is_good &= live.failures.is_empty();
            self.json.push(live.json(workload, arm.name, round));
            runs.push((arm.name, live));
        }
        println!("## {workload}: median (min-max) of {} rounds", self.options.rounds(workload));
        let mut rows = Vec::new();
        for arm in arms {
            let mine: Vec<&Live> = runs.iter().filter(|run| run.0 == arm.name).map(|run| &run.1).collect();
            if rows.is_empty() {
                let names = mine[0].numbers.iter().map(|number| number.0);
                rows.push(cells(&["arm"].into_iter().chain(names).chain(["result"]).collect::<Vec<_>>()));
            }
            rows.push(live_row(arm.name, &mine));
        }
        print_table(&rows);
    }

    fn write_json(&self) {
        let Some(path) = &self.options.json else { return };
        let all = json!({ "cores": cores(), "cpu": cpu_model(), "runs": self.json });
        std::fs::write(path, format!("{all:#}\n")).unwrap_or_else(|error| eprintln!("{}: {error}", path.display()));
    }
}

fn live_row(arm: &str, mine: &[&Live]) -> Vec<String> {
    let mut row = vec![arm.to_owned()];
    for index in 0..mine[0].numbers.len() {
        let values: Vec<f64> = mine.iter().map(|live| live.numbers[index].1).collect();
        let (min, max) =
            values.iter().fold((f64::MAX, f64::MIN), |(min, max), &value| (min.min(value), max.max(value)));
        row.push(format!("{:.2} ({min:.2}-{max:.2})", median(&values)));
    }
    let failures: Vec<&str> = mine.iter().flat_map(|live| &live.failures).map(String::as_str).collect();
    row.push(if failures.is_empty() { "ok".to_owned() } else { format!("FAILED: {}", failures.join(", ")) });
    row
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(0, usize::from)
}

fn cpu_model() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = info.lines().find(|line| line.starts_with("model name")).unwrap_or_default();
    line.split_once(": ").map_or_else(String::new, |(_, name)| name.to_owned())
}
