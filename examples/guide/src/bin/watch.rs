//! Prints events as they come, one line each, until Ctrl-C.
//!
//! `cargo run --bin watch`
//!
//! Reads `KAFKA_BOOTSTRAP_SERVERS` and `KAFKA_EVENTS_TOPIC`.
#![expect(clippy::print_stderr, reason = "a program for the terminal")]

use std::{
    io::{self, Write as _},
    process::ExitCode,
    time::Duration,
};

use example_guide::{brokers, exit_code};
use kafka_service::Config;
use kafka_service_examples::{Problem, Reader};

#[tokio::main]
async fn main() -> ExitCode {
    exit_code("watch", watch().await)
}

async fn watch() -> Result<(), Problem> {
    let config = Config::from_env()?;
    let (servers, topic) = (brokers(&config)?, config.events_topic.as_str());
    let reader = Reader::from_now(servers, &[topic]).await?;
    eprintln!("watching `{topic}` at {servers}");
    loop {
        if let Some(record) = reader.next(Duration::from_secs(1)).await? {
            // A closed pipe (`watch | head -1`) is the reader's way to say that it has enough.
            let mut out = io::stdout().lock();
            if writeln!(out, "{}", record.value).and_then(|()| out.flush()).is_err() {
                return Ok(());
            }
        }
    }
}
