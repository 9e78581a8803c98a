//! Prints events as they come, one line each, until Ctrl-C.
//!
//! `cargo run --bin watch`
//!
//! Reads `KAFKA_BOOTSTRAP_SERVERS` (default `localhost:9092`) and `KAFKA_EVENTS_TOPIC`.
#![expect(clippy::print_stderr, reason = "a program for the terminal")]

use std::{
    io::{self, Write as _},
    process::ExitCode,
    time::Duration,
};

use kafka_service_examples::{Problem, Reader, bootstrap_servers, setting};

fn main() -> ExitCode {
    match watch() {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("watch: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn watch() -> Result<(), Problem> {
    let (bootstrap, topic) = (bootstrap_servers(), setting("KAFKA_EVENTS_TOPIC", "service_events"));
    let reader = Reader::from_now(&bootstrap, &[&topic])?;
    eprintln!("watching `{topic}` at {bootstrap}");
    loop {
        if let Some(record) = reader.next(Duration::from_secs(1))? {
            // A closed pipe (`watch | head -1`) is the reader's way to say that it has enough.
            let mut out = io::stdout().lock();
            if writeln!(out, "{}", record.value).and_then(|()| out.flush()).is_err() {
                return Ok(());
            }
        }
    }
}
