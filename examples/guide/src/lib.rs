//! What the tools `send`, `publish` and `watch` share.

use std::{env, process::ExitCode};

use kafka_service::{Config, config::Brokers};
use kafka_service_examples::Problem;
use serde_json::Value;

/// A name and a JSON payload (default `{}`) from the command line.
///
/// # Errors
///
/// With how to call the program, or with what is wrong with the JSON.
pub fn arguments(usage: &str) -> Result<(String, Value), Problem> {
    let mut arguments = env::args().skip(1);
    let (name, payload) = (arguments.next(), arguments.next());
    let name = name.filter(|name| !name.starts_with('-')).ok_or_else(|| format!("usage: {usage}"))?;
    let payload = payload.unwrap_or_else(|| "{}".to_owned());
    let payload = serde_json::from_str(&payload).map_err(|error| format!("the payload is not JSON: {error}"))?;
    Ok((name, payload))
}

/// The addresses of the brokers.
///
/// # Errors
///
/// If there are none to connect to: these tools talk to a service that runs in another process.
pub fn brokers(config: &Config) -> Result<&str, Problem> {
    match &config.bootstrap_servers {
        Brokers::Servers(servers) => Ok(servers),
        _ => Err("KAFKA_BOOTSTRAP_SERVERS must be the address of a broker".into()),
    }
}

/// Exit code 0; or 1, with the problem on standard error.
#[expect(clippy::print_stderr, reason = "for programs for the terminal")]
#[must_use]
pub fn exit_code(program: &str, result: Result<(), Problem>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{program}: {problem}");
            ExitCode::FAILURE
        }
    }
}
