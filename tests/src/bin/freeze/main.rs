//! Freezes a broker under many services and measures their recovery. See `freeze --help`.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for the command line")]

mod member;
mod options;
mod round;
mod table;

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Mutex,
    thread,
    time::{Duration, Instant},
};

use kafka_service_tests::{
    Feeder, Kafka, Work,
    audit::{Disturbance, Report, Trace, audit},
    unique,
};
use serde_json::{Value, json};

use self::{
    member::Member,
    options::{Options, USAGE},
    round::Round,
    table::Table,
};

const KEYS: usize = 50;
const START_WITHIN: Duration = Duration::from_secs(120);
const REST_WITHIN: Duration = Duration::from_secs(120);
const LOOK_EVERY: Duration = Duration::from_millis(20);

fn main() -> ExitCode {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(problem) => {
            eprint!("{problem}{USAGE}");
            return ExitCode::from(if problem.is_empty() { 0 } else { 2 });
        }
    };
    if options.kinds.iter().any(|kind| kind.tls) && !cfg!(feature = "tls") {
        eprintln!("some services use TLS: build with `--features tls`, or choose `--kinds k,c`");
        return ExitCode::from(2);
    }
    let folder = folder();
    log_to(&folder);
    eprintln!("log: {}", folder.join("log").display());
    let result = run(&options);
    fs::write(folder.join("result.json"), result.to_string()).expect("the result can be written");
    println!("{}", without_trials(result.clone()));
    if result["passed"] == true {
        return ExitCode::SUCCESS;
    }
    eprintln!("the log and the result are in {}", folder.display());
    ExitCode::FAILURE
}

/// The details of each trial are in the file, and the table shows them.
fn without_trials(mut result: Value) -> Value {
    result["each"] = json!("see result.json");
    result
}

fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/freeze").join(unique("run"));
    fs::create_dir_all(&folder).expect("the folder of a run can be created");
    folder
}

/// The services' log lines, with their threads.
fn log_to(folder: &Path) {
    let file = File::create(folder.join("log")).expect("a log can be created");
    let filter = std::env::var("RUST_LOG").unwrap_or_else(|_| "info".to_owned());
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_thread_names(true);
    log.with_writer(Mutex::new(file)).init();
}

fn run(options: &Options) -> Value {
    let kafka = Kafka::secured_alone().expect("Kafka can be started");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a runtime can be built");
    let mut members = runtime.block_on(Member::start_all(&kafka, options));
    let feeder = feed(&kafka, &members, options.rate);
    wait(START_WITHIN, &members, |member| member.is_ready() && member.received() > 0);
    let mut table = Table::new(&members);
    let mut disturbances = Vec::new();
    for number in 1..=options.times {
        let round = Round::run(&kafka, &members, options, number);
        disturbances.push(round.disturbance.clone());
        table.add(number, round);
        thread::sleep(options.rest);
    }
    feeder.stop();
    let fed = feeder.finish();
    let unfinished =
        wait(REST_WITHIN, &members, |member| kafka.lag(&member.workload.group, &member.workload.commands) == 0);
    let exits: Vec<_> = members.iter_mut().filter_map(|member| runtime.block_on(member.shutdown())).collect();
    let audits: Vec<_> = members.iter().map(|member| (member, judge(&kafka, member, &disturbances))).collect();
    table.print();
    let whole = audits.iter().all(|(_, report)| report.lost == 0 && report.out_of_order == 0);
    let passed = table.failures().is_empty() && whole && unfinished.is_empty() && exits.is_empty();
    json!({
        "run": "freeze", "freezes": options.times, "frozen_for_s": options.frozen.as_secs(), "services": members.len(),
        "fed": fed, "trials": table.trials(), "each": table.json(), "failures": table.failures(), "not_committed_in_the_end": unfinished,
        "bad_exits": exits, "lost": sum(&audits, |report| report.lost),
        "out_of_order": sum(&audits, |report| report.out_of_order), "duplicates": sum(&audits, |report| report.duplicates),
        "duplicates_unexplained": sum(&audits, |report| report.duplicates_unexplained),
        "samples": audits.iter().flat_map(|(_, report)| report.samples.clone()).collect::<Vec<_>>(), "passed": passed,
    })
}

/// Sends commands to each service in turn; `rate` is per service.
fn feed(kafka: &Kafka, members: &[Member], rate: usize) -> Feeder {
    let topics: Vec<_> = members.iter().map(|member| member.workload.commands.clone()).collect();
    let services = topics.len();
    Feeder::start(kafka, usize::MAX, rate * services, move |n| {
        let number = n / services;
        let work = Work::new(format!("key-{}", number % KEYS), (number / KEYS) as u64);
        (topics[n % services].clone(), work.taking((number * 7_919 % 21) as u64))
    })
}

/// Waits until the condition holds for all of them, and returns the names of those that are late.
fn wait(within: Duration, members: &[Member], is_so: impl Fn(&Member) -> bool) -> Vec<String> {
    let until = Instant::now() + within;
    loop {
        let behind: Vec<_> = members.iter().filter(|member| !is_so(member)).map(|member| member.name.clone()).collect();
        if behind.is_empty() || Instant::now() >= until {
            return behind;
        }
        thread::sleep(LOOK_EVERY);
    }
}

fn judge(kafka: &Kafka, member: &Member, disturbances: &[Disturbance]) -> Report {
    audit(&Trace::read(kafka, &member.workload), disturbances)
}

fn sum(audits: &[(&Member, Report)], count: fn(&Report) -> usize) -> usize {
    audits.iter().map(|(_, report)| count(report)).sum()
}
