//! Kills instances and brokers under load, then audits the topics. See `chaos --help`.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for the command line")]

mod fleet;
mod hot_key;
mod options;
mod plan;
mod round;
mod rounds;
mod run;
mod soak;

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use kafka_service_tests::{cargo_binary, unique};

use self::options::{Options, USAGE};

/// A run: its options, its worker and the folder of its logs.
type Judge = fn(&Options, &Path, &Path) -> serde_json::Value;

/// The folder for the logs of a run and its copy of the worker: the original may be rebuilt in the meantime.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/chaos").join(unique(name));
    fs::create_dir_all(&folder).expect("the folder of a run can be created");
    folder
}

fn worker(options: &Options, folder: &Path) -> PathBuf {
    let built = options.worker.clone().unwrap_or_else(|| cargo_binary("kafka-service-tests", "worker"));
    let copy = folder.join("worker");
    fs::copy(&built, &copy).expect("the worker can be copied");
    copy
}

fn main() -> ExitCode {
    if std::env::args().any(|argument| argument == "--help" || argument == "-h") {
        print!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(problem) => {
            eprintln!("{problem}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let (kind, judge): (&str, Judge) = if options.rounds.is_some() {
        ("rounds", rounds::run)
    } else if options.soak_minutes.is_some() {
        ("soak", soak::run)
    } else if options.hot_key {
        ("hot-key", hot_key::run)
    } else {
        (options.protocol.as_str(), run::run)
    };
    let folder = folder(kind);
    let worker = worker(&options, &folder);
    eprintln!("logs: {}", folder.display());
    let result = judge(&options, &worker, &folder);
    fs::write(folder.join("result.json"), result.to_string()).expect("the result can be written");
    println!("{result}");
    if result["passed"] == true { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
